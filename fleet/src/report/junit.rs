//! `junit.xml`: a test case for each threshold, and for whether the run can be believed at all.

use std::fmt::Write as _;

use super::data::RunData;

/// How one case came out.
enum Result {
    Passed,
    Failed(String),
    Skipped(String),
}

/// The cases of the run that `data` tells of.
pub(crate) fn text(data: &RunData) -> String {
    let run = &data.facts.run;
    let cases = cases(data);
    let failures = cases
        .iter()
        .filter(|(_, result)| matches!(result, Result::Failed(_)));
    let failures = failures.count();
    let skipped = cases
        .iter()
        .filter(|(_, result)| matches!(result, Result::Skipped(_)));
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\"",
        cases.len(),
        skipped.count(),
        run.wall_s
    );
    let name = escape(&run.name);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fleet\" {counts}>\n  <testsuite name=\"{name}\" {counts} timestamp=\"{}\">\n    <properties>\n",
        escape(&run.started)
    );
    let seed = run.seed.to_string();
    let properties = [
        ("seed", seed.as_str()),
        ("fingerprint", run.fingerprint.as_str()),
        ("verdict", data.facts.verdict.as_str()),
    ];
    // Writing to a string cannot fail.
    for (key, value) in properties {
        let _ = writeln!(
            text,
            "      <property name=\"{key}\" value=\"{}\"/>",
            escape(value)
        );
    }
    text.push_str("    </properties>\n");
    for (number, (case, result)) in cases.iter().enumerate() {
        // The run took its time once, and tools add up the times of cases.
        let time = if number == 0 { run.wall_s } else { 0.0 };
        let _ = write!(
            text,
            "    <testcase classname=\"fleet.{name}\" name=\"{}\" time=\"{time:.3}\"",
            escape(case)
        );
        let _ = match result {
            Result::Passed => writeln!(text, "/>"),
            Result::Failed(message) => writeln!(
                text,
                "><failure message=\"{0}\">{0}</failure></testcase>",
                escape(message)
            ),
            Result::Skipped(message) => {
                writeln!(
                    text,
                    "><skipped message=\"{}\"/></testcase>",
                    escape(message)
                )
            }
        };
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// `text` as content or attribute of XML; that no character is one XML forbids, its reader has seen to.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            character => escaped.push(character),
        }
    }
    escaped
}

fn cases(data: &RunData) -> Vec<(String, Result)> {
    let facts = &data.facts;
    let mut cases = Vec::new();
    let ended = match facts.verdict.as_str() {
        "interrupted" => Result::Failed("the run was ended by a signal".to_owned()),
        _ if data.cut => Result::Failed(
            "the run left no summary: it was cut short, and its figures are those of its journal"
                .to_owned(),
        ),
        _ => Result::Passed,
    };
    cases.push(("the run came to its end".to_owned(), ended));
    let unknown = || Result::Skipped("the run was cut short before it could be judged".to_owned());
    let valid = match (data.cut, facts.validity.valid) {
        (true, _) => unknown(),
        (false, true) => Result::Passed,
        (false, false) => Result::Failed(facts.validity.reasons.join("; ")),
    };
    cases.push(("the figures can be trusted".to_owned(), valid));
    let ledger = &facts.ledger;
    let balanced = match (data.cut, ledger.balanced) {
        (true, _) => unknown(),
        (false, true) => Result::Passed,
        (false, false) => Result::Failed(format!(
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
            Result::Passed
        } else {
            Result::Failed(format!("{}: {}", threshold.metric, threshold.in_words()))
        };
        cases.push((format!("threshold {}", threshold.metric), result));
    }
    cases
}
