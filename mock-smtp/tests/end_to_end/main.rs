//! The sink through real sockets: what only shows once bytes travel.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod faults;
mod plain;
mod program;
mod secured;
