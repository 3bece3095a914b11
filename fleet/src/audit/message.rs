//! What the records say of one message, and whether they can all be true.

use crate::journal::record::{Attempt, EMBEDDED};

/// Numbers of the tables in [`crate::journal::record`] that decide something here.
pub(super) mod number {
    pub(in crate::audit) const DELIVERED: u8 = 0;
    pub(in crate::audit) const OVERSIZE: u8 = 3;
    pub(in crate::audit) const ACCEPTED: u8 = 0;
    pub(in crate::audit) const NOT_AT_SINK: u8 = 0;
    pub(in crate::audit) const CERTAIN: u8 = 2;
    pub(in crate::audit) const KEPT: u8 = 0;
    pub(in crate::audit) const AGAIN: u8 = 1;
    pub(in crate::audit) const DROPPED: u8 = 2;
}

/// Stamps of one instant may be apart by this, from rounding; microseconds.
const ROUNDING_US: u64 = 2;

/// How a message ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// It was settled.
    Settled {
        settlement: u8,
        at_sink: u8,
        unanswered: bool,
    },
    /// The run ended before it.
    Outstanding,
}

/// Everything that was recorded of one message.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    queued: u8,
    ends: u8,
    attempts: u8,
    accepted: u8,
    accepted_by_sink: u8,
    /// First receipts at embedded sinks; doubles are told as such by the sink.
    pub(super) received: u8,
    /// The transport of the sink that took it.
    pub(super) sink: Option<u8>,
    identity: Option<(u8, u8, u64)>,
    /// The device that it came from.
    pub(super) device: u32,
    /// What the records do not agree on, if anything.
    contradiction: Option<&'static str>,
    last_attempt_ended_us: u64,
    stayed_us: u64,
    pub(super) end: Option<End>,
}

impl Message {
    /// A record names the type, the transport and the due instant; all must name the same.
    fn identify(&mut self, kind: u8, transport: u8, due_us: u64) {
        let identity = *self.identity.get_or_insert((kind, transport, due_us));
        let same = identity.0 == kind
            && identity.1 == transport
            && identity.2.abs_diff(due_us) <= ROUNDING_US;
        if !same {
            self.contradict("its records differ in type, transport or due instant");
        }
    }

    fn contradict(&mut self, what: &'static str) {
        self.contradiction.get_or_insert(what);
    }

    /// It came into a queue.
    pub(super) fn queue(&mut self, device: u32, kind: u8, transport: u8, due_us: u64) {
        self.device = device;
        self.identify(kind, transport, due_us);
        self.queued = self.queued.saturating_add(1);
    }

    /// It was sent once.
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        self.identify(attempt.kind, attempt.transport, attempt.due_us);
        self.attempts = self.attempts.saturating_add(1);
        if attempt.outcome == number::ACCEPTED {
            self.accepted = self.accepted.saturating_add(1);
            if attempt.flags & EMBEDDED != 0 {
                self.accepted_by_sink = self.accepted_by_sink.saturating_add(1);
            }
        }
        if attempt.ended_us < attempt.started_us
            || attempt.started_us.saturating_add(ROUNDING_US) < attempt.due_us
        {
            self.contradict("an attempt ended before it began, or began before it was due");
        }
        self.last_attempt_ended_us = self.last_attempt_ended_us.max(attempt.ended_us);
    }

    /// It ended.
    pub(super) fn end(
        &mut self,
        (kind, transport, due_us): (u8, u8, u64),
        stayed_us: u64,
        end: End,
    ) {
        self.identify(kind, transport, due_us);
        self.ends = self.ends.saturating_add(1);
        self.stayed_us = stayed_us;
        self.end = Some(end);
    }

    /// By which transport it went, as far as that is known.
    pub(super) fn transport(&self) -> Option<u8> {
        self.identity.map(|(_, transport, _)| transport)
    }

    /// How long it stayed, in microseconds, if it was due after `warm_up_us` and was delivered.
    pub(super) fn delivered(&self, warm_up_us: u64) -> Option<u64> {
        let (_, _, due_us) = self.identity?;
        let delivered = matches!(
            self.end?,
            End::Settled {
                settlement: number::DELIVERED,
                ..
            }
        );
        (delivered && due_us >= warm_up_us).then_some(self.stayed_us)
    }

    /// How long it stayed until it ended or the run did, in microseconds.
    pub(super) fn stayed_us(&self) -> u64 {
        self.stayed_us
    }

    /// Its type, its transport and how long it stayed, in microseconds, if it was due after
    /// `warm_up_us` and had no answer.
    pub(super) fn unanswered(&self, warm_up_us: u64) -> Option<(u8, u8, u64)> {
        let (kind, transport, due_us) = self.identity?;
        let silent = match self.end? {
            End::Settled { unanswered, .. } => unanswered,
            End::Outstanding => true,
        };
        (silent && due_us >= warm_up_us).then_some((kind, transport, self.stayed_us))
    }

    /// Whether it came from a device, and not from nowhere.
    pub(super) fn was_queued(&self) -> bool {
        self.queued > 0
    }

    /// What is wrong with it; `complete` says that nothing of the run is missing.
    pub(super) fn wrong(&self, complete: bool) -> Option<&'static str> {
        if let Some(contradiction) = self.contradiction {
            return Some(contradiction);
        }
        if self.queued > 1 {
            return Some("it was queued more than once");
        }
        if self.ends > 1 {
            return Some("it ended more than once");
        }
        // Receipts of strangers are the sinks' business.
        if !self.was_queued() {
            let known = self.attempts > 0 || self.ends > 0;
            return (known && complete).then_some("it was sent or ended, but never queued");
        }
        match self.end {
            None => complete.then_some("it has no end"),
            Some(End::Outstanding) => None,
            Some(End::Settled {
                settlement,
                at_sink,
                ..
            }) => self.wrong_end(settlement, at_sink, complete),
        }
    }

    fn wrong_end(&self, settlement: u8, at_sink: u8, complete: bool) -> Option<&'static str> {
        let due_us = self.identity.map_or(0, |(_, _, due_us)| due_us);
        let attempted_us = self.last_attempt_ended_us.saturating_sub(due_us);
        let delivered = settlement == number::DELIVERED;
        // A message may end without a further attempt, as one does that has become too large.
        let ended_then = match delivered {
            true => attempted_us.abs_diff(self.stayed_us) <= ROUNDING_US,
            false => self.stayed_us.saturating_add(ROUNDING_US) >= attempted_us,
        };
        if self.attempts > 0 && !ended_then && complete {
            return Some("it did not end when its last attempt did");
        }
        if delivered && self.accepted != 1 && complete {
            return Some("it was delivered, but not accepted in exactly one attempt");
        }
        if !delivered && self.accepted > 0 {
            return Some("a server accepted it, but it was not delivered");
        }
        let certain = at_sink == number::CERTAIN;
        (certain != (self.accepted_by_sink > 0) && complete)
            .then_some("what it means for the sink does not follow from its attempts")
    }
}
