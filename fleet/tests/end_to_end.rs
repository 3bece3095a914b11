//! Whole runs of the `fleet` command against the embedded sinks and against sinks of its own.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// `fleet run` of the quickstart, made small, into `out`.
fn quickstart(out: &Path) -> Command {
    quickstart_lasting(out, "2s")
}

/// The same with a duration. Slow machines must not fail a test, so lag does not matter here.
fn quickstart_lasting(out: &Path, duration: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(["run", "--plain", "--devices", "60", "--duration", duration]);
    command.args(["--set", "warm-up=200ms", "--set", "validity.lag-budget=10m"]);
    command.args([
        "--set",
        "traffic.2.at=500ms",
        "--set",
        "traffic.2.arrival.within=500ms",
    ]);
    command.args([
        "--set",
        "traffic.3.at=1s",
        "--set",
        "traffic.3.arrival.within=500ms",
    ]);
    command.arg("--out").arg(out);
    command.env_clear();
    command
}

fn summary(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn shown(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

#[test]
fn a_run_over_both_transports_is_accounted_for_to_the_last_message() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = run(&mut quickstart(&out));
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let summary = summary(&out);
    let ledger = &summary["ledger"];
    assert_eq!(summary["verdict"], "passed");
    assert_eq!(ledger["balanced"], true);
    assert_eq!(ledger["messages"], ledger["delivered"]);
    assert_eq!(ledger["messages"], ledger["sink"]["received"]);
    for transport in ["smtp", "https"] {
        assert!(
            summary["transports"][transport]["delivered"].as_u64() > Some(20),
            "{transport}"
        );
    }
    for kind in ["syslog", "environment", "inventory"] {
        assert!(
            summary["by_type"][kind]["delivered"].as_u64() > Some(0),
            "{kind}"
        );
    }
    for file in ["scenario.toml", "timeline.csv", "latency.hlog"] {
        assert!(out.join(file).metadata().unwrap().len() > 0, "{file}");
    }
}

#[test]
fn the_same_seed_decides_the_same_and_as_forecast() {
    let folder = TempDir::new().unwrap();
    let fingerprint = |name: &str, extra: &[&str]| {
        let out = folder.path().join(name);
        let output = run(quickstart(&out).args(extra));
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        summary(&out)["run"]["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let once = fingerprint("once", &[]);
    assert_eq!(once, fingerprint("twice", &["--set", "smtp.connections=1"]));
    assert_ne!(once, fingerprint("other", &["--seed", "8"]));
    // The scenario as run is a scenario again; its configurations stand beside the original.
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let text = std::fs::read_to_string(folder.path().join("once/scenario.toml")).unwrap();
    let copy = folder.path().join("copy.toml");
    std::fs::write(
        &copy,
        text.replace("configs/", &format!("{}/configs/", scenarios.display())),
    )
    .unwrap();
    let forecast = run(Command::new(env!("CARGO_BIN_EXE_fleet"))
        .arg("check")
        .arg(&copy));
    assert!(shown(&forecast).contains(&once), "{}", shown(&forecast));
}

#[test]
fn a_failed_threshold_ends_with_99() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = run(quickstart(&out).args(["--set", "threshold.0.metric=ledger.delivered"]));
    assert_eq!(output.status.code(), Some(99), "{}", shown(&output));
    assert_eq!(summary(&out)["thresholds"][0]["passed"], false);
}

#[test]
fn a_late_generator_makes_the_run_invalid() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = run(quickstart(&out).args(["--set", "validity.lag-budget=1ns"]));
    assert_eq!(output.status.code(), Some(90), "{}", shown(&output));
    assert!(shown(&output).starts_with("INVALID"));
    assert_eq!(summary(&out)["validity"]["valid"], false);
}

#[test]
fn an_unreachable_target_ends_with_93_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    // A port that was free a moment ago, and that nothing listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let output = run(quickstart(&out).args(["--smtp", &format!("127.0.0.1:{port}")]));
    assert_eq!(output.status.code(), Some(93), "{}", shown(&output));
    assert!(
        shown(&output).contains(&port.to_string()),
        "{}",
        shown(&output)
    );
    assert!(!out.exists());
}

#[test]
fn a_directory_that_is_not_empty_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("summary.json"), "mine").unwrap();
    let output = run(&mut quickstart(&out));
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert_eq!(
        std::fs::read_to_string(out.join("summary.json")).unwrap(),
        "mine"
    );
}

#[test]
fn a_reader_that_goes_away_loses_no_results() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = quickstart(&out)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closing our ends breaks the pipes before anything is printed.
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(summary(&out)["verdict"], "passed");
}

/// Reads a child's standard error until a line contains `text`.
fn wait_for_line(child: &mut Child, text: &str) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.contains(text) {
            // Whatever else is printed must not block the child.
            std::thread::spawn(move || lines.for_each(drop));
            return;
        }
    }
    panic!("the program ended before it printed {text:?}");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn one_interrupt_drains_and_reports() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = quickstart_lasting(&out, "10m")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_line(&mut child, "devices up");
    signal(&child, "INT");
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(105), "{text}");
    let summary = summary(&out);
    assert_eq!(summary["verdict"], "interrupted");
    assert_eq!(summary["ledger"]["balanced"], true);
}

#[test]
fn a_killed_run_leaves_what_it_had_recorded() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = quickstart_lasting(&out, "10m")
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The first progress line comes after five seconds' worth of rows.
    wait_for_line(&mut child, "triggers");
    child.kill().unwrap();
    child.wait().unwrap();
    let rows = std::fs::read_to_string(out.join("timeline.csv")).unwrap();
    assert!(rows.lines().count() >= 4, "{rows}");
    let columns = rows.lines().next().unwrap().split(',').count();
    assert!(
        rows.lines().all(|row| row.split(',').count() == columns),
        "{rows}"
    );
    assert!(!out.join("summary.json").exists());
}
