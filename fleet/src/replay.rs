//! Recorded syslog as a storm: lines of devices with their instants and sources, read from whatever a
//! relay, a server or `show logging` left behind.
//!
//! What cannot be read is counted and shown, never skipped in silence. A recording is kept as a text
//! file of its own, which a scenario names, so that a storm runs again as often as wanted.

mod line;
mod recording;

pub use line::{Line, Stamp, Unread, read_line};
pub use recording::{Collector, NotARecording, Recorded, Recording, Rejected};
