//! What is pushed to a collector of OpenTelemetry: the figures that Prometheus gets, whatever the
//! collector makes of them.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Output},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use emulator::{MessageType, Transport};
use fleet::{
    courier::ErrorKind,
    live::{
        Live,
        otlp::{CollectorUrl, Exporter, OtlpError, UrlError},
    },
    record::{ErrorCount, Gathered},
    scenario::{Overrides, Scenario, Source},
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    },
    common::v1::{KeyValue, any_value::Value as Text},
    metrics::v1::{Metric, metric::Data, number_data_point::Value},
};
use prost::Message;

/// An answer to every push.
fn answer(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nlocation: http://192.0.2.1/\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn taken() -> Vec<u8> {
    answer("200 OK", "application/x-protobuf", b"")
}

/// A collector that answers everything by `answer`, and hands on the head and the message of each push.
fn collector(
    answer: Vec<u8>,
) -> (
    SocketAddr,
    mpsc::Receiver<(String, ExportMetricsServiceRequest)>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, pushes) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (head, body) = read_request(&mut stream);
            let message = ExportMetricsServiceRequest::decode(&*body).unwrap();
            if sender.send((head, message)).is_err() {
                return;
            }
            // The other side may have had enough.
            let _ = stream.get_mut().write_all(&answer);
        }
    });
    (address, pushes)
}

fn read_request(stream: &mut impl BufRead) -> (String, Vec<u8>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

fn scenario() -> Arc<Scenario> {
    let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
    Arc::new(loaded.scenario)
}

fn exporter(address: SocketAddr) -> Exporter {
    let url = format!("http://{address}").parse().unwrap();
    Exporter::start(&url, &[], &scenario(), "runs/one".to_owned()).unwrap()
}

/// Something of everything.
fn gathered() -> Gathered {
    let mut all = Gathered {
        events: 1_234_567,
        ..Gathered::default()
    };
    all.ledger.triggers = 99;
    let key = (MessageType::ALL[0], Transport::Email);
    let row = all.ledger.by_type.entry(key).or_default();
    (row.queued, row.delivered, row.failed) = (20, 12, 3);
    all.transports[0].attempts = 15;
    all.transports[1].bytes = 70_000;
    for transport in Transport::ALL {
        let response = &mut all.histograms.transport_mut(transport).response;
        (1..=50).for_each(|ms| response.record(Duration::from_millis(ms)));
    }
    all.histograms.lag.record(Duration::from_micros(80));
    let error = ErrorCount {
        count: 7,
        ..ErrorCount::default()
    };
    let key = (Transport::Email, ErrorKind::Reply, Some(421));
    all.errors.insert(key, error);
    all
}

fn labels(attributes: &[KeyValue], further: Option<(&str, f64)>) -> String {
    let mut labels: Vec<String> = Vec::new();
    for own in attributes {
        let Some(Text::StringValue(text)) = own.value.clone().unwrap().value else {
            panic!("{own:?}");
        };
        labels.push(format!("{}=\"{text}\"", own.key));
    }
    labels.extend(further.map(|(key, value)| format!("{key}=\"{value}\"")));
    match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.join(",")),
    }
}

/// The values of `metric` as Prometheus would have them.
fn lines(metric: &Metric) -> Vec<String> {
    let name = &metric.name;
    let line = |part: &str, labels: String, value: &dyn Display| -> String {
        format!("{name}{part}{labels} {value}")
    };
    let mut lines = Vec::new();
    match metric.data.clone().unwrap() {
        Data::Gauge(gauge) => {
            for own in gauge.data_points {
                let Some(Value::AsDouble(value)) = own.value else {
                    panic!("{own:?}");
                };
                lines.push(line("", labels(&own.attributes, None), &value));
            }
        }
        Data::Sum(sum) => {
            assert!(sum.is_monotonic);
            // Cumulative.
            assert_eq!(sum.aggregation_temporality, 2);
            for own in sum.data_points {
                assert!(0 < own.start_time_unix_nano);
                assert!(own.start_time_unix_nano <= own.time_unix_nano);
                let Some(Value::AsInt(value)) = own.value else {
                    panic!("{own:?}");
                };
                lines.push(line("", labels(&own.attributes, None), &value));
            }
        }
        Data::Summary(summary) => {
            for own in summary.data_points {
                for at in &own.quantile_values {
                    let labels = labels(&own.attributes, Some(("quantile", at.quantile)));
                    lines.push(line("", labels, &at.value));
                }
                let labels = labels(&own.attributes, None);
                lines.push(line("_sum", labels.clone(), &own.sum));
                lines.push(line("_count", labels, &own.count));
            }
        }
        Data::Histogram(_) | Data::ExponentialHistogram(_) => panic!("{name}"),
    }
    lines
}

