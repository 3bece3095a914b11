//! Arguments of comparisons: of stored runs, of runs in turn, of variants, with a baseline.

use std::path::PathBuf;

use clap::Args;

use super::{ChangeArguments, RunArguments};
use crate::{compare::Metric, scenario::Source};

/// Further runs, to be compared.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ComparedArguments {
    /// Run once more with this changed, and print both side by side, as in call-home.rate-limit=5
    /// (repeatable; several settings of one variant are joined by &&). Thresholds that fail are told in
    /// the table, and do not decide the exit code.
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "baseline")]
    pub(super) variant: Vec<String>,
    /// Compare the run with a stored one, or with a folder of them (exit code 91: a regression).
    #[arg(long, value_name = "FILE", env = "FLEET_BASELINE")]
    pub(super) baseline: Option<PathBuf>,
    /// What `fleet calibrate` learned, without which one run against one shows no more than its costs.
    #[arg(long, value_name = "FILE", env = "FLEET_NOISE")]
    pub(super) noise: Option<PathBuf>,
    /// Compare this with the baseline, as in smtp.response.p99, instead of the usual (repeatable).
    #[arg(long, value_name = "METRIC", value_parser = Metric::parse, requires = "baseline")]
    pub(super) metric: Vec<Metric>,
    /// The smallest change against the baseline that matters [default: 5%].
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "baseline")]
    pub(super) min_effect: Option<f64>,
}

/// What a run is compared with, and by what.
#[derive(Clone, Debug)]
pub struct BaselineArguments {
    /// The stored run, or a folder of them.
    pub path: PathBuf,
    /// What `fleet calibrate` learned.
    pub noise: Option<PathBuf>,
    /// What is compared; the usual if nothing is named.
    pub metric: Vec<Metric>,
    /// The smallest change that matters, as a share.
    pub min_effect: f64,
}

/// The smallest change that matters unless told otherwise, as a share.
const MIN_EFFECT_DEFAULT: f64 = 0.05;

/// Arguments of `fleet compare`.
#[derive(Args, Clone, Debug)]
pub struct CompareArguments {
    /// A base, and what to compare with it, each a run directory, a summary.json or a folder of repeated
    /// runs; with --interleave, the scenario [default: the built-in quickstart].
    #[arg(value_name = "BASE NEW")]
    pub runs: Vec<PathBuf>,
    /// Run a scenario in turn for the base and for what is compared, in N pairs, and compare these.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500))]
    pub interleave: Option<u32>,
    /// What the base sets in the scenario, as in targets.smtp=smtp://127.0.0.1:2525 (repeatable).
    #[arg(long, value_name = "KEY=VALUE", requires = "interleave")]
    pub base: Vec<String>,
    /// What is compared with the base sets in the scenario (repeatable).
    #[arg(long, value_name = "KEY=VALUE", requires = "interleave")]
    pub new: Vec<String>,
    /// Command line of a server that is started for each run of the base, and ended after it: what it listens
    /// on is said by --smtp or --https.
    #[arg(long, value_name = "COMMAND", requires = "interleave")]
    pub base_program: Option<String>,
    /// Likewise for what is compared with the base, as in "./relay-new --port 2525".
    #[arg(long, value_name = "COMMAND", requires = "interleave")]
    pub new_program: Option<String>,
    /// Folder for the interleaved runs [default: runs/NAME-compared-TIME].
    #[arg(long, value_name = "DIR", requires = "interleave")]
    pub out: Option<PathBuf>,
    /// Compare this, as in smtp.response.p99, instead of the usual (repeatable).
    #[arg(long, value_name = "METRIC", value_parser = Metric::parse)]
    pub metric: Vec<Metric>,
    /// The smallest change that matters.
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    pub min_effect: f64,
    /// What `fleet calibrate` learned: smaller changes are no regressions.
    #[arg(long, value_name = "FILE")]
    pub noise: Option<PathBuf>,
    /// Write everything that is known of the comparison.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a page about the comparison; with --interleave, one is beside the runs in any case.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// End with exit code 0 in spite of a regression.
    #[arg(long)]
    pub exit_zero: bool,
    #[command(
        flatten,
        next_help_heading = "Changes of the scenario, with --interleave"
    )]
    change: ChangeArguments,
}

/// Arguments of `fleet calibrate`.
#[derive(Args, Clone, Debug)]
pub struct CalibrateArguments {
    /// Scenario file (TOML); without one, the built-in quickstart.
    pub scenario: Option<PathBuf>,
    /// How often to run it.
    #[arg(long, value_name = "N", default_value = "10",
        value_parser = clap::value_parser!(u32).range(3..=60))]
    pub runs: u32,
    /// The smallest change that matters: how many pairs of runs find it is said.
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    pub min_effect: f64,
    /// Folder for the runs and noise.json [default: runs/NAME-noise-TIME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Changes of the scenario")]
    change: ChangeArguments,
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').map(str::trim_end);
    let percent = percent.and_then(|percent| percent.parse::<f64>().ok());
    let share = percent.filter(|percent| (0.1..=100.0).contains(percent));
    share
        .map(|percent| percent / 100.0)
        .ok_or_else(|| "write a percentage from 0.1% to 100%, as in 5%".to_owned())
}

/// A run among others, which prints nothing but what goes wrong.
pub(super) fn run_among_others(
    scenario: Option<&PathBuf>,
    change: &ChangeArguments,
) -> RunArguments {
    RunArguments {
        exit_zero: false,
        live: super::LiveArguments::default(),
        scenario: scenario.cloned(),
        change: change.clone(),
        compared: ComparedArguments::default(),
        out: None,
        ssh: None,
        quiet: true,
        plain: true,
        no_color: false,
    }
}

impl CompareArguments {
    /// Whether anything is to change the scenario, which stored runs have behind them.
    pub fn changes_scenario(&self) -> bool {
        !self.change.as_typed().is_empty()
    }

    /// Each of the interleaved runs, before either side changes anything.
    pub fn as_run(&self) -> RunArguments {
        run_among_others(self.runs.first(), &self.change)
    }
}

impl CalibrateArguments {
    /// Each of the runs.
    pub fn as_run(&self) -> RunArguments {
        run_among_others(self.scenario.as_ref(), &self.change)
    }
}

impl RunArguments {
    /// What is run once more, each with something changed.
    pub fn variants(&self) -> &[String] {
        &self.compared.variant
    }

    /// What to compare the run with, if with anything.
    pub fn baseline(&self) -> Option<BaselineArguments> {
        let compared = &self.compared;
        Some(BaselineArguments {
            path: compared.baseline.clone()?,
            noise: compared.noise.clone(),
            metric: compared.metric.clone(),
            min_effect: compared.min_effect.unwrap_or(MIN_EFFECT_DEFAULT),
        })
    }

    /// What the scenario's file is called, without its ending.
    pub fn stem(&self) -> String {
        match self.source() {
            Source::BuiltIn => "quickstart".to_owned(),
            Source::Composed { name, .. } => name.to_owned(),
            Source::File(path) => {
                let stem = path.file_stem().map(|stem| stem.to_string_lossy());
                stem.map_or_else(|| "scenario".to_owned(), |stem| stem.into_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages() {
        assert_eq!(share("5%"), Ok(0.05));
        assert_eq!(share("2.5 %"), Ok(0.025));
        for wrong in ["5", "0.05", "0%", "-1%", "nan%", "%", "101%"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
