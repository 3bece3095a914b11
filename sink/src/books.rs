//! The books: every message a sink takes is entered once, before the sender gets its reply.
//!
//! Memory is bounded by [`BooksLimits`] and by the constants here, whatever the senders do.

mod key;
mod memory;
mod summary;
mod totals;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

pub use key::MessageKey;
pub use summary::Summary;
pub use totals::{Connections, Totals};

use memory::Memory;
use summary::RecentMessages;

/// Most distinct names kept per counter family; what comes after is counted as [`OTHER`].
///
/// Types and formats are read from messages, so their number is up to the sender.
pub const DISTINCT_NAMES_MAX: usize = 64;

/// The name under which everything beyond [`DISTINCT_NAMES_MAX`] is counted.
pub const OTHER: &str = "other";

/// Longest text kept from a message in a summary or as the name of a counter, in bytes.
pub const TEXT_BYTES_MAX: usize = 200;

/// Called with the receipt of every message recorded, before the protocol reply goes out.
pub type Observer = Box<dyn Fn(Receipt) + Send + Sync>;

/// How much the books remember.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BooksLimits {
    /// Message ids remembered for finding duplicates, the oldest forgotten first. Default 1,048,576.
    ///
    /// Each costs about 50 bytes once it is used.
    pub remembered_ids: usize,
    /// Message summaries kept for the web address, the oldest dropped first. Default 1000.
    pub recent_messages: usize,
}

impl Default for BooksLimits {
    fn default() -> Self {
        Self {
            remembered_ids: 1_048_576,
            recent_messages: 1_000,
        }
    }
}

/// What a sink decided about a complete message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Disposition {
    /// Taken, and the sender is told so.
    Accepted,
    /// Confirmed to the sender and then thrown away; the name says why, as in `oversize_dropped`.
    Dropped(&'static str),
}

/// One complete message, as the sink that took it describes it to the books.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// When the last byte arrived.
    pub received: Instant,
    /// The message id, `M<n>:<serial>:<HEX>`; `None` when the message carries none.
    pub id: Option<&'a str>,
    /// The message type, as in `syslog` or `inventory`.
    pub message_type: &'a str,
    /// The message format, as in `xml`, `long-text` or `short-text`.
    pub format: &'a str,
    /// The device that sent it as far as the message tells, else empty.
    pub device: &'a str,
    /// One line that tells a reader what it is about, else empty.
    pub subject: &'a str,
    /// Size of the message in bytes, without transport framing.
    pub bytes: u64,
    /// What the sink does with it.
    pub disposition: Disposition,
}

/// What an observer learns about a recorded message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The digest of the message id, or [`MessageKey::NONE`] for a message without one.
    pub key: MessageKey,
    /// When the last byte arrived.
    pub received: Instant,
    /// Size of the message in bytes.
    pub bytes: u64,
    /// Whether a message with this id was recorded before.
    pub duplicate: bool,
    /// What the sink does with it.
    pub disposition: Disposition,
}

/// Whether a recorded message was the first with its id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recorded {
    /// No remembered message has this id, or it has none.
    First,
    /// A remembered message has the same id.
    Duplicate,
}

/// The books of one sink, shared by its connections.
pub struct Books {
    ledger: Mutex<Ledger>,
    observer: Option<Observer>,
    opened: (Instant, SystemTime),
}

struct Ledger {
    totals: Totals,
    memory: Memory,
    recent: RecentMessages,
}

impl Default for Books {
    fn default() -> Self {
        Self::new(BooksLimits::default())
    }
}

impl Books {
    /// Opens empty books with the given limits.
    #[must_use]
    pub fn new(limits: BooksLimits) -> Self {
        let ledger = Ledger {
            totals: Totals::default(),
            memory: Memory::new(limits.remembered_ids),
            recent: RecentMessages::new(limits.recent_messages),
        };
        Self {
            ledger: Mutex::new(ledger),
            observer: None,
            opened: (Instant::now(), SystemTime::now()),
        }
    }

    /// Opens empty books with default limits and an observer.
    #[must_use]
    pub fn with_observer(observer: Observer) -> Self {
        Self::default().observed_by(observer)
    }

