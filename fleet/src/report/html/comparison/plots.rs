//! Pictures of a comparison: ratios with their intervals, and the values of every run.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::{
    compare::{Comparison, Row},
    report::{
        html::{
            frame::{WIDTH, point},
            scale::round_up,
        },
        numbers::{exact, number},
    },
    statistics::median,
};

/// Room for the names of metrics.
const LEFT: f64 = 216.0;
const RIGHT: f64 = 24.0;
const ROW: f64 = 20.0;
/// Ratios that an axis may be marked at.
const MARKS: [f64; 19] = [
    0.01, 0.1, 0.2, 0.5, 0.67, 0.8, 0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1, 1.25, 1.5, 2.0, 5.0,
    10.0, 100.0,
];
/// Ratios further away from 1 than this are drawn at the edge.
const RATIO_MAX: f64 = 100.0;
/// Least distance of two marks.
const MARK_DISTANCE: f64 = 34.0;

/// An axis of ratios, the same to either side of 1.
struct Ratios {
    /// The logarithm of the ratio at the right edge.
    edge: f64,
}

impl Ratios {
    fn of(comparison: &Comparison) -> Self {
        let drawn = comparison.metrics.iter().flat_map(|row| {
            let (low, high) = row.interval.unzip();
            [row.ratio, low, high]
        });
        let logs = drawn.flatten().map(|ratio| ratio.ln().abs());
        let most = logs.filter(|log| log.is_finite()).fold(0.0, f64::max);
        let effect = comparison.min_effect.ln_1p();
        Self {
            edge: (most * 1.1).max(effect * 1.6).clamp(1e-3, RATIO_MAX.ln()),
        }
    }

    fn x(&self, ratio: f64) -> f64 {
        let share = (ratio.max(1e-9).ln() / self.edge).clamp(-1.0, 1.0);
        LEFT + (share + 1.0) / 2.0 * (WIDTH - LEFT - RIGHT)
    }

    /// Round ratios, those next to 1 first.
    fn marks(&self) -> Vec<f64> {
        let mut all: Vec<f64> = MARKS
            .into_iter()
            .filter(|mark| mark.ln().abs() <= self.edge)
            .collect();
        all.sort_by(|one, other| one.ln().abs().total_cmp(&other.ln().abs()));
        let mut marks: Vec<f64> = Vec::new();
        for mark in all {
            if marks
                .iter()
                .all(|own| (self.x(*own) - self.x(mark)).abs() >= MARK_DISTANCE)
            {
                marks.push(mark);
            }
        }
        marks
    }
}

/// The ratio of each metric, with its interval.
pub(super) fn ratios(comparison: &Comparison, id: &str) -> Markup {
    let axis = Ratios::of(comparison);
    let rows: Vec<&Row> = comparison.metrics.iter().collect();
    let bottom = 10.0 + rows.len() as f64 * ROW;
    let effect = 1.0 + comparison.min_effect;
    let mut grid = String::new();
    for mark in axis.marks() {
        // Writing to a string cannot fail.
        let _ = write!(grid, "M{:.1} 6V{bottom:.1}", axis.x(mark));
    }
    let title = "Ratios of new to base";
    let (band, band_end) = (axis.x(1.0 / effect), axis.x(effect));
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) {
            svg viewBox=(format!("0 0 {WIDTH} {}", bottom + 40.0)) role="img"
                aria-labelledby=(format!("{id}-t {id}-d")) xmlns="http://www.w3.org/2000/svg" {
                title id=(format!("{id}-t")) { (title) }
                desc id=(format!("{id}-d")) { (in_words(comparison)) }
                rect.band-effect x=(point(band)) y="6" width=(point(band_end - band)) height=(point(bottom - 6.0)) {}
                path.grid d=(grid) {}
                path.axis d=(format!("M{:.1} 6V{bottom:.1}", axis.x(1.0))) {}
                @for mark in axis.marks() {
                    text.tick.middle x=(point(axis.x(mark))) y=(point(bottom + 16.0)) { (number(mark)) }
                }
                @for (at, row) in rows.iter().enumerate() { (ratio(&axis, row, 10.0 + at as f64 * ROW)) }
                text.unit.middle x=(point(axis.x(1.0))) y=(point(bottom + 33.0)) { "new / base (logarithmic)" }
            }
        }
    }
}

fn ratio(axis: &Ratios, row: &Row, y: f64) -> Markup {
    let middle = y + ROW / 2.0;
    let class = row.verdict.word();
    html! {
        text.tick.end x=(point(LEFT - 8.0)) y=(point(middle + 4.0)) { (row.metric.to_string()) }
        @if let Some((low, high)) = row.interval {
            path.line.(class) d=(format!("M{:.1} {middle:.1}H{:.1}", axis.x(low), axis.x(high))) {}
        }
        @if let Some(ratio) = row.ratio {
            circle.(class) cx=(point(axis.x(ratio))) cy=(point(middle)) r="4.5" {}
        } @else {
            text.note x=(point(axis.x(1.0) + 6.0)) y=(point(middle + 4.0)) { "not known" }
        }
    }
}

