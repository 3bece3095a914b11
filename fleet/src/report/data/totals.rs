//! What the records of a journal add up to: percentiles at any point, and the figures of a run that left
//! no summary.

use std::{collections::BTreeMap, time::Duration};

use super::facts::{ErrorFacts, Facts, GroupFacts, Ledger, Sink, Statistics, TransportFacts};
use crate::{
    journal::{
        Record,
        record::{ACCOUNTS, Attempt, FIRST, OPENED, OUTCOMES, SETTLEMENTS, TRANSPORTS},
    },
    record::{Latency, Responses},
};

const ACCEPTED: u8 = 0;
const OVERSIZE: usize = 3;
const AGAIN: u8 = 1;
const DROPPED: u8 = 2;

/// Intervals of one transport, of messages that were due after the warm-up.
#[derive(Debug, Default)]
pub(crate) struct Intervals {
    /// Due to accepted.
    pub response: Responses,
    /// Start of the attempt to accepted.
    pub service: Latency,
    /// Due to the start of the first attempt.
    pub queue: Latency,
}

/// Counts of one transport, or of one type of messages.
#[derive(Debug, Default)]
struct Row {
    queued: u64,
    dropped: u64,
    settled: [u64; SETTLEMENTS.len()],
    attempts: u64,
    bytes: u64,
    connections: u64,
    /// Attempts by how they ended.
    outcomes: [u64; OUTCOMES.len()],
}

/// Everything added up.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    warm_up_us: u64,
    events: u64,
    unheard: u64,
    triggers: u64,
    candidates: u64,
    dropped: [u64; ACCOUNTS.len()],
    sink: Sink,
    lag: Latency,
    rows: BTreeMap<(u8, u8), Row>,
    types: BTreeMap<u8, Responses>,
    intervals: [Intervals; TRANSPORTS.len()],
    /// The latest instant that a record tells of.
    end_us: u64,
}

impl Totals {
    /// Totals of a run whose figures leave out what was due before `warm_up_us`.
    pub(crate) fn new(warm_up_us: u64) -> Self {
        Self {
            warm_up_us,
            ..Self::default()
        }
    }

    /// Enters one record.
    pub(crate) fn enter(&mut self, record: &Record) {
        match *record {
            Record::Event {
                intended_us,
                lag_us,
                ..
            } => {
                self.events += 1;
                self.lag(intended_us, lag_us);
            }
            Record::Deadline {
                intended_us,
                lag_us,
                ..
            } => self.lag(intended_us, lag_us),
            Record::Trigger { candidates, .. } => {
                self.triggers += 1;
                self.candidates += u64::from(candidates);
            }
            Record::Dropped {
                kind,
                transport,
                account,
                ..
            } => self.drop_candidate(kind, transport, account),
            Record::Queued {
                kind, transport, ..
            } => self.row(kind, transport).queued += 1,
            Record::Attempt(attempt) => self.attempt(&attempt),
            Record::Settled {
                kind,
                transport,
                settlement,
                unanswered,
                due_us,
                stayed_us,
                ..
            } => {
                self.settle(kind, transport, settlement);
                self.reach(due_us.saturating_add(stayed_us));
                if unanswered {
                    self.unanswered(kind, transport, due_us, stayed_us);
                }
            }
            Record::Outstanding {
                kind,
                transport,
                due_us,
                stayed_us,
                ..
            } => self.unanswered(kind, transport, due_us, stayed_us),
            Record::Received { taken, .. } => {
                self.sink.received += 1;
                self.sink.duplicates += u64::from(taken == AGAIN);
                self.sink.dropped += u64::from(taken == DROPPED);
            }
            Record::Unheard { .. } => self.unheard += 1,
        }
    }

    fn row(&mut self, kind: u8, transport: u8) -> &mut Row {
        self.rows.entry((kind, transport)).or_default()
    }

