//! What the web address promises, asked through a socket.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use super::*;
use crate::books::{Arrival, Disposition};
use crate::fault::{FaultBoard, Protocol, Stage};

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
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
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
    let request = "GET /api/devices HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
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
    let request = "HEAD /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(body(&answer), "");
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let request = "DELETE /api/totals HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_with_a_body_is_refused_and_the_connection_closed() {
    let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello";
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
    let answer = exchange(pages, limits, "GET / HTTP/1.1\r\nhost: localhost\r\n").await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let request = format!(
        "GET / HTTP/1.1\r\nhost: localhost\r\nx: {}",
        "a".repeat(REQUEST_HEAD_BYTES_MAX)
    );
    let pages = Pages::new("mock-test", Arc::default());
    let answer = exchange(pages, WebLimits::default(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

/// A board that has been started, with a fault as it is written in TOML.
fn board(fault: &str) -> Arc<FaultBoard> {
    let board = FaultBoard::new(Protocol::Smtp, 7);
    board.add_written(&toml::from_str(fault).unwrap()).unwrap();
    board.start(tokio::time::Instant::now());
    Arc::new(board)
}

/// Sends a request with a body about faults.
async fn ask(board: &Arc<FaultBoard>, head: &str, body: &str) -> String {
    let pages = Pages::new("mock-test", Arc::default()).with_faults(Arc::clone(board));
    let length = body.len();
    let request = format!("{head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    exchange(pages, WebLimits::default(), &request).await
}

const POST: &str = "POST /api/faults HTTP/1.1\r\nhost: 127.0.0.1:8025\r\n\
                    content-type: application/json; charset=utf-8";

#[tokio::test]
async fn faults_are_listed_given_and_taken_away() {
    let board = board("name = 'one'\nat = '1h'\ndrop = { stage = 'mail' }");
    let fault = r#"{"for": "5s", "reply": {"stage": "rcpt", "code": 451}}"#;
    let answer = ask(&board, POST, fault).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(body(&answer), r#"{"id":2}"#);
    assert!(board.at(Stage::Rcpt).is_some());
    let answer = ask(&board, "GET /api/faults HTTP/1.1\r\nhost: localhost", "").await;
    let list: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(list[0]["state"], "pending");
    assert_eq!(list[0]["name"], "one");
    let keys = ["id", "kind", "stage", "state", "for_s", "applied"].map(|key| &list[1][key]);
    let expected: [serde_json::Value; 6] = [
        2.into(),
        "reply".into(),
        "rcpt".into(),
        "active".into(),
        5.0.into(),
        1.into(),
    ];
    assert_eq!(keys, expected.each_ref());
    let delete = "DELETE /api/faults/2 HTTP/1.1\r\nhost: [::1]:8025";
    assert!(ask(&board, delete, "").await.starts_with("HTTP/1.1 204 "));
    assert!(ask(&board, delete, "").await.starts_with("HTTP/1.1 404 "));
    assert_eq!(board.at(Stage::Rcpt), None);
}

#[tokio::test]
async fn what_is_wrong_with_a_fault_is_said() {
    let board = board("drop = {}");
    for (fault, error) in [
        ("{}", "a fault without an action does nothing"),
        ("1", "write one fault, as an object"),
        ("[]", "write one fault, as an object"),
        (
            "{\"reply\": {\"stage\": \"reply\", \"code\": 451}}",
            "`reply` is no stage of smtp",
        ),
        ("{\"drip\": {}}", "unknown field `drip`"),
        ("{\"target\": \"https\", \"drop\": {}}", "this sink is"),
    ] {
        let answer = ask(&board, POST, fault).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let said: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
        assert!(said["error"].as_str().unwrap().contains(error), "{said}");
    }
    assert_eq!(board.reports().len(), 1);
}

#[tokio::test]
async fn a_page_in_a_browser_cannot_give_faults() {
    let board = board("drop = {}");
    let fault = r#"{"drop": {}}"#;
    for (head, status) in [
        // What a form or a script may send to others without asking.
        (
            "POST /api/faults HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain",
            415,
        ),
        ("POST /api/faults HTTP/1.1\r\nhost: 127.0.0.1", 415),
        // A name of its own that points here.
        (
            "POST /api/faults HTTP/1.1\r\nhost: evil.example\r\ncontent-type: application/json",
            421,
        ),
        ("DELETE /api/faults/1 HTTP/1.1\r\nhost: evil.example", 421),
        // The question whether it may.
        ("OPTIONS /api/faults HTTP/1.1\r\nhost: 127.0.0.1", 405),
        ("PUT /api/faults/1 HTTP/1.1\r\nhost: 127.0.0.1", 405),
        (
            "DELETE /api/faults/18446744073709551616 HTTP/1.1\r\nhost: localhost",
            404,
        ),
    ] {
        let answer = ask(&board, head, fault).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{head}: {answer}"
        );
        assert!(
            !answer.to_lowercase().contains("access-control"),
            "{answer}"
        );
    }
    assert_eq!(board.reports().len(), 1);
}

#[tokio::test]
async fn nothing_is_told_to_whoever_asks_by_a_name() {
    const PATHS: [&str; 5] = ["/", "/metrics", "/api/totals", "/api/messages", "/healthz"];
    for path in PATHS {
        for (target, host, told) in [
            (path.to_owned(), "host: evil.example:8025\r\n", false),
            (path.to_owned(), "host: 127.0.0.1.evil.example\r\n", false),
            (path.to_owned(), "", false),
            (
                format!("http://evil.example{path}"),
                "host: 127.0.0.1\r\n",
                false,
            ),
            (path.to_owned(), "host: 127.0.0.1:8025\r\n", true),
            (path.to_owned(), "host: [::1]:8025\r\n", true),
            (path.to_owned(), "host: LocalHost:8025\r\n", true),
        ] {
            let request = format!("GET {target} HTTP/1.1\r\n{host}connection: close\r\n\r\n");
            let pages = Pages::new("mock-test", books_with("secret", "syslog"));
            let answer = exchange(pages, WebLimits::default(), &request).await;
            let status = if told { "200" } else { "421" };
            let begin = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&begin), "{request}: {answer}");
            assert_eq!(body(&answer) == NAME_REFUSED, !told, "{request}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_fault_has_a_limit() {
    let board = board("drop = {}");
    let fault = format!("{{\"name\": \"{}\"}}", "x".repeat(20_000));
    let answer = ask(&board, POST, &fault).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn the_page_and_the_metrics_show_faults() {
    let board = board("name = '<b>'\ndrop = { stage = 'mail' }");
    assert!(board.at(Stage::Mail).is_some());
    let page = ask(&board, "GET / HTTP/1.1\r\nhost: localhost", "").await;
    assert!(
        page.contains("&lt;b&gt;") && page.contains("connection closed at mail"),
        "{page}"
    );
    let metrics = ask(&board, "GET /metrics HTTP/1.1\r\nhost: localhost", "").await;
    for line in [
        "mock_test_fault_applied_total{id=\"1\",kind=\"drop\"} 1",
        "mock_test_fault_active{id=\"1\",kind=\"drop\"} 1",
    ] {
        assert!(body(&metrics).lines().any(|own| own == line), "{metrics}");
    }
}

#[tokio::test]
async fn a_sink_without_faults_has_no_such_page() {
    let pages = Pages::new("mock-test", Arc::default());
    let request = "GET /api/faults HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = exchange(pages, WebLimits::default(), request).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}
