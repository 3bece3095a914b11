//! `junit.xml`: a test case for each threshold and each metric of a comparison, and for whether the run can
//! be believed at all.

pub(crate) mod capacity;
pub(crate) mod comparison;
mod suite;

use suite::{Case, Outcome, Suite, document};

use super::data::RunData;

/// The cases of the run that `data` tells of.
pub(crate) fn text(data: &RunData) -> String {
    let run = &data.facts.run;
    let suite = Suite {
        name: &run.name,
        seconds: run.wall_s,
        started: &run.started,
        properties: vec![
            ("seed", run.seed.to_string()),
            ("fingerprint", run.fingerprint.clone()),
            ("verdict", data.facts.verdict.clone()),
        ],
        cases: cases(data),
    };
    document(&[suite])
}

fn cases(data: &RunData) -> Vec<Case> {
    let facts = &data.facts;
    let mut cases = Vec::new();
    let ended = match facts.verdict.as_str() {
        "interrupted" => Outcome::Failed("the run was ended by a signal".to_owned()),
        _ if data.cut => Outcome::Failed(
            "the run left no summary: it was cut short, and its figures are those of its journal"
                .to_owned(),
        ),
        _ => Outcome::Passed,
    };
    cases.push(("the run came to its end".to_owned(), ended));
    let unknown = || Outcome::Skipped("the run was cut short before it could be judged".to_owned());
    let valid = match (data.cut, facts.validity.valid) {
        (true, _) => unknown(),
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::Failed(facts.validity.reasons.join("; ")),
    };
    cases.push(("the figures can be trusted".to_owned(), valid));
    let ledger = &facts.ledger;
    let balanced = match (data.cut, ledger.balanced) {
        (true, _) => unknown(),
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::Failed(format!(
            "the accounts do not balance: {} candidates, {} dropped, {} messages; {} unknown to the devices, {} missing at the sinks",
            ledger.candidates,
            ledger.dropped_in_all(),
            ledger.messages,
            ledger.sink.unknown,
            ledger.sink.missing
        )),
    };
    cases.push(("the ledger balances".to_owned(), balanced));
    for threshold in &facts.thresholds {
        let result = if threshold.passed {
            Outcome::Passed
        } else {
            Outcome::Failed(format!("{}: {}", threshold.metric, threshold.in_words()))
        };
        cases.push((format!("threshold {}", threshold.metric), result));
    }
    if let Some(comparison) = &data.comparison {
        let rows = comparison.metrics.iter();
        cases.extend(rows.map(comparison::stored));
    }
    cases
}
