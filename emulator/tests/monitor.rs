//! What a device logs on the terminals that look on, debugging included, and when events last became
//! messages. Reference: Call Home, sections 5.7 and 6.5.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::{CONFIGURATION, Desk, privileged, script, shown};
use emulator::{
    SystemEvent,
    cli::{Line, Settings},
};

const FLAP: &str = "%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down";
const NOTE: &str = "%SYS-5-PRIV_AUTH_PASS: Privilege level set to 15 by console";

/// What a terminal is sent because the device has logged something.
fn news(desk: &mut Desk) -> String {
    let mut out = Vec::new();
    desk.session.show_log(&desk.lab.device, &mut out);
    shown(&out)
}

/// What a terminal is sent while `line` is logged.
fn log(desk: &mut Desk, line: &str) -> String {
    desk.lab.raise(SystemEvent::Syslog(line.into()));
    news(desk)
}

fn vty() -> Settings {
    Settings {
        line: Line::Vty(0),
        ..privileged()
    }
}

#[test]
fn the_console_shows_what_is_logged_and_breaks_the_line_being_typed() {
    let mut desk = Desk::privileged();
    desk.start();
    desk.press(b"show cl");
    let text = log(&mut desk, FLAP);
    assert_eq!(text, format!("\n*Mar 14 10:50:00.000: {FLAP}\n"));
    assert_eq!(news(&mut desk), "");
    assert!(desk.press(b"ock\r").contains("10:50:00"));
}

#[test]
fn a_synchronous_line_shows_the_line_being_typed_again() {
    let mut desk = Desk::privileged();
    desk.transcript(&["conf t", "line con 0", "logging synchronous", "end"]);
    let text = news(&mut desk);
    assert!(text.ends_with("by console\nedge#"), "{text}");
    desk.press(b"show clok\x1b[D");
    let text = log(&mut desk, FLAP);
    assert!(
        text.ends_with(&format!("{FLAP}\nedge#show clok^H")),
        "{text}"
    );
}

#[test]
fn the_console_is_silenced_or_limited_by_its_configuration() {
    let mut desk = Desk::privileged();
    desk.transcript(&["conf t", "no logging console"]);
    assert_eq!(log(&mut desk, FLAP), "");
    desk.press(b"logging console errors\r");
    assert_eq!(log(&mut desk, NOTE), "");
    assert!(log(&mut desk, FLAP).contains("UPDOWN"));
    desk.press(b"logging console 5\r");
    assert!(log(&mut desk, NOTE).contains("PRIV_AUTH"));
}

#[test]
fn a_virtual_terminal_shows_what_is_logged_while_it_monitors() {
    let mut desk = Desk::with(CONFIGURATION, vty());
    desk.start();
    assert!(!desk.session.listens());
    assert_eq!(log(&mut desk, FLAP), "");
    desk.press(b"terminal monitor\r");
    assert!(desk.session.listens());
    // What was logged before is history.
    assert_eq!(news(&mut desk), "");
    assert!(log(&mut desk, FLAP).contains("UPDOWN"));
    desk.transcript(&["conf t", "logging monitor errors", "end"]);
    assert_eq!(news(&mut desk), "");
    desk.press(b"terminal no monitor\r");
    assert_eq!(log(&mut desk, FLAP), "");
}

#[test]
fn scripts_and_pages_are_not_disturbed() {
    let mut desk = Desk::with(CONFIGURATION, script());
    desk.start();
    assert_eq!(log(&mut desk, FLAP), "");

    let mut desk = Desk::privileged();
    desk.session.resize(80, 5);
    desk.press(b"show version\r");
    assert_eq!(log(&mut desk, FLAP), "");
    desk.press(b"q");
    assert!(news(&mut desk).contains("UPDOWN"));
}
