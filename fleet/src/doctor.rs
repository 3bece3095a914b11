//! The doctor: whether this machine can measure, what would spoil a measurement, and how to mend it.

mod facts;
pub mod freeze;
mod judge;
mod lateness;

use std::fmt::Write as _;

pub use facts::Facts;
pub use judge::judge;
pub use lateness::{Lateness, measure_lateness};

/// How bad something is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// As it should be.
    Well,
    /// Good enough for small runs.
    Doubtful,
    /// Figures measured here are not worth much.
    Ill,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Doubtful => "doubtful",
            Self::Ill => "BAD",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// How to mend it; empty where nothing needs mending.
    pub remedy: String,
}

/// The findings in words.
pub fn in_words(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<9} {:<14} {}",
            finding.level.word(),
            finding.subject,
            finding.found
        );
        if !finding.remedy.is_empty() {
            let _ = writeln!(text, "{:<24} = help: {}", "", finding.remedy);
        }
    }
    text
}
