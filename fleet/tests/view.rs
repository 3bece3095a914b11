//! The view of a run on a terminal, as somebody sees it who sits there.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use nix::{
    pty::{Winsize, openpty},
    sys::{
        signal::{Signal, kill},
        termios::{FlowArg, LocalFlags, tcflow, tcgetattr},
    },
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

/// Enters the alternate screen, as every view does.
const ENTER: &str = "\u{1b}[?1049h";
/// No test waits longer for what it waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal with a run on it.
struct Terminal {
    master: File,
    /// Keeps the terminal open when the run has ended.
    slave: OwnedFd,
    child: Child,
    seen: Arc<Seen>,
}

/// What a terminal has been sent.
struct Seen {
    screen: Mutex<(vt100::Parser, Vec<u8>)>,
    changed: Condvar,
}

impl Terminal {
    fn new(command: &mut Command) -> Self {
        let terminal = Self::open(command, false);
        let mut master = terminal.master.try_clone().unwrap();
        let seen = Arc::clone(&terminal.seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = master.read(&mut buffer) {
                let mut screen = seen.screen.lock().unwrap();
                screen.0.process(&buffer[..count]);
                screen.1.extend_from_slice(&buffer[..count]);
                seen.changed.notify_all();
            }
        });
        terminal
    }

    /// One that takes nothing, if `stopped`; nobody reads from it yet.
    fn open(command: &mut Command, stopped: bool) -> Self {
        let size = Winsize {
            ws_row: 40,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).unwrap();
        for end in [&pty.master, &pty.slave] {
            // Of runs of other tests none may keep this terminal open.
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC).unwrap();
        }
        if stopped {
            tcflow(&pty.slave, FlowArg::TCOOFF).unwrap();
        }
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let child = command.stdin(end()).stderr(end()).spawn().unwrap();
        Self {
            master: File::from(pty.master),
            slave: pty.slave,
            child,
            seen: Arc::new(Seen {
                screen: Mutex::new((vt100::Parser::new(40, 120, 0), Vec::new())),
                changed: Condvar::new(),
            }),
        }
    }

    /// Both ends are closed here.
    fn go_away(&mut self) {
        self.master = File::open("/dev/null").unwrap();
        self.slave = File::open("/dev/null").unwrap().into();
    }

    fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `wanted` is on the screen.
    fn wait_for(&self, wanted: &str) {
        let screen = self.seen.screen.lock().unwrap();
        let missing =
            |screen: &mut (vt100::Parser, Vec<u8>)| !screen.0.screen().contents().contains(wanted);
        let waited = self
            .seen
            .changed
            .wait_timeout_while(screen, PATIENCE, missing);
        let (screen, waited) = waited.unwrap();
        let contents = screen.0.screen().contents();
        assert!(!waited.timed_out(), "no `{wanted}` in\n{contents}");
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.seen.screen.lock().unwrap().0 = vt100::Parser::new(rows, columns, 0);
        let size = rustix::termios::Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(self.slave.as_fd(), size).unwrap();
    }

    /// Waits until the run has ended; returns its code.
    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Whether the terminal is as it was: lines, echo, no alternate screen, a cursor.
    fn is_given_back(&self) -> bool {
        let flags = tcgetattr(self.slave.as_fd()).unwrap().local_flags;
        let screen = self.seen.screen.lock().unwrap();
        // What was sent last may not have been read yet.
        let left = |screen: &mut (vt100::Parser, Vec<u8>)| screen.0.screen().alternate_screen();
        let waited = self.seen.changed.wait_timeout_while(screen, PATIENCE, left);
        let screen = waited.unwrap().0;
        let screen = screen.0.screen();
        flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
            && !screen.alternate_screen()
            && !screen.hide_cursor()
    }

    fn sent(&self) -> String {
        let screen = self.seen.screen.lock().unwrap();
        String::from_utf8_lossy(&screen.1).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("run")
    }

    fn summary(&self) -> Value {
        let text = std::fs::read_to_string(self.out().join("summary.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn stdout(&self) -> File {
        File::create(self.0.path().join("stdout")).unwrap()
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(self.0.path().join("stdout")).unwrap()
    }
}

/// `fleet run` of `scenario` with few devices. Slow machines must not fail a test, so lag does not matter
/// here.
fn run(folder: &Folder, scenario: Option<&str>, duration: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.arg("run");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    command.args(scenario.map(|name| scenarios.join(name)));
    command.args(["--devices", "60", "--duration", duration]);
    command.args(["--set", "warm-up=200ms", "--set", "validity.lag-budget=10m"]);
    command.arg("--out").arg(folder.out());
    command.stdout(folder.stdout());
    command.env_clear().env("TERM", "xterm-256color");
    command
}

fn fleet(arguments: &[&str], paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(arguments).args(paths).env_clear();
    command.output().unwrap()
}

#[test]
fn keys_steer_a_run_and_what_they_did_stands_in_its_results() {
    let folder = Folder::new();
    let mut terminal = Terminal::new(&mut run(&folder, None, "10m"));
    terminal.wait_for("running");
    terminal.wait_for("/s triggers");
    terminal.press(" ");
    terminal.wait_for("PAUSED");
    terminal.wait_for("arrivals paused");
    terminal.press("+");
    terminal.wait_for("PAUSED x1.5");
    terminal.press("e");
    terminal.wait_for("power-loss on 10%");
    terminal.press("\u{1b}[C\r");
    terminal.wait_for("power-loss on 25% of the devices");
    terminal.press(" ");
    terminal.wait_for("running x1.5");
    terminal.wait_for("arrivals resumed");
    terminal.press("?");
    terminal.wait_for("compares with no other");
    terminal.press("?");
    terminal.resize(20, 6);
    terminal.wait_for("space + - e f ? q");
    terminal.resize(160, 45);
    terminal.wait_for("q end");
    terminal.press("q");
    assert_eq!(terminal.code(), Some(105));
    assert!(terminal.is_given_back());
    let summary = folder.summary();
    let done = summary["interventions"].as_array().unwrap();
    let done: Vec<_> = done
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        done,
        [
            "arrivals paused",
            "rate of arrivals set to x1.5",
            "power-loss on 25% of the devices",
            "arrivals resumed"
        ]
    );
    assert_eq!(summary["ledger"]["balanced"], true);
    assert!(folder.printed().contains("by hand    arrivals paused at "));
    let audit = fleet(&["audit"], &[&folder.out()]);
    assert_eq!(audit.status.code(), Some(0), "{audit:?}");
    let compared = fleet(&["compare"], &[&folder.out(), &folder.out()]);
    assert_eq!(compared.status.code(), Some(104));
    let said = String::from_utf8(compared.stderr).unwrap();
    assert!(said.contains("somebody intervened in the run"), "{said}");
}

