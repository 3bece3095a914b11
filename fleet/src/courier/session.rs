//! One open mail session: envelope, text, farewell.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use emulator::{AttemptOutcome, transport::Credentials};
use lettre::transport::smtp::{
    Error, authentication,
    client::AsyncSmtpConnection,
    extension::ClientId,
    response::{Response, Severity},
};
use tokio::time::{error::Elapsed, timeout};

use super::{
    Log,
    failure::{ErrorKind, Failure},
    replay::Replay,
    reply::{NOT_A_REPLY, Reply},
    smtp::Mail,
    stream::{Trace, TracedStream},
    stuffing::{END_OF_MAIL, stuff_dots},
};
use crate::{clock, scenario::SmtpSettings};

/// The code of a server that ends the session.
pub(super) const SERVICE_CLOSING: u16 = 421;

/// Most recipients of an envelope that goes out in one piece: the replies to one piece together are
/// held to the limit of one reply.
const PIPELINED_RECIPIENTS_MAX: usize = 8;

const DATA: &str = "DATA\r\n";
/// A text of no lines, and its end.
const NO_TEXT: &str = ".\r\n";

const POSITIVE: fn(Severity) -> bool = |severity| severity == Severity::PositiveCompletion;
const INTERMEDIATE: fn(Severity) -> bool = |severity| severity == Severity::PositiveIntermediate;

/// An open mail session.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    trace: Arc<Trace>,
    reply_timeout: Duration,
    /// Whether commands may go out before the replies to those before them.
    pipelining: bool,
}

impl Session {
    /// Takes over a session that `stream` has opened and the server answered with `hello`.
    pub(super) async fn take_over(
        stream: TracedStream,
        hello: &Reply,
        settings: &SmtpSettings,
    ) -> Result<Self, Failure> {
        let trace = stream.trace();
        let replay = Box::new(Replay::new(stream, hello));
        let connection =
            AsyncSmtpConnection::connect_with_transport(replay, &ClientId::default()).await;
        Ok(Self {
            connection: connection.map_err(|error| failure_of("EHLO", &error, &trace))?,
            trace,
            reply_timeout: settings.reply_timeout,
            pipelining: settings.pipelining && hello.offers("PIPELINING"),
        })
    }

    /// Whether the envelope of `mail` goes out in one piece.
    fn pipelines(&self, mail: &Mail<'_>) -> bool {
        self.pipelining && mail.recipients.len() <= PIPELINED_RECIPIENTS_MAX
    }

    /// Begins a mail. With pipelining this sends the whole envelope; each reply is still read, and
    /// judged, on its own.
    pub(super) async fn mail_from(&mut self, mail: &Mail<'_>) -> Result<(), Failure> {
        let mut text = format!("MAIL FROM:<{}>\r\n", mail.sender);
        if self.pipelines(mail) {
            for recipient in mail.recipients {
                text.push_str(&rcpt(recipient));
            }
            text.push_str(DATA);
        }
        self.command("MAIL", &text, POSITIVE).await
    }

    /// Recipients and text; MAIL was sent at `begun` and answered with `first`.
    pub(super) async fn carry(
        &mut self,
        mail: &Mail<'_>,
        first: Result<(), Failure>,
        body: &mut Vec<u8>,
        begun: Instant,
        log: &mut Log,
    ) -> Result<(), Failure> {
        if self.pipelines(mail) {
            self.rest_of_envelope(mail, first).await?;
        } else {
            first?;
            self.envelope_by_steps(mail).await?;
        }
        let ready = clock::now();
        log.phases.envelope = Some(ready - begun);
        let size = body.len() as u64;
        let result = self.text(body).await;
        log.bytes = self.trace.handed().min(size);
        if result.is_ok() {
            log.phases.data = Some(clock::now() - ready);
        }
        result
    }

    /// Every RCPT and DATA, each when the one before is answered.
    async fn envelope_by_steps(&mut self, mail: &Mail<'_>) -> Result<(), Failure> {
        let mut recipients = Recipients::default();
        for recipient in mail.recipients {
            let reply = self.command("RCPT", &rcpt(recipient), POSITIVE).await;
            recipients.take(reply)?;
        }
        recipients.verdict()?;
        self.command("DATA", DATA, INTERMEDIATE).await
    }

    /// The replies to every RCPT and to DATA, which have been sent behind a MAIL answered with
    /// `first`.
    ///
    /// A server may say 354 though it took no recipient; it then gets a mail without text, which it
    /// refuses (RFC 2920, 3.1), so that the session stays in step.
    async fn rest_of_envelope(
        &mut self,
        mail: &Mail<'_>,
        first: Result<(), Failure>,
    ) -> Result<(), Failure> {
        if first.as_ref().is_err_and(|failure| !is_refused(failure)) {
            return first;
        }
        let mut recipients = Recipients::default();
        for _ in mail.recipients {
            let reply = self.reply("RCPT", POSITIVE).await;
            if let Err(end) = recipients.take(reply) {
                // A server that refuses and then closes has refused.
                let refusal = first.err().or_else(|| recipients.verdict().err());
                return Err(refusal.unwrap_or(end));
            }
        }
        let leave = self.reply("DATA", INTERMEDIATE).await;
        let envelope = first.and_then(|()| recipients.verdict());
        if envelope.is_err() && leave.is_ok() {
            // Whatever the answer, the envelope was refused.
            let _ = self.command("end of data", NO_TEXT, POSITIVE).await;
        }
        envelope.and(leave)
    }

