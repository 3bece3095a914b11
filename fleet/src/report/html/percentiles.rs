//! Percentile curves: what share of messages took at most how long, service against response.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{
    frame::{Across, Frame, Swatch, legend, point},
    page::picture,
    scale::Scale,
};
use crate::{
    journal::record::TRANSPORTS,
    record::Reading,
    report::{
        data::{Intervals, RunData},
        numbers::{count, interval},
    },
};

/// Points of a curve.
const POINTS: usize = 80;
/// Most nines that are drawn: 99.9999 %.
const NINES_MAX: f64 = 6.0;

/// The curves of all transports that had responses.
pub(crate) fn all(data: &RunData) -> Markup {
    html! {
        @if let Some(intervals) = &data.intervals {
            @for (intervals, name) in intervals.iter().zip(TRANSPORTS) {
                @if intervals.response.answered.count() > 0 { (one(intervals, name)) }
            }
        }
    }
}

fn one(intervals: &Intervals, name: &str) -> Markup {
    let answered = intervals.response.answered.count();
    let samples = answered + intervals.response.unanswered.count();
    // A percentile beyond the number of messages is the largest of them and no more.
    let nines = (samples as f64).log10().clamp(1.0, NINES_MAX);
    let response = curve(nines, |quantile| intervals.response.quantile_ms(quantile));
    let service = curve(nines, |quantile| {
        intervals.service.quantile_ms(quantile).map(Reading::exact)
    });
    let values = || {
        response
            .known
            .iter()
            .chain(&service.known)
            .map(|(_, ms)| *ms)
    };
    let (least, most) = (
        values().fold(f64::MAX, f64::min),
        values().fold(0.0, f64::max),
    );
    let ticks = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
    let ticks = ticks
        .into_iter()
        .map(|quantile| (nines_of(quantile), quantile));
    let ticks = ticks.filter(|(own, _)| *own <= nines + 1e-6);
    let ticks = ticks.map(|(own, quantile)| (own / nines, percent(quantile)));
    let across = Across::Named(
        ticks.collect(),
        "share of messages that took at most so long".to_owned(),
    );
    let mut frame = Frame::over(across, Scale::log(least, most), "interval (logarithmic)");
    frame.up_label = interval;
    let content = html! {
        path.line.service d=(path(&frame, &service.known)) {}
        path.line.response d=(path(&frame, &response.known)) {}
        @if let Some((at, ms)) = response.known.last().filter(|_| response.open_ended) {
            text.note.end x=(point(frame.x(*at) - 4.0)) y=(point(frame.y(*ms) - 6.0)) { "beyond: unanswered" }
        }
    };
    let title = format!("Percentiles, {name}");
    let description = in_words(intervals);
    let id = format!("percentiles-{name}");
    picture(
        &id,
        &title,
        html! {
            "Response runs from due to accepted, service from the start of the attempt that was accepted; between the curves is waiting. "
            (count(answered)) " answers, " (count(samples - answered)) " messages without one; after the warm-up."
        },
        html! {
            (legend(&[
                ("line response", Swatch::Line, "response"),
                ("line service", Swatch::Line, "service"),
            ]))
            (frame.draw(&format!("{id}-svg"), &title, &description, &content))
        },
    )
}

fn in_words(intervals: &Intervals) -> String {
    let reading = |quantile| {
        let reading = intervals.response.quantile_ms(quantile);
        reading.map_or_else(|| "-".to_owned(), |reading| interval(reading.value))
    };
    format!(
        "Half of the responses took at most {}, 99 percent at most {}.",
        reading(0.5),
        reading(0.99)
    )
}

/// How many nines `quantile` has.
fn nines_of(quantile: f64) -> f64 {
    -(1.0 - quantile).max(1e-9).log10()
}

fn percent(quantile: f64) -> String {
    let text = format!("{:.4}", quantile * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// Values at places from 0 to 1, as far as they are known.
struct Curve {
    known: Vec<(f64, f64)>,
    /// Whether it goes on beyond them.
    open_ended: bool,
}

fn curve(nines: f64, value: impl Fn(f64) -> Option<Reading>) -> Curve {
    let mut known = Vec::new();
    for number in 0..=POINTS {
        let place = number as f64 / POINTS as f64;
        let quantile = 1.0 - 10_f64.powf(-place * nines);
        match value(quantile) {
            Some(reading) if !reading.at_least => known.push((place, reading.value)),
            Some(_) => {
                return Curve {
                    known,
                    open_ended: true,
                };
            }
            None => break,
        }
    }
    Curve {
        known,
        open_ended: false,
    }
}

fn path(frame: &Frame, values: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (number, (place, ms)) in values.iter().enumerate() {
        let command = if number == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{:.1} {:.1}", frame.x(*place), frame.y(*ms));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_written_as_people_do() {
        let texts = [0.0, 0.5, 0.9, 0.99, 0.999, 0.999999].map(percent);
        assert_eq!(
            texts,
            ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.9999 %"]
        );
    }

    #[test]
    fn a_curve_ends_where_only_a_bound_is_known() {
        let curve = curve(3.0, |quantile| {
            Some(Reading {
                value: 1.0,
                at_least: quantile > 0.9,
            })
        });
        assert!(curve.open_ended);
        assert!(curve.known.iter().all(|(place, _)| *place < 0.35));
    }
}
