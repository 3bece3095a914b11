//! What reports of stored runs say of sites, and of a comparison beside the run.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[path = "support/stored_run.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod stored_run;

use std::{collections::BTreeSet, fs};

use fleet::report::rebuild;
use roxmltree::Document;
use serde_json::json;
use stored_run::{parse, read, whole};

/// How the case called `name` came out, and the words for it; `None` when it passed.
fn outcome(results: &str, name: &str) -> Option<(String, String)> {
    let results = Document::parse(results).unwrap();
    let mut cases = results
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let case = cases
        .find(|case| case.attribute("name") == Some(name))
        .unwrap();
    let outcome = case.children().find(roxmltree::Node::is_element)?;
    let message = outcome.attribute("message").unwrap().to_owned();
    Some((outcome.tag_name().name().to_owned(), message))
}

#[test]
fn sites_come_from_the_journal_and_the_worst_is_first() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    let text = read(folder.path(), "report.html");
    let page = parse(&text);
    let table = page
        .descendants()
        .find(|node| node.attribute("aria-label") == Some("Sites, table"))
        .unwrap();
    let rows = table
        .descendants()
        .filter(|node| node.tag_name().name() == "tr");
    let cells = |row: roxmltree::Node<'_, '_>| -> Vec<String> {
        let cells = row.children().filter(roxmltree::Node::is_element);
        cells
            .map(|cell| cell.text().unwrap_or_default().to_owned())
            .collect()
    };
    let rows: Vec<Vec<String>> = rows.skip(1).map(cells).collect();
    // Of a hundred messages numbers 0 and 50 are refused, and device 50 is at the third of four sites.
    let names: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names.len(), 4);
    assert_eq!(
        BTreeSet::from_iter(&names[..2]),
        BTreeSet::from_iter(&["site-000", "site-002"])
    );
    for row in &rows {
        let failed = if ["site-000", "site-002"].contains(&row[0].as_str()) {
            "1"
        } else {
            "0"
        };
        assert_eq!((row[1].as_str(), row[3].as_str()), ("25", failed));
    }
}

#[test]
fn a_comparison_beside_the_run_is_in_the_comment_and_a_case_for_each_metric() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    let comparison = json!({"schema": 1, "base": ["before/summary.json"], "min_effect": 0.05, "verdict": "regression", "metrics": [
        {"metric": "smtp.response.p50", "base_median": 4.0, "new_median": 4.0, "ratio": 1.0, "interval": [0.98, 1.02], "verdict": "equal"},
        {"metric": "smtp.response.p99", "base_median": 80.0, "new_median": 120.0, "ratio": 1.5, "interval": [1.4, 1.6], "verdict": "regression"},
        {"metric": "smtp.rate_per_s", "verdict": "inconclusive", "note": "too few runs"},
    ]});
    fs::write(
        folder.path().join("comparison.json"),
        comparison.to_string(),
    )
    .unwrap();
    rebuild(folder.path(), None).unwrap();
    let comment = read(folder.path(), "summary.md");
    assert!(
        comment.contains("**Against the baseline: regression**"),
        "{comment}"
    );
    let (worst, equal) = (
        comment.find("response.p99 | 80").unwrap(),
        comment.find("response.p50 | 4").unwrap(),
    );
    assert!(worst < equal, "{comment}");
    let text = read(folder.path(), "junit.xml");
    let case = |name: &str| outcome(&text, name);
    assert_eq!(case("comparison smtp.response.p50"), None);
    let failure = (
        "failure".to_owned(),
        "base 80, new 120, ratio 1.5 (1.4 to 1.6)".to_owned(),
    );
    assert_eq!(case("comparison smtp.response.p99"), Some(failure));
    let (outcome, words) = case("comparison smtp.rate_per_s").unwrap();
    assert!(
        outcome == "skipped" && words.contains("too few runs"),
        "{words}"
    );
    // One that cannot be understood is told, and keeps nothing else from its report.
    fs::write(
        folder.path().join("comparison.json"),
        "{\"schema\": 1, \"metrics\": 7}",
    )
    .unwrap();
    let rebuilt = rebuild(folder.path(), None).unwrap();
    assert!(
        rebuilt
            .notes
            .iter()
            .any(|note| note.starts_with("comparison.json is left out"))
    );
}

#[test]
fn what_was_done_by_hand_is_listed_marked_and_counted() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    // Most runs are left alone, and nothing is said of it.
    for file in ["report.html", "summary.md"] {
        let text = read(folder.path(), file);
        assert!(
            !text.contains("By hand") && !text.contains("◆"),
            "{file}: {text}"
        );
    }
    let mut summary = stored_run::summary("synthetic");
    let done = |at_s: f64, what: &str| json!({"at_s": at_s, "what": what});
    let mut interventions = vec![
        done(4.5, "arrivals paused"),
        done(7.25, "<b>raised</b> power-loss"),
    ];
    summary["interventions"] = json!(interventions);
    stored_run::write_summary(folder.path(), &summary);
    rebuild(folder.path(), None).unwrap();
    let comment = read(folder.path(), "summary.md");
    let line = "\nBy hand: 2 interventions, from 4.5 s to 7.25 s.\n";
    assert!(comment.contains(line), "{comment}");
    let text = read(folder.path(), "report.html");
    let page = parse(&text);
    let named = |name: &str| {
        let mut nodes = page.descendants();
        nodes.find(|node| node.attribute("aria-label") == Some(name))
    };
    let words = |node: roxmltree::Node<'_, '_>| -> Vec<String> {
        let texts = node.descendants().filter(roxmltree::Node::is_text);
        texts
            .filter_map(|node| node.text().map(str::to_owned))
            .collect()
    };
    let table = words(named("By hand, table").unwrap());
    assert_eq!(
        table,
        [
            "what",
            "at s",
            "arrivals paused",
            "4.5",
            "<b>raised</b> power-loss",
            "7.25"
        ]
    );
    let traffic = words(named("Traffic over time, picture").unwrap());
    assert!(
        traffic.contains(&"◆ arrivals paused".to_owned()),
        "{traffic:?}"
    );
    // Events stand where the scenario has them, and a pause has shifted them.
    assert!(
        text.contains("marked at the times that"),
        "the page does not say so"
    );
    // As many as a run takes.
    interventions.resize(1_000, done(9.0, "arrivals resumed"));
    summary["interventions"] = json!(interventions);
    stored_run::write_summary(folder.path(), &summary);
    rebuild(folder.path(), None).unwrap();
    assert!(read(folder.path(), "report.html").contains("950 more are in summary.json"));
    assert!(read(folder.path(), "summary.md").contains("1,000 interventions, from 4.5 s to 9 s."));
}
