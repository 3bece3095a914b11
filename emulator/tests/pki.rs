//! Trustpoints at the command line. Guide: Declare and Authenticate a CA Trustpoint; reference: Call
//! Home, section 1.8.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::Desk;

/// An authority; see `emulator::certificate`.
const PEM: &str = include_str!("support/lab-root.pem");

const DECLARE: [&str; 4] = [
    "configure terminal",
    "crypto pki trustpoint cisco",
    "enrollment terminal",
    "exit",
];

/// A console in configuration mode, with a trustpoint that has the authority's certificate.
fn authenticated() -> Desk {
    let mut desk = Desk::privileged();
    desk.transcript(&DECLARE);
    desk.press(b"crypto pki authenticate cisco\r");
    desk.press(format!("{PEM}\nyes\r").as_bytes());
    desk
}

#[test]
fn certificates_are_saved_and_pasted_back() {
    let mut desk = authenticated();
    desk.transcript(&["end", "write memory"]);
    let configuration = desk.lab.device.configuration().clone();
    assert_eq!(*desk.lab.device.startup_configuration(), configuration);
    let source = configuration.source();
    let read = emulator::config::parse::parse(&source);
    assert!(read.is_clean(), "{:?}", read.diagnostics);
    assert_eq!(read.configuration, configuration);

    let mut other = Desk::with("hostname edge\n", desk::privileged());
    other.press(b"configure terminal\r");
    let pasted = other.press(source.replace('\n', "\r").as_bytes());
    assert!(!pasted.contains('%'), "{pasted}");
    assert_eq!(*other.lab.device.configuration(), configuration);
}
