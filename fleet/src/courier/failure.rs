//! Why an attempt did not succeed, as the report tells it.

use std::io;

use emulator::AttemptOutcome;

/// Longest [`AttemptError::detail`], in bytes.
pub const DETAIL_BYTES_MAX: usize = 160;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ErrorKind {
    /// The server refused the TCP connection.
    ConnectRefused,
    /// Connecting, or the TLS handshake, took longer than the connect timeout.
    ConnectTimeout,
    /// There is no TCP connection for another reason.
    Connect,
    /// This machine had no port, no file or no such source address.
    Local,
    /// The TLS handshake failed, or TLS was wanted and not to be had.
    Tls,
    /// The server refused the session in its greeting or as a reply to EHLO and HELO.
    Greeting,
    /// The server offers no authentication, or refused it.
    Auth,
    /// A complete reply refused the message.
    Reply,
    /// No reply in time.
    ReplyTimeout,
    /// The connection was lost before the message was complete.
    Lost,
    /// The connection was lost, or the reply did not come, after the message was complete.
    Unconfirmed,
    /// The proxy did not give leave.
    Proxy,
    /// Something is not as the protocol has it.
    Protocol,
    /// Any kind, in accounts that have no room for another one. No attempt ends with it.
    Other,
}

impl ErrorKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectRefused => "connect_refused",
            Self::ConnectTimeout => "connect_timeout",
            Self::Connect => "connect",
            Self::Local => "local",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Auth => "auth",
            Self::Reply => "reply",
            Self::ReplyTimeout => "reply_timeout",
            Self::Lost => "lost",
            Self::Unconfirmed => "unconfirmed",
            Self::Proxy => "proxy",
            Self::Protocol => "protocol",
            Self::Other => "other",
        }
    }
}

/// What went wrong in an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttemptError {
    /// The kind, which errors are counted by.
    pub kind: ErrorKind,
    /// The code of the reply, where one was decisive.
    pub code: Option<u16>,
    /// An example for people: one line, at most [`DETAIL_BYTES_MAX`] bytes.
    pub detail: String,
    /// Where a server refused: what was said until then, a line each; `>` was sent, `<` was answered.
    pub dialogue: Option<String>,
}

/// The end of an attempt that did not succeed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Failure {
    pub(super) outcome: AttemptOutcome,
    pub(super) error: AttemptError,
}

impl Failure {
    pub(super) fn new(outcome: AttemptOutcome, kind: ErrorKind, detail: &str) -> Self {
        Self {
            outcome,
            error: AttemptError {
                kind,
                code: None,
                detail: one_line(detail),
                dialogue: None,
            },
        }
    }

    pub(super) fn failed(kind: ErrorKind, detail: &str) -> Self {
        Self::new(AttemptOutcome::Failed, kind, detail)
    }

    pub(super) fn protocol(detail: &str) -> Self {
        Self::failed(ErrorKind::Protocol, detail)
    }

    pub(super) fn refused(kind: ErrorKind, code: u16, detail: &str) -> Self {
        Self::new(AttemptOutcome::Refused, kind, detail).with_code(code)
    }

    pub(super) fn timed_out(kind: ErrorKind, detail: &str) -> Self {
        Self::new(AttemptOutcome::TimedOut, kind, detail)
    }

    pub(super) fn with_code(mut self, code: u16) -> Self {
        self.error.code = Some(code);
        self
    }

    /// No TCP connection to `peer`.
    pub(super) fn of_connect(peer: &str, error: &io::Error) -> Self {
        let detail = format!("{peer}: {error}");
        let kind = error.kind();
        if kind == io::ErrorKind::ConnectionRefused {
            Self::failed(ErrorKind::ConnectRefused, &detail)
        } else if kind == io::ErrorKind::TimedOut {
            Self::timed_out(ErrorKind::ConnectTimeout, &detail)
        } else if is_local(error) {
            Self::failed(ErrorKind::Local, &detail)
        } else {
            Self::failed(ErrorKind::Connect, &detail)
        }
    }

    /// The connection broke in `stage`, before the message was complete.
    pub(super) fn lost(stage: &str, what: &str) -> Self {
        Self::failed(ErrorKind::Lost, &format!("{stage}: {what}"))
    }

    /// No reply in `stage`, before the message was complete.
    pub(super) fn no_reply(stage: &str) -> Self {
        Self::timed_out(
            ErrorKind::ReplyTimeout,
            &format!("{stage}: no reply in time"),
        )
    }

    /// The same, once the peer may have had the complete message: only a complete refusal is still
    /// definite then.
    pub(super) fn after_the_last_byte(mut self) -> Self {
        if self.outcome != AttemptOutcome::Refused {
            self.outcome = AttemptOutcome::Unconfirmed;
            self.error.kind = ErrorKind::Unconfirmed;
        }
        self
    }
}

/// Whether this machine is at fault: no port, no file, no memory, or not its address.
fn is_local(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let number = error.raw_os_error().map(Errno::from_raw);
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse
    ) || matches!(
        number,
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM)
    )
}

/// What peers say ends up in reports and on terminals: printable, on one line, not too long.
fn one_line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .take(DETAIL_BYTES_MAX)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    line.truncate(line.floor_char_boundary(DETAIL_BYTES_MAX));
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_one_short_line() {
        let failure = Failure::protocol(&format!("550\r\n\u{1b}[2J{}", "ä".repeat(500)));
        let detail = &failure.error.detail;
        assert!(detail.len() <= DETAIL_BYTES_MAX && detail.starts_with("550   [2Jä"));
        assert!(!detail.contains(char::is_control));
    }

    #[test]
    fn a_complete_refusal_stays_definite_after_the_last_byte() {
        let refusal = Failure::refused(ErrorKind::Reply, 552, "too large");
        assert_eq!(refusal.clone().after_the_last_byte(), refusal);
        let lost = Failure::lost("DATA", "reset").after_the_last_byte();
        assert_eq!(lost.outcome, AttemptOutcome::Unconfirmed);
        assert_eq!(lost.error.kind, ErrorKind::Unconfirmed);
    }

    #[test]
    fn exhausted_ports_and_files_are_told_from_the_server_s_faults() {
        let kind = |error: io::Error| Failure::of_connect("x", &error).error.kind;
        assert_eq!(
            kind(io::ErrorKind::AddrNotAvailable.into()),
            ErrorKind::Local
        );
        let no_files = nix::errno::Errno::EMFILE as i32;
        assert_eq!(
            kind(io::Error::from_raw_os_error(no_files)),
            ErrorKind::Local
        );
        assert_eq!(
            kind(io::ErrorKind::ConnectionRefused.into()),
            ErrorKind::ConnectRefused
        );
    }
}
