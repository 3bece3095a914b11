//! What a search for the capacity of a target came to: `capacity.json`, and what pages and texts are made of.

use serde::{Deserialize, Serialize};

/// The schema of `capacity.json`.
pub const SCHEMA: u32 = 1;

/// What a search came to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CapacityResult {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub tool_version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// When the search began, RFC 3339.
    pub started: String,
    /// How long it took, in seconds.
    pub wall_s: f64,
    /// What was raised.
    pub search: Load,
    /// The objectives, as in `smtp.response.p99 <= 100ms`; those that always hold among them.
    pub objectives: Vec<String>,
    /// How long a load was held and measured, in seconds.
    pub hold_s: f64,
    /// How long it was applied before that, in seconds.
    pub warm_up_s: f64,
    /// How far apart a load that holds and one that does not may be at the end of a search, as a share.
    pub precision: f64,
    /// Every load that was tried, in order.
    pub steps: Vec<Step>,
    /// How it ended.
    pub conclusion: Conclusion,
    /// The knee, if one was found, or the highest load that is known to hold.
    pub knee: Option<Knee>,
    /// What gave way first, if anything did.
    pub gave_way: Option<GaveWay>,
    /// Whether the target recovers from an overload, if that was looked at.
    pub recovery: Option<Recovery>,
    /// The Universal Scalability Law through all steps, if there are enough of them.
    pub scalability: Option<Scalability>,
}

/// What a search raises.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// Events per second over the fleet.
    #[default]
    Rate,
    /// Devices.
    Devices,
}

impl Load {
    /// What is counted, as in "812 events/s".
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Rate => "events/s",
            Self::Devices => "devices",
        }
    }

    /// `load` with its unit.
    #[must_use]
    pub fn words(self, load: f64) -> String {
        let digits = match load {
            load if load >= 100.0 || self == Self::Devices => 0,
            load if load >= 10.0 => 1,
            _ => 2,
        };
        format!("{load:.digits$} {}", self.unit())
    }
}

/// How a search ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The knee is between two loads that are close to each other.
    Found,
    /// The generator was the bottleneck before the target was; the knee is at least what is given.
    Generator,
    /// The devices' own policy, such as their rate limit, kept messages back before the target gave way.
    Devices,
    /// The largest load that was to be tried holds.
    Largest,
    /// Not even the smallest load holds.
    NoneHolds,
    /// The target could not be reached any more.
    Lost,
    /// A signal ended the search.
    Interrupted,
}

/// Why a load was tried.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Double while it holds, halve while it does not.
    Bracket,
    /// Halve the way between what holds and what does not.
    Bisect,
    /// More than the target can take, to see what it is like afterwards.
    Overload,
    /// Right after an overload.
    Recover,
    /// The search once more, around what has been found.
    Confirm,
}

impl Purpose {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bracket => "bracket",
            Self::Bisect => "bisect",
            Self::Overload => "overload",
            Self::Recover => "recover",
            Self::Confirm => "confirm",
        }
    }
}

/// What came of a load.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every objective held.
    Held,
    /// An objective was broken.
    Broken,
    /// The generator was the bottleneck, so nothing is known of the target.
    Generator,
    /// The devices sent less than was asked of them.
    Devices,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "broken",
            Self::Generator => "generator",
            Self::Devices => "devices",
        }
    }
}

/// A load that was tried.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// Why it was tried.
    pub purpose: Purpose,
    /// In the unit of the search.
    pub load: f64,
    /// What came of it.
    pub outcome: Outcome,
    /// The objectives that were broken or what else was wrong, in words.
    pub broken: Vec<String>,
    /// How long it was held, in seconds: longer than usual where a percentile takes more samples.
    pub hold_s: f64,
    /// What was measured.
    pub figures: StepFigures,
    /// Its run directory, beside `capacity.json`.
    pub directory: String,
}

