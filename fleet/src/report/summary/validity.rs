//! Whether the figures of a run are worth anything, and why not.

use serde::Serialize;

use super::statistics::{Statistics, rounded};
use crate::{
    conductor::RunResult, courier::ErrorKind, journal, report::remarks::remarks, scenario::Scenario,
};

/// Lag budgets that the generator may be late at worst; most of a run cannot make up for a standstill.
const STANDSTILL_BUDGETS: f64 = 5.0;
/// Time per message that no latency accounts for: more than this part of the lag budget,
const UNEXPLAINED_BUDGETS: f64 = 0.1;
/// and than this part of the mean stay, is no rounding.
const UNEXPLAINED_SHARE: f64 = 0.05;

/// Whether the figures are worth anything.
#[derive(Debug, Serialize)]
pub struct Validity {
    /// Whether they are.
    pub valid: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// Limits that have been reached and other doubts that do not make the figures worthless.
    pub remarks: Vec<String>,
    lag_ms: Statistics,
    lag_budget_ms: f64,
    littles_law: LittlesLaw,
    standstill_ms: f64,
    cpu_s: f64,
    peak_rss_bytes: u64,
    startup_s: f64,
    rss_bytes_per_device: u64,
}

/// What is in the system on average against what comes in times how long it stays; see
/// [`crate::record::Sojourns`].
#[derive(Debug, Serialize)]
struct LittlesLaw {
    /// Messages in the devices on average, counted as they came and went.
    mean_in_system: f64,
    /// Messages per second.
    arrivals_per_s: f64,
    /// How long a message stayed on average, from due to its end, however it ended.
    mean_stay_ms: f64,
    /// What the sides differ by, per message.
    unexplained_ms: f64,
}

impl LittlesLaw {
    fn new(result: &RunResult) -> Self {
        let sojourns = &result.gathered.sojourns;
        let wall_s = result.wall.as_secs_f64();
        let per_s = |amount: f64| if wall_s > 0.0 { amount / wall_s } else { 0.0 };
        let messages = sojourns.messages as f64;
        Self {
            mean_in_system: rounded(per_s(sojourns.present.as_secs_f64())),
            arrivals_per_s: rounded(per_s(messages)),
            mean_stay_ms: rounded(sojourns.mean_stay_ms()),
            unexplained_ms: rounded(sojourns.unexplained_ms()),
        }
    }
}

/// What to say of a journal that lacks records.
pub(super) fn incomplete(journal: &journal::Closed) -> Option<String> {
    let reason = journal.failure.as_deref().unwrap_or("for no known reason");
    (journal.lost > 0).then(|| {
        format!(
            "journal.bin lacks {} records: {reason}; the figures here are complete, only an audit is not",
            journal.lost
        )
    })
}

/// Whether the figures of `result` are worth anything.
pub(super) fn validity(scenario: &Scenario, result: &RunResult) -> Validity {
    let lag = &result.gathered.histograms.lag;
    let budget_ms = scenario.lag_budget.as_secs_f64() * 1e3;
    let mut reasons = Vec::new();
    if let Some(p99) = lag.quantile_ms(0.99).filter(|p99| *p99 > budget_ms) {
        reasons.push(format!(
            "the generator was late: its lag has a p99 of {p99:.1} ms, the budget is {budget_ms:.1} ms; lower the rate or use a faster machine"
        ));
    }
    let standstill_ms = result.standstill.as_secs_f64() * 1e3;
    if standstill_ms > budget_ms * STANDSTILL_BUDGETS {
        reasons.push(format!(
            "the generator stood still for {standstill_ms:.0} ms, stopped or without a processor; more than {STANDSTILL_BUDGETS} times the lag budget is no measurement of the target"
        ));
    }
    let sojourns = &result.gathered.sojourns;
    let unexplained_ms = sojourns.unexplained_ms();
    let allowed_ms =
        (budget_ms * UNEXPLAINED_BUDGETS).max(sojourns.mean_stay_ms() * UNEXPLAINED_SHARE);
    if unexplained_ms > allowed_ms {
        reasons.push(format!(
            "Little's law does not hold: messages were in the system {unexplained_ms:.1} ms longer or shorter on average than their latencies say, and {allowed_ms:.1} ms are allowed; the machine is too busy to be believed, lower the rate"
        ));
    }
    let local: u64 = errors_of(result, ErrorKind::Local);
    if local > 0 {
        reasons.push(format!(
            "{local} attempts failed on this machine, for want of a port, a file or an address; see errors"
        ));
    }
    Validity {
        valid: reasons.is_empty(),
        reasons,
        remarks: remarks(scenario, result),
        lag_ms: Statistics::of(lag),
        lag_budget_ms: budget_ms,
        littles_law: LittlesLaw::new(result),
        standstill_ms: rounded(standstill_ms),
        cpu_s: rounded(result.usage.cpu_s),
        peak_rss_bytes: result.usage.peak_rss_bytes,
        startup_s: rounded(result.startup.as_secs_f64()),
        rss_bytes_per_device: result.devices_rss_bytes / u64::from(scenario.device_count().max(1)),
    }
}

fn errors_of(result: &RunResult, kind: ErrorKind) -> u64 {
    let errors = result.gathered.errors.iter();
    errors
        .filter(|((_, own, _), _)| *own == kind)
        .map(|(_, error)| error.count)
        .sum()
}
