//! The accounts as the records tell them, counted once more from nothing.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use super::{
    fleets::{FleetCounts, count_fleets},
    latency::Intervals,
    message::{End, Message, number},
};
use crate::journal::{
    Record,
    block::Heading,
    record::{ACCOUNTS, Attempt, FIRST, Key, OPENED, SETTLEMENTS, TRANSPORTS},
};

/// Most contradictions that are told one by one.
const CONTRADICTIONS_TOLD_MAX: usize = 20;

/// The accounts while records are read.
#[derive(Debug, Default)]
pub(super) struct Books {
    events: u64,
    unheard: u64,
    triggers: u64,
    candidates: u64,
    dropped: BTreeMap<u8, u64>,
    /// By type and transport: candidates queued, and dropped.
    rows: BTreeMap<(u8, u8), Row>,
    /// Candidates dropped, by device.
    dropped_by_device: HashMap<u32, u64>,
    lag: Vec<(u64, u64)>,
    messages: HashMap<Key, Message>,
    attempts: Vec<Attempt>,
    sinks: BTreeMap<u8, SinkCounts>,
    nameless: u64,
    strange: u64,
}

/// Counts of one type by one transport.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    pub(super) queued: u64,
    pub(super) dropped: u64,
    pub(super) settled: [u64; SETTLEMENTS.len()],
}

/// What embedded sinks of one transport took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SinkCounts {
    pub(super) received: u64,
    pub(super) duplicates: u64,
    pub(super) dropped: u64,
    /// Taken, and by nobody settled as sent there: also by whom the run ended first.
    pub(super) unknown: u64,
    /// Of these, what nobody had on its way either.
    pub(super) strangers: u64,
    pub(super) missing: u64,
    pub(super) unconfirmed_arrived: u64,
}

/// Counts of one transport.
#[derive(Debug, Default)]
pub(super) struct TransportCounts {
    pub(super) attempts: u64,
    pub(super) bytes: u64,
    pub(super) connections: u64,
    pub(super) response: Intervals,
    pub(super) service: Intervals,
    pub(super) queue: Intervals,
}

/// The accounts when all records have been read.
#[derive(Debug, Default)]
pub(super) struct Recount {
    pub(super) events: u64,
    pub(super) unheard: u64,
    pub(super) triggers: u64,
    pub(super) candidates: u64,
    pub(super) dropped: BTreeMap<&'static str, u64>,
    pub(super) settled: [u64; SETTLEMENTS.len()],
    /// Messages that had not ended when the run did, or when its journal breaks off.
    pub(super) outstanding: u64,
    pub(super) messages: u64,
    pub(super) rows: BTreeMap<(u8, u8), Row>,
    pub(super) lag: Intervals,
    pub(super) transports: BTreeMap<u8, TransportCounts>,
    pub(super) by_type: BTreeMap<u8, Intervals>,
    /// In the order of the heading.
    pub(super) by_fleet: Vec<FleetCounts>,
    /// Attempts that were not accepted, by transport.
    pub(super) failed_attempts: BTreeMap<u8, u64>,
    /// How long messages stayed in all, in microseconds.
    pub(super) stayed_us: u128,
    pub(super) sinks: BTreeMap<u8, SinkCounts>,
    pub(super) contradictions: Vec<String>,
}

impl Books {
    /// Enters one record.
    pub(super) fn enter(&mut self, record: &Record) {
        match *record {
            Record::Event {
                intended_us,
                lag_us,
                ..
            } => {
                self.events += 1;
                self.lag.push((intended_us, u64::from(lag_us)));
            }
            Record::Deadline {
                intended_us,
                lag_us,
                ..
            } => self.lag.push((intended_us, u64::from(lag_us))),
            Record::Trigger { candidates, .. } => {
                self.triggers += 1;
                self.candidates = self.candidates.saturating_add(candidates.into());
            }
            Record::Dropped {
                device,
                kind,
                transport,
                account,
            } => {
                *self.dropped_by_device.entry(device).or_default() += 1;
                *self.dropped.entry(account).or_default() += 1;
                self.row(kind, transport).dropped += 1;
            }
            Record::Received {
                transport,
                taken,
                key,
                ..
            } => self.receive(transport, taken, key),
            Record::Unheard { .. } => self.unheard += 1,
            Record::Queued { .. }
            | Record::Attempt(_)
            | Record::Settled { .. }
            | Record::Outstanding { .. } => self.enter_message(record),
        }
    }

