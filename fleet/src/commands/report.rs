//! `fleet report`: write the reports of stored runs once more.

use super::{complain, print, with_causes};
use crate::{
    arguments::ReportArguments,
    exit::Exit,
    report::{ReportError, rebuild},
};

/// Runs the command. A directory that cannot be reported on keeps none of the others from it.
pub fn execute(arguments: &ReportArguments) -> Exit {
    let period_s = arguments.period.map(|period| period.0.as_secs_f64());
    let mut exit = Exit::Passed;
    for directory in &arguments.directories {
        match rebuild(directory, period_s) {
            Ok(rebuilt) => {
                print(&format!(
                    "report     {} ({})\n",
                    rebuilt.page.display(),
                    rebuilt.verdict
                ));
                for note in &rebuilt.notes {
                    print(&format!("  note     {note}\n"));
                }
            }
            Err(error) => {
                complain(&format!("error: {}", with_causes(&error)));
                exit = match (exit, error) {
                    (Exit::ScenarioInvalid, _) => exit,
                    (_, ReportError::Write { .. }) => Exit::Internal,
                    _ => Exit::ScenarioInvalid,
                };
            }
        }
    }
    exit
}
