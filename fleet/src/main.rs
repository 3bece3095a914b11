//! The `fleet` command: arguments in, exit code out.

use std::process::ExitCode;

use fleet::{
    arguments::{Arguments, Command},
    commands,
    exit::Exit,
};

/// With the system's allocator, the passing work on each device leaves holes between what devices keep: a
/// third more resident memory for their licenses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = Arguments::read();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("FLEET_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let outcome = match command {
        Command::Run(arguments) => commands::run::execute(&arguments),
        Command::Check(arguments) => commands::check::execute(&arguments),
        Command::Capacity(arguments) => commands::capacity::execute(&arguments),
        Command::Compare(arguments) => commands::compare::execute(&arguments),
        Command::Calibrate(arguments) => commands::calibrate::execute(&arguments),
        Command::Doctor(arguments) => commands::doctor::execute(&arguments),
        Command::Audit(arguments) => Ok(commands::audit::execute(&arguments)),
        Command::Report(arguments) => Ok(commands::report::execute(&arguments)),
        Command::Replay(arguments) => commands::replay::execute(&arguments),
        Command::Explain(arguments) => Ok(commands::reference::explain(&arguments)),
        Command::Schema => commands::reference::schema(),
        Command::Completions(arguments) => Ok(commands::reference::completions(&arguments)),
        Command::Man(arguments) => commands::reference::man(&arguments),
        Command::Device(arguments) => commands::device::execute(&arguments),
        Command::License(command) => commands::license::execute(&command),
        Command::Ssh(arguments) => commands::run::serve_consoles(&arguments),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            commands::complain(&format!("error: {error:#}"));
            Exit::Internal.into()
        }
    }
}
