//! The mail courier: one mail in one session, on a new connection or on one at rest.

use std::sync::Arc;

use emulator::{AttemptOutcome, transport::Credentials};

use super::{
    CourierSettings, Log,
    dial::Caller,
    dialogue,
    directory::{MailWay, Server},
    failure::{ErrorKind, Failure},
    farewell::Farewells,
    opening::{Opening, Security},
    pool::Pool,
    session::{SERVICE_CLOSING, Session},
};
use crate::clock;

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

/// The mail sessions of all courier threads.
pub(super) type SmtpPool = Pool<SessionKey, Session>;

/// The mail couriers of one thread.
pub(super) struct SmtpCourier {
    settings: Arc<CourierSettings>,
    thread: u32,
    farewells: Farewells,
}

impl SmtpCourier {
    pub(super) fn new(settings: Arc<CourierSettings>, thread: u32, farewells: Farewells) -> Self {
        Self {
            settings,
            thread,
            farewells,
        }
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
        result.map_err(|failure| dialogue::with_mail(failure, mail))
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
            && let Some(mut session) = self.settings.smtp_pool.take(self.thread, &key)
        {
            let begun = clock::now();
            let first = session.mail_from(mail).await;
            // A server may have closed a session at rest. Nothing of this mail is lost with it.
            if !first.as_ref().is_err_and(is_stale) {
                let result = session.carry(mail, first, body, begun, log).await;
                return self.settle(session, key, result, log);
            }
        }
        self.settings.smtp_pool.make_room();
        let mut session = self.open(mail, way, &key, log).await?;
        let begun = clock::now();
        let first = session.mail_from(mail).await;
        let result = session.carry(mail, first, body, begun, log).await;
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
            tls: settings.tls.common(true),
            tls_name: way.tls_name,
            hello_name: mail.hello_name,
            connect_timeout: settings.smtp.connect_timeout,
            reply_timeout: settings.smtp.reply_timeout,
        };
        let (stream, hello) = opening.run(log).await?;
        let mut session = Session::take_over(stream, &hello, &settings.smtp).await?;
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
            self.settings.smtp_pool.put(self.thread, key, session);
        } else if matches!(outcome, AttemptOutcome::Accepted | AttemptOutcome::Refused) {
            self.farewells.begin(session.quit());
        }
        result
    }
}

impl Drop for SmtpCourier {
    fn drop(&mut self) {
        self.settings.smtp_pool.clear(self.thread);
    }
}

/// Whether the first reply of a session taken up again says that the session is over.
fn is_stale(failure: &Failure) -> bool {
    failure.error.kind == ErrorKind::Lost || failure.error.code == Some(SERVICE_CLOSING)
}
