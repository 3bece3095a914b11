//! The parts of a frame: each a few lines, with a rank that says what goes first when there is no room.

use ratatui::{
    style::Color,
    text::{Line, Span},
};

use super::Paint;
use crate::{
    record::Reading,
    report::numbers::{count, interval, number},
    snapshot::{Percentiles, Second, Snapshot},
};

/// Columns from which a line can hold several figures.
const WIDE: u16 = 56;
/// The steps of a sparkline, low to high.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A part of a frame.
pub(super) struct Section<'a> {
    /// The lower, the sooner it is shown.
    pub rank: u8,
    /// What it says.
    pub lines: Vec<Line<'a>>,
}

/// All parts for a column of this width: those of the left, and of the right where there are two.
pub(super) fn sections(
    snapshot: &Snapshot,
    width: u16,
    paint: Paint,
) -> (Vec<Section<'_>>, Vec<Section<'_>>) {
    let section = |rank, lines: Vec<Line<'static>>| Section { rank, lines };
    if width < WIDE {
        let left = vec![
            section(0, narrow(snapshot)),
            section(2, thresholds(snapshot, paint)),
            section(3, errors(snapshot, paint)),
            section(4, faults(snapshot, paint)),
            section(5, interventions(snapshot, paint)),
        ];
        return (left, Vec::new());
    }
    let left = vec![
        section(0, rates(snapshot, paint)),
        section(6, sparkline(snapshot, width, paint)),
        section(1, ledger(snapshot, paint)),
        section(7, dropped(snapshot)),
        section(2, responses(snapshot, paint)),
    ];
    let right = vec![
        section(3, generator(snapshot, paint)),
        section(4, thresholds(snapshot, paint)),
        section(5, errors(snapshot, paint)),
        section(6, faults(snapshot, paint)),
        section(8, interventions(snapshot, paint)),
        section(9, links(snapshot, paint)),
    ];
    (left, right)
}

fn title(text: &'static str, paint: Paint) -> Line<'static> {
    Line::styled(text, paint.of(Color::Cyan))
}

/// A figure, marked where it is a lower bound.
fn reading(reading: Option<Reading>) -> String {
    reading.map_or_else(
        || "-".to_owned(),
        |Reading { value, at_least }| {
            let mark = if at_least { ">" } else { "" };
            format!("{mark}{}", interval(value))
        },
    )
}

/// One figure on each line.
fn narrow(snapshot: &Snapshot) -> Vec<Line<'static>> {
    let ledger = &snapshot.ledger;
    let mut lines = vec![
        Line::raw(format!("delivered {}", count(ledger.delivered))),
        Line::raw(format!("now {}/s", number(snapshot.now.delivered.round()))),
        Line::raw(format!("failed {}", count(ledger.failed))),
        Line::raw(format!(
            "queued {} + {}",
            count(ledger.queued),
            count(ledger.in_flight)
        )),
    ];
    lines.extend(snapshot.transports.iter().map(|transport| {
        Line::raw(format!(
            "{} p99 {}",
            transport.name,
            reading(transport.lately.p99)
        ))
    }));
    let lag = snapshot.generator.lag_p99_ms.map(Reading::exact);
    lines.push(Line::raw(format!("lag p99 {}", reading(lag))));
    lines
}

fn rates(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let Second {
        triggers,
        messages,
        delivered,
        failed,
    } = snapshot.now;
    let per_s = |value: f64| format!("{}/s", number(value.round()));
    vec![Line::from(vec![
        Span::styled("now        ", paint.of(Color::Cyan)),
        Span::raw(format!(
            "{} triggers  {} messages  {} delivered  ",
            per_s(triggers),
            per_s(messages),
            per_s(delivered)
        )),
        Span::styled(
            format!("{} failed", per_s(failed)),
            failure(failed > 0.0, paint),
        ),
    ])]
}

fn failure(bad: bool, paint: Paint) -> ratatui::style::Style {
    if bad {
        paint.state(true)
    } else {
        ratatui::style::Style::new()
    }
}

/// What was delivered in each second of the last minute.
fn sparkline(snapshot: &Snapshot, width: u16, paint: Paint) -> Vec<Line<'static>> {
    let values = snapshot.minute.iter().map(|second| second.delivered);
    let top = values.clone().fold(0.0, f64::max);
    if top <= 0.0 {
        return Vec::new();
    }
    let room = usize::from(width.saturating_sub(24));
    let skipped = snapshot.minute.len().saturating_sub(room);
    let line: String = values
        .skip(skipped)
        .map(|value| {
            let step = (value / top * (STEPS.len() - 1) as f64).round() as usize;
            STEPS[step.min(STEPS.len() - 1)]
        })
        .collect();
    vec![Line::from(vec![
        Span::styled("delivered  ", paint.of(Color::Cyan)),
        Span::styled(line, paint.of(Color::Green)),
        Span::raw(format!(" max {}/s", number(top.round()))),
    ])]
}

