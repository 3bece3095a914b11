//! Pictures of a search for a capacity: what was accepted and how long it took over the load, and the law
//! that it follows.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::{
    capacity::{CapacityResult, Outcome, Scalability, Step, text},
    report::{
        html::{
            frame::{Across, Frame, Swatch, legend, point},
            page::picture,
            scale::Scale,
        },
        numbers::{interval, number},
    },
    statistics::scalability::Law,
};

/// Points of the fitted line.
const POINTS: u32 = 100;
/// About how many ticks an axis has.
const TICKS: usize = 8;

/// Outcomes with their class and words.
const OUTCOMES: [(Outcome, &str, &str); 4] = [
    (Outcome::Held, "mark held", "held"),
    (Outcome::Broken, "mark broken", "an objective was broken"),
    (
        Outcome::Generator,
        "mark generator",
        "the generator gave way",
    ),
    (
        Outcome::Devices,
        "mark devices",
        "the devices kept messages back",
    ),
];

/// An axis across from 0, with its far edge.
fn across(most: f64, title: &str) -> (Across, f64) {
    let scale = Scale::linear(most, TICKS);
    let ticks = scale.ticks(TICKS);
    let edge = ticks.last().copied().unwrap_or(1.0);
    let named = ticks.into_iter().map(|tick| (tick / edge, number(tick)));
    (Across::Named(named.collect(), title.to_owned()), edge)
}

fn most(steps: &[Step], figure: impl Fn(&Step) -> f64) -> f64 {
    steps
        .iter()
        .map(figure)
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max)
}

/// A mark for each of `points`, of a shape of its own for each outcome.
fn marks(outcome: Outcome, points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        // Writing to a string cannot fail.
        let _ = match outcome {
            Outcome::Held => write!(path, "M{x:.1} {y:.1}h0"),
            Outcome::Broken => write!(path, "M{:.1} {:.1}l8 8m0-8l-8 8", x - 4.0, y - 4.0),
            Outcome::Generator => write!(path, "M{:.1} {:.1}h8v8h-8Z", x - 4.0, y - 4.0),
            Outcome::Devices => write!(path, "M{x:.1} {:.1}l5 9h-10Z", y - 5.0),
        };
    }
    path
}

/// All steps with their marks, where `figure` says how high they are.
fn all_marks(
    frame: &Frame,
    result: &CapacityResult,
    edge: f64,
    figure: impl Fn(&Step) -> Option<f64>,
) -> Markup {
    let of = |outcome| {
        let own = result
            .steps
            .iter()
            .filter(move |step| step.outcome == outcome);
        let places =
            own.filter_map(|step| Some((frame.x(step.load / edge), frame.y(figure(step)?))));
        marks(outcome, places)
    };
    html! {
        @for (outcome, class, _) in OUTCOMES {
            @let path = of(outcome);
            @if !path.is_empty() { path.(class) d=(path) {} }
        }
    }
}

/// A legend of the outcomes that there were.
fn entries(result: &CapacityResult) -> Vec<(&'static str, Swatch, &'static str)> {
    let shown = OUTCOMES
        .into_iter()
        .filter(|(outcome, ..)| result.steps.iter().any(|step| step.outcome == *outcome));
    shown
        .map(|(_, class, words)| (class, Swatch::Mark, words))
        .collect()
}

/// Where the knee is, and how far it can be off.
fn knee(frame: &Frame, result: &CapacityResult, edge: f64) -> Markup {
    let Some(knee) = &result.knee else {
        return html! {};
    };
    let x = |load: f64| frame.x(load / edge);
    let (top, height) = (frame.y(f64::MAX), frame.bottom() - frame.y(f64::MAX));
    let (low, high) = (x(knee.low), x(knee.high.unwrap_or(edge)));
    html! {
        rect.band-effect x=(point(low)) y=(point(top)) width=(point((high - low).max(1.0))) height=(point(height)) {}
        path.axis d=(format!("M{:.1} {top:.1}v{height:.1}", x(knee.load))) {}
    }
}

