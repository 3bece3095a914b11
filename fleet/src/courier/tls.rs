//! TLS as devices speak it: who is trusted, whether names are compared, whether sessions resume.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, HandshakeKind, RootCertStore,
    SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    dial::Budget,
    failure::{ErrorKind, Failure},
};

/// Sessions remembered for resumption, over all servers.
const SESSIONS_REMEMBERED: usize = 4096;
/// Sets of further authorities whose settings are kept; another set is set up anew each time its turn
/// comes again. A fleet has one, since it has one configuration.
const FURTHER_KEPT_MAX: usize = 64;

/// Who is trusted.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// Those whom these authorities vouch for.
    Authorities(RootCertStore),
    /// Everybody.
    Anybody,
}

/// Whether TLS sessions are resumed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sessions {
    /// Where the server agrees.
    Resumed,
    /// Every connection makes a full handshake.
    Fresh,
}

/// The settings of all connections.
#[derive(Debug)]
pub(super) struct TlsClients {
    trust: Trust,
    sessions: Sessions,
    /// Those of devices without trustpoints.
    common: Clients,
    /// Those of devices whose trustpoints name further authorities; the newest at the back.
    further: Mutex<VecDeque<Further>>,
}

/// Settings for one set of authorities; devices differ only in whether they compare names.
#[derive(Clone, Debug)]
struct Clients {
    comparing_names: Arc<ClientConfig>,
    ignoring_names: Arc<ClientConfig>,
}

#[derive(Debug)]
struct Further {
    authorities: Vec<Vec<u8>>,
    clients: Clients,
}

impl TlsClients {
    pub(super) fn new(trust: Trust, sessions: Sessions) -> Result<Self, Error> {
        Ok(Self {
            common: Clients::new(trust.clone(), sessions)?,
            trust,
            sessions,
            further: Mutex::default(),
        })
    }

    /// The settings of whoever trusts nobody but everybody's authorities.
    pub(super) fn common(&self, identity_check: bool) -> &Arc<ClientConfig> {
        self.common.config(identity_check)
    }

    /// The settings of a device that compares the server's name with its certificate, or does not,
    /// and trusts `authorities` besides everybody's.
    pub(super) fn config(
        &self,
        identity_check: bool,
        authorities: &[Vec<u8>],
    ) -> Result<Arc<ClientConfig>, Failure> {
        if authorities.is_empty() {
            return Ok(Arc::clone(self.common(identity_check)));
        }
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = further.iter().find(|own| own.authorities == authorities) {
            return Ok(Arc::clone(known.clients.config(identity_check)));
        }
        let clients = Clients::new(self.trust.and(authorities), self.sessions)
            .map_err(|error| Failure::failed(ErrorKind::Tls, &error.to_string()))?;
        if further.len() == FURTHER_KEPT_MAX {
            further.pop_front();
        }
        let config = Arc::clone(clients.config(identity_check));
        further.push_back(Further {
            authorities: authorities.to_vec(),
            clients,
        });
        Ok(config)
    }
}

impl Trust {
    /// The same with `authorities` added. What cannot vouch for anybody is left out.
    fn and(&self, authorities: &[Vec<u8>]) -> Self {
        match self {
            Self::Anybody => Self::Anybody,
            Self::Authorities(roots) => {
                let mut roots = roots.clone();
                let further = authorities.iter().cloned().map(CertificateDer::from);
                roots.add_parsable_certificates(further);
                Self::Authorities(roots)
            }
        }
    }
}

impl Clients {
    fn new(trust: Trust, sessions: Sessions) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let lenient = |policy| -> Arc<dyn ServerCertVerifier> {
            Arc::new(Lenient {
                provider: Arc::clone(&provider),
                policy,
            })
        };
        let (comparing, ignoring) = match trust {
            Trust::Anybody => (lenient(Policy::Anybody), lenient(Policy::Anybody)),
            // The library's own verifier refuses to exist without an authority.
            Trust::Authorities(roots) if roots.is_empty() => {
                (lenient(Policy::Nobody), lenient(Policy::Nobody))
            }
            Trust::Authorities(roots) => {
                let verifier = WebPkiServerVerifier::builder_with_provider(
                    Arc::new(roots),
                    Arc::clone(&provider),
                )
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
                let ignoring = lenient(Policy::AnyName(Arc::clone(&verifier)));
                (verifier as Arc<dyn ServerCertVerifier>, ignoring)
            }
        };
        Ok(Self {
            comparing_names: client_config(&provider, comparing, sessions)?,
            ignoring_names: client_config(&provider, ignoring, sessions)?,
        })
    }

    fn config(&self, identity_check: bool) -> &Arc<ClientConfig> {
        if identity_check {
            &self.comparing_names
        } else {
            &self.ignoring_names
        }
    }
}

fn client_config(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    sessions: Sessions,
) -> Result<Arc<ClientConfig>, Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = match sessions {
        Sessions::Resumed => Resumption::in_memory_sessions(SESSIONS_REMEMBERED),
        Sessions::Fresh => Resumption::disabled(),
    };
    Ok(Arc::new(config))
}

/// Secures a connection to the server called `name`; says whether the session was resumed.
pub(super) async fn secure(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
    name: &str,
    budget: Budget,
) -> Result<(TlsStream<TcpStream>, bool), Failure> {
    let server_name = ServerName::try_from(name.to_owned()).map_err(|_| {
        Failure::failed(
            ErrorKind::Tls,
            &format!("{name}: no certificate can carry this name"),
        )
    })?;
    let connector = TlsConnector::from(Arc::clone(config));
    match budget.run(connector.connect(server_name, stream)).await {
        Some(Ok(stream)) => {
            let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
            Ok((stream, resumed))
        }
        Some(Err(error)) => Err(Failure::failed(
            ErrorKind::Tls,
            &format!("{name}: {}", text_of(&error)),
        )),
        None => Err(Failure::timed_out(
            ErrorKind::ConnectTimeout,
            &format!("{name}: the TLS handshake was not finished in time"),
        )),
    }
}

fn text_of(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "the connection was closed during the TLS handshake".to_owned()
    } else {
        error.to_string()
    }
}

/// What a [`Lenient`] verifier makes of a certificate.
#[derive(Debug)]
enum Policy {
    /// The chain has to be good, the name may be another.
    AnyName(Arc<WebPkiServerVerifier>),
    /// Anything is good.
    Anybody,
    /// Nothing is good: there is no authority to vouch for it.
    Nobody,
}

/// A verifier that leaves something out, or has nothing to go by. Signatures are always verified.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    policy: Policy,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verifier = match &self.policy {
            Policy::Anybody => return Ok(ServerCertVerified::assertion()),
            Policy::Nobody => return Err(CertificateError::UnknownIssuer.into()),
            Policy::AnyName(verifier) => verifier,
        };
        let verdict =
            verifier.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        match verdict {
            // The name is looked at last, behind chain and dates.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
