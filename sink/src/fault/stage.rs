//! The places of a dialogue where something can go wrong.

use serde::{Deserialize, Serialize};

/// What a sink speaks.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Protocol {
    /// Mail.
    Smtp,
    /// Call Home by HTTPS, or HTTP.
    Https,
}

impl Protocol {
    /// As faults name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Https => "https",
        }
    }

    /// Its stages, in their order.
    #[must_use]
    pub fn stages(self) -> &'static [Stage] {
        match self {
            Self::Smtp => &[
                Stage::Greeting,
                Stage::Ehlo,
                Stage::Starttls,
                Stage::Auth,
                Stage::Mail,
                Stage::Rcpt,
                Stage::Data,
                Stage::Message,
                Stage::Quit,
            ],
            Self::Https => &[
                Stage::Accept,
                Stage::Handshake,
                Stage::Head,
                Stage::Body,
                Stage::Reply,
            ],
        }
    }

    /// The stage whose answer says what became of a message.
    #[must_use]
    pub fn last_word(self) -> Stage {
        match self {
            Self::Smtp => Stage::Message,
            Self::Https => Stage::Reply,
        }
    }
}

/// A place of a dialogue.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, schemars::JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// SMTP: the greeting.
    Greeting,
    /// SMTP: EHLO or HELO.
    Ehlo,
    /// SMTP: STARTTLS.
    Starttls,
    /// SMTP: AUTH.
    Auth,
    /// SMTP: MAIL.
    Mail,
    /// SMTP: RCPT.
    Rcpt,
    /// SMTP: DATA.
    Data,
    /// SMTP: the final dot.
    Message,
    /// SMTP: QUIT.
    Quit,
    /// HTTPS: the connection is there.
    Accept,
    /// HTTPS: TLS is established.
    Handshake,
    /// HTTPS: the head of a request has come.
    Head,
    /// HTTPS: the body of a request is complete, and nobody has looked at it.
    Body,
    /// HTTPS: the reply to a message.
    Reply,
}

impl Stage {
    /// As faults name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::Starttls => "starttls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Message => "message",
            Self::Quit => "quit",
            Self::Accept => "accept",
            Self::Handshake => "handshake",
            Self::Head => "head",
            Self::Body => "body",
            Self::Reply => "reply",
        }
    }
}
