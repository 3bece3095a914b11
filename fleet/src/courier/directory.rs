//! What the names in device configurations stand for, with every name resolved.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use emulator::Transport;

use super::{
    failure::{ErrorKind, Failure},
    url::{DeviceUrl, authority, default_port},
};
use crate::scenario::{Endpoint, Scheme};

/// A server and its addresses.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: Endpoint,
    addresses: Vec<SocketAddr>,
    /// Position of the address that answered last.
    preferred: AtomicUsize,
}

impl Server {
    pub(super) fn new(name: Endpoint, addresses: Vec<SocketAddr>) -> Self {
        Self {
            name,
            addresses,
            preferred: AtomicUsize::new(0),
        }
    }

    /// Host and port.
    pub(super) fn authority(&self) -> String {
        authority(&self.name.host, self.name.port, None)
    }

    /// The addresses with their positions, the one that answered last first.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (usize, SocketAddr)> {
        let count = self.addresses.len();
        let first = self.preferred.load(Relaxed);
        (0..count).map(move |step| {
            let position = (first + step) % count;
            (position, self.addresses[position])
        })
    }

    pub(super) fn prefer(&self, position: usize) {
        self.preferred.store(position, Relaxed);
    }
}

/// A server is the same as itself only: the directory holds each once.
impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Place {
    /// The sink within this process.
    Embedded,
    /// Sinks within this process that are the name's alone.
    OwnSinks {
        smtp: Option<Arc<Server>>,
        https: Option<Arc<Server>>,
    },
    /// A server.
    Server {
        scheme: Option<Scheme>,
        server: Arc<Server>,
    },
}

/// Everything that can be reached.
#[derive(Debug)]
pub(super) struct Directory {
    /// Where mail goes whose server is not in `hosts`.
    pub(super) smtp: Place,
    /// Where requests go whose host is not in `hosts`.
    pub(super) https: Place,
    /// By name in lower case.
    pub(super) hosts: BTreeMap<String, Place>,
    /// Proxies that are not in `hosts`, by name in lower case and port.
    pub(super) proxies: BTreeMap<(String, u16), Arc<Server>>,
    pub(super) embedded_smtp: Option<Arc<Server>>,
    pub(super) embedded_https: Option<Arc<Server>>,
}

/// Where a mail goes.
#[derive(Debug)]
pub(super) struct MailWay<'a> {
    pub(super) server: &'a Arc<Server>,
    /// TLS from the first byte.
    pub(super) secured: bool,
    /// The name that the server's certificate has to carry.
    pub(super) tls_name: &'a str,
}

/// Where a request goes.
#[derive(Debug)]
pub(super) struct HttpWay<'a> {
    pub(super) server: &'a Arc<Server>,
    pub(super) secured: bool,
    /// The name that the server's certificate has to carry.
    pub(super) tls_name: &'a str,
    /// What the request gives as its host.
    pub(super) host: String,
}

impl Directory {
    /// Where mail for the server `host` of a device's configuration goes.
    pub(super) fn mail_way<'a>(&'a self, host: &'a str) -> Result<MailWay<'a>, Failure> {
        let listed = self.listed(host);
        let (scheme, server) = match listed.unwrap_or(&self.smtp) {
            Place::Embedded => (None, self.embedded(Transport::Email)?),
            Place::OwnSinks { smtp, .. } => (None, self.own(smtp, Transport::Email)?),
            Place::Server { scheme, server } => (*scheme, server),
        };
        let secured = match scheme {
            None | Some(Scheme::Smtp) => false,
            Some(Scheme::Smtps) => true,
            Some(Scheme::Http | Scheme::Https) => return Err(wrong_transport(host)),
        };
        // A target of its own has a name of its own; whatever is listed goes by the listed name.
        let tls_name = match (listed, &self.smtp) {
            (None, Place::Server { server, .. }) => &server.name.host,
            (Some(_), _) | (None, Place::Embedded | Place::OwnSinks { .. }) => host,
        };
        Ok(MailWay {
            server,
            secured,
            tls_name,
        })
    }

    /// Where a request for `url` goes.
    pub(super) fn http_way<'a>(&'a self, url: &DeviceUrl<'a>) -> Result<HttpWay<'a>, Failure> {
        let listed = self.listed(url.host);
        let (scheme, server) = match listed.unwrap_or(&self.https) {
            Place::Embedded => (None, self.embedded(Transport::Http)?),
            Place::OwnSinks { https, .. } => (None, self.own(https, Transport::Http)?),
            Place::Server { scheme, server } => (*scheme, server),
        };
        let secured = match scheme {
            None => url.secured,
            Some(Scheme::Http) => false,
            Some(Scheme::Https) => true,
            Some(Scheme::Smtp | Scheme::Smtps) => return Err(wrong_transport(url.host)),
        };
        let (tls_name, host) = match (listed, &self.https) {
            (None, Place::Server { server, .. }) => {
                let Endpoint { host, port } = &server.name;
                (&**host, authority(host, *port, Some(default_port(secured))))
            }
            (Some(_), _) | (None, Place::Embedded | Place::OwnSinks { .. }) => {
                let implied = default_port(url.secured);
                (url.host, authority(url.host, url.port, Some(implied)))
            }
        };
        Ok(HttpWay {
            server,
            secured,
            tls_name,
            host,
        })
    }

    /// The proxy that a device's configuration names.
    pub(super) fn proxy(&self, host: &str, port: u16) -> Result<&Arc<Server>, Failure> {
        match self.listed(host) {
            Some(Place::Server { server, .. }) => Ok(server),
            Some(Place::Embedded) => self.embedded(Transport::Http),
            Some(Place::OwnSinks { https, .. }) => self.own(https, Transport::Http),
            None => self
                .proxies
                .get(&(host.to_ascii_lowercase(), port))
                .ok_or_else(|| {
                    Failure::failed(
                        ErrorKind::Proxy,
                        &format!(
                            "{host}:{port}: proxy not known before the run; list it in [hosts]"
                        ),
                    )
                }),
        }
    }

