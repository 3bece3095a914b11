//! The totals in Prometheus text form, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::books::Totals;
use crate::fault::{FaultReport, FaultState};

pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A figure: its name without prefix, what it is, and where it stands in the totals.
type Figure = (&'static str, &'static str, fn(&Totals) -> u64);

/// Figures told apart by a label: name, help, label name, and where they stand in the totals.
type Family = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Totals) -> &BTreeMap<String, u64>,
);

const COUNTERS: [Figure; 7] = [
    ("received_total", "Complete messages.", |t| t.received),
    (
        "accepted_total",
        "Messages taken that were no duplicates.",
        |t| t.accepted,
    ),
    (
        "duplicates_total",
        "Messages whose id was seen before.",
        |t| t.duplicates,
    ),
    ("without_id_total", "Messages that carried no id.", |t| {
        t.without_id
    }),
    (
        "received_bytes_total",
        "Size of all received messages.",
        |t| t.bytes,
    ),
    ("connections_total", "Connections admitted.", |t| {
        t.connections.total
    }),
    (
        "connections_refused_total",
        "Connections turned away.",
        |t| t.connections.refused,
    ),
];

const GAUGES: [Figure; 1] = [
    ("connections_open", "Connections open at the moment.", |t| {
        t.connections.open
    }),
];

const FAMILIES: [Family; 5] = [
    (
        "dropped_total",
        "Messages confirmed and thrown away.",
        "reason",
        |t| &t.dropped,
    ),
    ("rejected_total", "Messages refused.", "reason", |t| {
        &t.rejected
    }),
    (
        "received_by_type_total",
        "Received messages by type.",
        "type",
        |t| &t.by_type,
    ),
    (
        "received_by_format_total",
        "Received messages by format.",
        "format",
        |t| &t.by_format,
    ),
    (
        "events_total",
        "Other things worth knowing.",
        "event",
        |t| &t.events,
    ),
];

/// The metrics of a sink; every name begins with `prefix`.
pub(super) fn render(prefix: &str, totals: &Totals, faults: &[FaultReport]) -> String {
    let mut text = String::new();
    for (kind, figures) in [("counter", &COUNTERS[..]), ("gauge", &GAUGES[..])] {
        for (name, help, value_of) in figures {
            heading(&mut text, prefix, name, help, kind);
            line(
                &mut text,
                format_args!("{prefix}_{name} {}", value_of(totals)),
            );
        }
    }
    for (name, help, label, family_of) in FAMILIES {
        heading(&mut text, prefix, name, help, "counter");
        for (value, count) in family_of(totals) {
            let value = escaped(value);
            line(
                &mut text,
                format_args!("{prefix}_{name}{{{label}=\"{value}\"}} {count}"),
            );
        }
    }
    fault_lines(&mut text, prefix, faults);
    text
}

/// The faults, told apart by their ids.
fn fault_lines(text: &mut String, prefix: &str, faults: &[FaultReport]) {
    if faults.is_empty() {
        return;
    }
    let mut family = |name: &str, help: &str, kind: &str, value_of: fn(&FaultReport) -> u64| {
        heading(text, prefix, name, help, kind);
        for fault in faults {
            line(
                text,
                format_args!(
                    "{prefix}_{name}{{id=\"{}\",kind=\"{}\"}} {}",
                    fault.id.0,
                    fault.kind,
                    value_of(fault)
                ),
            );
        }
    };
    let help = "Times that a fault on request happened.";
    family("fault_applied_total", help, "counter", |fault| {
        fault.applied
    });
    let help = "Whether a fault on request is on.";
    family("fault_active", help, "gauge", |fault| {
        u64::from(fault.state == FaultState::Active)
    });
}

fn heading(text: &mut String, prefix: &str, name: &str, help: &str, kind: &str) {
    line(text, format_args!("# HELP {prefix}_{name} {help}"));
    line(text, format_args!("# TYPE {prefix}_{name} {kind}"));
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{content}");
}

/// A label value: backslash, quote and line feed have escapes, everything else stands for itself.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
