//! What a finished run comes to, in its summary and in its closing text.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{collections::BTreeMap, time::Duration};

use emulator::{Settlement, Transport};
use fleet::{
    conductor::{Reconciled, RunResult},
    exit::Exit,
    ledger::SinkTotals,
    monitor::Usage,
    record::Gathered,
    report::{Style, Summary, closing},
    scenario::{Overrides, Scenario, Source},
};

const PLAIN: Style = Style {
    in_place: false,
    color: false,
    color_errors: false,
    quiet: false,
};

/// A run in which ten messages were delivered.
fn result() -> RunResult {
    let mut gathered = Gathered::default();
    let ledger = &mut gathered.ledger;
    (ledger.triggers, ledger.candidates, ledger.queued) = (10, 10, 10);
    ledger.settled.insert(Settlement::Delivered, 10);
    gathered.events = 10;
    let totals = SinkTotals {
        received: 10,
        delivered: 10,
        ..SinkTotals::default()
    };
    let reconciled = Reconciled {
        totals,
        balanced: true,
    };
    RunResult {
        started: jiff::Timestamp::UNIX_EPOCH,
        origin: std::time::Instant::now(),
        standstill: std::time::Duration::ZERO,
        watched: Vec::new(),
        wall: Duration::from_secs(30),
        device_time: Duration::from_secs(30),
        gathered,
        emitted: 10,
        sinks: BTreeMap::from([(Transport::Http, reconciled)]),
        interventions: Vec::new(),
        faults: Vec::new(),
        usage: Usage::default(),
        startup: Duration::ZERO,
        devices_rss_bytes: 0,
        interrupted: false,
        stopped: false,
    }
}

/// The summary and the closing text of `result`.
fn reported(result: &RunResult) -> (Summary, String) {
    let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default());
    let scenario = loaded.unwrap().scenario;
    let summary = Summary::new(&scenario, result, None);
    let text = closing(&scenario, result, &summary, PLAIN);
    (summary, text)
}

#[test]
fn a_run_whose_accounts_add_up_passes() {
    let (summary, text) = reported(&result());
    assert_eq!(summary.exit(), Exit::Passed);
    assert!(text.starts_with("PASSED") && text.contains("balanced to the last message"));
}

#[test]
fn an_imbalance_of_any_kind_ends_with_95() {
    let lost_event = |result: &mut RunResult| result.emitted += 1;
    let lost_candidate = |result: &mut RunResult| result.gathered.ledger.candidates += 1;
    let twice = |result: &mut RunResult| result.gathered.ledger.queued -= 1;
    let sink = |result: &mut RunResult| {
        result.sinks.get_mut(&Transport::Http).unwrap().balanced = false;
    };
    let lost_message = |result: &mut RunResult| {
        let ledger = &mut result.gathered.ledger;
        (ledger.candidates, ledger.queued) = (11, 11);
    };
    let kinds: [&dyn Fn(&mut RunResult); 5] =
        [&lost_event, &lost_candidate, &twice, &sink, &lost_message];
    for (kind, change) in kinds.into_iter().enumerate() {
        let mut result = result();
        change(&mut result);
        let (summary, text) = reported(&result);
        assert_eq!(summary.exit(), Exit::Unbalanced, "kind {kind}");
        assert_eq!(summary.verdict, "unbalanced");
        assert!(text.contains("DOES NOT BALANCE"), "{text}");
        assert_eq!(
            serde_json::to_value(&summary).unwrap()["ledger"]["balanced"],
            false
        );
    }
}

#[test]
fn what_an_embedded_sink_threw_away_is_told() {
    let mut result = result();
    result
        .sinks
        .get_mut(&Transport::Http)
        .unwrap()
        .totals
        .dropped = 3;
    let (summary, text) = reported(&result);
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["ledger"]["sink"]["dropped"], 3);
    assert!(text.contains("dropped 3, unknown 0"), "{text}");
    assert!(
        text.contains("note       3 messages were confirmed and then dropped"),
        "{text}"
    );
}

#[test]
fn messages_without_an_outcome_are_blamed_on_whoever_ended_the_run() {
    for (interrupted, stopped, why) in [
        (
            false,
            false,
            "when waiting for them ended, 60 s after the traffic",
        ),
        (true, false, "60 s after a signal had ended the traffic"),
        (true, true, "when a second signal ended the waiting"),
    ] {
        let mut result = result();
        result.gathered.ledger.candidates += 2;
        result.gathered.ledger.queued += 2;
        (result.interrupted, result.stopped) = (interrupted, stopped);
        let (_, text) = reported(&result);
        assert!(
            text.contains(&format!("2 messages had no outcome {why}")),
            "{text}"
        );
        assert_eq!(text.contains("hang"), !stopped, "{text}");
    }
}
