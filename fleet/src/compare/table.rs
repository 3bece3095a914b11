//! A comparison as text: a line for each metric.

use std::fmt::Write as _;

use super::{Comparison, Pairing, Row};

/// Columns for the name of a metric.
const NAME_COLUMNS: usize = 32;

/// `comparison` in rows, the verdict last.
pub fn in_rows(comparison: &Comparison) -> String {
    let runs = |count: usize| match count {
        1 => "1 run".to_owned(),
        count => format!("{count} runs"),
    };
    let order = match comparison.pairing {
        Pairing::Independent => "",
        Pairing::Interleaved => ", interleaved",
    };
    let mut text = format!(
        "{}: base {}, new {}{order}; minimum effect {} %\n\n",
        comparison.name,
        runs(comparison.base.len()),
        runs(comparison.new.len()),
        plain(comparison.min_effect * 100.0),
    );
    let _ = writeln!(
        text,
        "{:NAME_COLUMNS$} {:>10} {:>10} {:>7}  {:<14} {:>8} {:>6}  verdict",
        "", "base", "new", "ratio", "99 % interval", "p", "power"
    );
    let mut notes: Vec<&str> = Vec::new();
    for row in &comparison.metrics {
        let note = row.note.as_deref().map(|note| {
            let known = notes.iter().position(|known| *known == note);
            known.unwrap_or_else(|| {
                notes.push(note);
                notes.len() - 1
            })
        });
        line(&mut text, row, note.map(|index| index + 1));
    }
    text.push('\n');
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(text, "[{}]        {note}", index + 1);
    }
    for remark in &comparison.remarks {
        let _ = writeln!(text, "note       {remark}");
    }
    let _ = writeln!(text, "verdict    {}", comparison.verdict.word());
    text
}

/// A line for `row`, with the number of its note.
fn line(text: &mut String, row: &Row, note: Option<usize>) {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let ratio = |value: f64| match value < 100.0 {
        true => format!("{value:.3}"),
        false => format!("{value:.0}"),
    };
    let interval = row
        .interval
        .map(|(low, high)| format!("{}-{}", ratio(low), ratio(high)));
    let _ = write!(
        text,
        "{:NAME_COLUMNS$} {:>10} {:>10} {:>7}  {:<14} {:>8} {:>6}  {}",
        row.metric.to_string(),
        or_dash(row.base_median.map(figure)),
        or_dash(row.new_median.map(figure)),
        or_dash(row.ratio.map(ratio)),
        or_dash(interval),
        or_dash(row.p_corrected.or(row.p).map(|p| match p < 0.0001 {
            true => "<0.0001".to_owned(),
            false => format!("{p:.4}"),
        })),
        or_dash(row.power.map(|power| format!("{power:.2}"))),
        row.verdict.word(),
    );
    match note {
        Some(number) => {
            let _ = writeln!(text, " [{number}]");
        }
        None => text.push('\n'),
    }
}

fn figure(value: f64) -> String {
    match value {
        value if value >= 1000.0 => format!("{value:.1}"),
        value => format!("{value:.3}"),
    }
}

/// Without digits that say nothing.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
