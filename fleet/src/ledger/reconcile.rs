//! Matching what devices consider delivered with what embedded sinks have received, by message id.
//!
//! Both sides report as they go; a message that both have named is struck off, so memory holds only
//! what is outstanding, however long the run.

use std::collections::{HashMap, HashSet};

use sink::{MessageKey, Totals};

/// What a device's attempts mean for the books of embedded sinks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AtSink {
    /// No embedded sink can have the message: it was refused, or went elsewhere.
    #[default]
    Not,
    /// An attempt at an embedded sink was left unconfirmed: it may have the message.
    Possible,
    /// An embedded sink confirmed the message: it must have it.
    Certain,
}

/// What an embedded sink did with a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It keeps it.
    Kept,
    /// It has had a message with this id before.
    Again,
    /// It has confirmed it, and thrown it away.
    Dropped,
}

/// Messages by key: what one side has said of them that the other has not yet.
#[derive(Debug, Default)]
pub struct Reconciler {
    /// Received, but not yet settled.
    received: HashSet<MessageKey>,
    /// Settled, but not yet received.
    settled: HashMap<MessageKey, AtSink>,
    received_total: u64,
    duplicates: u64,
    dropped: u64,
    /// Settled as certain.
    certain: u64,
    /// Settled as certain and received.
    matched: u64,
    unconfirmed_arrived: u64,
}

/// The outcome of a reconciliation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SinkTotals {
    /// Messages that the sinks took, duplicates included.
    pub received: u64,
    /// Messages whose id had been taken before.
    pub duplicates: u64,
    /// Messages that were confirmed and then thrown away.
    pub dropped: u64,
    /// Messages taken that no device settled as sent there.
    pub unknown: u64,
    /// Messages delivered there, to the devices' knowledge, that no sink took.
    pub missing: u64,
    /// Unconfirmed messages that did arrive.
    pub unconfirmed_arrived: u64,
    /// Messages delivered there, to the devices' knowledge.
    pub delivered: u64,
}

impl Reconciler {
    /// A sink has taken the message `key`.
    pub fn receive(&mut self, key: MessageKey, taken: Taken) {
        self.received_total += 1;
        match taken {
            Taken::Kept => {}
            Taken::Again => {
                self.duplicates += 1;
                return;
            }
            Taken::Dropped => self.dropped += 1,
        }
        match self.settled.remove(&key) {
            Some(at_sink) => self.strike(at_sink),
            None => {
                self.received.insert(key);
            }
        }
    }

    /// A device has settled the message `key`.
    pub fn settle(&mut self, key: MessageKey, at_sink: AtSink) {
        // A message that no sink can have is not expected; if one has it, it stays unknown.
        if at_sink == AtSink::Not {
            return;
        }
        self.certain += u64::from(at_sink == AtSink::Certain);
        if self.received.remove(&key) {
            self.strike(at_sink);
        } else {
            self.settled.insert(key, at_sink);
        }
    }

    fn strike(&mut self, at_sink: AtSink) {
        match at_sink {
            AtSink::Certain => self.matched += 1,
            AtSink::Possible | AtSink::Not => self.unconfirmed_arrived += 1,
        }
    }

    /// How things stand. Messages that only one side knows yet count as unknown or missing.
    pub fn totals(&self) -> SinkTotals {
        SinkTotals {
            received: self.received_total,
            duplicates: self.duplicates,
            dropped: self.dropped,
            unknown: self.received.len() as u64,
            missing: self.certain - self.matched,
            unconfirmed_arrived: self.unconfirmed_arrived,
            delivered: self.certain,
        }
    }

    /// Whether the sink's own totals are the sums of what it reported message by message.
    pub fn agrees_with(&self, own: &Totals) -> bool {
        let dropped: u64 = own.dropped.values().sum();
        (own.received, own.duplicates, dropped)
            == (self.received_total, self.duplicates, self.dropped)
    }

    /// Whether both sides agree to the last message. Those `in_flight` had no outcome when the run
    /// ended and may have arrived.
    pub fn balances(&self, in_flight: impl Fn(MessageKey) -> bool) -> bool {
        let totals = self.totals();
        self.received.iter().all(|key| in_flight(*key))
            && totals.missing == 0
            && totals.received - totals.duplicates
                == totals.delivered + totals.unconfirmed_arrived + totals.unknown
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
        books.receive(key(1), Taken::Kept);
        books.settle(key(1), AtSink::Certain);
        books.settle(key(2), AtSink::Certain);
        books.receive(key(2), Taken::Kept);
        books.receive(key(2), Taken::Again);
        books.settle(key(3), AtSink::Not);
        assert!(books.balances(|_| false));
        assert_eq!(books.totals().delivered, 2);
        assert_eq!(books.totals().duplicates, 1);
    }

    #[test]
    fn each_disagreement_is_named() {
        let mut books = Reconciler::default();
        books.settle(key(1), AtSink::Certain);
        books.receive(key(2), Taken::Kept);
        books.receive(key(3), Taken::Kept);
        books.settle(key(3), AtSink::Not);
        books.settle(key(4), AtSink::Possible);
        let totals = books.totals();
        assert_eq!((totals.missing, totals.unknown), (1, 2));
        assert!(!books.balances(|one| one == key(2)));
    }

    #[test]
    fn equal_counts_of_different_messages_do_not_balance() {
        let mut books = Reconciler::default();
        books.settle(key(1), AtSink::Certain);
        books.receive(key(2), Taken::Kept);
        assert!(!books.balances(|_| false));
    }

    #[test]
    fn what_a_sink_counts_must_be_what_it_reported() {
        let mut books = Reconciler::default();
        books.receive(key(1), Taken::Kept);
        books.receive(key(1), Taken::Again);
        books.receive(key(2), Taken::Dropped);
        assert_eq!(books.totals().dropped, 1);
        let mut own = Totals {
            received: 3,
            duplicates: 1,
            ..Totals::default()
        };
        assert!(!books.agrees_with(&own));
        own.dropped.insert("oversize_dropped".to_owned(), 1);
        assert!(books.agrees_with(&own));
        own.received += 1;
        assert!(!books.agrees_with(&own));
    }

    #[test]
    fn messages_without_an_outcome_may_have_arrived() {
        let mut books = Reconciler::default();
        books.receive(key(1), Taken::Kept);
        assert!(
            !books.balances(|_| false)
                && books.balances(|one| one == key(1))
                && !books.balances(|one| one == key(2))
        );
    }

    #[test]
    fn unconfirmed_messages_may_arrive_or_not() {
        let mut books = Reconciler::default();
        for number in 0..2 {
            books.settle(key(number), AtSink::Possible);
        }
        books.receive(key(0), Taken::Kept);
        assert_eq!(books.totals().unconfirmed_arrived, 1);
        assert!(books.balances(|_| false));
    }
}
