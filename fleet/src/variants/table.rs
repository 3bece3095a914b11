//! Variants side by side: a line for each figure, a column for each variant.

use std::fmt::Write as _;

use super::{Course, Outcome};

/// Columns that are kept for the names of figures.
const LABEL_COLUMNS: usize = 22;

/// The outcomes side by side, with what each changes of the first.
pub fn in_columns(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for (number, outcome) in outcomes.iter().enumerate() {
        let _ = writeln!(text, "[{number}] {}", outcome.label);
    }
    text.push('\n');
    let heads: Vec<_> = (0..outcomes.len())
        .map(|number| format!("[{number}]"))
        .collect();
    row(&mut text, "", &heads);
    let mut figure = |name: &str, value: &dyn Fn(&Outcome) -> String| {
        let cells: Vec<_> = outcomes.iter().map(value).collect();
        row(&mut text, name, &cells);
    };
    let course = |one: &Outcome, value: &dyn Fn(&Course) -> String| {
        one.course.as_ref().map_or_else(|| "-".to_owned(), value)
    };
    figure("peak, messages/s", &|one| {
        course(one, &|it| it.peak_per_s.to_string())
    });
    figure("  at, s", &|one| {
        course(one, &|it| format!("{:.1}", it.peak_at_s))
    });
    figure("largest backlog", &|one| {
        course(one, &|it| it.backlog_max.to_string())
    });
    figure("  drained after, s", &|one| {
        course(one, &|it| match it.drained {
            true => format!("{:.2}", it.drained_after_s),
            false => "never".to_owned(),
        })
    });
    for transport in ["smtp", "https"] {
        let p99 = |one: &Outcome| {
            one.p99_ms
                .iter()
                .find(|(name, _)| *name == transport)
                .copied()
        };
        if outcomes.iter().any(|one| p99(one).is_some()) {
            figure(&format!("{transport} p99, ms"), &|one| {
                p99(one).map_or_else(|| "-".to_owned(), |(_, reading)| format!("{reading:.2}"))
            });
        }
    }
    figure("events", &|one| one.events.to_string());
    figure("messages", &|one| one.messages.to_string());
    figure("  delivered", &|one| one.delivered.to_string());
    figure("  failed", &|one| one.failed.to_string());
    figure("  unconfirmed", &|one| one.unconfirmed.to_string());
    for account in accounts(outcomes) {
        figure(&format!("dropped {account}"), &|one| {
            let found = one.dropped.iter().find(|(name, _)| name == account);
            found.map_or(0, |(_, count)| *count).to_string()
        });
    }
    figure("verdict", &|one| one.verdict.clone());
    text
}

/// The accounts of dropped candidates that any outcome has, in order.
fn accounts(outcomes: &[Outcome]) -> Vec<&str> {
    let mut accounts: Vec<&str> = outcomes
        .iter()
        .flat_map(|one| one.dropped.iter().map(|(account, _)| account.as_str()))
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

fn row(text: &mut String, name: &str, cells: &[String]) {
    let _ = write!(text, "{name:<LABEL_COLUMNS$}");
    for cell in cells {
        let _ = write!(text, " {cell:>11}");
    }
    text.push('\n');
}
