//! Responses over time: how many took how long, with the median and the 99th percentile.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{
    frame::{Frame, Swatch, legend},
    page::picture,
    scale::Scale,
};
use crate::{
    journal::record::TRANSPORTS,
    report::{
        data::{Heat, RunData, Series},
        numbers::{interval, number},
    },
};

/// Shades, the lightest first: what each holds at least, as a share of the fullest cell.
const SHADES: [(&str, f64); 5] = [
    ("heat-1", 0.0),
    ("heat-2", 0.02),
    ("heat-3", 0.1),
    ("heat-4", 0.3),
    ("heat-5", 0.6),
];

/// The heat maps of all transports that had responses.
pub(crate) fn all(data: &RunData, series: &Series) -> Markup {
    html! {
        @for (transport, name) in TRANSPORTS.iter().enumerate() {
            @if series.moments.iter().any(|moment| moment.response[transport].is_some()) {
                (one(data, series, transport, name))
            }
        }
    }
}

fn one(data: &RunData, series: &Series, transport: usize, name: &str) -> Markup {
    let readings = series
        .moments
        .iter()
        .filter_map(|moment| moment.response[transport]);
    let (least, most) = readings.fold((f64::MAX, 0.0_f64), |(least, most), (half, p99)| {
        (least.min(half), most.max(p99))
    });
    let heat = series.heat[transport].as_ref();
    let (least, most) = heat.map_or((least, most), |heat| (heat.least_ms, heat.most_ms));
    let mut frame = Frame::over_time(
        series.length_s(),
        Scale::log(least, most),
        "response (logarithmic)",
        &data.bands,
    );
    frame.up_label = interval;
    let (half, p99) = (
        series
            .moments
            .iter()
            .map(|moment| moment.response[transport].map(|(half, _)| half)),
        series
            .moments
            .iter()
            .map(|moment| moment.response[transport].map(|(_, p99)| p99)),
    );
    let content = html! {
        @if let Some(heat) = heat { (cells(&frame, heat)) }
        (frame.line("line median", "p50", series.width_s, half))
        (frame.line("line p99", "p99", series.width_s, p99))
    };
    let title = format!("Latency over time, {name}");
    let description = format!(
        "Responses between {} and {} by the instant their message was due.",
        interval(least),
        interval(most)
    );
    let id = format!("heat-{name}");
    let mut entries = vec![
        ("line median", Swatch::Line, "p50"),
        ("line p99", Swatch::Line, "p99"),
    ];
    if heat.is_some() {
        let shades = [
            ("heat-1", "few"),
            ("heat-3", "more"),
            ("heat-5", "most messages"),
        ];
        entries.extend(shades.map(|(class, words)| (class, Swatch::Surface, words)));
    }
    picture(
        &id,
        &title,
        explanation(series.width_s, heat.is_some()),
        html! {
            (legend(&entries))
            (frame.draw(&format!("{id}-svg"), &title, &description, &content))
        },
    )
}

fn explanation(width_s: f64, cells: bool) -> Markup {
    html! {
        "From due to accepted, by the instant the message was due. "
        @if cells {
            "Messages without an answer count with the time they were waited for. One step is "
            (number(width_s)) " s; of fewer than a hundred messages in it the p99 is the slowest."
        } @else {
            "Percentiles of rows of timeline.csv; where rows share a step, the worst."
        }
    }
}

/// The cells of the map, one path for each shade.
fn cells(frame: &Frame, heat: &Heat) -> Markup {
    let fullest = heat
        .columns
        .iter()
        .flatten()
        .max()
        .copied()
        .unwrap_or(0)
        .max(1);
    let rows = heat.columns.first().map_or(1, Vec::len);
    let factor = (heat.most_ms / heat.least_ms).powf(1.0 / rows as f64);
    let mut paths = vec![String::new(); SHADES.len()];
    for (at, column) in heat.columns.iter().enumerate() {
        let from = frame.x_of_time(at as f64 * heat.width_s);
        let to = frame.x_of_time((at + 1) as f64 * heat.width_s);
        for (row, count) in column.iter().enumerate().filter(|(_, count)| **count > 0) {
            let share = *count as f64 / fullest as f64;
            let shade = SHADES.iter().rposition(|(_, least)| share >= *least);
            let low = frame.y(heat.least_ms * factor.powi(row as i32));
            let high = frame.y(heat.least_ms * factor.powi(row as i32 + 1));
            // Writing to a string cannot fail.
            let _ = write!(
                paths[shade.unwrap_or(0)],
                "M{from:.1} {low:.1}H{to:.1}V{high:.1}H{from:.1}Z"
            );
        }
    }
    html! {
        @for ((class, _), path) in SHADES.iter().zip(paths) {
            @if !path.is_empty() { path.(class) d=(path) {} }
        }
    }
}
