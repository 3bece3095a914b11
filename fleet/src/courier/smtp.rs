//! The mail courier: one mail in one session, on a new connection or on one at rest.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use emulator::{AttemptOutcome, transport::Credentials};
use lettre::transport::smtp::{
    Error, authentication, client::AsyncSmtpConnection, extension::ClientId, response::Severity,
};
use tokio::{sync::SemaphorePermit, time::timeout};

use super::{
    CourierSettings, Log,
    dial::Caller,
    directory::{MailWay, Server},
    failure::{ErrorKind, Failure},
    farewell::Farewells,
    opening::{Opening, Security},
    pool::Pool,
    replay::Replay,
    reply::NOT_A_REPLY,
    stream::Trace,
    stuffing::{END_OF_MAIL, stuff_dots},
};
use crate::clock;

/// The code of a server that ends the session.
const SERVICE_CLOSING: u16 = 421;

/// One mail besides its text.
pub(super) struct Mail<'a> {
    pub(super) device: u32,
    pub(super) host: &'a str,
    pub(super) tls: bool,
    pub(super) credentials: Option<&'a Arc<Credentials>>,
    pub(super) hello_name: &'a str,
    pub(super) sender: &'a str,
    pub(super) recipients: &'a [Arc<str>],
}

impl Mail<'_> {
    /// Whether the mail can be put into commands at all.
    fn check(&self, text: &[u8]) -> Result<(), Failure> {
        let words = [self.hello_name, self.sender];
        let words = words
            .into_iter()
            .chain(self.recipients.iter().map(|recipient| &**recipient));
        for word in words {
            if word.bytes().any(|byte| byte.is_ascii_control()) {
                return Err(Failure::protocol(&format!(
                    "`{word}` would end the command it stands in"
                )));
            }
        }
        if self.recipients.is_empty() {
            return Err(Failure::protocol("the mail has no recipient"));
        }
        if std::str::from_utf8(text).is_err() {
            return Err(Failure::protocol("the mail is not text"));
        }
        Ok(())
    }
}

/// What a session at rest is good for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SessionKey {
    server: Arc<Server>,
    security: Security,
    tls_name: String,
    credentials: Option<Arc<Credentials>>,
}

/// The mail sessions of all arbiters.
pub(super) type SmtpPool = Pool<SessionKey, Session>;

/// The mail couriers of one arbiter.
pub(super) struct SmtpCourier {
    settings: Arc<CourierSettings>,
    arbiter: u32,
    farewells: Farewells,
}

impl SmtpCourier {
    pub(super) fn new(settings: Arc<CourierSettings>, arbiter: u32, farewells: Farewells) -> Self {
        Self {
            settings,
            arbiter,
            farewells,
        }
    }

    pub(super) async fn permit(&self) -> SemaphorePermit<'_> {
        self.settings.smtp_pool.permit().await
    }

    /// Sends one mail.
    pub(super) async fn deliver(
        &self,
        mail: &Mail<'_>,
        body: &mut Vec<u8>,
        log: &mut Log,
    ) -> Result<(), Failure> {
        mail.check(body)?;
        let way = self.settings.directory.mail_way(mail.host)?;
        let result = self.deliver_by(&way, mail, body, log).await;
        // Afterwards: only then is it known which of several addresses has answered.
        log.embedded = self.settings.directory.is_embedded(way.server);
        result
    }

    async fn deliver_by(
        &self,
        way: &MailWay<'_>,
        mail: &Mail<'_>,
        body: &mut Vec<u8>,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let key = SessionKey {
            server: Arc::clone(way.server),
            security: match (way.secured, mail.tls) {
                (true, _) => Security::Implicit,
                (false, true) => Security::StartTls,
                (false, false) => Security::Clear,
            },
            tls_name: way.tls_name.to_owned(),
            credentials: mail.credentials.cloned(),
        };
        if self.settings.smtp.reuse
            && let Some(mut session) = self.settings.smtp_pool.take(self.arbiter, &key)
        {
            let begun = clock::now();
            let first = session.mail_from(mail.sender).await;
            // A server may have closed a session at rest. Nothing of this mail is lost with it.
            if !first.as_ref().is_err_and(is_stale) {
                let result = match first {
                    Ok(()) => session.carry(mail, body, begun, log).await,
                    Err(failure) => Err(failure),
                };
                return self.settle(session, key, result, log);
            }
        }
        self.settings.smtp_pool.make_room();
        let mut session = self.open(mail, way, &key, log).await?;
        let begun = clock::now();
        let result = match session.mail_from(mail.sender).await {
            Ok(()) => session.carry(mail, body, begun, log).await,
            Err(failure) => Err(failure),
        };
        self.settle(session, key, result, log)
    }

    async fn open(
        &self,
        mail: &Mail<'_>,
        way: &MailWay<'_>,
        key: &SessionKey,
        log: &mut Log,
    ) -> Result<Session, Failure> {
        let settings = &*self.settings;
        let opening = Opening {
            server: way.server,
            caller: Caller {
                device: mail.device,
                sources: settings.sources,
            },
            security: key.security,
            tls: settings.tls.config(true),
            tls_name: way.tls_name,
            hello_name: mail.hello_name,
            connect_timeout: settings.smtp.connect_timeout,
            reply_timeout: settings.smtp.reply_timeout,
        };
        let (stream, hello) = opening.run(log).await?;
        let trace = stream.trace();
        let replay = Box::new(Replay::new(stream, &hello));
        let connection =
            AsyncSmtpConnection::connect_with_transport(replay, &ClientId::default()).await;
        let mut session = Session {
            connection: connection.map_err(|error| failure_of("EHLO", &error, &trace))?,
            trace,
            reply_timeout: settings.smtp.reply_timeout,
        };
        if let Some(credentials) = mail.credentials {
            let begun = clock::now();
            session.authenticate(credentials).await?;
            let took = clock::now() - begun;
            log.phases.greeting = log.phases.greeting.map(|greeting| greeting + took);
        }
        Ok(session)
    }

    /// Lays a good session to rest, says goodbye where the server still listens, drops a broken one.
    fn settle(
        &self,
        session: Session,
        key: SessionKey,
        result: Result<(), Failure>,
        log: &mut Log,
    ) -> Result<(), Failure> {
        log.end();
        let outcome = match &result {
            Ok(()) => AttemptOutcome::Accepted,
            Err(failure) => failure.outcome,
        };
        if outcome == AttemptOutcome::Accepted && self.settings.smtp.reuse {
            self.settings.smtp_pool.put(self.arbiter, key, session);
        } else if matches!(outcome, AttemptOutcome::Accepted | AttemptOutcome::Refused) {
            self.farewells.begin(session.quit());
        }
        result
    }
}

