//! What the page says is what its script says: both are held against `tests/pages/live.json`, here and in
//! `tests/pages/live.test.cjs`. `UPDATE_PAGES=1` writes the file anew.

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::snapshot::{
    Accounts, Done, ErrorState, FaultLine, Generator, Second, ThresholdState, TransportState,
};

/// A snapshot with figures of every size.
fn snapshot() -> Snapshot {
    let second = |triggers, messages| Second {
        triggers,
        messages,
        delivered: 0.4,
        failed: 0.0,
    };
    Snapshot {
        name: "storm".into(),
        seed: u64::MAX,
        devices: 12_000,
        targets: vec!["smtp embedded".into(), "https localhost:8443".into()],
        elapsed_s: 59.99,
        duration_s: 3_600.0,
        phase: Phase::Running,
        factor: 1.5,
        now: second(1_234_567.4, 99.6),
        minute: vec![second(1.0, 2.0)],
        ledger: accounts(),
        transports: vec![transport("smtp", 1.0), transport("https", 1_000.0)],
        generator: Generator {
            lag_p99_ms: None,
            lag_budget_ms: 50.0,
            cpus_busy: 1.96,
            cpus: 2,
            peak_rss_bytes: 123 << 20,
        },
        errors: errors(),
        faults: faults(),
        thresholds: vec![ThresholdState {
            what: "ledger.delivered at least 100".into(),
            state: "not yet",
        }],
        interventions: vec![Done {
            at_s: 12.34,
            what: "arrivals paused".into(),
        }],
        links: Vec::new(),
        verdict: None,
    }
}

fn accounts() -> Accounts {
    Accounts {
        events: 999,
        triggers: 1_000,
        dropped: 1_234_567,
        dropped_by: vec![("throttled", 1_234_000), ("pattern", 567)],
        messages: 45,
        delivered: 40,
        failed: 1,
        unconfirmed: 0,
        queued: 3,
        in_flight: 1,
        devices_waiting: 4,
    }
}

fn transport(name: &'static str, ms: f64) -> TransportState {
    let mut longer = Reading::exact(ms * 123.4);
    longer.at_least = true;
    let exactly = |value: f64| Some(Reading::exact(value));
    TransportState {
        name,
        delivered: 40,
        all: Percentiles {
            p50: exactly(ms * 0.123_4),
            p90: exactly(ms * 1.234),
            p99: Some(longer),
            max: exactly(ms * 300.4),
        },
        lately: Percentiles {
            p50: exactly(ms * 12.34),
            p90: exactly(ms * 7.0),
            ..Percentiles::default()
        },
    }
}

fn errors() -> Vec<ErrorState> {
    let error = |code, example: &str| ErrorState {
        transport: "smtp",
        kind: "reply",
        code,
        count: 1_500,
        example: example.into(),
    };
    vec![error(Some(421), "try later"), error(None, "closed")]
}

fn faults() -> Vec<FaultLine> {
    let fault = |for_s| FaultLine {
        target: "smtp".into(),
        name: "greylisting".into(),
        what: "reply 451 at rcpt".into(),
        state: "active",
        at_s: 5.9,
        for_s,
        applied: 1_024,
    };
    vec![fault(None), fault(Some(20.2))]
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

fn unescaped(text: &str) -> String {
    text.replace("&gt;", ">").replace("&amp;", "&")
}

/// Every figure of `page`: its place, how it is written, and its words.
fn figures(page: &str) -> Vec<[String; 3]> {
    let elements = page.split("data-at=\"").skip(1);
    let figures = elements.map(|element| {
        let tag = element.split_once('>').unwrap().0;
        let kind = tag.split_once("data-as=\"");
        let kind = kind.map_or("", |(_, rest)| rest.split_once('"').unwrap().0);
        let at = element.split_once('"').unwrap().0;
        [
            at.into(),
            kind.into(),
            unescaped(between(element, ">", "<")),
        ]
    });
    figures.collect()
}

/// The rows of the list `id` of `page`: a state, if there is one, and words.
fn rows(page: &str, id: &str) -> Vec<[String; 2]> {
    let list = between(page, &format!("data-rows=\"{id}\">"), "</ul>");
    let items = list.split("<li>").skip(1);
    let rows = items.map(|item| {
        let item = item.trim_end_matches("</li>");
        let (state, words) = match item.split_once("</span> ") {
            Some((state, words)) => (state.rsplit_once('>').unwrap().1, words),
            None => ("", item),
        };
        [unescaped(state), unescaped(words)]
    });
    rows.collect()
}

#[test]
fn the_page_says_what_its_script_is_held_against() {
    let snapshot = snapshot();
    let page = render(&snapshot);
    let lists = ["thresholds", "errors", "faults", "interventions"];
    let rows: serde_json::Map<_, _> = lists
        .into_iter()
        .map(|id| (id.to_owned(), json!(rows(&page, id))))
        .collect();
    let said = json!({
        "frame": serde_json::to_value(&snapshot).unwrap(),
        "figures": figures(&page),
        "rows": rows,
        "phase": phase(&snapshot),
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/live.json");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        let text = serde_json::to_string_pretty(&said).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(said, serde_json::from_str::<Value>(&kept).unwrap());
}