#[test]
fn a_pending_fault_is_cancelled_by_hand_and_then_happens_until_it_is_switched_off() {
    let folder = Folder::new();
    let mut command = run(&folder, Some("relay-on-fire.toml"), "10m");
    command.args(["--set", "fault.0.at=500s"]);
    let mut terminal = Terminal::new(&mut command);
    terminal.wait_for("running");
    terminal.press("f");
    terminal.wait_for("greylisting (pending)");
    terminal.press("\r");
    // It will not begin at its time; nobody has to wait for that.
    terminal.wait_for("greylisting (over)");
    terminal.press("\r");
    terminal.wait_for("greylisting (active)");
    terminal.press("\r");
    terminal.wait_for("greylisting (over)");
    terminal.press("\u{1b}");
    terminal.press("q");
    assert_eq!(terminal.code(), Some(105));
    let summary = folder.summary();
    let fault = &summary["faults"][0];
    assert!(fault["active_s"].as_f64() > Some(0.0), "{fault}");
    let done = summary["interventions"].as_array().unwrap();
    let words = [
        "switched off before it began",
        "switched on",
        "switched off",
    ];
    assert_eq!(done.len(), words.len(), "{done:?}");
    for (done, words) in done.iter().zip(words) {
        assert!(done["what"].as_str().unwrap().ends_with(words), "{done}");
    }
    assert_eq!(summary["ledger"]["balanced"], true);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let folder = Folder::new();
        let mut terminal = Terminal::new(&mut run(&folder, None, "10m"));
        terminal.wait_for("running");
        terminal.signal(signal);
        assert_eq!(terminal.code(), Some(105), "{signal}");
        assert!(terminal.is_given_back(), "{signal}");
    }
}

