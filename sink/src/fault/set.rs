//! The decisions: what is to be done wrong at an instant and an occasion. No clock, no socket.
//!
//! Instants are durations since the start of the run. Each fault has a stream of chance of its own,
//! so that one does not disturb another.

mod report;

use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::workers::Workers;
use super::{Action, FAULTS_MAX, Fault, Protocol, Refusal, Stage, TlsFlaw};

pub use report::{FaultReport, FaultState};

/// What a refused client is told about when to come again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Tells one fault of a sink from another; never used again.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct FaultId(pub u64);

/// What to do at one occasion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// How long to wait first.
    pub delay: Duration,
    /// What to do instead of the right thing.
    pub effect: Option<Effect>,
}

/// What to do instead of the right thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Give this reply of SMTP.
    Reply {
        /// Its code.
        code: u16,
        /// What follows it.
        text: Option<String>,
    },
    /// Give this status of HTTP.
    Status {
        /// The code.
        code: u16,
        /// The Retry-After header.
        retry_after: Option<Duration>,
    },
    /// Close the connection.
    Drop {
        /// Enter the message in the books before.
        recorded: bool,
    },
    /// End the reply, and the connection, after so many bytes.
    Truncate(usize),
    /// Send the reply in slices.
    Slice {
        /// Of so many bytes.
        bytes: usize,
        /// With so much time between them.
        pause: Duration,
    },
    /// Send these bytes instead.
    Garbage(Vec<u8>),
    /// Send a reply that never ends.
    Endless,
}

/// How a sink treats one connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Manners {
    /// Whether it comes to nothing.
    pub refusal: Option<Refusal>,
    /// Bytes per second that are read of it.
    pub read_bytes_per_s: Option<u64>,
    /// Bytes per second that are written to it.
    pub write_bytes_per_s: Option<u64>,
}

/// The faults of one sink.
#[derive(Debug)]
pub struct FaultSet {
    protocol: Protocol,
    seed: u64,
    entries: Vec<Entry>,
    last_id: u64,
}

#[derive(Debug)]
struct Entry {
    id: FaultId,
    fault: Fault,
    starts: Duration,
    ends: Option<Duration>,
    chance: ChaCha8Rng,
    applied: u64,
    /// Messages that may come now, of a limit.
    tokens: f64,
    /// Those who do the messages, where there are any.
    workers: Option<Workers>,
    /// When the tokens were counted last.
    counted: Duration,
    /// The number of the stall that was counted last, from 1.
    stalls: u64,
    /// When the port was really closed, and opened again.
    closed: Option<(Duration, Option<Duration>)>,
}

impl Entry {
    /// When it was over, if that has been by `now`.
    fn ended_by(&self, now: Duration) -> Option<Duration> {
        let reopened = self.closed.and_then(|(_, opened)| opened);
        self.ends.or(reopened).filter(|ended| *ended <= now)
    }
}

impl FaultSet {
    /// No faults yet of a sink that speaks `protocol`; all chance comes from `seed`.
    #[must_use]
    pub fn new(protocol: Protocol, seed: u64) -> Self {
        Self {
            protocol,
            seed,
            entries: Vec::new(),
            last_id: 0,
        }
    }

    /// Adds a fault whose time counts from `now`, in the place of one that is over where there are
    /// [`FAULTS_MAX`]; `None` when none of them is.
    pub fn add(&mut self, now: Duration, fault: Fault) -> Option<FaultId> {
        if self.entries.len() >= FAULTS_MAX {
            // One that is over makes room; the longest over goes first.
            let over = self.entries.iter().enumerate();
            let over = over.filter_map(|(at, entry)| Some((entry.ended_by(now)?, at)));
            let (_, oldest) = over.min()?;
            self.entries.remove(oldest);
        }
        self.last_id += 1;
        let starts = now.saturating_add(fault.at);
        let tokens = if let Action::Limit { burst, .. } = fault.action {
            f64::from(burst)
        } else {
            0.0
        };
        let workers = if let Action::Workers { count, .. } = fault.action {
            Some(Workers::new(count))
        } else {
            None
        };
        // Far apart, for neighbouring seeds and neighbouring faults.
        let seed = self.seed ^ self.last_id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.entries.push(Entry {
            id: FaultId(self.last_id),
            starts,
            ends: fault.lasts.map(|lasts| starts.saturating_add(lasts)),
            chance: ChaCha8Rng::seed_from_u64(seed),
            fault,
            applied: 0,
            tokens,
            workers,
            counted: starts,
            stalls: 0,
            closed: None,
        });
        Some(FaultId(self.last_id))
    }

