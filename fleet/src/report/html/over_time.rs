//! What was due, accepted, given up and dropped over time, and what waited meanwhile.

use maud::{Markup, html};

use super::{
    frame::{Frame, Swatch, legend},
    page::picture,
    scale::Scale,
};
use crate::report::{
    data::{Moment, RunData, Series},
    numbers::number,
};

/// A value of a moment.
type Figure = fn(&Moment) -> f64;

fn most(series: &Series, figures: &[Figure]) -> f64 {
    let values = series.moments.iter();
    values
        .flat_map(|moment| figures.iter().map(move |figure| figure(moment)))
        .fold(0.0, f64::max)
}

fn totals(series: &Series, figure: Figure) -> String {
    let total: f64 = series.moments.iter().map(figure).sum();
    number(total.round())
}

/// Messages per second by what became of them.
pub(crate) fn traffic(data: &RunData, series: &Series) -> Markup {
    let width = series.width_s;
    let lines: [(&str, &str, Figure); 5] = [
        ("line due", "due", |moment| moment.due),
        ("line accepted", "accepted", |moment| moment.accepted),
        ("line failed", "failed", |moment| moment.failed),
        ("line unconfirmed", "unconfirmed", |moment| {
            moment.unconfirmed
        }),
        ("line dropped", "dropped candidates", |moment| {
            moment.dropped
        }),
    ];
    let shown: Vec<_> = lines
        .into_iter()
        .filter(|(class, _, figure)| {
            ["line due", "line accepted"].contains(class) || most(series, &[*figure]) > 0.0
        })
        .collect();
    let figures: Vec<Figure> = shown.iter().map(|(_, _, figure)| *figure).collect();
    let scale = Scale::linear(most(series, &figures) / width, 5);
    let frame = Frame::over_time(series.length_s(), scale, "per second", &data.bands);
    let description = format!(
        "{} messages were due, {} accepted, {} failed, {} unconfirmed, {} candidates dropped.",
        totals(series, |moment| moment.due),
        totals(series, |moment| moment.accepted),
        totals(series, |moment| moment.failed),
        totals(series, |moment| moment.unconfirmed),
        totals(series, |moment| moment.dropped),
    );
    let content = html! {
        path.surface-due d=(frame.surface(width, series.moments.iter().map(|moment| moment.due / width))) {}
        @for (class, words, figure) in &shown {
            (frame.line(class, words, width, series.moments.iter().map(|moment| Some(figure(moment) / width))))
        }
    };
    let entries: Vec<_> = shown
        .iter()
        .map(|(class, words, _)| (*class, Swatch::Line, *words))
        .collect();
    picture(
        "traffic",
        "Traffic over time",
        html! {
            "Messages by the instant they were due; outcomes by the instant they came. One step is "
            (number(width)) " s; from " (data.series_source) ". ▸ marks events, ✕ faults"
            @if !data.facts.interventions.is_empty() { ", ◆ what was done by hand" } "."
        },
        html! {
            (legend(&entries))
            (frame.draw("traffic-svg", "Traffic over time", &description, &content))
        },
    )
}

/// Messages without an outcome, and how many of them were being sent.
pub(crate) fn backlog(data: &RunData, series: &Series) -> Markup {
    let width = series.width_s;
    let figures: [Figure; 2] = [
        |moment| moment.backlog,
        |moment| moment.sending.unwrap_or(0.0),
    ];
    let largest = most(series, &figures);
    let frame = Frame::over_time(
        series.length_s(),
        Scale::counts(largest, 5),
        "messages",
        &data.bands,
    );
    let known = series.moments.iter().any(|moment| moment.sending.is_some());
    let description = format!(
        "At most {} messages were without an outcome at once.",
        number(largest)
    );
    let content = html! {
        path.surface-backlog d=(frame.surface(width, series.moments.iter().map(|moment| moment.backlog))) {}
        (frame.line("line backlog", "without an outcome", width, series.moments.iter().map(|moment| Some(moment.backlog))))
        @if known {
            (frame.line("line sending", "being sent", width, series.moments.iter().map(|moment| moment.sending)))
        }
    };
    let mut entries = vec![("line backlog", Swatch::Line, "without an outcome")];
    if known {
        entries.push(("line sending", Swatch::Line, "of these, being sent"));
    }
    picture(
        "backlog",
        "Queue and backlog over time",
        html! {
            "Messages that had come due and had no outcome, " (series.backlog)
            "; what is not being sent waits in its device's queue or for a connection."
        },
        html! {
            (legend(&entries))
            (frame.draw("backlog-svg", "Queue and backlog over time", &description, &content))
        },
    )
}
