//! `fleet audit`: recount a run from its journal.

use super::{complain, print};
use crate::{
    arguments::AuditArguments,
    audit::{Opinion, audit, run_directories},
    exit::Exit,
};

/// Runs the command.
pub fn execute(arguments: &AuditArguments) -> Exit {
    let mut exit = Exit::Passed;
    let directories = arguments.directories.iter();
    for directory in directories.flat_map(|path| run_directories(path)) {
        let audited = match audit(&directory) {
            Ok(audited) => audited,
            Err(error) => {
                complain(&format!("error: {}", super::with_causes(&error)));
                exit = gravest(exit, Exit::ScenarioInvalid);
                continue;
            }
        };
        print(&audited.text());
        let own = match audited.opinion {
            Opinion::Sound => Exit::Passed,
            Opinion::Cut => Exit::Interrupted,
            Opinion::Unsound | Opinion::Incomplete => Exit::Unbalanced,
        };
        exit = gravest(exit, own);
    }
    exit
}

/// Of two directories the worse decides: unreadable, then unsound, then cut short.
fn gravest(one: Exit, other: Exit) -> Exit {
    let order = [Exit::ScenarioInvalid, Exit::Unbalanced, Exit::Interrupted];
    let found = order.into_iter().find(|exit| [one, other].contains(exit));
    found.unwrap_or(Exit::Passed)
}
