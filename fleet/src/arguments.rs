//! The command line.

mod capacity;
mod compare;
mod device;
pub mod license;
mod live;
mod reference;
mod stored;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};

pub use capacity::CapacityArguments;
pub use compare::{BaselineArguments, CalibrateArguments, CompareArguments};
pub use device::DeviceArguments;
pub use live::LiveArguments;
pub use reference::{CompletionsArguments, ExplainArguments, ManArguments};
pub use stored::{AuditArguments, ReportArguments};

use compare::ComparedArguments;

use crate::{
    scenario::{Overrides, Source},
    units::Period,
};

const EXIT_CODES: &str = "\
Exit codes:
  0    passed
  1    internal error, or the run directory cannot be written
  2    the command line does not make sense
  90   invalid run: the generator itself was the bottleneck
  91   a comparison found a regression
  93   a target could not be reached before the run
  95   the accounts do not balance
  99   a threshold failed
  104  the scenario, a device configuration or a license file is invalid
  105  ended by a signal; the report has been written
  106  the address to listen on is already in use";

/// Emulates fleets of Cisco devices that send Call Home messages, and measures the servers that take
/// them.
///
/// Without a command, runs the built-in quickstart: a thousand routers that mail and post to sinks
/// within the process.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// Reads the command line; without a command, as if `run` had been typed.
    ///
    /// What makes no sense ends the process, with code 2.
    pub fn read() -> Command {
        let typed = Self::parse().command;
        // Parsed rather than put together, so that the environment has its say.
        let typed = typed.or_else(|| Self::parse_from(["fleet", "run"]).command);
        typed.unwrap_or_else(|| Command::Run(RunArguments::default()))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario; without one, the built-in quickstart.
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// Validate scenarios and say what they would do, without sending anything.
    #[command(after_help = EXIT_CODES)]
    Check(CheckArguments),
    /// Turn recorded syslog into a storm, write it as a scenario, and run it.
    ///
    /// Reads relay files, RFC 3164 and RFC 5424, and captures of `show logging`; lines that are of no
    /// device are counted and shown. Every source becomes a device with its own timing.
    #[command(after_help = EXIT_CODES)]
    Replay(ReplayArguments),
    /// Recount runs from their journals, and compare that with their summaries.
    ///
    /// Finds any record that was lost, doubled or altered, and tells how far a run that was killed had
    /// come. Exit code 0: sound; 95: not sound, or not complete; 105: killed, and sound until then; 104: nothing to read.
    Audit(AuditArguments),
    /// Write the reports of stored runs once more: report.html, summary.md, junit.xml.
    ///
    /// Made from what a run left in its directory: summary.json, journal.bin, timeline.csv,
    /// scenario.toml. A run that was killed gets its report from its journal. Exit code 0: written; 104:
    /// a directory is none of a run, or a file in it is damaged, foreign, newer, or of another run.
    Report(ReportArguments),
    /// Search the highest load that a target takes: how far it holds the objectives, and what gives way first.
    ///
    /// Doubles the load while it holds, bisects, overloads the target and looks whether it recovers, and
    /// searches again to tell how sure the knee is. Exit code 0: a knee, or the largest load holds; 90:
    /// the generator or the devices gave way before the target; 99: no load holds, or not the one of
    /// --at-least.
    Capacity(CapacityArguments),
    /// Compare stored runs, or run two servers in turn and compare these: a verdict for each metric.
    ///
    /// Exit code 0: no regression is shown; 91: one is; 104: the runs cannot be compared.
    Compare(CompareArguments),
    /// Run a scenario repeatedly against one server, and learn what its figures differ by for no reason.
    #[command(after_help = EXIT_CODES)]
    Calibrate(CalibrateArguments),
    /// Say whether this machine can measure, what would spoil a measurement, and how to mend it.
    ///
    /// Exit code 0: it can; 90: figures measured here now are not to be trusted.
    Doctor(DoctorArguments),
    /// Explain an exit code or a word of a result, and what to do about it.
    Explain(ExplainArguments),
    /// Print the form of scenario files as JSON Schema, for editors: fleet schema > fleet.schema.json
    Schema,
    /// Print completions for a shell: fleet completions bash > /etc/bash_completion.d/fleet
    Completions(CompletionsArguments),
    /// Write manual pages into a folder.
    Man(ManArguments),
    /// One device's console on standard input and output; works in pipes.
    Device(DeviceArguments),
    /// Make and look at license files, permission tickets and product authorization keys.
    #[command(subcommand, after_help = EXIT_CODES)]
    License(license::LicenseCommand),
    /// Run the devices of a scenario without its traffic, and let people log in by SSH.
    ///
    /// The user name is the host name of a device: ssh -p 2222 branch-00017@127.0.0.1. Ends with ^C.
    #[command(after_help = EXIT_CODES)]
    Ssh(SshArguments),
}

