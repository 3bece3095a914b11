//! Test cases of comparisons: one for each metric.

use super::suite::{Case, Outcome, Suite, document};
use crate::{
    compare::{Comparison, Row, Verdict},
    report::{
        data::{MetricFacts, inert},
        numbers::number,
    },
};

/// The cases of `comparisons`, a suite each.
pub fn text(comparisons: &[Comparison]) -> String {
    let names: Vec<String> = comparisons.iter().map(|one| inert(&one.name)).collect();
    let suites = comparisons.iter().zip(&names).map(|(one, name)| {
        let paths = |paths: &[std::path::PathBuf]| {
            let paths = paths.iter().map(|path| inert(&path.to_string_lossy()));
            paths.collect::<Vec<_>>().join(" ")
        };
        Suite {
            name,
            seconds: 0.0,
            started: "",
            properties: vec![
                ("base", paths(&one.base)),
                ("new", paths(&one.new)),
                ("verdict", one.verdict.word().to_owned()),
            ],
            cases: one.metrics.iter().map(live).collect(),
        }
    });
    document(&suites.collect::<Vec<_>>())
}

fn live(row: &Row) -> Case {
    let words = words((row.base_median, row.new_median), row.ratio, row.interval);
    let outcome = match row.verdict {
        Verdict::Equal | Verdict::Improvement => Outcome::Passed,
        Verdict::Regression => Outcome::Failed(words),
        Verdict::Inconclusive => Outcome::Skipped(undecided(row.note.as_deref(), &words)),
    };
    (format!("comparison {}", row.metric), outcome)
}

/// The case of a comparison that was read back.
pub(super) fn stored(row: &MetricFacts) -> Case {
    let words = words((row.base_median, row.new_median), row.ratio, row.interval);
    let outcome = match row.verdict.as_str() {
        "equal" | "improvement" => Outcome::Passed,
        "regression" => Outcome::Failed(words),
        _ => Outcome::Skipped(undecided(row.note.as_deref(), &words)),
    };
    (format!("comparison {}", row.metric), outcome)
}

fn undecided(note: Option<&str>, words: &str) -> String {
    match note {
        Some(note) => format!("inconclusive: {note}; {words}"),
        None => format!("inconclusive: {words}"),
    }
}

fn words(
    (base, new): (Option<f64>, Option<f64>),
    ratio: Option<f64>,
    interval: Option<(f64, f64)>,
) -> String {
    let figure = |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), number);
    let mut words = format!("base {}, new {}", figure(base), figure(new));
    if let Some(ratio) = ratio {
        words += &format!(", ratio {}", number(ratio));
    }
    if let Some((low, high)) = interval {
        words += &format!(" ({} to {})", number(low), number(high));
    }
    words
}
