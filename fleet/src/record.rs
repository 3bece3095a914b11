//! What one thread has measured: histograms, counters, errors, settled messages.
//!
//! Nothing here is shared: each thread owns one [`Recorder`] and hands over what it has gathered a
//! few times a second, so that the sending path takes no lock.

mod histogram;
mod journaling;
mod presence;
mod response;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use emulator::{AttemptOutcome, Output, Settlement, Transport, license::LicenseCensus};
use sink::MessageKey;

pub use histogram::{HistogramSet, Latency, TransportHistograms};
pub use journaling::{Message, receipt};
pub use presence::Sojourns;
pub use response::{Reading, Responses};
pub(crate) use response::{Step, estimate};

use journaling::Entries;
use presence::Presence;

use crate::{
    courier::{Attempt, ErrorKind},
    fingerprint::Fingerprint,
    journal::Page,
    ledger::{AtSink, Ledger, TypeCounts},
    scenario::Scenario,
};

/// Most kinds of error told apart; further ones are counted under the first kind of their transport.
const ERROR_KINDS_MAX: usize = 256;

/// What concerns one fleet.
#[derive(Clone, Debug, Default)]
pub struct FleetFigures {
    /// Messages by how they ended.
    pub counts: TypeCounts,
    /// Due to accepted.
    pub response: Responses,
}

impl FleetFigures {
    fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.response.merge(&other.response);
    }
}

/// Counters of one transport.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TransportCounts {
    /// Attempts made.
    pub attempts: u64,
    /// Messages a server took, among those that count for the figures.
    pub measured: u64,
    /// Messages that a server outside this process took.
    pub accepted_elsewhere: u64,
    /// Bytes of messages handed over.
    pub bytes: u64,
    /// Connections opened.
    pub connections: u64,
    /// TLS handshakes that resumed a session.
    pub resumed: u64,
}

impl TransportCounts {
    fn merge(&mut self, other: &Self) {
        self.attempts += other.attempts;
        self.measured += other.measured;
        self.accepted_elsewhere += other.accepted_elsewhere;
        self.bytes += other.bytes;
        self.connections += other.connections;
        self.resumed += other.resumed;
    }
}

/// What tells errors apart.
pub type ErrorKey = (Transport, ErrorKind, Option<u16>);

/// How often an error occurred, with one example of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ErrorCount {
    /// How often.
    pub count: u64,
    /// What the first one said.
    pub example: String,
    /// Where a server refused: what was said until then, a line each; `>` was sent, `<` was answered.
    pub dialogue: String,
}

/// What has been gathered in a stretch of time, on one thread or on all.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Intervals.
    pub histograms: HistogramSet,
    /// Counters by transport, in the order of [`Transport::ALL`].
    pub transports: [TransportCounts; 2],
    /// The accounts.
    pub ledger: Ledger,
    /// The devices' licenses at the end of the run.
    pub licenses: LicenseCensus,
    /// Digest of what the devices decided.
    pub fingerprint: Fingerprint,
    /// Errors by kind.
    pub errors: BTreeMap<ErrorKey, ErrorCount>,
    /// By how much the queues of the devices have grown, the message being sent included. In all, what
    /// is in them: found in the devices, not in what they said.
    pub in_queues: i64,
    /// By how much the devices with something in their queue have become more. In all, how many they are.
    pub devices_waiting: i64,
    /// Events that reached their devices.
    pub events: u64,
    /// Times that a full mailbox made an event wait.
    pub mailbox_waits: u64,
    /// Attempts begun.
    pub attempts_begun: u64,
    /// Attempts ended.
    pub attempts_ended: u64,
    /// Files that devices asked servers for, because of an event.
    pub fetches_begun: u64,
    /// Those whose outcome the device has.
    pub fetches_ended: u64,
    /// When the last attempt ended.
    pub last_end: Option<Instant>,
    /// How long messages stayed, counted in two ways.
    pub sojourns: Sojourns,
    /// Messages and responses by fleet, in the order of the scenario; shorter where the last fleets had
    /// nothing to say.
    pub by_fleet: Vec<FleetFigures>,
}

impl Gathered {
    /// Messages that are being sent.
    pub fn in_flight(&self) -> u64 {
        self.attempts_begun.saturating_sub(self.attempts_ended)
    }

    /// Files that devices asked servers for and did not get.
    pub fn unfinished_fetches(&self) -> u64 {
        self.fetches_begun.saturating_sub(self.fetches_ended)
    }

    /// Messages that wait in their devices.
    pub fn waiting(&self) -> u64 {
        self.ledger.outstanding().saturating_sub(self.in_flight())
    }

    /// The figures of fleet number `number`, to add to.
    fn fleet(&mut self, number: usize) -> &mut FleetFigures {
        if self.by_fleet.len() <= number {
            self.by_fleet.resize_with(number + 1, FleetFigures::default);
        }
        &mut self.by_fleet[number]
    }

