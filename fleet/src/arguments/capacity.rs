//! Arguments of `fleet capacity`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{
    ChangeArguments, RunArguments,
    compare::{run_among_others, share},
};
use crate::{
    capacity::{Load, Objective},
    units::Period,
};

/// Arguments of `fleet capacity`.
#[derive(Args, Clone, Debug)]
pub struct CapacityArguments {
    /// Scenario file (TOML), best with traffic of a constant rate, as in scenarios/capacity.toml.
    pub scenario: PathBuf,
    /// An objective that a load must hold, as in smtp.response.p99<=100ms or ledger.failed=0; several may
    /// follow (repeatable) [default: the thresholds of the scenario].
    #[arg(long, value_name = "EXPR", num_args = 1.., value_parser = Objective::parse)]
    pub slo: Vec<Objective>,
    /// What to raise: the rate of events over the fleet, or the number of devices, each with its own
    /// rate and schedules.
    #[arg(long, value_name = "WHAT", default_value = "rate", value_parser = load)]
    pub search: Load,
    /// The load to begin with, in events/s or devices.
    #[arg(long, value_name = "N", default_value = "100", value_parser = amount)]
    pub from: f64,
    /// The largest load to try.
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = amount)]
    pub max: f64,
    /// How long each load is held and measured, at least 4s.
    #[arg(long, value_name = "T", default_value = "10s")]
    pub hold: Period,
    /// How long each load is applied before that, so that connections are warm.
    #[arg(long, value_name = "T", default_value = "2s")]
    pub warm_up: Period,
    /// How far a load that holds and one that does not may be apart in the end.
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = share)]
    pub precision: f64,
    /// How often to search: the first time from nothing, then around what was found.
    #[arg(long, value_name = "N", default_value = "6",
        value_parser = clap::value_parser!(u32).range(1..=30))]
    pub searches: u32,
    /// Messages that may fail or stay unconfirmed, as a share; also without an objective that says so.
    #[arg(long, value_name = "SHARE", default_value = "0.1%", value_parser = allowance)]
    pub undelivered: f64,
    /// By how much the backlog may grow, as a share of the messages that come; less than chance makes of it
    /// never counts.
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = allowance)]
    pub growth: f64,
    /// End with exit code 99 unless the whole interval of the knee is at this load or above.
    #[arg(long, value_name = "N", value_parser = amount)]
    pub at_least: Option<f64>,
    /// Folder for the runs and capacity.json [default: runs/NAME-capacity-TIME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Changes of the scenario")]
    change: ChangeArguments,
}

fn load(text: &str) -> Result<Load, String> {
    match text {
        "rate" => Ok(Load::Rate),
        "devices" => Ok(Load::Devices),
        _ => Err("write rate or devices".to_owned()),
    }
}

/// A share that may be nothing, or all.
fn allowance(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').trim_end().parse() {
        Ok(0.0) if text.ends_with('%') => Ok(0.0),
        Ok(_) | Err(_) => {
            share(text).map_err(|_| "write a percentage, 0% or from 0.1% to 100%".to_owned())
        }
    }
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse().ok();
    let amount = amount.filter(|amount: &f64| (0.01..=10_000_000.0).contains(amount));
    amount.ok_or_else(|| "write a number from 0.01 to 10,000,000".to_owned())
}

impl CapacityArguments {
    /// The flag that says what the search decides itself, if one does.
    #[must_use]
    pub fn decided(&self) -> Option<(&'static str, &'static str)> {
        let change = &self.change;
        let devices = change.devices.is_some() && self.search == Load::Devices;
        let rate = change.rate.is_some() && self.search == Load::Rate;
        [
            (devices, "--devices", "--from and --max say how many"),
            (
                rate,
                "--rate",
                "--from and --max say how many events a second",
            ),
            (
                change.duration.is_some(),
                "--duration",
                "--warm-up and --hold say how long",
            ),
        ]
        .into_iter()
        .find_map(|(given, flag, instead)| given.then_some((flag, instead)))
    }

    /// The run of a `load` of `search` that is held for `hold`; without one, that of the scenario as it is.
    #[must_use]
    pub fn as_run(&self, load: Option<f64>, hold: Duration) -> RunArguments {
        let mut change = self.change.clone();
        match (self.search, load) {
            (_, None) => {}
            (Load::Rate, Some(load)) => change.rate = Some(load),
            (Load::Devices, Some(load)) => change.devices = Some(load.round() as u32),
        }
        change.duration = Some(Period(self.warm_up.0 + hold));
        run_among_others(Some(&self.scenario), &change)
    }
}
