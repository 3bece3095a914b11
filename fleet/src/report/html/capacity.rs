//! `capacity.html`: where a target gives way, on one page: the knee in words first, then the curve, the
//! law behind it, and every load that was tried.

mod curves;

use maud::{Markup, html};

use super::{
    Document,
    page::{begun, list, picture},
    tables::table,
};
use crate::{
    capacity::{CapacityResult, Conclusion, Outcome, Step, text},
    report::{
        data::inert,
        numbers::{interval, number},
    },
};

/// Most loads that are told one by one; a search takes a few dozen.
const STEPS_MAX: usize = 200;

/// The page about the search that came to `result`.
pub fn page(result: &CapacityResult) -> String {
    let (word, _) = verdict(result);
    Document {
        title: format!("{} – {word}", inert(&result.scenario)),
        head: head(result),
        tiles: tiles(result),
        parts: vec![
            ("part-cause", "what gave way", true, cause(result)),
            ("part-accepted", "accepted", false, curves::accepted(result)),
            ("part-response", "response", false, curves::response(result)),
            ("part-law", "scaling", false, curves::law(result)),
            (
                "part-residuals",
                "residuals",
                false,
                curves::residuals(result),
            ),
            (
                "part-course",
                "course of the search",
                true,
                curves::course(result),
            ),
            ("part-steps", "loads", true, steps(result)),
        ],
        foot: foot(result),
        script: None,
    }
    .text()
}

/// What the search came to, in a word, with its class.
fn verdict(result: &CapacityResult) -> (&'static str, &'static str) {
    match result.conclusion {
        Conclusion::Found => ("KNEE FOUND", "good"),
        Conclusion::Largest => ("NO KNEE UP TO THE LARGEST LOAD", "good"),
        Conclusion::Generator => ("THE GENERATOR GAVE WAY FIRST", "open"),
        Conclusion::Devices => ("THE DEVICES KEPT MESSAGES BACK", "open"),
        Conclusion::NoneHolds => ("NOT EVEN THE SMALLEST LOAD HOLDS", "bad"),
        Conclusion::Lost => ("THE TARGET WAS LOST", "bad"),
        Conclusion::Interrupted => ("INTERRUPTED", "bad"),
    }
}

fn head(result: &CapacityResult) -> Markup {
    let (word, class) = verdict(result);
    html! {
        header {
            p.verdict.(class) { (word) }
            h1 { (inert(&result.scenario)) }
            p.subtitle { "Capacity of the target: " (text::knee(result)) "." }
        }
    }
}

fn tiles(result: &CapacityResult) -> Markup {
    let words = |load: f64| result.search.words(load);
    let mut tiles: Vec<(&str, String)> = Vec::new();
    if let Some(knee) = &result.knee {
        tiles.push(("knee", words(knee.load)));
        tiles.push(("at least", words(knee.low)));
        let most = knee.high.map_or_else(|| "not known".to_owned(), words);
        tiles.push(("at most", most));
        tiles.push((
            "accepted at the knee",
            format!("{}/s", number(knee.delivered_per_s)),
        ));
    }
    tiles.push(("loads tried", result.steps.len().to_string()));
    tiles.push(("took", interval(result.wall_s * 1e3)));
    html! {
        dl.tiles { @for (name, value) in tiles { div { dt { (name) } dd { (value) } } } }
    }
}

fn cause(result: &CapacityResult) -> Markup {
    let gave_way = result.gave_way.as_ref();
    let recovery = text::recovery(result);
    if gave_way.is_none() && recovery.is_none() {
        return html! {};
    }
    picture(
        "cause",
        "What gave way first",
        html! {},
        html! {
            dl.facts {
                @if let Some(cause) = gave_way {
                    div { dt { "what" } dd { (inert(&cause.words)) } }
                    div { dt { "what to do" } dd { (inert(&cause.advice)) } }
                }
                @if let Some(recovery) = recovery { div { dt { "recovery" } dd { (recovery) } } }
            }
        },
    )
}

/// The word for an outcome, with a sign that does not rest on colour.
fn word(outcome: Outcome) -> Markup {
    let (class, sign) = match outcome {
        Outcome::Held => ("passed", "✓"),
        Outcome::Broken => ("failed-word", "✕"),
        Outcome::Generator | Outcome::Devices => ("open-word", "?"),
    };
    html! { span.(class) { (sign) " " (outcome.word()) } }
}

fn steps(result: &CapacityResult) -> Markup {
    let heads = [
        "step",
        "why",
        "outcome",
        result.search.unit(),
        "offered/s",
        "accepted/s",
        "undelivered %",
        "dropped %",
        "at once",
        "p50 ms",
        "p99 ms",
        "lag p99 ms",
    ];
    let left = result.steps.len().saturating_sub(STEPS_MAX);
    picture(
        "steps",
        "Every load that was tried",
        html! {
            "In order. > marks what is only known to be longer."
            @if left > 0 { " " (left) " more are in capacity.json." }
        },
        table(
            "Loads",
            &heads,
            3,
            result.steps.iter().take(STEPS_MAX).map(row).collect(),
        ),
    )
}

fn row(step: &Step) -> Vec<Markup> {
    let figures = &step.figures;
    let told = |value: f64| html! { (number(value)) };
    let known = |value: Option<f64>| html! { (value.map_or_else(|| "–".to_owned(), number)) };
    let mut reasons: Vec<String> = step.broken.iter().map(|words| inert(words)).collect();
    reasons.extend(
        figures
            .error
            .iter()
            .map(|error| format!("most frequent error: {}", inert(error))),
    );
    vec![
        html! { (step.number) },
        html! { (step.purpose.word()) },
        html! {
            (word(step.outcome))
            @for reason in &reasons { span.particulars { (reason) } }
        },
        told(step.load),
        told(figures.offered_per_s),
        told(figures.delivered_per_s),
        told(figures.undelivered_share * 100.0),
        told(figures.kept_back_share * 100.0),
        told(figures.concurrency),
        known(figures.response_p50_ms),
        html! { @if figures.response_p99_at_least { "> " } (known(figures.response_p99_ms)) },
        known(figures.lag_p99_ms),
    ]
}

fn foot(result: &CapacityResult) -> Markup {
    let objectives: Vec<String> = result.objectives.iter().map(|words| inert(words)).collect();
    html! {
        footer {
            (list("Objectives", "notes", &objectives))
            h2 { "About the search" }
            dl.facts {
                div { dt { "begun" } dd { (begun(&inert(&result.started))) } }
                div { dt { "seed" } dd { (result.seed) } }
                div { dt { "each load" } dd {
                    "applied for " (number(result.warm_up_s)) " s, then held and measured for " (number(result.hold_s)) " s"
                } }
                div { dt { "precision" } dd { (number(result.precision * 100.0)) " %" } }
                div { dt { "made by" } dd { "fleet " (inert(&result.tool_version)) } }
            }
        }
    }
}
