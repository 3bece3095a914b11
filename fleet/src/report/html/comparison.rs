//! `comparison.html`: what a comparison came to, on one page: the verdict first, then each metric with
//! the values of every run.

mod plots;

use std::path::PathBuf;

use maud::{Markup, html};

use super::{
    Document, Part,
    page::{list, picture},
    tables::table,
};
use crate::{
    compare::{Comparison, Pairing, Row, Verdict},
    report::{data::inert, numbers::number},
};

/// Names of parts, for which there is room: of further comparisons only the verdict is shown.
const PARTS: [(&str, &str, &str); COMPARISONS_MAX] = [
    ("ratios-1", "metrics-1", "runs-1"),
    ("ratios-2", "metrics-2", "runs-2"),
    ("ratios-3", "metrics-3", "runs-3"),
    ("ratios-4", "metrics-4", "runs-4"),
    ("ratios-5", "metrics-5", "runs-5"),
    ("ratios-6", "metrics-6", "runs-6"),
];
/// Most comparisons that are shown one by one.
const COMPARISONS_MAX: usize = 6;
/// Most metrics whose runs are drawn: a page must not grow with what is asked for.
const PLOTS_MAX: usize = 40;

/// The page about `comparisons`, which share their base.
pub fn page(comparisons: &[Comparison]) -> String {
    let worst = comparisons.iter().map(|one| one.verdict).max();
    let worst = worst.unwrap_or(Verdict::Inconclusive);
    let name = comparisons.first().map(|one| inert(&one.name));
    let name = name.unwrap_or_default();
    let shown = comparisons.iter().zip(PARTS);
    let parts = shown.flat_map(|(one, ids)| parts(one, ids, comparisons.len() > 1));
    Document {
        title: format!("{name} – {}", worst.word()),
        head: head(&name, worst, comparisons),
        tiles: tiles(comparisons),
        parts: parts.collect(),
        foot: foot(comparisons),
        script: None,
    }
    .text()
}

