//! Requests that do not arrive, or may have.

use emulator::AttemptOutcome::{self, Accepted, Failed, Refused, TimedOut, Unconfirmed};
use fleet::{
    courier::{Attempt, EmbeddedAddresses, ErrorKind},
    scenario::Scheme,
};
use proptest::prelude::*;

use crate::{
    lab::*,
    script::{Server, *},
};

/// Posts to a server that follows `script`.
async fn post_to(script: Vec<Step>) -> Attempt {
    let server = Server::start(vec![script]).await;
    let couriers = web_couriers(server.address, |_| {}).await;
    let attempt = post(&couriers, &http_route(URL)).await;
    assert_adds_up(&attempt);
    attempt
}

fn verdict(attempt: &Attempt) -> (AttemptOutcome, ErrorKind, Option<u16>) {
    let error = attempt.error.as_ref().unwrap();
    (attempt.outcome, error.kind, error.code)
}

#[tokio::test]
async fn errors_and_redirects_are_refusals() {
    for (reply, code) in [
        ("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", 500),
        (
            "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
            302,
        ),
        (
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            404,
        ),
    ] {
        let attempt = post_to(vec![HearRequest, Say(reply)]).await;
        assert_eq!(verdict(&attempt), (Refused, ErrorKind::Reply, Some(code)));
        assert_eq!(attempt.bytes, XML.len() as u64);
    }
}

#[tokio::test]
async fn a_success_needs_no_content() {
    let attempt = post_to(vec![HearRequest, Say("HTTP/1.1 204 No Content\r\n\r\n")]).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

#[tokio::test]
async fn a_response_that_is_not_complete_leaves_the_message_unconfirmed() {
    for end in [
        Say(""),
        Reset,
        Say("HTTP/1.1 200 OK\r\nContent-Le"),
        Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        Say("HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\nhalf"),
        Say("SSH-2.0-x\r\n\r\n"),
    ] {
        let attempt = post_to(vec![HearRequest, end]).await;
        let expected = (Unconfirmed, ErrorKind::Unconfirmed, None);
        assert_eq!(verdict(&attempt), expected, "{attempt:?}");
        assert_eq!(phases(&attempt), ["connect", "request"]);
        assert_eq!(attempt.bytes, XML.len() as u64);
    }
}

#[tokio::test]
async fn silence_leaves_the_message_unconfirmed() {
    let mut server = Server::start(vec![vec![HearRequest, Silence]]).await;
    let couriers = web_couriers(server.address, |_| {}).await;
    let route = http_route(URL);
    let (attempt, ()) = tokio::join!(post(&couriers, &route), server.outlast_silence());
    assert_eq!(
        verdict(&attempt),
        (Unconfirmed, ErrorKind::Unconfirmed, None)
    );
}

#[tokio::test]
async fn a_response_without_end_leaves_the_message_unconfirmed() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
    let attempt = post_to(vec![HearRequest, Say(head), Flood("xxxxxxxxxxxxxxxx")]).await;
    assert_eq!(
        verdict(&attempt),
        (Unconfirmed, ErrorKind::Unconfirmed, None)
    );
}

#[tokio::test]
async fn a_response_head_without_end_leaves_the_message_unconfirmed() {
    let attempt = post_to(vec![
        HearRequest,
        Say("HTTP/1.1 200 OK\r\n"),
        Flood("A: b\r\n"),
    ])
    .await;
    assert_eq!(
        verdict(&attempt),
        (Unconfirmed, ErrorKind::Unconfirmed, None)
    );
}

#[tokio::test]
async fn a_connection_cut_within_the_request_is_a_failure() {
    let server = Server::start(vec![vec![HearByte, Reset]]).await;
    let couriers = web_couriers(server.address, |_| {}).await;
    let huge = "x".repeat(HUGE_BYTES);
    let attempt = send_post(&couriers, 0, &http_route(URL), &huge).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Lost, None));
    assert!(attempt.bytes < HUGE_BYTES as u64);
    assert_eq!(phases(&attempt), ["connect"]);
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_a_timeout() {
    let mut server = Server::start(vec![vec![HearByte, Halt]]).await;
    let couriers = web_couriers(server.address, |_| {}).await;
    let huge = "x".repeat(HUGE_BYTES);
    let route = http_route(URL);
    let sending = send_post(&couriers, 0, &route, &huge);
    let (attempt, ()) = tokio::join!(sending, server.outlast_silence());
    assert_eq!(verdict(&attempt), (TimedOut, ErrorKind::ReplyTimeout, None));
}

#[tokio::test]
async fn a_handshake_that_is_not_answered_is_a_timeout() {
    let mut server = Server::start(vec![vec![HearByte, Silence]]).await;
    let mut scenario = scenario();
    scenario.targets.https = target(Some(Scheme::Https), server.address);
    let couriers = couriers(&scenario, &EmbeddedAddresses::default()).await;
    let route = http_route(URL);
    let (attempt, ()) = tokio::join!(post(&couriers, &route), server.outlast_silence());
    assert_eq!(
        verdict(&attempt),
        (TimedOut, ErrorKind::ConnectTimeout, None)
    );
    assert_eq!(phases(&attempt), ["connect"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_refuses_the_connection() {
    let server = Server::start(vec![]).await;
    let address = server.address;
    server.heard().await;
    let couriers = web_couriers(address, |_| {}).await;
    let attempt = post(&couriers, &http_route(URL)).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::ConnectRefused, None));
    assert!(!attempt.opened && phases(&attempt).is_empty());
}

#[tokio::test]
async fn a_text_that_is_no_url_goes_nowhere() {
    let couriers = web_couriers("127.0.0.1:9".parse().unwrap(), |_| {}).await;
    for url in [
        "",
        "tools.example.com",
        "ftp://x/",
        "http://a b/",
        "http://x/\r\ny",
    ] {
        let attempt = post(&couriers, &http_route(url)).await;
        assert_eq!(
            verdict(&attempt),
            (Failed, ErrorKind::Protocol, None),
            "{url}"
        );
        assert!(!attempt.opened);
    }
}

#[tokio::test]
async fn a_transport_without_a_sink_goes_nowhere() {
    let couriers = couriers(&scenario(), &EmbeddedAddresses::default()).await;
    let attempt = post(&couriers, &http_route(URL)).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Connect, None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_response_makes_a_courier_panic(reply in "(HTTP/1.1 [0-9]{3} \\PC{0,5}\r\n)?\\PC{0,30}(\r\n\r\n)?") {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let attempt = runtime.block_on(post_to(vec![HearRequest, SayText(reply)]));
        prop_assert_eq!(attempt.error.is_none(), attempt.outcome == Accepted);
    }
}
