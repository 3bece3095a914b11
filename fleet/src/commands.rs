//! The subcommands.

pub mod check;
pub mod run;

use crate::diagnostic::Diagnostic;

/// Prints `findings` to standard error.
fn print_findings(findings: &[Diagnostic], color: bool) {
    for finding in findings {
        eprintln!("{}\n", finding.render(color));
    }
}
