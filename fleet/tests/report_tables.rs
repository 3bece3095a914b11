//! What reports of stored runs say of sites, of a comparison beside the run, and of what was done by hand.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[path = "support/stored_run.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod stored_run;

use std::{collections::BTreeSet, fs, path::Path};

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

/// Gives the run in `folder` what somebody did to it, each with its instant.
fn steer(folder: &Path, done: &[(f64, &str)]) {
    let mut summary = stored_run::summary("synthetic");
    let done = done
        .iter()
        .map(|(at_s, what)| json!({"at_s": at_s, "what": what}));
    summary["interventions"] = done.collect();
    stored_run::write_summary(folder, &summary);
    rebuild(folder, None).unwrap();
}

/// All text within the part that is called `name`.
fn words(page: &Document<'_>, name: &str) -> Vec<String> {
    let mut nodes = page.descendants();
    let part = nodes.find(|node| node.attribute("aria-label") == Some(name));
    let texts = part.unwrap().descendants().filter(roxmltree::Node::is_text);
    texts
        .filter_map(|node| node.text().map(str::to_owned))
        .collect()
}

#[test]
fn what_was_done_by_hand_is_listed_marked_and_counted() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    let raised = "<b>raised</b> power-loss";
    steer(folder.path(), &[(4.5, "arrivals paused"), (7.25, raised)]);
    let comment = read(folder.path(), "summary.md");
    let line = "\nBy hand: 2 interventions, from 4.5 s to 7.25 s.\n";
    assert!(comment.contains(line), "{comment}");
    let text = read(folder.path(), "report.html");
    let page = parse(&text);
    let table = words(&page, "By hand, table");
    let cells = ["what", "at s", "arrivals paused", "4.5", raised, "7.25"];
    assert_eq!(table, cells);
    for picture in ["Traffic over time", "Lag of the generator over time"] {
        let words = words(&page, &format!("{picture}, picture"));
        for mark in ["◆ arrivals paused", "▸ outage", "✕ too busy"] {
            assert!(words.iter().any(|word| word == mark), "{mark}: {words:?}");
        }
    }
    // Events stand where the scenario has them, and a pause has shifted them.
    assert!(text.contains("events of the scenario are marked at the times that it gives them"));
}

#[test]
fn of_many_interventions_as_many_are_shown_as_anybody_reads_and_all_are_counted() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    let mut done = vec![(9.0, "arrivals resumed"); 1_000];
    done[0] = (4.5, "arrivals paused");
    steer(folder.path(), &done);
    let text = read(folder.path(), "report.html");
    assert!(text.contains("950 more are in summary.json"));
    let comment = read(folder.path(), "summary.md");
    assert!(comment.contains("1,000 interventions, from 4.5 s to 9 s."));
    steer(folder.path(), &done[..1]);
    let comment = read(folder.path(), "summary.md");
    assert!(comment.contains("\nBy hand: one intervention, at 4.5 s.\n"));
}

#[test]
fn nothing_is_said_of_interventions_in_a_run_that_nobody_touched() {
    let folder = tempfile::TempDir::new().unwrap();
    whole(folder.path());
    rebuild(folder.path(), None).unwrap();
    for file in ["report.html", "summary.md"] {
        let text = read(folder.path(), file);
        let silent = ["By hand", "◆", "steered"]
            .into_iter()
            .all(|word| !text.contains(word));
        assert!(silent, "{file}: {text}");
    }
}