fn metrics(message: &ExportMetricsServiceRequest) -> &[Metric] {
    &message.resource_metrics[0].scope_metrics[0].metrics
}

fn values(message: &ExportMetricsServiceRequest) -> BTreeSet<String> {
    metrics(message).iter().flat_map(lines).collect()
}

/// The lines that Prometheus gets of the same.
fn exposed(elapsed: Duration, all: &Gathered) -> (BTreeSet<String>, BTreeSet<String>) {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut live = Live::start(Some(anywhere), None).unwrap();
    live.show(&scenario(), elapsed, all);
    let mut stream = TcpStream::connect(live.metrics().unwrap()).unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (_, text) = text.split_once("\r\n\r\n").unwrap();
    let (comments, values): (BTreeSet<_>, BTreeSet<_>) =
        text.lines().partition(|line| line.starts_with('#'));
    let help = comments
        .iter()
        .filter_map(|line| line.strip_prefix("# HELP "));
    (
        values.into_iter().map(str::to_owned).collect(),
        help.map(str::to_owned).collect(),
    )
}

#[test]
fn a_collector_gets_the_names_labels_and_values_that_prometheus_gets() {
    let (address, pushes) = collector(taken());
    let mut exporter = exporter(address);
    let (elapsed, all) = (Duration::from_millis(3_250), gathered());
    exporter.finish(elapsed, &all);
    let (head, message) = pushes.recv().unwrap();
    let told = exporter.close();
    assert_eq!(
        told,
        format!("1 of 1 pushes taken by http://{address}/v1/metrics")
    );
    assert!(head.starts_with("POST /v1/metrics HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf\r\n"));
    let (exposed, help) = exposed(elapsed, &all);
    assert!(exposed.len() > 40, "{exposed:?}");
    assert_eq!(values(&message), exposed);
    let described = metrics(&message)
        .iter()
        .map(|own| format!("{} {}", own.name, own.description));
    assert_eq!(described.collect::<BTreeSet<_>>(), help);
    // Prometheus appends the units that names do not have.
    for own in metrics(&message) {
        let word = match own.unit.as_str() {
            "s" => "_seconds",
            "By" => "_bytes",
            unit => unit,
        };
        assert!(own.name.contains(word), "{}: {}", own.name, own.unit);
    }
    let resource = message.resource_metrics[0].resource.clone().unwrap();
    let resource = labels(&resource.attributes, None);
    for own in [
        "service.name=\"fleet\"",
        "service.instance.id=\"runs/one\"",
        "fleet.scenario=\"quickstart\"",
    ] {
        assert!(resource.contains(own), "{resource}");
    }
}

#[test]
fn figures_are_handed_over_every_few_seconds_of_a_run_and_the_last_ones_at_its_end() {
    let (address, pushes) = collector(taken());
    let mut exporter = exporter(address);
    let elapsed = |message: &ExportMetricsServiceRequest| {
        let values = values(message).into_iter();
        let value = values
            .filter_map(|line| Some(line.strip_prefix("fleet_elapsed_seconds ")?.to_owned()))
            .next();
        value.unwrap()
    };
    let all = gathered();
    let mut pushed = Vec::new();
    for seconds in [0, 1, 4, 5, 9, 10] {
        exporter.show(Duration::from_secs(seconds), &all);
        if seconds % 5 == 0 {
            pushed.push(elapsed(&pushes.recv().unwrap().1));
        }
    }
    exporter.finish(Duration::from_secs(11), &all);
    pushed.push(elapsed(&pushes.recv().unwrap().1));
    assert_eq!(pushed, ["0", "5", "10", "11"]);
    assert!(exporter.close().starts_with("4 of 4 pushes taken"));
    assert!(pushes.try_recv().is_err());
}

#[test]
fn a_collector_that_does_not_take_figures_is_told_at_the_end() {
    let rejecting = ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: 3,
            error_message: "too\u{1b}[31m old".to_owned(),
        }),
    };
    let rejecting = rejecting.encode_to_vec();
    let protobuf = "application/x-protobuf";
    for (answer, told) in [
        (
            answer("503 Busy", protobuf, b""),
            "it answered 503 Service Unavailable",
        ),
        (answer("302 Found", protobuf, b""), "it answered 302 Found"),
        (
            answer("200 OK", "text/html", b"<p>Welcome"),
            "it answered something that is no OTLP",
        ),
        (
            answer("200 OK", protobuf, b"Welcome"),
            "it answered something that is no OTLP",
        ),
        (
            answer("200 OK", protobuf, &vec![0; 100_000]),
            "it answered something that is no OTLP",
        ),
        (b"SSH-2.0-x\r\n".to_vec(), "the connection broke"),
        (Vec::new(), "the connection broke"),
        (
            answer("200 OK", protobuf, &rejecting),
            "it left out 3 values: too\\u{1b}[31m old",
        ),
    ] {
        let (address, _pushes) = collector(answer);
        let mut exporter = exporter(address);
        exporter.finish(Duration::from_secs(1), &gathered());
        let words = exporter.close();
        assert!(words.contains(told), "{told}: {words}");
        assert!(
            words.contains("the final figures did not arrive"),
            "{words}"
        );
    }
}