    /// Adds what another stretch or thread has gathered.
    pub fn merge(&mut self, other: &Self) {
        self.histograms.merge(&other.histograms);
        for (own, further) in self.transports.iter_mut().zip(&other.transports) {
            own.merge(further);
        }
        self.ledger.merge(&other.ledger);
        self.licenses.merge(&other.licenses);
        self.fingerprint.merge(other.fingerprint);
        for (key, error) in &other.errors {
            let words = (error.example.as_str(), error.dialogue.as_str());
            count_error(&mut self.errors, *key, error.count, words);
        }
        self.in_queues += other.in_queues;
        self.devices_waiting += other.devices_waiting;
        self.events += other.events;
        self.mailbox_waits += other.mailbox_waits;
        self.attempts_begun += other.attempts_begun;
        self.attempts_ended += other.attempts_ended;
        self.fetches_begun += other.fetches_begun;
        self.fetches_ended += other.fetches_ended;
        self.last_end = self.last_end.max(other.last_end);
        self.sojourns.merge(&other.sojourns);
        for (number, figures) in other.by_fleet.iter().enumerate() {
            self.fleet(number).merge(figures);
        }
    }
}

fn count_error(
    errors: &mut BTreeMap<ErrorKey, ErrorCount>,
    key: ErrorKey,
    count: u64,
    (example, dialogue): (&str, &str),
) {
    let full = errors.len() >= ERROR_KINDS_MAX && !errors.contains_key(&key);
    let key = if full {
        (key.0, ErrorKind::Other, None)
    } else {
        key
    };
    let entry = errors.entry(key).or_default();
    if entry.count == 0 {
        entry.example = example.to_owned();
        entry.dialogue = dialogue.to_owned();
    }
    entry.count += count;
}

/// A message that has ended and that an embedded sink may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settled {
    /// Which message.
    pub key: MessageKey,
    /// By which transport it went.
    pub transport: Transport,
    /// What that means for the books of embedded sinks.
    pub at_sink: AtSink,
}

/// How long a message stayed, and whether anybody answered it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stay {
    /// When it became due.
    pub due: Instant,
    /// From then until its end, as whoever ended it measured it.
    pub length: Duration,
    /// It was sent, or was to be sent, and had no answer to the last.
    pub unanswered: bool,
}

/// The measurements of one thread.
#[derive(Debug)]
pub struct Recorder {
    gathered: Gathered,
    settled: Vec<Settled>,
    presence: Presence,
    entries: Entries,
    /// Number of the first device of each fleet.
    fleets: Arc<[u32]>,
    /// Messages due earlier are left out of the figures.
    measured_from: Instant,
}

impl Recorder {
    /// A recorder whose figures concern what is due from `measured_from` on.
    pub fn new(measured_from: Instant) -> Self {
        Self {
            gathered: Gathered::default(),
            settled: Vec::new(),
            presence: Presence::default(),
            entries: Entries::default(),
            fleets: Arc::default(),
            measured_from,
        }
    }

    /// A run of `scenario` begins at `origin`. With `journal`, everything is also entered there.
    pub fn begin(&mut self, origin: Instant, scenario: &Scenario, journal: bool) {
        self.measured_from = origin + scenario.warm_up;
        self.fleets = scenario
            .fleets
            .iter()
            .map(|fleet| fleet.first_device)
            .collect();
        if journal {
            self.entries = Entries::of_run(origin);
        }
    }

    /// Takes over the licenses of the devices at the end.
    pub fn licenses(&mut self, census: LicenseCensus) {
        self.gathered.licenses = census;
    }

    /// Books what device number `device` said.
    pub fn observe(&mut self, device: u32, output: &Output) {
        self.gathered.ledger.observe(output);
        let fleet = self.fleet_of(device);
        self.gathered.fleet(fleet).counts.observe(output);
        self.gathered.fingerprint.observe(device, output);
        self.entries.said(device, output);
    }

    /// The number of the fleet that a device belongs to.
    fn fleet_of(&self, device: u32) -> usize {
        let before = self.fleets.partition_point(|first| *first <= device);
        before.saturating_sub(1)
    }

    /// A message that was due at `due` has come into the queue of device number `device`, by the clock
    /// at `now`.
    pub fn entered(&mut self, now: Instant, device: u32, message: Message, due: Instant) {
        self.presence.enter(now, &mut self.gathered.sojourns);
        self.entries.queued(device, message, due);
    }

