//! The actors: one per device, many on each arbiter; and the threads that carry what they send.
//!
//! An arbiter and its courier thread belong together: devices decide on the one, connections live on
//! the other.

mod arbiter;
mod courier;
mod device;
mod talk;
mod watchers;

use std::time::Duration;

use emulator::Transport;
use sink::MessageKey;

use crate::{
    journal::Page,
    record::{Gathered, Settled},
};

pub(crate) use arbiter::{ArbiterSetup, run_arbiter};
pub(crate) use courier::{CourierSetup, line, run_courier};
pub(crate) use talk::{RunningDevice, Said, Talk, Told, Wanted};

/// How often a thread reports.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// What a thread tells the conductor.
#[derive(Debug)]
pub(crate) enum Report {
    /// All devices of an arbiter exist: these, if somebody asked for them.
    Ready(Vec<RunningDevice>),
    /// What has been gathered since the last report.
    Gathered {
        /// Measurements and accounts.
        gathered: Box<Gathered>,
        /// Messages that have ended.
        settled: Vec<Settled>,
        /// Entries for the journal.
        page: Page,
        /// In the last report of an arbiter: messages whose outcome is still unknown.
        in_flight: Vec<(Transport, MessageKey)>,
        /// Whether this is the thread's last report: nothing further will happen on it.
        idle: bool,
    },
}