    /// Gives these books an observer in place of the one they had.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Enters a complete message. Call it before the sender gets its reply.
    ///
    /// Each message is in exactly one of accepted, duplicate and dropped: one whose id is
    /// remembered is a duplicate whatever the sink does with it.
    pub fn record(&self, arrival: Arrival<'_>) -> Recorded {
        let key = arrival.id.map(MessageKey::of);
        let recorded = self.enter(&arrival, key);
        // Outside the lock: an observer may take its time or look at the books.
        if let Some(observer) = &self.observer {
            observer(Receipt {
                key: key.unwrap_or(MessageKey::NONE),
                received: arrival.received,
                bytes: arrival.bytes,
                duplicate: recorded == Recorded::Duplicate,
                disposition: arrival.disposition,
            });
        }
        recorded
    }

    fn enter(&self, arrival: &Arrival<'_>, key: Option<MessageKey>) -> Recorded {
        let received_at = self.wall_clock(arrival.received);
        let mut guard = self.lock();
        let Ledger {
            totals,
            memory,
            recent,
        } = &mut *guard;
        let recorded = match key {
            Some(key) if !memory.insert(key) => Recorded::Duplicate,
            Some(_) => Recorded::First,
            None => {
                totals.without_id += 1;
                Recorded::First
            }
        };
        totals.received += 1;
        totals.bytes += arrival.bytes;
        let disposition = match (recorded, arrival.disposition) {
            (Recorded::Duplicate, _) => {
                totals.duplicates += 1;
                "duplicate"
            }
            (Recorded::First, Disposition::Accepted) => {
                totals.accepted += 1;
                "accepted"
            }
            (Recorded::First, Disposition::Dropped(reason)) => {
                add_one(&mut totals.dropped, reason);
                reason
            }
        };
        add_one(&mut totals.by_type, arrival.message_type);
        add_one(&mut totals.by_format, arrival.format);
        recent.push(totals.received, received_at, arrival, disposition);
        recorded
    }

    /// Counts a message that was refused as a whole: it is not received and no observer hears of it.
    pub fn reject(&self, reason: &'static str) {
        add_one(&mut self.lock().totals.rejected, reason);
    }

    /// Counts something worth knowing that is not the fate of a message, as in `aborted`.
    pub fn count(&self, event: &'static str) {
        add_one(&mut self.lock().totals.events, event);
    }

    /// Enters a new connection, unless `connections_max` are open: then it counts as refused.
    ///
    /// The connection is open until the returned value is dropped.
    pub fn admit(self: &Arc<Self>, connections_max: usize) -> Option<Admission> {
        let connections = &mut self.lock().totals.connections;
        if connections.open >= connections_max as u64 {
            connections.refused += 1;
            return None;
        }
        connections.open += 1;
        connections.total += 1;
        Some(Admission(Arc::clone(self)))
    }

    /// The figures as they stand.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.lock().totals.clone()
    }

    /// The latest messages, newest first, at most `limit`.
    #[must_use]
    pub fn recent(&self, limit: usize) -> Vec<Summary> {
        self.lock().recent.newest(limit)
    }

    /// The clock's time of `instant`, derived so that it never runs backwards between messages.
    fn wall_clock(&self, instant: Instant) -> SystemTime {
        let (opened, opened_at) = self.opened;
        opened_at
            .checked_add(instant.saturating_duration_since(opened))
            .unwrap_or(opened_at)
    }

    /// A panic elsewhere leaves at worst one message half counted, which beats losing the books.
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open connection in the books; dropping it closes the entry.
pub struct Admission(Arc<Books>);

impl Drop for Admission {
    fn drop(&mut self) {
        self.0.lock().totals.connections.open -= 1;
    }
}

/// Adds one to a named counter; allocates only when the name is new.
fn add_one(counters: &mut BTreeMap<String, u64>, name: &str) {
    let name = shortened(name);
    if let Some(count) = counters.get_mut(name) {
        *count += 1;
    } else if counters.len() < DISTINCT_NAMES_MAX {
        counters.insert(name.to_owned(), 1);
    } else {
        *counters.entry(OTHER.to_owned()).or_default() += 1;
    }
}

/// The longest prefix that is no more than [`TEXT_BYTES_MAX`] bytes of whole characters.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

#[cfg(test)]
mod tests;
