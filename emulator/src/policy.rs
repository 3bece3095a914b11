//! What the vendor's documents leave open, as settings of a device.
//!
//! Every default is the decision of the reference, section 11.1; none is a command of the device.

use jiff::SignedDuration;

/// What one unit of the rate limit is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RateUnit {
    /// A message: one event to one profile by one transport.
    #[default]
    Message,
    /// An event, however many messages it makes.
    Event,
}

/// What happens to a message larger than its profile allows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SizePolicy {
    /// Attachments are shortened, the last one first; text is cut.
    #[default]
    Truncate,
    /// It is not sent.
    Drop,
}

/// The epoch that the time in a message identifier counts from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum IdEpoch {
    /// 1970, as current images count.
    #[default]
    Unix,
    /// 1900, as older images count.
    Ntp,
}

/// Choices that the documents leave open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// How long a log line suppresses its repetitions.
    pub throttle_window: SignedDuration,
    /// Periodic messages are sent later than configured by a time below this, to the second, which
    /// follows from the chassis serial number: as if the schedules had been spread over the devices.
    pub schedule_spread: SignedDuration,
    /// What the rate limit counts.
    pub rate_unit: RateUnit,
    /// Most messages waiting in one device.
    pub queue_messages_max: usize,
    /// What happens to messages that are too large.
    pub size_policy: SizePolicy,
    /// The epoch of message identifiers.
    pub id_epoch: IdEpoch,
    /// Whether the host name is hidden in message headers too when data privacy hides it.
    pub scrub_header: bool,
    /// Whether anonymous messages keep serial number and device identifier.
    pub anonymous_keeps_udi: bool,
    /// Whether long text names periodic and manual messages `proactive`.
    pub group_proactive: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            throttle_window: SignedDuration::from_hours(1),
            schedule_spread: SignedDuration::ZERO,
            rate_unit: RateUnit::Message,
            queue_messages_max: 100,
            size_policy: SizePolicy::Truncate,
            id_epoch: IdEpoch::Unix,
            scrub_header: false,
            anonymous_keeps_udi: false,
            group_proactive: false,
        }
    }
}
