//! Logging in to devices of a running fleet, with a real SSH client.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the messages of a channel are the library's to extend"
)]

#[allow(dead_code, reason = "every test program uses its own part of them")]
#[path = "../support/file_servers.rs"]
mod file_servers;
mod lab;
mod local;
mod logins;
mod sessions;
