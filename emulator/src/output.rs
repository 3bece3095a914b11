//! What a device tells the world around it.

use jiff::Timestamp;

use crate::{
    alert_group::MessageType,
    config::ProfileId,
    device::files::WhyNot,
    license::install::InstallOutcome,
    probe::Probe,
    severity::Severity,
    transfer::Transfer,
    transport::{MessageId, Settlement, Transmission, Transport},
};

/// Why a candidate (one alert to one profile by one transport) became no message.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DropAccount {
    /// `service call-home` is off.
    ServiceDisabled,
    /// The alert group is disabled, or the model does not have it.
    GroupDisabled,
    /// The profile is not active.
    ProfileInactive,
    /// The profile does not report Smart Call Home data.
    ReportingDisabled,
    /// The profile does not subscribe to the group.
    NotSubscribed,
    /// The alert is less urgent than the profile asks for.
    BelowSeverity,
    /// No pattern of the profile matches the log line.
    Pattern,
    /// The profile is anonymous and the message type is not sent anonymously.
    Anonymous,
    /// The log line repeats one that passed of late.
    Throttled,
    /// The rate limit is used up.
    RateLimited,
    /// The device's queue is full.
    QueueFull,
}

impl DropAccount {
    /// Every account.
    pub const ALL: [Self; 11] = [
        Self::ServiceDisabled,
        Self::GroupDisabled,
        Self::ProfileInactive,
        Self::ReportingDisabled,
        Self::NotSubscribed,
        Self::BelowSeverity,
        Self::Pattern,
        Self::Anonymous,
        Self::Throttled,
        Self::RateLimited,
        Self::QueueFull,
    ];

    /// The account's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceDisabled => "service_disabled",
            Self::GroupDisabled => "group_disabled",
            Self::ProfileInactive => "profile_inactive",
            Self::ReportingDisabled => "reporting_disabled",
            Self::NotSubscribed => "not_subscribed",
            Self::BelowSeverity => "below_severity",
            Self::Pattern => "pattern",
            Self::Anonymous => "anonymous",
            Self::Throttled => "throttled",
            Self::RateLimited => "rate_limited",
            Self::QueueFull => "queue_full",
        }
    }
}

/// A trap that the device would send. Reference, section 9.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Trap {
    /// `ccmSmtpServerFailNotif`: a mail server failed.
    SmtpServerFail,
    /// `ccmSmtpMsgSendFailNotif`: all mail servers failed.
    SmtpMessageSendFail,
}

/// What became of a license file.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LicenseFileOutcome {
    /// It is no license file, or the device cannot be licensed by one.
    Invalid,
    /// Its server did not give it.
    NotOpened(WhyNot),
    /// The device went down while it was being fetched.
    Interrupted,
    /// One of its lines, each of which is told by itself.
    Line(InstallOutcome),
}

/// One thing a device says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// An alert was offered to the policy. Its candidates follow, each as `Dropped` or `Queued`.
    Trigger {
        /// Message type.
        kind: MessageType,
        /// Severity.
        severity: Severity,
        /// When it happened.
        at: Timestamp,
        /// How many candidates it has: profiles it concerns, times their transports.
        candidates: u32,
    },
    /// A candidate became no message.
    Dropped {
        /// Why.
        account: DropAccount,
        /// Message type.
        kind: MessageType,
        /// By which transport it would have gone.
        transport: Transport,
        /// To which profile; `None` for a destination named by the request.
        destination: Option<ProfileId>,
        /// When the alert happened.
        at: Timestamp,
        /// The identifier it would have had, if it got as far as the queue.
        id: Option<MessageId>,
    },
    /// A candidate became a message.
    Queued {
        /// Its identifier.
        id: MessageId,
        /// Message type.
        kind: MessageType,
        /// By which transport it goes.
        transport: Transport,
        /// To which profile; `None` for a destination named by the request.
        destination: Option<ProfileId>,
        /// When it became due.
        due: Timestamp,
    },
    /// Please send this message and report the outcome.
    Transmit(Transmission),
    /// A message has ended.
    Settled {
        /// Its identifier.
        id: MessageId,
        /// Message type.
        kind: MessageType,
        /// By which transport it went.
        transport: Transport,
        /// When it became due.
        due: Timestamp,
        /// How it ended.
        settlement: Settlement,
    },
    /// Please find out whether these mail servers answer, and resume the session that the call was
    /// about; see [`crate::probe`].
    Probe(Probe),
    /// Please fetch a file from a server, or store one there; see [`crate::transfer`].
    Transfer(Transfer),
    /// A license file was taken by an event, with what became of it.
    LicenseFile(LicenseFileOutcome),
    /// A trap is to be sent.
    Trap(Trap),
    /// An event came while the device was down, and nobody saw it.
    Unheard,
}
