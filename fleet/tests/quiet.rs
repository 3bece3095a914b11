//! How much is printed, and how.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::process::{Command, Output};

/// A short run of a few devices with `arguments`, on a terminal if `terminal`.
fn run(arguments: &[&str], terminal: bool, environment: &[(&str, &str)]) -> Output {
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut line = vec![env!("CARGO_BIN_EXE_fleet"), "run", "--devices", "7"];
    line.extend(["--duration", "200ms", "--set", "warm-up=0s"]);
    line.extend(["--set", "traffic=[]", "--set", "validity.lag-budget=10m"]);
    line.extend(arguments);
    line.extend(["--out", out.to_str().unwrap()]);
    let mut command = Command::new(if terminal { "script" } else { line[0] });
    if terminal {
        let typed: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
        command.args(["-qec", &typed.join(" "), "/dev/null"]);
    } else {
        command.args(&line[1..]);
    }
    // The path finds the shell of `script`.
    let path = std::env::var("PATH").unwrap();
    let command = command.env_clear().env("PATH", path);
    command.envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn a_quiet_run_prints_the_closing_figures_only() {
    let loud = run(&[], false, &[]);
    assert!(String::from_utf8_lossy(&loud.stderr).contains("devices up"));
    let quiet = run(&["--quiet"], false, &[]);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
    assert!(quiet.stdout.starts_with(b"PASSED"), "{quiet:?}");
}

#[test]
fn what_goes_elsewhere_than_to_a_terminal_has_no_colours() {
    let output = run(&[], false, &[]);
    assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
}

#[test]
#[cfg(target_os = "linux")]
fn colours_on_a_terminal_can_be_refused() {
    const GREEN: &str = "\u{1b}[1;32mPASSED";
    // Without `script` there is no terminal to look at.
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let shown = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = run(arguments, true, environment);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(shown(&[], &[]).contains(GREEN), "{}", shown(&[], &[]));
    for plain in [
        shown(&[], &[("NO_COLOR", "1")]),
        shown(&["--no-color"], &[]),
        shown(&["--plain"], &[]),
    ] {
        assert!(
            plain.contains("PASSED") && !plain.contains(GREEN),
            "{plain}"
        );
    }
}
