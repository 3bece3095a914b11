//! The figures of a run as `summary.json` holds them, read back.
//!
//! `docs/summary.md` tells what each key means. Keys that are missing count as nothing: summaries of other versions of schema 1 have fewer or more.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::Deserialize;
use serde_json::Value;

use super::{ReportError, inert::make_inert};
use crate::report::numbers::{count, exact};

/// The schema that is understood here.
const SCHEMA: u64 = 1;

/// What a summary says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// The program that made it.
    pub tool: Tool,
    /// What ran.
    pub run: Run,
    /// Where.
    pub host: Host,
    /// How many devices.
    pub devices: u64,
    /// Whether the figures are worth anything.
    pub validity: Validity,
    /// The accounts.
    pub ledger: Ledger,
    /// By transport.
    pub transports: BTreeMap<String, TransportFacts>,
    /// By message type.
    pub by_type: BTreeMap<String, GroupFacts>,
    /// By fleet.
    pub by_fleet: BTreeMap<String, GroupFacts>,
    /// Failed attempts by kind.
    pub errors: Vec<ErrorFacts>,
    /// What embedded sinks did wrong on request.
    pub faults: Vec<FaultFacts>,
    /// What somebody did while it went on, in the order of time.
    pub interventions: Vec<InterventionFacts>,
    /// What the scenario demanded.
    pub thresholds: Vec<ThresholdFacts>,
    /// The journal that belongs to it.
    pub journal: Option<JournalFacts>,
    /// What the run came to.
    pub verdict: String,
}

/// The program.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tool {
    pub name: String,
    pub version: String,
}

/// What ran.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Run {
    pub name: String,
    pub seed: u64,
    pub started: String,
    pub wall_s: f64,
    pub device_s: f64,
    pub fingerprint: String,
}

/// Where it ran.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Host {
    pub cpus: u64,
    pub kernel: String,
}

/// Whether the figures are worth anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Validity {
    pub valid: bool,
    pub reasons: Vec<String>,
    pub remarks: Vec<String>,
    pub lag_ms: Statistics,
    pub lag_budget_ms: f64,
    pub littles_law: LittlesLaw,
    pub standstill_ms: f64,
    pub cpu_s: f64,
    pub peak_rss_bytes: u64,
    pub startup_s: f64,
}

/// Messages in the system against rate times stay.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LittlesLaw {
    pub mean_in_system: f64,
    pub arrivals_per_s: f64,
    pub mean_stay_ms: f64,
    pub unexplained_ms: f64,
}

/// The accounts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ledger {
    pub events: u64,
    pub unheard: u64,
    pub triggers: u64,
    pub candidates: u64,
    pub dropped: BTreeMap<String, u64>,
    pub messages: u64,
    pub delivered: u64,
    pub failed: u64,
    pub unconfirmed: u64,
    pub queued: u64,
    pub in_flight: u64,
    pub sink: Sink,
    pub balanced: bool,
}

impl Ledger {
    /// Candidates that became no message.
    pub(crate) fn dropped_in_all(&self) -> u64 {
        self.dropped
            .values()
            .fold(0, |all, count| all.saturating_add(*count))
    }

    /// Messages without an outcome.
    pub(crate) fn outstanding(&self) -> u64 {
        self.queued.saturating_add(self.in_flight)
    }
}

/// What embedded sinks took.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sink {
    pub embedded: Vec<String>,
    pub received: u64,
    pub duplicates: u64,
    pub dropped: u64,
    pub unknown: u64,
    pub missing: u64,
}

/// Figures of one transport.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TransportFacts {
    pub delivered: u64,
    pub failed: u64,
    pub unconfirmed: u64,
    pub attempts: u64,
    pub rate_per_s: f64,
    pub bytes: u64,
    pub connections: u64,
    pub response_ms: Statistics,
    pub service_ms: Statistics,
    pub queue_ms: Statistics,
    pub phases_ms: BTreeMap<String, Statistics>,
}

/// Figures of one message type, of one fleet, or of one site.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GroupFacts {
    pub queued: u64,
    pub delivered: u64,
    pub failed: u64,
    pub unconfirmed: u64,
    pub dropped: u64,
    pub response_ms: Statistics,
}

impl GroupFacts {
    /// Messages that are not known to be delivered.
    pub(crate) fn undelivered(&self) -> u64 {
        self.queued.saturating_sub(self.delivered)
    }
}

/// `groups` with their names: those with the most undelivered messages first, then those with the
/// longest p99.
pub(crate) fn worst_first(groups: &BTreeMap<String, GroupFacts>) -> Vec<(&String, &GroupFacts)> {
    let mut rows: Vec<_> = groups.iter().collect();
    rows.sort_by(|(_, one), (_, other)| {
        let undelivered = other.undelivered().cmp(&one.undelivered());
        undelivered.then(other.response_ms.p99.total_cmp(&one.response_ms.p99))
    });
    rows
}

