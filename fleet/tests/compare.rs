//! Comparisons of runs: synthetic ones whose truth is known, and real ones in turn.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[path = "support/outside_server.rs"]
mod outside_server;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Relative deviations of twelve runs: quantiles of the normal distribution, in two orders, times 2 %.
const NOISE: [[f64; 12]; 2] = [
    [
        -0.7, 1.7, 0.3, -1.7, 0.1, 0.7, -0.1, 1.1, -1.1, -0.4, 0.5, -0.3,
    ],
    [
        0.3, -0.4, 1.7, -0.1, -1.1, 0.5, -0.7, 0.1, 1.1, -1.7, -0.3, 0.7,
    ],
];

fn fleet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.current_dir(folder).env_clear();
    command
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The summary of a synthetic run whose responses take `factor` times as long as usual.
fn summary(factor: f64) -> Value {
    json!({
        "schema": 1,
        "run": {"name": "synthetic", "fingerprint": "sha256:0", "started": "2026-01-01T00:00:00Z"},
        "host": {"cpus": 2, "kernel": "6.1"},
        "devices": 100,
        "validity": {"valid": true, "reasons": []},
        "ledger": {"balanced": true},
        "transports": {"smtp": {
            "delivered": 10_000, "failed": 0, "unconfirmed": 0, "attempts": 10_000,
            "rate_per_s": 100.0, "bytes": 60_000_000, "connections": 200, "resumed": 0,
            "response_ms": {"count": 9_000, "mean": 5.0 * factor, "p50": 4.0 * factor,
                            "p90": 8.0 * factor, "p99": 20.0 * factor, "p99_9": 30.0, "max": 40.0},
        }},
        "verdict": "passed",
    })
}

fn store(folder: &Path, summary: &Value) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
}

/// A side of twelve runs, `slower` times as slow.
fn side(folder: &Path, name: &str, noise: &[f64], slower: f64) -> PathBuf {
    let side = folder.join(name);
    for (number, deviation) in noise.iter().enumerate() {
        let factor = slower * (1.0 + 0.02 * deviation);
        store(&side.join(format!("{number:02}")), &summary(factor));
    }
    side
}

#[test]
fn where_power_is_lacking_it_is_said() {
    let folder = TempDir::new().unwrap();
    for (number, name) in ["base", "new"].into_iter().enumerate() {
        let loud = NOISE[number].map(|deviation| deviation * 5.0);
        side(folder.path(), name, &loud, 1.0);
    }
    let output = fleet(folder.path())
        .args(["compare", "base", "new"])
        .output()
        .unwrap();
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("is too little; "), "{text}");
    assert!(text.contains("verdict    inconclusive"), "{text}");
}

