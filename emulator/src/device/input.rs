//! What can happen to a device.

use std::sync::Arc;

use crate::{
    alert::{CommandOutputRequest, RequestKind},
    alert_group::AlertGroup,
    license::issue::Delivery,
    severity::Severity,
    template::Template,
    transfer::TransferOutcome,
    transport::{AttemptOutcome, MessageId},
};

/// What a device is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Input {
    /// Something happened.
    Event(SystemEvent),
    /// An attempt to send a message has ended.
    Outcome {
        /// Which message.
        id: MessageId,
        /// How.
        outcome: AttemptOutcome,
    },
    /// A file that the device asked for by itself has been fetched, or has not.
    Transferred(TransferOutcome),
    /// Time has passed; see [`crate::Device::next_deadline`].
    DeadlineReached,
}

/// What a sensor watches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sensor {
    /// A fan stopped.
    Fan,
    /// A power supply failed.
    PowerSupply,
    /// It is too hot.
    Temperature,
    /// A voltage is out of range.
    Voltage,
}

/// An event on the device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SystemEvent {
    /// A line is logged: `%FACILITY-LEVEL-MNEMONIC: text`.
    Syslog(Arc<str>),
    /// A sensor alarms.
    EnvironmentAlarm(Sensor),
    /// The software crashes; the device boots again and reports it then.
    Crash,
    /// The software logs a traceback and goes on.
    Traceback,
    /// A card is taken out.
    CardRemoved(u8),
    /// A card is put in.
    CardInserted(u8),
    /// Online diagnostics found a card faulty.
    DiagnosticFailure {
        /// Position of the card.
        card: u8,
        /// How bad it is: normal, warning, minor or major.
        severity: Severity,
    },
    /// Somebody changed the configuration from the console.
    ConfigurationChanged {
        /// Who did.
        by: Arc<str>,
    },
    /// The device reloads: it goes down and boots.
    Reload,
    /// The power fails.
    PowerLost,
    /// The power is back; the device boots.
    PowerRestored,
    /// A user sends a message by hand.
    Manual(ManualMessage),
    /// Something happens to the licenses.
    License(LicenseEvent),
    /// The periodic messages of a group come due, whatever their schedules say.
    PeriodicDue(AlertGroup),
}

/// Something that happens to a device's licenses. Models without license lines do not notice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LicenseEvent {
    /// A license manager delivers a license file for a stack member, counted from 0, and accepts its
    /// agreements. A device without that member does not notice.
    Install(Arc<Delivery>, u8),
    /// A license manager has the device fetch a license file, and accepts its agreements. The URL may
    /// name what differs from device to device.
    Fetch(Arc<Template>),
    /// A license manager clears every installed license of a feature.
    Clear(Arc<str>),
    /// A bit of the license store flips. The device finds out at its next boot.
    Tamper,
    /// The time of use of the license that a feature runs on is over.
    Expire(Arc<str>),
    /// So many users, channels or sessions of a feature are there.
    Users {
        /// The feature.
        feature: Arc<str>,
        /// How many.
        count: u32,
    },
}

/// A message that a user sends by hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ManualMessage {
    /// `call-home test ["TEXT"] profile NAME`.
    Test {
        /// The user's text.
        text: Option<Arc<str>>,
        /// The profile.
        profile: Arc<str>,
    },
    /// `call-home send alert-group GROUP [profile NAME]`.
    Send {
        /// Configuration, crash, diagnostic, inventory or snapshot.
        group: AlertGroup,
        /// The profile; without it all that subscribe.
        profile: Option<Arc<str>>,
    },
    /// `call-home send alert-group diagnostic {module | slot} SLOT [profile NAME]`.
    SendDiagnostic {
        /// Position of the card.
        card: u8,
        /// The profile; without it all that subscribe.
        profile: Option<Arc<str>>,
    },
    /// `call-home request KIND ...`.
    Request {
        /// What is asked for.
        kind: RequestKind,
        /// The profile, `CiscoTAC-1` unless named.
        profile: Option<Arc<str>>,
        /// `ccoid`.
        cco_id: Option<Arc<str>>,
    },
    /// `call-home send "COMMANDS" ...`.
    SendCommands(CommandOutputRequest),
}

/// Why a manual message is not sent. The texts are what the device prints.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RejectedRequest {
    /// `service call-home` is off.
    #[error("% Call-home service is not enabled")]
    ServiceDisabled,
    /// The profile does not exist.
    #[error("% Profile {0} does not exist")]
    NoSuchProfile(String),
    /// The snapshot group has no commands.
    #[error("% No snapshot command configured")]
    NoSnapshotCommand,
    /// Messages of this group are never sent by hand, or the model does not have the group.
    #[error("% Invalid input detected at '^' marker.")]
    NotByHand,
}
