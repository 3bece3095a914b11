//! Runs one after the other, each in a process of its own, whose figures are all needed.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

mod program;

use super::{
    child::{self, Ended, Signals},
    complain, print_findings,
};
use crate::{arguments::RunArguments, clock, exit::Exit, report::Style, scenario::Scenario};
use program::Program;
pub(super) use program::Server;

/// How often a run is tried in which the generator was the bottleneck: another program may have been at work.
const INVALID_TRIES: usize = 3;

/// A run of a series.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What it is, for whoever watches.
    pub(super) label: String,
    /// `KEY=VALUE`, as `--set` takes them.
    pub(super) settings: Vec<String>,
    /// Its run directory.
    pub(super) directory: PathBuf,
    /// A server that is started for it and ended after it.
    pub(super) server: Option<Server>,
}

/// Refuses settings of `sides` that make no sense before anything has run. Warnings are shown here, once,
/// and not for every run.
pub(super) fn refuse(arguments: &RunArguments, sides: &[(&str, &[String])]) -> Option<Exit> {
    let style = Style::detect(true, arguments.plain, arguments.no_color);
    let mut warned: Vec<String> = Vec::new();
    for (side, settings) in sides {
        let mut overrides = arguments.overrides();
        overrides.set.extend(settings.iter().cloned());
        match Scenario::load(&arguments.source(), &overrides) {
            Ok(loaded) => {
                for warning in loaded.warnings {
                    if !warned.contains(&warning.message) {
                        warned.push(warning.message.clone());
                        print_findings(&[warning], style.color_errors);
                    }
                }
            }
            Err(findings) => {
                complain(&format!("error: {side}:"));
                print_findings(&findings, style.color_errors);
                return Some(Exit::ScenarioInvalid);
            }
        }
    }
    None
}

/// A folder for the runs, named after the scenario, `what` is done, and the time.
pub(super) fn folder_by_default(arguments: &RunArguments, what: &str) -> PathBuf {
    let stamp = clock::calendar_now().strftime("%Y%m%dT%H%M%SZ");
    PathBuf::from("runs").join(format!("{}-{what}-{stamp}", arguments.stem()))
}

/// Whether runs can be put into `out`: whatever is there already is not ours.
pub(super) fn is_free(out: &Path) -> bool {
    let mut content = out.read_dir().into_iter().flatten();
    let free = content.next().is_none() && !out.is_file();
    if !free {
        complain(&format!(
            "error: {} is not empty; name another folder with --out",
            out.display()
        ));
    }
    free
}

/// Runs `steps` until one comes to something that its figures are of no use for; returns what that is.
/// `after` says after each step, by its number, whether to go on.
///
/// # Errors
/// When a process cannot be started.
pub(super) fn run(
    arguments: &RunArguments,
    steps: &[Step],
    after: &mut dyn FnMut(usize) -> Option<Exit>,
) -> anyhow::Result<Option<Exit>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        for (number, step) in steps.iter().enumerate() {
            complain(&format!("[{}/{}] {}", number + 1, steps.len(), step.label));
            let ended = run_step(arguments, step, &mut signals).await?;
            if let Some(exit) = useless(ended.exit, step) {
                complain(ended.errors.trim_end());
                return Ok(Some(exit));
            }
            if let Some(exit) = after(number) {
                return Ok(Some(exit));
            }
        }
        Ok(None)
    })
}

/// Runs `step`, again where the generator was the bottleneck.
async fn run_step(
    arguments: &RunArguments,
    step: &Step,
    signals: &mut Signals,
) -> anyhow::Result<Ended> {
    for _ in 1..INVALID_TRIES {
        let ended = run_once(arguments, step, signals).await?;
        if ended.exit != Exit::Invalid {
            return Ok(ended);
        }
        complain("    invalid: the generator was the bottleneck; once more");
        std::fs::remove_dir_all(&step.directory)?;
    }
    run_once(arguments, step, signals).await
}

/// Runs `step` once, with the server that it takes.
async fn run_once(
    arguments: &RunArguments,
    step: &Step,
    signals: &mut Signals,
) -> anyhow::Result<Ended> {
    let mut command = child::command(arguments, &step.settings, &step.directory)?;
    // Its closing figures are in its directory.
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let Some(server) = &step.server else {
        return child::run(&mut command, signals).await;
    };
    let log = step.directory.with_extension("log");
    let mut program = Program::start(server, &log).await?;
    loop {
        let ended = child::run(&mut command, signals).await?;
        // A run that finds no target leaves nothing behind, so that it can be tried until there is one.
        if ended.exit == Exit::Unreachable && program.may_become_ready().await? {
            continue;
        }
        // Then it was another one that answered.
        program.refuse_ended("before its run was over")?;
        program.stop().await;
        return Ok(ended);
    }
}

/// What `exit` means for all, if its run cannot be used.
fn useless(exit: Exit, step: &Step) -> Option<Exit> {
    let why = match exit {
        // What a scenario demands is judged run by run; here runs are held against each other.
        Exit::Passed | Exit::ThresholdFailed => return None,
        Exit::Invalid => {
            "is invalid, so nothing has been compared; `fleet doctor` says what spoils measurements on this machine"
        }
        Exit::Unbalanced => "does not balance, so nothing has been compared",
        Exit::Interrupted => "was interrupted, so nothing has been compared",
        Exit::Internal
        | Exit::Usage
        | Exit::Regression
        | Exit::Unreachable
        | Exit::ScenarioInvalid
        | Exit::AddressInUse => "did not take place, so nothing has been compared",
    };
    complain(&format!(
        "error: the run in {} {why}",
        step.directory.display()
    ));
    Some(exit)
}
