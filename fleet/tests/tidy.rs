//! The documents say what is there.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::path::{Path, PathBuf};

use emulator::license::{LicenseKind, issue::Flaw};
use fleet::scenario::{Overrides, Scenario, Source};
use sink::fault::Protocol;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// What stands in backquotes in `text`.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/vendor-map.md",
        "scenarios/README.md",
    ] {
        let text = read(document);
        let folder = root().join(document).parent().unwrap().to_owned();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            if !folder.join(link).exists() {
                missing.push(format!("{document}: {link}"));
            }
        }
    }
    for name in quoted(&read("docs/vendor-map.md")).filter(|name| name.contains('/')) {
        let path = name.split('*').next().unwrap();
        if !name.starts_with("show") && !root().join(path).exists() {
            missing.push(format!("docs/vendor-map.md: {name}"));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// The keys that the reader expects where `text` has the key `zzz`.
fn expected_keys(text: &str) -> Vec<String> {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    let findings = Scenario::load(&Source::File(path), &Overrides::default()).unwrap_err();
    let message = &findings[0].message;
    assert!(message.contains("unknown field `zzz`"), "{message}");
    quoted(message).skip(1).map(str::to_owned).collect()
}

#[test]
fn every_key_of_a_scenario_is_documented() {
    let document = read("docs/scenario.md");
    let base = "version = 1\nname = \"x\"\nduration = \"1s\"\n";
    let fleet = "[[fleet]]\nname = \"x\"\ncount = 1\nplatform = \"x\"\nconfig = \"x\"\n";
    let texts = [
        format!("zzz = 1\n{base}{fleet}"),
        format!("{base}[clock]\nzzz = 1\n{fleet}"),
        format!("{base}[targets]\nzzz = 1\n{fleet}"),
        format!("{base}[smtp]\nzzz = 1\n{fleet}"),
        format!("{base}[https]\nzzz = 1\n{fleet}"),
        format!("{base}[sources]\nzzz = 1\n{fleet}"),
        format!("{base}[validity]\nzzz = 1\n{fleet}"),
        format!("{base}[ssh]\nzzz = 1\n{fleet}"),
        format!("{base}[licensing]\nzzz = 1\n{fleet}"),
        format!("{base}[licensing]\ntrusted-keys = [{{ zzz = 1 }}]\n{fleet}"),
        format!("{base}{fleet}licenses = [{{ zzz = 1 }}]\n"),
        format!("{base}{fleet}[[file]]\nzzz = 1\n"),
        format!("{base}{fleet}zzz = 1\n"),
        format!("{base}{fleet}[fleet.policy]\nzzz = 1\n"),
        format!("{base}{fleet}[[traffic]]\nzzz = 1\n"),
        format!("{base}{fleet}[[traffic]]\narrival = {{ zzz = 1 }}\n"),
        format!("{base}{fleet}[[fault]]\nzzz = 1\n"),
        format!("{base}{fleet}[[threshold]]\nzzz = 1\n"),
    ];
    let actions = [
        "delay", "stall", "reply", "status", "limit", "drop", "truncate", "slice", "garbage",
    ];
    let actions = actions.into_iter().chain(["endless", "restart"]);
    let faults =
        actions.map(|action| format!("{base}{fleet}[[fault]]\n{action} = {{ zzz = 1 }}\n"));
    let texts = texts.into_iter().chain(faults);
    for text in texts {
        for key in expected_keys(&text) {
            let forms = [
                format!("`{key}`"),
                format!(".{key}`"),
                format!("{key} = "),
                format!("[{key}]"),
                format!("[[{key}]]"),
            ];
            assert!(
                forms.iter().any(|form| document.contains(form)),
                "`{key}` is not documented"
            );
        }
    }
}

#[test]
fn every_kind_and_flaw_of_a_license_is_documented() {
    let document = read("docs/scenario.md");
    let kinds = LicenseKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| !kind.is_image_only());
    for kind in kinds.map(LicenseKind::keyword) {
        assert!(document.contains(&format!("`\"{kind}\"`")), "{kind}");
    }
    for (flaw, _) in Flaw::ALL {
        assert!(document.contains(&format!("`{flaw}`")), "{flaw}");
    }
}

#[test]
fn every_scenario_that_comes_along_is_sound_and_described() {
    let described = read("scenarios/README.md");
    let folder = std::fs::read_dir(root().join("scenarios")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let scenarios = paths.filter(|path| path.extension().is_some_and(|own| own == "toml"));
    for path in scenarios {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(described.contains(&format!("({name})")), "{name}");
        let loaded = Scenario::load(&Source::File(path), &Overrides::default());
        assert_eq!(loaded.unwrap().warnings, [], "{name}");
    }
}

#[test]
fn every_stage_and_flaw_of_a_fault_is_documented() {
    let document = read("docs/scenario.md");
    let stages = [Protocol::Smtp, Protocol::Https];
    for stage in stages.into_iter().flat_map(Protocol::stages) {
        assert!(
            document.contains(&format!("`\"{}\"`", stage.name())),
            "{stage:?}"
        );
    }
    let base = "version = 1\nname = \"x\"\nduration = \"1s\"\n";
    for key in ["refuse", "tls"] {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("scenario.toml");
        std::fs::write(&path, format!("{base}[[fault]]\n{key} = \"zzz\"\n")).unwrap();
        let findings = Scenario::load(&Source::File(path), &Overrides::default()).unwrap_err();
        let words = quoted(&findings[0].message).skip(1);
        for word in words {
            assert!(document.contains(&format!("`\"{word}\"`")), "{key}: {word}");
        }
    }
}
