//! Arguments of the commands that tell about the program itself.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `fleet explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArguments {
    /// An exit code or a word of a result, as 95 or unconfirmed; without one, all are listed.
    pub topic: Option<String>,
}

/// Arguments of `fleet completions`.
#[derive(Args, Clone, Debug)]
pub struct CompletionsArguments {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// Arguments of `fleet man`.
#[derive(Args, Clone, Debug)]
pub struct ManArguments {
    /// Folder for the pages.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