fn in_words(comparison: &Comparison) -> String {
    let rows = comparison.metrics.iter();
    let words = rows.filter_map(|row| {
        let ratio = row.ratio?;
        Some(format!(
            "{} {}, {}",
            row.metric,
            number(ratio),
            row.verdict.word()
        ))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Width of a small picture.
const SMALL_WIDTH: f64 = 400.0;
const SMALL_LEFT: f64 = 40.0;
const SMALL_RIGHT: f64 = 24.0;
/// Height of one side in it.
const SIDE: f64 = 36.0;

/// A linear axis that begins where the values do.
struct Range {
    least: f64,
    most: f64,
    step: f64,
}

impl Range {
    fn of(values: &[f64]) -> Self {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let span = (most - least).max(most.abs() * 0.02).max(1e-9);
        let step = round_up(span / 4.0);
        Self {
            least: (least / step).floor() * step,
            most: (most / step + 1e-9).ceil() * step + if most > least { 0.0 } else { step },
            step,
        }
    }

    fn x(&self, value: f64) -> f64 {
        let share = ((value - self.least) / (self.most - self.least)).clamp(0.0, 1.0);
        SMALL_LEFT + share * (SMALL_WIDTH - SMALL_LEFT - SMALL_RIGHT)
    }

    fn ticks(&self) -> Vec<f64> {
        let count = ((self.most - self.least) / self.step)
            .round()
            .clamp(1.0, 8.0) as u32;
        (0..=count)
            .map(|number| self.least + f64::from(number) * self.step)
            .collect()
    }
}

/// The values of every run by one metric.
pub(super) fn runs(row: &Row, id: &str) -> Markup {
    let range = Range::of(&[&row.base[..], &row.new].concat());
    let bottom = 2.0 * SIDE + 4.0;
    let mut grid = String::new();
    for tick in range.ticks() {
        let _ = write!(grid, "M{:.1} 2V{bottom:.1}", range.x(tick));
    }
    let title = row.metric.to_string();
    let sides = [("base", &row.base), ("new", &row.new)];
    let words = sides.map(|(side, values)| {
        let values: Vec<String> = values.iter().map(|value| number(*value)).collect();
        format!("{side}: {}", values.join(", "))
    });
    html! {
        div.small-plot {
            h3 { code { (title) } " " (super::word(row.verdict)) }
            svg viewBox=(format!("0 0 {SMALL_WIDTH} {}", bottom + 20.0)) role="img"
                aria-labelledby=(format!("{id}-t {id}-d")) xmlns="http://www.w3.org/2000/svg" {
                title id=(format!("{id}-t")) { (title) }
                desc id=(format!("{id}-d")) { (words.join("; ")) }
                path.grid d=(grid) {}
                @for tick in range.ticks() {
                    text.tick.middle x=(point(range.x(tick))) y=(point(bottom + 14.0)) { (exact(tick)) }
                }
                @for (at, (side, values)) in sides.into_iter().enumerate() {
                    @let top = at as f64 * SIDE + 4.0;
                    text.tick.end x=(point(SMALL_LEFT - 8.0)) y=(point(top + SIDE / 2.0)) { (side) }
                    path.dots.(side) d=(dots(&range, values, top)) {}
                    @if let Some(middle) = median(values) {
                        path.line.(side) d=(format!("M{:.1} {top:.1}v{:.1}", range.x(middle), SIDE - 6.0)) {}
                    }
                }
            }
        }
    }
}

/// A dot for each of `values`, the first at the top.
fn dots(range: &Range, values: &[f64], top: f64) -> String {
    let mut path = String::new();
    let height = SIDE - 12.0;
    for (number, value) in values.iter().enumerate() {
        let share = (number as f64 + 0.5) / values.len() as f64;
        let _ = write!(
            path,
            "M{:.1} {:.1}h0",
            range.x(*value),
            top + 3.0 + share * height
        );
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_values_and_has_round_ticks() {
        for values in [vec![5.0, 6.2], vec![7.0], vec![0.0, 0.0], vec![1e-7, 3e9]] {
            let range = Range::of(&values);
            assert!(
                values
                    .iter()
                    .all(|value| range.least <= *value && *value <= range.most * (1.0 + 1e-9))
            );
            assert!((2..=9).contains(&range.ticks().len()), "{values:?}");
        }
        assert_eq!(Range::of(&[5.0, 6.2]).ticks(), [5.0, 5.5, 6.0, 6.5]);
    }

    #[test]
    fn marks_of_ratios_do_not_cover_each_other() {
        for edge in [0.01, 0.1, 1.0, RATIO_MAX.ln()] {
            let axis = Ratios { edge };
            let mut places: Vec<f64> = axis.marks().into_iter().map(|mark| axis.x(mark)).collect();
            places.sort_by(f64::total_cmp);
            assert!(
                places
                    .windows(2)
                    .all(|pair| pair[1] - pair[0] >= MARK_DISTANCE)
            );
            assert!(axis.marks().contains(&1.0));
        }
    }
}
