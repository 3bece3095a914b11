//! The reports of stored runs: what is in them, that nothing in them acts, how large they get, and what is
//! said of files that are no result.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output},
};

use fleet::{
    journal::{
        JOURNAL_FILE, Page, Record, Writer,
        block::Heading,
        record::{Attempt, FIRST, OPENED},
    },
    report::rebuild,
};
use proptest::prelude::*;
use roxmltree::{Document, ParsingOptions};
use serde_json::{Value, json};

const SCENARIO: &str = r#"
version = 1
name = "synthetic"
warm-up = "1s"
duration = "10s"
[clock]
start = "2026-03-14T10:50:00Z"
speed = 60
[[traffic]]
name = "outage"
at = "2s"
within = "1s"
"#;

/// Where a message is in time: due, started, ended, and how that was; microseconds.
fn message(page: &mut Page, number: u64, due_us: u64, (wait_us, service_us): (u64, u64)) {
    let key = u128::from(number) + 1;
    let (kind, transport) = ((number % 2) as u8, 0);
    let (started_us, ended_us) = (due_us + wait_us, due_us + wait_us + service_us);
    let accepted = !number.is_multiple_of(50);
    let outcome = if accepted { 0 } else { 1 };
    let records = [
        Record::Event {
            device: number as u32,
            intended_us: due_us,
            lag_us: 200,
        },
        Record::Trigger {
            device: number as u32,
            kind,
            candidates: 2,
        },
        Record::Dropped {
            device: number as u32,
            kind,
            transport: 1,
            account: 4,
        },
        Record::Queued {
            device: number as u32,
            kind,
            transport,
            key,
            due_us,
        },
        Record::Attempt(Attempt {
            kind,
            transport,
            outcome,
            flags: FIRST | OPENED,
            key,
            due_us,
            started_us,
            ended_us,
            bytes: 4_000,
        }),
        Record::Settled {
            kind,
            transport,
            settlement: outcome,
            at_sink: 0,
            unanswered: false,
            key,
            due_us,
            stayed_us: ended_us - due_us,
        },
    ];
    records.iter().for_each(|record| page.add(record));
}

/// Writes a journal of `count` messages, evenly over ten seconds; returns its digest.
fn write_journal(folder: &Path, name: &str, types: &[&str], count: u64) -> String {
    let heading = Heading {
        name: name.to_owned(),
        seed: 7,
        devices: 20,
        begun: "2026-03-14T10:50:00Z".to_owned(),
        warm_up_us: 1_000_000,
        types: types.iter().map(|name| (*name).to_owned()).collect(),
    };
    let file = File::create(folder.join(JOURNAL_FILE)).unwrap();
    let writer = Writer::begin(file, &heading, 1 << 30).unwrap();
    let mut page = Page::default();
    for number in 0..count {
        let due_us = number * 10_000_000 / count;
        let (wait_us, service_us) = (number % 97 * 1_000, 2_000 + number % 13 * 700);
        message(&mut page, number, due_us, (wait_us, service_us));
        if number % 1_000 == 999 {
            writer.append(std::mem::take(&mut page));
        }
    }
    writer.append(page);
    writer.close().digest
}

