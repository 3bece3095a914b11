//! A small run as it is stored, made of fixed figures and records.

use std::{
    fs::{self, File},
    path::Path,
};

use fleet::journal::{
    JOURNAL_FILE, Page, Record, Writer,
    block::Heading,
    record::{Attempt, FIRST, OPENED},
};
use roxmltree::{Document, ParsingOptions};
use serde_json::{Value, json};

pub(crate) const SCENARIO: &str = r#"
version = 1
name = "synthetic"
warm-up = "1s"
duration = "10s"
[clock]
start = "2026-03-14T10:50:00Z"
speed = 60
[[fleet]]
name = "branch"
count = 20
sites = 4
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
pub(crate) fn write_journal(folder: &Path, name: &str, types: &[&str], count: u64) -> String {
    let heading = Heading {
        name: name.to_owned(),
        seed: 7,
        devices: 20,
        begun: "2026-03-14T10:50:00Z".to_owned(),
        warm_up_us: 1_000_000,
        types: types.iter().map(|name| (*name).to_owned()).collect(),
        fleets: vec![("branch".to_owned(), 0)],
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

pub(crate) fn summary(name: &str) -> Value {
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
        "by_fleet": {"branch": {"queued": 100, "delivered": 98, "failed": 2, "dropped": 100, "response_ms": statistics}},
        "errors": [{"transport": "smtp", "kind": "reply", "code": 421, "count": 2, "example": "421 busy"}],
        "faults": [{"name": "too busy", "target": "smtp", "kind": "reply", "stage": "data", "at_s": 3.0, "for_s": 2.0, "active_s": 2.0, "applied": 2}],
        "thresholds": [
            {"metric": "smtp.response.p99", "max_ms": 50.0, "value_ms": 80.0, "passed": false},
            {"metric": "ledger.failed", "max": 5.0, "value": 2.0, "passed": true}
        ],
        "verdict": "failed"
    })
}

pub(crate) fn write_summary(folder: &Path, summary: &Value) {
    fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
}

/// A run directory with everything in it.
pub(crate) fn whole(folder: &Path) {
    fs::write(folder.join("scenario.toml"), SCENARIO).unwrap();
    let digest = write_journal(folder, "synthetic", &["syslog", "inventory"], 100);
    let mut summary = summary("synthetic");
    summary["journal"] = json!({"records": 600, "lost": 0, "digest": digest});
    write_summary(folder, &summary);
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

pub(crate) fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap()
}

/// The script of pages, as it stands beside the sources.
pub(crate) fn script() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html/zoom.js");
    format!("\n{}", fs::read_to_string(path).unwrap())
}
