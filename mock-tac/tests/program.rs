//! The program as a user meets it: command line, printed lines, signals, exit codes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

const SYSLOG: &str = include_str!("data/syslog.xml");

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-tac"));
    command.env_remove("RUST_LOG");
    command
}

/// Runs the program to an end that it finds by itself.
fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// A program that runs, on a port of the system's choice and without web pages.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(["--listen", "127.0.0.1:0", "--web", "off"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("{line:?}"))
            .trim_end()
            .to_owned();
        Self {
            child,
            stdout,
            address,
        }
    }

    /// Sends one message by plain HTTP and gives the reply.
    fn post_plain(&self, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /its/service/oddce/services/DDCEService HTTP/1.0\r\nContent-Type: text/xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Ends the program with a signal and gives what it still printed.
    fn end(mut self, signal: Signal) -> String {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
        let mut printed = String::new();
        self.stdout.read_to_string(&mut printed).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        printed
    }
}

/// Posts the sample with curl; `None` where there is no curl.
fn curl(address: &str, authority: &Path) -> Option<Output> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/syslog.xml");
    Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--cacert"])
        .arg(authority)
        .args(["-H", "Content-Type: text/xml", "--data-binary"])
        .arg(format!("@{sample}"))
        .arg(format!(
            "https://{address}/its/service/oddce/services/DDCEService"
        ))
        .output()
        .ok()
}

fn assert_accepted(output: &Output) {
    let reply = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        reply.contains("<aml-block:Status>accepted<"),
        "{reply}{complaint}"
    );
}

#[test]
fn sigterm_and_sigint_print_the_totals() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let running = Running::start(&["--plain"]);
        assert!(running.post_plain(SYSLOG).contains("200 OK"));
        let printed = running.end(signal);
        assert!(printed.starts_with("received 1 messages"), "{printed}");
    }
}

#[test]
fn a_client_that_trusts_the_written_authority_is_served() {
    let directory = TempDir::new().unwrap();
    let authority = directory.path().join("ca.pem");
    let running = Running::start(&["--ca-out", authority.to_str().unwrap()]);
    let pem = fs::read_to_string(&authority).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    let Some(output) = curl(&running.address, &authority) else {
        running.end(Signal::SIGTERM);
        return;
    };
    assert_accepted(&output);
    assert!(running.end(Signal::SIGTERM).contains("syslog 1"));
}

#[test]
fn a_certificate_of_ones_own_is_served() {
    let directory = TempDir::new().unwrap();
    let (chain, key) = (
        directory.path().join("cert.pem"),
        directory.path().join("key.pem"),
    );
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(&chain, own.cert.pem()).unwrap();
    fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    let running = Running::start(&[
        "--cert",
        chain.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ]);
    if let Some(output) = curl(&running.address, &chain) {
        assert_accepted(&output);
    }
    running.end(Signal::SIGTERM);
}

#[test]
fn accepted_messages_are_stored_up_to_the_limit() {
    let directory = TempDir::new().unwrap();
    let store = directory.path().join("messages");
    let running = Running::start(&[
        "--plain",
        "--store",
        store.to_str().unwrap(),
        "--store-limit",
        "1",
    ]);
    running.post_plain(SYSLOG);
    running.post_plain(include_str!("data/test.xml"));
    let printed = running.end(Signal::SIGTERM);
    assert!(printed.contains("not_stored 1"), "{printed}");
    let stored = fs::read_to_string(store.join("00000001.xml")).unwrap();
    assert_eq!(stored, SYSLOG);
    assert_eq!(fs::read_dir(&store).unwrap().count(), 1);
}

#[test]
fn an_address_in_use_ends_with_106() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for arguments in [
        ["--listen", &address, "--web", "off"],
        ["--listen", "127.0.0.1:0", "--web", &address],
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(106), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("already in use"));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn an_address_that_others_can_reach_needs_a_flag() {
    let output = run(&["--listen", "0.0.0.0:0", "--web", "off"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--allow-remote"));
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    for arguments in [
        &["--ten-kb", "sometimes"][..],
        &["--cert", "cert.pem"],
        &["--plain", "--ca-out", "ca.pem"],
        &["--listen", "nowhere"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let output = run(&[
        "--listen",
        "127.0.0.1:0",
        "--web",
        "off",
        "--cert",
        "absent.pem",
        "--key",
        "absent.pem",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read absent.pem"));
}

#[test]
fn help_names_every_option() {
    let output = run(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    for option in [
        "--listen",
        "--plain",
        "--cert",
        "--key",
        "--ca-out",
        "--any-path",
        "--ten-kb",
        "--store",
        "--store-limit",
        "--web",
        "--allow-remote",
        "106",
    ] {
        assert!(help.contains(option), "{option}");
    }
}

#[test]
fn faults_come_from_a_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("faults.toml");
    let fault = "[[fault]]\nstatus = { code = 503, retry-after = \"1500ms\" }\n";
    fs::write(&path, fault).unwrap();
    let running = Running::start(&["--plain", "--fault", path.to_str().unwrap()]);
    let reply = running.post_plain(SYSLOG);
    assert!(reply.contains("503 Service Unavailable"), "{reply}");
    assert!(reply.contains("retry-after: 2\r\n"), "{reply}");
    let printed = running.end(Signal::SIGTERM);
    assert!(printed.starts_with("received 0 messages"), "{printed}");
    assert!(printed.contains("fault 1"), "{printed}");
}

#[test]
fn a_wrong_file_of_faults_ends_with_104() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("faults.toml");
    // Without TLS there is no handshake that could go wrong.
    fs::write(&path, "[[fault]]\ntls = \"expired\"\n").unwrap();
    let output = run(&["--plain", "--web", "off", "--fault", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(104));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("faults.toml:1: this sink speaks no TLS"),
        "{text}"
    );
}
