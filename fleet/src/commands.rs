//! The subcommands.

pub mod audit;
pub mod calibrate;
pub mod capacity;
pub mod check;
mod child;
pub mod compare;
pub mod device;
pub mod doctor;
pub mod license;
mod onlookers;
pub mod reference;
pub mod replay;
pub mod report;
pub mod run;
mod series;
mod unreachable;
pub mod variants;

use std::io::{self, Write};

use crate::diagnostic::Diagnostic;

/// Prints `text` to standard output. A reader that has gone away is no reason to fail.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Prints `line` to standard error, likewise.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints `findings` to standard error.
fn print_findings(findings: &[Diagnostic], color: bool) {
    for finding in findings {
        complain(&format!("{}\n", finding.render(color)));
    }
}

/// The error and what caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
