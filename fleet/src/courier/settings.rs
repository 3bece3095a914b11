//! What couriers need to know, made once before a run: names resolved, authorities read.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use emulator::template::{Slot, SlotValues};
use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{
    directory::{Directory, Place, Server},
    files::{FileServer, FileServers},
    https::HttpsPool,
    pool::Pool,
    smtp::SmtpPool,
    tls::{Sessions, TlsClients, Trust},
};
use crate::scenario::{
    Endpoint, HttpsSettings, Scenario, SmtpSettings, SourceAddresses, TargetChoice,
};

/// Most addresses kept of one name.
const ADDRESSES_MAX: usize = 8;

/// Where the sinks of this process listen, and who vouches for them.
#[derive(Clone, Debug, Default)]
pub struct EmbeddedAddresses {
    /// The SMTP sink, if it runs.
    pub smtp: Option<SocketAddr>,
    /// The HTTPS sink, if it runs.
    pub https: Option<SocketAddr>,
    /// The authority of their certificates; without one they speak no TLS.
    pub ca: Option<CertificateDer<'static>>,
    /// Sinks that names of `[hosts]` have for themselves, by name in lower case.
    pub hosts: BTreeMap<String, OwnSinks>,
}

/// The sinks that a name of `[hosts]` has for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnSinks {
    /// As a mail server, if it is one.
    pub smtp: Option<SocketAddr>,
    /// As a receiver of requests, if it is one.
    pub https: Option<SocketAddr>,
}

/// What all couriers of a run share, the connection limits included.
#[derive(Debug)]
pub struct CourierSettings {
    pub(super) directory: Directory,
    pub(super) tls: TlsClients,
    pub(super) smtp: SmtpSettings,
    pub(super) https: HttpsSettings,
    pub(super) smtp_pool: SmtpPool,
    pub(super) https_pool: HttpsPool,
    pub(super) files: FileServers,
    pub(super) sources: SourceAddresses,
    /// Whether the embedded HTTPS sink speaks TLS.
    pub(super) embedded_tls: bool,
}

/// Why there can be no couriers.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A target or proxy has no address.
    #[error("cannot resolve {name}; correct it, or say in [hosts] where it really is")]
    Resolve {
        /// The name.
        name: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// A proxy of a device configuration is a public one.
    #[error(
        "the proxy {name} of a device configuration is neither on this machine nor in a private \
         network; say in [hosts] where it really is"
    )]
    PublicProxy {
        /// Its name.
        name: String,
    },
    /// The file of authorities cannot be read.
    #[error("cannot read the certificate authorities in {}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls_pki_types::pem::Error,
    },
    /// The file of authorities holds none.
    #[error("{} holds no certificate in PEM form", path.display())]
    NoAuthority {
        /// The file.
        path: PathBuf,
    },
    /// An authority or a TLS setting is not usable.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

impl CourierSettings {
    /// Resolves every name and reads every authority that the scenario needs.
    ///
    /// Trusted are the embedded sinks' authority and those of the scenario's file; the system's
    /// only without a file and only when there is a target outside of this process.
    ///
    /// # Errors
    /// When a name does not resolve, a file of authorities is not usable, or a proxy in a device
    /// configuration is public and not listed in `[hosts]`.
    pub async fn prepare(
        scenario: &Scenario,
        embedded: &EmbeddedAddresses,
    ) -> Result<Self, PrepareError> {
        let directory = directory(scenario, embedded).await?;
        let trust = if scenario.https.insecure {
            Trust::Anybody
        } else {
            Trust::Authorities(authorities(scenario, embedded)?)
        };
        let sessions = if scenario.https.resumption {
            Sessions::Resumed
        } else {
            Sessions::Fresh
        };
        Ok(Self {
            directory,
            tls: TlsClients::new(trust, sessions)?,
            smtp: scenario.smtp.clone(),
            https: scenario.https.clone(),
            smtp_pool: Pool::new(scenario.smtp.connections),
            https_pool: Pool::new(scenario.https.connections),
            files: files(scenario).await?,
            sources: scenario.sources,
            embedded_tls: embedded.ca.is_some(),
        })
    }
}

async fn directory(
    scenario: &Scenario,
    embedded: &EmbeddedAddresses,
) -> Result<Directory, PrepareError> {
    let targets = &scenario.targets;
    let mut hosts = BTreeMap::new();
    for (name, choice) in &targets.hosts {
        let name = name.to_ascii_lowercase();
        let place = match (choice, embedded.hosts.get(&name)) {
            (TargetChoice::Embedded, Some(own)) => Place::OwnSinks {
                smtp: own.smtp.map(sink),
                https: own.https.map(sink),
            },
            _ => place(choice).await?,
        };
        hosts.insert(name, place);
    }
    Ok(Directory {
        smtp: place(&targets.smtp).await?,
        https: place(&targets.https).await?,
        proxies: proxies(scenario, &hosts).await?,
        hosts,
        embedded_smtp: embedded.smtp.map(sink),
        embedded_https: embedded.https.map(sink),
    })
}

