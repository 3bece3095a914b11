use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use super::*;
use crate::{
    scenario::{Overrides, Source},
    snapshot::{ErrorState, Phase},
};

const ANYWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn fetch(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn ask(address: SocketAddr, method: &str, path: &str) -> String {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    fetch(address, &request)
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, "GET", path)
}

/// Whoever listens to frames, behind the head of the answer.
fn listen(address: SocketAddr) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    BufReader::new(stream)
}

/// Reads on until a line contains `wanted`, and returns it.
fn read_until(reader: &mut impl BufRead, wanted: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "no {wanted}");
        if line.contains(wanted) {
            return line;
        }
    }
}

fn snapshot(delivered: u64) -> Snapshot {
    let mut snapshot = Snapshot {
        name: "storm".into(),
        phase: Phase::Running,
        ..Snapshot::default()
    };
    snapshot.ledger.delivered = delivered;
    snapshot
}

#[test]
fn figures_are_served_and_nothing_else() {
    let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
    let mut live = Live::start(Some(ANYWHERE), None).unwrap();
    let mut all = Gathered::default();
    all.ledger.triggers = 17;
    live.show(&loaded.scenario, Duration::from_secs(3), &all);
    // Within the same second nothing is made anew.
    all.ledger.triggers = 18;
    live.show(&loaded.scenario, Duration::from_millis(3_900), &all);
    let address = live.metrics().unwrap();
    let metrics = get(address, "/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
    assert!(metrics.contains("\nfleet_triggers_total 17\n"), "{metrics}");
    assert!(get(address, "/healthz").ends_with("ok"));
    for path in ["/etc/passwd", "/", "/events", "/live.js"] {
        assert!(get(address, path).starts_with("HTTP/1.1 404"), "{path}");
    }
    assert!(ask(address, "POST", "/metrics").starts_with("HTTP/1.1 405"));
}

#[test]
fn an_address_that_is_taken_is_refused() {
    let first = Live::start(Some(ANYWHERE), None).unwrap();
    for (metrics, page) in [(first.metrics(), None), (None, first.metrics())] {
        let second = Live::start(metrics, page);
        assert!(matches!(
            second,
            Err(LiveError::Listen(ListenError::AddressInUse { .. }))
        ));
    }
    let foreign = Live::start(None, Some(([192, 0, 2, 1], 8026).into()));
    assert!(matches!(
        foreign,
        Err(LiveError::Listen(ListenError::NotLoopback { .. }))
    ));
}

#[test]
fn one_address_serves_page_and_figures_of_both_flags() {
    let free = Live::start(Some(ANYWHERE), None)
        .unwrap()
        .metrics()
        .unwrap();
    let live = Live::start(Some(free), Some(free)).unwrap();
    assert_eq!((live.metrics(), live.page()), (Some(free), Some(free)));
    assert!(get(free, "/metrics").starts_with("HTTP/1.1 200"));
    assert!(get(free, "/").starts_with("HTTP/1.1 200"));
}

#[test]
fn the_page_is_complete_without_its_script_and_asks_for_nothing_from_elsewhere() {
    let live = Live::start(None, Some(ANYWHERE)).unwrap();
    let mut shown = snapshot(1_234_567);
    shown.errors.push(ErrorState {
        transport: "smtp",
        kind: "reply",
        code: Some(421),
        count: 3,
        example: "<script>alert(1)</script>".into(),
    });
    live.show_page(&shown);
    let page = get(live.page().unwrap(), "/");
    assert!(
        page.contains("1,234,567") && page.contains("storm"),
        "{page}"
    );
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(!page.contains("unsafe"), "{page}");
    for elsewhere in ["src=\"http", "href=\"http", "style=\"", "onclick"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert!(page.contains("id=\"late\" hidden"), "{page}");
    shown.generator.lag_p99_ms = Some(51.0);
    shown.generator.lag_budget_ms = 50.0;
    live.show_page(&shown);
    let late = get(live.page().unwrap(), "/");
    assert!(late.contains("id=\"late\">The generator is late"), "{late}");
    for path in ["/live.js", "/live.css"] {
        assert!(get(live.page().unwrap(), path).starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn no_request_of_any_method_changes_anything() {
    let live = Live::start(None, Some(ANYWHERE)).unwrap();
    live.show_page(&snapshot(5));
    let address = live.page().unwrap();
    for path in ["/", "/events", "/metrics", "/api/faults", "/live.js"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"] {
            let answer = ask(address, method, path);
            assert!(
                answer.starts_with("HTTP/1.1 405"),
                "{method} {path}: {answer}"
            );
        }
    }
    let head = ask(address, "HEAD", "/events");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[test]
fn nothing_is_told_to_whoever_asks_by_a_name() {
    let live = Live::start(Some(ANYWHERE), Some(ANYWHERE)).unwrap();
    let books = Arc::new(sink::Books::default());
    let sink = live.serve_sink(Pages::new("mock-smtp", books)).unwrap();
    live.show_page(&snapshot(5));
    let (page, metrics) = (live.page().unwrap(), live.metrics().unwrap());
    let asked = [
        (page, "/"),
        (page, "/events"),
        (page, "/metrics"),
        (metrics, "/metrics"),
        (sink, "/"),
        (sink, "/api/messages"),
    ];
    for (address, path) in asked {
        let by = |host: &str| {
            let request =
                format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            fetch(address, &request)
        };
        assert!(by("evil.example").starts_with("HTTP/1.1 421"), "{path}");
        let own = address.to_string();
        assert!(by(&own).starts_with("HTTP/1.1 200"), "{path}");
    }
}

#[test]
fn a_large_seed_reaches_the_script_with_all_its_digits() {
    let live = Live::start(None, Some(ANYWHERE)).unwrap();
    live.show_page(&Snapshot {
        seed: u64::MAX,
        ..snapshot(1)
    });
    let mut frames = listen(live.page().unwrap());
    let frame = read_until(&mut frames, "data:");
    let frame: serde_json::Value = serde_json::from_str(&frame["data:".len()..]).unwrap();
    assert_eq!(frame["seed"], u64::MAX.to_string());
    let page = get(live.page().unwrap(), "/");
    assert!(page.contains(">18446744073709551615<"), "{page}");
}

#[test]
fn those_who_listen_get_every_change_or_the_latest_and_the_end() {
    let mut live = Live::start(None, Some(ANYWHERE)).unwrap();
    live.show_page(&snapshot(1));
    let mut first = listen(live.page().unwrap());
    let frame = read_until(&mut first, "data:");
    assert!(frame.contains("\"delivered\":1"), "{frame}");
    live.show_page(&snapshot(2));
    let frame = read_until(&mut first, "data:");
    assert!(frame.contains("\"delivered\":2"), "{frame}");
    let last = Snapshot {
        phase: Phase::Over,
        verdict: Some("passed".into()),
        ..snapshot(3)
    };
    live.show_page(&last);
    live.close();
    read_until(&mut first, "event: over");
    let frame = read_until(&mut first, "data:");
    assert!(frame.contains("\"verdict\":\"passed\""), "{frame}");
}

#[test]
fn those_who_do_not_read_hold_nobody_up_and_too_many_are_told() {
    let mut live = Live::start(None, Some(ANYWHERE)).unwrap();
    let address = live.page().unwrap();
    let mut lazy: Vec<_> = (0..FEEDS_MAX).map(|_| listen(address)).collect();
    for reader in &mut lazy {
        read_until(reader, "HTTP/1.1 200");
    }
    assert!(get(address, "/events").starts_with("HTTP/1.1 503"));
    assert!(get(address, "/healthz").ends_with("ok"));
    // More than any socket buffers: frames are skipped, and the end comes all the same.
    let mut large = snapshot(0);
    large.targets = vec!["x".repeat(400); 1_000];
    for delivered in 0..50 {
        large.ledger.delivered = delivered;
        live.show_page(&large);
    }
    live.close();
}

#[test]
fn pages_of_sinks_are_shown_and_change_nothing() {
    let live = Live::start(None, Some(ANYWHERE)).unwrap();
    let books = Arc::new(sink::Books::default());
    let weak = Arc::downgrade(&books);
    let address = live.serve_sink(Pages::new("mock-smtp", books)).unwrap();
    assert!(get(address, "/api/totals").contains("received"));
    assert!(!ask(address, "POST", "/api/faults").starts_with("HTTP/1.1 2"));
    live.end_sinks();
    // They let go of the books when it is their turn; everybody has it in every round.
    let (tell, told) = std::sync::mpsc::channel();
    live.runtime.spawn(async move {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        tell.send(weak.strong_count())
    });
    assert_eq!(told.recv(), Ok(0));
}