#[test]
fn a_collector_that_says_nothing_is_not_waited_for_for_ever() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut exporter = exporter(silent.local_addr().unwrap());
    // Nobody is held up while the run goes on.
    for second in 0..1_000 {
        exporter.show(Duration::from_secs(second), &gathered());
    }
    exporter.finish(Duration::from_secs(1_000), &gathered());
    let words = exporter.close();
    assert!(words.contains("no answer within"), "{words}");
    assert!(words.contains("did not arrive"), "{words}");
}

#[test]
fn collectors_elsewhere_are_refused_unless_they_are_named() {
    let url = "http://192.0.2.1:4318".parse().unwrap();
    let start = |allowed: &[String]| Exporter::start(&url, allowed, &scenario(), String::new());
    assert!(matches!(start(&[]), Err(OtlpError::Public { host }) if host == "192.0.2.1"));
    assert!(start(&["192.0.2.1".to_owned()]).is_ok());
}

/// A short run, and what it said.
fn run(folder: &Path, collector: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(["run", "--devices", "20", "--duration", "2s", "--plain"]);
    command.args(["--set", "warm-up=0s", "--set", "threshold=[]"]);
    command.args(["--otlp", collector, "--out"]).arg(folder);
    command.output().unwrap()
}

#[test]
fn the_last_push_of_a_run_has_the_figures_of_its_summary() {
    let (address, pushes) = collector(taken());
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = run(&out, &format!("http://{address}"));
    let text = String::from_utf8(output.stdout).unwrap();
    let messages: Vec<_> = pushes.try_iter().collect();
    let told = format!("otlp       {0} of {0} pushes taken by", messages.len());
    assert!(text.contains(&told), "{text}");
    let summary = std::fs::read(out.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    // What had been counted at the beginning was nothing.
    assert!(values(&messages[0].1).contains("fleet_messages_total 0"));
    let last = values(&messages.last().unwrap().1);
    for (metric, key) in [
        ("messages_total", "messages"),
        ("triggers_total", "triggers"),
        ("events_total", "events"),
    ] {
        let count = &summary["ledger"][key];
        assert!(count.as_u64().unwrap() > 0);
        let line = format!("fleet_{metric} {count}");
        assert!(last.contains(&line), "{line}: {last:?}");
    }
}

#[test]
fn a_run_is_none_the_worse_for_a_dead_collector_and_leaves_nothing_behind_for_a_public_one() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = free.local_addr().unwrap();
    drop(free);
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = run(&out, &format!("http://{dead}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("the final figures did not arrive: cannot connect"),
        "{text}"
    );
    assert!(text.contains("balanced to the last message"), "{text}");
    assert!(out.join("report.html").exists());
    let out = folder.path().join("public");
    let output = run(&out, "http://192.0.2.1");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(104), "{text}");
    assert!(text.contains("say --allow-target 192.0.2.1"), "{text}");
    assert!(!out.exists());
}

#[test]
fn the_path_of_metrics_and_the_port_may_be_left_out() {
    for (text, full) in [
        ("http://127.0.0.1", "http://127.0.0.1:4318/v1/metrics"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/v1/metrics"),
        ("HTTP://[::1]:80/v1/metrics", "http://[::1]:80/v1/metrics"),
        (
            "http://localhost:9090/api/v1/otlp",
            "http://localhost:9090/api/v1/otlp/v1/metrics",
        ),
    ] {
        let url: CollectorUrl = text.parse().unwrap();
        assert_eq!(url.to_string(), full);
        // As it is handed on to the runs of variants.
        assert_eq!(full.parse(), Ok(url));
    }
}

#[test]
fn what_is_no_address_of_a_collector_is_refused() {
    for text in [
        "",
        "127.0.0.1:4318",
        "grpc://127.0.0.1:4317",
        "http://",
        "http://:4318",
        "http://x:0",
        "http://x:99999",
        "http://user@x",
        "http://x/y?z",
        "http://x/#y",
        "http://x/a b",
    ] {
        assert_eq!(text.parse::<CollectorUrl>(), Err(UrlError::Form), "{text}");
    }
    let secured: Result<CollectorUrl, _> = "https://localhost:4318".parse();
    assert_eq!(secured, Err(UrlError::Secured));
}
