//! Answering wrongly: what a fault makes of the reply to a command.

use sink::fault::{Decision, Effect, Stage};

use super::{Closing, Mode, Session, Step};
use crate::command::Command;
use crate::reply;

/// Whoever decides about faults: asked at every stage that comes up.
pub type Faults<'f> = &'f mut dyn FnMut(Stage) -> Option<Decision>;

/// The code after which the connection is closed (RFC 5321 section 3.8).
const SERVICE_CLOSING: u16 = 421;

/// What is to be done with the reply that was written last.
#[derive(Clone, Debug, PartialEq)]
pub struct Misdeed {
    /// Where it begins among the replies; those before it go out as usual.
    pub from: usize,
    /// How long it waits, and what is done to it.
    pub decision: Decision,
}

/// The stage that a command is.
pub(super) fn stage_of(command: &Command<'_>) -> Option<Stage> {
    match command {
        Command::Helo | Command::Ehlo => Some(Stage::Ehlo),
        Command::Mail(_) => Some(Stage::Mail),
        Command::Rcpt(_) => Some(Stage::Rcpt),
        Command::Data => Some(Stage::Data),
        Command::Quit => Some(Stage::Quit),
        Command::StartTls => Some(Stage::Starttls),
        Command::Auth { .. } => Some(Stage::Auth),
        Command::Rset | Command::Noop | Command::Vrfy | Command::Help => None,
    }
}

impl Session {
    /// Takes what is to be done with the last of the replies, if that is not just to send it.
    pub fn take_misdeed(&mut self) -> Option<Misdeed> {
        self.misdeed.take()
    }

    /// Writes the greeting as `decision` has it.
    pub fn greet_badly(&mut self, decision: Decision, out: &mut Vec<u8>) {
        let from = out.len();
        match &decision.effect {
            Some(Effect::Reply { code, text }) => {
                write_reply(*code, text.as_deref(), out);
                if *code >= 400 {
                    self.close(Closing::HangUp);
                }
            }
            _ => self.greet(out),
        }
        self.misdeed = Some(Misdeed { from, decision });
    }

    /// Writes the reply to a complete message as `decision` has it, and ends its transaction.
    pub fn conclude_badly(&mut self, decision: Decision, out: &mut Vec<u8>) {
        let from = out.len();
        self.finish_transaction();
        match &decision.effect {
            Some(Effect::Reply { code, text }) => {
                write_reply(*code, text.as_deref(), out);
                if *code == SERVICE_CLOSING {
                    self.close(Closing::HangUp);
                }
            }
            _ => reply::MESSAGE_ACCEPTED.write_to(out),
        }
        self.misdeed = Some(Misdeed { from, decision });
    }

    pub(super) fn obey_badly(
        &mut self,
        command: Command<'_>,
        decision: Decision,
        out: &mut Vec<u8>,
    ) -> Option<Step> {
        let from = out.len();
        let step = match &decision.effect {
            Some(Effect::Reply { code, text }) => self.forced(command, *code, text.as_deref(), out),
            Some(Effect::Drop { .. }) => Some(self.close(Closing::HangUp)),
            _ => self.obey(command, out),
        };
        self.misdeed = Some(Misdeed { from, decision });
        step.or(Some(Step::Misbehave))
    }

    /// Gives a reply of another's choosing; what it says is what counts.
    fn forced(
        &mut self,
        command: Command<'_>,
        code: u16,
        text: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Option<Step> {
        let class = if command == Command::Data { 3 } else { 2 };
        if code / 100 == class || command == Command::Quit {
            let is_auth = matches!(command, Command::Auth { .. });
            let step = self.obey(command, &mut Vec::new());
            if is_auth {
                self.mode = Mode::Command;
                self.authenticated = true;
            }
            write_reply(code, text, out);
            return step;
        }
        write_reply(code, text, out);
        if code == SERVICE_CLOSING {
            return Some(self.close(Closing::HangUp));
        }
        self.count_idle_command(out)
    }
}

fn write_reply(code: u16, text: Option<&str>, out: &mut Vec<u8>) {
    let text = text.unwrap_or(match code {
        200..=299 => "2.0.0 Ok",
        300..=399 => "Go ahead",
        SERVICE_CLOSING => "4.3.2 Service not available, closing",
        400..=499 => "4.3.0 Try again later",
        _ => "5.3.0 Refused",
    });
    out.extend_from_slice(format!("{code} {text}\r\n").as_bytes());
}
