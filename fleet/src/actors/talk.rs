//! What a console says to its device's actor.
//!
//! A terminal session belongs to its connection and travels with every message: a device that nobody
//! is logged in to knows nothing of terminals.

use std::{sync::Arc, time::Duration};

use actix::{Addr, Message, Recipient};
use emulator::{
    Probe, Transfer,
    cli::{Arrival, LineResult, Session},
};

use tokio::sync::Notify;

use super::device::DeviceActor;
use crate::courier::CourierSettings;

/// A device that runs, and how to reach it.
#[derive(Clone, Debug)]
pub(crate) struct RunningDevice {
    /// Number over all fleets.
    pub(crate) number: u32,
    /// The host name it started with.
    pub(crate) hostname: Arc<str>,
    pub(super) address: Addr<DeviceActor>,
    /// How it would reach its mail servers.
    pub(crate) couriers: Arc<CourierSettings>,
}

impl RunningDevice {
    /// Where consoles of the device talk to.
    pub(crate) fn console(&self) -> Recipient<Talk> {
        self.address.clone().recipient()
    }
}

/// Something that came in on a console.
#[derive(Debug, Message)]
#[rtype(result = "Option<Told>")]
pub(crate) struct Talk {
    /// The session of the console.
    pub(crate) session: Box<Session>,
    /// What came.
    pub(crate) said: Said,
    /// How the console is told that the device has logged something.
    pub(crate) news: Arc<Notify>,
}

/// What can come in on a console.
#[derive(Debug)]
pub(crate) enum Said {
    /// Somebody has logged in.
    Hello,
    /// Keys.
    Keys(Vec<u8>),
    /// A whole line of a script.
    Line(String),
    /// The device has logged something.
    News,
    /// What the session waited for has come.
    Arrived(Arrival),
    /// The terminal has another size.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        length: u16,
    },
}

/// What a session wants to be done that takes a network.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// To find out which mail servers answer.
    Probe(Probe),
    /// To fetch a file, or to store one.
    Transfer(Transfer),
}

/// The answer to [`Talk`]. There is none once the run is over for the device.
#[derive(Debug)]
pub(crate) struct Told {
    /// The session, to come along the next time.
    pub(crate) session: Box<Session>,
    /// What the terminal is to show.
    pub(crate) shown: Vec<u8>,
    /// What became of a [`Said::Line`].
    pub(crate) line: LineResult,
    /// What the session waits for: the outcome is to come as [`Said::Arrived`].
    pub(crate) wanted: Option<Wanted>,
    /// After how long without input the session ends.
    pub(crate) idle_timeout: Option<Duration>,
}
