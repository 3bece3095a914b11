//! The sending seam: carries one message once, and tells exactly what happened and when.
//!
//! Which server comes next, and whether there is a next attempt at all, is the device's decision;
//! a courier only reports. Limits on connections are kept here as well: every attempt needs a
//! [`Permit`], and connections at rest count towards the same limit. All courier threads share
//! one limit for each transport.
//!
//! | module | its one job |
//! |---|---|
//! | `settings`, `directory` | what the names in device configurations stand for, resolved before the run |
//! | `preflight` | reach every target once before the run |
//! | `dial`, `tls`, `proxy` | a connection: TCP with its source address, TLS, a way through a proxy |
//! | `stream` | count what was handed to the kernel |
//! | `opening`, `reply`, `replay` | the beginning of a mail session |
//! | `smtp`, `session`, `stuffing` | one mail; its session |
//! | `https`, `url` | one HTTP request |
//! | `files` | one file of a real file server, by TFTP or HTTP |
//! | `pool` | permits, and connections at rest |
//! | `farewell` | let servers close connections that have done their work |

mod dial;
mod dialogue;
mod directory;
mod failure;
mod farewell;
mod files;
mod https;
mod opening;
mod pool;
mod preflight;
mod proxy;
mod replay;
mod reply;
mod session;
mod settings;
mod smtp;
mod stream;
mod stuffing;
mod tls;
mod url;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use emulator::{AttemptOutcome, Rendered, Route, Transport};
use tokio::sync::OwnedSemaphorePermit;

use crate::clock;
use failure::Failure;
use farewell::Farewells;
use https::{HttpsCourier, Post};
use smtp::{Mail, SmtpCourier};

pub use failure::{AttemptError, DETAIL_BYTES_MAX, ErrorKind};
pub use farewell::FAREWELLS_MAX;
pub use files::{FILE_BYTES_MAX, FilePermit, TRANSFER_TIME_MAX, TRANSFERS_MAX};
pub use preflight::{Origin, Unreachable};
pub use settings::{CourierSettings, EmbeddedAddresses, OwnSinks, PrepareError};

/// The couriers of one thread. Its tasks share them.
pub struct Couriers {
    settings: Arc<CourierSettings>,
    smtp: SmtpCourier,
    https: HttpsCourier,
}

impl Couriers {
    /// Couriers for the thread of this number, which no other couriers of these settings may have.
    ///
    /// The connection limits are those of the settings, which all threads share.
    pub fn new(settings: Arc<CourierSettings>, thread: u32) -> Self {
        let farewells = Farewells::new();
        Self {
            smtp: SmtpCourier::new(Arc::clone(&settings), thread, farewells.clone()),
            https: HttpsCourier::new(Arc::clone(&settings), thread, farewells),
            settings,
        }
    }

    /// What these couriers share with those of other threads.
    pub fn settings(&self) -> &Arc<CourierSettings> {
        &self.settings
    }

    /// Carries a message. `permit` must be of the transport of the parcel's route.
    ///
    /// Returns at [`Attempt::ended`]. A connection that is not used again is left to the server to
    /// close, in a task of its own and without a permit: QUIT and what follows delay no message.
    /// Has to run within a Tokio runtime.
    pub async fn send(&self, permit: &Permit, parcel: Parcel<'_>) -> Attempt {
        let started = clock::now();
        let mut log = Log::default();
        let result = self.deliver(permit.transport, parcel, &mut log).await;
        log.into_attempt(started, result)
    }

    /// Hands `parcel` to the courier of `transport`; its body is empty afterwards.
    async fn deliver(
        &self,
        transport: Transport,
        parcel: Parcel<'_>,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let Parcel {
            device,
            route,
            rendered,
            body,
        } = parcel;
        let result = match (transport, route, rendered) {
            (
                Transport::Email,
                Route::Mail {
                    host,
                    tls,
                    credentials,
                },
                Rendered::Mail {
                    hello_name,
                    sender,
                    recipients,
                },
            ) => {
                let mail = Mail {
                    device,
                    host,
                    tls: *tls,
                    credentials: credentials.as_ref(),
                    hello_name,
                    sender,
                    recipients,
                };
                self.smtp.deliver(&mail, body, log).await
            }
            (
                Transport::Http,
                Route::Http {
                    url,
                    proxy,
                    identity_check,
                    authorities,
                },
                Rendered::Http { content_type },
            ) => {
                let post = Post {
                    device,
                    url,
                    proxy: proxy.as_ref().map(|(host, port)| (&**host, *port)),
                    identity_check: *identity_check,
                    authorities,
                    content_type,
                };
                self.https.deliver(&post, body, log).await
            }
            _ => Err(Failure::protocol(
                "permit, route and message are of different transports",
            )),
        };
        body.clear();
        result
    }
}

