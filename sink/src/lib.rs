//! What every mock sink does whatever its protocol, so that no sink does it twice.
//!
//! | module | its one job |
//! |---|---|
//! | [`books`] | account for every message: first or duplicate, by type, format and disposition |
//! | [`certificate`] | a throw-away authority, and TLS settings that offer forward secrecy only |
//! | [`fault`] | misbehave on request: what, when, how often, and whether it happened |
//! | [`listener`] | bind an address, and say what to do when that fails |
//! | [`program`] | what the binaries share: addresses on the command line, signals, the first line printed |
//! | [`store`] | keep messages as files, atomically and up to a limit |
//! | [`units`] | values with units as people write them |
//! | [`web`] | the web address: health, metrics, totals, recent messages |

pub mod books;
pub mod certificate;
pub mod fault;
pub mod listener;
pub mod program;
pub mod store;
pub mod units;
pub mod web;

pub use books::{
    Admission, Arrival, Books, BooksLimits, Disposition, MessageKey, Observer, Receipt, Recorded,
    Summary, Totals,
};
pub use certificate::{CertificateError, TestAuthority};
pub use listener::{EXIT_ADDRESS_IN_USE, ListenError};
pub use store::{Store, StoreError};
pub use web::{Pages, WebLimits};