/// Arguments of `fleet run`.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArguments {
    /// Scenario file (TOML).
    pub scenario: Option<PathBuf>,
    #[command(flatten)]
    change: ChangeArguments,
    #[command(flatten)]
    compared: ComparedArguments,
    /// Run directory [default: runs/NAME-TIME].
    #[arg(long, value_name = "DIR", env = "FLEET_OUT")]
    pub out: Option<PathBuf>,
    /// Let people log in to the devices by SSH, as in 127.0.0.1:2222; the user name is the host name.
    #[arg(long, value_name = "ADDR", env = "FLEET_SSH")]
    pub ssh: Option<String>,
    /// Looking on while it goes on.
    #[command(flatten)]
    pub live: LiveArguments,
    /// End with 0 whatever came of a run that took place; `verdict` in summary.json tells.
    #[arg(long, env = "FLEET_EXIT_ZERO", value_parser = clap::builder::BoolishValueParser::new())]
    pub exit_zero: bool,
    /// Print the closing figures only.
    #[arg(long, env = "FLEET_QUIET", value_parser = clap::builder::BoolishValueParser::new())]
    pub quiet: bool,
    /// Print plain lines: nothing is overwritten or coloured.
    #[arg(long, env = "FLEET_PLAIN", value_parser = clap::builder::BoolishValueParser::new())]
    pub plain: bool,
    /// Print without colours (also NO_COLOR).
    #[arg(long)]
    pub no_color: bool,
}

/// Arguments of `fleet ssh`.
#[derive(Args, Clone, Debug)]
pub struct SshArguments {
    /// Scenario file (TOML); without one, the built-in quickstart.
    pub scenario: Option<PathBuf>,
    /// Address to listen on [default: the scenario's, else 127.0.0.1:2222].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    #[command(flatten)]
    change: ChangeArguments,
    /// Run directory, which also keeps the host key [default: runs/NAME-TIME].
    #[arg(long, value_name = "DIR", env = "FLEET_OUT")]
    pub out: Option<PathBuf>,
    /// Print plain lines: nothing is overwritten or coloured.
    #[arg(long, env = "FLEET_PLAIN", value_parser = clap::builder::BoolishValueParser::new())]
    pub plain: bool,
    /// Print without colours (also NO_COLOR).
    #[arg(long)]
    pub no_color: bool,
}

/// Arguments of `fleet replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArguments {
    /// Files of recorded syslog.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Model of the devices.
    #[arg(long, value_name = "P", default_value = "CISCO2951/K9")]
    pub platform: String,
    /// Startup configuration (IOS text) [default: one that reports every log line by mail].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How many times as fast as it was recorded; device time passes as fast.
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed)]
    pub speed: f64,
    /// Year of stamps that have none [default: the present one].
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1970..=9998))]
    pub year: Option<i16>,
    /// How much later devices beyond the sources play their source, at most.
    #[arg(long, value_name = "T", default_value = "1s")]
    pub stagger: Period,
    /// Folder for the storm: scenario.toml, storm.tsv, device.ios.
    #[arg(long, value_name = "DIR", default_value = "replay")]
    pub write: PathBuf,
    /// Write over a storm that is there already.
    #[arg(long)]
    pub force: bool,
    /// Write the storm, and do not run it.
    #[arg(long)]
    pub no_run: bool,
    #[command(flatten)]
    change: ChangeArguments,
    #[command(flatten)]
    compared: ComparedArguments,
    /// Run directory [default: runs/NAME-TIME].
    #[arg(long, value_name = "DIR", env = "FLEET_OUT")]
    pub out: Option<PathBuf>,
    /// Print the closing figures only.
    #[arg(long, env = "FLEET_QUIET", value_parser = clap::builder::BoolishValueParser::new())]
    pub quiet: bool,
    /// Print plain lines: nothing is overwritten or coloured.
    #[arg(long, env = "FLEET_PLAIN", value_parser = clap::builder::BoolishValueParser::new())]
    pub plain: bool,
    /// Print without colours (also NO_COLOR).
    #[arg(long)]
    pub no_color: bool,
}

