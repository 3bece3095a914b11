//! Fetching files from servers and storing files on them, which takes a network that a device does not
//! have.
//!
//! Servers that are tables of the fleet answer within the device ([`crate::device::files`]). For those
//! that really exist, named by [`FileServers::reach`](crate::FileServers::reach), the contract with
//! whoever holds the device is:
//!
//! 1. [`Output::Transfer`](crate::Output::Transfer) comes out of the very call that the file was asked
//!    for in. It says who asked: a session, which waits from then on, or the device itself for an event.
//! 2. Somebody fetches the file or stores it, by the scheme of its URL, within a limit of time and size.
//! 3. The outcome goes back to whoever asked: to a session by [`resume`](crate::cli::Session::resume), to
//!    the device as [`Input::Transferred`](crate::Input::Transferred). A session that no longer waits
//!    drops it; a device that was down in between reports that the transfer was interrupted.
//!
//! Source: reference licensing, sections 2.3 and 4.5.

use std::sync::Arc;

use jiff::Timestamp;

use crate::device::files::{FileUrl, WhyNot};

/// Identifies a transfer among those of its session; other sessions have numbers of their own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TransferId(pub u32);

/// Who waits for a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asker {
    /// A terminal session.
    Session(TransferId),
    /// The device, for an event, as it was up since this instant.
    Event(Timestamp),
}

/// What is to be done with a file on a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Errand {
    /// Its bytes are wanted.
    Fetch,
    /// It is to have these bytes, whatever it had before.
    Store(Arc<[u8]>),
}

/// A request to fetch a file or to store one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// Who waits for it.
    pub asker: Asker,
    /// Where the file is, on a server.
    pub url: FileUrl,
    /// What to do.
    pub errand: Errand,
}

/// What came of a transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransferOutcome {
    /// Who waits for it.
    pub asker: Asker,
    /// The bytes of a file that was fetched, none of one that was stored; or why the file is not opened.
    pub result: Result<Arc<[u8]>, WhyNot>,
}
