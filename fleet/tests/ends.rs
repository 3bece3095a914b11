//! Runs that end in the middle of something: the books balance, and an audit finds them sound.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

use fleet::audit::{Opinion, audit};
use serde_json::Value;
use tempfile::TempDir;

/// Two mail servers, of which the first is an embedded sink of its own.
const CONFIGURATION: &str = "\
service call-home
hostname {hostname}
call-home
 contact-email-addr noc@example.net
 mail-server smtp1.example.net priority 1
 mail-server smtp2.example.net priority 2
 rate-limit 60
 profile \"noc\"
  destination address email noc@example.net
  destination message-size-limit LIMIT
  subscribe-to-alert-group syslog severity notification pattern \"LINK\"
end
";

/// One line of every device.
const ONCE: &str = r#"within = "1s""#;
/// Several lines of every device, the later ones with a longer log.
const AGAIN: &str = r#"arrival = { process = "poisson", rate = "100/s" }"#;

/// `fleet run` of forty devices with `limit`, `traffic` and `rest` of a scenario, into `folder`/run.
fn run(folder: &Path, limit: &str, traffic: &str, rest: &str) -> Output {
    let scenario = format!(
        r#"
version  = 1
name     = "ends"
duration = "2s"
{rest}

[hosts]
"smtp1.example.net" = "embedded"

[validity]
lag-budget = "10m"

[[fleet]]
name     = "branch"
count    = 40
platform = "CISCO2951/K9"
config   = "device.ios"
policy   = {{ size-policy = "drop" }}

[[traffic]]
name   = "links"
{traffic}
syslog = "%LINK-3-UPDOWN: Interface GigabitEthernet0/{{0..3}}, changed state to {{up|down}}"
"#
    );
    fs::write(folder.join("scenario.toml"), scenario).unwrap();
    let configuration = CONFIGURATION.replace("LIMIT", limit);
    fs::write(folder.join("device.ios"), configuration).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(["run", "--plain", "--quiet"]);
    command.arg(folder.join("scenario.toml"));
    command.arg("--out").arg(folder.join("run")).env_clear();
    command.output().unwrap()
}

fn summary(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("run/summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn assert_sound(folder: &Path, output: &Output) {
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(summary(folder)["ledger"]["balanced"], true, "{shown}");
    let audit = audit(&folder.join("run")).unwrap();
    assert_eq!(audit.opinion, Opinion::Sound, "{}", audit.text());
}

/// The first server has every message and says nothing; the second is too slow for the end of the run.
#[test]
fn a_copy_that_arrived_before_a_second_attempt_could_begin_is_accounted_for() {
    let folder = TempDir::new().unwrap();
    let output = run(
        folder.path(),
        "100000",
        ONCE,
        r#"drain = "1s"
smtp = { connections = 1, reply-timeout = "300ms" }
fault = [
  { target = "smtp1.example.net", drop = { stage = "message", recorded = true } },
  { target = "smtp", delay = { stage = "greeting", time = "250ms" } },
]
"#,
    );
    assert_sound(folder.path(), &output);
    let ledger = &summary(folder.path())["ledger"];
    let left = ledger["queued"].as_u64().unwrap() + ledger["in_flight"].as_u64().unwrap();
    assert!(left > 0, "{ledger}");
    // What was not waited for is a failure, and no imbalance.
    assert_eq!(output.status.code(), Some(99));
}

/// A message that is rendered again for the second server may have grown over its limit.
#[test]
fn a_message_that_becomes_too_large_for_a_second_attempt_is_accounted_for() {
    let folder = TempDir::new().unwrap();
    let output = run(
        folder.path(),
        "5700",
        AGAIN,
        r#"smtp = { reply-timeout = "300ms" }
fault = [{ target = "smtp1.example.net", stall = {} }]
"#,
    );
    assert_sound(folder.path(), &output);
    let summary = summary(folder.path());
    let oversize = summary["ledger"]["dropped"]["oversize"].as_u64().unwrap();
    assert!(oversize > 0, "{}", summary["ledger"]);
    // Attempts at the first server that the second was not to see.
    let attempts = summary["transports"]["smtp"]["attempts"].as_u64().unwrap();
    let delivered = summary["transports"]["smtp"]["delivered"].as_u64().unwrap();
    assert!(
        attempts > 2 * delivered,
        "{attempts} attempts, {delivered} delivered"
    );
}

#[test]
fn a_reader_that_has_stopped_reading_stops_nothing() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let (reader, mut writer) = io::pipe().unwrap();
    // As much as a pipe holds: whatever is written next waits for a reader.
    writer.write_all(&[b'x'; 65_536]).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(["run", "--plain", "--devices", "40", "--duration", "6s"]);
    command.args(["--set", "validity.lag-budget=10m", "--set", "traffic=[]"]);
    command.args(["--set", "threshold=[]"]);
    command.arg("--out").arg(&out).env_clear();
    let output = command
        .stdout(Stdio::piped())
        .stderr(writer)
        .output()
        .unwrap();
    drop(reader);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(summary(folder.path())["ledger"]["balanced"], true);
}
