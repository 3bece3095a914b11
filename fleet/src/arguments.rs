//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
  93   a target could not be reached before the run
  95   the accounts do not balance
  99   a threshold failed
  104  the scenario or a device configuration is invalid
  105  ended by a signal; the report has been written";

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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario; without one, the built-in quickstart.
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// Validate scenarios and say what they would do, without sending anything.
    #[command(after_help = EXIT_CODES)]
    Check(CheckArguments),
}

/// Arguments of `fleet run`.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArguments {
    /// Scenario file (TOML).
    pub scenario: Option<PathBuf>,
    #[command(flatten)]
    change: ChangeArguments,
    /// Run directory [default: runs/NAME-TIME].
    #[arg(long, value_name = "DIR", env = "FLEET_OUT")]
    pub out: Option<PathBuf>,
    /// Print the closing figures only.
    #[arg(long)]
    pub quiet: bool,
    /// Print plain lines: nothing is overwritten or coloured.
    #[arg(long)]
    pub plain: bool,
    /// Print without colours (also NO_COLOR).
    #[arg(long)]
    pub no_color: bool,
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
    #[arg(long)]
    insecure: bool,
    /// Set any key of the scenario, as in clock.speed=60 or fleet.0.count=10 (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Allow a target that is neither a loopback nor a private address (repeatable).
    #[arg(long, value_name = "HOST")]
    allow_target: Vec<String>,
}

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

impl ChangeArguments {
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
    /// Where the scenario comes from.
    pub fn source(&self) -> Source {
        self.scenario.clone().map_or(Source::BuiltIn, Source::File)
    }

    /// What the flags change.
    pub fn overrides(&self) -> Overrides {
        self.change.overrides()
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
