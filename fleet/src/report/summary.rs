//! `summary.json`: the figures of a run for scripts. The keys are a contract; see `docs/summary.md`.

use std::collections::BTreeMap;

use emulator::{DropAccount, Settlement, Transport};
use serde::Serialize;

use super::{faults::FaultRow, licenses::LicenseSection, metrics::metric_value, remarks::remarks};
use crate::{
    conductor::RunResult,
    courier::{ErrorKind, Phases},
    exit::Exit,
    journal, monitor,
    record::{Latency, Reading, Responses, TransportHistograms},
    scenario::Scenario,
    threshold::{Threshold, ThresholdResult},
};

/// The whole summary.
#[derive(Debug, Serialize)]
pub struct Summary {
    schema: u32,
    tool: Tool,
    run: Run,
    host: Host,
    devices: u32,
    /// Whether the figures are worth anything, and why not.
    pub validity: Validity,
    /// The accounts.
    pub ledger: LedgerSection,
    transports: BTreeMap<&'static str, TransportSection>,
    by_type: BTreeMap<&'static str, TypeSection>,
    errors: Vec<ErrorRow>,
    faults: Vec<FaultRow>,
    licenses: LicenseSection,
    /// What the scenario demanded.
    pub thresholds: Vec<ThresholdResult>,
    /// The file that holds everything one by one; absent where none is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<JournalSection>,
    /// `passed`, `failed`, `invalid`, `unbalanced` or `interrupted`.
    pub verdict: &'static str,
    #[serde(skip)]
    exit: Exit,
}

#[derive(Debug, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct Run {
    name: String,
    seed: u64,
    started: String,
    wall_s: f64,
    device_s: f64,
    fingerprint: String,
}

#[derive(Debug, Serialize)]
struct Host {
    cpus: usize,
    kernel: String,
}

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

/// The file that holds everything one by one.
#[derive(Debug, Serialize)]
struct JournalSection {
    file: &'static str,
    records: u64,
    lost: u64,
    bytes: u64,
    digest: String,
    /// Why records are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl JournalSection {
    fn new(closed: &journal::Closed) -> Self {
        Self {
            file: journal::JOURNAL_FILE,
            records: closed.records,
            lost: closed.lost,
            bytes: closed.bytes,
            digest: closed.digest.clone(),
            failure: closed.failure.clone(),
        }
    }
}

/// The accounts of a run.
#[derive(Debug, Serialize)]
pub struct LedgerSection {
    events: u64,
    unheard: u64,
    triggers: u64,
    candidates: u64,
    dropped: BTreeMap<&'static str, u64>,
    messages: u64,
    delivered: u64,
    failed: u64,
    unconfirmed: u64,
    queued: u64,
    in_flight: u64,
    traps: u64,
    sink: SinkSection,
    /// Whether everything adds up.
    pub balanced: bool,
}

#[derive(Debug, Default, Serialize)]
struct SinkSection {
    /// Transports whose sink runs in this process; only those are reconciled.
    embedded: Vec<&'static str>,
    received: u64,
    duplicates: u64,
    dropped: u64,
    unknown: u64,
    missing: u64,
    unconfirmed_arrived: u64,
}

#[derive(Debug, Serialize)]
struct TransportSection {
    delivered: u64,
    failed: u64,
    unconfirmed: u64,
    attempts: u64,
    rate_per_s: f64,
    bytes: u64,
    connections: u64,
    resumed: u64,
    response_ms: Statistics,
    service_ms: Statistics,
    queue_ms: Statistics,
    phases_ms: BTreeMap<&'static str, Statistics>,
}

#[derive(Debug, Serialize)]
struct TypeSection {
    queued: u64,
    delivered: u64,
    failed: u64,
    unconfirmed: u64,
    dropped: u64,
    response_ms: Statistics,
}

#[derive(Debug, Serialize)]
struct ErrorRow {
    transport: &'static str,
    kind: &'static str,
    code: Option<u16>,
    count: u64,
    example: String,
}

/// Statistics of an interval in milliseconds. All but the count are 0 where nothing was measured.
#[derive(Debug, Default, Serialize)]
struct Statistics {
    count: u64,
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    p99_9: f64,
    max: f64,
    /// Intervals without an end, for want of an answer, that the percentiles take into account.
    #[serde(skip_serializing_if = "is_zero")]
    unanswered: u64,
    /// Which of the figures are lower bounds, for want of answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lower_bounds: Vec<&'static str>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Statistics {
    fn of(latency: &Latency) -> Self {
        let quantile = |quantile| rounded(latency.quantile_ms(quantile).unwrap_or(0.0));
        Self {
            count: latency.count(),
            mean: rounded(latency.mean_ms().unwrap_or(0.0)),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            max: rounded(latency.max_ms().unwrap_or(0.0)),
            unanswered: 0,
            lower_bounds: Vec::new(),
        }
    }

