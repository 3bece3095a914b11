//! What happens to the devices, validated.

use std::{sync::Arc, time::Duration};

use emulator::SystemEvent;

use super::{Chain, SyslogPattern};
use crate::replay::Recording;

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
    /// Which part of the devices there it concerns; `None` for all.
    pub share: Option<crate::units::Share>,
    /// When its events happen.
    pub arrival: Arrival,
    /// What its events are.
    pub emission: Emission,
}

/// When events happen. All arrivals are open: nothing waits for an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// At a rate, which may change with time.
    Rate {
        /// The rate.
        profile: RateProfile,
        /// How events keep apart.
        spacing: Spacing,
        /// Whose rate it is.
        per: Per,
    },
    /// So many events at random instants within a time.
    Burst {
        /// How many.
        count: BurstCount,
        /// Within which time from the beginning.
        within: Duration,
        /// How they are spread over it.
        spread: Spread,
    },
    /// At instants that were written down, from the beginning on, in order.
    Recorded(Arc<[Duration]>),
    /// When the lines of a recording were logged, on the devices that stand for its sources.
    Recording {
        /// The recording.
        recording: Arc<Recording>,
        /// Devices beyond the sources play a source again, each up to so much later.
        stagger: Duration,
    },
}

/// A rate that may change with time: stretches one behind the other.
#[derive(Clone, Debug, PartialEq)]
pub struct RateProfile {
    /// At least one.
    pub stretches: Vec<RateStretch>,
    /// Whether they begin again behind the last one.
    pub repeats: bool,
}

impl RateProfile {
    /// The same rate, in events per second, all the time.
    pub fn constant(rate: f64) -> Self {
        let stretch = RateStretch {
            lasts: None,
            from: rate,
            to: rate,
        };
        Self {
            stretches: vec![stretch],
            repeats: false,
        }
    }
}

/// A stretch of time in which a rate stays or goes straight up or down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateStretch {
    /// How long it is; `None` for the rest of time.
    pub lasts: Option<Duration>,
    /// Events per second at its beginning.
    pub from: f64,
    /// Events per second at its end.
    pub to: f64,
}

/// How events of a rate keep apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spacing {
    /// At equal distances, as far as the rate stays.
    Equal,
    /// Independent of each other: a Poisson process.
    Random,
}

/// Whose rate a rate is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Per {
    /// Of all devices concerned together.
    All,
    /// Of every site concerned.
    Site,
    /// Of every device concerned.
    Device,
}

/// How the events of a burst are spread over its time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Spread {
    /// Each instant is as likely as any other.
    #[default]
    Even,
    /// Most of them early: exponential, with a third of the time as its mean.
    Early,
    /// Most of them in the middle: normal, with a sixth of the time as its standard deviation.
    Middle,
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
    /// A chain of events.
    Chain(Chain),
    /// The lines of the recording that the arrival plays.
    Recorded,
}