/// What was measured while a load was held.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct StepFigures {
    /// Messages that came into being, per second.
    pub offered_per_s: f64,
    /// Messages that the target accepted, per second.
    pub delivered_per_s: f64,
    /// Messages that failed or stayed unconfirmed, as a share of those that ended.
    pub undelivered_share: f64,
    /// What the devices' policy kept back (rate limit, throttling, full queues), as a share of what would
    /// have become messages.
    pub kept_back_share: f64,
    /// By how much more messages came into being than ended, as a share of those that came into being.
    pub growth_share: f64,
    /// Whether a backlog of that size grows as much by chance.
    pub growth_by_chance: bool,
    /// Messages at the target at a time, on average (Little's law).
    pub concurrency: f64,
    /// Median of the responses of the busiest transport, in milliseconds.
    pub response_p50_ms: Option<f64>,
    /// Their 99th percentile.
    pub response_p99_ms: Option<f64>,
    /// Whether that is only known to be at least so much.
    pub response_p99_at_least: bool,
    /// Mean of the services, in milliseconds.
    pub service_mean_ms: Option<f64>,
    /// Mean of the time in queues of devices and before connections, in milliseconds.
    pub queue_mean_ms: Option<f64>,
    /// Means of the phases, in milliseconds: transport, phase, mean.
    pub phases_ms: Vec<(String, String, f64)>,
    /// The 99th percentile of the generator's lag, in milliseconds.
    pub lag_p99_ms: Option<f64>,
    /// The most frequent error, in words.
    pub error: Option<String>,
}

/// Where a target gives way.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Knee {
    /// In the unit of the search.
    pub load: f64,
    /// The least that it can be.
    pub low: f64,
    /// The most; `None` when nothing larger is known not to hold.
    pub high: Option<f64>,
    /// The probability that the interval covers the median of ever more such searches; `None` for fewer than
    /// two searches.
    pub confidence: Option<f64>,
    /// How many searches found one.
    pub searches: usize,
    /// How many further searches found none: the generator, the devices or the largest load came first.
    pub without_end: usize,
    /// Messages accepted per second at `delivered_at`.
    pub delivered_per_s: f64,
    /// The highest load up to the knee that held.
    pub delivered_at: f64,
}

/// What gave way first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct GaveWay {
    /// At which load.
    pub load: f64,
    /// What it was, in a sentence or two.
    pub words: String,
    /// What to do about it.
    pub advice: String,
}

/// Whether a target recovers from an overload.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recovery {
    /// The overload.
    pub overload: f64,
    /// What was tried first after it, a load that held before.
    pub tried: f64,
    /// How often that was tried before it held, or the search went on with less.
    pub tries: usize,
    /// The highest load that held after it; `None` when none did of those that were tried.
    pub holds: Option<f64>,
}

impl Recovery {
    /// Whether less holds after an overload than before it.
    #[must_use]
    pub fn is_hysteresis(&self) -> bool {
        self.holds.is_none_or(|holds| holds < self.tried)
    }
}

/// The Universal Scalability Law: with `n` messages at a target at a time it accepts
/// `rate_of_one * n / (1 + contention * (n - 1) + coherence * n * (n - 1))` per second.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Scalability {
    /// Messages per second, one at a time.
    pub rate_of_one_per_s: f64,
    /// The share of the work that cannot go on at the same time, 0 to 1.
    pub contention: f64,
    /// What it costs to keep things in agreement, per pair.
    pub coherence: f64,
    /// The concurrency at which most is accepted; `None` when there is no such.
    pub peak_concurrency: Option<f64>,
    /// What is accepted then, or in the limit, per second; `None` when there is no limit.
    pub peak_per_s: Option<f64>,
    /// Whether that lies far beyond every concurrency that was tried.
    pub extrapolated: bool,
    /// The share of the variation that the law explains.
    pub r_squared: f64,
    /// The largest deviation of a step from the law, as a share.
    pub residual_max_share: f64,
    /// What it was fitted to.
    pub points: Vec<ScalabilityPoint>,
}

/// A step as the law sees it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ScalabilityPoint {
    /// Messages at the target at a time.
    pub concurrency: f64,
    /// Accepted per second.
    pub per_s: f64,
    /// What the law says.
    pub fitted_per_s: f64,
    /// How much more than that was accepted, as a share.
    pub residual_share: f64,
}
