//! `--variant`: runs the scenario as it is and with each change, and prints what that made of it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::Command,
    signal::unix::{self, SignalKind},
};

use super::{complain, print, print_findings};
use crate::{
    arguments::RunArguments,
    clock,
    exit::Exit,
    report::Style,
    scenario::Scenario,
    variants::{Outcome, Variant, in_columns},
};

/// Names the process that a run ends with.
const PARENT_VARIABLE: &str = "FLEET_PARENT";
/// The file that holds what was printed, for scripts.
const RESULTS_FILE: &str = "variants.json";

/// Runs every variant in turn, each in a process of its own.
///
/// # Errors
/// When a process cannot be started, or what it left cannot be read.
pub fn execute(arguments: &RunArguments) -> anyhow::Result<Exit> {
    let mut variants = vec![Variant::unchanged()];
    for text in arguments.variants() {
        match Variant::parse(text) {
            Ok(variant) => variants.push(variant),
            Err(message) => {
                complain(&format!("error: --variant: {message}"));
                return Ok(Exit::Usage);
            }
        }
    }
    if let Some(exit) = refuse(arguments, &variants) {
        return Ok(exit);
    }
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => folder_by_default(arguments),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut outcomes = Vec::new();
    let exit = runtime.block_on(run_all(arguments, &variants, &out, &mut outcomes));
    // Whatever has been run is worth telling, however it went on.
    if !outcomes.is_empty() {
        print(&format!(
            "\n{}\nresults    {}\n",
            in_columns(&outcomes),
            out.join(RESULTS_FILE).display()
        ));
    }
    exit
}

/// Runs `variants` into folders of `out` until one cannot be run or a signal ends it. What came of
/// each is written down when it is known.
async fn run_all(
    arguments: &RunArguments,
    variants: &[Variant],
    out: &Path,
    outcomes: &mut Vec<Outcome>,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let mut worst = Exit::Passed;
    for (number, variant) in variants.iter().enumerate() {
        let directory = out.join(variant.folder(number));
        complain(&format!("[{number}] {}", variant.label));
        let code = run(arguments, variant, &directory, &mut signals).await?;
        let exit = code.map_or(Exit::Interrupted, exit_of);
        worst = graver(worst, exit);
        match exit {
            Exit::Passed | Exit::ThresholdFailed | Exit::Invalid | Exit::Unbalanced => {
                outcomes.push(Outcome::read(variant, &directory)?);
                let results = out.join(RESULTS_FILE);
                std::fs::write(&results, serde_json::to_vec_pretty(outcomes)?)
                    .with_context(|| format!("cannot write {}", results.display()))?;
            }
            Exit::Interrupted => {
                complain("stopped: what has not been run to its end is left out");
                break;
            }
            // Its own words are above.
            Exit::Internal
            | Exit::Usage
            | Exit::Unreachable
            | Exit::ScenarioInvalid
            | Exit::AddressInUse => return Ok(exit),
        }
    }
    Ok(worst)
}

/// A scenario or a variant that makes no sense is refused before the first has run.
fn refuse(arguments: &RunArguments, variants: &[Variant]) -> Option<Exit> {
    let style = Style::detect(arguments.quiet, arguments.plain, arguments.no_color);
    for variant in variants {
        let mut overrides = arguments.overrides();
        overrides.set.extend(variant.settings.iter().cloned());
        match Scenario::load(&arguments.source(), &overrides) {
            Ok(loaded) if loaded.scenario.journal_bytes_max == 0 => {
                complain(
                    "error: `journal = \"0 B\"` keeps no journal, and variants are compared by theirs",
                );
                return Some(Exit::ScenarioInvalid);
            }
            Ok(_) => {}
            Err(findings) => {
                complain(&format!("error: variant `{}`:", variant.label));
                print_findings(&findings, style.color_errors);
                return Some(Exit::ScenarioInvalid);
            }
        }
    }
    None
}

fn folder_by_default(arguments: &RunArguments) -> PathBuf {
    let stem = arguments.scenario.as_deref().and_then(Path::file_stem);
    let name = stem.map_or_else(|| "quickstart".into(), |stem| stem.to_string_lossy());
    let stamp = clock::calendar_now().strftime("%Y%m%dT%H%M%SZ");
    PathBuf::from("runs").join(format!("{name}-variants-{stamp}"))
}

/// Runs `variant` into `directory`; returns its exit code, or nothing when a signal ended it.
///
/// The run has a process group of its own, so that of a signal it hears once, and from here.
async fn run(
    arguments: &RunArguments,
    variant: &Variant,
    directory: &Path,
    signals: &mut Signals,
) -> anyhow::Result<Option<i32>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("run").args(arguments.as_typed());
    for setting in &variant.settings {
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
    let mut child = command.spawn().context("cannot start a run")?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status.context("lost a run")?.code()),
            signal = signals.next() => {
                let process = child.id().and_then(|id| i32::try_from(id).ok());
                if let Some(process) = process {
                    // A process that has just ended needs no signal any more.
                    let _ = kill(Pid::from_raw(process), signal);
                }
            }
        }
    }
}

/// A run that was started for a comparison ends when whoever compares does, whatever ended that.
///
/// # Errors
/// When the system does not do that.
pub fn end_with_parent() -> anyhow::Result<()> {
    let Some(parent) = std::env::var_os(PARENT_VARIABLE) else {
        return Ok(());
    };
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("cannot ask for the parent's end")?;
    // It may have ended before this was asked for.
    let alive = parent == nix::unistd::getppid().to_string().as_str();
    anyhow::ensure!(alive, "whoever started this run is gone");
    Ok(())
}

fn exit_of(code: i32) -> Exit {
    let known = [
        Exit::Passed,
        Exit::Usage,
        Exit::Invalid,
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

/// Of two runs the graver exit decides. A threshold that a variant fails is what variants are for, and
/// is told in the table.
fn graver(one: Exit, other: Exit) -> Exit {
    let order = [Exit::Interrupted, Exit::Invalid, Exit::Unbalanced];
    let found = order.into_iter().find(|exit| [one, other].contains(exit));
    found.unwrap_or(Exit::Passed)
}

/// The signals that end runs.
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    /// The terminal is gone.
    hangup: unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
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
