//! Reaching every target once, before a run measures anything.

use std::{fmt, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{net::TcpStream, task::JoinSet};

use super::{
    CourierSettings,
    dial::{self, Budget, Caller},
    directory::{Place, Server},
    failure::Failure,
    opening::read_greeting,
    reply::ReplyReader,
    tls,
};
use crate::scenario::Scheme;

/// Where a target comes from. Its text is how the scenario names it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Origin {
    /// The SMTP sink of this process.
    EmbeddedSmtp,
    /// The HTTPS sink of this process.
    EmbeddedHttps,
    /// `smtp` in `[targets]`.
    Smtp,
    /// `https` in `[targets]`.
    Https,
    /// The name in `[hosts]`, in lower case.
    Host(String),
    /// Host and port of a proxy in a device configuration.
    Proxy(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmbeddedSmtp => formatter.write_str("embedded SMTP sink"),
            Self::EmbeddedHttps => formatter.write_str("embedded HTTPS sink"),
            Self::Smtp => formatter.write_str("[targets] smtp"),
            Self::Https => formatter.write_str("[targets] https"),
            Self::Host(name) => write!(formatter, "[hosts] \"{name}\""),
            Self::Proxy(authority) => write!(formatter, "http-proxy {authority}"),
        }
    }
}

/// A target that cannot be reached.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Unreachable {
    /// Where it comes from.
    pub origin: Origin,
    /// Host and port.
    pub target: String,
    /// What failed.
    pub failure: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Unreachable {
    /// Whether the target is one of those in `[hosts]`. A dead one among several mail servers may
    /// be what the scenario is about: devices fail over to the next.
    pub fn is_listed_host(&self) -> bool {
        matches!(self.origin, Origin::Host(_))
    }

    /// Whether the target is what `[hosts]` says of `name`, in lower case.
    pub fn is_host(&self, name: &str) -> bool {
        matches!(&self.origin, Origin::Host(own) if own == name)
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            target,
            failure,
            remedy: _,
        } = self;
        write!(formatter, "{origin} ({target}): {failure}")
    }
}

/// How far a target is tried.
#[derive(Clone, Copy)]
enum Depth {
    Connect,
    /// Whoever the server claims to be: whether a name is compared is the devices' affair.
    Handshake,
    Greeting,
    SecuredGreeting,
}

struct Probe {
    origin: Origin,
    server: Arc<Server>,
    depth: Depth,
    tls_name: String,
    tls: Arc<ClientConfig>,
    limit: Duration,
}

impl CourierSettings {
    /// Connects to every target once: mail servers have to greet, HTTPS servers to make a
    /// handshake, proxies and targets without a scheme to accept a connection. All at once, each
    /// within its connect timeout.
    ///
    /// # Errors
    /// With every target that failed.
    pub async fn preflight(&self) -> Result<(), Vec<Unreachable>> {
        let mut running = JoinSet::new();
        for probe in self.probes() {
            running.spawn(probe.run());
        }
        let mut unreachable: Vec<Unreachable> =
            running.join_all().await.into_iter().flatten().collect();
        unreachable.sort();
        if unreachable.is_empty() {
            Ok(())
        } else {
            Err(unreachable)
        }
    }

    /// Whether the mail server that a device configuration calls `host` greets, within the connect
    /// timeout. Nothing is sent, and the connection limit does not count: it is a user who asks.
    pub(crate) async fn greets(&self, host: &str) -> bool {
        let Ok(way) = self.directory.mail_way(host) else {
            return false;
        };
        let scheme = if way.secured {
            Scheme::Smtps
        } else {
            Scheme::Smtp
        };
        let origin = Origin::Host(host.to_owned());
        self.probe(origin, way.server, Some(scheme))
            .reach()
            .await
            .is_ok()
    }

    fn probes(&self) -> Vec<Probe> {
        let directory = &self.directory;
        let mut probes = Vec::new();
        if let Some(server) = &directory.embedded_smtp {
            probes.push(self.probe(Origin::EmbeddedSmtp, server, Some(Scheme::Smtp)));
        }
        if let Some(server) = &directory.embedded_https {
            let scheme = self.embedded_tls.then_some(Scheme::Https);
            probes.push(self.probe(Origin::EmbeddedHttps, server, scheme));
        }
        if let Place::Server { scheme, server } = &directory.smtp {
            let scheme = scheme.unwrap_or(Scheme::Smtp);
            probes.push(self.probe(Origin::Smtp, server, Some(scheme)));
        }
        if let Place::Server { scheme, server } = &directory.https {
            probes.push(self.probe(Origin::Https, server, *scheme));
        }
        for (name, place) in &directory.hosts {
            if let Place::Server { scheme, server } = place {
                probes.push(self.probe(Origin::Host(name.clone()), server, *scheme));
            }
        }
        for ((name, port), server) in &directory.proxies {
            probes.push(self.probe(Origin::Proxy(format!("{name}:{port}")), server, None));
        }
        probes
    }

    fn probe(&self, origin: Origin, server: &Arc<Server>, scheme: Option<Scheme>) -> Probe {
        let (depth, limit) = match scheme {
            None | Some(Scheme::Http) => (Depth::Connect, self.https.connect_timeout),
            Some(Scheme::Https) => (Depth::Handshake, self.https.connect_timeout),
            Some(Scheme::Smtp) => (Depth::Greeting, self.smtp.connect_timeout),
            Some(Scheme::Smtps) => (Depth::SecuredGreeting, self.smtp.connect_timeout),
        };
        Probe {
            origin,
            server: Arc::clone(server),
            depth,
            tls_name: server.name.host.clone(),
            tls: Arc::clone(self.tls.common(false)),
            limit,
        }
    }
}

impl Probe {
    async fn run(self) -> Option<Unreachable> {
        let failure = self.reach().await.err()?;
        Some(Unreachable {
            origin: self.origin,
            target: self.server.authority(),
            failure: failure.error.detail,
            remedy: match self.depth {
                Depth::Connect | Depth::Greeting => "start the server or correct the address",
                Depth::Handshake | Depth::SecuredGreeting => {
                    "start the server or correct the address; name its authority with --ca"
                }
            },
        })
    }

    async fn reach(&self) -> Result<(), Failure> {
        let budget = Budget::starting_now(self.limit);
        let mut stream = dial::connect(&self.server, Caller::SYSTEM, budget).await?;
        match self.depth {
            Depth::Connect => Ok(()),
            Depth::Handshake => self.secure(stream, budget).await.map(drop),
            Depth::Greeting => {
                read_greeting(&mut stream, &mut ReplyReader::default(), self.limit).await
            }
            Depth::SecuredGreeting => {
                let mut stream = self.secure(stream, budget).await?;
                read_greeting(&mut stream, &mut ReplyReader::default(), self.limit).await
            }
        }
    }

    async fn secure(
        &self,
        stream: TcpStream,
        budget: Budget,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
        let secured = tls::secure(stream, &self.tls, &self.tls_name, budget).await?;
        Ok(secured.0)
    }
}
