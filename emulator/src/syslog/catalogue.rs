//! The log lines a device emits of its own accord, in one place.
//!
//! Texts follow the reference for Call Home where public logs verify them; others are marked
//! there as unverified, which is why they live together.

use std::fmt;

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
    /// Messages are being dropped by the rate limit.
    RateLimited {
        /// The limit in messages a minute.
        per_minute: u8,
    },
}

/// Why a mail could not be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HttpFailure {
    /// Refused, not resolved, not trusted, or answered with an error.
    Aborted,
    /// No answer in time.
    TimedOut,
    /// The profile names no URL to send to.
    NoDestination,
}

impl fmt::Display for SmtpFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connecting => "ERR 7, error in connecting to SMTP server",
            Self::Reply => "ERR 6, error in reply from SMTP server",
            Self::NoDestination => "ERR 3, no destination address is configured",
            Self::NoServer => "ERR 4, no mail server is configured",
            Self::NoContact => "ERR 5, no contact address is configured",
        })
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Aborted => "ERR 205 : Request Aborted",
            Self::TimedOut => "ERR 207 : Connection time out",
            Self::NoDestination => "ERR 3 : no destination address is configured",
        })
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
            Self::RateLimited { per_minute } => write!(
                formatter,
                "%CALL_HOME-4-RATE_LIMIT: Call-home message dropped, rate-limit {per_minute} per minute exceeded"
            ),
        }
    }
}
