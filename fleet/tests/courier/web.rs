//! Requests that arrive.

use emulator::AttemptOutcome::Accepted;
use fleet::{
    courier::{Couriers, EmbeddedAddresses, ErrorKind},
    scenario::{Scenario, Scheme, SourceAddresses},
};
use mock_tac::Settings;

use crate::{
    lab::*,
    script::{Server, *},
};

/// An HTTPS sink and couriers that find it under its certificate's name.
async fn secured(change: impl FnOnce(&mut Scenario)) -> (Sink, Couriers) {
    let (authority, config) = authority();
    let sink = Sink::https(Settings {
        tls: Some(config),
        ..Settings::default()
    })
    .await;
    let embedded = EmbeddedAddresses {
        https: Some(sink.address),
        ca: Some(authority.der()),
        ..Default::default()
    };
    let mut scenario = scenario();
    change(&mut scenario);
    let couriers = couriers(&scenario, &embedded).await;
    (sink, couriers)
}

#[tokio::test]
async fn a_request_is_accepted_and_measured() {
    let (sink, couriers) = secured(|_| {}).await;
    let attempt = post(&couriers, &http_route(URL)).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_eq!(phases(&attempt), ["connect", "tls", "request", "reply"]);
    assert_adds_up(&attempt);
    assert_eq!(attempt.bytes, XML.len() as u64);
    assert!(attempt.opened && attempt.error.is_none());
    let totals = sink.stop().await;
    assert_eq!((totals.accepted, totals.bytes), (1, XML.len() as u64));
}

#[tokio::test]
async fn a_request_looks_like_a_device_s() {
    let steps = vec![
        HearRequest,
        Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    let server = Server::start(vec![steps]).await;
    let address = server.address;
    let couriers = web_couriers(address, |scenario| scenario.https.keep_alive = false).await;
    let attempt = send_post(&couriers, 0, &http_route(URL), "<a/>").await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_eq!(phases(&attempt), ["connect", "request", "reply"]);
    let expected = format!(
        "POST /its/service/oddce/services/DDCEService HTTP/1.1\r\n\
         Host: {address}\r\n\
         User-Agent: cisco-IOS\r\n\
         Content-Type: text/xml; charset=\"utf-8\"\r\n\
         Content-Length: 4\r\n\
         Connection: close\r\n\r\n<a/>"
    );
    assert_eq!(server.heard().await[0].text, expected);
}

#[tokio::test]
async fn a_listed_host_keeps_its_name() {
    let steps = vec![
        HearRequest,
        Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    let server = Server::start(vec![steps]).await;
    let mut scenario = scenario();
    let listed = target(None, server.address);
    scenario
        .targets
        .hosts
        .insert("gateway.example.com".into(), listed);
    let couriers = couriers(&scenario, &EmbeddedAddresses::default()).await;
    let route = http_route("http://Gateway.example.com:8080/x?y=1");
    let attempt = post(&couriers, &route).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    let heard = &server.heard().await[0].text;
    assert!(heard.starts_with("POST /x?y=1 HTTP/1.1\r\nHost: Gateway.example.com:8080\r\n"));
}

#[tokio::test]
async fn a_connection_carries_many_requests_where_that_is_wanted() {
    let (sink, couriers) = secured(|scenario| scenario.https.keep_alive = true).await;
    let route = http_route(URL);
    assert!(post(&couriers, &route).await.opened);
    for _ in 0..2 {
        let attempt = post(&couriers, &route).await;
        assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
        assert_eq!(phases(&attempt), ["request", "reply"]);
        assert_eq!(attempt.bytes, XML.len() as u64);
        assert!(!attempt.opened && attempt.resumed.is_none());
    }
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.connections.total), (3, 1));
}

#[tokio::test]
async fn otherwise_every_request_has_a_connection_of_its_own() {
    let (sink, couriers) = secured(|scenario| scenario.https.keep_alive = false).await;
    for _ in 0..2 {
        assert!(post(&couriers, &http_route(URL)).await.opened);
    }
    assert_eq!(sink.stop().await.connections.total, 2);
}