    /// Removes a fault; false when there is none of that id.
    pub fn remove(&mut self, id: FaultId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// Whether there is nothing to ask for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What to do at `stage`. Delays add up; of all else the first fault that applies decides.
    pub fn at(&mut self, now: Duration, stage: Stage) -> Option<Decision> {
        let mut decision = None;
        let protocol = self.protocol;
        for entry in self.entries.iter_mut().filter(|entry| entry.is_active(now)) {
            if entry.stage(protocol) != Some(stage) {
                continue;
            }
            let decided = matches!(
                decision,
                Some(Decision {
                    effect: Some(_),
                    ..
                })
            );
            if entry.fault.action.takes_time() {
                if entry.hits() {
                    entry.applied += 1;
                    let decision: &mut Decision = decision.get_or_insert_default();
                    decision.delay += entry.delay(now);
                }
            } else if !decided && let Some(effect) = entry.effect(now, protocol) {
                entry.applied += 1;
                decision.get_or_insert_default().effect = Some(effect);
            }
        }
        decision
    }

    /// How to treat a connection that has just come.
    pub fn manners(&mut self, now: Duration) -> Manners {
        let mut manners = Manners::default();
        for entry in self.entries.iter_mut().filter(|entry| entry.is_active(now)) {
            if let Action::Refuse(refusal @ (Refusal::Reset | Refusal::Close)) = entry.fault.action
            {
                if manners.refusal.is_none() && entry.hits() {
                    entry.applied += 1;
                    manners.refusal = Some(refusal);
                }
                continue;
            }
            let (slowest, bytes) = if let Action::SlowRead(bytes) = entry.fault.action {
                (&mut manners.read_bytes_per_s, bytes)
            } else if let Action::SlowWrite(bytes) = entry.fault.action {
                (&mut manners.write_bytes_per_s, bytes)
            } else {
                continue;
            };
            if entry.hits() {
                entry.applied += 1;
                *slowest = Some(slowest.map_or(bytes, |slowest| slowest.min(bytes)));
            }
        }
        manners
    }

    /// What is wrong with the handshake that is about to begin.
    pub fn tls(&mut self, now: Duration) -> Option<TlsFlaw> {
        let mut active = self.entries.iter_mut().filter(|entry| entry.is_active(now));
        active.find_map(|entry| {
            let Action::Tls(flaw) = entry.fault.action else {
                return None;
            };
            entry.hits().then(|| {
                entry.applied += 1;
                flaw
            })
        })
    }

    /// Until when nothing moves; `None` when everything does.
    pub fn stalled_until(&mut self, now: Duration) -> Option<Duration> {
        let active = self.entries.iter_mut().filter(|entry| entry.is_active(now));
        active.filter_map(|entry| entry.stall(now)).max()
    }

    /// Whether somebody listens, and open connections may stay.
    #[must_use]
    pub fn port(&self, now: Duration) -> PortWish {
        let mut wish = PortWish::default();
        for entry in &self.entries {
            if entry.is_active(now) && entry.fault.action.closes_port() {
                wish.closed = true;
                wish.cut |= entry.fault.action == Action::Restart;
            }
        }
        wish
    }

    /// When [`Self::port`] says something else by itself.
    #[must_use]
    pub fn next_port_change(&self, now: Duration) -> Option<Duration> {
        let closing = self.entries.iter();
        let closing = closing.filter(|entry| entry.fault.action.closes_port());
        let changes = closing.flat_map(|entry| [Some(entry.starts), entry.ends]);
        changes.flatten().filter(|change| *change > now).min()
    }

    /// Takes note that the port has been closed for those faults that want it closed.
    pub fn port_closed(&mut self, now: Duration) {
        for entry in &mut self.entries {
            let closes = entry.is_active(now) && entry.fault.action.closes_port();
            if closes && entry.closed.is_none() {
                entry.closed = Some((now, None));
                entry.applied += 1;
            }
        }
    }

    /// Takes note that the port is open.
    pub fn port_opened(&mut self, now: Duration) {
        for entry in &mut self.entries {
            if let Some((_, opened @ None)) = &mut entry.closed {
                *opened = Some(now);
            }
        }
    }

    /// All faults, in the order they were given.
    #[must_use]
    pub fn reports(&self, now: Option<Duration>) -> Vec<FaultReport> {
        let entries = self.entries.iter();
        entries.map(|entry| entry.report(now)).collect()
    }
}

/// What the faults want of the port.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PortWish {
    /// Nobody is to listen.
    pub closed: bool,
    /// Open connections are to be cut.
    pub cut: bool,
}