fn summary(name: &str) -> Value {
    let statistics = json!({"count": 98, "mean": 5.0, "p50": 4.0, "p90": 9.0, "p99": 80.0, "p99_9": 90.0, "max": 95.5});
    json!({
        "schema": 1,
        "tool": {"name": "fleet", "version": "0.1.0"},
        "run": {"name": name, "seed": 7, "started": "2026-03-14T10:50:00Z", "wall_s": 10.5, "device_s": 600.0, "fingerprint": "sha256:00"},
        "host": {"cpus": 2, "kernel": "Linux"},
        "devices": 20,
        "validity": {
            "valid": true, "reasons": [], "remarks": ["a doubt"], "lag_ms": statistics, "lag_budget_ms": 50.0,
            "littles_law": {"mean_in_system": 1.0, "arrivals_per_s": 10.0, "mean_stay_ms": 100.0, "unexplained_ms": 0.1},
            "standstill_ms": 3.0, "cpu_s": 5.0, "peak_rss_bytes": 81_264_640
        },
        "ledger": {
            "events": 100, "triggers": 100, "candidates": 200, "dropped": {"not_subscribed": 100}, "messages": 100,
            "delivered": 98, "failed": 2, "unconfirmed": 0, "queued": 0, "in_flight": 0,
            "sink": {"embedded": [], "received": 0}, "balanced": true
        },
        "transports": {"smtp": {
            "delivered": 98, "failed": 2, "attempts": 100, "rate_per_s": 9.8, "bytes": 400_000, "connections": 100,
            "response_ms": statistics, "service_ms": statistics, "queue_ms": statistics,
            "phases_ms": {"connect": statistics, "data": statistics}
        }},
        "by_type": {"syslog": {"queued": 50, "delivered": 49, "failed": 1, "dropped": 50, "response_ms": statistics}},
        "errors": [{"transport": "smtp", "kind": "reply", "code": 421, "count": 2, "example": "421 busy"}],
        "faults": [{"name": "too busy", "target": "smtp", "kind": "reply", "stage": "data", "at_s": 3.0, "for_s": 2.0, "active_s": 2.0, "applied": 2}],
        "thresholds": [
            {"metric": "smtp.response.p99", "max_ms": 50.0, "value_ms": 80.0, "passed": false},
            {"metric": "ledger.failed", "max": 5.0, "value": 2.0, "passed": true}
        ],
        "verdict": "failed"
    })
}

fn write_summary(folder: &Path, summary: &Value) {
    fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
}

/// A run directory with everything in it.
fn whole(folder: &Path) {
    fs::write(folder.join("scenario.toml"), SCENARIO).unwrap();
    let digest = write_journal(folder, "synthetic", &["syslog", "inventory"], 100);
    let mut summary = summary("synthetic");
    summary["journal"] = json!({"records": 600, "lost": 0, "digest": digest});
    write_summary(folder, &summary);
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap()
}

fn headings(page: &Document<'_>) -> Vec<String> {
    let headings = page
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/1999/xhtml", "h2")));
    headings
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

fn fleet(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(arguments).output().unwrap()
}

#[test]
fn a_page_has_every_part_of_a_run_in_order() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), Some(60.0)).unwrap();
    let page = read(folder.path(), "report.html");
    let page = parse(&page);
    assert_eq!(
        headings(&page),
        [
            "Remarks",
            "Thresholds",
            "Traffic over time",
            "Queue and backlog over time",
            "Latency over time, smtp",
            "Percentiles, smtp",
            "Where the time went, smtp",
            "The ledger",
            "The herd: arrivals modulo the period",
            "Lag of the generator over time",
            "Health of the generator",
            "Errors",
            "Faults",
            "Transports",
            "Message types",
            "About the run"
        ]
    );
    let text: String = page
        .descendants()
        .filter_map(|node| node.is_text().then(|| node.text().unwrap()))
        .collect();
    for words in [
        "FAILED",
        "✕ too busy",
        "▸ outage",
        "warm-up",
        "a doubt",
        "✕ failed",
        "Balanced",
    ] {
        assert!(text.contains(words), "{words} is missing");
    }
}

#[test]
fn a_page_needs_nothing_and_every_link_in_it_leads_somewhere() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "report.html");
    let page = parse(&text);
    let ids: Vec<_> = page
        .descendants()
        .filter_map(|node| node.attribute("id"))
        .collect();
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[..at].contains(id), "{id} comes twice");
    }
    for node in page.descendants().filter(roxmltree::Node::is_element) {
        assert!(!["script", "link", "img", "iframe"].contains(&node.tag_name().name()));
        assert_eq!(
            node.attribute("style"),
            None,
            "the policy forbids styles of elements"
        );
        for name in ["aria-labelledby"] {
            for id in node.attribute(name).unwrap_or_default().split_whitespace() {
                assert!(ids.contains(&id), "{id} is nowhere");
            }
        }
        if let Some(link) = node.attribute("href") {
            assert!(ids.contains(&link.trim_start_matches('#')), "{link}");
        }
    }
    assert!(text.contains("default-src 'none'; style-src 'sha256-"));
    rebuild(folder.path(), None).unwrap();
    assert_eq!(
        read(folder.path(), "report.html"),
        text,
        "the same files make the same page"
    );
}

