//! A search for the capacity of a target, short enough for a comment on a pull request.

use std::fmt::Write as _;

use super::plain;
use crate::{
    capacity::{CapacityResult, Outcome, Step, text},
    report::{data::inert, numbers::number},
};

/// Most loads that are told: the last, which are the closest to the knee.
const STEPS_MAX: usize = 20;

/// The text about the search that came to `result`.
pub fn text(result: &CapacityResult) -> String {
    let told = |words: &str| plain(&inert(words));
    // Writing to a string cannot fail.
    let mut comment = format!(
        "## {}: capacity\n\n**{}**\n",
        told(&result.scenario),
        told(&text::knee(result))
    );
    if let Some(cause) = &result.gave_way {
        let _ = writeln!(
            comment,
            "\nWhat gave way first: {}; {}.",
            told(&cause.words),
            told(&cause.advice)
        );
    }
    for words in [text::recovery(result), text::scalability(result)]
        .into_iter()
        .flatten()
    {
        let _ = writeln!(comment, "\n{}.", told(&words));
    }
    let _ = writeln!(
        comment,
        "\nObjectives: {}.",
        told(&result.objectives.join(", "))
    );
    let _ = writeln!(
        comment,
        "\n| {} | why | outcome | offered/s | accepted/s | p99 ms |\n| ---: | --- | --- | ---: | ---: | ---: |",
        result.search.unit()
    );
    let left = result.steps.len().saturating_sub(STEPS_MAX);
    result
        .steps
        .iter()
        .skip(left)
        .for_each(|step| row(&mut comment, step));
    if left > 0 {
        let _ = writeln!(comment, "\n{left} loads before these are in capacity.html");
    }
    comment
}

fn row(comment: &mut String, step: &Step) {
    let figures = &step.figures;
    let outcome = match step.outcome {
        Outcome::Held => "held",
        Outcome::Broken => "**broken**",
        Outcome::Generator => "generator",
        Outcome::Devices => "devices",
    };
    let mark = if figures.response_p99_at_least {
        "&gt; "
    } else {
        ""
    };
    let p99 = figures
        .response_p99_ms
        .map_or_else(|| "–".to_owned(), number);
    let _ = writeln!(
        comment,
        "| {} | {} | {outcome} | {} | {} | {mark}{p99} |",
        number(step.load),
        step.purpose.word(),
        number(figures.offered_per_s),
        number(figures.delivered_per_s)
    );
}
