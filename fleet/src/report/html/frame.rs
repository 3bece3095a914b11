//! The frame of a picture: axes with ticks, marked stretches of time, lines and legends.
//!
//! Everything that is drawn of one kind is one path, so the number of elements does not grow with the run.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::scale::{Scale, TimeUnit};
use crate::report::{
    data::{Band, BandKind},
    numbers::number,
};

/// Width of a picture in its own units, which are pixels on a wide screen.
pub(crate) const WIDTH: f64 = 640.0;
/// Height of the plotted part.
const PLOT_HEIGHT: f64 = 190.0;
/// Room for the labels of the vertical axis.
const LEFT: f64 = 58.0;
const RIGHT: f64 = 28.0;
/// Room for the unit above the vertical axis.
const TOP: f64 = 28.0;
/// Room for the labels of the horizontal axis and its title.
const BOTTOM: f64 = 40.0;
/// Height of one line of labels of bands.
const LABEL_LINE: f64 = 14.0;
/// Most lines of labels of bands.
const LABEL_LINES_MAX: usize = 4;
/// How wide a character is, about.
const CHARACTER: f64 = 6.2;
/// About how many ticks an axis has.
const TICKS_X: usize = 8;
const TICKS_Y: usize = 5;

/// How the horizontal axis reads.
pub(crate) enum Across {
    /// Time since the start, in seconds, up to this.
    Time(f64),
    /// Ticks with their places, from 0 to 1, and the title.
    Named(Vec<(f64, String)>, String),
}

/// A picture to draw in.
pub(crate) struct Frame {
    /// The horizontal axis.
    pub across: Across,
    /// The vertical axis.
    pub up: Scale,
    /// What the vertical axis counts, with its unit.
    pub up_title: String,
    /// How its ticks are written.
    pub up_label: fn(f64) -> String,
    /// Marked stretches of time.
    bands: Vec<Band>,
    /// Where the plotted part begins, below the labels of the bands.
    top: f64,
}

/// A band with the line its label is in.
struct PlacedBand<'a> {
    band: &'a Band,
    from: f64,
    to: f64,
    line: Option<usize>,
    label_at: f64,
    label: String,
}

impl Frame {
    /// A frame over `length_s` of a run.
    pub(crate) fn over_time(length_s: f64, up: Scale, up_title: &str, bands: &[Band]) -> Self {
        let mut frame = Self::over(Across::Time(length_s.max(1e-3)), up, up_title);
        frame.bands = bands.to_vec();
        let placed = frame.placed_bands();
        let lines = placed.iter().filter_map(|placed| placed.line);
        let lines = lines.max().map_or(0, |line| line + 1);
        frame.top = TOP + lines as f64 * LABEL_LINE;
        frame
    }

    /// A frame over something else than time.
    pub(crate) fn over(across: Across, up: Scale, up_title: &str) -> Self {
        Self {
            across,
            up,
            up_title: up_title.to_owned(),
            up_label: number,
            bands: Vec::new(),
            top: TOP,
        }
    }

    /// Where `share` of the way across is.
    pub(crate) fn x(&self, share: f64) -> f64 {
        LEFT + within(share) * (WIDTH - LEFT - RIGHT)
    }

    /// Where `at_s` is on an axis of time.
    pub(crate) fn x_of_time(&self, at_s: f64) -> f64 {
        match &self.across {
            Across::Time(length_s) => self.x(at_s / length_s),
            Across::Named(..) => self.x(0.0),
        }
    }

    /// Where `value` is on the vertical axis.
    pub(crate) fn y(&self, value: f64) -> f64 {
        self.top + (1.0 - within(self.up.place(value))) * PLOT_HEIGHT
    }

    /// Where the plotted part ends.
    pub(crate) fn bottom(&self) -> f64 {
        self.top + PLOT_HEIGHT
    }

    /// The picture with `content` in it, told as `title` and `description` to those who do not see it.
    pub(crate) fn draw(
        &self,
        id: &str,
        title: &str,
        description: &str,
        content: &Markup,
    ) -> Markup {
        let height = self.bottom() + BOTTOM;
        let clip = format!("{id}-clip");
        let (left, right) = (self.x(0.0), self.x(1.0));
        // What is written here tells the script where the plotted part is, and which time it shows.
        let time = match self.across {
            Across::Time(length_s) => Some((length_s, TimeUnit::for_length(length_s))),
            Across::Named(..) => None,
        };
        let clipped = time.map(|_| format!("url(#{clip})"));
        html! {
            div.scroll tabindex="0" role="region" aria-label=(format!("{title}, picture")) {
                svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img"
                    aria-labelledby=(format!("{id}-t {id}-d")) xmlns="http://www.w3.org/2000/svg"
                    data-length=[time.map(|(length_s, _)| length_s)] data-unit=[time.map(|(_, unit)| unit.seconds)] data-unit-name=[time.map(|(_, unit)| unit.name)]
                    data-left=[time.map(|_| point(left))] data-right=[time.map(|_| point(right))]
                    data-top=[time.map(|_| point(self.top))] data-bottom=[time.map(|_| point(self.bottom()))] {
                    title id=(format!("{id}-t")) { (title) }
                    desc id=(format!("{id}-d")) { (description) }
                    // What is zoomed ends at the axes.
                    @if time.is_some() {
                        clipPath id=(clip) {
                            rect x=(point(left)) y="0" width=(point(right - left)) height=(point(self.bottom() + 2.0)) {}
                        }
                    }
                    g.zooms clip-path=[clipped.as_ref()] { (self.draw_bands()) }
                    (self.grid())
                    g.zooms clip-path=[clipped.as_ref()] { (content) }
                    (self.axis_across())
                }
            }
        }
    }

