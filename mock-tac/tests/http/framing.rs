//! Requests that two readers could understand differently are refused, and nothing hidden in them
//! is read.

use mock_tac::{ENDPOINT, Settings};

use super::server::{SYSLOG, Server, post, post_with};

/// A request with such headers, and behind it a complete message that only a lenient reader would
/// find.
fn smuggling(headers: &str) -> Vec<u8> {
    let mut request = format!(
        "POST {ENDPOINT} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n{headers}\r\n0\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(&post(SYSLOG));
    request
}

#[tokio::test]
async fn ambiguous_lengths_are_400_and_end_the_connection() {
    let server = Server::plain(Settings::default()).await;
    let all = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X: a\r\n\tContent-Length: 5\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\rContent-Length: 5\r\n",
        "X: a\0b\r\n",
        " Content-Length: 5\r\n",
        "Content\tLength: 5\r\n",
        "no colon at all\r\n",
    ];
    for headers in all {
        let reply = server.exchange_plain(smuggling(headers)).await;
        assert_eq!(reply.status(), 400, "{headers:?}");
        // A fault in the body would mean that the request was taken for one with an empty message.
        assert_eq!(reply.body(), "", "{headers:?}");
    }
    let totals = server.stop().await;
    assert_eq!(totals.received, 0);
    assert_eq!(totals.events["bad_request"], all.len() as u64);
}

#[tokio::test]
async fn ambiguous_lengths_are_400_under_tls_too() {
    let server = Server::secure(Settings::default()).await;
    let request = smuggling("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n");
    let reply = server.exchange(request).await;
    assert_eq!((reply.status(), reply.body()), (400, ""));
    assert_eq!(server.stop().await.received, 0);
}

#[tokio::test]
async fn bare_line_feeds_are_400() {
    let server = Server::plain(Settings::default()).await;
    for request in [
        format!("GET {ENDPOINT} HTTP/1.1\nHost: a\n\n"),
        format!("GET {ENDPOINT} HTTP/1.1\r\nHost: a\r\n\n"),
        format!("GET {ENDPOINT} HTTP/1.1\r\nHost: a\n\r\n"),
    ] {
        let reply = server.exchange_plain(&request).await;
        assert_eq!(reply.status(), 400, "{request:?}");
    }
}

#[tokio::test]
async fn a_request_for_no_host_or_for_two_is_400() {
    let server = Server::plain(Settings::default()).await;
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let request = format!("GET {ENDPOINT} HTTP/1.1\r\n{hosts}\r\n");
        assert_eq!(server.exchange_plain(request).await.status(), 400);
    }
}

#[tokio::test]
async fn http_1_0_may_leave_out_the_host_but_not_use_chunks() {
    let server = Server::plain(Settings::default()).await;
    let plain = format!("GET {ENDPOINT} HTTP/1.0\r\n\r\n");
    assert_eq!(server.exchange_plain(plain).await.status(), 200);
    let chunked = format!("POST {ENDPOINT} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(server.exchange_plain(chunked).await.status(), 400);
}

#[tokio::test]
async fn chunks_out_of_form_are_refused() {
    let server = Server::plain(Settings::default()).await;
    for chunks in [
        "x\r\n",
        "-1\r\n\r\n",
        "5\nhello",
        "1\r\nab\r\n",
        "fffffffffffffffff\r\n",
    ] {
        let request = format!(
            "POST {ENDPOINT} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n\
             Transfer-Encoding: chunked\r\n\r\n{chunks}"
        );
        let reply = server.exchange_plain(request).await;
        assert_eq!(reply.status(), 400, "{chunks:?}");
    }
    assert_eq!(server.stop().await.received, 0);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::plain(Settings::default()).await;
    let mut requests = post_with("Content-Type: text/xml\r\n", SYSLOG);
    requests.extend_from_slice(&post_with("Content-Type: text/xml\r\n", "<a/>"));
    requests.extend_from_slice(&post(SYSLOG));
    let replies = server.exchange_plain(requests).await.0;
    let statuses: Vec<_> = replies
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &replies[at + 9..at + 12])
        .collect();
    assert_eq!(statuses, ["200", "400", "200"]);
}

#[tokio::test]
async fn an_ambiguous_request_behind_a_good_one_leaves_the_good_one_alone() {
    let server = Server::plain(Settings::default()).await;
    let mut requests = post_with("Content-Type: text/xml\r\n", SYSLOG);
    requests.extend_from_slice(&smuggling("Content-Length: 5\r\nContent-Length: 6\r\n"));
    let replies = server.exchange_plain(requests).await.0;
    assert_eq!(replies.matches("HTTP/1.1 200").count(), 1);
    assert_eq!(replies.matches("HTTP/1.1 400").count(), 1);
    assert_eq!(server.stop().await.received, 1);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_431() {
    let server = Server::plain(Settings::default()).await;
    for headers in [
        format!("X: {}\r\n", "x".repeat(33_000)),
        format!("X: {}\r\n", "x".repeat(500_000)),
        "X: x\r\n".repeat(200),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        assert_eq!(server.exchange_plain(request).await.status(), 431);
    }
}
