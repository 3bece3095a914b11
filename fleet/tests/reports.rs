//! The reports of stored runs: what is in them, that nothing in them acts, how large they get, and what is
//! said of files that are no result.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/stored_run.rs"]
mod stored_run;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use fleet::{journal::JOURNAL_FILE, report::rebuild};
use roxmltree::Document;
use serde_json::{Value, json};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use stored_run::{SCENARIO, parse, read, script, summary, whole, write_journal, write_summary};

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
            "Fleets",
            "Sites",
            "About the run"
        ]
    );
    let text: String = page
        .descendants()
        .filter(roxmltree::Node::is_text)
        .filter_map(|node| node.text())
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
        assert!(!["link", "img", "iframe"].contains(&node.tag_name().name()));
        assert_eq!(
            node.attribute("style"),
            None,
            "the policy forbids styles of elements"
        );
        let clip = node.attribute("clip-path").unwrap_or_default();
        let clip = clip.trim_start_matches("url(#").trim_end_matches(')');
        assert!(clip.is_empty() || ids.contains(&clip), "{clip} is nowhere");
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
fn the_policy_lets_the_one_script_run_that_comes_along_and_that_needs_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "report.html");
    let page = parse(&text);
    let scripts = page
        .descendants()
        .filter(|node| node.tag_name().name() == "script");
    let scripts: Vec<_> = scripts.collect();
    assert_eq!(scripts.len(), 1);
    assert_eq!(scripts[0].attributes().len(), 0);
    // What a reader of HTML takes for the script, and the browser for the text of its digest.
    let (_, rest) = text.split_once("<script>").unwrap();
    let (own, _) = rest.split_once("</script>").unwrap();
    assert_eq!(own, format!("/*<![CDATA[*/{}/*]]>*/", script()));
    let digest = STANDARD.encode(Sha256::digest(own));
    assert!(text.contains(&format!("script-src 'sha256-{digest}';")));
    let policies = page
        .descendants()
        .filter_map(|node| node.attribute("content"));
    let policy = policies.into_iter().find(|own| own.contains("default-src"));
    let policy = policy.unwrap();
    assert!(
        !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    for word in [
        "eval",
        "Function(",
        "fetch",
        "XMLHttp",
        "import",
        "innerHTML",
        "setTimeout",
        ".style",
    ] {
        assert!(!own.contains(word), "{word}");
    }
}

#[test]
fn a_page_without_a_course_of_time_has_no_script_and_a_policy_without_one() {
    let folder = tempfile::TempDir::new().unwrap();
    write_summary(folder.path(), &summary("synthetic"));
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "report.html");
    assert!(!text.contains("<script") && !text.contains("script-src"));
}

#[test]
fn values_under_the_crosshair_are_those_of_the_steps() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "report.html");
    let page = parse(&text);
    let lines = page
        .descendants()
        .filter(|node| node.attribute("data-values").is_some());
    let mut named = Vec::new();
    for line in lines {
        let step: f64 = line.attribute("data-step").unwrap().parse().unwrap();
        let values = line.attribute("data-values").unwrap().split('|').count();
        let picture = line
            .ancestors()
            .find(|node| node.tag_name().name() == "svg")
            .unwrap();
        let number = |key: &str| picture.attribute(key).unwrap().parse::<f64>().unwrap();
        let length = number("data-length");
        assert!(
            (values as f64 * step - length).abs() < step,
            "{values} of {step} in {length}"
        );
        assert!(number("data-left") < number("data-right"));
        named.push(line.attribute("data-name").unwrap().to_owned());
    }
    for name in [
        "due",
        "accepted",
        "without an outcome",
        "p50",
        "p99",
        "largest",
    ] {
        assert!(named.iter().any(|own| own == name), "{name}");
    }
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
        Some("smtp.response.p99: 80 ms, wanted ≤ 50 ms")
    );
}

#[test]
fn a_killed_run_is_reported_from_its_journal() {
    let folder = tempfile::TempDir::new().unwrap();
    let scenario = SCENARIO.replace("synthetic", "killed");
    fs::write(folder.path().join("scenario.toml"), scenario).unwrap();
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
    for number in 0..200 {
        summary["by_fleet"][format!("fleet-{number}")] = summary["by_fleet"]["branch"].clone();
    }
    let row = json!({"metric": "smtp.response.p50", "verdict": "regression"});
    let comparison = json!({"schema": 1, "metrics": many(&row)});
    fs::write(
        folder.path().join("comparison.json"),
        comparison.to_string(),
    )
    .unwrap();
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
    let words = told(|folder| fs::write(folder.join("scenario.toml"), "name = \"other\"").unwrap());
    assert!(
        words.contains("summary.json and scenario.toml in DIR are of different runs"),
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
