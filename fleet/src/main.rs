//! The `fleet` command: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use fleet::{
    arguments::{Arguments, Command, RunArguments},
    commands,
    exit::Exit,
};

fn main() -> ExitCode {
    // Usage errors end the process here, with code 2.
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("FLEET_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let outcome = match arguments.command {
        None => commands::run::execute(&RunArguments::default()),
        Some(Command::Run(arguments)) => commands::run::execute(&arguments),
        Some(Command::Check(arguments)) => commands::check::execute(&arguments),
        Some(Command::Device(arguments)) => commands::device::execute(&arguments),
        Some(Command::Ssh(arguments)) => commands::run::serve_consoles(&arguments),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            commands::complain(&format!("error: {error:#}"));
            Exit::Internal.into()
        }
    }
}