impl Drop for SmtpCourier {
    fn drop(&mut self) {
        self.settings.smtp_pool.clear(self.arbiter);
    }
}

/// Whether the first reply of a session taken up again says that the session is over.
fn is_stale(failure: &Failure) -> bool {
    failure.error.kind == ErrorKind::Lost || failure.error.code == Some(SERVICE_CLOSING)
}

/// An open mail session.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    trace: Arc<Trace>,
    reply_timeout: Duration,
}

impl Session {
    async fn mail_from(&mut self, sender: &str) -> Result<(), Failure> {
        self.command("MAIL", &format!("MAIL FROM:<{sender}>\r\n"), 2)
            .await
    }

    /// Recipients and text; MAIL was sent at `begun` and is answered.
    async fn carry(
        &mut self,
        mail: &Mail<'_>,
        body: &mut Vec<u8>,
        begun: Instant,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let mut refusal = None;
        let mut accepted = false;
        for recipient in mail.recipients {
            let rcpt = format!("RCPT TO:<{recipient}>\r\n");
            match self.command("RCPT", &rcpt, 2).await {
                Ok(()) => accepted = true,
                Err(failure) if is_refused_recipient(&failure) => {
                    refusal.get_or_insert(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        if let Some(refusal) = refusal.filter(|_| !accepted) {
            return Err(refusal);
        }
        self.command("DATA", "DATA\r\n", 3).await?;
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
        self.command("end of data", text, 2)
            .await
            .map_err(|failure| match self.trace.reached() {
                Some(_) => failure.after_the_last_byte(),
                None => failure,
            })
    }

    async fn authenticate(&mut self, credentials: &Credentials) -> Result<(), Failure> {
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

    /// Sends `text` and waits for a reply whose code begins with `digit`, 2 or 3.
    async fn command(&mut self, stage: &str, text: &str, digit: u8) -> Result<(), Failure> {
        match timeout(self.reply_timeout, self.connection.command(text)).await {
            Err(_) => Err(Failure::no_reply(stage)),
            Ok(Err(error)) => Err(failure_of(stage, &error, &self.trace)),
            Ok(Ok(response)) => {
                let severity = response.code().severity;
                let wanted = match severity {
                    Severity::PositiveCompletion => digit == 2,
                    Severity::PositiveIntermediate => digit == 3,
                    Severity::TransientNegativeCompletion
                    | Severity::PermanentNegativeCompletion => false,
                };
                if wanted {
                    return Ok(());
                }
                let code = u16::from(response.code());
                let detail = format!("{stage}: {code} is no answer to this command");
                Err(Failure::protocol(&detail).with_code(code))
            }
        }
    }

    /// Says QUIT and lets the server close the connection.
    async fn quit(mut self) {
        if self.connection.command("QUIT\r\n").await.is_ok() {
            // Nothing comes but the end.
            let _ = self.connection.read_response().await;
        }
    }
}

/// Whether others may still be accepted: the reply was for one recipient, not for the session.
fn is_refused_recipient(failure: &Failure) -> bool {
    failure.outcome == AttemptOutcome::Refused && failure.error.code != Some(SERVICE_CLOSING)
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
