//! Whole runs of the `fleet` command in which embedded sinks go wrong.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "\
version 15.4
service call-home
!
hostname {hostname}
!
call-home
 contact-email-addr noc@example.net
 mail-server smtp1.example.net priority 1
 mail-server smtp2.example.net priority 2
 rate-limit 60
 profile \"noc\"
  destination address email noc@example.net
  subscribe-to-alert-group syslog severity notification
 profile \"post\"
  destination transport-method http
  no destination transport-method email
  destination address http https://tools.example.net/its/service/oddce/services/DDCEService
  subscribe-to-alert-group syslog severity notification
!
end
";

const SCENARIO: &str = r#"
version  = 1
name     = "faults"
seed     = 7
duration = "3s"

[hosts]
"smtp1.example.net" = "embedded"

[smtp]
reply-timeout = "300ms"

[https]
response-timeout = "300ms"

[validity]
lag-budget = "10m"

[[fleet]]
name     = "edge"
count    = 40
platform = "CISCO2951"
config   = "edge.ios"

[[traffic]]
name    = "links"
arrival = { process = "constant", rate = "100/s" }
syslog  = "%LINK-3-UPDOWN: Interface Gi0/{0..47}, changed state to {up|down}"
"#;

/// Much of what can go wrong, at once.
const EVERYTHING: &str = r#"
[[fault]]
name   = "lost receipts"
target = "smtp1.example.net"
share  = "40%"
drop   = { stage = "message", recorded = true }

[[fault]]
target = "smtp"
share  = "20%"
drop   = { stage = "message" }

[[fault]]
target = "smtp"
share  = "20%"
reply  = { stage = "rcpt", code = 451 }

[[fault]]
target = "smtp"
at     = "1s"
for    = "500ms"
refuse = "reset"

[[fault]]
target  = "smtp1.example.net"
at      = "2s"
restart = { down = "500ms" }

[[fault]]
target = "https"
share  = "20%"
drop   = { stage = "reply", recorded = true }

[[fault]]
target = "https"
share  = "20%"
drop   = { stage = "body" }

[[fault]]
target = "https"
share  = "20%"
status = { code = 503 }

[[fault]]
target  = "https"
share   = "20%"
endless = {}

[[fault]]
target = "https"
at     = "1s"
stall  = { time = "400ms" }

[[fault]]
target  = "https"
at      = "2s"
restart = { down = "500ms" }
"#;

/// Runs the scenario with `faults`; gives what was printed and the summary.
fn run(faults: &str) -> (String, Value) {
    run_with(faults, "300ms")
}

/// The same with another patience of devices.
fn run_with(faults: &str, patience: &str) -> (String, Value) {
    let scenario = SCENARIO.replace("300ms", patience);
    run_scenario(&format!("{scenario}{faults}"))
}

/// Runs a scenario.
fn run_scenario(scenario: &str) -> (String, Value) {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("edge.ios"), CONFIG).unwrap();
    std::fs::write(path("faults.toml"), scenario).unwrap();
    let output = fleet(&["run", "--plain", "--out"])
        .arg(path("out"))
        .arg(path("faults.toml"))
        .output()
        .unwrap();
    let shown = format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0), "{shown}");
    (shown, summary(&path("out")))
}

fn fleet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.env_clear().args(arguments);
    command
}

fn summary(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_accounts_balance_whatever_goes_wrong() {
    let (shown, summary) = run(EVERYTHING);
    let ledger = &summary["ledger"];
    assert_eq!(ledger["balanced"], true, "{shown}");
    for account in ["delivered", "failed", "unconfirmed"] {
        assert!(ledger[account].as_u64() > Some(0), "{account}: {shown}");
    }
    // Devices that heard nothing tried the second server, and both relays share their books.
    assert!(ledger["sink"]["duplicates"].as_u64() > Some(0), "{shown}");
    assert!(ledger["sink"]["unconfirmed_arrived"].as_u64() > Some(0));
    let faults = summary["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 11);
    for fault in faults {
        assert!(fault["applied"].as_u64() > Some(0), "{fault}: {shown}");
        assert!(fault["active_s"].as_f64() > Some(0.0), "{fault}");
    }
    assert_eq!(faults[0]["name"], "lost receipts");
    assert_eq!(
        (&faults[3]["kind"], &faults[3]["at_s"], &faults[3]["for_s"]),
        (&"refuse".into(), &1.0.into(), &0.5.into())
    );
    assert_eq!(faults[3]["active_s"], 0.5);
    assert_eq!(faults[0]["for_s"], Value::Null);
    assert!(shown.contains("fault      smtp1.example.net \"lost receipts\": connection closed at message, recorded, "), "{shown}");
}

#[test]
fn devices_fail_over_from_a_relay_that_is_out_and_nothing_is_lost() {
    let fault = r#"
[[fault]]
target = "smtp1.example.net"
reply  = { stage = "greeting", code = 421 }
"#;
    let (shown, summary) = run_with(fault, "60s");
    let mail = &summary["transports"]["smtp"];
    assert_eq!(mail["failed"], 0, "{shown}");
    assert_eq!(mail["unconfirmed"], 0, "{shown}");
    let delivered = mail["delivered"].as_u64().unwrap();
    assert!(delivered > 100, "{shown}");
    assert_eq!(mail["attempts"], 2 * delivered);
    assert_eq!(summary["faults"][0]["applied"], delivered);
    let error = &summary["errors"][0];
    assert_eq!(
        (&error["kind"], &error["code"], &error["count"]),
        (&"greeting".into(), &421.into(), &delivered.into())
    );
}

#[test]
fn a_fault_that_never_happens_is_remarked() {
    let (shown, summary) = run(r#"
[[fault]]
target = "smtp"
tls    = "expired"
"#);
    assert_eq!(summary["faults"][0]["applied"], 0);
    let remark =
        "note       the fault \"TLS: expired certificate\" of smtp never happened: nothing came";
    assert!(shown.contains(remark), "{shown}");
}

#[test]
fn a_receiver_with_faults_of_its_own_leaves_others_alone() {
    let hosts = "\"smtp1.example.net\" = \"embedded\"";
    let fault = r#"
[[fault]]
target = "Tools.example.net"
status = { code = 503 }
"#;
    let scenario = SCENARIO.replace(
        hosts,
        &format!("{hosts}\n\"tools.example.net\" = \"embedded\""),
    );
    // Nobody runs out of patience, however slow the machine.
    let scenario = scenario.replace("300ms", "60s");
    let (shown, summary) = run_scenario(&format!("{scenario}{fault}"));
    assert_eq!(summary["transports"]["https"]["delivered"], 0, "{shown}");
    let failed = &summary["transports"]["https"]["failed"];
    assert!(failed.as_u64() > Some(100), "{shown}");
    assert_eq!(&summary["faults"][0]["applied"], failed);
    assert_eq!(summary["faults"][0]["target"], "Tools.example.net");
    assert!(summary["transports"]["smtp"]["delivered"].as_u64() > Some(100));
    assert_eq!(summary["ledger"]["balanced"], true);
}