impl Entry {
    fn is_active(&self, now: Duration) -> bool {
        self.starts <= now && self.ends.is_none_or(|ends| now < ends)
    }

    /// Whether this occasion belongs to the share.
    fn hits(&mut self) -> bool {
        self.fault.share >= 1.0 || self.chance.random::<f64>() < self.fault.share
    }

    /// The stage at which it is asked.
    fn stage(&self, protocol: Protocol) -> Option<Stage> {
        match (&self.fault.action, protocol) {
            (Action::Limit { .. }, Protocol::Smtp) => Some(Stage::Mail),
            (Action::Limit { .. }, Protocol::Https) => Some(Stage::Reply),
            (Action::Workers { .. }, _) => Some(protocol.last_word()),
            (action, _) => action.stage(),
        }
    }

    fn effect(&mut self, now: Duration, protocol: Protocol) -> Option<Effect> {
        if let Action::Limit { per_second, burst } = self.fault.action {
            return (!self.passes(now, per_second, burst)).then(|| too_many(protocol));
        }
        if !self.hits() {
            return None;
        }
        match &self.fault.action {
            Action::Reply { code, text, .. } => Some(Effect::Reply {
                code: *code,
                text: text.clone(),
            }),
            Action::Status { code, retry_after } => Some(Effect::Status {
                code: *code,
                retry_after: *retry_after,
            }),
            Action::Drop { recorded, .. } => Some(Effect::Drop {
                recorded: *recorded,
            }),
            Action::Truncate { bytes, .. } => Some(Effect::Truncate(*bytes)),
            Action::Slice { bytes, pause, .. } => Some(Effect::Slice {
                bytes: *bytes,
                pause: *pause,
            }),
            Action::Garbage { bytes, .. } => {
                Some(Effect::Garbage(garbage(*bytes, &mut self.chance)))
            }
            Action::Endless { .. } => Some(Effect::Endless),
            Action::Refuse(_)
            | Action::Delay { .. }
            | Action::Stall { .. }
            | Action::Limit { .. }
            | Action::Workers { .. }
            | Action::Tls(_)
            | Action::SlowRead(_)
            | Action::SlowWrite(_)
            | Action::Restart => None,
        }
    }

    /// How much longer this occasion takes.
    fn delay(&mut self, now: Duration) -> Duration {
        let (Action::Delay { delay, .. } | Action::Workers { time: delay, .. }) = self.fault.action
        else {
            return Duration::ZERO;
        };
        let takes = delay.draw(&mut self.chance);
        match &mut self.workers {
            Some(workers) => workers.serve(now, takes),
            None => takes,
        }
    }

    /// Takes a token of the limit, if there is one.
    fn passes(&mut self, now: Duration, per_second: f64, burst: u32) -> bool {
        let passed = now.saturating_sub(self.counted).as_secs_f64();
        self.counted = now;
        self.tokens = (self.tokens + passed * per_second).min(f64::from(burst));
        // A token that is whole but for rounding is whole.
        if self.tokens + 1e-9 < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// Until when a stall lasts that is under way, and counts it once.
    fn stall(&mut self, now: Duration) -> Option<Duration> {
        let Action::Stall { time, every } = self.fault.action else {
            return None;
        };
        let end = self.ends.unwrap_or(Duration::MAX);
        let since = now.saturating_sub(self.starts);
        let (number, until) = match (time, every) {
            (None, _) => (1, end),
            (Some(time), None) => (1, self.starts.saturating_add(time)),
            (Some(time), Some(every)) => {
                let number = since.as_nanos() / every.as_nanos().max(1);
                let begun = nanos(number * every.as_nanos());
                let until = self.starts.saturating_add(begun).saturating_add(time);
                (u64::try_from(number).unwrap_or(u64::MAX - 1) + 1, until)
            }
        };
        if now >= until {
            return None;
        }
        if number > self.stalls {
            self.stalls = number;
            self.applied += 1;
        }
        Some(until.min(end))
    }
}

fn nanos(nanos: u128) -> Duration {
    u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
}

/// Bytes beyond ASCII: nobody takes them for a reply.
fn garbage(bytes: usize, chance: &mut impl Rng) -> Vec<u8> {
    (0..bytes).map(|_| chance.random::<u8>() | 0x80).collect()
}

fn too_many(protocol: Protocol) -> Effect {
    match protocol {
        Protocol::Smtp => Effect::Reply {
            code: 421,
            text: Some("4.7.0 Too many messages, try again later".to_owned()),
        },
        Protocol::Https => Effect::Status {
            code: 503,
            retry_after: Some(RETRY_AFTER),
        },
    }
}

#[cfg(test)]
mod tests;