    /// Enters a record of the life of a message.
    fn enter_message(&mut self, record: &Record) {
        match *record {
            Record::Queued {
                device,
                kind,
                transport,
                key,
                due_us,
            } => {
                self.row(kind, transport).queued += 1;
                self.message(key).queue(device, kind, transport, due_us);
            }
            Record::Attempt(attempt) => {
                self.message(attempt.key).attempt(&attempt);
                self.attempts.push(attempt);
            }
            Record::Settled {
                kind,
                transport,
                settlement,
                at_sink,
                unanswered,
                key,
                due_us,
                stayed_us,
            } => {
                let row = self.row(kind, transport);
                match row.settled.get_mut(usize::from(settlement)) {
                    Some(count) => *count += 1,
                    None => self.strange += 1,
                }
                let end = End::Settled {
                    settlement,
                    at_sink,
                    unanswered,
                };
                let message = self.message(key);
                message.end((kind, transport, due_us), stayed_us, end);
            }
            Record::Outstanding {
                kind,
                transport,
                key,
                due_us,
                stayed_us,
            } => {
                let message = self.message(key);
                message.end((kind, transport, due_us), stayed_us, End::Outstanding);
            }
            Record::Event { .. }
            | Record::Deadline { .. }
            | Record::Trigger { .. }
            | Record::Dropped { .. }
            | Record::Received { .. }
            | Record::Unheard { .. } => {}
        }
    }

    fn row(&mut self, kind: u8, transport: u8) -> &mut Row {
        self.rows.entry((kind, transport)).or_default()
    }

    fn message(&mut self, key: Key) -> &mut Message {
        self.messages.entry(key).or_default()
    }

    fn receive(&mut self, transport: u8, taken: u8, key: Key) {
        let counts = self.sinks.entry(transport).or_default();
        counts.received += 1;
        match taken {
            number::KEPT => {}
            number::DROPPED => counts.dropped += 1,
            number::AGAIN => counts.duplicates += 1,
            _ => self.strange += 1,
        }
        if taken == number::AGAIN {
            return;
        }
        if key == 0 {
            self.nameless += 1;
            counts.unknown += 1;
            counts.strangers += 1;
            return;
        }
        let message = self.message(key);
        message.received = message.received.saturating_add(1);
        message.sink = Some(transport);
    }

    /// Closes the accounts. What is due before `warm_up_us` is left out of the figures; `complete` says
    /// that nothing of the run is missing.
    pub(super) fn close(self, heading: &Heading, complete: bool) -> Recount {
        let warm_up_us = heading.warm_up_us;
        let Self {
            events,
            unheard,
            triggers,
            candidates,
            dropped,
            rows,
            dropped_by_device,
            lag,
            messages,
            attempts,
            sinks,
            strange,
            ..
        } = self;
        let mut recount = Recount {
            events,
            unheard,
            triggers,
            candidates,
            rows,
            sinks,
            ..Recount::default()
        };
        let measured = lag.iter().filter(|(intended, _)| *intended >= warm_up_us);
        measured.for_each(|(_, lag_us)| recount.lag.add(*lag_us, true));
        recount.take_dropped(&dropped, strange);
        recount.take_attempts(&attempts, warm_up_us);
        recount.by_fleet = count_fleets(heading, &dropped_by_device, messages.values());
        recount.take_messages(&messages, warm_up_us, complete);
        recount.check_candidates(complete);
        recount.sort();
        recount
    }
}

impl Recount {
    fn contradict(&mut self, what: String) {
        if self.contradictions.len() < CONTRADICTIONS_TOLD_MAX {
            self.contradictions.push(what);
        }
    }

    fn take_dropped(&mut self, dropped: &BTreeMap<u8, u64>, strange: u64) {
        let mut unknown = strange;
        for (account, count) in dropped {
            match ACCOUNTS.get(usize::from(*account)) {
                Some(name) => {
                    self.dropped.insert(name, *count);
                }
                None => unknown += count,
            }
        }
        if unknown > 0 {
            self.contradict(format!(
                "{unknown} records name an account or an ending that there is not"
            ));
        }
    }

    fn take_attempts(&mut self, attempts: &[Attempt], warm_up_us: u64) {
        for attempt in attempts {
            let counts = self.transports.entry(attempt.transport).or_default();
            counts.attempts += 1;
            counts.bytes = counts.bytes.saturating_add(attempt.bytes);
            counts.connections += u64::from(attempt.flags & OPENED != 0);
            if attempt.outcome != number::ACCEPTED {
                *self.failed_attempts.entry(attempt.transport).or_default() += 1;
            }
            if attempt.due_us < warm_up_us {
                continue;
            }
            let due_us = attempt.due_us;
            if attempt.flags & FIRST != 0 {
                let queue = attempt.started_us.saturating_sub(due_us);
                counts.queue.add(queue, true);
            }
            if attempt.outcome == number::ACCEPTED {
                let service = attempt.ended_us.saturating_sub(attempt.started_us);
                let response = attempt.ended_us.saturating_sub(due_us);
                counts.service.add(service, true);
                counts.response.add(response, true);
                let by_type = self.by_type.entry(attempt.kind).or_default();
                by_type.add(response, true);
            }
        }
    }

