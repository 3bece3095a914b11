//! Stored runs that somebody has put together who means no good.

use std::{fs, path::Path};

use fleet::{journal::JOURNAL_FILE, report::rebuild};
use proptest::prelude::*;
use roxmltree::Document;
use serde_json::{Value, json};

use crate::stored_run::{
    SCENARIO, parse, read, script, summary, whole, write_journal, write_summary,
};

/// Text as somebody might send it who means no good.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\" onload=\"x".to_owned()),
        Just("' onclick='x".to_owned()),
        Just("</title></style><img src=x onerror=y>".to_owned()),
        Just("]]><!-- -->&amp;&#x202e;".to_owned()),
        Just("\u{202e}\u{2066}\u{0}\u{1b}[31m\u{7f}\u{85}\u{ffff}\u{feff}".to_owned()),
        Just("| a | `b` | [c](javascript:d) | @everybody".to_owned()),
        "\\PC{0,8}",
        any::<String>(),
    ];
    proptest::collection::vec(parts, 1..4).prop_map(|parts| parts.concat())
}

/// A run in which everything that may be any text is `text`.
fn write_hostile(folder: &Path, text: &str) {
    let digest = write_journal(folder, text, &[text, "inventory"], 60);
    let mut summary = summary(text);
    for pointer in [
        "/run/started",
        "/run/fingerprint",
        "/host/kernel",
        "/tool/version",
        "/errors/0/example",
        "/errors/0/kind",
        "/errors/0/transport",
        "/faults/0/name",
        "/faults/0/target",
        "/faults/0/kind",
        "/faults/0/stage",
        "/thresholds/0/metric",
        "/validity/remarks/0",
        "/verdict",
    ] {
        *summary.pointer_mut(pointer).unwrap() = json!(text);
    }
    summary["validity"]["reasons"] = json!([text]);
    summary["interventions"] = json!([{"at_s": 5.0, "what": text}]);
    summary["journal"] = json!({"digest": digest});
    for (part, key) in [
        ("by_type", "syslog"),
        ("by_fleet", "branch"),
        ("transports", "smtp"),
    ] {
        let known = summary[part][key].clone();
        summary[part][text] = known;
    }
    summary["ledger"]["dropped"][text] = json!(5);
    write_summary(folder, &summary);
    let row = json!({"metric": text, "verdict": text, "note": text, "base_median": 1.0});
    let comparison = json!({"schema": 1, "base": [text], "verdict": text, "metrics": [row]});
    fs::write(folder.join("comparison.json"), comparison.to_string()).unwrap();
    let name = toml::Value::String(text.to_owned());
    let scenario = SCENARIO.replace("\"synthetic\"", &name.to_string());
    let traffic = format!("{scenario}[[traffic]]\nname = {name}\nat = \"4s\"\n");
    fs::write(folder.join("scenario.toml"), traffic).unwrap();
}

/// Whether `character` could deceive whoever reads it, or is none of XML's.
fn acts(character: char) -> bool {
    (character.is_control() && character != '\n')
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
        || character == '\u{ffff}'
}

/// The script of a page, as a reader of XML sees it.
fn own_script() -> String {
    format!("/**/{}/**/", script())
}

/// Puts `number` in the place of every number.
fn replace_numbers(value: &mut Value, number: &Value) {
    match value {
        Value::Number(_) => *value = number.clone(),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_numbers(item, number)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace_numbers(field, number)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn figures_that_cannot_be_do_no_harm() {
    for number in [
        json!(0),
        json!(1),
        json!(u64::MAX),
        json!(-1),
        json!(1e308),
        json!(1e-320),
    ] {
        let folder = tempfile::TempDir::new().unwrap();
        let mut summary = summary("absurd");
        summary["interventions"] = json!([{"at_s": 5.0, "what": "arrivals paused"}]);
        replace_numbers(&mut summary, &number);
        summary["schema"] = json!(1);
        write_summary(folder.path(), &summary);
        if rebuild(folder.path(), None).is_ok() {
            parse(&read(folder.path(), "report.html"));
        }
        // Where a count is no count, the other figures are still absurd.
        let mut summary = crate::stored_run::summary("absurd");
        for part in ["validity", "transports"] {
            replace_numbers(&mut summary[part]["lag_ms"], &number);
            replace_numbers(&mut summary[part]["smtp"]["phases_ms"]["data"], &number);
            summary[part]["cpu_s"] = number.clone();
        }
        summary["run"]["wall_s"] = number.clone();
        summary["faults"][0]["at_s"] = number.clone();
        write_summary(folder.path(), &summary);
        if rebuild(folder.path(), None).is_ok() {
            parse(&read(folder.path(), "report.html"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn hostile_text_stays_text(text in hostile()) {
        let folder = tempfile::TempDir::new().unwrap();
        write_hostile(folder.path(), &text);
        rebuild(folder.path(), Some(60.0)).unwrap();
        let whole = read(folder.path(), "report.html");
        let page = parse(&whole);
        for node in page.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            prop_assert!(!["img", "iframe", "object"].contains(&name), "{name}");
            // The one script is the page's own, which another test holds against the policy.
            prop_assert!(name != "script" || node.text() == Some(own_script().as_str()));
            for attribute in node.attributes() {
                prop_assert!(!attribute.name().starts_with("on"), "{}", attribute.name());
            }
        }
        let results = read(folder.path(), "junit.xml");
        Document::parse(&results).unwrap();
        let comment = read(folder.path(), "summary.md");
        prop_assert!(!comment.contains('<') && !comment.contains('@'), "{comment}");
        for file in [&whole, &results, &comment] {
            prop_assert!(!file.chars().any(acts));
        }
    }

    #[test]
    fn a_damaged_journal_never_ends_the_program(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in any::<prop::sample::Index>(),
        killed in any::<bool>(),
    ) {
        let folder = tempfile::TempDir::new().unwrap();
        whole(folder.path());
        let journal = folder.path().join(JOURNAL_FILE);
        let mut bytes = fs::read(&journal).unwrap();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let length = bytes.len();
        bytes.truncate(length - end.index(length) % (length / 2));
        fs::write(&journal, bytes).unwrap();
        if killed {
            fs::remove_file(folder.path().join("summary.json")).unwrap();
        }
        if rebuild(folder.path(), None).is_ok() {
            parse(&read(folder.path(), "report.html"));
        }
    }
}
