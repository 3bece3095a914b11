//! The generated certificates in real handshakes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use sink::TestAuthority;
use sink::certificate::server_config_from_pem;
use tokio::io::{AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

const PIPE_BYTES: usize = 64 * 1024;

/// Does a handshake; gives the protocol version and whether it was a resumption.
async fn handshake(
    server: Arc<rustls::ServerConfig>,
    client: Arc<ClientConfig>,
    name: &str,
) -> std::io::Result<(Option<ProtocolVersion>, Option<rustls::HandshakeKind>)> {
    let (near, far) = duplex(PIPE_BYTES);
    let serving = async move {
        let mut stream = TlsAcceptor::from(server).accept(far).await?;
        stream.shutdown().await
    };
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let calling = async move {
        let mut stream = TlsConnector::from(client).connect(name, near).await?;
        // The ticket comes behind the handshake; reading to the end takes it in.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
        let session = stream.get_ref().1;
        Ok((session.protocol_version(), session.handshake_kind()))
    };
    let (_, outcome) = tokio::join!(serving, calling);
    outcome
}

fn client_of(
    authority: &TestAuthority,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

#[tokio::test]
async fn the_default_names_and_those_asked_for_are_certified() {
    let authority = TestAuthority::generate().unwrap();
    let server = authority
        .server_config(&["tools.cisco.com".to_owned()])
        .unwrap();
    let client = authority.client_config().unwrap();
    for name in ["localhost", "127.0.0.1", "::1", "tools.cisco.com"] {
        let outcome = handshake(Arc::clone(&server), Arc::clone(&client), name).await;
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn another_name_is_not_certified() {
    let authority = TestAuthority::generate().unwrap();
    let server = authority.server_config(&[]).unwrap();
    let outcome = handshake(
        server,
        authority.client_config().unwrap(),
        "tools.cisco.com",
    )
    .await;
    assert!(outcome.is_err());
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    let server = TestAuthority::generate()
        .unwrap()
        .server_config(&[])
        .unwrap();
    let client = TestAuthority::generate().unwrap().client_config().unwrap();
    assert!(handshake(server, client, "localhost").await.is_err());
}

#[tokio::test]
async fn both_versions_are_spoken_and_resumed_by_ticket() {
    let authority = TestAuthority::generate().unwrap();
    let server = authority.server_config(&[]).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let client = client_of(&authority, &[version]);
        let first = handshake(Arc::clone(&server), Arc::clone(&client), "localhost")
            .await
            .unwrap();
        assert_eq!(
            first,
            (Some(version.version), Some(rustls::HandshakeKind::Full))
        );
        let again = handshake(Arc::clone(&server), client, "localhost")
            .await
            .unwrap();
        assert_eq!(
            again,
            (Some(version.version), Some(rustls::HandshakeKind::Resumed))
        );
    }
}

#[test]
fn every_suite_offered_has_forward_secrecy() {
    let authority = TestAuthority::generate().unwrap();
    let server = authority.server_config(&[]).unwrap();
    for suite in &server.crypto_provider().cipher_suites {
        let name = format!("{:?}", suite.suite());
        assert!(
            name.starts_with("TLS13_") || name.starts_with("TLS_ECDHE_"),
            "{name}"
        );
    }
}

#[test]
fn a_name_that_is_none_is_an_error() {
    let authority = TestAuthority::generate().unwrap();
    assert!(authority.server_config(&["n\u{e4}me".to_owned()]).is_err());
}

#[test]
fn the_authority_is_given_as_pem() {
    let authority = TestAuthority::generate().unwrap();
    assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn pem_without_certificate_or_key_is_an_error() {
    let authority = TestAuthority::generate().unwrap();
    let error = server_config_from_pem(authority.pem().as_bytes(), b"no key").unwrap_err();
    assert!(error.to_string().contains("private key"), "{error}");
    assert!(server_config_from_pem(b"", b"").is_err());
}