#[tokio::test]
async fn tls_sessions_resume_where_that_is_wanted() {
    for resumption in [true, false] {
        let (sink, couriers) = secured(|scenario| {
            scenario.https.keep_alive = false;
            scenario.https.resumption = resumption;
        })
        .await;
        let route = http_route(URL);
        assert_eq!(post(&couriers, &route).await.resumed, Some(false));
        assert_eq!(post(&couriers, &route).await.resumed, Some(resumption));
        sink.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_closes_after_its_reply_gets_a_new_connection() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let script = || vec![HearRequest, Say(reply)];
    let server = Server::start(vec![script(), script()]).await;
    let couriers = web_couriers(server.address, |scenario| scenario.https.keep_alive = true).await;
    for _ in 0..2 {
        let attempt = post(&couriers, &http_route(URL)).await;
        assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
        assert!(attempt.opened);
    }
    assert_eq!(server.heard().await.len(), 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_at_rest_is_replaced() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let first = vec![HearRequest, Say(reply), HangUp];
    let mut server = Server::start(vec![first, vec![HearRequest, Say(reply)]]).await;
    let couriers = web_couriers(server.address, |scenario| scenario.https.keep_alive = true).await;
    let route = http_route(URL);
    assert_eq!(post(&couriers, &route).await.outcome, Accepted);
    server.fall_silent().await;
    let second = post(&couriers, &route).await;
    assert_eq!(second.outcome, Accepted, "{second:?}");
    assert!(second.opened);
}

#[tokio::test]
async fn a_device_sends_from_its_own_address() {
    let steps = vec![
        HearRequest,
        Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    let server = Server::start(vec![steps]).await;
    let couriers = web_couriers(server.address, |scenario| {
        scenario.sources = SourceAddresses::PerDevice;
    })
    .await;
    send_post(&couriers, 1000, &http_route(URL), XML).await;
    let peer = server.heard().await[0].peer;
    assert_eq!(peer.ip().to_string(), "127.1.3.232");
}

/// Posts to a sink whose certificate does not carry the name in the URL.
async fn post_to_another_name(identity_check: bool) -> fleet::courier::Attempt {
    let (_sink, couriers) = secured(|_| {}).await;
    let route = emulator::Route::Http {
        url: URL.replace("tools", "other").into(),
        proxy: None,
        identity_check,
        authorities: Vec::new(),
    };
    post(&couriers, &route).await
}

#[tokio::test]
async fn a_certificate_with_another_name_is_not_believed() {
    let attempt = post_to_another_name(true).await;
    assert_eq!(attempt.outcome, emulator::AttemptOutcome::Failed);
    assert_eq!(attempt.error.as_ref().unwrap().kind, ErrorKind::Tls);
    assert_eq!(phases(&attempt), ["connect"]);
}

#[tokio::test]
async fn a_device_that_does_not_compare_names_believes_it() {
    let attempt = post_to_another_name(false).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

/// Posts to a sink of an authority that the embedded sinks do not have.
async fn post_to_a_stranger(
    identity_check: bool,
    change: impl FnOnce(&mut Scenario, &sink::TestAuthority),
) -> fleet::courier::Attempt {
    let (stranger, config) = authority();
    let sink = Sink::https(Settings {
        tls: Some(config),
        ..Settings::default()
    })
    .await;
    let mut scenario = scenario();
    change(&mut scenario, &stranger);
    let embedded = EmbeddedAddresses {
        https: Some(sink.address),
        ca: Some(authority().0.der()),
        ..Default::default()
    };
    let couriers = couriers(&scenario, &embedded).await;
    let route = emulator::Route::Http {
        url: URL.into(),
        proxy: None,
        identity_check,
        authorities: Vec::new(),
    };
    post(&couriers, &route).await
}

#[tokio::test]
async fn an_unknown_authority_is_not_believed_even_without_comparing_names() {
    for identity_check in [true, false] {
        let attempt = post_to_a_stranger(identity_check, |_, _| {}).await;
        assert_eq!(
            attempt.error.as_ref().unwrap().kind,
            ErrorKind::Tls,
            "{attempt:?}"
        );
    }
}

#[tokio::test]
async fn the_authority_of_a_device_s_trustpoint_is_believed_by_that_device() {
    let (stranger, config) = authority();
    let sink = Sink::https(Settings {
        tls: Some(config),
        ..Settings::default()
    })
    .await;
    let embedded = EmbeddedAddresses {
        https: Some(sink.address),
        ca: Some(authority().0.der()),
        ..Default::default()
    };
    let couriers = couriers(&scenario(), &embedded).await;
    let trusting = |authorities| emulator::Route::Http {
        url: URL.into(),
        proxy: None,
        identity_check: true,
        authorities,
    };
    let trusted = trusting(vec![stranger.der().to_vec()]);
    let attempt = post(&couriers, &trusted).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    // Nor does another device use the connection that the first one has left open.
    let attempt = post(&couriers, &trusting(Vec::new())).await;
    assert_eq!(attempt.error.as_ref().unwrap().kind, ErrorKind::Tls);
    let attempt = post(&couriers, &trusting(vec![b"nobody".to_vec()])).await;
    assert_eq!(attempt.error.as_ref().unwrap().kind, ErrorKind::Tls);
}

#[tokio::test]
async fn anybody_is_believed_where_the_scenario_says_so() {
    let attempt = post_to_a_stranger(true, |scenario, _| scenario.https.insecure = true).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

#[tokio::test]
async fn the_authorities_of_the_scenario_s_file_are_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let attempt = post_to_a_stranger(true, |scenario, stranger| {
        std::fs::write(&path, stranger.pem()).unwrap();
        scenario.https.ca = Some(path.clone());
    })
    .await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

#[tokio::test]
async fn a_target_goes_by_its_own_name() {
    let (authority, config) = authority();
    let sink = Sink::https(Settings {
        tls: Some(config),
        ..Settings::default()
    })
    .await;
    let mut scenario = scenario();
    scenario.targets.https = target(Some(Scheme::Https), sink.address);
    let embedded = EmbeddedAddresses {
        ca: Some(authority.der()),
        ..Default::default()
    };
    let couriers = couriers(&scenario, &embedded).await;
    // The certificate carries 127.0.0.1, and not this name.
    let route = http_route(&URL.replace("tools", "other"));
    let attempt = post(&couriers, &route).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}
