//! What happens to the devices, validated.

use std::time::Duration;

use emulator::SystemEvent;

use super::SyslogPattern;

/// Most events of one burst on each device.
pub(super) const PER_DEVICE_MAX: u32 = 10_000;
/// Most events of one burst in all.
pub(super) const BURST_MAX: u64 = 50_000_000;

/// A stream of events on devices.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Name, for reports; part of what its chance is drawn from.
    pub name: String,
    /// Position of the fleet it concerns; `None` for all.
    pub fleet: Option<usize>,
    /// When it begins, in real time after the start.
    pub begin: Duration,
    /// When it ends.
    pub end: Duration,
    /// Which part of each fleet's sites it concerns; 1 for all.
    pub site_share: Option<crate::units::Share>,
    /// When its events happen.
    pub arrival: Arrival,
    /// What its events are.
    pub emission: Emission,
}

/// When events happen. All arrivals are open: nothing waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// At equal distances.
    Constant {
        /// Events per second.
        rate: f64,
    },
    /// At random, independent of each other.
    Poisson {
        /// Events per second.
        rate: f64,
    },
    /// So many events at random instants within a time.
    Burst {
        /// How many.
        count: BurstCount,
        /// Within which time from the beginning.
        within: Duration,
    },
}

/// How many events a burst has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BurstCount {
    /// In all, each on a device drawn at random.
    Total(u32),
    /// On every device concerned.
    PerDevice(u32),
}

/// What an event is.
#[derive(Clone, Debug)]
pub enum Emission {
    /// A log line.
    Syslog(SyslogPattern),
    /// The same event every time.
    Event(SystemEvent),
}