/// What the target accepted over the load.
pub(super) fn accepted(result: &CapacityResult) -> Markup {
    let steps = &result.steps;
    if steps.is_empty() {
        return html! {};
    }
    let (axis, edge) = across(most(steps, |step| step.load), result.search.unit());
    let highest = most(steps, |step| {
        step.figures.delivered_per_s.max(step.figures.offered_per_s)
    });
    let frame = Frame::over(axis, Scale::linear(highest, 5), "messages per second");
    let mut offered: Vec<(f64, f64)> = steps
        .iter()
        .map(|step| (step.load, step.figures.offered_per_s))
        .collect();
    offered.sort_by(|one, other| one.0.total_cmp(&other.0));
    let content = html! {
        (knee(&frame, result, edge))
        path.line.due d=(line(offered.iter().map(|(load, rate)| (frame.x(load / edge), frame.y(*rate))))) {}
        (all_marks(&frame, result, edge, |step| Some(step.figures.delivered_per_s)))
    };
    let mut legends = vec![
        ("line due", Swatch::Line, "offered"),
        ("band-effect", Swatch::Surface, "where the knee may be"),
    ];
    legends.extend(entries(result));
    picture(
        "accepted",
        "Accepted over the load",
        html! { "A mark for each load that was tried: messages that the target accepted per second. The line is what was offered." },
        html! {
            (legend(&legends))
            (frame.draw("accepted-svg", "Accepted over the load", &text::knee(result), &content))
        },
    )
}

/// The slowest responses over the load.
pub(super) fn response(result: &CapacityResult) -> Markup {
    let p99 = |step: &Step| step.figures.response_p99_ms.filter(|ms| *ms > 0.0);
    let known = || result.steps.iter().filter_map(p99);
    if known().next().is_none() {
        return html! {};
    }
    let (axis, edge) = across(most(&result.steps, |step| step.load), result.search.unit());
    let scale = Scale::log(
        known().fold(f64::MAX, f64::min),
        known().fold(0.0, f64::max),
    );
    let mut frame = Frame::over(axis, scale, "p99 of responses (logarithmic)");
    frame.up_label = interval;
    let mut arrows = String::new();
    for step in result
        .steps
        .iter()
        .filter(|step| step.figures.response_p99_at_least)
    {
        if let Some(ms) = p99(step) {
            let (x, y) = (frame.x(step.load / edge), frame.y(ms));
            let _ = write!(arrows, "M{x:.1} {:.1}v-9m-3 3l3-3l3 3", y - 6.0);
        }
    }
    let content = html! {
        (knee(&frame, result, edge))
        (all_marks(&frame, result, edge, p99))
        path.arrows d=(arrows) {}
    };
    picture(
        "response",
        "Response over the load",
        html! { "The 99th percentile from due to accepted. An arrow marks what is only known to be longer." },
        html! {
            (legend(&entries(result)))
            (frame.draw("response-svg", "Response over the load", &format!("From {} to {}.", interval(known().fold(f64::MAX, f64::min)), interval(known().fold(0.0, f64::max))), &content))
        },
    )
}

fn line(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let command = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{command}{x:.1} {y:.1}");
    }
    path
}

/// The law, with the points that it was fitted to and its peak.
pub(super) fn law(result: &CapacityResult) -> Markup {
    let Some(law) = &result.scalability else {
        return html! {};
    };
    let points = || law.points.iter();
    let far = points()
        .map(|own| own.concurrency)
        .fold(law.peak_concurrency.unwrap_or(0.0), f64::max);
    // A peak far beyond everything measured is a guess, and would squeeze what was measured.
    let measured = points().map(|own| own.concurrency).fold(0.0, f64::max);
    let (axis, edge) = across(far.min(measured * 3.0), "messages at the target at a time");
    let fitted = Law {
        rate_of_one: law.rate_of_one_per_s,
        contention: law.contention,
        coherence: law.coherence,
    };
    let curve = (0..=POINTS).map(|number| edge * f64::from(number) / f64::from(POINTS));
    let curve: Vec<(f64, f64)> = curve.map(|n| (n, fitted.at(n))).collect();
    let highest = points()
        .map(|own| own.per_s)
        .chain(curve.iter().map(|(_, rate)| *rate));
    let frame = Frame::over(
        axis,
        Scale::linear(highest.fold(0.0, f64::max), 5),
        "accepted per second",
    );
    let place = |(n, rate): (f64, f64)| (frame.x(n / edge), frame.y(rate));
    let dots = marks(
        Outcome::Held,
        points().map(|own| place((own.concurrency, own.per_s))),
    );
    let content = html! {
        path.line.service d=(line(curve.iter().map(|own| place(*own)))) {}
        path.mark.measured d=(dots) {}
        @if let Some((at, rate)) = law.peak_concurrency.zip(law.peak_per_s).filter(|(at, _)| *at <= edge) {
            path.axis d=(format!("M{:.1} {:.1}V{:.1}", frame.x(at / edge), frame.y(rate), frame.bottom())) {}
            text.note.middle x=(point(frame.x(at / edge))) y=(point(frame.y(rate) - 8.0)) { "peak: " (number(rate)) "/s" }
        }
    };
    let words = text::scalability(result).unwrap_or_default();
    picture(
        "law",
        "Universal Scalability Law",
        html! { (words) "." },
        html! {
            (legend(&[("line service", Swatch::Line, "the law"), ("mark measured", Swatch::Mark, "measured")]))
            (frame.draw("law-svg", "Universal Scalability Law", &words, &content))
        },
    )
}

