//! What is served besides the taking of messages.

use mock_tac::devices::Confirmation;
use mock_tac::{Devices, ENDPOINT, Paths, Settings};

use super::server::{INVENTORY, SYSLOG, Server, get, post};

#[tokio::test]
async fn the_endpoint_has_a_page() {
    let server = Server::secure(Settings::default()).await;
    let reply = server.exchange(get(ENDPOINT)).await;
    assert_eq!(reply.status(), 200);
    assert!(reply.body().contains("DDCEService"));
}

#[tokio::test]
async fn health_metrics_and_totals_are_served_beside_the_endpoint() {
    let server = Server::secure(Settings::default()).await;
    server.exchange(post(SYSLOG)).await;
    let health = server.exchange(get("/healthz")).await;
    assert_eq!((health.status(), health.body()), (200, "ok"));
    let metrics = server.exchange(get("/metrics")).await;
    assert!(metrics.body().contains("\nmock_tac_received_total 1\n"));
    let totals = server.exchange(get("/api/totals")).await;
    assert!(totals.body().contains("\"received\":1"));
}

#[tokio::test]
async fn the_devices_heard_of_are_listed() {
    let settings = Settings {
        devices: Devices::new(Confirmation::Never, 1).into(),
        ..Settings::default()
    };
    let server = Server::secure(settings).await;
    server.exchange(post(INVENTORY)).await;
    server
        .exchange(post(include_str!("../data/diagnostic.xml")))
        .await;
    let reply = server.exchange(get("/api/devices")).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    for part in [
        "\"known\":1,\"messages_not_listed\":1",
        "\"device_id\":\"CISCO2951/K9@C@FTX1840ALBY\"",
        "\"registration\":\"pending\"",
        "\"messages\":1",
    ] {
        assert!(reply.body().contains(part), "{part} in {}", reply.body());
    }
}

#[tokio::test]
async fn other_paths_are_not_found_and_other_methods_not_allowed() {
    let server = Server::secure(Settings::default()).await;
    let elsewhere = String::from_utf8(post(SYSLOG))
        .unwrap()
        .replacen(ENDPOINT, "/elsewhere", 1);
    assert_eq!(server.exchange(elsewhere).await.status(), 404);
    let put = String::from_utf8(post(SYSLOG))
        .unwrap()
        .replacen("POST", "PUT", 1);
    let reply = server.exchange(put).await;
    assert_eq!(reply.status(), 405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST"));
    assert_eq!(server.stop().await.received, 0);
}

#[tokio::test]
async fn with_any_path_messages_are_taken_everywhere() {
    let settings = Settings {
        paths: Paths::Any,
        ..Settings::default()
    };
    let server = Server::secure(settings).await;
    let elsewhere = String::from_utf8(post(SYSLOG))
        .unwrap()
        .replacen(ENDPOINT, "/elsewhere", 1);
    let reply = server.exchange(elsewhere).await;
    assert_eq!(reply.message_status(), "accepted");
}