    /// Whether `server` is a sink of this process, by the address that is dialled first: the one
    /// that answered last.
    pub(super) fn is_embedded(&self, server: &Server) -> bool {
        let dialled = server.addresses().next();
        let own = self.hosts.values().flat_map(|place| match place {
            Place::OwnSinks { smtp, https } => [smtp.as_ref(), https.as_ref()],
            Place::Embedded | Place::Server { .. } => [None, None],
        });
        [self.embedded_smtp.as_ref(), self.embedded_https.as_ref()]
            .into_iter()
            .chain(own)
            .flatten()
            .flat_map(|sink| sink.addresses())
            .any(|(_, sink)| dialled.is_some_and(|(_, address)| address == sink))
    }

    fn listed(&self, host: &str) -> Option<&Place> {
        if self.hosts.is_empty() {
            return None;
        }
        self.hosts
            .get(host)
            .or_else(|| self.hosts.get(&host.to_ascii_lowercase()))
    }

    /// The sink of a name's own, or the one for all.
    fn own<'a>(
        &'a self,
        own: &'a Option<Arc<Server>>,
        transport: Transport,
    ) -> Result<&'a Arc<Server>, Failure> {
        own.as_ref().map_or_else(|| self.embedded(transport), Ok)
    }

    fn embedded(&self, transport: Transport) -> Result<&Arc<Server>, Failure> {
        let sink = match transport {
            Transport::Email => &self.embedded_smtp,
            Transport::Http => &self.embedded_https,
        };
        sink.as_ref().ok_or_else(|| {
            Failure::failed(
                ErrorKind::Connect,
                "no embedded sink runs for this transport",
            )
        })
    }
}

fn wrong_transport(host: &str) -> Failure {
    Failure::protocol(&format!(
        "{host} is mapped to a target of the other transport"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16) -> Arc<Server> {
        let name = Endpoint {
            host: host.to_owned(),
            port,
        };
        Arc::new(Server::new(name, Vec::new()))
    }

    fn place(scheme: Option<Scheme>, host: &str, port: u16) -> Place {
        Place::Server {
            scheme,
            server: server(host, port),
        }
    }

    fn directory() -> Directory {
        Directory {
            smtp: Place::Embedded,
            https: Place::Embedded,
            hosts: BTreeMap::new(),
            proxies: BTreeMap::new(),
            embedded_smtp: Some(server("127.0.0.1", 2525)),
            embedded_https: Some(server("127.0.0.1", 8443)),
        }
    }

    fn way(directory: &Directory, url: &'static str) -> (u16, bool, String, String) {
        let url = DeviceUrl::parse(url).unwrap();
        let way = directory.http_way(&url).unwrap();
        (
            way.server.name.port,
            way.secured,
            way.tls_name.to_owned(),
            way.host,
        )
    }

    #[test]
    fn the_embedded_sink_goes_by_the_device_s_name() {
        let embedded = directory();
        assert_eq!(
            way(&embedded, "https://tools.example.com/x"),
            (
                8443,
                true,
                "tools.example.com".into(),
                "tools.example.com".into()
            )
        );
        let mail = embedded.mail_way("mail.example.com").unwrap();
        assert_eq!(
            (mail.server.name.port, mail.tls_name),
            (2525, "mail.example.com")
        );
    }

    #[test]
    fn a_target_has_its_own_name_and_scheme() {
        let mut directory = directory();
        directory.https = place(Some(Scheme::Http), "lab", 8080);
        directory.smtp = place(Some(Scheme::Smtps), "relay", 465);
        assert_eq!(
            way(&directory, "https://tools.example.com/x"),
            (8080, false, "lab".into(), "lab:8080".into())
        );
        let mail = directory.mail_way("mail.example.com").unwrap();
        assert_eq!((mail.secured, mail.tls_name), (true, "relay"));
    }

    #[test]
    fn a_listed_host_keeps_its_name_in_any_case() {
        let mut directory = directory();
        directory
            .hosts
            .insert("tools.example.com".into(), place(None, "127.0.0.1", 9));
        assert_eq!(
            way(&directory, "http://Tools.Example.com:81/x"),
            (
                9,
                false,
                "Tools.Example.com".into(),
                "Tools.Example.com:81".into()
            )
        );
        assert_eq!(way(&directory, "https://else/x").0, 8443);
    }

    #[test]
    fn a_name_mapped_to_the_other_transport_leads_nowhere() {
        let mut directory = directory();
        directory
            .hosts
            .insert("a".into(), place(Some(Scheme::Https), "127.0.0.1", 9));
        directory
            .hosts
            .insert("b".into(), place(Some(Scheme::Smtp), "127.0.0.1", 9));
        assert!(directory.mail_way("a").is_err());
        assert!(
            directory
                .http_way(&DeviceUrl::parse("http://b/").unwrap())
                .is_err()
        );
    }

    #[test]
    fn the_address_that_answered_last_is_tried_first() {
        let addresses: Vec<SocketAddr> = ["[::1]:1", "127.0.0.1:1"]
            .map(|text| text.parse().unwrap())
            .into();
        let name = Endpoint {
            host: "localhost".into(),
            port: 1,
        };
        let server = Server::new(name, addresses.clone());
        server.prefer(1);
        let order: Vec<SocketAddr> = server.addresses().map(|(_, address)| address).collect();
        assert_eq!(order, [addresses[1], addresses[0]]);
    }
}
