//! Test cases of a search for the capacity of a target.

use super::suite::{Case, Outcome, Suite, document};
use crate::{
    capacity::{CapacityResult, Conclusion, Outcome as Step, text},
    report::data::inert,
};

/// The cases of the search that came to `result`; `at_least` is the load that was demanded, if one was.
pub fn text(result: &CapacityResult, at_least: Option<f64>) -> String {
    let suite = Suite {
        name: &inert(&result.scenario),
        seconds: result.wall_s,
        started: &inert(&result.started),
        properties: vec![
            ("seed", result.seed.to_string()),
            ("knee", text::knee(result)),
            ("objectives", inert(&result.objectives.join(", "))),
        ],
        cases: cases(result, at_least),
    };
    document(&[suite])
}

fn cases(result: &CapacityResult, at_least: Option<f64>) -> Vec<Case> {
    let mut cases = vec![
        ("the search came to its end".to_owned(), ended(result)),
        ("the smallest load holds".to_owned(), smallest(result)),
        (
            "the target gave way, or held everything".to_owned(),
            told_apart(result),
        ),
    ];
    if let Some(wanted) = at_least {
        let low = result.knee.as_ref().map_or(0.0, |knee| knee.low);
        let outcome = match low >= wanted {
            true => Outcome::Passed,
            false => Outcome::Failed(text::knee(result)),
        };
        let words = result.search.words(wanted);
        cases.push((format!("the knee is at {words} or above"), outcome));
    }
    if let Some((recovery, words)) = result.recovery.as_ref().zip(text::recovery(result)) {
        let outcome = match recovery.is_hysteresis() {
            false => Outcome::Passed,
            true => Outcome::Failed(words),
        };
        cases.push(("the target recovers from an overload".to_owned(), outcome));
    }
    cases
}

fn ended(result: &CapacityResult) -> Outcome {
    match result.conclusion {
        Conclusion::Interrupted => Outcome::Failed("a signal ended the search".to_owned()),
        Conclusion::Lost => Outcome::Failed("the target was lost".to_owned()),
        Conclusion::Found
        | Conclusion::Generator
        | Conclusion::Devices
        | Conclusion::Largest
        | Conclusion::NoneHolds => Outcome::Passed,
    }
}

fn smallest(result: &CapacityResult) -> Outcome {
    if result.steps.iter().any(|step| step.outcome == Step::Held) {
        return Outcome::Passed;
    }
    match result.conclusion {
        Conclusion::NoneHolds => Outcome::Failed(text::knee(result)),
        Conclusion::Found
        | Conclusion::Generator
        | Conclusion::Devices
        | Conclusion::Largest
        | Conclusion::Lost
        | Conclusion::Interrupted => Outcome::Skipped(text::knee(result)),
    }
}

/// Whether it was the target that was measured.
fn told_apart(result: &CapacityResult) -> Outcome {
    match result.conclusion {
        Conclusion::Generator
        | Conclusion::Devices
        | Conclusion::Lost
        | Conclusion::Interrupted => Outcome::Skipped(text::knee(result)),
        Conclusion::Found | Conclusion::Largest | Conclusion::NoneHolds => Outcome::Passed,
    }
}
