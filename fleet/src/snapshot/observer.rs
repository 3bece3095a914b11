//! Makes snapshots from what has been gathered: it remembers the last minute.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use emulator::{DropAccount, Settlement, Transport};

use super::{
    Accounts, Done, ErrorState, FaultLine, Generator, Link, Percentiles, Phase, Second, Snapshot,
    ThresholdState, TransportState,
};
use crate::{
    monitor::{self, Usage},
    record::{Gathered, Reading, Responses},
    report::{data::inert::inert, transport_name},
    scenario::{Scenario, TargetChoice},
    steering::Steering,
    threshold::{Figures, Threshold},
};

/// How often a snapshot is made.
const EVERY: Duration = Duration::from_millis(250);
/// How long a row is.
const ROW: Duration = Duration::from_secs(1);
/// Rows that are remembered.
const ROWS_MAX: usize = 60;
/// Rows whose intervals are remembered.
const LATELY_ROWS: usize = 5;
/// Kinds of error that are shown.
const ERRORS_SHOWN: usize = 5;

/// What does not change while a run goes on.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Addresses to look at.
    pub links: Vec<Link>,
}

/// Watches a run and makes snapshots of it.
#[derive(Debug)]
pub struct Observer {
    scenario: Arc<Scenario>,
    facts: Facts,
    /// When the last snapshot was made.
    made: Option<Duration>,
    row: Gathered,
    row_begun: Duration,
    /// The last whole row, and how long it was.
    last_row: (Gathered, Duration),
    rows: VecDeque<Second>,
    lately: VecDeque<[Responses; 2]>,
    cpu_s: f64,
    cpus_busy: f64,
    /// Traffic has ended early.
    ending: bool,
}

impl Observer {
    /// Watches a run of `scenario`.
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self {
            scenario,
            facts: Facts::default(),
            made: None,
            row: Gathered::default(),
            row_begun: Duration::ZERO,
            last_row: (Gathered::default(), ROW),
            rows: VecDeque::new(),
            lately: VecDeque::new(),
            cpu_s: Usage::now().cpu_s,
            cpus_busy: 0.0,
            ending: false,
        }
    }

    /// An address to look at has become known.
    pub fn link(&mut self, name: &str, url: String) {
        let name = name.to_owned();
        self.facts.links.push(Link { name, url });
    }

    /// Traffic has ended early.
    pub fn ending(&mut self) {
        self.ending = true;
        // Soon to be seen.
        self.made = None;
    }

    /// `elapsed` of the run has passed, this has been gathered in `all`, this `lately`. Returns a snapshot
    /// when it is time for one.
    pub fn take(
        &mut self,
        elapsed: Duration,
        (all, lately): (&Gathered, &Gathered),
        steering: Option<&Steering>,
    ) -> Option<Snapshot> {
        self.row.merge(lately);
        let span = elapsed.saturating_sub(self.row_begun);
        if span >= ROW {
            self.end_row(elapsed, span);
        }
        let fresh = self
            .made
            .is_some_and(|made| elapsed.saturating_sub(made) < EVERY);
        if fresh {
            return None;
        }
        self.made = Some(elapsed);
        Some(self.snapshot(elapsed, all, steering))
    }

    fn end_row(&mut self, elapsed: Duration, span: Duration) {
        let row = std::mem::take(&mut self.row);
        let per_s = |count: u64| count as f64 / span.as_secs_f64();
        self.rows.push_back(Second {
            triggers: per_s(row.ledger.triggers),
            messages: per_s(row.ledger.messages()),
            delivered: per_s(row.ledger.settled(Settlement::Delivered)),
            failed: per_s(row.ledger.settled(Settlement::Failed)),
        });
        let responses = Transport::ALL.map(|by| row.histograms.transport(by).response.clone());
        self.lately.push_back(responses);
        while self.rows.len() > ROWS_MAX {
            self.rows.pop_front();
        }
        while self.lately.len() > LATELY_ROWS {
            self.lately.pop_front();
        }
        let cpu_s = Usage::now().cpu_s;
        self.cpus_busy = (cpu_s - self.cpu_s) / span.as_secs_f64();
        self.cpu_s = cpu_s;
        self.last_row = (row, span);
        self.row_begun = elapsed;
    }

    /// How the run stands when `elapsed` of it has passed.
    pub fn snapshot(
        &self,
        elapsed: Duration,
        all: &Gathered,
        steering: Option<&Steering>,
    ) -> Snapshot {
        let scenario = &self.scenario;
        let paused = steering.is_some_and(Steering::is_paused);
        Snapshot {
            name: inert(&scenario.name),
            seed: scenario.seed,
            devices: scenario.device_count(),
            targets: targets(scenario),
            elapsed_s: elapsed.as_secs_f64(),
            duration_s: scenario.duration.as_secs_f64(),
            phase: match (self.ending || elapsed >= scenario.duration, paused) {
                (true, _) => Phase::Draining,
                (false, true) => Phase::Paused,
                (false, false) => Phase::Running,
            },
            factor: steering.map_or(1.0, Steering::factor),
            now: self.rows.back().copied().unwrap_or_default(),
            minute: self.rows.iter().copied().collect(),
            ledger: accounts(all),
            transports: self.transports(all),
            generator: self.generator(all),
            errors: errors(all),
            faults: steering.map(faults).unwrap_or_default(),
            thresholds: self.thresholds(elapsed, all),
            interventions: steering.map(interventions).unwrap_or_default(),
            links: self.facts.links.clone(),
            verdict: None,
        }
    }

    fn transports(&self, all: &Gathered) -> Vec<TransportState> {
        let states = Transport::ALL.into_iter().map(|transport| {
            let mut lately = Responses::default();
            for row in &self.lately {
                lately.merge(&row[transport as usize]);
            }
            let rows = all.ledger.by_type.iter();
            let own = rows.filter(|((_, by), _)| *by == transport);
            TransportState {
                name: transport_name(transport),
                delivered: own.map(|(_, row)| row.delivered).sum(),
                all: percentiles(&all.histograms.transport(transport).response),
                lately: percentiles(&lately),
            }
        });
        states.collect()
    }

    fn generator(&self, all: &Gathered) -> Generator {
        Generator {
            lag_p99_ms: all.histograms.lag.quantile_ms(0.99),
            lag_budget_ms: self.scenario.lag_budget.as_secs_f64() * 1e3,
            cpus_busy: self.cpus_busy,
            cpus: monitor::cpus(),
            peak_rss_bytes: Usage::now().peak_rss_bytes,
        }
    }

    fn thresholds(&self, elapsed: Duration, all: &Gathered) -> Vec<ThresholdState> {
        let outstanding = all.ledger.outstanding();
        let so_far = Figures::of_stretch(all, elapsed, outstanding);
        let (row, span) = &self.last_row;
        let second = Figures::of_stretch(row, *span, outstanding);
        let states = self.scenario.thresholds.iter().map(|threshold| {
            let (figures, what) = match threshold.lasting {
                // Its bounds are looked at second by second.
                Some(_) => (&second, "in the last second, "),
                None => (&so_far, ""),
            };
            threshold_state(threshold, figures, what)
        });
        states.collect()
    }
}

