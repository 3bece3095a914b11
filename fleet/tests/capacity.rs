//! `fleet capacity` as a whole: searches on sinks whose limit is known.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

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

/// The sink takes 57 messages a second and refuses what is above: whatever the speed of the machine, 40 hold
/// and 80 do not.
const SCENARIO: &str = r#"
version = 1
name    = "limited"
seed    = 7

[validity]
lag-budget = "30s"

[[fleet]]
name     = "branch"
count    = 200
platform = "CISCO2951/K9"
config   = "branch.ios"

[[traffic]]
name    = "lines"
arrival = { process = "constant", rate = "1/s" }
syslog  = "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.{1..254})"

[[fault]]
target = "smtp"
limit  = { rate = "57/s", burst = 10 }
"#;

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
    let output = capacity(folder.path(), &["--slo", "ledger.failed=0"])
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let found = result(folder.path());
    assert_eq!(found["conclusion"], "found", "{said}");
    assert_eq!(
        (&found["knee"]["low"], &found["knee"]["high"]),
        (&40.0.into(), &80.0.into())
    );
    let gave_way = found["gave_way"]["words"].as_str().unwrap();
    assert!(
        gave_way.starts_with("at 80.0 events/s, ledger.failed"),
        "{gave_way}"
    );
    assert!(gave_way.contains("reply 421"), "{gave_way}");
    // A sink that refuses does not tire: it takes what it took before.
    assert_eq!(found["recovery"]["tried"], found["recovery"]["holds"]);
    let purposes: Vec<&str> = found["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["purpose"].as_str().unwrap())
        .collect();
    assert_eq!(purposes, ["bracket", "bracket", "overload", "recover"]);
    for step in found["steps"].as_array().unwrap() {
        let run = folder
            .path()
            .join("found")
            .join(step["directory"].as_str().unwrap());
        assert!(run.join("summary.json").exists(), "{}", run.display());
    }
    assert!(
        said.contains("knee       56.6 events/s (40.0 events/s to 80.0 events/s"),
        "{said}"
    );
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
fn what_cannot_be_judged_is_refused_with_what_to_do() {
    let folder = lab();
    let slo = ["--slo", "smtp.response.p99_9<=1s"];
    let output = capacity(folder.path(), &slo).output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("samples of smtp.response.p99_9, and 2995 are needed"),
        "{said}"
    );
    assert!(said.contains("(--hold "), "{said}");
}