    /// A message of device number `device` has ended, or the run has ended with it, by the clock at
    /// `now`.
    pub fn left(
        &mut self,
        (now, device): (Instant, u32),
        message: Message,
        ending: Option<(Settlement, AtSink)>,
        stay: Stay,
    ) {
        let at_sink = ending.map_or(AtSink::Not, |(_, at_sink)| at_sink);
        if at_sink != AtSink::Not || self.entries.are_kept() {
            let key = message.key();
            self.entries.ended((key, message), ending, stay);
            if at_sink != AtSink::Not {
                self.settled.push(Settled {
                    key,
                    transport: message.transport,
                    at_sink,
                });
            }
        }
        let Message {
            kind, transport, ..
        } = message;
        let sojourns = &mut self.gathered.sojourns;
        self.presence.leave(now, stay.length, sojourns);
        if stay.unanswered && stay.due >= self.measured_from {
            let histograms = &mut self.gathered.histograms;
            let responses = &mut histograms.transport_mut(transport).response;
            responses.unanswered.record(stay.length);
            histograms.by_type(kind).unanswered.record(stay.length);
            let fleet = self.fleet_of(device);
            let response = &mut self.gathered.fleet(fleet).response;
            response.unanswered.record(stay.length);
        }
    }

    /// An event reached device number `device` `lag` after it was to happen.
    pub fn event(&mut self, device: u32, intended: Instant, lag: Duration) {
        self.gathered.events += 1;
        self.entries.served(device, true, intended, lag);
        self.lag(intended, lag);
    }

    /// A deadline of device number `device` was served `lag` after its time.
    pub fn deadline(&mut self, device: u32, intended: Instant, lag: Duration) {
        self.entries.served(device, false, intended, lag);
        self.lag(intended, lag);
    }

    fn lag(&mut self, intended: Instant, lag: Duration) {
        if intended >= self.measured_from {
            self.gathered.histograms.lag.record(lag);
        }
    }

    /// A message has set out on an attempt.
    pub fn attempt_begun(&mut self) {
        self.gathered.attempts_begun += 1;
    }

    /// An attempt is over, whether anything was sent or not.
    pub fn attempt_ended(&mut self) {
        self.gathered.attempts_ended += 1;
    }

    /// A device has asked a server for a file.
    pub fn fetch_begun(&mut self) {
        self.gathered.fetches_begun += 1;
    }

    /// The device has the outcome.
    pub fn fetch_ended(&mut self) {
        self.gathered.fetches_ended += 1;
    }

    /// The queue of a device has changed from `before` messages to `after`.
    pub fn queue(&mut self, before: usize, after: usize) {
        self.gathered.in_queues += after as i64 - before as i64;
        self.gathered.devices_waiting += i64::from(after > 0) - i64::from(before > 0);
    }

    /// An event had to wait for room in a mailbox.
    pub fn mailbox_wait(&mut self) {
        self.gathered.mailbox_waits += 1;
    }

    /// An attempt of device number `device` to send a message that was due at `due` has ended.
    pub fn attempt(
        &mut self,
        device: u32,
        message: Message,
        due: Instant,
        first: bool,
        attempt: &Attempt,
    ) {
        self.entries.attempted(message, due, first, attempt);
        let Message {
            kind, transport, ..
        } = message;
        self.gathered.last_end = self.gathered.last_end.max(Some(attempt.ended));
        let counts = &mut self.gathered.transports[transport as usize];
        counts.attempts += 1;
        counts.bytes += attempt.bytes;
        counts.accepted_elsewhere +=
            u64::from(attempt.outcome == AttemptOutcome::Accepted && !attempt.embedded);
        counts.connections += u64::from(attempt.opened);
        counts.resumed += u64::from(attempt.resumed == Some(true));
        if let Some(error) = &attempt.error {
            let key = (transport, error.kind, error.code);
            let dialogue = error.dialogue.as_deref().unwrap_or_default();
            let words = (error.detail.as_str(), dialogue);
            count_error(&mut self.gathered.errors, key, 1, words);
        }
        if due < self.measured_from {
            return;
        }
        let histograms = self.gathered.histograms.transport_mut(transport);
        if first {
            histograms
                .queue
                .record(attempt.started.saturating_duration_since(due));
        }
        // Failures are counted by kind and kept out of the latencies.
        if attempt.outcome == AttemptOutcome::Accepted {
            let response = attempt.ended.saturating_duration_since(due);
            histograms.response.record(response);
            histograms
                .service
                .record(attempt.ended.saturating_duration_since(attempt.started));
            histograms.record_phases(&attempt.phases);
            self.gathered.transports[transport as usize].measured += 1;
            self.gathered.histograms.by_type(kind).record(response);
            let fleet = self.fleet_of(device);
            self.gathered.fleet(fleet).response.record(response);
        }
    }

    /// How many messages are queued or on their way.
    pub fn outstanding(&self, before: &Ledger) -> u64 {
        let ended = |ledger: &Ledger| ledger.settled.values().sum::<u64>();
        let queued = before.queued + self.gathered.ledger.queued;
        queued.saturating_sub(ended(before) + ended(&self.gathered.ledger))
    }

    /// Takes what has been gathered since the last time.
    pub fn take(&mut self) -> (Gathered, Vec<Settled>, Page) {
        (
            std::mem::take(&mut self.gathered),
            std::mem::take(&mut self.settled),
            self.entries.take(),
        )
    }
}
