//! Where settings come from: the file, over it the environment, over both the flags.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::process::{Command, Output};

use tempfile::TempDir;

/// Ten devices, as the file says.
const FILE: &str = "tests/cmd/bad-input.in/base.toml";

fn fleet(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(arguments).env_clear();
    command.envs(environment.iter().copied()).output().unwrap()
}

fn shown(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What `fleet check` says of the file.
fn check(flags: &[&str], environment: &[(&str, &str)]) -> String {
    let output = fleet(&[&["check", FILE], flags].concat(), environment);
    shown(&output)
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file() {
    let twenty = [("FLEET_DEVICES", "20")];
    assert!(check(&[], &[]).contains("devices   10:"));
    assert!(check(&[], &twenty).contains("devices   20:"));
    assert!(check(&["--devices", "30"], &twenty).contains("devices   30:"));
    let set = [("FLEET_SET", "fleet.0.count=20\nclock.speed=60")];
    let both = check(&[], &set);
    assert!(both.contains("devices   20:") && both.contains("at 60 device seconds"));
    assert!(check(&["--set", "fleet.0.count=30"], &set).contains("devices   30:"));
}

#[test]
fn hosts_may_be_allowed_by_the_environment() {
    let smtp = ["--smtp", "mail.example.com:25"];
    let refused = check(&smtp, &[]);
    assert!(refused.contains("--allow-target"), "{refused}");
    let allowed = check(
        &smtp,
        &[("FLEET_ALLOW_TARGET", "x.example,mail.example.com")],
    );
    assert!(allowed.contains("smtp mail.example.com:25"), "{allowed}");
}

#[test]
fn a_switch_of_the_environment_is_a_word_for_yes_or_no() {
    let run = ["run", FILE, "--set", "seed"];
    for (value, code) in [("1", 104), ("no", 104), ("perhaps", 2)] {
        for name in ["FLEET_INSECURE", "FLEET_QUIET", "FLEET_PLAIN"] {
            let output = fleet(&run, &[(name, value)]);
            assert_eq!(output.status.code(), Some(code), "{name} {value}");
        }
    }
}

#[test]
fn without_a_command_the_environment_counts_as_with_run() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let settings = "warm-up=0s\nvalidity.lag-budget=10m\ntraffic=[]";
    let environment = [
        ("FLEET_OUT", out.to_str().unwrap()),
        ("FLEET_DEVICES", "17"),
        ("FLEET_DURATION", "200ms"),
        ("FLEET_SEED", "4711"),
        ("FLEET_SET", settings),
        ("FLEET_QUIET", "yes"),
    ];
    let output = fleet(&[], &environment);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let closing = String::from_utf8_lossy(&output.stdout);
    assert!(closing.contains("seed 4711  17 devices"), "{closing}");
    assert!(output.stderr.is_empty(), "{}", shown(&output));
    let refused = fleet(&[], &[("FLEET_RATE", "none")]);
    assert_eq!(refused.status.code(), Some(2), "{}", shown(&refused));
}
