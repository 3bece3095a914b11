//! The program: its first line, its exit codes, its last words.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::client::{ENVELOPE, message};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-smtp"));
    command.args(arguments).env_remove("RUST_LOG");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// A running program that has said where it listens.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on ")
            .expect(&line)
            .parse()
            .unwrap();
        Self {
            child,
            stdout,
            address,
        }
    }

    /// Sends a message and waits until the sink has closed the connection.
    fn deliver(&self) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{}.\r\nQUIT\r\n", message(8));
        stream.write_all(text.as_bytes()).unwrap();
        let mut replies = String::new();
        stream.read_to_string(&mut replies).unwrap();
        assert!(replies.ends_with("221 2.0.0 Bye\r\n"), "{replies}");
    }

    /// What the web address answers to its first request.
    fn web(&mut self, request: &str) -> String {
        let mut log = BufReader::new(self.child.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let (_, url) = line.trim_end().split_once("http://").expect(&line);
        let mut stream = TcpStream::connect(url.trim_end_matches('/')).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    /// Stops the program; gives its exit code and the rest of its output.
    fn stop(mut self, signal: Signal) -> (Option<i32>, String) {
        kill(
            Pid::from_raw(i32::try_from(self.child.id()).unwrap()),
            signal,
        )
        .unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ends a program that a failed test leaves behind; otherwise it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_signal_ends_the_program_with_its_totals() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let program = Running::start(&["--web", "off"]);
        program.deliver();
        let (code, rest) = program.stop(signal);
        assert_eq!(code, Some(0));
        assert!(rest.starts_with("received 1 messages, "), "{rest}");
        assert!(rest.contains("by type\n  syslog 1\n"), "{rest}");
    }
}

#[test]
fn an_address_in_use_is_exit_code_106() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--web", "off", "--listen", &address]);
    assert_eq!(output.status.code(), Some(106));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains(&format!("error: address {address} is already in use")),
        "{text}"
    );
}

#[test]
fn a_web_address_in_use_is_exit_code_106_if_it_was_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--web", &address, "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(106));
}

#[test]
fn an_address_others_can_reach_is_refused_without_permission() {
    let output = run(&["--web", "off", "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("--allow-remote")
    );
}

#[test]
fn what_is_no_address_is_wrong_usage() {
    assert_eq!(run(&["--listen", "nowhere"]).status.code(), Some(2));
}

#[test]
fn the_web_pages_show_the_totals() {
    let mut program = Running::start(&["--web", "127.0.0.1:0"]);
    program.deliver();
    let page = program.web("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(page.contains("\nmock_smtp_received_total 1\n"), "{page}");
}

#[test]
fn messages_are_stored_where_asked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let program = Running::start(&["--web", "off", "--store", path, "--store-limit", "1"]);
    program.deliver();
    program.deliver();
    let (_, totals) = program.stop(Signal::SIGTERM);
    assert!(totals.contains("  not_stored 1\n"), "{totals}");
    let stored = std::fs::read_to_string(directory.path().join("00000001.eml")).unwrap();
    assert_eq!(stored, message(8));
}

#[test]
fn the_certificate_of_the_authority_is_written_where_asked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    let program = Running::start(&["--web", "off", "--tls", "--ca-out", path.to_str().unwrap()]);
    let pem = std::fs::read_to_string(&path).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    assert_eq!(program.stop(Signal::SIGTERM).0, Some(0));
}

#[test]
fn faults_come_from_a_file_and_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("faults.toml");
    let fault = "[[fault]]\ntarget = \"smtp\"\nreply = { stage = \"quit\", code = 221, text = \"2.0.0 Bye\" }\n";
    std::fs::write(&path, fault).unwrap();
    let mut program = Running::start(&["--web", "127.0.0.1:0", "--fault", path.to_str().unwrap()]);
    program.deliver();
    let list =
        program.web("GET /api/faults HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(list.contains("\"applied\":1"), "{list}");
}

#[test]
fn a_wrong_file_of_faults_is_exit_code_104() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("faults.toml");
    std::fs::write(&path, "[[fault]]\nstatus = { code = 503 }\n").unwrap();
    let output = run(&["--web", "off", "--fault", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(104));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("faults.toml:1: `status` is about replies of HTTP"),
        "{text}"
    );
}
