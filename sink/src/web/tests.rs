//! What the web address promises, asked through a socket.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use super::*;
use crate::books::{Arrival, Disposition};

fn books_with(subject: &str, message_type: &str) -> Arc<Books> {
    let books = Arc::new(Books::default());
    books.record(Arrival {
        received: Instant::now(),
        id: Some("M8:9S1NMSF22DW:51AEAC68"),
        message_type,
        format: "xml",
        device: "CSR1000V@C@9S1NMSF22DW",
        subject,
        bytes: 7,
        disposition: Disposition::Accepted,
    });
    books
}

/// Sends a request to a fresh web address and gives everything that came back until the end.
async fn exchange(pages: Pages, limits: WebLimits, request: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, pages, limits, async {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    drop(stop);
    server.await.unwrap();
    answer
}

async fn get(books: Arc<Books>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    exchange(
        Pages::new("mock-test", books),
        WebLimits::default(),
        &request,
    )
    .await
}

fn body(answer: &str) -> &str {
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body)
        .unwrap_or_default()
}

#[tokio::test]
async fn health_is_ok() {
    let answer = get(Arc::default(), "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(body(&answer), "ok");
}

#[tokio::test]
async fn metrics_carry_the_name_of_the_sink_and_escape_their_labels() {
    let answer = get(books_with("", "a\"b\\c\nd"), "/metrics").await;
    assert!(
        answer.contains("content-type: text/plain; version=0.0.4"),
        "{answer}"
    );
    let lines: Vec<_> = body(&answer).lines().collect();
    assert!(lines.contains(&"mock_test_received_total 1"), "{answer}");
    assert!(
        lines.contains(&"# TYPE mock_test_connections_open gauge"),
        "{answer}"
    );
    assert!(
        lines.contains(&r#"mock_test_received_by_type_total{type="a\"b\\c\nd"} 1"#),
        "{answer}"
    );
}

#[tokio::test]
async fn totals_are_json() {
    let answer = get(books_with("", "syslog"), "/api/totals").await;
    let totals: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(
        (&totals["received"], &totals["by_type"]["syslog"]),
        (&1.into(), &1.into())
    );
}

#[tokio::test]
async fn messages_are_json_and_limited() {
    let books = books_with("one", "syslog");
    let answer = get(Arc::clone(&books), "/api/messages?limit=5").await;
    let messages: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(messages[0]["subject"], "one");
    let answer = get(books, "/api/messages?limit=0").await;
    assert_eq!(body(&answer), "[]");
}

#[tokio::test]
async fn the_page_escapes_what_came_from_a_message() {
    let answer = get(books_with("<script>alert('1')</script>", "<b>"), "/").await;
    assert!(
        answer.contains("content-security-policy: default-src 'none'"),
        "{answer}"
    );
    assert!(!answer.contains("<script"), "{answer}");
    assert!(
        answer.contains("&lt;script&gt;alert(&#39;1&#39;)"),
        "{answer}"
    );
    assert!(!answer.contains("<b>"), "{answer}");
}

#[tokio::test]
async fn a_sink_can_add_a_document() {
    let pages = Pages::new("mock-test", Arc::default())
        .with_json("/api/devices", Box::new(|| "[1]".to_owned()));
    let request = "GET /api/devices HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert_eq!(body(&answer), "[1]");
}

#[tokio::test]
async fn unknown_pages_are_not_found() {
    assert!(
        get(Arc::default(), "/nothing")
            .await
            .starts_with("HTTP/1.1 404 ")
    );
}

#[tokio::test]
async fn head_has_no_body() {
    let request = "HEAD /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(body(&answer), "");
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let request = "DELETE /api/totals HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_with_a_body_is_refused_and_the_connection_closed() {
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let limits = WebLimits {
        head_timeout: Duration::from_millis(1),
        ..WebLimits::default()
    };
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, limits, "GET / HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let request = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}",
        "a".repeat(REQUEST_HEAD_BYTES_MAX)
    );
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
