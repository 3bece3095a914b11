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
fn a_trustpoint_is_declared_and_authenticated() {
    let mut desk = Desk::privileged();
    let mut text = desk.transcript(&DECLARE);
    text.push_str(&desk.press(b"crypto pki authenticate cisco\r"));
    text.push_str(&desk.press(format!("{PEM}quit\r").as_bytes()));
    for line in [
        "what",
        "yes",
        "end",
        "show crypto pki trustpoints",
        "show crypto pki trustpoints status",
        "show crypto pki certificates",
        "show running-config | section crypto",
    ] {
        text.push_str(&desk.press(format!("{line}\r").as_bytes()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_not_accepted_leaves_no_trace() {
    let mut desk = Desk::privileged();
    let mut text = desk.transcript(&DECLARE);
    text.push_str(&desk.press(b"crypto pki authenticate cisco\r"));
    text.push_str(&desk.press(format!("{PEM}\rno\r").as_bytes()));
    for line in [
        "crypto pki authenticate cisco",
        "this is not base 64",
        "quit",
        "crypto pki authenticate other",
        "crypto pki authenticate",
        "crypto pki trustpoint far",
        "enrollment url http://ca.example.com",
        "revocation-check none",
        "crypto pki authenticate far",
        "crypto pki trustpoint far",
        "no enrollment url http://ca.example.com",
        "crypto pki authenticate far",
        "do show crypto pki certificates",
        "do show crypto pki trustpoints",
        "do show running-config | section crypto",
    ] {
        text.push_str(&desk.press(format!("{line}\r").as_bytes()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_trustpoint_goes_with_its_certificate() {
    let mut desk = authenticated();
    let mut text = String::new();
    for line in [
        "crypto pki authenticate cisco",
        "no crypto pki trustpoint cisco",
        "no",
        "no crypto pki certificate chain cisco",
        "yes",
        "do show crypto pki trustpoints",
        "no crypto pki trustpoint cisco",
        "do show running-config | section crypto",
    ] {
        text.push_str(&desk.press(format!("{line}\r").as_bytes()));
    }
    insta::assert_snapshot!(text);
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