    fn drop_candidate(&mut self, kind: u8, transport: u8, account: u8) {
        self.row(kind, transport).dropped += 1;
        if let Some(count) = self.dropped.get_mut(usize::from(account)) {
            *count += 1;
        }
    }

    fn settle(&mut self, kind: u8, transport: u8, settlement: u8) {
        let row = self.row(kind, transport);
        if let Some(count) = row.settled.get_mut(usize::from(settlement)) {
            *count += 1;
        }
    }

    fn reach(&mut self, at_us: u64) {
        self.end_us = self.end_us.max(at_us);
    }

    fn lag(&mut self, intended_us: u64, lag_us: u32) {
        self.reach(intended_us.saturating_add(u64::from(lag_us)));
        if intended_us >= self.warm_up_us {
            self.lag.record(Duration::from_micros(u64::from(lag_us)));
        }
    }

    fn attempt(&mut self, attempt: &Attempt) {
        self.reach(attempt.ended_us);
        let row = self.row(attempt.kind, attempt.transport);
        row.attempts += 1;
        if let Some(count) = row.outcomes.get_mut(usize::from(attempt.outcome)) {
            *count += 1;
        }
        row.bytes = row.bytes.saturating_add(attempt.bytes);
        row.connections += u64::from(attempt.flags & OPENED != 0);
        if attempt.due_us < self.warm_up_us {
            return;
        }
        let Some(intervals) = self.intervals.get_mut(usize::from(attempt.transport)) else {
            return;
        };
        let since = |from: u64, to: u64| Duration::from_micros(to.saturating_sub(from));
        if attempt.flags & FIRST != 0 {
            let waited = since(attempt.due_us, attempt.started_us);
            intervals.queue.record(waited);
        }
        if attempt.outcome == ACCEPTED {
            let response = since(attempt.due_us, attempt.ended_us);
            intervals.response.record(response);
            intervals
                .service
                .record(since(attempt.started_us, attempt.ended_us));
            self.types.entry(attempt.kind).or_default().record(response);
        }
    }

    fn unanswered(&mut self, kind: u8, transport: u8, due_us: u64, stayed_us: u64) {
        if due_us < self.warm_up_us {
            return;
        }
        let stay = Duration::from_micros(stayed_us);
        if let Some(intervals) = self.intervals.get_mut(usize::from(transport)) {
            intervals.response.unanswered.record(stay);
        }
        self.types.entry(kind).or_default().unanswered.record(stay);
    }

    /// The intervals by transport.
    pub(crate) fn into_intervals(self) -> [Intervals; TRANSPORTS.len()] {
        self.intervals
    }

    /// Puts into `facts` what the records say of a run whose message types are called `types`.
    pub(crate) fn fill(&self, facts: &mut Facts, types: &[String]) {
        facts.run.wall_s = self.end_us as f64 / 1e6;
        facts.validity.lag_ms = statistics(&self.lag);
        let all = |figure: fn(&Row) -> u64| self.rows.values().map(figure).sum::<u64>();
        let queued = all(|row| row.queued);
        let [delivered, failed, unconfirmed, oversize] =
            [0, 1, 2, OVERSIZE].map(|at| self.rows.values().map(|row| row.settled[at]).sum());
        let ended: u64 = [delivered, failed, unconfirmed, oversize].iter().sum();
        let mut dropped: BTreeMap<String, u64> = ACCOUNTS
            .into_iter()
            .zip(self.dropped)
            .map(|(name, count)| (name.to_owned(), count))
            .collect();
        dropped.insert("oversize".to_owned(), oversize);
        facts.ledger = Ledger {
            events: self.events,
            unheard: self.unheard,
            triggers: self.triggers,
            candidates: self.candidates,
            dropped,
            messages: queued.saturating_sub(oversize),
            delivered,
            failed,
            unconfirmed,
            queued: queued.saturating_sub(ended),
            in_flight: 0,
            sink: self.sink.clone(),
            balanced: false,
        };
        self.fill_transports(facts);
        self.fill_types(facts, types);
        self.fill_errors(facts);
    }

