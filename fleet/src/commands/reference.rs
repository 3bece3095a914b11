//! `fleet explain`, `fleet schema`, `fleet completions`, `fleet man`: what the program says of itself.

use std::io;

use anyhow::Context;
use clap::CommandFactory;

use super::{complain, print};
use crate::{
    arguments::{Arguments, CompletionsArguments, ExplainArguments, ManArguments},
    diagnostic::closest,
    exit::Exit,
    explanations::{self, ALL},
    scenario,
};

/// Explains an exit code or a word of a result; without one, lists what can be explained.
pub fn explain(arguments: &ExplainArguments) -> Exit {
    let Some(topic) = &arguments.topic else {
        for one in ALL {
            print(&format!("{:<13} {}\n", one.topic, one.title));
        }
        return Exit::Passed;
    };
    if let Some(explanation) = explanations::explain(topic) {
        print(&explanation.text());
        return Exit::Passed;
    }
    complain(&format!(
        "error: there is nothing to explain about `{topic}`"
    ));
    let topics = ALL.iter().map(|one| one.topic);
    match closest(topic, topics) {
        Some(like) => complain(&format!("  = help: did you mean `{like}`?")),
        None => complain("  = help: `fleet explain` lists what can be explained"),
    }
    Exit::Usage
}

/// Prints the form of scenario files as JSON Schema.
///
/// # Errors
/// When it cannot be put into text.
pub fn schema() -> anyhow::Result<Exit> {
    let text = serde_json::to_string_pretty(&scenario::schema())?;
    print(&format!("{text}\n"));
    Ok(Exit::Passed)
}

/// Prints the completions of a shell.
pub fn completions(arguments: &CompletionsArguments) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "fleet",
        &mut script,
    );
    print(&String::from_utf8_lossy(&script));
    Exit::Passed
}

/// Writes the manual pages, one for each command, into a folder.
///
/// # Errors
/// When one cannot be written.
pub fn man(arguments: &ManArguments) -> anyhow::Result<Exit> {
    let folder = &arguments.folder;
    let write = || -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Arguments::command(), folder)
    };
    write().with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
    print(&format!("manual pages are in {}\n", folder.display()));
    Ok(Exit::Passed)
}
