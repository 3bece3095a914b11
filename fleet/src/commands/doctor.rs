//! `fleet doctor`: whether this machine can measure, and the proof that it does.

use super::print;
use crate::{
    arguments::DoctorArguments,
    doctor::{
        Facts, Level,
        freeze::{self, CASES, Verdict},
        in_words, judge,
    },
    exit::Exit,
};

/// Runs the command.
///
/// # Errors
/// When the proof cannot be tried.
pub fn execute(arguments: &DoctorArguments) -> anyhow::Result<Exit> {
    let findings = judge(&Facts::gather());
    print(&in_words(&findings));
    let worst = findings.iter().map(|finding| finding.level).max();
    let mut exit = match worst {
        Some(Level::Ill) => Exit::Invalid,
        Some(Level::Well | Level::Doubtful) | None => Exit::Passed,
    };
    if arguments.freeze {
        print(&format!("\n{}", freeze::heading()));
        for case in CASES {
            let proof = freeze::prove(case)?;
            print(&proof.text());
            if proof.verdict() != Verdict::Right {
                exit = Exit::Invalid;
            }
        }
    }
    print(if exit == Exit::Passed {
        "\nthis machine can measure\n"
    } else {
        "\nfigures measured here now are not to be trusted; see above\n"
    });
    Ok(exit)
}
