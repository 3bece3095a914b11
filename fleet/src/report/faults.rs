//! The faults of a run in results: what was wrong when, and how often it happened.

use serde::Serialize;

use super::summary::rounded;
use crate::sinks::FaultOutcome;

/// A fault, for scripts.
#[derive(Debug, Serialize)]
pub(super) struct FaultRow {
    name: Option<String>,
    target: String,
    kind: &'static str,
    stage: Option<&'static str>,
    at_s: f64,
    for_s: Option<f64>,
    active_s: f64,
    applied: u64,
}

impl FaultRow {
    pub(super) fn new(outcome: &FaultOutcome) -> Self {
        let report = &outcome.report;
        Self {
            name: report.name.clone(),
            target: outcome.target.clone(),
            kind: report.kind,
            stage: report.stage,
            at_s: rounded(report.at_s),
            for_s: report.for_s.map(rounded),
            active_s: rounded(report.active_s),
            applied: report.applied,
        }
    }
}

/// A fault in a line.
pub(super) fn in_words(FaultOutcome { target, report }: &FaultOutcome) -> String {
    let name = report.name.as_ref();
    let name = name.map_or_else(String::new, |name| format!(" \"{name}\""));
    let times = match report.applied {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    format!(
        "{target}{name}: {}, {times}; on for {:.1} s from {:.1} s",
        report.what, report.active_s, report.at_s
    )
}

/// What is to be said of a fault that did not happen.
pub(super) fn remark(FaultOutcome { target, report }: &FaultOutcome) -> Option<String> {
    let why = if report.active_s > 0.0 {
        "nothing came while it was on to which it could have happened"
    } else {
        "the run was over before it began"
    };
    (report.applied == 0).then(|| {
        format!(
            "the fault \"{}\" of {target} never happened: {why}",
            report.what
        )
    })
}