    /// A line through steps of `width_s` that tells its values by `name`.
    pub(crate) fn line(
        &self,
        class: &str,
        name: &str,
        width_s: f64,
        values: impl Iterator<Item = Option<f64>>,
    ) -> Markup {
        let values: Vec<_> = values.collect();
        let told = values
            .iter()
            .map(|value| value.map_or_else(|| "–".to_owned(), self.up_label));
        let told: Vec<String> = told.collect();
        html! {
            path.(class) d=(self.steps(width_s, values.into_iter())) data-name=(name)
                data-step=(width_s) data-values=(told.join("|")) {}
        }
    }

    fn grid(&self) -> Markup {
        let (left, right) = (self.x(0.0), self.x(1.0));
        let ticks = self.up.ticks(TICKS_Y);
        let mut lines = String::new();
        for tick in &ticks {
            // Writing to a string cannot fail.
            let _ = write!(lines, "M{left:.1} {:.1}H{right:.1}", self.y(*tick));
        }
        html! {
            path.grid d=(lines) {}
            text.unit x="4" y=(point(self.top - 13.0)) { (self.up_title) }
            @for tick in ticks {
                text.tick.end x=(point(left - 6.0)) y=(point(self.y(tick) + 4.0)) {
                    ((self.up_label)(tick))
                }
            }
        }
    }

    fn axis_across(&self) -> Markup {
        let (ticks, title) = self.ticks_across();
        let bottom = self.bottom();
        let line = format!("M{:.1} {bottom:.1}H{:.1}", self.x(0.0), self.x(1.0));
        let mut marks = String::new();
        for (share, _) in &ticks {
            let _ = write!(marks, "M{:.1} {bottom:.1}v4", self.x(*share));
        }
        let middle = (self.x(0.0) + self.x(1.0)) / 2.0;
        html! {
            path.axis d=(line) {}
            g.across {
                path.axis d=(marks) {}
                @for (share, label) in &ticks {
                    text.tick.middle x=(point(self.x(*share))) y=(point(bottom + 17.0)) { (label) }
                }
            }
            text.unit.middle x=(point(middle)) y=(point(bottom + 34.0)) { (title) }
        }
    }

    fn ticks_across(&self) -> (Vec<(f64, String)>, String) {
        match &self.across {
            Across::Named(ticks, title) => (ticks.clone(), title.clone()),
            Across::Time(length_s) => {
                let unit = TimeUnit::for_length(*length_s);
                let length = length_s / unit.seconds;
                // The last tick is within the picture, which ends where the run does.
                let all = Scale::linear(length, TICKS_X).ticks(TICKS_X).into_iter();
                let ticks = all
                    .filter(|tick| *tick <= length * (1.0 + 1e-6))
                    .map(|tick| (tick / length, number(tick)));
                let title = format!("time since the start ({})", unit.name);
                (ticks.collect(), title)
            }
        }
    }