    /// The text and its end, in one piece: two would cost a packet.
    async fn text(&mut self, body: &mut Vec<u8>) -> Result<(), Failure> {
        stuff_dots(body);
        let size = body.len() as u64;
        body.extend_from_slice(END_OF_MAIL);
        // From the first byte of the end on, the server may come to have it all.
        self.trace.watch(size + 1);
        let Ok(text) = std::str::from_utf8(body) else {
            return Err(Failure::protocol("the mail is not text"));
        };
        self.command("end of data", text, POSITIVE)
            .await
            .map_err(|failure| match self.trace.reached() {
                Some(_) => failure.after_the_last_byte(),
                None => failure,
            })
    }

    pub(super) async fn authenticate(&mut self, credentials: &Credentials) -> Result<(), Failure> {
        let mechanisms = authentication::DEFAULT_MECHANISMS;
        let offered = self.connection.server_info().get_auth_mechanism(mechanisms);
        if offered.is_none() {
            return Err(Failure::new(
                AttemptOutcome::Refused,
                ErrorKind::Auth,
                "the server offers neither AUTH PLAIN nor AUTH LOGIN",
            ));
        }
        let credentials = authentication::Credentials::new(
            credentials.user.clone(),
            credentials.password.clone(),
        );
        let exchange = self.connection.auth(mechanisms, &credentials);
        match timeout(self.reply_timeout, exchange).await {
            Err(_) => Err(Failure::no_reply("AUTH")),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let mut failure = failure_of("AUTH", &error, &self.trace);
                if failure.outcome == AttemptOutcome::Refused {
                    failure.error.kind = ErrorKind::Auth;
                }
                Err(failure)
            }
        }
    }

    /// Sends `text` and waits for a reply of the `wanted` kind.
    async fn command(
        &mut self,
        stage: &str,
        text: &str,
        wanted: fn(Severity) -> bool,
    ) -> Result<(), Failure> {
        let response = timeout(self.reply_timeout, self.connection.command(text)).await;
        self.judge(stage, response, wanted)
    }

    /// Waits for a reply of the `wanted` kind to a command that has been sent.
    async fn reply(&mut self, stage: &str, wanted: fn(Severity) -> bool) -> Result<(), Failure> {
        let response = timeout(self.reply_timeout, self.connection.read_response()).await;
        self.judge(stage, response, wanted)
    }

    fn judge(
        &self,
        stage: &str,
        response: Result<Result<Response, Error>, Elapsed>,
        wanted: fn(Severity) -> bool,
    ) -> Result<(), Failure> {
        match response {
            Err(_) => Err(Failure::no_reply(stage)),
            Ok(Err(error)) => Err(failure_of(stage, &error, &self.trace)),
            Ok(Ok(response)) if wanted(response.code().severity) => Ok(()),
            Ok(Ok(response)) => {
                let code = u16::from(response.code());
                let detail = format!("{stage}: {code} is no answer to this command");
                Err(Failure::protocol(&detail).with_code(code))
            }
        }
    }

    /// Says QUIT and lets the server close the connection.
    pub(super) async fn quit(mut self) {
        if self.connection.command("QUIT\r\n").await.is_ok() {
            // Nothing comes but the end.
            let _ = self.connection.read_response().await;
        }
    }
}

/// What the replies to the recipients of one mail come to.
#[derive(Default)]
struct Recipients {
    accepted: bool,
    refusal: Option<Failure>,
}

impl Recipients {
    /// Takes one reply; fails when it ends the session.
    fn take(&mut self, reply: Result<(), Failure>) -> Result<(), Failure> {
        match reply {
            Ok(()) => self.accepted = true,
            Err(failure) if is_refused(&failure) => {
                self.refusal.get_or_insert(failure);
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// One accepted recipient is enough; without one, the first refusal counts.
    fn verdict(self) -> Result<(), Failure> {
        match self.refusal {
            Some(refusal) if !self.accepted => Err(refusal),
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether the server refused a command and goes on with the session.
fn is_refused(failure: &Failure) -> bool {
    failure.outcome == AttemptOutcome::Refused && failure.error.code != Some(SERVICE_CLOSING)
}

fn rcpt(recipient: &str) -> String {
    format!("RCPT TO:<{recipient}>\r\n")
}

/// What lettre's error means before the end of the text was sent.
fn failure_of(stage: &str, error: &Error, trace: &Trace) -> Failure {
    let source = std::error::Error::source(error);
    let cause = source.map_or_else(|| error.to_string(), ToString::to_string);
    if let Some(code) = error.status() {
        let code = u16::from(code);
        return Failure::refused(ErrorKind::Reply, code, &format!("{stage}: {code} {cause}"));
    }
    if trace.ended() {
        return Failure::lost(stage, "the server closed the connection");
    }
    let endless = source
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
    // The library's own words on replies are those of a parser, and say nothing to people.
    let wrong = if endless {
        &cause
    } else if error.is_response() {
        NOT_A_REPLY
    } else if error.is_client() {
        "what the server asks for is in neither AUTH PLAIN nor AUTH LOGIN"
    } else {
        return Failure::lost(stage, &cause);
    };
    Failure::protocol(&format!("{stage}: {wrong}"))
}
