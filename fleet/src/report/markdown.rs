//! `summary.md`: what a reviewer wants to know, short enough for a comment on a pull request.

use std::fmt::Write as _;

use super::{
    data::RunData,
    numbers::{count, interval, number},
};

/// The whole is at most 60 lines: so many reasons, and remarks,
const REASONS_MAX: usize = 3;
/// notes about the report,
const NOTES_MAX: usize = 2;
/// thresholds,
const THRESHOLDS_MAX: usize = 10;
/// and kinds of errors.
const ERRORS_MAX: usize = 6;
/// Most characters of an example.
const EXAMPLE_MAX: usize = 120;

/// The text about the run that `data` tells of.
pub(crate) fn text(data: &RunData) -> String {
    let mut text = String::new();
    head(&mut text, data);
    thresholds(&mut text, data);
    figures(&mut text, data);
    errors(&mut text, data);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "\nAll figures and pictures: `report.html` in `{}`.",
        data.directory.replace('`', "'")
    );
    text
}

/// `text` as words that mean nothing to Markdown, and call nobody.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        match character {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '@' => plain.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|'
            | '~' | '$' => {
                plain.push('\\');
                plain.push(character);
            }
            character => plain.push(character),
        }
    }
    // What looks like an address would be made a link.
    plain.replace("://", ":\\/\\/")
}

fn head(text: &mut String, data: &RunData) {
    let (facts, run) = (&data.facts, &data.facts.run);
    let _ = writeln!(
        text,
        "## {}: {}\n\n{} devices, seed {}, {} s, begun {}.",
        plain(&run.name),
        plain(&facts.verdict),
        count(facts.devices),
        run.seed,
        number(run.wall_s),
        plain(&run.started)
    );
    list(
        text,
        "Not to be trusted",
        &facts.validity.reasons,
        REASONS_MAX,
    );
    list(text, "Remarks", &facts.validity.remarks, REASONS_MAX);
    list(text, "About this report", &data.notes, NOTES_MAX);
}

fn list(text: &mut String, title: &str, items: &[String], most: usize) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n**{title}**");
    for item in items.iter().take(most) {
        let _ = writeln!(text, "- {}", plain(item));
    }
    further(text, "- ", items.len(), most);
}

/// Says how many of `all` are not told.
fn further(text: &mut String, begin: &str, all: usize, most: usize) {
    if all > most {
        let _ = writeln!(text, "{begin}and {} more in report.html", all - most);
    }
}

fn thresholds(text: &mut String, data: &RunData) {
    let mut thresholds: Vec<_> = data.facts.thresholds.iter().collect();
    if thresholds.is_empty() {
        return;
    }
    // What failed must not be what is left out.
    thresholds.sort_by_key(|own| own.passed);
    text.push_str("\n| threshold | result | value and demand |\n| --- | --- | --- |\n");
    for own in thresholds.iter().take(THRESHOLDS_MAX) {
        let result = if own.passed { "passed" } else { "**FAILED**" };
        let _ = writeln!(
            text,
            "| {} | {result} | {} |",
            plain(&own.metric),
            plain(&own.in_words())
        );
    }
    further(text, "\n", thresholds.len(), THRESHOLDS_MAX);
}

fn figures(text: &mut String, data: &RunData) {
    let ledger = &data.facts.ledger;
    let balanced = match (data.cut, ledger.balanced) {
        (true, _) => "the books were never closed",
        (false, true) => "balanced",
        (false, false) => "**DOES NOT BALANCE**",
    };
    let _ = writeln!(
        text,
        "\nLedger: {} triggers, {} candidates dropped, {} messages: {} delivered, {} failed, {} unconfirmed, {} outstanding; {balanced}.",
        count(ledger.triggers),
        count(ledger.dropped_in_all()),
        count(ledger.messages),
        count(ledger.delivered),
        count(ledger.failed),
        count(ledger.unconfirmed),
        count(ledger.outstanding())
    );
    text.push_str("\n| from due to accepted | answers | per second | p50 | p90 | p99 | max |\n");
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (name, own) in &data.facts.transports {
        let response = &own.response_ms;
        let value = |name: &str, ms: f64| {
            let bound = response.lower_bounds.iter().any(|own| own == name);
            match (response.count > 0 || bound, bound) {
                (false, _) => "–".to_owned(),
                (true, false) => interval(ms),
                (true, true) => format!("&gt; {}", interval(ms)),
            }
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            plain(name),
            count(response.count),
            number(own.rate_per_s),
            value("p50", response.p50),
            value("p90", response.p90),
            value("p99", response.p99),
            value("max", response.max)
        );
    }
    let lag = &data.facts.validity.lag_ms;
    let _ = writeln!(
        text,
        "\nThe generator's own lag: p50 {}, p99 {}, largest {}.",
        interval(lag.p50),
        interval(lag.p99),
        interval(lag.max)
    );
}

fn errors(text: &mut String, data: &RunData) {
    let errors = &data.facts.errors;
    if errors.is_empty() {
        return;
    }
    text.push_str("\n| failed attempts | count | for example |\n| --- | ---: | --- |\n");
    for own in errors.iter().take(ERRORS_MAX) {
        let code = own.code.map_or_else(String::new, |code| format!(" {code}"));
        let example: String = own.example.chars().take(EXAMPLE_MAX).collect();
        let _ = writeln!(
            text,
            "| {} {}{code} | {} | {} |",
            plain(&own.transport),
            plain(&own.kind.replace('_', " ")),
            count(own.count),
            plain(&example)
        );
    }
    further(text, "\n", errors.len(), ERRORS_MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_nothing_to_markdown() {
        assert_eq!(
            plain("<b>*a*|`x` @all [l](http://x)"),
            "&lt;b&gt;\\*a\\*\\|\\`x\\` &#64;all \\[l\\]\\(http:\\/\\/x\\)"
        );
    }
}
