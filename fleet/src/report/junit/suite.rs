//! A suite of test cases, as JUnit writes it and CI servers read it.

use std::fmt::Write as _;

/// How one case came out.
pub(super) enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// A case: what is demanded, and whether it was so.
pub(super) type Case = (String, Outcome);

/// The cases of one run, of one comparison or of one search.
pub(super) struct Suite<'s> {
    pub name: &'s str,
    /// How long all of it took.
    pub seconds: f64,
    /// When it began, as RFC 3339 has it; empty when that is not known.
    pub started: &'s str,
    pub properties: Vec<(&'static str, String)>,
    pub cases: Vec<Case>,
}

/// `suites` as one document.
pub(super) fn document(suites: &[Suite<'_>]) -> String {
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    let seconds = suites.iter().map(|suite| suite.seconds).sum();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fleet\" {}>\n",
        counts(cases, seconds)
    );
    suites.iter().for_each(|suite| suite.write(&mut text));
    text.push_str("</testsuites>\n");
    text
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>, seconds: f64) -> String {
    let (mut all, mut failed, mut skipped) = (0, 0, 0);
    for (_, outcome) in cases {
        all += 1;
        match outcome {
            Outcome::Passed => {}
            Outcome::Failed(_) => failed += 1,
            Outcome::Skipped(_) => skipped += 1,
        }
    }
    format!(
        "tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\""
    )
}

impl Suite<'_> {
    fn write(&self, text: &mut String) {
        let name = escape(self.name);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "  <testsuite name=\"{name}\" {}",
            counts(self.cases.iter(), self.seconds)
        );
        if !self.started.is_empty() {
            let _ = write!(text, " timestamp=\"{}\"", escape(self.started));
        }
        text.push_str(">\n    <properties>\n");
        for (key, value) in &self.properties {
            let _ = writeln!(
                text,
                "      <property name=\"{key}\" value=\"{}\"/>",
                escape(value)
            );
        }
        text.push_str("    </properties>\n");
        for (number, (case, outcome)) in self.cases.iter().enumerate() {
            // It took its time once, and tools add up the times of cases.
            let time = if number == 0 { self.seconds } else { 0.0 };
            let _ = write!(
                text,
                "    <testcase classname=\"fleet.{name}\" name=\"{}\" time=\"{time:.3}\"",
                escape(case)
            );
            let _ = match outcome {
                Outcome::Passed => writeln!(text, "/>"),
                Outcome::Failed(message) => writeln!(
                    text,
                    "><failure message=\"{0}\">{0}</failure></testcase>",
                    escape(message)
                ),
                Outcome::Skipped(message) => {
                    writeln!(
                        text,
                        "><skipped message=\"{}\"/></testcase>",
                        escape(message)
                    )
                }
            };
        }
        text.push_str("  </testsuite>\n");
    }
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