impl ReplayArguments {
    /// The run of the storm in `scenario`.
    pub fn as_run(&self, scenario: PathBuf) -> RunArguments {
        RunArguments {
            scenario: Some(scenario),
            change: self.change.clone(),
            compared: self.compared.clone(),
            out: self.out.clone(),
            ssh: None,
            live: LiveArguments::default(),
            exit_zero: false,
            quiet: self.quiet,
            plain: self.plain,
            no_color: self.no_color,
        }
    }
}

/// Arguments of `fleet doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArguments {
    /// Prove the measurement: send to a target with known service times and stalls, and show what
    /// happened there beside what a run reports and what a closed loop would have (a minute and a half).
    #[arg(long)]
    pub freeze: bool,
}

/// Arguments of `fleet check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArguments {
    /// Scenario files (TOML).
    #[arg(required = true)]
    pub scenarios: Vec<PathBuf>,
    #[command(flatten)]
    change: ChangeArguments,
    /// Print without colours (also NO_COLOR).
    #[arg(long)]
    pub no_color: bool,
}

/// Flags that change a scenario; they win over the environment, which wins over the file.
#[derive(Args, Clone, Debug, Default)]
struct ChangeArguments {
    /// Devices in all, shared out in the proportion of the scenario's fleets.
    #[arg(long, value_name = "N", env = "FLEET_DEVICES")]
    devices: Option<u32>,
    /// Events per second over the fleet, shared out in the proportion of the scenario's traffic.
    #[arg(long, value_name = "R", env = "FLEET_RATE", value_parser = rate)]
    rate: Option<f64>,
    /// How long traffic lasts, as in 30s or 5m.
    #[arg(short, long, value_name = "T", env = "FLEET_DURATION")]
    duration: Option<Period>,
    /// Seed of all chance.
    #[arg(long, value_name = "N", env = "FLEET_SEED",
        value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Mail server to send to, as in 127.0.0.1:2525 or smtps://localhost:465.
    #[arg(long, value_name = "HOST:PORT", env = "FLEET_SMTP")]
    smtp: Option<String>,
    /// Receiver to post to, as in https://localhost:8443.
    #[arg(long, value_name = "URL", env = "FLEET_HTTPS")]
    https: Option<String>,
    /// Certificates of acceptable authorities (PEM) [default: the system's].
    #[arg(long, value_name = "FILE", env = "FLEET_CA")]
    ca: Option<String>,
    /// Do not verify certificates.
    #[arg(long, env = "FLEET_INSECURE", value_parser = clap::builder::BoolishValueParser::new())]
    insecure: bool,
    /// Set any key of the scenario, as in clock.speed=60 or fleet.0.count=10 (repeatable; in the environment, one on each line).
    #[arg(
        long,
        value_name = "KEY=VALUE",
        env = "FLEET_SET",
        value_delimiter = '\n'
    )]
    set: Vec<String>,
    /// Allow a target that is neither a loopback nor a private address (repeatable).
    #[arg(
        long,
        value_name = "HOST",
        env = "FLEET_ALLOW_TARGET",
        value_delimiter = ','
    )]
    allow_target: Vec<String>,
}

/// How long a fleet stays up that nobody ends.
const UNTIL_ENDED: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 3600);

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text
        .parse()
        .map_err(|_| "write events per second, as in 500".to_owned())?;
    if rate.is_finite() && rate > 0.0 && rate <= crate::units::RATE_MAX_PER_S {
        Ok(rate)
    } else {
        Err("write a number above 0 and at most 10,000,000".to_owned())
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text
        .parse()
        .map_err(|_| "write how many times as fast, as in 10".to_owned())?;
    if speed.is_finite() && (0.001..=100_000.0).contains(&speed) {
        Ok(speed)
    } else {
        Err("write a number from 0.001 to 100,000".to_owned())
    }
}