    /// The same of responses, with those that never came. The mean is that of the answers.
    fn of_responses(responses: &Responses) -> Self {
        let mut lower_bounds = Vec::new();
        let mut value = |name, reading: Option<Reading>| {
            if reading.is_some_and(|reading| reading.at_least) {
                lower_bounds.push(name);
            }
            rounded(reading.map_or(0.0, |reading| reading.value))
        };
        Self {
            count: responses.answered.count(),
            mean: rounded(responses.answered.mean_ms().unwrap_or(0.0)),
            p50: value("p50", responses.quantile_ms(0.5)),
            p90: value("p90", responses.quantile_ms(0.9)),
            p99: value("p99", responses.quantile_ms(0.99)),
            p99_9: value("p99_9", responses.quantile_ms(0.999)),
            max: value("max", responses.max_ms()),
            unanswered: responses.unanswered.count(),
            lower_bounds,
        }
    }
}

/// To a microsecond, or a millionth of whatever the unit is times a thousand.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// The name of a transport in results.
pub(super) fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Email => "smtp",
        Transport::Http => "https",
    }
}

impl Summary {
    /// The summary of `result`, whose journal came to `journal`.
    pub fn new(scenario: &Scenario, result: &RunResult, journal: Option<&journal::Closed>) -> Self {
        let mut validity = validity(scenario, result);
        validity.remarks.extend(journal.and_then(incomplete));
        let ledger = ledger(result);
        let outstanding = result.gathered.ledger.outstanding();
        // A server that never answers must not let a run pass, whatever the scenario demands.
        let unfinished = (outstanding > 0).then(|| Threshold {
            metric: "ledger.outstanding".to_owned(),
            max: Some(0.0),
            min: None,
        });
        let thresholds: Vec<_> = scenario
            .thresholds
            .iter()
            .chain(&unfinished)
            .map(|threshold| threshold.judge(metric_value(scenario, result, &threshold.metric)))
            .collect();
        let exit = Exit::of_run(
            result.interrupted,
            validity.valid,
            ledger.balanced,
            thresholds.iter().all(|threshold| threshold.passed),
        );
        Self {
            schema: 1,
            tool: Tool {
                name: "fleet",
                version: env!("CARGO_PKG_VERSION"),
            },
            run: Run {
                name: scenario.name.clone(),
                seed: scenario.seed,
                started: result.started.to_string(),
                wall_s: rounded(result.wall.as_secs_f64()),
                device_s: rounded(result.device_time.as_secs_f64()),
                fingerprint: result.gathered.fingerprint.text(),
            },
            host: Host {
                cpus: monitor::cpus(),
                kernel: monitor::kernel(),
            },
            devices: scenario.device_count(),
            validity,
            ledger,
            transports: Transport::ALL
                .into_iter()
                .map(|transport| {
                    (
                        transport_name(transport),
                        transport_section(scenario, result, transport),
                    )
                })
                .collect(),
            by_type: by_type(result),
            errors: errors(result),
            faults: result.faults.iter().map(FaultRow::new).collect(),
            licenses: LicenseSection::new(&result.gathered),
            thresholds,
            journal: journal.map(JournalSection::new),
            verdict: exit.verdict(),
            exit,
        }
    }

