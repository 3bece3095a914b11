//! What is said about a line that is not carried out: where, what, and what to do.

use crate::config::{Mode, matching::Mismatch, words::Word};

/// Why a line of a configuration is not carried out.
pub(super) enum Failure {
    /// No mode knows the command.
    Unknown,
    Mismatch(Mismatch),
    Refused {
        column: Option<usize>,
        text: String,
    },
}

impl Failure {
    /// Column from 0, message and remedy.
    pub(super) fn describe(&self, words: &[Word<'_>], mode: Mode) -> (usize, String, String) {
        let first = words.first().map_or(0, |word| word.column);
        let end = words
            .last()
            .map_or(0, |word| word.column + word.text.chars().count());
        match self {
            Self::Unknown => (
                first,
                "% Invalid input detected at '^' marker.".to_owned(),
                format!(
                    "no such command in {} mode; unindent a global command",
                    mode.words()
                ),
            ),
            Self::Mismatch(Mismatch::Invalid { column, .. }) => (
                *column,
                "% Invalid input detected at '^' marker.".to_owned(),
                "the word is misspelt, its value out of range, or it is one too many".to_owned(),
            ),
            Self::Mismatch(Mismatch::Incomplete) => (
                end,
                "% Incomplete command.".to_owned(),
                "add the missing words".to_owned(),
            ),
            Self::Mismatch(Mismatch::Ambiguous { column }) => (
                *column,
                "% Ambiguous command".to_owned(),
                "write the keyword out".to_owned(),
            ),
            Self::Refused { column, text } => (
                column.unwrap_or(first),
                text.clone(),
                "correct the value; the device would refuse it".to_owned(),
            ),
        }
    }
}

impl Mode {
    /// What findings call the mode.
    fn words(self) -> &'static str {
        match self {
            Self::Global => "global configuration",
            Self::CallHome => "call-home",
            Self::Profile => "call-home profile",
            Self::Snapshot => "call-home snapshot",
            Self::DiagnosticSignature => "diagnostic-signature",
            Self::Exec => "exec",
            Self::Interface => "interface configuration",
            Self::Line => "line configuration",
            Self::Trustpoint => "trustpoint configuration",
            Self::CertificateChain => "certificate configuration",
            Self::Redundancy => "redundancy configuration",
            Self::Section => "configuration",
        }
    }
}
