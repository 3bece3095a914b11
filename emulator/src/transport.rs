//! How a message leaves the device: transports, routes, attempts and their outcomes.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use crate::{alert_group::MessageType, identity::SerialNumber, text::push_hex8};

/// A transport method.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Transport {
    /// Mail by SMTP.
    Email = 0,
    /// HTTP or HTTPS.
    Http = 1,
}

impl Transport {
    /// Both transports.
    pub const ALL: [Self; 2] = [Self::Email, Self::Http];
}

/// The identifier of one message, `M8:9S1NMSF22DW:51AEAC68`. Reference, section 4.1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageId {
    /// Running number since boot.
    pub number: u32,
    /// Chassis serial number, or the token that stands for it in anonymous messages.
    pub serial: SerialNumber,
    /// Seconds of the event, as the device's epoch counts them.
    pub seconds: u32,
}

impl MessageId {
    /// The identifier of the group that the message forms, whose number is the next one.
    pub(crate) fn group(self) -> GroupId {
        GroupId(self)
    }
}

/// See [`MessageId::group`].
pub(crate) struct GroupId(MessageId);

fn write_id(
    formatter: &mut fmt::Formatter<'_>,
    letter: char,
    number: u32,
    id: &MessageId,
) -> fmt::Result {
    let mut hex = Vec::with_capacity(8);
    push_hex8(&mut hex, id.seconds);
    let hex = std::str::from_utf8(&hex).unwrap_or_default();
    write!(formatter, "{letter}{number}:{}:{hex}", id.serial)
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(formatter, 'M', self.number, self)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(formatter, 'G', self.0.number.wrapping_add(1), &self.0)
    }
}

/// User and password of a mail server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

/// Where an attempt goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// To a mail server, on port 25 unless the name is mapped elsewhere.
    Mail {
        /// Name or address as configured.
        host: Arc<str>,
        /// Whether the session is secured by STARTTLS.
        tls: bool,
        /// For AUTH.
        credentials: Option<Arc<Credentials>>,
    },
    /// To a URL.
    Http {
        /// As configured.
        url: Arc<str>,
        /// Proxy host and port; the device never connects directly when there is one.
        proxy: Option<(Arc<str>, u16)>,
        /// Whether the name in the server's certificate is compared.
        identity_check: bool,
        /// Certificates of the authorities that the device's trustpoints name, as X.509 encodes them;
        /// they are trusted besides those that every device trusts.
        authorities: Vec<Vec<u8>>,
    },
}

impl Route {
    /// By which transport.
    pub fn transport(&self) -> Transport {
        match self {
            Self::Mail { .. } => Transport::Email,
            Self::Http { .. } => Transport::Http,
        }
    }
}

/// A request to send one message once. The courier asks the device for the bytes when it is about
/// to send them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transmission {
    /// Which message.
    pub id: MessageId,
    /// Its type.
    pub kind: MessageType,
    /// When it became due: the event's instant.
    pub due: Timestamp,
    /// Which attempt this is, from 0; each mail server is one attempt.
    pub attempt: u8,
    /// Where to.
    pub route: Route,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttemptOutcome {
    /// The final reply was positive.
    Accepted,
    /// A complete reply refused the message or the session.
    Refused,
    /// No connection, no trust, or the connection broke before the message was complete.
    Failed,
    /// The peer did not answer in time, before the message was complete.
    TimedOut,
    /// The connection was lost or timed out after the last byte of the message was handed over:
    /// it may have arrived.
    Unconfirmed,
    /// The message could not be rendered within its profile's size limit.
    TooLarge,
}

/// A message that has not ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutstandingMessage {
    /// Its identifier.
    pub id: MessageId,
    /// Its type.
    pub kind: MessageType,
    /// By which transport it goes.
    pub transport: Transport,
    /// When it became due.
    pub due: Timestamp,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Settlement {
    /// A server took it.
    Delivered,
    /// No server took it.
    Failed,
    /// No server confirmed it, but one may have it.
    Unconfirmed,
    /// It was larger than its profile allows and never left.
    Oversize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SerialStyle;

    #[test]
    fn identifiers_read_as_in_the_vendor_s_sample() {
        let at: Timestamp = "2013-06-05T03:11:36Z".parse().unwrap();
        let id = MessageId {
            number: 8,
            serial: SerialNumber::of_chassis(SerialStyle::Virtual, 0),
            seconds: u32::try_from(at.as_second()).unwrap(),
        };
        assert_eq!(id.to_string(), format!("M8:{}:51AEAC68", id.serial));
        assert_eq!(id.group().to_string(), format!("G9:{}:51AEAC68", id.serial));
    }
}