    /// What the run came to.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

/// What to say of a journal that lacks records.
fn incomplete(journal: &journal::Closed) -> Option<String> {
    let reason = journal.failure.as_deref().unwrap_or("for no known reason");
    (journal.lost > 0).then(|| {
        format!(
            "journal.bin lacks {} records: {reason}; the figures here are complete, only an audit is not",
            journal.lost
        )
    })
}

fn validity(scenario: &Scenario, result: &RunResult) -> Validity {
    let lag = &result.gathered.histograms.lag;
    let budget_ms = scenario.lag_budget.as_secs_f64() * 1e3;
    let mut reasons = Vec::new();
    if let Some(p99) = lag.quantile_ms(0.99).filter(|p99| *p99 > budget_ms) {
        reasons.push(format!(
            "the generator was late: its lag has a p99 of {p99:.1} ms, the budget is {budget_ms:.1} ms; lower the rate or use a faster machine"
        ));
    }
    let standstill_ms = result.standstill.as_secs_f64() * 1e3;
    let worst_ms = lag.max_ms().unwrap_or(0.0).max(standstill_ms);
    if worst_ms > budget_ms * STANDSTILL_BUDGETS {
        reasons.push(format!(
            "the generator stood still for {worst_ms:.0} ms, stopped or without a processor; more than {STANDSTILL_BUDGETS} times the lag budget is no measurement of the target"
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

fn ledger(result: &RunResult) -> LedgerSection {
    let books = &result.gathered.ledger;
    let mut dropped: BTreeMap<&'static str, u64> = DropAccount::ALL
        .into_iter()
        .map(|account| (account.name(), books.dropped(account)))
        .collect();
    dropped.insert("oversize", books.settled(Settlement::Oversize));
    let mut sink = SinkSection::default();
    for (transport, reconciled) in &result.sinks {
        let totals = reconciled.totals;
        sink.embedded.push(transport_name(*transport));
        sink.received += totals.received;
        sink.duplicates += totals.duplicates;
        sink.dropped += totals.dropped;
        sink.unknown += totals.unknown;
        sink.missing += totals.missing;
        sink.unconfirmed_arrived += totals.unconfirmed_arrived;
    }
    LedgerSection {
        events: result.emitted,
        unheard: books.unheard,
        triggers: books.triggers,
        candidates: books.candidates,
        dropped,
        messages: books.messages(),
        delivered: books.settled(Settlement::Delivered),
        failed: books.settled(Settlement::Failed),
        unconfirmed: books.settled(Settlement::Unconfirmed),
        queued: result.gathered.waiting(),
        in_flight: result.gathered.in_flight(),
        traps: books.traps,
        sink,
        balanced: result.is_balanced(),
    }
}

/// How messages by one transport ended.
pub(super) struct Ended {
    pub(super) delivered: u64,
    pub(super) failed: u64,
    pub(super) unconfirmed: u64,
}

impl Ended {
    pub(super) fn by(result: &RunResult, transport: Transport) -> Self {
        let mut ended = Self {
            delivered: 0,
            failed: 0,
            unconfirmed: 0,
        };
        for ((_, by), row) in &result.gathered.ledger.by_type {
            if *by == transport {
                ended.delivered += row.delivered;
                ended.failed += row.failed;
                ended.unconfirmed += row.unconfirmed;
            }
        }
        ended
    }
}

/// Messages accepted per second of the measured part of a run.
pub(super) fn rate_per_s(scenario: &Scenario, result: &RunResult, transport: Transport) -> f64 {
    let measured = result.gathered.transports[transport as usize].measured;
    let span = result.wall.saturating_sub(scenario.warm_up).as_secs_f64();
    if span > 0.0 {
        measured as f64 / span
    } else {
        0.0
    }
}

fn transport_section(
    scenario: &Scenario,
    result: &RunResult,
    transport: Transport,
) -> TransportSection {
    let counts = &result.gathered.transports[transport as usize];
    let histograms = result.gathered.histograms.transport(transport);
    let ended = Ended::by(result, transport);
    TransportSection {
        delivered: ended.delivered,
        failed: ended.failed,
        unconfirmed: ended.unconfirmed,
        attempts: counts.attempts,
        rate_per_s: rounded(rate_per_s(scenario, result, transport)),
        bytes: counts.bytes,
        connections: counts.connections,
        resumed: counts.resumed,
        response_ms: Statistics::of_responses(&histograms.response),
        service_ms: Statistics::of(&histograms.service),
        queue_ms: Statistics::of(&histograms.queue),
        phases_ms: phases(histograms, transport),
    }
}

/// The phases that attempts by `transport` go through; `tls` only where there was any.
fn phases(
    histograms: &TransportHistograms,
    transport: Transport,
) -> BTreeMap<&'static str, Statistics> {
    let own: &[&str] = match transport {
        Transport::Email => &["connect", "tls", "greeting", "envelope", "data"],
        Transport::Http => &["connect", "tls", "request", "reply"],
    };
    Phases::NAMES
        .into_iter()
        .zip(&histograms.phases)
        .filter(|(name, _)| own.contains(name))
        .map(|(name, latency)| (name, Statistics::of(latency)))
        .collect()
}

fn by_type(result: &RunResult) -> BTreeMap<&'static str, TypeSection> {
    let mut types: BTreeMap<&'static str, TypeSection> = BTreeMap::new();
    for ((kind, _), row) in &result.gathered.ledger.by_type {
        let section = types.entry(kind.word()).or_insert_with(|| TypeSection {
            queued: 0,
            delivered: 0,
            failed: 0,
            unconfirmed: 0,
            dropped: 0,
            response_ms: Statistics::default(),
        });
        section.queued += row.queued;
        section.delivered += row.delivered;
        section.failed += row.failed;
        section.unconfirmed += row.unconfirmed;
        section.dropped += row.dropped;
    }
    for (kind, responses) in result.gathered.histograms.types() {
        if let Some(section) = types.get_mut(kind.word()) {
            section.response_ms = Statistics::of_responses(responses);
        }
    }
    types
}

fn errors(result: &RunResult) -> Vec<ErrorRow> {
    let mut rows: Vec<_> = result
        .gathered
        .errors
        .iter()
        .map(|((transport, kind, code), error)| ErrorRow {
            transport: transport_name(*transport),
            kind: kind.name(),
            code: *code,
            count: error.count,
            example: error.example.clone(),
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}
