//! Whole runs of the `fleet` command against the embedded sinks and against sinks of its own.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[path = "support/outside_server.rs"]
mod outside_server;

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

/// Starts `command`, and reads what it says.
fn started(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
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
    for file in [
        "scenario.toml",
        "timeline.csv",
        "latency.hlog",
        "report.html",
        "summary.md",
        "junit.xml",
    ] {
        assert!(out.join(file).metadata().unwrap().len() > 0, "{file}");
    }
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("PASSED") && page.contains("Latency over time, https"));
    let printed = format!("report     {}", out.join("report.html").display());
    assert!(shown(&output).contains(&printed), "{}", shown(&output));
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
    let forecast = forecast(&folder.path().join("once"));
    assert!(forecast.contains(&once), "{forecast}");
}

/// What `fleet check` says of the scenario that was run into `out`.
fn forecast(out: &Path) -> String {
    shown(&run(Command::new(env!("CARGO_BIN_EXE_fleet"))
        .arg("check")
        .arg(out.join("scenario.toml"))))
}

#[test]
fn devices_that_reboot_at_the_very_end_decide_the_same_as_forecast() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let reloads = [
        "--set",
        "traffic.1.event=reload",
        "--set",
        "clock.speed=1000000",
    ];
    // What waits in a device that reloads is lost.
    let losses = ["--set", "threshold.0.max=1000000"];
    let output = run(quickstart(&out).args(reloads).args(losses));
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let fingerprint = summary(&out)["run"]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let forecast = forecast(&out);
    assert!(forecast.contains(&fingerprint), "{fingerprint}\n{forecast}");
}

/// A mail server outside the process that takes everything; its address.
fn outside_server() -> std::net::SocketAddr {
    outside_server::serve_mail_at(([127, 0, 0, 1], 0).into())
}

#[test]
fn mail_for_a_server_of_hosts_is_not_expected_at_the_embedded_sink() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let hosts = format!(
        "hosts={{ \"smtp1.example.net\" = \"{}\" }}",
        outside_server()
    );
    let output = run(quickstart(&out).args(["--set", &hosts]));
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let summary = summary(&out);
    assert!(summary["transports"]["smtp"]["delivered"].as_u64() > Some(20));
    let https = &summary["transports"]["https"]["delivered"];
    assert_eq!(&summary["ledger"]["sink"]["received"], https);
}

/// A mail server that greets, and keeps every connection open without another word; its address.
fn silent_server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::io::Write::write_all(&mut stream, b"220 here\r\n").unwrap();
            open.push(stream);
        }
    });
    address
}

#[test]
fn a_server_that_never_answers_fails_the_run_but_not_the_accounts() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let address = silent_server();
    let output = run(quickstart(&out).args(["--smtp", &address, "--set", "drain=1s"]));
    assert_eq!(output.status.code(), Some(99), "{}", shown(&output));
    let summary = summary(&out);
    let ledger = &summary["ledger"];
    assert_eq!(ledger["balanced"], true, "{ledger}");
    assert!(ledger["in_flight"].as_u64() > Some(0), "{ledger}");
    let metrics: Vec<_> = summary["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["passed"] == false)
        .map(|row| &row["metric"])
        .collect();
    assert_eq!(metrics, ["ledger.outstanding"]);
}

#[test]
fn a_machine_without_the_addresses_asked_for_makes_the_run_invalid() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    // An address of documentation, which no machine has.
    let output = run(quickstart(&out).args(["--set", "sources.addresses=192.0.2.0/24"]));
    assert_eq!(output.status.code(), Some(90), "{}", shown(&output));
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
    let text = shown(&output);
    assert!(text.contains(&port.to_string()), "{text}");
    let place = format!(" | smtp  = \"127.0.0.1:{port}\"");
    assert!(
        text.contains("--> built-in quickstart") && text.contains(&place),
        "{text}"
    );
    assert_eq!(text.matches("start the server").count(), 1, "{text}");
    assert!(!out.exists());
}

#[test]
fn a_run_begins_while_each_fleet_has_a_server_left() {
    let folder = TempDir::new().unwrap();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let dead = format!("127.0.0.1:{port}");
    let run = |name: &str, hosts: &str| {
        let out = folder.path().join(name);
        let output = run(quickstart(&out).args(["--set", &format!("hosts={hosts}")]));
        (output.status.code(), shown(&output))
    };
    let one = format!("{{ \"smtp2.example.net\" = \"{dead}\" }}");
    let (code, text) = run("one", &one);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("warning: [hosts] \"smtp2"), "{text}");
    let all =
        format!("{{ \"smtp1.example.net\" = \"{dead}\", \"smtp2.example.net\" = \"{dead}\" }}");
    let (code, text) = run("all", &all);
    assert_eq!(code, Some(93), "{text}");
    assert!(!folder.path().join("all").exists());
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
    let mut child = started(&mut quickstart(&out));
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
    drains_and_reports("INT");
}

