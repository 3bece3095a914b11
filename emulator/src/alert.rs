//! Something worth reporting, before any policy has looked at it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    alert_group::{AlertGroup, MessageType},
    config::{MessageFormat, ProfileId},
    severity::Severity,
};

/// The field-replaceable units a message lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AffectedCards {
    None,
    One(u8),
    All,
}

/// What a user asks the vendor's back end for (`call-home request`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RequestKind {
    /// `config-sanity`.
    ConfigSanity,
    /// `bugs-list`.
    BugsList,
    /// `command-reference`.
    CommandReference,
    /// `product-advisory`.
    ProductAdvisory,
    /// `output-analysis "SHOW-COMMAND"`.
    OutputAnalysis(Arc<str>),
}

impl RequestKind {
    /// The keyword, also the subtype of the message.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::ConfigSanity => "config-sanity",
            Self::BugsList => "bugs-list",
            Self::CommandReference => "command-reference",
            Self::ProductAdvisory => "product-advisory",
            Self::OutputAnalysis(_) => "output-analysis",
        }
    }
}

/// `call-home send "COMMANDS"`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CommandOutputRequest {
    /// The commands, split at the semicolons.
    pub commands: Vec<Arc<str>>,
    /// Where the outputs go: by mail to an address, or by HTTP to the URL of `CiscoTAC-1`.
    pub destination: CommandOutputDestination,
    /// `tac-service-request`.
    pub service_request: Option<Arc<str>>,
}

/// Where the outputs of `call-home send "COMMANDS"` go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CommandOutputDestination {
    /// `email ADDRESS [msg-format FORMAT]`.
    Mail {
        /// Recipient.
        address: Arc<str>,
        /// Long text unless chosen otherwise.
        format: MessageFormat,
    },
    /// `http [destination-email-address ADDRESS]`.
    Http {
        /// To whom the back end forwards the outputs.
        forward_to: Option<Arc<str>>,
    },
}

/// The part of an alert that only manual messages have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Manual {
    Request {
        kind: RequestKind,
        /// `ccoid`.
        cco_id: Option<Arc<str>>,
    },
    Commands(CommandOutputRequest),
}

/// Who an alert is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Audience {
    /// The profiles that subscribe to it.
    Subscribers,
    /// The profile whose schedule has come round.
    Periodic(ProfileId),
    /// The profile a user named, whatever its state and subscriptions.
    Named(ProfileId),
    /// The profiles that subscribe to the group in any way; a user asked.
    GroupSubscribers,
    /// The destination that the request itself names.
    Direct,
}

/// An alert and everything its messages need to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) kind: MessageType,
    pub(crate) subtype: &'static str,
    pub(crate) severity: Severity,
    pub(crate) at: Timestamp,
    pub(crate) description: Arc<str>,
    pub(crate) affected: AffectedCards,
    /// A user asked for it.
    pub(crate) by_hand: bool,
    pub(crate) manual: Option<Box<Manual>>,
}

impl Alert {
    /// An alert of `group` without cards.
    pub(crate) fn of_group(
        group: AlertGroup,
        severity: Severity,
        at: Timestamp,
        description: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            kind: MessageType::Group(group),
            subtype: "",
            severity,
            at,
            description: description.into(),
            affected: AffectedCards::None,
            by_hand: false,
            manual: None,
        }
    }
}
