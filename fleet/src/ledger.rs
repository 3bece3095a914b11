//! The ledger: every trigger's candidates end in exactly one account, every message in exactly one
//! way, and what embedded sinks received is matched message by message.

mod reconcile;

use std::collections::BTreeMap;

use emulator::{DropAccount, LicenseFileOutcome, MessageType, Output, Settlement, Transport};

pub use reconcile::{AtSink, Reconciler, SinkTotals, Taken};

/// Counts of everything the devices decided and of how messages ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ledger {
    /// Events that came to devices that were down, or that they rejected.
    pub unheard: u64,
    /// Alerts offered to the devices' policy.
    pub triggers: u64,
    /// Candidates that the alerts had, as the devices counted them beforehand.
    pub candidates: u64,
    /// Candidates that became no message, by account.
    pub dropped: BTreeMap<DropAccount, u64>,
    /// Candidates that became messages, those included that turned out too large to be sent.
    pub queued: u64,
    /// Messages that ended, by how.
    pub settled: BTreeMap<Settlement, u64>,
    /// The same by type and transport.
    pub by_type: BTreeMap<(MessageType, Transport), TypeCounts>,
    /// Traps that devices would have sent.
    pub traps: u64,
    /// License lines and files that events brought, by what became of them.
    pub license_files: BTreeMap<LicenseFileOutcome, u64>,
}

/// Counts of the messages of one type by one transport.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TypeCounts {
    /// Candidates that became messages.
    pub queued: u64,
    /// Messages that a server took.
    pub delivered: u64,
    /// Messages that none took or confirmed.
    pub failed: u64,
    /// Messages that none confirmed but one may have.
    pub unconfirmed: u64,
    /// Candidates that became no message.
    pub dropped: u64,
}

impl TypeCounts {
    /// Counts what `output` says of one message or candidate.
    pub fn observe(&mut self, output: &Output) {
        match output {
            Output::Dropped { .. } => self.dropped += 1,
            Output::Queued { .. } => self.queued += 1,
            Output::Settled { settlement, .. } => match settlement {
                Settlement::Delivered => self.delivered += 1,
                Settlement::Failed => self.failed += 1,
                Settlement::Unconfirmed => self.unconfirmed += 1,
                Settlement::Oversize => self.dropped += 1,
            },
            Output::Trigger { .. }
            | Output::Transmit(_)
            | Output::Probe(_)
            | Output::Transfer(_)
            | Output::LicenseFile(_)
            | Output::Trap(_)
            | Output::Unheard => {}
        }
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        self.queued += other.queued;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.unconfirmed += other.unconfirmed;
        self.dropped += other.dropped;
    }
}

impl Ledger {
    /// Books what a device said.
    pub fn observe(&mut self, output: &Output) {
        match output {
            Output::Trigger { candidates, .. } => {
                self.triggers += 1;
                self.candidates += u64::from(*candidates);
            }
            Output::Dropped {
                account,
                kind,
                transport,
                ..
            } => {
                *self.dropped.entry(*account).or_default() += 1;
                self.row(*kind, *transport).observe(output);
            }
            Output::Queued {
                kind, transport, ..
            } => {
                self.queued += 1;
                self.row(*kind, *transport).observe(output);
            }
            Output::Settled {
                kind,
                transport,
                settlement,
                ..
            } => {
                *self.settled.entry(*settlement).or_default() += 1;
                self.row(*kind, *transport).observe(output);
            }
            Output::LicenseFile(outcome) => {
                *self.license_files.entry(*outcome).or_default() += 1;
            }
            Output::Trap(_) => self.traps += 1,
            Output::Unheard => self.unheard += 1,
            Output::Transmit(_) | Output::Probe(_) | Output::Transfer(_) => {}
        }
    }

    fn row(&mut self, kind: MessageType, transport: Transport) -> &mut TypeCounts {
        self.by_type.entry((kind, transport)).or_default()
    }

    /// Adds another part of the same run.
    pub fn merge(&mut self, other: &Self) {
        self.unheard += other.unheard;
        self.triggers += other.triggers;
        self.candidates += other.candidates;
        self.queued += other.queued;
        self.traps += other.traps;
        for (outcome, count) in &other.license_files {
            *self.license_files.entry(*outcome).or_default() += count;
        }
        for (account, count) in &other.dropped {
            *self.dropped.entry(*account).or_default() += count;
        }
        for (settlement, count) in &other.settled {
            *self.settled.entry(*settlement).or_default() += count;
        }
        for (key, counts) in &other.by_type {
            self.by_type.entry(*key).or_default().merge(counts);
        }
    }

    /// How many messages ended as `settlement`.
    pub fn settled(&self, settlement: Settlement) -> u64 {
        self.settled.get(&settlement).copied().unwrap_or(0)
    }

    /// How many candidates ended in `account`.
    pub fn dropped(&self, account: DropAccount) -> u64 {
        self.dropped.get(&account).copied().unwrap_or(0)
    }

    /// Candidates that became no message: those the policy dropped, and those too large.
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum::<u64>() + self.settled(Settlement::Oversize)
    }

    /// Candidates that became messages that could be sent.
    pub fn messages(&self) -> u64 {
        self.queued - self.settled(Settlement::Oversize).min(self.queued)
    }

    /// Messages that have not ended yet.
    pub fn outstanding(&self) -> u64 {
        let ended: u64 = self.settled.values().sum();
        self.queued.saturating_sub(ended)
    }

    /// Whether every candidate is in one account or a message, and no message ended more than once.
    pub fn is_consistent(&self) -> bool {
        let ended: u64 = self.settled.values().sum();
        let dropped: u64 = self.dropped.values().sum();
        self.candidates == dropped + self.queued && ended <= self.queued
    }
}

#[cfg(test)]
mod tests {
    use emulator::Severity;
    use jiff::Timestamp;

    use super::*;

    fn trigger(candidates: u32) -> Output {
        Output::Trigger {
            kind: MessageType::Test,
            severity: Severity::Normal,
            at: Timestamp::UNIX_EPOCH,
            candidates,
        }
    }

    fn dropped() -> Output {
        Output::Dropped {
            account: DropAccount::Pattern,
            kind: MessageType::Test,
            transport: Transport::Email,
            destination: None,
            at: Timestamp::UNIX_EPOCH,
            id: None,
        }
    }

    #[test]
    fn a_candidate_that_is_lost_or_doubled_is_noticed() {
        let consistent = |outputs: &[Output]| {
            let mut ledger = Ledger::default();
            outputs.iter().for_each(|output| ledger.observe(output));
            ledger.is_consistent()
        };
        assert!(consistent(&[trigger(2), dropped(), dropped()]));
        assert!(!consistent(&[trigger(2), dropped()]));
        assert!(!consistent(&[trigger(1), dropped(), dropped()]));
    }
}