#[test]
fn one_request_to_terminate_drains_and_reports() {
    drains_and_reports("TERM");
}

fn drains_and_reports(name: &str) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = started(&mut quickstart_lasting(&out, "10m"));
    wait_for_line(&mut child, "devices up");
    signal(&child, name);
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(105), "{text}");
    assert_sound(&out);
    let summary = summary(&out);
    assert_eq!(summary["verdict"], "interrupted");
    assert_eq!(summary["ledger"]["balanced"], true);
}

/// Has the journal of the run in `out` recounted.
fn assert_sound(out: &Path) {
    let audit = fleet::audit::audit(out).unwrap();
    let sound = audit.opinion == fleet::audit::Opinion::Sound;
    assert!(sound, "{}", audit.text());
}

#[test]
fn a_threshold_that_fails_ends_the_run_where_it_is_to() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let threshold =
        r#"threshold=[{ metric = "by_fleet.branch.delivered", max = 5, abort = true }]"#;
    let output = run(quickstart_lasting(&out, "10m").args(["--set", threshold]));
    assert_eq!(output.status.code(), Some(99), "{}", shown(&output));
    let summary = summary(&out);
    assert!(summary["run"]["wall_s"].as_f64().unwrap() < 600.0);
    assert_eq!(summary["thresholds"][0]["aborted"], true);
    assert_eq!(summary["verdict"], "failed");
    assert_eq!(summary["ledger"]["balanced"], true);
    assert!(
        shown(&output).contains("the run was ended for it"),
        "{}",
        shown(&output)
    );
    assert_sound(&out);
}

#[test]
fn a_generator_that_was_stopped_is_invalid() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child =
        started(quickstart_lasting(&out, "8s").args(["--set", "validity.lag-budget=50ms"]));
    // By the first progress line the clock of the run goes.
    wait_for_line(&mut child, "triggers");
    signal(&child, "STOP");
    // Another run lasts two seconds, however fast the machine is; so long nothing happens in this one.
    let other = folder.path().join("other");
    assert!(run(&mut quickstart(&other)).status.success());
    signal(&child, "CONT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(90), "{}", shown(&output));
    let reasons = summary(&out)["validity"]["reasons"].to_string();
    assert!(reasons.contains("stood still"), "{reasons}");
}

#[test]
fn a_second_interrupt_stops_at_once_and_reports() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = started(quickstart_lasting(&out, "10m").args([
        "--smtp",
        &silent_server(),
        "--set",
        "drain=1h",
    ]));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut wait_for = |text: &str| {
        let found = lines.find(|line| line.as_ref().unwrap().contains(text));
        found.unwrap().unwrap();
    };
    // By the first progress line something is on its way to the server that never answers.
    wait_for("triggers");
    signal(&child, "INT");
    wait_for("press ctrl-C again");
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(105), "{text}");
    assert!(text.contains("a second signal ended the waiting"), "{text}");
    let summary = summary(&out);
    assert_eq!(summary["ledger"]["balanced"], true, "{text}");
    // Mail that nobody answered is no mail that was answered quickly.
    let response = &summary["transports"]["smtp"]["response_ms"];
    assert_eq!(response["count"], 0, "{text}");
    assert!(response["unanswered"].as_u64().unwrap() > 0, "{text}");
    assert!(
        response["lower_bounds"]
            .as_array()
            .unwrap()
            .contains(&"p50".into())
    );
    assert!(text.contains("messages had no answer"), "{text}");
    assert_sound(&out);
}

#[test]
fn results_that_cannot_be_written_are_printed_all_the_same() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = started(&mut quickstart_lasting(&out, "10m"));
    wait_for_line(&mut child, "devices up");
    std::fs::create_dir(out.join("summary.json")).unwrap();
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("balanced to the last message"), "{text}");
    assert!(!out.join("summary.json.partial").exists());
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_loses_no_figures() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut child = started(&mut quickstart_lasting(&out, "10m"));
    let told = child.stderr.take().unwrap();
    let mut told = BufReader::new(told);
    let mut line = String::new();
    while !line.contains("devices up") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it never begins");
    }
    std::fs::create_dir(out.join("report.html")).unwrap();
    signal(&child, "INT");
    let mut errors = String::new();
    told.read_to_string(&mut errors).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("summary.json is complete"), "{errors}");
    assert!(errors.contains("report.html"), "{errors}");
    assert_sound(&out);
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
    let audit = fleet::audit::audit(&out).unwrap();
    assert_eq!(
        audit.opinion,
        fleet::audit::Opinion::Cut,
        "{}",
        audit.text()
    );
    assert!(audit.text().contains("the run was killed"));
    let rebuilt = fleet::report::rebuild(&out, None).unwrap();
    assert_eq!(rebuilt.verdict, "cut short");
}
