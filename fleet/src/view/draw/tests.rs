use ratatui::{Terminal, backend::TestBackend};

use super::*;
use crate::{
    record::Reading,
    snapshot::{
        Accounts, Done, ErrorState, FaultLine, Link, Percentiles, Second, ThresholdState,
        TransportState,
    },
    view::keyboard::Key,
};

fn busy() -> Snapshot {
    let at_least = Reading {
        value: 1_234.5,
        at_least: true,
    };
    let figures = Percentiles {
        p50: Some(Reading::exact(0.51)),
        p90: Some(Reading::exact(2.0)),
        p99: Some(at_least),
        max: Some(at_least),
    };
    Snapshot {
        name: "storm".into(),
        seed: 7,
        devices: 100_000,
        targets: vec!["smtp embedded".into(), "https 127.0.0.1:8443".into()],
        elapsed_s: 12.0,
        duration_s: 30.0,
        phase: Phase::Running,
        factor: 1.0,
        now: Second {
            triggers: 5_000.0,
            messages: 2_500.0,
            delivered: 2_400.0,
            failed: 7.0,
        },
        minute: (0..60)
            .map(|at| Second {
                delivered: f64::from(at),
                ..Second::default()
            })
            .collect(),
        ledger: Accounts {
            delivered: 1_234_567,
            dropped_by: vec![("throttled", 17)],
            ..Accounts::default()
        },
        transports: ["smtp", "https"]
            .map(|name| TransportState {
                name,
                delivered: 3,
                all: figures,
                lately: figures,
            })
            .to_vec(),
        ..with_lists()
    }
}

/// A snapshot whose lists have an entry each.
fn with_lists() -> Snapshot {
    Snapshot {
        errors: vec![ErrorState {
            transport: "smtp",
            kind: "reply",
            code: Some(421),
            count: 9,
            example: "too busy".into(),
        }],
        faults: vec![FaultLine {
            target: "smtp".into(),
            name: "slow".into(),
            state: "active",
            ..FaultLine::default()
        }],
        thresholds: vec![ThresholdState {
            what: "smtp.response.p99".into(),
            state: "broken",
        }],
        interventions: vec![Done {
            at_s: 3.0,
            what: "arrivals paused".into(),
        }],
        links: vec![Link {
            name: "page".into(),
            url: "http://127.0.0.1:8026/".into(),
        }],
        ..Snapshot::default()
    }
}

fn drawn(snapshot: &Snapshot, controls: &Controls, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw(frame, snapshot, controls, true))
        .unwrap();
    terminal.backend().to_string()
}

/// The menus that can stand over the figures.
fn all_controls() -> Vec<Controls> {
    let menus = ["", "e", "f", "?"].map(|keys| {
        let mut controls = Controls {
            raisable: (0..40).map(|at| (format!("event {at}"), at < 9)).collect(),
            faults: vec!["smtp: slow (active)".into()],
            factor: Some(2.0),
            ..Controls::default()
        };
        for key in keys.chars() {
            controls.press(Key::Char(key));
        }
        for _ in 0..30 {
            if controls.over != Over::Help {
                controls.press(Key::Down);
            }
        }
        controls
    });
    menus.into()
}

#[test]
fn nothing_panics_at_any_size() {
    let snapshots = [busy(), Snapshot::default()];
    let sizes = (1..=24)
        .flat_map(|width| (1..=10).map(move |height| (width, height)))
        .chain([
            (1, 100),
            (300, 1),
            (40, 12),
            (55, 20),
            (56, 24),
            (80, 24),
            (109, 9),
            (110, 9),
            (120, 40),
            (200, 3),
            (300, 100),
        ]);
    for (width, height) in sizes {
        for snapshot in &snapshots {
            for controls in &all_controls() {
                drawn(snapshot, controls, width, height);
            }
        }
    }
}

#[test]
fn a_small_terminal_shows_how_the_run_stands() {
    let shown = drawn(&busy(), &Controls::default(), 20, 6);
    for wanted in [
        "storm",
        "12 of 30 s",
        "delivered 1,234,567",
        "now 2,400/s",
        "space + - e",
    ] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
}

#[test]
fn a_large_terminal_shows_everything() {
    let shown = drawn(&busy(), &Controls::default(), 160, 40);
    for wanted in [
        "seed 7",
        "100,000 devices",
        "https 127.0.0.1:8443",
        "5,000/s triggers",
        "throttled 17",
        ">1.23 s",
        "510 µs",
        "too busy",
        "active",
        "broken",
        "arrivals paused",
        "█",
        "8026",
        "q end",
    ] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
}

#[test]
fn what_is_chosen_in_a_long_menu_stays_in_sight() {
    let controls = &all_controls()[1];
    let shown = drawn(&busy(), controls, 80, 12);
    assert!(shown.contains("event 30"), "{shown}");
}

#[test]
fn what_servers_say_does_nothing_to_a_terminal() {
    let mut snapshot = busy();
    let hostile = "\u{1b}[2J\u{7}\u{202e}x\r\n\u{9b}31m";
    snapshot.errors[0].example = crate::report::data::inert::inert(hostile);
    let shown = drawn(&snapshot, &Controls::default(), 300, 60);
    let harmful = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!shown.contains(harmful), "{shown:?}");
    assert!(shown.contains("\\u{1b}[2J"), "{shown}");
}
