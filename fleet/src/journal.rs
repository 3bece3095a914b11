//! The journal of a run: one record for everything that the books are made of, in an append-only file.
//!
//! Threads collect their records in a [`Page`] and hand it over a few times a second; [`Writer`]
//! appends pages as blocks, each sealed by a digest over all that precedes it. A process that is
//! killed leaves every block that was written. The format is told in `docs/journal.md`; [`record`],
//! [`block`] and [`reader`] are all that the audit shares with the run.

pub mod block;
pub mod reader;
pub mod record;
mod writer;

pub use record::Record;
pub use writer::{Closed, JournalError, Writer};

/// The name of the file in a run directory.
pub const JOURNAL_FILE: &str = "journal.bin";

/// Records that one thread has collected.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    bytes: Vec<u8>,
    records: u32,
}

impl Page {
    /// Adds `record`.
    pub fn add(&mut self, record: &Record) {
        record.encode(&mut self.bytes);
        self.records += 1;
    }

    /// Whether there is nothing on it.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// How many records there are.
    pub fn records(&self) -> u32 {
        self.records
    }

    /// The records as bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