/// One kind of failed attempts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorFacts {
    pub transport: String,
    pub kind: String,
    pub code: Option<u64>,
    pub count: u64,
    pub example: String,
    pub dialogue: Vec<String>,
}

/// One fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FaultFacts {
    pub name: Option<String>,
    pub target: String,
    pub kind: String,
    pub stage: Option<String>,
    pub at_s: f64,
    pub for_s: Option<f64>,
    pub active_s: f64,
    pub applied: u64,
}

/// What somebody did to the run while it went on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InterventionFacts {
    pub at_s: f64,
    pub what: String,
}

/// What was demanded, and whether it was so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ThresholdFacts {
    pub metric: String,
    pub max_ms: Option<f64>,
    pub min_ms: Option<f64>,
    pub value_ms: Option<f64>,
    pub max: Option<f64>,
    pub min: Option<f64>,
    pub value: Option<f64>,
    pub at_least: bool,
    pub samples: Option<u64>,
    pub samples_needed: Option<u64>,
    pub for_s: Option<f64>,
    pub broken_s: Option<f64>,
    pub aborted: bool,
    pub passed: bool,
}

impl ThresholdFacts {
    fn unit(&self) -> &'static str {
        if self.max_ms.or(self.min_ms).is_some() {
            " ms"
        } else {
            ""
        }
    }

    /// The value, marked where it is a lower bound.
    pub(crate) fn value(&self) -> String {
        let mark = if self.at_least { "> " } else { "" };
        let value = self.value_ms.or(self.value);
        value.map_or_else(
            || "nothing measured".to_owned(),
            |value| format!("{mark}{}{}", exact(value), self.unit()),
        )
    }

    /// What it had to be.
    pub(crate) fn demand(&self) -> String {
        let bound = |sign: &str, value: Option<f64>| {
            value.map(|value| format!("{sign} {}{}", exact(value), self.unit()))
        };
        let bounds = [
            bound("≤", self.max_ms.or(self.max)),
            bound("≥", self.min_ms.or(self.min)),
        ];
        let bounds: Vec<_> = bounds.into_iter().flatten().collect();
        bounds.join(", ")
    }

    /// What else there is to say; mostly nothing.
    pub(crate) fn particulars(&self) -> Vec<String> {
        let broken = self.for_s.zip(self.broken_s).map(|(for_s, broken_s)| {
            let [for_s, broken_s] = [for_s, broken_s].map(exact);
            format!("broken for {broken_s} s at a stretch, and {for_s} s fail")
        });
        let few = self
            .samples
            .zip(self.samples_needed)
            .map(|(samples, needed)| {
                let [samples, needed] = [samples, needed].map(count);
                format!("of {samples} samples, and {needed} are needed to judge by it")
            });
        let aborted = self.aborted.then(|| "the run was ended for it".to_owned());
        [broken, few, aborted].into_iter().flatten().collect()
    }

    /// All of that but the metric.
    pub(crate) fn in_words(&self) -> String {
        let mut words = vec![format!("{}, wanted {}", self.value(), self.demand())];
        words.extend(self.particulars());
        words.join("; ")
    }
}

/// The journal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JournalFacts {
    pub records: u64,
    pub lost: u64,
    pub digest: String,
}

/// Statistics of an interval in milliseconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Statistics {
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p99_9: f64,
    pub max: f64,
    pub unanswered: u64,
    pub lower_bounds: Vec<String>,
}

impl Facts {
    /// Reads the summary at `path`; `None` when there is none.
    ///
    /// # Errors
    /// When it is no whole summary of a schema that is known.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ReportError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let path = path.to_owned();
                return Err(ReportError::Open { path, source });
            }
        };
        let mut value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            let path = path.to_owned();
            if error.is_eof() {
                ReportError::Truncated { path }
            } else {
                let reason = error.to_string();
                ReportError::NoJson { path, reason }
            }
        })?;
        check_kind(path, &value)?;
        make_inert(&mut value);
        let facts = serde_json::from_value(value).map_err(|error| ReportError::NoSense {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Some(facts))
    }
}

/// Sees to it that `value` is a summary, and one that can be understood.
fn check_kind(path: &Path, value: &Value) -> Result<(), ReportError> {
    let path = || path.to_owned();
    let is_fleet = value.pointer("/tool/name").and_then(Value::as_str) == Some("fleet");
    let Some(schema) = value["schema"].as_u64().filter(|_| is_fleet) else {
        return Err(ReportError::Foreign { path: path() });
    };
    if schema != SCHEMA {
        let path = path();
        return Err(ReportError::Schema { path, schema });
    }
    let parts = ["run", "validity", "ledger", "transports"];
    match parts.into_iter().find(|part| !value[*part].is_object()) {
        None => Ok(()),
        Some(part) => Err(ReportError::NoSense {
            path: path(),
            reason: format!("`{part}` is missing"),
        }),
    }
}