/// Leave to use one connection; gives it back when dropped.
#[derive(Debug)]
pub struct Permit {
    _held: OwnedSemaphorePermit,
    transport: Transport,
}

impl CourierSettings {
    /// Waits until a connection of `transport` may be used; first come, first served, over all
    /// threads.
    pub async fn permit(&self, transport: Transport) -> Permit {
        let held = match transport {
            Transport::Email => self.smtp_pool.permit().await,
            Transport::Http => self.https_pool.permit().await,
        };
        Permit {
            _held: held,
            transport,
        }
    }
}

/// One message on its way.
pub struct Parcel<'a> {
    /// Number of the device over all fleets; decides the source address.
    pub device: u32,
    /// Where to.
    pub route: &'a Route,
    /// What is needed besides the bytes.
    pub rendered: &'a Rendered,
    /// The message. Empty afterwards; its memory is kept where that is possible.
    pub body: &'a mut Vec<u8>,
}

/// What became of one attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Before the first work for this attempt.
    pub started: Instant,
    /// When the final reply was complete, or when it was clear that there will be none.
    pub ended: Instant,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Where the time went.
    pub phases: Phases,
    /// What went wrong; `None` exactly when the outcome is `Accepted`.
    pub error: Option<AttemptError>,
    /// Bytes of the message as rendered that were handed to the kernel. Neither HTTP headers nor
    /// mail commands nor dot-stuffing count.
    pub bytes: u64,
    /// Whether a new connection was opened; also when it served nothing.
    pub opened: bool,
    /// Whether the TLS session was resumed; `None` without TLS, and on a connection used again.
    pub resumed: Option<bool>,
    /// Whether the server of this attempt is a sink of this process: one of
    /// [`EmbeddedAddresses`], by whatever name, directly or through a proxy. Only the messages of
    /// such attempts can be reconciled. `false` when it was clear before that there is no server.
    pub embedded: bool,
}

/// How long the parts of an attempt took. Parts that did not come to their end, or that the
/// connection did not need, are `None`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Phases {
    /// The TCP connection, through a proxy up to the proxy's leave.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// Mail: greeting, EHLO, the STARTTLS command, AUTH; all that comes before the first mail.
    pub greeting: Option<Duration>,
    /// Mail: MAIL, every RCPT, DATA up to its 354.
    pub envelope: Option<Duration>,
    /// Mail: the message and the final reply.
    pub data: Option<Duration>,
    /// HTTP: from the start of the request until its last byte was handed to the kernel.
    pub request: Option<Duration>,
    /// HTTP: from then on until the response was complete.
    pub reply: Option<Duration>,
}

impl Phases {
    /// The names of the phases, in the order of [`Self::in_order`].
    pub const NAMES: [&'static str; 7] = [
        "connect", "tls", "greeting", "envelope", "data", "request", "reply",
    ];

    /// The phases in the order of [`Self::NAMES`].
    pub fn in_order(&self) -> [Option<Duration>; 7] {
        let Self {
            connect,
            tls,
            greeting,
            envelope,
            data,
            request,
            reply,
        } = *self;
        [connect, tls, greeting, envelope, data, request, reply]
    }
}

/// What an attempt gathers on its way.
#[derive(Default)]
struct Log {
    phases: Phases,
    bytes: u64,
    opened: bool,
    resumed: Option<bool>,
    embedded: bool,
    ended: Option<Instant>,
}

impl Log {
    fn into_attempt(self, started: Instant, result: Result<(), Failure>) -> Attempt {
        let (outcome, error) = match result {
            Ok(()) => (AttemptOutcome::Accepted, None),
            Err(failure) => (failure.outcome, Some(failure.error)),
        };
        Attempt {
            started,
            ended: self.ended.unwrap_or_else(clock::now),
            outcome,
            phases: self.phases,
            error,
            bytes: self.bytes,
            opened: self.opened,
            resumed: self.resumed,
            embedded: self.embedded,
        }
    }

    /// The attempt is decided; what follows is not part of it.
    fn end(&mut self) {
        self.ended = Some(clock::now());
    }
}
