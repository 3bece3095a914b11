//! What is found out before a run.

use std::sync::Arc;

use emulator::{DeviceModel, config::HttpProxy, template::Template};
use fleet::{
    courier::{CourierSettings, EmbeddedAddresses, Origin, PrepareError, Unreachable},
    scenario::{Scenario, Scheme},
};

use crate::{
    lab::*,
    script::{Server, *},
};

async fn preflight(scenario: &Scenario, embedded: &EmbeddedAddresses) -> Vec<Unreachable> {
    let settings = CourierSettings::prepare(scenario, embedded).await.unwrap();
    settings.preflight().await.err().unwrap_or_default()
}

#[tokio::test]
async fn running_sinks_are_reached() {
    let (authority, config) = authority();
    let smtp = Sink::smtp(mock_smtp::Settings::default()).await;
    let https = Sink::https(mock_tac::Settings {
        tls: Some(config),
        ..Default::default()
    })
    .await;
    let embedded = EmbeddedAddresses {
        smtp: Some(smtp.address),
        https: Some(https.address),
        ca: Some(authority.der()),
        ..EmbeddedAddresses::default()
    };
    assert_eq!(preflight(&scenario(), &embedded).await, []);
}

#[tokio::test]
async fn every_target_that_is_not_there_is_named() {
    let server = Server::start(vec![]).await;
    let address = server.address;
    server.heard().await;
    let mut scenario = scenario();
    scenario.targets.smtp = target(None, address);
    scenario
        .targets
        .hosts
        .insert("a.example.com".into(), target(None, address));
    let found = preflight(&scenario, &EmbeddedAddresses::default()).await;
    let origins: Vec<&Origin> = found.iter().map(|one| &one.origin).collect();
    assert_eq!(
        origins,
        [&Origin::Smtp, &Origin::Host("a.example.com".into())]
    );
    assert_eq!(origins[1].to_string(), "[hosts] \"a.example.com\"");
    assert!(!found[0].is_listed_host() && found[1].is_listed_host());
    let text = found[0].to_string();
    assert!(text.starts_with("[targets] smtp ("), "{text}");
    assert!(text.contains(&address.to_string()), "{text}");
    assert!(found[0].remedy.contains("correct the address"));
}

#[tokio::test]
async fn a_mail_server_has_to_greet() {
    let server = Server::start(vec![vec![Say("554 not you\r\n")]]).await;
    let mut scenario = scenario();
    scenario.targets.smtp = target(None, server.address);
    let found = preflight(&scenario, &EmbeddedAddresses::default()).await;
    assert_eq!(found[0].failure, "greeting: 554 not you");
}

#[tokio::test]
async fn an_unknown_authority_is_found_out() {
    let (_, config) = authority();
    let sink = Sink::https(mock_tac::Settings {
        tls: Some(config),
        ..Default::default()
    })
    .await;
    let mut scenario = scenario();
    scenario.targets.https = target(Some(Scheme::Https), sink.address);
    let (own, _) = authority();
    let embedded = EmbeddedAddresses {
        ca: Some(own.der()),
        ..Default::default()
    };
    let found = preflight(&scenario, &embedded).await;
    assert!(found[0].remedy.contains("--ca"), "{found:?}");
}

#[tokio::test]
async fn a_file_without_a_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, "nothing of the kind").unwrap();
    let mut scenario = scenario();
    scenario.https.ca = Some(path);
    let prepared = CourierSettings::prepare(&scenario, &EmbeddedAddresses::default()).await;
    assert!(matches!(prepared, Err(PrepareError::NoAuthority { .. })));
}

/// The built-in scenario with a proxy in the configuration of its first fleet.
fn with_proxy(host: &str, port: u16) -> Scenario {
    let mut scenario = scenario();
    let model = &scenario.fleets[0].model;
    let mut startup = (*model.startup).clone();
    startup.call_home.http_proxy = Some(HttpProxy {
        host: Template::of_identity(host),
        port,
    });
    let mut changed = DeviceModel::new(Arc::clone(&model.platform), startup);
    changed.policy = model.policy.clone();
    scenario.fleets[0].model = changed.shared();
    scenario
}

#[tokio::test]
async fn a_public_proxy_has_to_be_listed() {
    let mut scenario = with_proxy("8.8.8.8", 3128);
    let embedded = EmbeddedAddresses::default();
    let prepared = CourierSettings::prepare(&scenario, &embedded).await;
    assert!(matches!(prepared, Err(PrepareError::PublicProxy { name }) if name == "8.8.8.8"));
    let near = target(None, "127.0.0.1:3128".parse().unwrap());
    scenario.targets.hosts.insert("8.8.8.8".into(), near);
    assert!(CourierSettings::prepare(&scenario, &embedded).await.is_ok());
}

#[tokio::test]
async fn a_proxy_nearby_has_to_accept_connections() {
    let proxy = Server::start(vec![vec![]]).await;
    let port = proxy.address.port();
    let scenario = with_proxy("127.0.0.1", port);
    let embedded = EmbeddedAddresses::default();
    assert_eq!(preflight(&scenario, &embedded).await, []);
    proxy.heard().await;
    let found = preflight(&scenario, &embedded).await;
    let text = found[0].origin.to_string();
    assert_eq!(text, format!("http-proxy 127.0.0.1:{port}"));
}
