//! What a session asks of whoever feeds it.

use crate::reply::{self, Reply};

/// What came of feeding a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Bytes of the input that are done with; feed the others again, in front of what comes next.
    pub consumed: usize,
    /// What to do.
    pub step: Step,
}

/// What a session asks for. Replies written so far go out first unless said otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// More input.
    NeedInput,
    /// Record the message in [`Session::data`](super::Session::data), then call [`Session::conclude`](super::Session::conclude) for its reply.
    MessageComplete,
    /// Count a complete message that was refused; its reply is written.
    MessageRefused(Refusal),
    /// Send the replies, forget all input behind the consumed, do the TLS handshake, and call
    /// [`Session::secured`](super::Session::secured).
    StartTls,
    /// Send the replies and close the connection.
    Close(Closing),
    /// Send the replies as [`Session::take_misdeed`](super::Session::take_misdeed) says, then feed on.
    Misbehave,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Closing {
    /// The client said QUIT and waits for nothing but the reply.
    Quit,
    /// The client has to go; it may be sending still.
    HangUp,
}

/// Why a complete message was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It is larger than allowed.
    Oversize,
    /// It has bare CR or LF, and the settings refuse those.
    BareLineEnds,
}

impl Refusal {
    /// The name under which it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Oversize => "oversize",
            Self::BareLineEnds => "bare_line_ends",
        }
    }

    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Oversize => reply::MESSAGE_TOO_LARGE,
            Self::BareLineEnds => reply::BARE_LINE_ENDS,
        }
    }
}