fn parts(
    one: &Comparison,
    ids: (&'static str, &'static str, &'static str),
    several: bool,
) -> Vec<Part> {
    let with = match several {
        true => format!(": {}", paths(&one.new)),
        false => String::new(),
    };
    vec![
        (ids.0, "ratios", true, ratios(one, ids.0, &with)),
        (ids.1, "figures", true, figures(one, ids.1, &with)),
        (ids.2, "runs", true, runs(one, ids.2, &with)),
    ]
}

fn head(name: &str, worst: Verdict, comparisons: &[Comparison]) -> Markup {
    let class = match worst {
        Verdict::Equal | Verdict::Improvement => "good",
        Verdict::Inconclusive => "open",
        Verdict::Regression => "bad",
    };
    let mut remarks: Vec<String> = Vec::new();
    for remark in comparisons.iter().flat_map(|one| &one.remarks) {
        let remark = inert(remark);
        if !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    let hidden = comparisons.len().saturating_sub(COMPARISONS_MAX);
    if hidden > 0 {
        remarks.push(format!(
            "{hidden} further comparisons are counted, and not shown"
        ));
    }
    html! {
        header {
            p.verdict.(class) { (worst.word().to_uppercase()) }
            h1 { (name) }
            @for one in comparisons {
                p.subtitle {
                    "base " (counted(one.base.len())) ", new " (counted(one.new.len()))
                    @if one.pairing == Pairing::Interleaved { ", interleaved" }
                    "; the smallest change that matters is " (number(one.min_effect * 100.0)) " %: "
                    (one.verdict.word())
                }
            }
            (list("Remarks", "remarks", &remarks))
        }
    }
}

fn counted(runs: usize) -> String {
    match runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    }
}

fn tiles(comparisons: &[Comparison]) -> Markup {
    let rows = || comparisons.iter().flat_map(|one| &one.metrics);
    let count = |verdict: Verdict| rows().filter(|row| row.verdict == verdict).count();
    let tiles = [
        ("regressions", Verdict::Regression),
        ("inconclusive", Verdict::Inconclusive),
        ("improvements", Verdict::Improvement),
        ("equal", Verdict::Equal),
    ];
    html! {
        dl.tiles {
            @for (name, verdict) in tiles { div { dt { (name) } dd { (count(verdict)) } } }
        }
    }
}

fn ratios(one: &Comparison, id: &str, with: &str) -> Markup {
    picture(
        &format!("{id}-picture"),
        &format!("New to base{with}"),
        html! {
            "The ratio of each metric with its " (number(100.0 * (1.0 - one.level)))
            " % interval, where there is one. Within the band a difference is smaller than what matters. Rates are better to the right, everything else to the left."
        },
        plots::ratios(one, id),
    )
}

fn figures(one: &Comparison, id: &str, with: &str) -> Markup {
    let rows = || one.metrics.iter();
    let counted = |counted: bool| rows().filter(move |row| row.metric.is_counted() == counted);
    html! {
        (picture(
            &format!("{id}-timed"),
            &format!("Times and rates{with}"),
            html! { "Medians of runs. p is corrected for the number of metrics; power is the probability that the smallest change that matters would have been found." },
            table("Times and rates", &HEADS, 2, counted(false).map(cells).collect()),
        ))
        @if counted(true).next().is_some() {
            (picture(
                &format!("{id}-costs"),
                &format!("Costs{with}"),
                html! { "What is counted, and not timed: judged by the counts themselves." },
                table(
                    "Costs",
                    &HEADS[..COSTS],
                    2,
                    counted(true).map(|row| { let mut cells = cells(row); cells.truncate(COSTS); cells }).collect(),
                ),
            ))
        }
    }
}

/// How many of the columns concern what is counted.
const COSTS: usize = 5;
const HEADS: [&str; 9] = [
    "metric", "verdict", "base", "new", "ratio", "interval", "p", "power", "spread %",
];

fn cells(row: &Row) -> Vec<Markup> {
    let or_dash = |value: Option<String>| html! { (value.unwrap_or_else(|| "–".to_owned())) };
    let p = row.p_corrected.or(row.p).map(|p| match p < 0.0001 {
        true => "< 0.0001".to_owned(),
        false => format!("{p:.4}"),
    });
    let interval = row
        .interval
        .map(|(low, high)| format!("{} to {}", number(low), number(high)));
    vec![
        html! {
            code { (row.metric.to_string()) }
            @if let Some(note) = &row.note { span.particulars { (inert(note)) } }
        },
        word(row.verdict),
        or_dash(row.base_median.map(number)),
        or_dash(row.new_median.map(number)),
        or_dash(row.ratio.map(number)),
        or_dash(interval),
        or_dash(p),
        or_dash(row.power.map(|power| format!("{power:.2}"))),
        or_dash(row.spread.map(|spread| number(spread * 100.0))),
    ]
}

/// A verdict in a word, and a sign that does not rest on colour.
fn word(verdict: Verdict) -> Markup {
    let (class, sign) = match verdict {
        Verdict::Equal => ("equal-word", "="),
        Verdict::Improvement => ("passed", "✓"),
        Verdict::Inconclusive => ("open-word", "?"),
        Verdict::Regression => ("failed-word", "✕"),
    };
    html! { span.(class) { (sign) " " (verdict.word()) } }
}

fn runs(one: &Comparison, id: &str, with: &str) -> Markup {
    let known = one
        .metrics
        .iter()
        .filter(|row| !row.base.is_empty() && !row.new.is_empty());
    let rows: Vec<&Row> = known.collect();
    let left = rows.len().saturating_sub(PLOTS_MAX);
    picture(
        &format!("{id}-picture"),
        &format!("Every run{with}"),
        html! {
            "A dot for each run, the first at the top of its side; the line is the median."
            @if left > 0 { " " (left) " further metrics are not drawn." }
        },
        html! {
            div.small-plots {
                @for (number, row) in rows.into_iter().take(PLOTS_MAX).enumerate() {
                    (plots::runs(row, &format!("{id}-{number}")))
                }
            }
        },
    )
}

fn paths(paths: &[PathBuf]) -> String {
    let paths = paths.iter().map(|path| inert(&path.to_string_lossy()));
    paths.collect::<Vec<_>>().join(", ")
}

/// What was compared.
fn foot(comparisons: &[Comparison]) -> Markup {
    html! {
        footer {
            h2 { "What was compared" }
            dl.facts {
                @if let Some(first) = comparisons.first() {
                    div { dt { "base" } dd { (paths(&first.base)) } }
                }
                @for one in comparisons { div { dt { "new" } dd { (paths(&one.new)) } } }
                div { dt { "compared by" } dd { "fleet " (env!("CARGO_PKG_VERSION")) } }
            }
        }
    }
}
