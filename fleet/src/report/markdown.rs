//! `summary.md`: what a reviewer wants to know, short enough for a comment on a pull request.

pub(crate) mod capacity;

use std::fmt::Write as _;

use super::{
    data::{RunData, Statistics, worst_first},
    numbers::{count, interval, number},
};

/// Most lines of the whole.
const LINES_MAX: usize = 60;
/// Most characters of an example.
const EXAMPLE_MAX: usize = 120;

/// How many of each are told.
struct Limits {
    /// Reasons, and remarks.
    reasons: usize,
    /// Notes about the report.
    notes: usize,
    thresholds: usize,
    fleets: usize,
    metrics: usize,
    errors: usize,
}

/// As many as are read with ease.
const USUAL: Limits = Limits {
    reasons: 3,
    notes: 2,
    thresholds: 10,
    fleets: 5,
    metrics: 6,
    errors: 6,
};
/// As many as leave room for everything.
const SHORT: Limits = Limits {
    reasons: 2,
    notes: 1,
    thresholds: 5,
    fleets: 2,
    metrics: 2,
    errors: 3,
};

/// The text about the run that `data` tells of.
pub(crate) fn text(data: &RunData) -> String {
    let usual = within(data, &USUAL);
    match usual.lines().count() <= LINES_MAX {
        true => usual,
        false => within(data, &SHORT),
    }
}

fn within(data: &RunData, limits: &Limits) -> String {
    let mut text = String::new();
    head(&mut text, data, limits);
    comparison(&mut text, data, limits);
    thresholds(&mut text, data, limits);
    figures(&mut text, data);
    by_hand(&mut text, data);
    fleets(&mut text, data, limits);
    errors(&mut text, data, limits);
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

fn head(text: &mut String, data: &RunData, limits: &Limits) {
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
        limits.reasons,
    );
    list(text, "Remarks", &facts.validity.remarks, limits.reasons);
    list(text, "About this report", &data.notes, limits.notes);
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
        // Within a table it is a row of it.
        let end = if begin == "| " { " |" } else { "" };
        let _ = writeln!(text, "{begin}and {} more in report.html{end}", all - most);
    }
}

fn thresholds(text: &mut String, data: &RunData, limits: &Limits) {
    let mut thresholds: Vec<_> = data.facts.thresholds.iter().collect();
    if thresholds.is_empty() {
        return;
    }
    // What failed must not be what is left out.
    thresholds.sort_by_key(|own| own.passed);
    text.push_str("\n| threshold | result | value and demand |\n| --- | --- | --- |\n");
    for own in thresholds.iter().take(limits.thresholds) {
        let result = if own.passed { "passed" } else { "**FAILED**" };
        let _ = writeln!(
            text,
            "| {} | {result} | {} |",
            plain(&own.metric),
            plain(&own.in_words())
        );
    }
    further(text, "| ", thresholds.len(), limits.thresholds);
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
        let value = |name: &str, ms: f64| statistic(response, name, ms);
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

/// How often somebody intervened, and when.
fn by_hand(text: &mut String, data: &RunData) {
    let interventions = &data.facts.interventions;
    let (Some(first), Some(last)) = (interventions.first(), interventions.last()) else {
        return;
    };
    let (first_s, last_s) = (number(first.at_s), number(last.at_s));
    let _ = match interventions.len() {
        1 => writeln!(text, "\nBy hand: one intervention, at {first_s} s."),
        all => writeln!(
            text,
            "\nBy hand: {} interventions, from {first_s} s to {last_s} s.",
            count(all as u64)
        ),
    };
}

/// A statistic, marked where it is a lower bound.
fn statistic(statistics: &Statistics, name: &str, ms: f64) -> String {
    let bound = statistics.lower_bounds.iter().any(|own| own == name);
    match (statistics.count > 0 || bound, bound) {
        (false, _) => "–".to_owned(),
        (true, false) => interval(ms),
        (true, true) => format!("&gt; {}", interval(ms)),
    }
}

/// Fleets, where there are several.
fn fleets(text: &mut String, data: &RunData, limits: &Limits) {
    let fleets = worst_first(&data.facts.by_fleet);
    if fleets.len() < 2 {
        return;
    }
    text.push_str(
        "\n| fleet | messages | delivered | failed | unconfirmed | dropped | p50 | p99 | max |\n",
    );
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (name, own) in fleets.iter().take(limits.fleets) {
        let response = &own.response_ms;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            plain(name),
            count(own.queued),
            count(own.delivered),
            count(own.failed),
            count(own.unconfirmed),
            count(own.dropped),
            statistic(response, "p50", response.p50),
            statistic(response, "p99", response.p99),
            statistic(response, "max", response.max)
        );
    }
    further(text, "| ", fleets.len(), limits.fleets);
}

/// The verdict on the run against its baseline.
fn comparison(text: &mut String, data: &RunData, limits: &Limits) {
    let Some(comparison) = &data.comparison else {
        return;
    };
    let _ = writeln!(
        text,
        "\n**Against the baseline: {}** (a change of {} % matters; the baseline has {})\n\n| metric | base | new | ratio | verdict |\n| --- | ---: | ---: | ---: | --- |",
        plain(&comparison.verdict),
        number(comparison.min_effect * 100.0),
        counted(comparison.base.len())
    );
    let figure = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
    let rows = comparison.worst_first();
    for row in rows.iter().take(limits.metrics) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            plain(&row.metric),
            figure(row.base_median),
            figure(row.new_median),
            figure(row.ratio),
            plain(&row.verdict)
        );
    }
    further(text, "| ", rows.len(), limits.metrics);
}

fn counted(runs: usize) -> String {
    match runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    }
}

fn errors(text: &mut String, data: &RunData, limits: &Limits) {
    let errors = &data.facts.errors;
    if errors.is_empty() {
        return;
    }
    text.push_str("\n| failed attempts | count | for example |\n| --- | ---: | --- |\n");
    for own in errors.iter().take(limits.errors) {
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
    further(text, "| ", errors.len(), limits.errors);
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