#[test]
fn a_run_that_nobody_touches_decides_what_it_decides_without_a_view() {
    let fingerprint = |plain: bool| {
        let folder = Folder::new();
        let mut command = run(&folder, None, "2s");
        command.args(plain.then_some("--plain"));
        let mut terminal = Terminal::new(&mut command);
        assert_eq!(terminal.code(), Some(0));
        assert!(terminal.is_given_back());
        assert_eq!(terminal.sent().contains(ENTER), !plain);
        let summary = folder.summary();
        assert_eq!(summary["interventions"], Value::Array(Vec::new()));
        summary["run"]["fingerprint"].clone()
    };
    assert_eq!(fingerprint(true), fingerprint(false));
}

#[test]
fn there_is_no_view_where_somebody_said_so() {
    let cases = [
        (Some("--quiet"), None),
        (None, Some(("TERM", "dumb"))),
        (None, Some(("CI", "true"))),
    ];
    for (arguments, environment) in cases {
        let folder = Folder::new();
        let mut command = run(&folder, None, "1s");
        command.args(arguments).envs(environment);
        let mut terminal = Terminal::new(&mut command);
        assert_eq!(terminal.code(), Some(0));
        assert!(
            !terminal.sent().contains(ENTER),
            "{arguments:?} {environment:?}"
        );
    }
}

#[test]
fn a_run_in_the_background_of_a_terminal_prints_lines_and_is_not_stopped() {
    let folder = Folder::new();
    let run = run(&folder, None, "1s");
    // A session with this terminal, and a shell in it that has jobs.
    let mut command = Command::new("setsid");
    let script = r#""$@" & wait $!; echo "ended with $?" >&2"#;
    command.args(["--ctty", "sh", "-m", "-c", script, "sh"]);
    command.arg(run.get_program()).args(run.get_args());
    command.stdout(folder.stdout());
    command.env_clear().env("TERM", "xterm-256color");
    let mut terminal = Terminal::new(&mut command);
    terminal.wait_for("ended with 0");
    assert_eq!(terminal.code(), Some(0));
    assert!(!terminal.sent().contains(ENTER));
    assert_eq!(folder.summary()["ledger"]["balanced"], true);
}

/// A run without a warning about what begins later: those are told before there is a run.
fn without_warnings(folder: &Folder, duration: &str) -> Command {
    let mut command = run(folder, None, duration);
    for setting in [
        "2.at=500ms",
        "2.arrival.within=500ms",
        "3.at=1s",
        "3.arrival.within=500ms",
    ] {
        command.args(["--set", &format!("traffic.{setting}")]);
    }
    command
}

#[test]
fn a_terminal_that_takes_nothing_does_not_hold_up_the_run() {
    let folder = Folder::new();
    let mut terminal = Terminal::open(&mut without_warnings(&folder, "2s"), true);
    assert_eq!(terminal.code(), Some(0));
    assert_eq!(folder.summary()["ledger"]["balanced"], true);
}

#[test]
fn a_terminal_that_takes_nothing_still_has_keys_that_end_the_run() {
    let folder = Folder::new();
    let mut terminal = Terminal::open(&mut without_warnings(&folder, "60s"), true);
    // It waits in the terminal until somebody reads keys.
    terminal.press("q");
    assert_eq!(terminal.code(), Some(105));
    assert_eq!(folder.summary()["ledger"]["balanced"], true);
}

#[test]
fn a_terminal_that_goes_away_does_not_end_the_run() {
    let folder = Folder::new();
    let mut terminal = Terminal::open(&mut without_warnings(&folder, "2s"), false);
    terminal.go_away();
    assert_eq!(terminal.code(), Some(0));
    assert_eq!(folder.summary()["ledger"]["balanced"], true);
}
