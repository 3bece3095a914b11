//! What is said about the lines of a configuration text.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Level {
    /// The line was not carried out.
    Error,
    /// The line was carried out, but probably not as meant.
    Warning,
}

/// Something to be said about one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub level: Level,
    /// Line, from 1.
    pub line: usize,
    /// Column of the offending word, in characters from 1.
    pub column: usize,
    /// Length of the offending part in characters, at least 1.
    pub length: usize,
    /// What the matter is, as the device would put it where it has words for it.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "line {}, column {}: {} ({})",
            self.line, self.column, self.message, self.help
        )
    }
}
