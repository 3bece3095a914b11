//! What a client cannot do: send too much, take too long, keep others waiting, be counted for half
//! a message.

use std::time::Duration;

use mock_tac::{ENDPOINT, Limits, Settings, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server::{SYSLOG, Server, one_reply, post, post_with, rest};

const SHORT: Duration = Duration::from_millis(20);

fn limited(limits: Limits) -> Settings {
    Settings {
        limits,
        ..Settings::default()
    }
}

fn hurried(timeouts: Timeouts) -> Settings {
    Settings {
        timeouts,
        ..Settings::default()
    }
}

fn head(framing: &str) -> String {
    format!("POST {ENDPOINT} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n{framing}\r\n")
}

#[tokio::test]
async fn a_body_announced_too_large_is_413_before_it_is_sent() {
    let server = Server::secure(Settings::default()).await;
    let reply = server.exchange(head("Content-Length: 4194305\r\n")).await;
    assert_eq!(reply.status(), 413);
    assert_eq!(server.stop().await.rejected["too_large"], 1);
}

#[tokio::test]
async fn a_client_that_sends_too_much_all_the_same_can_read_why() {
    let server = Server::secure(limited(Limits {
        body_bytes: 1_000,
        ..Limits::default()
    }))
    .await;
    let reply = server.exchange(post(vec![b'x'; 1_000_000])).await;
    assert_eq!(reply.status(), 413);
}

#[tokio::test]
async fn a_chunked_body_is_413_once_it_is_too_large() {
    let server = Server::secure(limited(Limits {
        body_bytes: 1_000,
        ..Limits::default()
    }))
    .await;
    let chunk = format!("100\r\n{}\r\n", "x".repeat(0x100));
    let request = head("Transfer-Encoding: chunked\r\n") + &chunk.repeat(4);
    assert_eq!(server.exchange(request).await.status(), 413);
}

#[tokio::test]
async fn a_chunked_message_is_accepted_and_ends_its_connection() {
    let server = Server::secure(Settings::default()).await;
    let (first, second) = SYSLOG.split_at(1_000);
    let request = head("Transfer-Encoding: chunked\r\n")
        + &format!(
            "{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        );
    let reply = server.exchange(request).await;
    assert_eq!(reply.message_status(), "accepted");
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn bodies_beyond_the_memory_for_all_of_them_are_503() {
    let server = Server::secure(limited(Limits {
        bodies_bytes: SYSLOG.len() - 1,
        ..Limits::default()
    }))
    .await;
    assert_eq!(server.exchange(post(SYSLOG)).await.status(), 503);
    assert_eq!(server.stop().await.rejected["busy"], 1);
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_408() {
    let server = Server::secure(hurried(Timeouts {
        body: SHORT,
        ..Timeouts::default()
    }))
    .await;
    let reply = server
        .exchange(head("Content-Length: 10\r\n") + "12345")
        .await;
    assert_eq!(reply.status(), 408);
    let totals = server.stop().await;
    assert_eq!(totals.rejected["body_timeout"], 1);
    assert_eq!(totals.received, 0);
}

#[tokio::test]
async fn a_head_that_takes_too_long_ends_the_connection() {
    let server = Server::plain(hurried(Timeouts {
        head: SHORT,
        ..Timeouts::default()
    }))
    .await;
    let mut stream = server.connect_having_sent("POST / HTTP/1.1\r\nHost: a\r\nX-Slow:");
    assert_eq!(rest(&mut stream).await.0, "");
    drop(stream);
    assert_eq!(server.stop().await.events["head_timeout"], 1);
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let server = Server::plain(hurried(Timeouts {
        head: SHORT,
        ..Timeouts::default()
    }))
    .await;
    let request = post_with("Content-Type: text/xml\r\n", SYSLOG);
    let mut stream = server.connect_having_sent(request);
    assert_eq!(one_reply(&mut stream).await.status(), 200);
    assert_eq!(rest(&mut stream).await.0, "");
}

#[tokio::test]
async fn a_client_that_never_shakes_hands_is_let_go() {
    let server = Server::secure(hurried(Timeouts {
        handshake: SHORT,
        ..Timeouts::default()
    }))
    .await;
    let mut stream = server.connect_plain().await;
    assert_eq!(rest(&mut stream).await.0, "");
    assert_eq!(server.stop().await.events["handshake_timeout"], 1);
}

#[tokio::test]
async fn a_connection_beyond_the_limit_is_refused_and_the_others_go_on() {
    let server = Server::plain(limited(Limits {
        connections: 1,
        ..Limits::default()
    }))
    .await;
    let request = post_with("Content-Type: text/xml\r\n", SYSLOG);
    let mut first = server.connect_plain().await;
    first.write_all(&request).await.unwrap();
    assert_eq!(one_reply(&mut first).await.status(), 200);
    let mut second = server.connect_plain().await;
    assert_eq!(second.read(&mut [0]).await.unwrap(), 0);
    first.write_all(&request).await.unwrap();
    assert_eq!(one_reply(&mut first).await.message_status(), "duplicate");
    let totals = server.stop().await;
    assert_eq!(
        (totals.connections.total, totals.connections.refused),
        (1, 1)
    );
}

#[tokio::test]
async fn slow_clients_keep_nobody_waiting() {
    let server = Server::secure(Settings::default()).await;
    let mut slow = Vec::new();
    for sent in [
        String::new(),
        "POST / HTT".to_owned(),
        head("Content-Length: 10\r\n") + "1",
    ] {
        let mut stream = server.connect().await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let silent = server.connect_plain().await;
    assert_eq!(server.exchange(post(SYSLOG)).await.status(), 200);
    drop((slow, silent));
}

#[tokio::test]
async fn a_message_cut_off_midway_is_never_received() {
    let server = Server::secure(Settings::default()).await;
    let request = post(SYSLOG);
    let mut stream = server.connect().await;
    stream
        .write_all(&request[..request.len() - 1])
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    // The connection ends once the sink has dealt with the loss; what it says is of no consequence.
    let _ = stream.read_to_end(&mut Vec::new()).await;
    let totals = server.stop().await;
    assert_eq!(totals.received, 0);
    assert_eq!(totals.events["aborted"], 1);
}

#[tokio::test]
async fn stopping_ends_idle_connections_and_lets_a_request_under_way_finish() {
    let server = Server::plain(Settings::default()).await;
    let mut idle = server.connect_plain().await;
    let request = post_with("Content-Type: text/xml\r\nExpect: 100-continue\r\n", SYSLOG);
    let (head, body) = request.split_at(request.len() - SYSLOG.len());
    let mut busy = server.connect_plain().await;
    busy.write_all(head).await.unwrap();
    // This line says that the sink has begun to wait for the body.
    let mut interim = [0; 25];
    busy.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let stopped = tokio::spawn(server.stop());
    assert_eq!(rest(&mut idle).await.0, "");
    busy.write_all(body).await.unwrap();
    assert_eq!(rest(&mut busy).await.message_status(), "accepted");
    assert_eq!(stopped.await.unwrap().received, 1);
}
