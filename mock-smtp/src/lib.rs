//! An SMTP sink that accounts for every message it takes.
//!
//! [`run`] serves a listener until it is told to stop. The parts that decide are pure and can be
//! driven without a socket: [`session`] is the dialogue, [`data`] finds the end of a message,
//! [`message`] finds the id in it.

mod authentication;
pub mod command;
pub mod data;
pub mod mailbox;
pub mod message;
pub mod reply;
pub mod session;
pub mod settings;

mod connection;
mod server;

pub use server::run;
pub use settings::{AuthPolicy, BareLineEnds, Credentials, Dialogue, Settings, Tls};

/// Names under which this sink counts events in its books.
pub mod events {
    /// A message whose sender was gone before its end; it is not received.
    pub const ABORTED: &str = "aborted";
    /// A connection the system could not hand over, for lack of files most likely.
    pub const ACCEPT_FAILED: &str = "accept_failed";
    /// A message that a fault had refused.
    pub const FAULT: &str = "fault";
    /// A message whose header and body carry different ids; the header's counts.
    pub const ID_MISMATCH: &str = "id_mismatch";
    /// A message with bare CR or LF inside.
    pub const BARE_LINE_ENDS: &str = "bare_line_ends";
    /// A message with lines longer than RFC 5321 allows.
    pub const LONG_LINES: &str = "long_lines";
    /// A message that was received and could not be stored, for lack of room most likely.
    pub const NOT_STORED: &str = "not_stored";
    /// Bytes behind STARTTLS that came in clear and were thrown away.
    pub const STARTTLS_DISCARDED: &str = "starttls_discarded";
    /// A TLS handshake that failed.
    pub const TLS_FAILED: &str = "tls_failed";
    /// A connection that was closed because it was idle.
    pub const IDLE: &str = "idle_timeout";
}