#[test]
fn test_results_have_a_case_for_each_threshold_and_the_words_of_each_failure() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "junit.xml");
    let results = Document::parse(&text).unwrap();
    let cases: Vec<_> = results
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .collect();
    let names: Vec<_> = cases
        .iter()
        .map(|case| case.attribute("name").unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "the run came to its end",
            "the figures can be trusted",
            "the ledger balances",
            "threshold smtp.response.p99",
            "threshold ledger.failed"
        ]
    );
    assert!(cases.iter().all(|case| case.attribute("time").is_some()));
    let failures: Vec<_> = results
        .descendants()
        .filter(|node| node.has_tag_name("failure"))
        .collect();
    assert_eq!(failures.len(), 1);
    assert_eq!(
        failures[0].attribute("message"),
        Some("smtp.response.p99: 80.000 ms, wanted at most 50 ms")
    );
}

#[test]
fn a_killed_run_is_reported_from_its_journal() {
    let folder = tempfile::TempDir::new().unwrap();
    write_journal(folder.path(), "killed", &["syslog", "inventory"], 5_000);
    let journal = folder.path().join(JOURNAL_FILE);
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..bytes.len() - 200]).unwrap();
    let output = fleet(&["report", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = read(folder.path(), "report.html");
    for words in [
        "CUT SHORT",
        "killed",
        "incomplete",
        "Traffic over time",
        "never closed",
    ] {
        assert!(page.contains(words), "{words} is missing");
    }
    parse(&page);
    assert!(read(folder.path(), "summary.md").contains("## killed: cut short"));
    let results = read(folder.path(), "junit.xml");
    assert!(results.contains("<failure") && results.contains("<skipped"));
}

#[test]
fn without_a_journal_the_figures_and_the_timeline_are_shown_and_that_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    write_summary(folder.path(), &summary("synthetic"));
    let head = "begin_s,length_s,events,triggers,dropped,messages,delivered,failed,unconfirmed,outstanding,smtp_p50_ms,smtp_p99_ms,https_p50_ms,https_p99_ms,lag_p99_ms\n";
    let rows =
        "0.000,1.000,10,10,10,10,9,1,0,0,4.0,9.0,,,0.2\n1.000,1.000,5,5,5,5,5,0,0,0,4.0,8.0,,,\n";
    fs::write(folder.path().join("timeline.csv"), format!("{head}{rows}")).unwrap();
    let rebuilt = rebuild(folder.path(), None).unwrap();
    assert!(
        rebuilt
            .notes
            .iter()
            .any(|note| note.contains("journal.bin is missing"))
    );
    let text = read(folder.path(), "report.html");
    let headings = headings(&parse(&text));
    assert!(headings.contains(&"Traffic over time".to_owned()));
    assert!(
        !headings
            .iter()
            .any(|heading| heading.starts_with("Percentiles"))
    );
}

#[test]
fn a_comment_never_gets_longer_than_sixty_lines() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut summary = summary("long");
    let many = |row: &Value| Value::Array(vec![row.clone(); 500]);
    summary["errors"] = many(&summary["errors"][0]);
    summary["thresholds"] = many(&summary["thresholds"][0]);
    summary["validity"]["remarks"] = many(&json!("a\nremark"));
    summary["validity"]["reasons"] = many(&json!("reason"));
    summary["transports"]["https"] = summary["transports"]["smtp"].clone();
    write_summary(folder.path(), &summary);
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "summary.md");
    assert!(text.lines().count() <= 60, "{text}");
}