fn threshold_state(threshold: &Threshold, figures: &Figures<'_>, when: &str) -> ThresholdState {
    let plain = Threshold {
        lasting: None,
        ..threshold.clone()
    };
    let measured = figures.measured(plain.metric);
    let result = plain.judge(measured, None);
    let reading = measured.map(|measured| measured.reading);
    let below = |reading: Reading| plain.min.is_some_and(|min| reading.value < min);
    let state = match (reading, result.samples_needed) {
        (None, _) | (_, Some(_)) => "unknown",
        _ if result.passed => "holds",
        // What is to come to something has not come to it yet.
        (Some(reading), None) if below(reading) => "not yet",
        (Some(_), None) => "broken",
    };
    ThresholdState {
        what: inert(&format!("{when}{result}")),
        state,
    }
}

fn percentiles(responses: &Responses) -> Percentiles {
    Percentiles {
        p50: responses.quantile_ms(0.5),
        p90: responses.quantile_ms(0.9),
        p99: responses.quantile_ms(0.99),
        max: responses.max_ms(),
    }
}

fn accounts(all: &Gathered) -> Accounts {
    let ledger = &all.ledger;
    // Couriers and devices report at moments of their own: an attempt may be known before its message,
    // and a message be settled before the end of its attempt is known. What is shown adds up.
    let in_flight = all.in_flight().min(ledger.outstanding());
    let dropped = DropAccount::ALL
        .into_iter()
        .map(|account| (account.name(), ledger.dropped(account)))
        .chain([("oversize", ledger.settled(Settlement::Oversize))]);
    Accounts {
        events: all.events,
        triggers: ledger.triggers,
        dropped: ledger.dropped_in_all(),
        dropped_by: dropped.filter(|(_, count)| *count > 0).collect(),
        messages: ledger.messages(),
        delivered: ledger.settled(Settlement::Delivered),
        failed: ledger.settled(Settlement::Failed),
        unconfirmed: ledger.settled(Settlement::Unconfirmed),
        queued: all.waiting(),
        in_flight,
        devices_waiting: u64::try_from(all.devices_waiting).unwrap_or(0),
    }
}

fn errors(all: &Gathered) -> Vec<ErrorState> {
    let errors = all.errors.iter();
    let mut errors: Vec<_> = errors
        .map(|((transport, kind, code), error)| ErrorState {
            transport: transport_name(*transport),
            kind: kind.name(),
            code: *code,
            count: error.count,
            example: inert(&error.example),
        })
        .collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    errors.truncate(ERRORS_SHOWN);
    errors
}

fn faults(steering: &Steering) -> Vec<FaultLine> {
    let faults = steering.faults().into_iter();
    faults
        .map(|(target, report)| FaultLine {
            target: inert(&target),
            name: inert(report.name.as_deref().unwrap_or(&report.what)),
            what: inert(&report.what),
            state: report.state.name(),
            at_s: report.at_s,
            for_s: report.for_s,
            applied: report.applied,
        })
        .collect()
}

fn interventions(steering: &Steering) -> Vec<Done> {
    let done = steering.interventions().into_iter();
    done.map(|intervention| Done {
        at_s: intervention.at.as_secs_f64(),
        what: inert(&intervention.what),
    })
    .collect()
}

/// Where messages go, in words.
fn targets(scenario: &Scenario) -> Vec<String> {
    let place = |choice: &TargetChoice| match choice {
        TargetChoice::Embedded => "embedded".to_owned(),
        TargetChoice::Server { endpoint, .. } => format!("{}:{}", endpoint.host, endpoint.port),
    };
    let targets = &scenario.targets;
    let mut all = vec![
        format!("smtp {}", inert(&place(&targets.smtp))),
        format!("https {}", inert(&place(&targets.https))),
    ];
    match targets.hosts.len() {
        0 => {}
        1 => all.push("1 host of its own".to_owned()),
        more => all.push(format!("{more} hosts of their own")),
    }
    all
}

#[cfg(test)]
mod tests;