fn ledger(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let ledger = &snapshot.ledger;
    let ended = format!(
        "           {} messages: {} delivered, ",
        count(ledger.messages),
        count(ledger.delivered)
    );
    let bad = format!(
        "{} failed, {} unconfirmed",
        count(ledger.failed),
        count(ledger.unconfirmed)
    );
    vec![
        Line::from(vec![
            Span::styled("ledger     ", paint.of(Color::Cyan)),
            Span::raw(format!(
                "{} events, {} triggers, {} candidates dropped",
                count(ledger.events),
                count(ledger.triggers),
                count(ledger.dropped)
            )),
        ]),
        Line::from(vec![
            Span::raw(ended),
            Span::styled(bad, failure(ledger.failed + ledger.unconfirmed > 0, paint)),
        ]),
        Line::from(vec![
            Span::styled("backlog    ", paint.of(Color::Cyan)),
            Span::raw(format!(
                "{} queued, {} in flight, on {} devices",
                count(ledger.queued),
                count(ledger.in_flight),
                count(ledger.devices_waiting)
            )),
        ]),
    ]
}

fn dropped(snapshot: &Snapshot) -> Vec<Line<'static>> {
    let accounts = snapshot.ledger.dropped_by.iter();
    let accounts: Vec<_> = accounts
        .map(|(name, number)| format!("{name} {}", count(*number)))
        .collect();
    match accounts.is_empty() {
        true => Vec::new(),
        false => vec![Line::raw(format!("  dropped  {}", accounts.join(", ")))],
    }
}

fn responses(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let row = |label: &str, figures: &Percentiles| {
        let figures = figures.named().map(|(_, figure)| reading(figure));
        let [p50, p90, p99, max] = figures;
        Line::raw(format!(
            "{label:<11}{p50:>10} {p90:>10} {p99:>10} {max:>10}"
        ))
    };
    let mut lines = vec![Line::styled(
        format!(
            "{:<11}{:>10} {:>10} {:>10} {:>10}",
            "due to taken", "p50", "p90", "p99", "max"
        ),
        paint.of(Color::Cyan),
    )];
    for transport in &snapshot.transports {
        lines.push(row(transport.name, &transport.all));
        lines.push(row("  last 5 s", &transport.lately));
    }
    lines
}

fn generator(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let generator = &snapshot.generator;
    let late = generator
        .lag_p99_ms
        .is_some_and(|lag| lag > generator.lag_budget_ms);
    vec![Line::from(vec![
        Span::styled("generator  ", paint.of(Color::Cyan)),
        Span::styled(
            format!(
                "lag p99 {} of {}",
                reading(generator.lag_p99_ms.map(Reading::exact)),
                interval(generator.lag_budget_ms)
            ),
            failure(late, paint),
        ),
        Span::raw(format!(
            "  CPU {:.1} of {}  {:.0} MiB",
            generator.cpus_busy,
            generator.cpus,
            generator.peak_rss_bytes as f64 / f64::from(1 << 20)
        )),
    ])]
}

fn thresholds(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let lines = snapshot.thresholds.iter().map(|threshold| {
        Line::from(vec![
            Span::styled(
                format!("{:<8} ", threshold.state),
                match threshold.state {
                    "broken" => paint.state(true),
                    "holds" => paint.state(false),
                    _ => paint.dim(),
                },
            ),
            Span::raw(threshold.what.clone()),
        ])
    });
    titled("thresholds so far", lines.collect(), paint)
}

fn titled(heading: &'static str, lines: Vec<Line<'static>>, paint: Paint) -> Vec<Line<'static>> {
    if lines.is_empty() {
        return lines;
    }
    let mut all = vec![title(heading, paint)];
    all.extend(lines);
    all
}

fn errors(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let lines = snapshot.errors.iter().map(|error| {
        let code = error
            .code
            .map(|code| format!(" {code}"))
            .unwrap_or_default();
        Line::raw(format!(
            "{} {} {}{code}: {}",
            count(error.count),
            error.transport,
            error.kind,
            error.example
        ))
    });
    titled("errors", lines.collect(), paint)
}

fn faults(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let lines = snapshot.faults.iter().map(|fault| {
        let window = match fault.for_s {
            Some(for_s) => format!("{:.0} s to {:.0} s", fault.at_s, fault.at_s + for_s),
            None => format!("from {:.0} s", fault.at_s),
        };
        Line::from(vec![
            Span::styled(
                format!("{:<8} ", fault.state),
                match fault.state {
                    "active" => paint.of(Color::Yellow),
                    _ => paint.dim(),
                },
            ),
            Span::raw(format!(
                "{}: {}, {window}, {} times",
                fault.target,
                fault.name,
                count(fault.applied)
            )),
        ])
    });
    titled("faults", lines.collect(), paint)
}

/// The latest first: they are what somebody wants to see confirmed.
fn interventions(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let lines = snapshot.interventions.iter().rev();
    let lines = lines.map(|done| Line::raw(format!("{:>6.1} s {}", done.at_s, done.what)));
    titled("by hand", lines.collect(), paint)
}

fn links(snapshot: &Snapshot, paint: Paint) -> Vec<Line<'static>> {
    let lines = snapshot.links.iter();
    let lines = lines.map(|link| Line::raw(format!("{} {}", link.name, link.url)));
    titled("also at", lines.collect(), paint)
}
