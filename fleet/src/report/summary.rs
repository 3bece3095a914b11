//! `summary.json`: the figures of a run for scripts. The keys are a contract; see `docs/summary.md`.

mod statistics;
mod validity;

use std::collections::BTreeMap;

use emulator::{DropAccount, Settlement, Transport};
use serde::Serialize;

pub(super) use validity::Validity;

pub(super) use statistics::rounded;

use statistics::Statistics;
use validity::{incomplete, validity};

use super::{faults::FaultRow, licenses::LicenseSection};
use crate::{
    conductor::RunResult,
    courier::Phases,
    exit::Exit,
    journal, monitor,
    record::TransportHistograms,
    scenario::Scenario,
    steering::Intervention,
    threshold::{Figures, LedgerFigure, Metric, Threshold, ThresholdResult},
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
    by_fleet: BTreeMap<String, TypeSection>,
    errors: Vec<ErrorRow>,
    faults: Vec<FaultRow>,
    /// What somebody did to the run while it went on.
    interventions: Vec<InterventionRow>,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dialogue: Vec<String>,
}

#[derive(Debug, Serialize)]
struct InterventionRow {
    at_s: f64,
    what: String,
}

impl InterventionRow {
    fn new(intervention: &Intervention) -> Self {
        Self {
            at_s: rounded(intervention.at.as_secs_f64()),
            what: intervention.what.clone(),
        }
    }
}

/// The name of a transport in results.
pub(crate) fn transport_name(transport: Transport) -> &'static str {
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
        let thresholds = thresholds(scenario, result);
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
            by_fleet: by_fleet(scenario, result),
            errors: errors(result),
            faults: result.faults.iter().map(FaultRow::new).collect(),
            interventions: result
                .interventions
                .iter()
                .map(InterventionRow::new)
                .collect(),
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

fn thresholds(scenario: &Scenario, result: &RunResult) -> Vec<ThresholdResult> {
    let figures = Figures::of_run(scenario, result);
    let demanded = scenario.thresholds.iter().enumerate();
    let mut results: Vec<_> = demanded
        .map(|(number, threshold)| figures.judge(threshold, result.watched.get(number)))
        .collect();
    // A server that never answers must not let a run pass, whatever the scenario demands.
    if result.gathered.ledger.outstanding() > 0 {
        let metric = Metric::Ledger(LedgerFigure::Outstanding);
        let unfinished = Threshold::at_most("ledger.outstanding", metric, 0.0);
        results.push(figures.judge(&unfinished, None));
    }
    results
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

fn transport_section(
    scenario: &Scenario,
    result: &RunResult,
    transport: Transport,
) -> TransportSection {
    let counts = &result.gathered.transports[transport as usize];
    let histograms = result.gathered.histograms.transport(transport);
    let figures = Figures::of_run(scenario, result);
    let ended = figures.counts(transport);
    TransportSection {
        delivered: ended.delivered,
        failed: ended.failed,
        unconfirmed: ended.unconfirmed,
        attempts: counts.attempts,
        rate_per_s: rounded(figures.rate_per_s(transport)),
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

fn by_fleet(scenario: &Scenario, result: &RunResult) -> BTreeMap<String, TypeSection> {
    let fleets = scenario.fleets.iter().zip(&result.gathered.by_fleet);
    let sections = fleets.map(|(fleet, figures)| {
        let counts = &figures.counts;
        let section = TypeSection {
            queued: counts.queued,
            delivered: counts.delivered,
            failed: counts.failed,
            unconfirmed: counts.unconfirmed,
            dropped: counts.dropped,
            response_ms: Statistics::of_responses(&figures.response),
        };
        (fleet.name.clone(), section)
    });
    sections.collect()
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
            dialogue: error.dialogue.lines().map(str::to_owned).collect(),
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}
