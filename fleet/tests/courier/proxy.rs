//! Requests by way of a proxy.

use emulator::{
    AttemptOutcome::{Accepted, Failed},
    Route,
};
use fleet::{
    courier::{EmbeddedAddresses, ErrorKind},
    scenario::Scenario,
};

use crate::{
    lab::*,
    script::{Server, *},
};

const PROXY_HOST: &str = "proxy.example.com";

fn route(url: &str) -> Route {
    Route::Http {
        url: url.into(),
        proxy: Some((PROXY_HOST.into(), 3128)),
        identity_check: true,
        authorities: Vec::new(),
    }
}

/// The built-in scenario with a proxy.
fn listed(proxy: &Server) -> Scenario {
    let mut scenario = scenario();
    let place = target(None, proxy.address);
    scenario.targets.hosts.insert(PROXY_HOST.into(), place);
    scenario
}

#[tokio::test]
async fn tls_goes_through_a_proxy_end_to_end() {
    let (authority, config) = authority();
    let sink = Sink::https(mock_tac::Settings {
        tls: Some(config),
        ..Default::default()
    })
    .await;
    let script = vec![
        HearRequest,
        Say("HTTP/1.1 200 OK\r\n\r\n"),
        Tunnel(sink.address),
    ];
    let proxy = Server::start(vec![script]).await;
    let embedded = EmbeddedAddresses {
        https: Some(sink.address),
        ca: Some(authority.der()),
        ..Default::default()
    };
    let couriers = couriers(&listed(&proxy), &embedded).await;
    let attempt = post(&couriers, &route(URL)).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_eq!(phases(&attempt), ["connect", "tls", "request", "reply"]);
    assert_adds_up(&attempt);
    assert!(attempt.embedded, "the sink takes it, not the proxy");
    let asked = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", sink.address);
    assert!(proxy.heard().await[0].text.starts_with(&asked));
    assert_eq!(sink.stop().await.accepted, 1);
}

#[tokio::test]
async fn a_proxy_may_refuse() {
    let script = vec![HearRequest, Say("HTTP/1.1 403 Forbidden\r\n\r\n")];
    let proxy = Server::start(vec![script]).await;
    let mut scenario = listed(&proxy);
    scenario.targets.https = target(None, "127.0.0.1:9".parse().unwrap());
    let couriers = couriers(&scenario, &EmbeddedAddresses::default()).await;
    let attempt = post(&couriers, &route(URL)).await;
    let error = attempt.error.as_ref().unwrap();
    assert_eq!(attempt.outcome, Failed);
    assert_eq!((error.kind, error.code), (ErrorKind::Proxy, Some(403)));
    assert!(phases(&attempt).is_empty() && attempt.opened);
}

#[tokio::test]
async fn http_asks_a_proxy_for_the_whole_url() {
    let script = vec![
        HearRequest,
        Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    let proxy = Server::start(vec![script]).await;
    let mut scenario = listed(&proxy);
    scenario.targets.https = target(None, "127.0.0.1:8080".parse().unwrap());
    let couriers = couriers(&scenario, &EmbeddedAddresses::default()).await;
    let attempt = post(&couriers, &route("http://tools.example.com/x")).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_eq!(attempt.bytes, XML.len() as u64);
    assert!(!attempt.embedded);
    assert_eq!(phases(&attempt), ["connect", "request", "reply"]);
    let expected = "POST http://127.0.0.1:8080/x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n";
    assert!(proxy.heard().await[0].text.starts_with(expected));
}

#[tokio::test]
async fn a_device_with_an_unknown_proxy_never_connects_directly() {
    let sink = Sink::https(mock_tac::Settings::default()).await;
    let embedded = EmbeddedAddresses {
        https: Some(sink.address),
        ..Default::default()
    };
    let couriers = couriers(&scenario(), &embedded).await;
    let attempt = post(&couriers, &route("http://tools.example.com/x")).await;
    assert_eq!(attempt.outcome, Failed);
    assert_eq!(attempt.error.unwrap().kind, ErrorKind::Proxy);
    assert_eq!(sink.stop().await.connections.total, 0);
}