    fn take_messages(&mut self, messages: &HashMap<Key, Message>, warm_up_us: u64, complete: bool) {
        let (mut told, mut wrong) = (Vec::new(), 0_u64);
        for (key, message) in messages {
            if let Some(what) = message.wrong(complete) {
                wrong += 1;
                told.push((*key, what));
                told.sort_unstable();
                told.truncate(CONTRADICTIONS_TOLD_MAX);
            }
            self.take_message(message, warm_up_us);
        }
        for (key, what) in &told {
            self.contradict(format!("message {key:032x}: {what}"));
        }
        let untold = wrong - told.len() as u64;
        if untold > 0 {
            self.contradictions.push(format!(
                "and {untold} further messages contradict themselves"
            ));
        }
    }

    fn take_message(&mut self, message: &Message, warm_up_us: u64) {
        self.messages += u64::from(message.was_queued());
        self.stayed_us += u128::from(message.stayed_us());
        let mut at_sink = number::NOT_AT_SINK;
        match message.end {
            Some(End::Settled {
                settlement,
                at_sink: expected,
                ..
            }) => {
                at_sink = expected;
                if let Some(count) = self.settled.get_mut(usize::from(settlement)) {
                    *count += 1;
                }
            }
            Some(End::Outstanding) | None => self.outstanding += u64::from(message.was_queued()),
        }
        if let Some((kind, transport, stayed_us)) = message.unanswered(warm_up_us) {
            let counts = self.transports.entry(transport).or_default();
            counts.response.add(stayed_us, false);
            self.by_type.entry(kind).or_default().add(stayed_us, false);
        }
        let transport = message.sink.or(message.transport()).unwrap_or_default();
        let may_have_arrived = message.end == Some(End::Outstanding);
        let counts = self.sinks.entry(transport).or_default();
        match (at_sink, message.received > 0) {
            (number::CERTAIN, false) => counts.missing += 1,
            (number::NOT_AT_SINK, true) => {
                counts.unknown += 1;
                counts.strangers += u64::from(!may_have_arrived);
            }
            (number::CERTAIN | number::NOT_AT_SINK, _) => {}
            (_, arrived) => counts.unconfirmed_arrived += u64::from(arrived),
        }
    }

    /// Every candidate must be in one account or a message.
    fn check_candidates(&mut self, complete: bool) {
        let dropped: u64 = self.rows.values().map(|row| row.dropped).sum();
        let queued: u64 = self.rows.values().map(|row| row.queued).sum();
        if complete && self.candidates != dropped + queued {
            self.contradict(format!(
                "of {} candidates {dropped} were dropped and {queued} became messages",
                self.candidates
            ));
        }
        let strangers: u64 = self.sinks.values().map(|sink| sink.strangers).sum();
        let missing: u64 = self.sinks.values().map(|sink| sink.missing).sum();
        if complete && strangers + missing > 0 {
            self.contradict(format!(
                "sinks took {strangers} messages that no device sent, and lack {missing} that they confirmed"
            ));
        }
    }

    fn sort(&mut self) {
        self.lag.sort();
        self.by_type.values_mut().for_each(Intervals::sort);
        for counts in self.transports.values_mut() {
            counts.response.sort();
            counts.service.sort();
            counts.queue.sort();
        }
    }

    /// Messages that could be sent.
    pub(super) fn sendable(&self) -> u64 {
        self.messages
            .saturating_sub(self.settled[usize::from(number::OVERSIZE)])
    }

    /// Candidates that became no message, those too large included.
    pub(super) fn dropped_in_all(&self) -> u64 {
        let dropped: u64 = self.dropped.values().sum();
        dropped + self.settled[usize::from(number::OVERSIZE)]
    }

    /// Appends the accounts in words. What sinks took and devices do not know is told only where
    /// nothing is missing.
    pub(super) fn describe(&self, text: &mut String, complete: bool) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "recounted  {} events, {} triggers: {} candidates dropped, {} messages",
            self.events,
            self.triggers,
            self.dropped_in_all(),
            self.sendable()
        );
        let [delivered, failed, unconfirmed, _] = self.settled;
        let _ = writeln!(
            text,
            "  messages delivered {delivered}, failed {failed}, unconfirmed {unconfirmed}, without an end {}",
            self.outstanding
        );
        for (transport, counts) in &self.transports {
            let sink = self.sinks.get(transport).copied().unwrap_or_default();
            let name = TRANSPORTS
                .get(usize::from(*transport))
                .copied()
                .unwrap_or("?");
            let p99 = counts.response.quantile_ms(0.99);
            let p99 = p99.map_or_else(|| "-".to_owned(), |(_, most)| format!("{most:.2} ms"));
            let _ = write!(
                text,
                "  {name:<8} {} attempts, {} answered, {} unanswered, p99 {p99}; sinks received {}, duplicates {}",
                counts.attempts,
                counts.response.answered(),
                counts.response.unanswered(),
                sink.received,
                sink.duplicates,
            );
            if complete {
                let _ = write!(text, ", unknown {}, missing {}", sink.unknown, sink.missing);
            }
            text.push('\n');
        }
    }
}
