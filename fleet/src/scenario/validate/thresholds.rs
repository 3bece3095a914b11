//! Thresholds: the metrics that they name, and whether their bounds make sense.

use std::time::Duration;

use toml::Spanned;

use super::Findings;
use crate::{
    diagnostic::closest,
    scenario::file::{BoundValue, ThresholdTable},
    threshold::{LedgerFigure, Metric, Threshold},
    units::Period,
};

/// Reads the thresholds of a scenario with `fleets` that lasts `duration`.
pub(super) fn thresholds(
    tables: &[ThresholdTable],
    fleets: &[&str],
    duration: Duration,
    findings: &mut Findings,
) -> Vec<Threshold> {
    let read = tables
        .iter()
        .map(|table| threshold(table, fleets, duration, findings))
        .collect::<Vec<_>>();
    check_together(tables, &read, findings);
    read.into_iter().flatten().collect()
}

/// Thresholds on the whole of a run that no value of their metric can satisfy together.
fn check_together(tables: &[ThresholdTable], read: &[Option<Threshold>], findings: &mut Findings) {
    let whole = |threshold: &&Threshold| threshold.lasting.is_none();
    for (at, one) in read.iter().enumerate() {
        let Some(one) = one.as_ref().filter(whole) else {
            continue;
        };
        let before = read[..at].iter().flatten().filter(whole);
        let against = before
            .filter(|other| other.metric == one.metric)
            .find(|other| {
                let above = |max: Option<f64>, min: Option<f64>| {
                    max.zip(min).is_some_and(|(max, min)| min > max)
                };
                above(one.max, other.min) || above(other.max, one.min)
            });
        if against.is_some() {
            findings.add(
                tables[at].metric.span(),
                format!(
                    "an earlier threshold on `{}` leaves no value for this one",
                    one.name
                ),
                "leave out one of them, or change a bound",
            );
        }
    }
}

fn threshold(
    table: &ThresholdTable,
    fleets: &[&str],
    duration: Duration,
    findings: &mut Findings,
) -> Option<Threshold> {
    let name = table.metric.get_ref();
    let Some(metric) = Metric::parse(name, fleets) else {
        let names = Metric::names(fleets);
        let help = match closest(name, names.iter().map(String::as_str)) {
            Some(like) => format!("did you mean `{like}`?"),
            None => "metrics are named as in `smtp.response.p99` or `ledger.failed`".to_owned(),
        };
        findings.add(
            table.metric.span(),
            format!("there is no metric `{name}`"),
            help,
        );
        return None;
    };
    let max = bound(name, metric, table.max.as_ref(), findings);
    let min = bound(name, metric, table.min.as_ref(), findings);
    check_bounds(table, (max, min), findings);
    check_while_running(table, metric, duration, findings);
    Some(Threshold {
        name: name.clone(),
        metric,
        max,
        min,
        lasting: table.lasting.as_ref().map(|lasting| lasting.get_ref().0),
        abort: table.abort,
    })
}

fn bound(
    name: &str,
    metric: Metric,
    value: Option<&Spanned<BoundValue>>,
    findings: &mut Findings,
) -> Option<f64> {
    let value = value?;
    match (*value.get_ref(), metric.is_time()) {
        (BoundValue::Milliseconds(bound), true) | (BoundValue::Number(bound), false) => {
            return Some(bound);
        }
        (BoundValue::Number(_), true) => findings.add(
            value.span(),
            format!("`{name}` is a time"),
            "give the bound a unit, as in \"500ms\"",
        ),
        (BoundValue::Milliseconds(_), false) => findings.add(
            value.span(),
            format!("`{name}` is not a time"),
            "write a plain number",
        ),
    }
    None
}

fn check_bounds(
    table: &ThresholdTable,
    (max, min): (Option<f64>, Option<f64>),
    findings: &mut Findings,
) {
    if table.max.is_none() && table.min.is_none() {
        findings.add(
            table.metric.span(),
            "a threshold without a bound passes always",
            "add `max` or `min`",
        );
    }
    if max.zip(min).is_some_and(|(max, min)| min > max) {
        findings.add(
            table.metric.span(),
            "no value is at most `max` and at least `min`",
            "exchange them",
        );
    }
}

/// Some figures are known when the run is over, and not before.
fn check_while_running(
    table: &ThresholdTable,
    metric: Metric,
    duration: Duration,
    findings: &mut Findings,
) {
    let only_at_the_end = match metric {
        Metric::Run(_) => true,
        Metric::Ledger(figure) => matches!(
            figure,
            LedgerFigure::SinkReceived
                | LedgerFigure::SinkDuplicates
                | LedgerFigure::SinkUnknown
                | LedgerFigure::SinkMissing
        ),
        Metric::Interval(..)
        | Metric::Transport(..)
        | Metric::Account(_)
        | Metric::Type(..)
        | Metric::TypeResponse(..)
        | Metric::Fleet(..)
        | Metric::FleetResponse(..)
        | Metric::Licenses(_)
        | Metric::Lag(_) => false,
    };
    if only_at_the_end && (table.lasting.is_some() || table.abort) {
        findings.add(
            table.metric.span(),
            format!(
                "`{}` is known at the end of a run only",
                table.metric.get_ref()
            ),
            "leave out `for` and `abort`",
        );
    }
    if table.abort && table.lasting.is_none() && table.max.is_none() {
        findings.add(
            table.metric.span(),
            "whether a smallest value is reached is known at the end only",
            "say for how long it may be missed, as in for = \"10s\"",
        );
    }
    if let Some(lasting) = &table.lasting {
        let Period(length) = *lasting.get_ref();
        if length.is_zero() || length > duration {
            findings.add(
                lasting.span(),
                format!("bounds cannot be broken for {}", Period(length)),
                format!(
                    "write a time up to {}, the duration of the run",
                    Period(duration)
                ),
            );
        }
    }
}
