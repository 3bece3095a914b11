//! The dialogue with one client, without I/O: bytes in, replies and events out.
//!
//! RFC 5321 with PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, STARTTLS and AUTH.

mod fault;
mod line;
mod step;

use std::sync::Arc;

use crate::authentication::{self, Exchange};
use crate::command::{self, Command, MailCommand};
use crate::data::{DataLimits, DataReader};
use crate::mailbox::Path;
use crate::reply::{self, Reply};
use crate::settings::{AuthPolicy, BareLineEnds, Dialogue};

use line::Line;

pub use fault::{Faults, Misdeed};
pub use step::{Closing, Progress, Refusal, Step};

/// Longest command line with its CRLF, in bytes (RFC 5321 section 4.5.3.1.4).
pub const COMMAND_LINE_BYTES_MAX: usize = 512;

/// Whoever feeds a session must be able to hold this many bytes that were not consumed.
pub const UNCONSUMED_BYTES_MAX: usize = authentication::LINE_BYTES_MAX;

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encryption {
    /// It is not, and STARTTLS is not offered.
    NotOffered,
    /// It is not, and STARTTLS is offered.
    Offered,
    /// It is.
    Active,
}

/// The dialogue with one client.
#[derive(Debug)]
pub struct Session {
    dialogue: Arc<Dialogue>,
    encryption: Encryption,
    mode: Mode,
    greeted: bool,
    authenticated: bool,
    transaction: Option<Transaction>,
    idle_commands: usize,
    data: DataReader,
    misdeed: Option<Misdeed>,
}

#[derive(Debug)]
enum Mode {
    /// Waiting for a command line.
    Command,
    /// Inside a line that is too long.
    SkippingLine,
    /// Waiting for a response of the client.
    Authenticating(Exchange),
    /// Inside a message.
    Data,
    /// Behind a message that is not concluded yet.
    Concluding,
    /// The last reply is written.
    Closed(Closing),
}

#[derive(Debug)]
struct Transaction {
    recipients: usize,
    smtputf8: bool,
}

impl Session {
    /// A session at its beginning; [`Self::greet`] comes first.
    ///
    /// `kept_bytes_max` is how much of each message is kept for [`Self::data`].
    #[must_use]
    pub fn new(dialogue: Arc<Dialogue>, encryption: Encryption, kept_bytes_max: usize) -> Self {
        let limits = DataLimits {
            kept_bytes_max,
            message_bytes_max: dialogue.message_bytes_max,
        };
        Self {
            dialogue,
            encryption,
            mode: Mode::Command,
            greeted: false,
            authenticated: false,
            transaction: None,
            idle_commands: 0,
            data: DataReader::new(limits),
            misdeed: None,
        }
    }

