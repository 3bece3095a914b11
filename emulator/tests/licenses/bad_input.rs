//! License files that are none, or too much: each is refused by its line, and nothing else happens.
//! Reference licensing, sections 2.3 and 7.4.

use emulator::{
    device::files::{FileServers, Served},
    license::{
        document::{self, FILE_BYTES_MAX, FileEntry, InvalidFile},
        install::{InstallError, InstallOutcome},
    },
};
use proptest::prelude::*;

use crate::license_bench::Bench;

const MODEL: &str = "CISCO2951";

/// Files that are no license files, by what is wrong with them.
fn no_license_files(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = String::from_utf8(good.to_vec()).unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let declared = |entities: &str, body: &str| {
        let head = format!("<?xml version=\"1.0\"?><!DOCTYPE CISCO_WT_LICENSES [{entities}]>");
        format!("{head}<CISCO_WT_LICENSES version=\"1.0\">{body}</CISCO_WT_LICENSES>").into_bytes()
    };
    let mut laughs = "<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..20 {
        let last = format!("&a{};", level - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY a{level} \"{last}\">"));
    }
    let outside = "<!ENTITY x SYSTEM \"file:///etc/hostname\">";
    let root = |body: &str| {
        format!("<CISCO_WT_LICENSES version=\"1.0\">{body}</CISCO_WT_LICENSES>").into_bytes()
    };
    vec![
        ("empty", Vec::new()),
        ("binary", (0..=255).cycle().take(4096).collect()),
        ("byte order mark", [b"\xEF\xBB\xBF", good].concat()),
        ("wide characters", wide),
        ("no license", root("")),
        (
            "a license without a line",
            root("<LICENSE id=\"1\"></LICENSE>"),
        ),
        (
            "another root",
            text.replace("CISCO_WT_LICENSES", "LICENSES").into_bytes(),
        ),
        ("two roots", [good, good].concat()),
        (
            "entities that multiply",
            declared(&laughs, "<LICENSE>&a19;</LICENSE>"),
        ),
        (
            "entities of files",
            declared(outside, "<LICENSE>&x;</LICENSE>"),
        ),
        ("deep", "<a>".repeat(50_000).into_bytes()),
        ("wide", root(&"<a/>".repeat(200_000))),
        ("huge", root(&"x".repeat(FILE_BYTES_MAX))),
        (
            "too many lines",
            document::write(&vec![FileEntry::default(); 1_001]),
        ),
    ]
}

#[test]
fn what_is_no_license_file_is_refused_by_one_line_and_changes_nothing() {
    let bench = Bench::on(MODEL, 0);
    let good = bench.file("permanent uck9");
    let files = no_license_files(&good);
    let mut servers = FileServers::default();
    for (name, bytes) in &files {
        let name = name.replace(' ', "-");
        servers.put("files", &name, Served::Bytes(bytes.clone().into()));
    }
    let mut bench = Bench {
        lab: bench.lab.with_servers(servers),
    };
    let before = bench.state();
    for (name, _) in &files {
        let line = format!("license install tftp://files/{}", name.replace(' ', "-"));
        let (next, text) = bench.types(&[&line]);
        bench = next;
        assert!(
            text.contains("\n% Error: Invalid license file\n"),
            "{name}: {text}"
        );
        assert!(!text.contains("successfully installed"), "{name}: {text}");
        assert_eq!(bench.state(), before, "{name}");
    }
    assert_eq!(bench.statistic("Install success"), 0);
}

#[test]
fn a_file_that_ends_early_installs_nothing() {
    let mut bench = Bench::on(MODEL, 0);
    let good = bench.file("permanent uck9");
    let end = good.len() - "</CISCO_WT_LICENSES>\n".len();
    let before = bench.state();
    for length in 0..end {
        assert_eq!(bench.install(&good[..length]), None, "{length} bytes");
    }
    assert_eq!(bench.state(), before);
}

#[test]
fn files_of_any_size_are_looked_at_up_to_a_limit() {
    let exact = |bytes: usize| document::read(&vec![b' '; bytes]);
    assert_eq!(exact(FILE_BYTES_MAX + 1), Err(InvalidFile::TooLarge));
    assert!(!matches!(exact(FILE_BYTES_MAX), Err(InvalidFile::TooLarge)));
}

#[test]
fn lines_of_any_length_are_refused_as_lines() {
    let mut bench = Bench::on(MODEL, 0);
    let good = document::read(&bench.file("permanent uck9"))
        .unwrap()
        .remove(0)
        .line;
    let before = bench.state();
    for line in [
        String::new(),
        " ".to_owned(),
        good.replacen(' ', "\t", 1),
        good.replacen(' ', "\n", 1),
        good.replacen("uck9", "uck\u{e9}9", 1),
        format!("{good}{}", "A".repeat(100_000)),
        good.repeat(100),
        good.to_lowercase(),
        good.replacen("INFINITE_KEYS", "99999999999999999999_KEYS", 1),
    ] {
        let entry = FileEntry {
            line,
            ..FileEntry::default()
        };
        let outcome = bench.install(&document::write(&[entry]));
        let refused = InstallOutcome::Failed(InstallError::InvalidLine);
        assert!(outcome.is_none_or(|lines| lines == [refused]));
        assert_eq!(bench.state(), before);
    }
}

#[test]
fn names_and_comments_of_a_file_are_not_believed() {
    let mut bench = Bench::on(MODEL, 0);
    let mut entry = document::read(&bench.file("permanent uck9"))
        .unwrap()
        .remove(0);
    entry.comment = format!("\u{1b}[2J{}\r\n", "x".repeat(400));
    let file = document::write(&[entry]);
    assert_eq!(bench.install(&file), Some(vec![InstallOutcome::Supported]));
    let shown = bench.lab.show("show license file");
    let comment = shown
        .lines()
        .find(|line| line.contains("Comment: "))
        .unwrap();
    assert!(
        comment.len() < 120 && !shown.contains('\u{1b}'),
        "{comment:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any bytes in the place of any others, anywhere in a file: only what was signed is ever stored.
    #[test]
    fn no_patch_of_a_file_brings_in_anything_else(
        at in 0_usize..1200,
        patch in proptest::collection::vec(any::<u8>(), 1..24),
    ) {
        let mut bench = Bench::on(MODEL, 0);
        let good = bench.file("extension gatekeeper 1440");
        let signed = document::read(&good).unwrap().remove(0).line;
        let mut file = good;
        let at = at % file.len();
        let end = file.len().min(at + patch.len());
        file.splice(at..end, patch);
        let before = bench.lab.show("show license all");
        let outcome = bench.install(&file);
        if outcome == Some(vec![InstallOutcome::Supported]) {
            let stored = document::read(&file).unwrap().remove(0).line;
            prop_assert_eq!(stored, signed);
        } else {
            prop_assert_eq!(bench.lab.show("show license all"), before);
        }
    }
}
