//! The sink as its clients see it, through real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod framing;
mod limits;
mod messages;
mod pages;
mod server;