/// How far the points are from the law.
pub(super) fn residuals(result: &CapacityResult) -> Markup {
    let Some(law) = &result.scalability else {
        return html! {};
    };
    let most = law
        .points
        .iter()
        .map(|own| own.concurrency)
        .fold(0.0, f64::max);
    let (axis, edge) = across(most, "messages at the target at a time");
    let scale = Scale::linear(largest(law) * 2.0, 4);
    let half = scale.ticks(4).last().copied().unwrap_or(1.0) / 2.0;
    // The scale begins at 0, and residuals are to both sides of it.
    let mut frame = Frame::over(
        axis,
        Scale::Linear { most: half * 2.0 },
        "deviation from the law",
    );
    frame.up_label = |_| String::new();
    let y = |share: f64| frame.y(share + half);
    let mut bars = String::new();
    for own in &law.points {
        let x = frame.x(own.concurrency / edge);
        let _ = write!(bars, "M{x:.1} {:.1}V{:.1}", y(0.0), y(own.residual_share));
    }
    let dots = marks(
        Outcome::Held,
        law.points
            .iter()
            .map(|own| (frame.x(own.concurrency / edge), y(own.residual_share))),
    );
    let content = html! {
        path.axis d=(format!("M{:.1} {:.1}H{:.1}", frame.x(0.0), y(0.0), frame.x(1.0))) {}
        path.line.due d=(bars) {}
        path.mark.measured d=(dots) {}
        @for share in [half, half / 2.0, 0.0, -half / 2.0, -half] {
            text.tick.end x=(point(frame.x(0.0) - 6.0)) y=(point(y(share) + 4.0)) { (number(share * 100.0)) " %" }
        }
    };
    picture(
        "residuals",
        "Residuals",
        html! { "By how much more or less was accepted than the law says. A pattern says that the law is not the target's." },
        frame.draw(
            "residuals-svg",
            "Residuals",
            &format!("Up to {} %.", number(law.residual_max_share * 100.0)),
            &content,
        ),
    )
}

fn largest(law: &Scalability) -> f64 {
    let shares = law.points.iter().map(|own| own.residual_share.abs());
    shares
        .filter(|share| share.is_finite())
        .fold(0.005, f64::max)
}

/// Loads in the order in which they were tried: up, down, and after an overload.
pub(super) fn course(result: &CapacityResult) -> Markup {
    let steps = &result.steps;
    if steps.is_empty() {
        return html! {};
    }
    let count = steps.len() as f64;
    let share = |number: usize| (number as f64 + 0.5) / count;
    let every = steps.len().div_ceil(24);
    let ticks = steps.iter().enumerate().step_by(every);
    let ticks = ticks.map(|(number, step)| (share(number), step.number.to_string()));
    let axis = Across::Named(ticks.collect(), "step".to_owned());
    let highest = most(steps, |step| step.load);
    let frame = Frame::over(axis, Scale::linear(highest, 5), result.search.unit());
    let places = || {
        steps
            .iter()
            .enumerate()
            .map(|(number, step)| (step, (frame.x(share(number)), frame.y(step.load))))
    };
    let own = |outcome: Outcome| {
        marks(
            outcome,
            places()
                .filter(|(step, _)| step.outcome == outcome)
                .map(|(_, place)| place),
        )
    };
    let content = html! {
        path.line.due d=(line(places().map(|(_, place)| place))) {}
        @for (outcome, class, _) in OUTCOMES {
            @let path = own(outcome);
            @if !path.is_empty() { path.(class) d=(path) {} }
        }
    };
    let recovery = text::recovery(result);
    picture(
        "course",
        "Course of the search",
        html! {
            "Each load in the order in which it was tried."
            @if let Some(recovery) = &recovery { " After an overload: " (recovery) "." }
        },
        html! {
            (legend(&entries(result)))
            (frame.draw("course-svg", "Course of the search", &format!("{} loads.", steps.len()), &content))
        },
    )
}
