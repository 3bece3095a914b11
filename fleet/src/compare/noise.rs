//! The noise floor: what figures of one server differ by from run to run, as `fleet calibrate` learns it.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{LEVEL, Metric, Pairing, Refusal, Stored};
use crate::statistics::{mean, median, power, squares};

/// Schema of noise files.
const SCHEMA: u32 = 1;
/// The power that the pairs to run are reckoned for.
pub const POWER: f64 = 0.95;
/// Fewest runs that tell anything about noise.
pub const RUNS_MIN: usize = 3;
/// What the variance of a median is beside that of a mean, of normal values and some runs: π / 2.
const MEDIAN_VARIANCE: f64 = std::f64::consts::FRAC_PI_2;

/// What was learned.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    schema: u32,
    /// The scenario's name.
    name: String,
    devices: u64,
    fingerprint: String,
    /// Runs that it was learned from.
    runs: usize,
    /// The effect that pairs are reckoned for, as a share.
    min_effect: f64,
    /// One for each metric that all runs had.
    metrics: BTreeMap<String, Spread>,
    /// Metrics that nothing could be learned about, and why.
    unknown: BTreeMap<String, String>,
}

/// How a metric spreads.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Its median.
    pub median: f64,
    /// One relative standard deviation over all runs, drift included.
    pub spread: f64,
    /// The same of neighbouring runs, which is what interleaved runs meet.
    pub neighbours: f64,
    /// The smallest difference of two single runs that is no noise, as a share, judged alone.
    pub floor: f64,
    /// Interleaved pairs that find the effect with a power of 0.95, among all metrics here; none where a
    /// thousand do not, and for what is counted.
    pub pairs_needed: Option<usize>,
}

impl Noise {
    /// What `runs` of one server tell, for changes of `effect`.
    ///
    /// # Errors
    /// When they are too few.
    pub fn learn(runs: &[Stored], effect: f64) -> Result<Self, Refusal> {
        let first = &runs[0];
        if runs.len() < RUNS_MIN {
            return Err(Refusal::new(
                &first.path,
                format!("{} runs tell nothing about noise", runs.len()),
                format!("run at least {RUNS_MIN}"),
            ));
        }
        let read = |metric: Metric| -> Option<(Metric, Vec<f64>)> {
            let values = runs.iter().map(|run| metric.read(run).ok());
            let values: Option<Vec<f64>> = values.collect();
            let positive = |values: &Vec<f64>| values.iter().all(|value| *value > 0.0);
            Some((metric, values.filter(positive)?))
        };
        let measured: Vec<_> = Metric::usual().into_iter().filter_map(read).collect();
        let timed = measured.iter().filter(|(metric, _)| !metric.is_counted());
        let tests = timed.count().max(1);
        let spreads = measured.iter().map(|(metric, values)| {
            let mut spread = Spread::of(values, effect, LEVEL / tests as f64);
            spread.pairs_needed = spread.pairs_needed.filter(|_| !metric.is_counted());
            (metric.to_string(), spread)
        });
        Ok(Self {
            schema: SCHEMA,
            name: first.name.clone(),
            devices: first.devices,
            fingerprint: first.fingerprint.clone(),
            runs: runs.len(),
            min_effect: effect,
            metrics: spreads.collect(),
            unknown: unknown(runs),
        })
    }

    /// Reads what was learned.
    ///
    /// # Errors
    /// When the file is missing, damaged or foreign.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let remedy = "name the noise.json that `fleet calibrate` wrote";
        let text = fs::read_to_string(path)
            .map_err(|error| Refusal::new(path, format!("cannot be read: {error}"), remedy))?;
        let noise: Self = serde_json::from_str(&text)
            .map_err(|error| Refusal::new(path, format!("no noise floor: {error}"), remedy))?;
        let sound = |spread: &Spread| spread.spread.is_finite() && spread.spread >= 0.0;
        if noise.schema != SCHEMA || noise.runs < RUNS_MIN || !noise.metrics.values().all(sound) {
            let reason = "no noise floor that this program knows";
            return Err(Refusal::new(path, reason, remedy));
        }
        Ok(noise)
    }

    /// Whether it is about runs like `run`.
    pub(super) fn fits(&self, run: &Stored) -> Result<(), Refusal> {
        let same = (&self.name, self.devices, &self.fingerprint)
            == (&run.name, run.devices, &run.fingerprint);
        match same {
            true => Ok(()),
            false => Err(Refusal::new(
                &run.path,
                format!(
                    "the noise floor is that of `{}` with {} devices and another fingerprint",
                    self.name, self.devices
                ),
                "calibrate with the scenario that is compared, with the same flags",
            )),
        }
    }

    /// What `metric` of so many runs of base and new may differ by with probability `1 - level` for no reason
    /// but noise, as a logarithm of a ratio; `None` of a metric that nothing is known about.
    pub(super) fn floor(
        &self,
        metric: Metric,
        runs: (usize, usize),
        level: f64,
        pairing: Pairing,
    ) -> Option<f64> {
        let known = self.metrics.get(&metric.to_string())?;
        let spread = match pairing {
            Pairing::Independent => known.spread,
            Pairing::Interleaved => known.neighbours,
        };
        floor(spread, self.runs, runs, level)
    }

    /// Runs that it was learned from.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Metrics that nothing could be learned about, and why.
    pub fn unknown(&self) -> impl Iterator<Item = (&String, &String)> {
        self.unknown.iter()
    }

    /// How each metric spreads.
    pub fn spreads(&self) -> impl Iterator<Item = (&String, &Spread)> {
        self.metrics.iter()
    }
}

/// The usual metrics that some of `runs` say nothing about.
fn unknown(runs: &[Stored]) -> BTreeMap<String, String> {
    let metrics = Metric::usual().into_iter();
    let occurring = metrics.filter(|metric| runs.iter().any(|run| metric.occurs(run)));
    let why = |metric: Metric| {
        let unfit = runs.iter().find_map(|run| metric.read(run).err())?;
        Some((metric.to_string(), unfit.to_string()))
    };
    occurring.filter_map(why).collect()
}

impl Spread {
    fn of(values: &[f64], effect: f64, level: f64) -> Self {
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let spread = (squares(&logs) / (logs.len() - 1) as f64).sqrt();
        let steps: Vec<f64> = logs
            .windows(2)
            .map(|two| (two[1] - two[0]).powi(2) / 2.0)
            .collect();
        let neighbours = mean(&steps).sqrt();
        let floor = floor(spread, values.len(), (1, 1), LEVEL);
        Self {
            median: median(values).unwrap_or(0.0),
            spread,
            neighbours,
            floor: floor.map_or(0.0, f64::exp_m1),
            pairs_needed: power::pairs_needed(effect.ln_1p(), neighbours, level, POWER),
        }
    }
}

/// The floor of `spread`, learned from `runs`, for medians of so many runs of either side.
fn floor(spread: f64, runs: usize, (base, new): (usize, usize), level: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, (runs - 1) as f64).ok()?;
    let variance = |count: usize| {
        let own = if count > 2 { MEDIAN_VARIANCE } else { 1.0 };
        own / count as f64
    };
    let quantile = student.inverse_cdf(1.0 - level / 2.0);
    Some(quantile * spread * (variance(base) + variance(new)).sqrt())
}