#[test]
fn a_large_run_makes_no_large_page() {
    let folder = tempfile::TempDir::new().unwrap();
    let digest = write_journal(folder.path(), "large", &["syslog", "inventory"], 200_000);
    let mut summary = summary("large");
    let many = |row: &Value| Value::Array(vec![row.clone(); 10_000]);
    summary["errors"] = many(
        &json!({"transport": "smtp", "kind": "reply", "count": 1, "example": "x".repeat(10_000)}),
    );
    summary["faults"] = many(&summary["faults"][0]);
    summary["journal"] = json!({"digest": digest});
    write_summary(folder.path(), &summary);
    rebuild(folder.path(), Some(60.0)).unwrap();
    let text = read(folder.path(), "report.html");
    assert!(text.len() <= 1 << 20, "{} bytes", text.len());
    let page = parse(&text);
    let elements = page
        .descendants()
        .filter(roxmltree::Node::is_element)
        .count();
    assert!(elements <= 4_000, "{elements} elements");
}

/// Changes the whole summary of a good run, and says what is told of it.
fn told(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    change(folder.path());
    let output = fleet(&["report", folder.path().to_str().unwrap()]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(104), "{words}");
    assert!(!folder.path().join("report.html").exists());
    words.replace(folder.path().to_str().unwrap(), "DIR")
}

#[test]
fn files_that_are_no_result_of_this_run_are_named_with_a_remedy() {
    let words = told(|folder| {
        let other = write_journal(folder, "other", &[], 3);
        assert!(other.starts_with("sha256:"));
    });
    assert!(
        words.contains("summary.json and journal.bin in DIR are of different runs, for the name"),
        "{words}"
    );
    let words = told(|folder| drop(write_journal(folder, "synthetic", &["syslog"], 3)));
    assert!(words.contains("for the digest of the journal"), "{words}");
    let words = told(|folder| fs::write(folder.join(JOURNAL_FILE), "not one").unwrap());
    assert!(
        words.contains("DIR/journal.bin is no journal that can be read"),
        "{words}"
    );
    let words = told(|folder| fs::write(folder.join("scenario.toml"), "= =").unwrap());
    assert!(
        words.contains("DIR/scenario.toml is no scenario"),
        "{words}"
    );
    let words = told(|folder| {
        fs::remove_file(folder.join(JOURNAL_FILE)).unwrap();
        fs::write(folder.join("timeline.csv"), "a,b\n").unwrap();
    });
    assert!(words.contains("DIR/timeline.csv is no timeline"), "{words}");
}

#[test]
fn a_directory_that_is_none_keeps_no_other_from_its_report() {
    let (bad, good) = (
        tempfile::TempDir::new().unwrap(),
        tempfile::TempDir::new().unwrap(),
    );
    whole(good.path());
    let paths = [bad.path(), good.path()].map(|path| path.to_str().unwrap());
    let output = fleet(&["report", paths[0], paths[1]]);
    assert_eq!(output.status.code(), Some(104));
    assert!(good.path().join("report.html").exists());
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_leaves_the_rest() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    fs::create_dir(folder.path().join("report.html")).unwrap();
    let output = fleet(&["report", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("report.html")
    );
    assert!(folder.path().join("summary.json").exists());
}

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
    summary["journal"] = json!({"digest": digest});
    for (part, key) in [("by_type", "syslog"), ("transports", "smtp")] {
        let known = summary[part][key].clone();
        summary[part][text] = known;
    }
    summary["ledger"]["dropped"][text] = json!(5);
    write_summary(folder, &summary);
    let name = toml::Value::String(text.to_owned());
    let traffic = format!("{SCENARIO}[[traffic]]\nname = {name}\nat = \"4s\"\n");
    fs::write(folder.join("scenario.toml"), traffic).unwrap();
}

/// Whether `character` could deceive whoever reads it, or is none of XML's.
fn acts(character: char) -> bool {
    (character.is_control() && character != '\n')
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
        || character == '\u{ffff}'
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
            prop_assert!(!["script", "img", "iframe", "object"].contains(&name), "{name}");
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
}