impl ChangeArguments {
    /// The same as flags.
    fn as_typed(&self) -> Vec<OsString> {
        let Self {
            devices,
            rate,
            duration,
            seed,
            smtp,
            https,
            ca,
            insecure,
            set,
            allow_target,
        } = self;
        let one = |flag: &str, value: Option<String>| {
            value.map(|value| [OsString::from(flag), value.into()])
        };
        let all = [
            one("--devices", devices.map(|devices| devices.to_string())),
            one("--rate", rate.map(|rate| rate.to_string())),
            one("--duration", duration.map(|duration| duration.to_string())),
            one("--seed", seed.map(|seed| seed.to_string())),
            one("--smtp", smtp.clone()),
            one("--https", https.clone()),
            one("--ca", ca.clone()),
        ];
        let many = |flag: &str, values: &[String]| -> Vec<OsString> {
            let values = values.iter();
            values
                .flat_map(|value| [OsString::from(flag), value.into()])
                .collect()
        };
        let mut typed: Vec<OsString> = all.into_iter().flatten().flatten().collect();
        typed.extend(many("--set", set));
        typed.extend(many("--allow-target", allow_target));
        typed.extend(insecure.then(|| "--insecure".into()));
        typed
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            devices: self.devices,
            rate: self.rate,
            duration: self.duration,
            seed: self.seed,
            smtp: self.smtp.clone(),
            https: self.https.clone(),
            ca: self.ca.as_ref().map(|path| absolute(path)),
            insecure: self.insecure,
            ssh: None,
            set: self.set.clone(),
            allowed_targets: self.allow_target.clone(),
        }
    }
}

/// Paths on the command line are relative to the working directory, those in a scenario to its file.
fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}

impl RunArguments {
    /// The arguments of a run as they would be typed, without `--variant`, `--baseline` and `--out`.
    pub fn as_typed(&self) -> Vec<OsString> {
        let mut typed: Vec<OsString> = Vec::new();
        typed.extend(self.scenario.iter().map(|path| path.clone().into()));
        typed.extend(self.change.as_typed());
        if let Some(listen) = &self.ssh {
            typed.extend(["--ssh".into(), listen.into()]);
        }
        typed.extend(self.live.as_typed());
        for (flag, set) in [
            ("--quiet", self.quiet),
            ("--plain", self.plain),
            ("--no-color", self.no_color),
        ] {
            typed.extend(set.then(|| OsString::from(flag)));
        }
        typed
    }

    /// Where the scenario comes from.
    pub fn source(&self) -> Source {
        self.scenario.clone().map_or(Source::BuiltIn, Source::File)
    }

    /// What the flags change.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            ssh: self.ssh.clone(),
            ..self.change.overrides()
        }
    }
}

impl SshArguments {
    /// The same as arguments of `fleet run`: no traffic, no thresholds, until somebody ends it.
    pub fn as_run(&self) -> RunArguments {
        let mut change = self.change.clone();
        change.duration = change.duration.or(Some(Period(UNTIL_ENDED)));
        let none = ["traffic=[]", "threshold=[]"];
        change.set.splice(0..0, none.map(str::to_owned));
        RunArguments {
            scenario: self.scenario.clone(),
            change,
            compared: ComparedArguments::default(),
            out: self.out.clone(),
            ssh: self.listen.clone(),
            live: LiveArguments::default(),
            exit_zero: false,
            quiet: false,
            plain: self.plain,
            no_color: self.no_color,
        }
    }
}

impl CheckArguments {
    /// What the flags change.
    pub fn overrides(&self) -> Overrides {
        self.change.overrides()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_seed_that_no_scenario_can_hold_is_refused() {
        let with = |seed: &str| Arguments::try_parse_from(["fleet", "run", "--seed", seed]);
        assert!(with("9223372036854775807").is_ok());
        assert!(with("9223372036854775808").is_err());
    }
}
