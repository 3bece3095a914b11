//! Tables: thresholds, transports, message types, fleets, sites, errors, faults, interventions.

use maud::{Markup, html};

use super::page::picture;
use crate::report::{
    data::{Groups, ROWS_MAX, RunData, Statistics, worst_first},
    numbers::{count, number},
};

/// A table with a caption for those who do not see where it is; `numbers` says from which column on
/// there are numbers.
pub(crate) fn table(name: &str, heads: &[&str], numbers: usize, rows: Vec<Vec<Markup>>) -> Markup {
    let class = |at: usize| if at >= numbers { "number" } else { "text" };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("{name}, table")) {
            table {
                thead { tr {
                    @for (at, head) in heads.iter().enumerate() { th.(class(at)) scope="col" { (head) } }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.into_iter().enumerate() {
                                @if at == 0 { th.text scope="row" { (cell) } } @else { td.(class(at)) { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn text(text: &str) -> Markup {
    html! { (text) }
}

fn counted(value: u64) -> Markup {
    text(&count(value))
}

/// A statistic, marked where it is a lower bound.
fn statistic(statistics: &Statistics, name: &str, value: f64) -> Markup {
    let bound = statistics.lower_bounds.iter().any(|own| own == name);
    html! {
        @if statistics.count == 0 && !bound { "–" }
        @else { @if bound { "> " } (number(value)) }
    }
}

/// What was demanded.
pub(crate) fn thresholds(data: &RunData) -> Markup {
    let mut thresholds: Vec<_> = data.facts.thresholds.iter().collect();
    if thresholds.is_empty() {
        return html! {};
    }
    // What failed must not be what is left out.
    thresholds.sort_by_key(|own| own.passed);
    let further = thresholds.len().saturating_sub(ROWS_MAX);
    let rows = thresholds.into_iter().take(ROWS_MAX).map(|own| {
        let result = html! {
            @if own.passed { span.passed { "✓ passed" } } @else { span.failed-word { "✕ failed" } }
        };
        let particulars = own.particulars().join("; ");
        let metric = html! {
            code { (own.metric) }
            @if !particulars.is_empty() { span.particulars { (particulars) } }
        };
        vec![metric, result, text(&own.value()), text(&own.demand())]
    });
    picture(
        "thresholds",
        "Thresholds",
        html! {
            "What the scenario demanded. Nothing measured never passes."
            @if further > 0 { " " (further) " more are in junit.xml." }
        },
        table(
            "Thresholds",
            &["metric", "result", "value", "wanted"],
            2,
            rows.collect(),
        ),
    )
}

/// Figures by transport.
pub(crate) fn transports(data: &RunData) -> Markup {
    let mut rows = Vec::new();
    for (name, own) in &data.facts.transports {
        let response = &own.response_ms;
        rows.push(vec![
            text(name),
            counted(own.delivered),
            counted(own.failed),
            counted(own.unconfirmed),
            counted(own.attempts),
            counted(own.connections),
            text(&number(own.rate_per_s)),
            text(&number((own.bytes as f64 / 1e4).round() / 1e2)),
            statistic(response, "p50", response.p50),
            statistic(response, "p90", response.p90),
            statistic(response, "p99", response.p99),
            statistic(response, "p99_9", response.p99_9),
            statistic(response, "max", response.max),
        ]);
    }
    let heads = [
        "transport",
        "delivered",
        "failed",
        "unconfirmed",
        "attempts",
        "connections",
        "per second",
        "MB",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
    ];
    picture(
        "transports",
        "Transports",
        html! { "Percentiles of responses, from due to accepted, after the warm-up; > marks what is only known to be longer." },
        table("Transports", &heads, 1, rows),
    )
}

/// Figures by message type.
pub(crate) fn types(data: &RunData) -> Markup {
    let explanation = html! { (WORST_FIRST) };
    let types = &data.facts.by_type;
    groups(("types", "Message types", "type"), explanation, types)
}

/// Figures by fleet.
pub(crate) fn fleets(data: &RunData) -> Markup {
    let explanation = html! { (WORST_FIRST) };
    let fleets = &data.facts.by_fleet;
    groups(("fleets", "Fleets", "fleet"), explanation, fleets)
}

/// Figures by site.
pub(crate) fn sites(data: &RunData) -> Markup {
    let explanation = html! {
        (WORST_FIRST) " Counted from journal.bin; percentiles are exact to 2.3 %."
    };
    groups(("sites", "Sites", "site"), explanation, &data.by_site)
}

/// How groups are sorted.
const WORST_FIRST: &str =
    "Most undelivered messages first, then longest p99; > marks what is only known to be longer.";

/// Figures of `groups`; `id`, title and what one is called.
fn groups((id, title, one): (&str, &str, &str), explanation: Markup, groups: &Groups) -> Markup {
    if groups.is_empty() {
        return html! {};
    }
    let rows = worst_first(groups).into_iter().map(|(name, own)| {
        let response = &own.response_ms;
        vec![
            text(name),
            counted(own.queued),
            counted(own.delivered),
            counted(own.failed),
            counted(own.unconfirmed),
            counted(own.dropped),
            statistic(response, "p50", response.p50),
            statistic(response, "p99", response.p99),
            statistic(response, "max", response.max),
        ]
    });
    let heads = [
        one,
        "queued",
        "delivered",
        "failed",
        "unconfirmed",
        "dropped",
        "p50 ms",
        "p99 ms",
        "max ms",
    ];
    picture(
        id,
        title,
        explanation,
        table(title, &heads, 1, rows.collect()),
    )
}

/// Most lines of a dialogue.
const DIALOGUE_LINES_MAX: usize = 12;

/// Failed attempts by kind.
pub(crate) fn errors(data: &RunData) -> Markup {
    let errors = &data.facts.errors;
    if errors.is_empty() {
        return html! {};
    }
    let rows = errors.iter().map(|own| {
        vec![
            html! { (own.kind.replace('_', " ")) @if let Some(code) = own.code { " " (code) } },
            text(&own.transport),
            html! {
                span.example { (own.example) }
                @for line in own.dialogue.iter().take(DIALOGUE_LINES_MAX) { code.dialogue { (line) } }
            },
            counted(own.count),
        ]
    });
    picture(
        "errors",
        "Errors",
        html! { "Failed attempts, by kind and reply code; a message may be sent again after one. Examples are a server's own words; below them, what was said until then: > was sent, < was answered." },
        table(
            "Errors",
            &["kind", "transport", "for example", "attempts"],
            3,
            rows.collect(),
        ),
    )
}

/// What sinks did wrong on request.
pub(crate) fn faults(data: &RunData) -> Markup {
    let faults = &data.facts.faults;
    if faults.is_empty() {
        return html! {};
    }
    let rows = faults.iter().map(|own| {
        let length = own.for_s.map_or_else(|| "to the end".to_owned(), number);
        vec![
            text(own.name.as_deref().unwrap_or("–")),
            text(&own.target),
            html! { (own.kind) @if let Some(stage) = &own.stage { " at " (stage) } },
            text(&number(own.at_s)),
            text(&length),
            text(&number(own.active_s)),
            counted(own.applied),
        ]
    });
    let heads = [
        "fault",
        "target",
        "what",
        "begins at s",
        "for s",
        "was on for s",
        "applied",
    ];
    picture(
        "faults",
        "Faults",
        html! { "What embedded sinks did wrong on request." },
        table("Faults", &heads, 3, rows.collect()),
    )
}

/// What somebody did while the run went on.
pub(crate) fn interventions(data: &RunData) -> Markup {
    let interventions = &data.facts.interventions;
    if interventions.is_empty() {
        return html! {};
    }
    let further = interventions.len().saturating_sub(ROWS_MAX);
    let rows = interventions
        .iter()
        .take(ROWS_MAX)
        .map(|own| vec![text(&own.what), text(&number(own.at_s))]);
    picture(
        "interventions",
        "By hand",
        html! { "What somebody did to the run while it went on, in the order of time." @if further > 0 { " " (further) " more are in summary.json." } },
        table("By hand", &["what", "at s"], 1, rows.collect()),
    )
}