fn verdicts(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[test]
fn twelve_runs_of_either_side_tell_five_percent_from_nothing() {
    let folder = TempDir::new().unwrap();
    let sides = [("base", 1.0), ("same", 1.0), ("slow", 1.05), ("fast", 0.9)];
    for (number, (name, slower)) in sides.into_iter().enumerate() {
        side(folder.path(), name, &NOISE[number % 2], slower);
    }
    let compare = |new: &str, flags: &[&str]| {
        let arguments = [&["compare", "base", new, "--json", "out.json"], flags].concat();
        let output = fleet(folder.path()).args(arguments).output().unwrap();
        let verdict = verdicts(&folder.path().join("out.json"))[0]["verdict"].clone();
        (output.status.code().unwrap(), verdict, text(&output))
    };
    let metrics = ["--metric", "smtp.response.p99"];
    for flags in [&[][..], &metrics] {
        let (code, verdict, text) = compare("slow", flags);
        assert_eq!((code, verdict), (91, json!("regression")), "{text}");
    }
    assert_eq!(compare("slow", &["--exit-zero"]).0, 0);
    let (code, verdict, text) = compare("same", &[]);
    assert_eq!((code, verdict), (0, json!("equal")), "{text}");
    let (code, verdict, text) = compare("fast", &[]);
    assert_eq!((code, verdict), (0, json!("improvement")), "{text}");
    // Five percent are nothing where only a fifth matters.
    let (code, verdict, text) = compare("slow", &["--min-effect", "20%"]);
    assert_eq!((code, verdict), (0, json!("equal")), "{text}");
}

#[test]
fn single_runs_show_what_they_cost_and_no_more() {
    let folder = TempDir::new().unwrap();
    store(&folder.path().join("base"), &summary(1.0));
    store(&folder.path().join("new"), &summary(3.0));
    let output = fleet(folder.path())
        .args(["compare", "base", "new"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("too few runs"), "{}", text(&output));
    for (key, value) in [("connections", 400), ("attempts", 20_000), ("failed", 100)] {
        let mut dear = summary(1.0);
        dear["transports"]["smtp"][key] = json!(value);
        store(&folder.path().join("new"), &dear);
        let output = fleet(folder.path())
            .args(["compare", "base", "new"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(91), "{key}: {}", text(&output));
    }
}

#[test]
fn what_had_no_answer_makes_no_server_fast() {
    let folder = TempDir::new().unwrap();
    store(&folder.path().join("base"), &summary(1.0));
    let mut silent = summary(0.1);
    let response = &mut silent["transports"]["smtp"]["response_ms"];
    response["unanswered"] = json!(5);
    response["lower_bounds"] = json!(["p99"]);
    store(&folder.path().join("new"), &silent);
    let output = fleet(folder.path())
        .args(["compare", "base", "new", "--json", "out.json"])
        .args(["--metric", "smtp.response.mean"])
        .args(["--metric", "smtp.response.p99"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let rows = verdicts(&folder.path().join("out.json"))[0]["metrics"].clone();
    for row in rows.as_array().unwrap() {
        assert_eq!(row["verdict"], "inconclusive", "{row}");
        assert!(row["note"].as_str().unwrap().contains("no answer"), "{row}");
    }
}

/// A tiny scenario of real messages to embedded sinks.
fn scenario(folder: &Path) {
    fs::write(
        folder.join("edge.ios"),
        "hostname edge-{index}\nservice call-home\ncall-home\n contact-email-addr a@example.com\n \
         mail-server mail.example.com priority 1\n profile mail\n  active\n  \
         destination transport-method email\n  destination address email noc@example.com\n  \
         subscribe-to-alert-group syslog severity debug pattern .*\n",
    )
    .unwrap();
    fs::write(
        folder.join("tiny.toml"),
        "version = 1\nname = \"tiny\"\nseed = 7\nduration = \"400ms\"\n\
         [validity]\nlag-budget = \"10m\"\n\
         [[fleet]]\nname = \"edge\"\ncount = 4\nplatform = \"CISCO2951\"\nconfig = \"edge.ios\"\n\
         [[traffic]]\nname = \"noise\"\narrival = { process = \"constant\", rate = \"50/s\" }\n\
         syslog = \"%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down\"\n",
    )
    .unwrap();
}

#[test]
fn servers_are_run_in_turn_and_compared() {
    let folder = TempDir::new().unwrap();
    scenario(folder.path());
    let output = fleet(folder.path())
        .args(["compare", "--interleave", "2", "tiny.toml", "--out", "out"])
        .args(["--new", "smtp.connections=1", "--json", "out.json"])
        .output()
        .unwrap();
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let order = ["base, pair 1", "new, pair 1", "new, pair 2", "base, pair 2"];
    let places: Vec<_> = order.iter().map(|step| text.find(step).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    let comparison = &verdicts(&folder.path().join("out.json"))[0];
    assert_eq!(comparison["pairing"], "interleaved");
    let rows = comparison["metrics"].as_array().unwrap();
    let of = |name: &str| rows.iter().find(|row| row["metric"] == name).unwrap();
    assert_eq!(of("smtp.response.mean")["test"], "block-rank");
    assert_eq!(
        of("smtp.response.mean")["base"].as_array().unwrap().len(),
        2
    );
    assert_eq!(of("smtp.response.mean")["verdict"], "inconclusive");
    assert_eq!(of("smtp.attempts_per_message")["verdict"], "equal");
    for run in ["base/001", "base/002", "new/001", "new/002"] {
        let kept = folder.path().join("out").join(run);
        assert!(kept.join("summary.json").exists());
    }
}

#[test]
fn sides_that_are_sent_something_else_are_refused_after_the_first_pair() {
    let folder = TempDir::new().unwrap();
    scenario(folder.path());
    let output = fleet(folder.path())
        .args(["compare", "--interleave", "3", "tiny.toml", "--out", "out"])
        .args(["--new", "seed=8"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(104), "{}", text(&output));
    assert!(text(&output).contains("fingerprint"), "{}", text(&output));
    assert!(!folder.path().join("out/new/002").exists());
}

#[test]
fn what_calibration_learns_lets_a_run_be_held_against_a_baseline() {
    let folder = TempDir::new().unwrap();
    scenario(folder.path());
    let run = |arguments: &[&str]| {
        let output = fleet(folder.path()).args(arguments).output().unwrap();
        (output.status.code().unwrap(), text(&output))
    };
    let (code, text) = run(&["calibrate", "tiny.toml", "--runs", "3", "--out", "noise"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("smtp.response.mean"), "{text}");
    let against = ["run", "tiny.toml", "--plain", "--quiet"];
    let baseline = ["--baseline", "noise/001", "--noise", "noise/noise.json"];
    let (code, text) = run(&[&against[..], &baseline, &["--out", "run"]].concat());
    // The machine may be that busy: what counts is that there is a verdict.
    assert!([0, 91].contains(&code), "{code} {text}");
    assert!(text.contains("verdict    "), "{text}");
    assert!(folder.path().join("run/comparison.json").exists());
    // Each message takes more attempts than those of this baseline.
    let mut lost: Value = verdicts(&folder.path().join("noise/001/summary.json"));
    lost["transports"]["smtp"]["attempts"] = json!(1);
    store(&folder.path().join("lost"), &lost);
    let (code, text) = run(&[&against[..], &["--baseline", "lost", "--out", "dear"]].concat());
    assert_eq!(code, 91, "{text}");
    // Unless that is not what is compared.
    let bytes = ["--metric", "smtp.bytes_per_message", "--min-effect", "100%"];
    let other = [&["--baseline", "lost", "--out", "bytes"][..], &bytes].concat();
    let (code, text) = run(&[&against[..], &other].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("minimum effect 100 %"), "{text}");
    assert!(!text.contains("smtp.attempts_per_message"), "{text}");
    // A threshold that fails comes first.
    let threshold = "threshold=[{metric=\"smtp.response.max\",max=\"1us\"}]";
    let failing = ["--baseline", "lost", "--out", "failing", "--set", threshold];
    let (code, text) = run(&[&against[..], &failing].concat());
    assert_eq!(code, 99, "{text}");
    assert!(text.contains("verdict    regression"), "{text}");
    // Nothing is sent where the baseline is none, or is one of something else.
    for wrong in [
        &["--baseline", "none.json"][..],
        &["--baseline", "lost", "--devices", "5"],
    ] {
        let (code, text) = run(&[&against[..], wrong, &["--out", "wrong"]].concat());
        assert_eq!(code, 104, "{text}");
        assert!(!folder.path().join("wrong").exists());
    }
}

/// A mail server of this process, at `address`, as soon as somebody opens and closes the pipe at `gate`.
fn server_behind(gate: PathBuf, address: std::net::SocketAddr) {
    std::thread::spawn(move || {
        fs::read(gate).unwrap();
        outside_server::serve_mail_at(address);
    });
}

/// A port that nobody listens on.
fn free_address() -> std::net::SocketAddr {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

#[test]
fn a_program_is_started_for_each_of_its_runs_waited_for_and_ended() {
    let folder = TempDir::new().unwrap();
    scenario(folder.path());
    let gates = ["base", "new"].map(|side| folder.path().join(format!("{side}.gate")));
    let made = Command::new("mkfifo").args(&gates).status().unwrap();
    assert!(made.success());
    let addresses = [free_address(), free_address()];
    for (gate, address) in gates.into_iter().zip(addresses) {
        server_behind(gate, address);
    }
    // Each server is there a while after its program has begun; the programs note what happens to them.
    let program = |name: &str| {
        format!(
            "echo {name} begins >> course; trap 'echo {name} ends >> course; exit' TERM; : > {name}.gate; sleep 600 & wait"
        )
    };
    let target = |at: usize| format!("targets.smtp=smtp://{}", addresses[at]);
    let output = fleet(folder.path())
        .env("PATH", "/usr/bin:/bin")
        .args(["compare", "--interleave", "1", "tiny.toml", "--out", "out"])
        .args(["--base", &target(0), "--base-program", &program("base")])
        .args(["--new", &target(1), "--new-program", &program("new")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let course = fs::read_to_string(folder.path().join("course")).unwrap();
    assert_eq!(course, "base begins\nbase ends\nnew begins\nnew ends\n");
    assert!(folder.path().join("out/base/001.log").exists());
}

#[test]
fn programs_that_cannot_be_meant_are_refused() {
    let folder = TempDir::new().unwrap();
    scenario(folder.path());
    let compare = |extra: &[&str]| {
        let output = fleet(folder.path())
            .env("PATH", "/usr/bin:/bin")
            .args(["compare", "--interleave", "1", "tiny.toml", "--out", "out"])
            .args(extra)
            .output()
            .unwrap();
        (output.status.code(), text(&output))
    };
    let (code, said) = compare(&["--base-program", "sleep 600"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("say where it listens, by --smtp or --https"),
        "{said}"
    );
    let ended = [
        "--base-program",
        "echo no such port; exit 3",
        "--smtp",
        "127.0.0.1:9",
    ];
    let (code, said) = compare(&ended);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("ended before it answered (exit status: 3)"),
        "{said}"
    );
    let log = fs::read_to_string(folder.path().join("out/base/001.log")).unwrap();
    assert_eq!(log, "no such port\n");
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    // Somebody else's server is no server of theirs.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let (code, said) = compare(&["--base-program", "sleep 600", "--smtp", &address]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("answers at 127.0.0.1")
            && said.contains("already, before `sleep 600` is started"),
        "{said}"
    );
}