    /// Writes the greeting.
    pub fn greet(&self, out: &mut Vec<u8>) {
        for part in ["220 ", &self.dialogue.host_name, " ESMTP mock-smtp\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// Reads on until something has to be done.
    ///
    /// Replies are appended to `out`, those to pipelined commands one behind the other. At most
    /// [`UNCONSUMED_BYTES_MAX`] bytes of input are left over.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> Progress {
        self.feed_badly(input, out, &mut |_| None)
    }

    /// The same, and does wrong what `faults` says.
    pub fn feed_badly(&mut self, input: &[u8], out: &mut Vec<u8>, faults: Faults<'_>) -> Progress {
        let mut consumed = 0;
        loop {
            let rest = &input[consumed..];
            let step = match self.mode {
                Mode::Command | Mode::Authenticating(_) => {
                    match line::first(rest, self.line_bytes_max(rest)) {
                        Line::Complete { text, length } => {
                            consumed += length;
                            self.take_line(text, out, faults)
                        }
                        Line::Refused { reply, length } => {
                            consumed += length;
                            self.mode = Mode::Command;
                            self.answer(reply, out)
                        }
                        Line::Partial => {
                            return Progress {
                                consumed,
                                step: Step::NeedInput,
                            };
                        }
                        Line::Endless => {
                            self.mode = Mode::SkippingLine;
                            None
                        }
                    }
                }
                Mode::SkippingLine => match memchr::memchr(b'\n', rest) {
                    Some(end) => {
                        consumed += end + 1;
                        self.mode = Mode::Command;
                        self.answer(reply::LINE_TOO_LONG, out)
                    }
                    None => {
                        return Progress {
                            consumed: input.len(),
                            step: Step::NeedInput,
                        };
                    }
                },
                Mode::Data => {
                    let progress = self.data.read(rest);
                    consumed += progress.consumed;
                    if !progress.ended {
                        return Progress {
                            consumed,
                            step: Step::NeedInput,
                        };
                    }
                    Some(self.end_message(out))
                }
                Mode::Concluding => Some(Step::MessageComplete),
                Mode::Closed(closing) => Some(Step::Close(closing)),
            };
            if let Some(step) = step {
                return Progress { consumed, step };
            }
        }
    }

    /// Whether a message has begun and not ended.
    #[must_use]
    pub fn is_receiving_data(&self) -> bool {
        matches!(self.mode, Mode::Data)
    }

    /// The message that was read last, until [`Self::conclude`].
    #[must_use]
    pub fn data(&self) -> &DataReader {
        &self.data
    }

    /// Takes the kept content of the complete message, for storing it.
    #[must_use]
    pub fn take_content(&mut self) -> Vec<u8> {
        self.data.take_content()
    }

    /// Writes the reply to a complete message that is recorded, and ends its transaction.
    pub fn conclude(&mut self, out: &mut Vec<u8>) {
        self.finish_transaction();
        reply::MESSAGE_ACCEPTED.write_to(out);
    }

    /// Begins anew on the encrypted connection: nothing said before it counts (RFC 3207).
    pub fn secured(&mut self) {
        self.encryption = Encryption::Active;
        self.mode = Mode::Command;
        self.greeted = false;
        self.authenticated = false;
        self.transaction = None;
    }

    /// Writes the reply to a client that was silent too long, and ends the session.
    pub fn time_out(&mut self, out: &mut Vec<u8>) {
        reply::IDLE_TOO_LONG.write_to(out);
        self.mode = Mode::Closed(Closing::HangUp);
    }

    fn close(&mut self, closing: Closing) -> Step {
        self.mode = Mode::Closed(closing);
        Step::Close(closing)
    }

    fn finish_transaction(&mut self) {
        self.transaction = None;
        self.idle_commands = 0;
        self.mode = Mode::Command;
        self.data.restart();
    }

    fn line_bytes_max(&self, input: &[u8]) -> usize {
        let is_auth = || {
            input
                .get(..4)
                .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
        };
        if matches!(self.mode, Mode::Authenticating(_)) || is_auth() {
            authentication::LINE_BYTES_MAX
        } else {
            COMMAND_LINE_BYTES_MAX
        }
    }

    fn end_message(&mut self, out: &mut Vec<u8>) -> Step {
        let flaws = self.data.flaws();
        let has_bare_line_ends = flaws.bare_cr + flaws.bare_lf > 0;
        let refusal = if self.data.is_oversize() {
            Refusal::Oversize
        } else if has_bare_line_ends && self.dialogue.bare_line_ends == BareLineEnds::Refuse {
            Refusal::BareLineEnds
        } else {
            self.mode = Mode::Concluding;
            return Step::MessageComplete;
        };
        self.finish_transaction();
        refusal.reply().write_to(out);
        Step::MessageRefused(refusal)
    }

    fn take_line(&mut self, text: &str, out: &mut Vec<u8>, faults: Faults<'_>) -> Option<Step> {
        if let Mode::Authenticating(exchange) = std::mem::replace(&mut self.mode, Mode::Command) {
            let accepted = self.dialogue.credentials.as_ref();
            let step = authentication::respond(exchange, text, accepted);
            return self.go_on_authenticating(step, out);
        }
        match command::parse(text) {
            Ok(command) => match fault::stage_of(&command).and_then(faults) {
                None => self.obey(command, out),
                Some(decision) => self.obey_badly(command, decision, out),
            },
            Err(error) => self.answer(Reply::from(error), out),
        }
    }

    fn obey(&mut self, command: Command<'_>, out: &mut Vec<u8>) -> Option<Step> {
        match command {
            Command::Mail(mail) => self.mail(mail, out),
            Command::Rcpt(recipient) => self.rcpt(recipient, out),
            Command::Data => self.begin_data(out),
            Command::Helo => self.hello(out, Self::write_helo),
            Command::Ehlo => self.hello(out, Self::write_ehlo),
            Command::Rset => {
                self.transaction = None;
                self.answer(reply::OK, out)
            }
            Command::Noop => self.answer(reply::OK, out),
            Command::Vrfy => self.answer(reply::CANNOT_VERIFY, out),
            Command::Help => self.answer(reply::HELP, out),
            Command::StartTls => self.start_tls(out),
            Command::Auth {
                mechanism,
                initial_response,
            } => self.begin_authenticating(mechanism, initial_response, out),
            Command::Quit => {
                reply::BYE.write_to(out);
                Some(self.close(Closing::Quit))
            }
        }
    }

    /// Replies to a command that brings no mail forward, refused or not, and counts it.
    fn answer(&mut self, reply: Reply, out: &mut Vec<u8>) -> Option<Step> {
        reply.write_to(out);
        self.count_idle_command(out)
    }

    fn count_idle_command(&mut self, out: &mut Vec<u8>) -> Option<Step> {
        self.idle_commands += 1;
        if self.idle_commands <= self.dialogue.idle_commands_max {
            return None;
        }
        reply::TOO_MANY_COMMANDS.write_to(out);
        Some(self.close(Closing::HangUp))
    }

    fn hello(&mut self, out: &mut Vec<u8>, write: fn(&Self, &mut Vec<u8>)) -> Option<Step> {
        self.greeted = true;
        self.transaction = None;
        write(self, out);
        self.count_idle_command(out)
    }

    fn write_helo(&self, out: &mut Vec<u8>) {
        for part in ["250 ", &self.dialogue.host_name, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    fn write_ehlo(&self, out: &mut Vec<u8>) {
        let size = self.dialogue.message_bytes_max.to_string();
        let start_tls = match self.encryption {
            Encryption::Offered => "250-STARTTLS\r\n",
            Encryption::NotOffered | Encryption::Active => "",
        };
        let parts = [
            "250-",
            &self.dialogue.host_name,
            "\r\n250-PIPELINING\r\n250-SIZE ",
            &size,
            "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n",
            start_tls,
            "250-AUTH PLAIN LOGIN\r\n250 HELP\r\n",
        ];
        for part in parts {
            out.extend_from_slice(part.as_bytes());
        }
    }

    fn mail(&mut self, mail: MailCommand<'_>, out: &mut Vec<u8>) -> Option<Step> {
        if !self.greeted {
            return self.answer(reply::GREETING_MISSING, out);
        }
        if self.dialogue.auth == AuthPolicy::Required && !self.authenticated {
            return self.answer(reply::AUTH_REQUIRED, out);
        }
        if self.transaction.is_some() {
            return self.answer(reply::MAIL_NESTED, out);
        }
        if mail.sender.needs_smtputf8() && !mail.smtputf8 {
            return self.answer(reply::SMTPUTF8_MISSING, out);
        }
        if mail
            .declared_bytes
            .is_some_and(|bytes| bytes > self.dialogue.message_bytes_max)
        {
            return self.answer(reply::MESSAGE_TOO_LARGE, out);
        }
        self.transaction = Some(Transaction {
            recipients: 0,
            smtputf8: mail.smtputf8,
        });
        reply::SENDER_OK.write_to(out);
        None
    }

    fn rcpt(&mut self, recipient: Path<'_>, out: &mut Vec<u8>) -> Option<Step> {
        let Some(transaction) = &mut self.transaction else {
            return self.answer(reply::MAIL_MISSING, out);
        };
        if recipient.needs_smtputf8() && !transaction.smtputf8 {
            return self.answer(reply::SMTPUTF8_MISSING, out);
        }
        // Not counted as idle: a client with a long list is told for each recipient.
        if transaction.recipients >= self.dialogue.recipients_max {
            reply::TOO_MANY_RECIPIENTS.write_to(out);
            return None;
        }
        transaction.recipients += 1;
        reply::RECIPIENT_OK.write_to(out);
        None
    }

    fn begin_data(&mut self, out: &mut Vec<u8>) -> Option<Step> {
        match &self.transaction {
            None => self.answer(reply::MAIL_MISSING, out),
            Some(Transaction { recipients: 0, .. }) => self.answer(reply::RECIPIENT_MISSING, out),
            Some(_) => {
                self.data.restart();
                self.mode = Mode::Data;
                reply::GO_AHEAD.write_to(out);
                None
            }
        }
    }

    fn start_tls(&mut self, out: &mut Vec<u8>) -> Option<Step> {
        match self.encryption {
            Encryption::NotOffered => self.answer(reply::TLS_NOT_AVAILABLE, out),
            Encryption::Active => self.answer(reply::TLS_ACTIVE, out),
            Encryption::Offered => {
                reply::READY_FOR_TLS.write_to(out);
                Some(Step::StartTls)
            }
        }
    }

    fn begin_authenticating(
        &mut self,
        mechanism: &str,
        initial_response: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Option<Step> {
        if !self.greeted {
            return self.answer(reply::GREETING_MISSING, out);
        }
        if self.authenticated || self.transaction.is_some() {
            return self.answer(reply::AUTH_NOT_NOW, out);
        }
        let accepted = self.dialogue.credentials.as_ref();
        let step = authentication::begin(mechanism, initial_response, accepted);
        self.go_on_authenticating(step, out)
    }

    fn go_on_authenticating(
        &mut self,
        step: authentication::Step,
        out: &mut Vec<u8>,
    ) -> Option<Step> {
        match step {
            authentication::Step::Challenge(challenge, exchange) => {
                self.mode = Mode::Authenticating(exchange);
                challenge.write_to(out);
                None
            }
            authentication::Step::Succeeded => {
                self.authenticated = true;
                reply::AUTHENTICATED.write_to(out);
                None
            }
            authentication::Step::Failed(reply) => self.answer(reply, out),
        }
    }
}

#[cfg(test)]
mod tests;