    /// Attempts that were not accepted, by how they ended; the records have no words of servers.
    fn fill_errors(&self, facts: &mut Facts) {
        for (transport, name) in TRANSPORTS.iter().enumerate() {
            for (outcome, kind) in OUTCOMES.iter().enumerate() {
                let rows = self.rows.iter();
                let rows = rows.filter(|((_, own), _)| usize::from(*own) == transport);
                let count = rows.map(|(_, row)| row.outcomes[outcome]).sum();
                if count > 0 && outcome != usize::from(ACCEPTED) {
                    facts.errors.push(ErrorFacts {
                        transport: (*name).to_owned(),
                        kind: (*kind).to_owned(),
                        count,
                        ..ErrorFacts::default()
                    });
                }
            }
        }
        facts.errors.sort_by_key(|row| std::cmp::Reverse(row.count));
    }

    fn fill_transports(&self, facts: &mut Facts) {
        let warm_up_s = self.warm_up_us as f64 / 1e6;
        let measured_s = (facts.run.wall_s - warm_up_s).max(1e-3);
        for (number, name) in TRANSPORTS.iter().enumerate() {
            let rows = self.rows.iter();
            let rows = rows.filter(|((_, own), _)| usize::from(*own) == number);
            let intervals = &self.intervals[number];
            let accepted = intervals.response.answered.count();
            let mut transport = TransportFacts {
                rate_per_s: accepted as f64 / measured_s,
                response_ms: of_responses(&intervals.response),
                service_ms: statistics(&intervals.service),
                queue_ms: statistics(&intervals.queue),
                ..TransportFacts::default()
            };
            for (_, row) in rows {
                transport.delivered += row.settled[0];
                transport.failed += row.settled[1];
                transport.unconfirmed += row.settled[2];
                transport.attempts += row.attempts;
                transport.bytes = transport.bytes.saturating_add(row.bytes);
                transport.connections += row.connections;
            }
            facts.transports.insert((*name).to_owned(), transport);
        }
    }

    fn fill_types(&self, facts: &mut Facts, types: &[String]) {
        for ((kind, _), row) in &self.rows {
            let name = types.get(usize::from(*kind));
            let name = name.cloned().unwrap_or_else(|| format!("type {kind}"));
            let section = facts.by_type.entry(name).or_insert_with(|| GroupFacts {
                response_ms: self.types.get(kind).map(of_responses).unwrap_or_default(),
                ..GroupFacts::default()
            });
            section.queued += row.queued;
            section.dropped += row.dropped + row.settled[OVERSIZE];
            section.delivered += row.settled[0];
            section.failed += row.settled[1];
            section.unconfirmed += row.settled[2];
        }
    }
}

fn statistics(latency: &Latency) -> Statistics {
    let quantile = |quantile| latency.quantile_ms(quantile).unwrap_or(0.0);
    Statistics {
        count: latency.count(),
        mean: latency.mean_ms().unwrap_or(0.0),
        p50: quantile(0.5),
        p90: quantile(0.9),
        p99: quantile(0.99),
        p99_9: quantile(0.999),
        max: latency.max_ms().unwrap_or(0.0),
        ..Statistics::default()
    }
}

/// The same of responses, with those that never came.
fn of_responses(responses: &Responses) -> Statistics {
    let mut all = statistics(&responses.answered);
    all.unanswered = responses.unanswered.count();
    let quantile = |quantile| responses.quantile_ms(quantile);
    for (name, reading, figure) in [
        ("p50", quantile(0.5), &mut all.p50),
        ("p90", quantile(0.9), &mut all.p90),
        ("p99", quantile(0.99), &mut all.p99),
        ("p99_9", quantile(0.999), &mut all.p99_9),
        ("max", responses.max_ms(), &mut all.max),
    ] {
        if let Some(reading) = reading {
            *figure = reading.value;
            if reading.at_least {
                all.lower_bounds.push(name.to_owned());
            }
        }
    }
    all
}
