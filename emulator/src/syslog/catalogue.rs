//! The log lines a device emits of its own accord, in one place.
//!
//! Texts follow the reference for Call Home where public logs verify them; others are marked
//! there as unverified, which is why they live together.

use std::fmt;

use crate::alert_group::MessageType;

/// A line of the device's own software.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OwnLine<'a> {
    /// The system has finished booting.
    Restarted,
    /// Somebody changed the configuration.
    Configured {
        /// Who did.
        by: &'a str,
    },
    /// Somebody set the clock.
    ClockUpdated {
        /// What it showed.
        from: &'a str,
        /// What it shows.
        to: &'a str,
        /// Who did.
        by: &'a str,
    },
    /// A reload was asked for.
    ReloadRequested,
    /// A mail could be handed to none of the configured servers.
    SmtpSendFailed(SmtpFailure),
    /// A message could not be delivered by HTTP.
    HttpRequestFailed {
        /// Where to.
        url: &'a str,
        /// Why.
        failure: HttpFailure,
    },
    /// A message was larger than its profile allows.
    MessageTooLarge {
        /// Name of the destination profile.
        profile: &'a str,
        /// Message type.
        event: &'a str,
    },
    /// A message that a user sent by hand did not get through.
    OnDemandMessageFailed(MessageFailure),
    /// A request to the vendor's back end did not get through.
    RequestMessageFailed(MessageFailure),
    /// Messages are being dropped by the rate limit.
    RateLimited {
        /// The limit in messages a minute.
        per_minute: u8,
    },
}

impl OwnLine<'_> {
    /// The line about a message of type `kind` that a user sent by hand.
    pub(crate) fn manual_failed(kind: MessageType, failure: MessageFailure) -> Self {
        match kind {
            MessageType::Request => Self::RequestMessageFailed(failure),
            MessageType::Group(_) | MessageType::Test | MessageType::CommandOutput => {
                Self::OnDemandMessageFailed(failure)
            }
        }
    }
}

/// Why a message that a user sent by hand did not get through. Of several reasons, the device tells
/// the last one here.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MessageFailure {
    /// No profile wants it.
    NotSubscribed,
    /// The profile is anonymous, and messages of this type are not.
    Anonymous,
    /// The profile does not report Smart Call Home data.
    NotReported,
    /// The alert group is disabled.
    GroupDisabled,
    /// Too many messages wait already.
    QueueFull,
    /// Too many messages within a minute.
    RateLimited,
    /// It is larger than its profile allows.
    TooLarge,
    /// It could not be sent by mail.
    Mail(SmtpFailure),
    /// It could not be sent by HTTP.
    Http(HttpFailure),
}

impl MessageFailure {
    /// The number behind `ERR`, and the text behind the number.
    fn words(self) -> (u16, &'static str) {
        match self {
            Self::NotSubscribed => (18, "The alert group has not been subscribed"),
            Self::Anonymous => (1, "The profile reports anonymously only"),
            Self::NotReported => (1, "The profile does not report Smart Call Home data"),
            Self::GroupDisabled => (1, "The alert group is disabled"),
            Self::QueueFull => (9, "The message queue is full"),
            Self::RateLimited => (8, "The rate limit is exceeded"),
            Self::TooLarge => (10, "The message is too big"),
            Self::Mail(failure) => failure.words(),
            Self::Http(failure) => failure.words(),
        }
    }
}

impl fmt::Display for MessageFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, text) = self.words();
        write!(formatter, "ERR {number}, {text}")
    }
}

/// Why a mail could not be sent.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum SmtpFailure {
    /// No server could be reached.
    Connecting,
    /// A server's reply refused the mail.
    Reply,
    /// The profile names no address to send to.
    NoDestination,
    /// No mail server is configured.
    NoServer,
    /// No contact address and no sender address is configured.
    NoContact,
}

/// Why a message could not be delivered by HTTP.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum HttpFailure {
    /// Refused, not resolved, not trusted, or answered with an error.
    Aborted,
    /// No answer in time.
    TimedOut,
    /// The profile names no URL to send to.
    NoDestination,
}

impl SmtpFailure {
    fn words(self) -> (u16, &'static str) {
        match self {
            Self::Connecting => (7, "error in connecting to SMTP server"),
            Self::Reply => (6, "error in reply from SMTP server"),
            Self::NoDestination => (3, "no destination address is configured"),
            Self::NoServer => (4, "no mail server is configured"),
            Self::NoContact => (5, "no contact address is configured"),
        }
    }
}

impl fmt::Display for SmtpFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, text) = self.words();
        write!(formatter, "ERR {number}, {text}")
    }
}

impl HttpFailure {
    fn words(self) -> (u16, &'static str) {
        match self {
            Self::Aborted => (205, "Request Aborted"),
            Self::TimedOut => (207, "Connection time out"),
            Self::NoDestination => (3, "no destination address is configured"),
        }
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, text) = self.words();
        write!(formatter, "ERR {number} : {text}")
    }
}

impl fmt::Display for OwnLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restarted => formatter.write_str("%SYS-5-RESTART: System restarted --"),
            Self::Configured { by } => {
                write!(
                    formatter,
                    "%SYS-5-CONFIG_I: Configured from console by {by}"
                )
            }
            Self::ClockUpdated { from, to, by } => write!(
                formatter,
                "%SYS-6-CLOCKUPDATE: System clock has been updated from {from} to {to}, configured from console by {by}."
            ),
            Self::ReloadRequested => formatter.write_str(
                "%SYS-5-RELOAD: Reload requested by console. Reload Reason: Reload Command.",
            ),
            Self::SmtpSendFailed(failure) => write!(
                formatter,
                "%CALL_HOME-3-SMTP_SEND_FAILED: Unable to send notification using all SMTP servers ({failure})"
            ),
            Self::HttpRequestFailed { url, failure } => write!(
                formatter,
                "%CALL_HOME-3-HTTP_REQUEST_FAILED: call-home message failed to send to: {url} ({failure})"
            ),
            Self::MessageTooLarge { profile, event } => write!(
                formatter,
                "%CALL_HOME-3-MESSAGE_EXCEED_MAX_SIZE: (profile: {profile}, event: {event}) message exceeds the maximum size"
            ),
            Self::OnDemandMessageFailed(failure) => write!(
                formatter,
                "%CALL_HOME-3-ONDEMAND_MESSAGE_FAILED: call-home on-demand message failed to send ({failure})"
            ),
            Self::RequestMessageFailed(failure) => {
                let (number, text) = failure.words();
                write!(
                    formatter,
                    "%CALL_HOME-3-REQUEST_MESSAGE_FAILED: call-home request message failed to send (ERR {number} : {text})"
                )
            }
            Self::RateLimited { per_minute } => write!(
                formatter,
                "%CALL_HOME-4-RATE_LIMIT: Call-home message dropped, rate-limit {per_minute} per minute exceeded"
            ),
        }
    }
}
