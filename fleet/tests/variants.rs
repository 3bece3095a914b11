//! Variants of a storm: the same events, one policy changed, told side by side.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A small storm of flapping links into `out`.
fn storm(out: &Path, duration: &str) -> Command {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/link-flap-storm.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.arg("run").arg(scenario);
    command.args(["--plain", "--devices", "40", "--duration", duration]);
    command.args(["--set", "validity.lag-budget=10m", "--set", "threshold=[]"]);
    command.arg("--out").arg(out).env_clear();
    command
}

fn outcomes(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("variants.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_variant_meets_the_same_storm_with_another_policy() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let output = storm(&out, "8s")
        .args(["--quiet", "--variant", "call-home.rate-limit=1"])
        .args([
            "--variant",
            "call-home.syslog-throttling=false && call-home.rate-limit=60",
        ])
        .args(["--variant", "call-home.pattern=NOSUCHLINE"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("[1] call-home.rate-limit=1\n"), "{text}");
    let outcomes = outcomes(&out);
    let figures = |key: &str| -> Vec<u64> {
        let figures = outcomes.iter().map(|one| one[key].as_u64().unwrap());
        figures.collect()
    };
    let events = figures("events");
    assert!(events[0] > 100 && events.iter().all(|count| *count == events[0]));
    // Less with a tighter limit, more without throttling, nothing without a match.
    let messages = figures("messages");
    assert!(messages[1] < messages[0], "{messages:?}");
    assert!(messages[2] > messages[0], "{messages:?}");
    assert_eq!(messages[3], 0);
    let peaks: Vec<_> = outcomes
        .iter()
        .map(|one| one["course"]["peak_per_s"].as_u64().unwrap())
        .collect();
    assert!(
        peaks[1] < peaks[0] && peaks[0] < peaks[2] && peaks[3] == 0,
        "{peaks:?}"
    );
    for outcome in &outcomes {
        let directory = Path::new(outcome["directory"].as_str().unwrap());
        assert!(directory.join("summary.json").exists());
    }
}

#[test]
fn a_signal_ends_the_run_that_goes_on_and_those_to_come() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let mut child = storm(&out, "10m")
        .args(["--variant", "call-home.rate-limit=1"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let up = lines.find(|line| line.as_ref().unwrap().contains("devices up"));
    up.unwrap().unwrap();
    let sent = Command::new("kill")
        .args(["-INT".to_owned(), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let rest: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(105));
    assert!(
        rest.iter().any(|line| line.contains("left out")),
        "{rest:?}"
    );
    // The run that was interrupted has reported, and no other has begun.
    let folders = std::fs::read_dir(&out).unwrap();
    let names: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["0-as-it-is"]);
    assert!(out.join("0-as-it-is/summary.json").exists());
}
