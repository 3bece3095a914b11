//! `fleet run`: run a scenario and say what came of it.

use std::{sync::Arc, time::Duration};

use anyhow::Context;

use super::{complain, print, print_findings};
use crate::{
    arguments::RunArguments,
    conductor::{self, Interrupts, RunError, RunResult, Watcher},
    courier::{PrepareError, Unreachable},
    exit::Exit,
    record::Gathered,
    report::{Progress, RunDirectory, Style, Summary, Timeline, closing},
    scenario::{Loaded, Scenario},
};

/// Runs the command.
///
/// # Errors
/// When something fails that has no exit code of its own.
pub fn execute(arguments: &RunArguments) -> anyhow::Result<Exit> {
    let style = Style::detect(arguments.quiet, arguments.plain, arguments.no_color);
    let loaded = Scenario::load(&arguments.source(), &arguments.overrides());
    let Loaded { scenario, warnings } = match loaded {
        Ok(loaded) => loaded,
        Err(findings) => {
            print_findings(&findings, style.color_errors);
            return Ok(Exit::ScenarioInvalid);
        }
    };
    print_findings(&warnings, style.color_errors);
    let directory = RunDirectory::create(arguments.out.as_deref(), &scenario)?;
    let timeline = Timeline::begin(&directory)?;
    let scenario = Arc::new(scenario);
    let mut watcher = Recording {
        progress: Progress::new(style),
        timeline,
    };
    let run = Arc::clone(&scenario);
    let result = actix::System::new().block_on(async {
        let mut interrupts = Interrupts::listen();
        conductor::conduct(run, &mut watcher, &mut interrupts).await
    });
    watcher.progress.finish();
    let result = match result {
        Ok(result) => result,
        Err(error) => {
            drop(watcher);
            return refuse(&error, directory);
        }
    };
    finish(&scenario, &result, watcher.timeline, &directory, style)
}

fn finish(
    scenario: &Scenario,
    result: &RunResult,
    timeline: Timeline,
    directory: &RunDirectory,
    style: Style,
) -> anyhow::Result<Exit> {
    let summary = Summary::new(scenario, result);
    // The files first: whoever reads the text may be gone.
    let timeline = timeline.finish(result.wall, &result.gathered);
    directory.write_summary(&summary)?;
    print(&format!(
        "{}results    {}\n",
        closing(scenario, result, &summary, style),
        directory.path().join("summary.json").display()
    ));
    timeline.context("the run is over and summary.json is complete")?;
    Ok(summary.exit())
}

/// Says why a run did not take place.
fn refuse(error: &RunError, directory: RunDirectory) -> anyhow::Result<Exit> {
    directory.discard()?;
    complain(&format!("error: {}", with_causes(error)));
    Ok(match error {
        RunError::Unreachable(targets) => {
            for target in targets {
                complain(&format!("  {target}"));
            }
            complain(
                "  = help: start the server, or name another with --smtp, --https or [hosts]; nothing has been sent",
            );
            Exit::Unreachable
        }
        RunError::Interrupted => Exit::Interrupted,
        RunError::Prepare(PrepareError::Resolve { .. }) => Exit::Unreachable,
        RunError::Prepare(_) => Exit::ScenarioInvalid,
        RunError::Files(_) => {
            complain(
                "  = help: raise the limit (ulimit -n), or lower `connections` in [smtp] and [https]",
            );
            Exit::ScenarioInvalid
        }
        RunError::Sinks(_) | RunError::Thread(_) | RunError::ArbiterLost => Exit::Internal,
    })
}

/// The error and what caused it.
fn with_causes(error: &RunError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Shows the progress and writes the timeline.
struct Recording {
    progress: Progress,
    timeline: Timeline,
}

impl Watcher for Recording {
    fn ready(&mut self, devices: u32, took: Duration) {
        self.progress.ready(devices, took);
    }

    fn unreachable_hosts(&mut self, hosts: &[Unreachable]) {
        self.progress.unreachable_hosts(hosts);
    }

    fn progress(&mut self, elapsed: Duration, all: &Gathered, lately: &Gathered) {
        self.timeline.add(elapsed, all, lately);
        self.progress.progress(elapsed, all, lately);
    }

    fn draining(&mut self, outstanding: u64) {
        self.progress.draining(outstanding);
    }
}
