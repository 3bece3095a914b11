//! `fleet capacity` as a whole: searches on sinks whose limit is known.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[path = "support/outside_server.rs"]
mod outside_server;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

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
 rate-limit 60
 no syslog-throttling
 profile \"noc\"
  destination address email noc@example.net
  subscribe-to-alert-group syslog severity notification
!
end
";

/// How many messages a load makes is decided by the plan alone: whatever the speed of the machine, 40 a second
/// are at most 200 within four and a half seconds, and 80 are not.
const SCENARIO: &str = r#"
version = 1
name    = "limited"
seed    = 7

[validity]
lag-budget = "1m"

[[fleet]]
name     = "branch"
count    = 200
platform = "CISCO2951/K9"
config   = "branch.ios"

[[traffic]]
name    = "lines"
arrival = { process = "constant", rate = "1/s" }
syslog  = "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.{1..254})"
"#;

/// The objective that 40 hold.
const OBJECTIVE: [&str; 2] = ["--slo", "ledger.messages<=200"];

/// A mail server outside the process that takes everything; its address.
fn outside_server() -> String {
    outside_server::serve_mail_at(([127, 0, 0, 1], 0).into()).to_string()
}

fn lab() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("branch.ios"), CONFIG).unwrap();
    std::fs::write(folder.path().join("limited.toml"), SCENARIO).unwrap();
    folder
}

fn capacity(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.current_dir(folder).env_clear();
    command.args(["capacity", "limited.toml", "--out", "found"]);
    command.args(["--from", "40", "--hold", "4s", "--warm-up", "500ms"]);
    command.args(["--precision", "100%", "--searches", "1"]);
    // Nothing that the machine decides.
    command.args(["--growth", "100%", "--undelivered", "100%"]);
    command.args(arguments);
    command
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn result(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("found/capacity.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_limit_is_found_and_named_and_its_runs_are_kept() {
    let folder = lab();
    let output = capacity(folder.path(), &["--smtp", &outside_server()])
        .args(OBJECTIVE)
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let found = result(folder.path());
    assert_eq!(found["conclusion"], "found", "{said}");
    let knee = &found["knee"];
    assert_eq!((&knee["low"], &knee["high"]), (&40.0.into(), &80.0.into()));
    let gave_way = found["gave_way"]["words"].as_str().unwrap();
    let words = "at 80.0 events/s, ledger.messages: 360, wanted ≤ 200";
    assert!(gave_way.starts_with(words), "{gave_way}");
    let recovery = &found["recovery"];
    assert_eq!(recovery["tried"], recovery["holds"]);
    assert_eq!(
        purposes(&found),
        ["bracket", "bracket", "overload", "recover"]
    );
    for step in found["steps"].as_array().unwrap() {
        let run = folder.path().join("found");
        let run = run.join(step["directory"].as_str().unwrap());
        assert!(run.join("summary.json").exists(), "{}", run.display());
    }
    let knee = "knee       56.6 events/s (40.0 events/s to 80.0 events/s";
    assert!(said.contains(knee), "{said}");
    for file in ["capacity.html", "summary.md", "junit.xml"] {
        assert!(folder.path().join("found").join(file).exists(), "{file}");
    }
}

fn purposes(found: &Value) -> Vec<&str> {
    let steps = found["steps"].as_array().unwrap().iter();
    steps
        .map(|step| step["purpose"].as_str().unwrap())
        .collect()
}

#[test]
fn a_sink_that_is_made_anew_for_each_load_is_not_overloaded() {
    let folder = lab();
    let output = capacity(folder.path(), &OBJECTIVE).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let found = result(folder.path());
    assert_eq!(purposes(&found), ["bracket", "bracket"]);
    assert!(found["recovery"].is_null());
}

#[test]
fn what_holds_and_what_was_wanted_decide_the_exit_code() {
    let folder = lab();
    let holds = ["--max", "40", "--at-least"];
    let output = capacity(folder.path(), &[&holds[..], &["39"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(result(folder.path())["conclusion"], "largest");
    let output = capacity(folder.path(), &["--at-least", "50"])
        .output()
        .unwrap();
    assert!(
        text(&output).contains("found is not empty"),
        "{}",
        text(&output)
    );
    std::fs::remove_dir_all(folder.path().join("found")).unwrap();
    let output = capacity(folder.path(), &[&holds[..], &["41"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(99), "{}", text(&output));
    assert!(
        text(&output).contains("may be as low as 40.0 events/s, wanted 41.0 events/s"),
        "{}",
        text(&output)
    );
}

#[test]
fn a_search_that_is_interrupted_keeps_what_it_has() {
    let folder = lab();
    let mut search = capacity(folder.path(), &["--max", "1000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(search.stderr.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().starts_with("[1]"));
    assert!(
        first
            .unwrap()
            .unwrap()
            .contains("bracket 40.0 events/s: held")
    );
    let process = nix::unistd::Pid::from_raw(search.id().try_into().unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGINT).unwrap();
    lines.for_each(drop);
    assert_eq!(search.wait().unwrap().code(), Some(105));
    let found = result(folder.path());
    assert_eq!(found["conclusion"], "interrupted");
    assert_eq!(found["steps"].as_array().unwrap().len(), 1);
    assert_eq!(found["knee"]["low"], 40.0);
}

#[test]
fn a_load_is_held_for_longer_where_a_percentile_takes_more_samples() {
    let folder = lab();
    let extra = ["--max", "40", "--slo", "smtp.response.p99<=10m"];
    let output = capacity(folder.path(), &extra).output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("too few samples at 40.0 events/s: held for 9s instead"),
        "{said}"
    );
    assert_eq!(result(folder.path())["steps"][0]["hold_s"], 9.0);
}

#[test]
fn what_the_scenario_does_not_do_is_no_objective() {
    let folder = lab();
    let output = capacity(folder.path(), &["--slo", "https.response.p99<=1s"])
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(104), "{said}");
    assert!(
        said.contains("nothing was measured for https.response.p99"),
        "{said}"
    );
}
