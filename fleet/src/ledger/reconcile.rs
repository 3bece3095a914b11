//! Matching what devices consider delivered with what embedded sinks have received, by message id.
//!
//! Both sides report as they go; a message that both have named is struck off, so memory holds only
//! what is outstanding, however long the run.

use std::collections::HashMap;

use emulator::Settlement;
use sink::MessageKey;

/// Messages by key: what one side has said of them that the other has not yet.
#[derive(Debug, Default)]
pub struct Reconciler {
    /// Received, but not yet settled.
    received: HashMap<MessageKey, ()>,
    /// Settled as delivered or unconfirmed, but not yet received.
    settled: HashMap<MessageKey, Settlement>,
    received_total: u64,
    duplicates: u64,
    matched: u64,
    unconfirmed_arrived: u64,
    /// Received though the device considers them failed.
    failed_arrived: u64,
}

/// The outcome of a reconciliation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SinkTotals {
    /// Messages that the sinks took, duplicates included.
    pub received: u64,
    /// Messages whose id had been taken before.
    pub duplicates: u64,
    /// Messages taken that no device ever settled as delivered or unconfirmed.
    pub unknown: u64,
    /// Messages delivered, to the devices' knowledge, that no sink took.
    pub missing: u64,
    /// Unconfirmed messages that did arrive.
    pub unconfirmed_arrived: u64,
}

impl Reconciler {
    /// A sink has taken the message `key`.
    pub fn receive(&mut self, key: MessageKey, duplicate: bool) {
        self.received_total += 1;
        if duplicate {
            self.duplicates += 1;
            return;
        }
        match self.settled.remove(&key) {
            Some(settlement) => self.strike(settlement),
            None => {
                self.received.insert(key, ());
            }
        }
    }

    /// A device has settled the message `key`.
    pub fn settle(&mut self, key: MessageKey, settlement: Settlement) {
        if self.received.remove(&key).is_some() {
            self.strike(settlement);
            return;
        }
        match settlement {
            Settlement::Delivered | Settlement::Unconfirmed => {
                self.settled.insert(key, settlement);
            }
            // A message that failed is not expected; if it arrives after all it stays unknown.
            Settlement::Failed | Settlement::Oversize => {}
        }
    }

    fn strike(&mut self, settlement: Settlement) {
        match settlement {
            Settlement::Delivered => self.matched += 1,
            Settlement::Unconfirmed => self.unconfirmed_arrived += 1,
            Settlement::Failed | Settlement::Oversize => self.failed_arrived += 1,
        }
    }

    /// How things stand. Messages that only one side knows yet count as unknown or missing.
    pub fn totals(&self) -> SinkTotals {
        let missing = self
            .settled
            .values()
            .filter(|settlement| **settlement == Settlement::Delivered);
        SinkTotals {
            received: self.received_total,
            duplicates: self.duplicates,
            unknown: self.received.len() as u64 + self.failed_arrived,
            missing: missing.count() as u64,
            unconfirmed_arrived: self.unconfirmed_arrived,
        }
    }

    /// Whether both sides agree to the last message, `delivered` being the devices' count.
    pub fn balances(&self, delivered: u64) -> bool {
        let totals = self.totals();
        totals.unknown == 0
            && totals.missing == 0
            && self.matched == delivered
            && totals.received - totals.duplicates == delivered + totals.unconfirmed_arrived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> MessageKey {
        MessageKey::of(&format!("M{number}:FTX1234A5B6:51AEAC68"))
    }

    #[test]
    fn agreement_in_any_order_balances() {
        let mut books = Reconciler::default();
        books.receive(key(1), false);
        books.settle(key(1), Settlement::Delivered);
        books.settle(key(2), Settlement::Delivered);
        books.receive(key(2), false);
        books.receive(key(2), true);
        books.settle(key(3), Settlement::Failed);
        assert!(books.balances(2));
        assert_eq!(books.totals().duplicates, 1);
    }

    #[test]
    fn each_disagreement_is_named() {
        let mut books = Reconciler::default();
        books.settle(key(1), Settlement::Delivered);
        books.receive(key(2), false);
        books.receive(key(3), false);
        books.settle(key(3), Settlement::Failed);
        books.settle(key(4), Settlement::Unconfirmed);
        let totals = books.totals();
        assert_eq!((totals.missing, totals.unknown), (1, 2));
        assert!(!books.balances(1));
    }

    #[test]
    fn equal_counts_of_different_messages_do_not_balance() {
        let mut books = Reconciler::default();
        books.settle(key(1), Settlement::Delivered);
        books.receive(key(2), false);
        assert!(!books.balances(1));
    }

    #[test]
    fn unconfirmed_messages_may_arrive_or_not() {
        let mut books = Reconciler::default();
        for number in 0..2 {
            books.settle(key(number), Settlement::Unconfirmed);
        }
        books.receive(key(0), false);
        assert_eq!(books.totals().unconfirmed_arrived, 1);
        assert!(books.balances(0));
    }
}