async fn files(scenario: &Scenario) -> Result<FileServers, PrepareError> {
    let mut servers = BTreeMap::new();
    for own in &scenario.file_servers {
        let server = FileServer {
            server: resolve(&own.endpoint).await?,
            secured: own.secured,
        };
        servers.insert((own.protocol, own.host.clone()), server);
    }
    Ok(FileServers::new(servers))
}

fn sink(address: SocketAddr) -> Arc<Server> {
    let name = Endpoint {
        host: address.ip().to_string(),
        port: address.port(),
    };
    Arc::new(Server::new(name, vec![address]))
}

async fn place(choice: &TargetChoice) -> Result<Place, PrepareError> {
    Ok(match choice {
        TargetChoice::Embedded => Place::Embedded,
        TargetChoice::Server { scheme, endpoint } => Place::Server {
            scheme: *scheme,
            server: Arc::new(resolve(endpoint).await?),
        },
    })
}

async fn resolve(endpoint: &Endpoint) -> Result<Server, PrepareError> {
    let found = tokio::net::lookup_host((&*endpoint.host, endpoint.port)).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(addresses) => addresses.take(ADDRESSES_MAX).collect(),
        Err(source) => return Err(unresolved(endpoint, source)),
    };
    if addresses.is_empty() {
        return Err(unresolved(endpoint, io::ErrorKind::NotFound.into()));
    }
    Ok(Server::new(endpoint.clone(), addresses))
}

fn unresolved(endpoint: &Endpoint, source: io::Error) -> PrepareError {
    PrepareError::Resolve {
        name: endpoint.host.clone(),
        source,
    }
}

/// The proxies that the fleets' configurations name and `[hosts]` does not. A proxy whose name
/// differs from device to device is only found in `[hosts]`.
async fn proxies(
    scenario: &Scenario,
    hosts: &BTreeMap<String, Place>,
) -> Result<BTreeMap<(String, u16), Arc<Server>>, PrepareError> {
    let mut proxies = BTreeMap::new();
    for fleet in &scenario.fleets {
        let Some(proxy) = &fleet.model.startup.call_home.http_proxy else {
            continue;
        };
        if !proxy.host.is_literal() {
            continue;
        }
        let host = proxy.host.fill(&NoValues).to_ascii_lowercase();
        let key = (host.clone(), proxy.port);
        if hosts.contains_key(&host) || proxies.contains_key(&key) {
            continue;
        }
        let server = resolve(&Endpoint {
            host,
            port: proxy.port,
        })
        .await?;
        if !stays_near(&server) {
            return Err(PrepareError::PublicProxy {
                name: server.name.host,
            });
        }
        proxies.insert(key, Arc::new(server));
    }
    Ok(proxies)
}

/// Whether every address is on this machine or in a private network.
fn stays_near(server: &Server) -> bool {
    server.addresses().all(|(_, address)| {
        Endpoint {
            host: address.ip().to_string(),
            port: address.port(),
        }
        .is_safe()
    })
}

/// Fills a template that has no slots.
struct NoValues;

impl SlotValues for NoValues {
    fn push_slot(&self, _: &mut Vec<u8>, _: Slot) {}
}

fn authorities(
    scenario: &Scenario,
    embedded: &EmbeddedAddresses,
) -> Result<RootCertStore, PrepareError> {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = &embedded.ca {
        roots.add(ca.clone())?;
    }
    match &scenario.https.ca {
        Some(path) => add_file(&mut roots, path)?,
        None if leaves_the_process(scenario) => {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "some of the system's certificate authorities are not readable");
            }
            roots.add_parsable_certificates(found.certs);
        }
        None => {}
    }
    Ok(roots)
}

fn leaves_the_process(scenario: &Scenario) -> bool {
    let targets = &scenario.targets;
    targets
        .hosts
        .values()
        .chain([&targets.smtp, &targets.https])
        .any(|choice| *choice != TargetChoice::Embedded)
        || scenario.file_servers.iter().any(|server| server.secured)
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), PrepareError> {
    let unreadable = |source| PrepareError::Authorities {
        path: path.to_owned(),
        source,
    };
    let mut found = false;
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        roots.add(certificate.map_err(unreadable)?)?;
        found = true;
    }
    if !found {
        return Err(PrepareError::NoAuthority {
            path: path.to_owned(),
        });
    }
    Ok(())
}
