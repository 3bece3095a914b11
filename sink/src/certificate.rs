//! Throw-away certificates, and the TLS settings every sink uses.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::fault::TlsFlaw;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A client whose clock is somewhat behind must still trust the certificate.
const VALID_SINCE: Duration = DAY;

/// Nobody renews a test certificate.
const VALID_FOR: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Names every server certificate carries besides those asked for.
const NAMES_DEFAULT: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The only name in a certificate for another name; nobody can have it (RFC 6761).
const WRONG_NAME: &str = "another-name.invalid";

/// Why a certificate or a TLS setting could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A certificate could not be generated; most likely a name is not a host name or address.
    #[error("cannot generate a certificate")]
    Generate(#[from] rcgen::Error),
    /// The certificate and the key do not make a TLS identity.
    #[error("cannot use the certificate for TLS")]
    Tls(#[from] rustls::Error),
    /// A PEM text does not hold what it should.
    #[error("cannot read the {what} in PEM form")]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// What was wrong.
        source: rustls_pki_types::pem::Error,
    },
}

/// A certificate authority that exists for one run.
pub struct TestAuthority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl TestAuthority {
    /// Generates an authority with an own P-256 key, valid from yesterday for ten years.
    ///
    /// # Errors
    /// [`CertificateError::Generate`] when the system gives no randomness.
    pub fn generate() -> Result<Self, CertificateError> {
        Self::named("mock sink test authority")
    }

    fn named(name: &str) -> Result<Self, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let (not_before, not_after) = validity();
        params.not_before = not_before.into();
        params.not_after = not_after.into();
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority's certificate as PEM, for `curl --cacert` and the like.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate as DER, for a client's set of trusted roots.
    #[must_use]
    pub fn der(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// TLS settings of a server with a fresh certificate for localhost, 127.0.0.1, ::1 and `names`
    /// (host names or addresses).
    ///
    /// # Errors
    /// [`CertificateError::Generate`] when a name is neither a host name nor an address.
    pub fn server_config(&self, names: &[String]) -> Result<Arc<ServerConfig>, CertificateError> {
        self.issued(all_names(names), validity())
    }

    /// TLS settings of a server whose certificate no client should accept.
    pub(crate) fn flawed_config(
        &self,
        names: &[String],
        flaw: TlsFlaw,
    ) -> Result<Arc<ServerConfig>, CertificateError> {
        let now = SystemTime::now();
        match flaw {
            TlsFlaw::Expired => self.issued(all_names(names), (now - 10 * DAY, now - DAY)),
            TlsFlaw::NotYetValid => self.issued(all_names(names), (now + DAY, now + VALID_FOR)),
            TlsFlaw::WrongName => self.issued(vec![WRONG_NAME.to_owned()], validity()),
            TlsFlaw::UnknownCa => Self::named("unknown authority")?.server_config(names),
            // Nothing is wrong with the certificates of handshakes that do not come to them.
            TlsFlaw::Reset | TlsFlaw::Stall => self.server_config(names),
        }
    }

    fn issued(
        &self,
        names: Vec<String>,
        (not_before, not_after): (SystemTime, SystemTime),
    ) -> Result<Arc<ServerConfig>, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "mock sink");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = not_before.into();
        params.not_after = not_after.into();
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        server_config(vec![certificate.der().clone(), self.der()], key.into())
    }

    /// TLS settings of a client that trusts this authority and nobody else.
    ///
    /// # Errors
    /// [`CertificateError::Tls`] when the authority's certificate is refused as a root.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, CertificateError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der())?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

/// TLS settings of a server that has its own certificate chain and key in PEM form.
///
/// # Errors
/// [`CertificateError::Pem`] when either cannot be read, [`CertificateError::Tls`] when they do not
/// belong together.
pub fn server_config_from_pem(
    chain: &[u8],
    key: &[u8],
) -> Result<Arc<ServerConfig>, CertificateError> {
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| CertificateError::Pem {
            what: "certificate",
            source,
        })?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|source| CertificateError::Pem {
        what: "private key",
        source,
    })?;
    server_config(chain, key)
}

/// TLS 1.2 and 1.3, tickets on. Every suite of the provider has forward secrecy: for TLS 1.2 it
/// holds ECDHE suites only.
fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.ticketer = ring::Ticketer::new()?;
    // One is enough for a client to resume with, and each costs work in every handshake.
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn validity() -> (SystemTime, SystemTime) {
    let not_before = SystemTime::now() - VALID_SINCE;
    (not_before, not_before + VALID_FOR)
}

/// `names` and those that every certificate carries.
fn all_names(names: &[String]) -> Vec<String> {
    let mut all_names: Vec<String> = NAMES_DEFAULT.map(str::to_owned).to_vec();
    let others = names
        .iter()
        .filter(|name| !NAMES_DEFAULT.contains(&name.as_str()));
    all_names.extend(others.cloned());
    all_names
}
