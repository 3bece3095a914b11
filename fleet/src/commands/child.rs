//! A run in a process of its own: how it is started, ended by signals, and what it came to.

use std::{path::Path, process::Stdio};

use anyhow::Context;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::AsyncReadExt,
    process::{ChildStderr, Command},
    signal::unix::{self, SignalKind},
};

use crate::{arguments::RunArguments, exit::Exit};

/// Names the process that a run ends with.
const PARENT_VARIABLE: &str = "FLEET_PARENT";
/// Bytes that are kept of what a run says on standard error.
const ERROR_BYTES_MAX: u64 = 64 * 1024;

/// The run of `arguments` with `settings`, each `KEY=VALUE`, into `directory`.
///
/// It has a process group of its own, so that of a signal it hears once, and from here.
pub(super) fn command(
    arguments: &RunArguments,
    settings: &[String],
    directory: &Path,
) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("run").args(arguments.as_typed());
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.arg("--out").arg(directory);
    // What the environment says is among the arguments already.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FLEET_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).process_group(0);
    command.env(PARENT_VARIABLE, std::process::id().to_string());
    Ok(command)
}

/// A run that was started for a comparison ends when whoever compares does, whatever ended that.
///
/// # Errors
/// When the system does not do that.
pub(super) fn end_with_parent() -> anyhow::Result<()> {
    let Some(parent) = std::env::var_os(PARENT_VARIABLE) else {
        return Ok(());
    };
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("cannot ask for the parent's end")?;
    // It may have ended before this was asked for.
    let alive = parent == nix::unistd::getppid().to_string().as_str();
    anyhow::ensure!(alive, "whoever started this run is gone");
    Ok(())
}

/// What a run came to.
pub(super) struct Ended {
    /// Whatever ends by a signal was interrupted.
    pub(super) exit: Exit,
    /// What it said on standard error, if that is a pipe; as much as is kept.
    pub(super) errors: String,
}

/// Runs `command` to its end, and hands it the signals that end runs.
pub(super) async fn run(command: &mut Command, signals: &mut Signals) -> anyhow::Result<Ended> {
    let mut child = command.spawn().context("cannot start a run")?;
    let errors = tokio::spawn(read(child.stderr.take()));
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.context("lost a run")?,
            signal = signals.next() => {
                let process = child.id().and_then(|id| i32::try_from(id).ok());
                if let Some(process) = process {
                    // A process that has just ended needs no signal any more.
                    let _ = kill(Pid::from_raw(process), signal);
                }
            }
        }
    };
    Ok(Ended {
        exit: status.code().map_or(Exit::Interrupted, exit_of),
        errors: errors.await.unwrap_or_default(),
    })
}

/// What comes from `pipe`; beyond a limit it is read all the same, so that no writer waits.
async fn read(pipe: Option<ChildStderr>) -> String {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        // What cannot be read any more is not there to be shown.
        let _ = (&mut pipe)
            .take(ERROR_BYTES_MAX)
            .read_to_end(&mut kept)
            .await;
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn exit_of(code: i32) -> Exit {
    let known = [
        Exit::Passed,
        Exit::Usage,
        Exit::Invalid,
        Exit::Regression,
        Exit::Unreachable,
        Exit::Unbalanced,
        Exit::ThresholdFailed,
        Exit::ScenarioInvalid,
        Exit::Interrupted,
        Exit::AddressInUse,
    ];
    let found = known.into_iter().find(|exit| *exit as i32 == code);
    found.unwrap_or(Exit::Internal)
}

/// The signals that end runs.
pub(super) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    /// The terminal is gone.
    hangup: unix::Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::SIGINT,
            Some(()) = self.terminate.recv() => Signal::SIGTERM,
            Some(()) = self.hangup.recv() => Signal::SIGTERM,
            else => std::future::pending().await,
        }
    }
}