    /// Bands within the picture; labels that would cover each other are in lines of their own, and
    /// what finds no line has none.
    fn placed_bands(&self) -> Vec<PlacedBand<'_>> {
        let Across::Time(length_s) = self.across else {
            return Vec::new();
        };
        let mut ends = [0.0_f64; LABEL_LINES_MAX];
        let within = self.bands.iter().filter(|band| band.begin_s < length_s);
        let placed = within.map(|band| {
            let (from, to) = (
                self.x_of_time(band.begin_s),
                self.x_of_time(band.end_s.unwrap_or(length_s)),
            );
            let label = label_of(band);
            let width = label.chars().count() as f64 * CHARACTER;
            let label_at = from.min(WIDTH - RIGHT - width).max(LEFT);
            let line = ends.iter().position(|end| *end <= label_at);
            if let Some(line) = line {
                ends[line] = label_at + width + 8.0;
            }
            PlacedBand {
                band,
                from,
                to: to.max(from + 1.5),
                line,
                label_at,
                label,
            }
        });
        placed.collect()
    }

    fn draw_bands(&self) -> Markup {
        let bottom = self.bottom();
        let placed = self.placed_bands();
        let base = |line: usize| 12.0 + line as f64 * LABEL_LINE;
        html! {
            @for placed in &placed {
                @let y = base(placed.line.unwrap_or(0)) + 3.0;
                rect.(band_class(placed.band.kind)) x=(point(placed.from)) y=(point(y))
                    width=(point(placed.to - placed.from)) height=(point(bottom - y)) {}
            }
            // Above all bands, which cross the lines of labels that are below their own.
            @for placed in &placed {
                @if let Some(line) = placed.line {
                    text.band-label x=(point(placed.label_at)) y=(point(base(line))) { (placed.label) }
                }
            }
        }
    }

    /// A line through steps: each value holds for its stretch of `width_s`, and there is none where
    /// there is no value.
    pub(crate) fn steps(&self, width_s: f64, values: impl Iterator<Item = Option<f64>>) -> String {
        let mut path = String::new();
        let mut drawing = false;
        for (at, value) in values.enumerate() {
            let Some(value) = value else {
                drawing = false;
                continue;
            };
            let (from, to) = (
                self.x_of_time(at as f64 * width_s),
                self.x_of_time((at + 1) as f64 * width_s),
            );
            let y = self.y(value);
            // Writing to a string cannot fail.
            let _ = if drawing {
                write!(path, "V{y:.1}H{to:.1}")
            } else {
                write!(path, "M{from:.1} {y:.1}H{to:.1}")
            };
            drawing = true;
        }
        path
    }

    /// The same as a surface that stands on the axis.
    pub(crate) fn surface(&self, width_s: f64, values: impl Iterator<Item = f64>) -> String {
        let bottom = self.bottom();
        let mut path = format!("M{:.1} {bottom:.1}", self.x(0.0));
        for (at, value) in values.enumerate() {
            let to = self.x_of_time((at + 1) as f64 * width_s);
            let _ = write!(path, "V{:.1}H{to:.1}", self.y(value));
        }
        let _ = write!(path, "V{bottom:.1}Z");
        path
    }
}

/// `share` as a part of an axis; what is no number is at its beginning.
fn within(share: f64) -> f64 {
    if share.is_nan() {
        0.0
    } else {
        share.clamp(0.0, 1.0)
    }
}

fn label_of(band: &Band) -> String {
    let name: String = match band.name.char_indices().nth(28) {
        Some((end, _)) => format!("{}…", &band.name[..end]),
        None => band.name.clone(),
    };
    match band.kind {
        BandKind::Fault => format!("✕ {name}"),
        BandKind::Event => format!("▸ {name}"),
        BandKind::Intervention => format!("◆ {name}"),
        BandKind::WarmUp => name,
    }
}

fn band_class(kind: BandKind) -> &'static str {
    match kind {
        BandKind::Event => "band-event",
        BandKind::Fault => "band-fault",
        BandKind::Intervention => "band-intervention",
        BandKind::WarmUp => "band-warm-up",
    }
}

/// A coordinate as text.
pub(crate) fn point(value: f64) -> String {
    format!("{value:.1}")
}

/// How an entry of a legend looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Swatch {
    /// A line.
    Line,
    /// A surface.
    Surface,
    /// A mark.
    Mark,
}

/// The shape of a mark in a legend.
fn swatch_mark(class: &str) -> &'static str {
    match class.rsplit(' ').next() {
        Some("broken") => "M9 2l8 8m0-8l-8 8",
        Some("generator") => "M9 2h8v8h-8Z",
        Some("devices") => "M13 1l5 9h-10Z",
        Some(_) | None => "M13 6h0",
    }
}

/// A legend: class, look and words of each entry.
pub(crate) fn legend(entries: &[(&str, Swatch, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (class, swatch, words) in entries {
                li {
                    svg.swatch viewBox="0 0 26 12" aria-hidden="true" {
                        @match swatch {
                            Swatch::Line => path.(class) d="M1 6H25" {},
                            Swatch::Mark => path.(class) d=(swatch_mark(class)) {},
                            Swatch::Surface => rect.(class) x="1" y="1" width="24" height="10" {},
                        }
                    }
                    (PreEscaped(" ")) (words)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(name: &str, begin_s: f64) -> Band {
        Band {
            kind: BandKind::Fault,
            name: name.to_owned(),
            begin_s,
            end_s: Some(begin_s + 1.0),
        }
    }

    #[test]
    fn labels_never_cover_each_other() {
        let bands: Vec<Band> = (0..9)
            .map(|at| band("a long name of it", f64::from(at)))
            .collect();
        let frame = Frame::over_time(30.0, Scale::linear(1.0, 5), "x", &bands);
        let placed = frame.placed_bands();
        assert_eq!(placed.len(), 9);
        for (at, one) in placed.iter().enumerate() {
            let width = one.label.chars().count() as f64 * CHARACTER;
            for other in &placed[at + 1..] {
                let same_line = one.line.is_some() && one.line == other.line;
                assert!(!same_line || other.label_at >= one.label_at + width);
            }
        }
    }

    #[test]
    fn a_line_breaks_where_there_is_no_value() {
        let frame = Frame::over_time(3.0, Scale::linear(1.0, 5), "x", &[]);
        let path = frame.steps(1.0, [Some(1.0), None, Some(0.0)].into_iter());
        assert_eq!(path.matches('M').count(), 2);
    }
}
