//! The results of online diagnostics: one text for each card, made from the model's form.

use std::{collections::BTreeMap, fmt::Write};

use serde::Deserialize;

use super::{Card, DeviceKind};
use crate::template::Template;

/// The column at which the result of a test stands, counted from the begin of its name.
const TEST_WIDTH: usize = 33;

/// The `[diagnostics]` table of a platform file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DiagnosticsFile {
    /// The line above the results, if the model prints one.
    heading: Option<String>,
    /// How the results of a card begin: `{unit}` is its place, `{about}` its description, `{card}`
    /// its serial number, `{result}` the overall result.
    unit: String,
    /// Tests of cards that name none of their own.
    tests: Vec<String>,
}

/// What a model says of the diagnostics of its cards.
#[derive(Clone, Debug, Default)]
pub(super) struct Diagnostics {
    /// The results of each card in short.
    pub(super) sections: Vec<Template>,
    /// Whether each card is among those that `all` lists.
    pub(super) listed: Vec<bool>,
}

/// `slot` or `module`.
fn place(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Router => "slot",
        DeviceKind::Switch => "module",
    }
}

/// The command that shows the results of the card in `slot`.
pub(super) fn detail_command(kind: DeviceKind, slot: &str) -> String {
    format!("show diagnostic result {} {slot} detail", place(kind))
}

/// The command that shows the results of all cards.
pub(super) fn all_command(kind: DeviceKind) -> String {
    format!("show diagnostic result {} all", place(kind))
}

/// Adds the outputs of the diagnostic commands to `commands`, where the file has none of its own.
/// `tests` are those of each card.
pub(super) fn add(
    file: &DiagnosticsFile,
    kind: DeviceKind,
    (cards, tests): (&[Card], &[Vec<String>]),
    commands: &mut BTreeMap<String, Template>,
) -> Diagnostics {
    let mut made = Diagnostics::default();
    let heading = file.heading.as_ref();
    let heading = heading.map_or(String::new(), |line| format!("{line}\n\n"));
    let mut all = Vec::new();
    for (position, (card, own)) in cards.iter().zip(tests).enumerate() {
        let listed = !own.is_empty();
        let tests = if listed { own } else { &file.tests };
        let begin = unit(&file.unit, card, position);
        let short = format!("{begin}\n{}", results(tests, position, false));
        let detail = format!("{heading}{begin}\n{}", results(tests, position, true));
        commands
            .entry(detail_command(kind, &card.slot))
            .or_insert_with(|| Template::new(detail.trim_end()));
        made.sections.push(Template::new(short.trim_end()));
        made.listed.push(listed);
        if listed {
            all.push(short.trim_end().to_owned());
        }
    }
    commands
        .entry(all_command(kind))
        .or_insert_with(|| Template::new(&format!("{heading}{}", all.join("\n\n"))));
    made
}

/// How the results of `card` begin.
fn unit(form: &str, card: &Card, position: usize) -> String {
    form.replace("{unit}", &card.slot)
        .replace("{about}", &card.description)
        .replace("{card}", &format!("{{card:{position}}}"))
        .replace("{result}", &format!("{{result:{position}}}"))
}

/// The results of `tests`. The first is the one that fails when the card does.
fn results(tests: &[String], position: usize, detail: bool) -> String {
    let mut text = "  Test results: (. = Pass, F = Fail, U = Untested)\n\n".to_owned();
    for (number, name) in (1..).zip(tests) {
        let first = number == 1;
        let value = |slot: &str, passed: &str| match first {
            true => format!("{{{slot}:{position}}}"),
            false => passed.to_owned(),
        };
        let dashes = "-".repeat(TEST_WIDTH.saturating_sub(name.len() + 1));
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "    {number}) {name} {dashes}> {}",
            value("mark", ".")
        );
        if detail {
            let _ = write!(
                text,
                "\n          Error code ------------------> {}\n\
                 \x20         Total run count -------------> 1\n\
                 \x20         Last test execution time ----> {at}\n\
                 \x20         First test failure time -----> {at}\n\
                 \x20         Last test failure time ------> {at}\n\
                 \x20         Last test pass time ---------> n/a\n\
                 \x20         Total failure count ---------> {count}\n\
                 \x20         Consecutive failure count ---> {count}\n\n",
                value("error", "0 (DIAG_SUCCESS)"),
                at = value("failed-at", "n/a"),
                count = value("failures", "0"),
            );
        }
    }
    text
}
