//! The clock of a device, set by hand. Command reference: `clock set`.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use emulator::{Output, SystemEvent};
use jiff::{SignedDuration, Timestamp};

#[test]
fn what_is_set_shows_in_clock_and_log() {
    let mut desk = Desk::privileged();
    insta::assert_snapshot!(desk.transcript(&[
        "show clock",
        "clock set 23:59:59 31 December 2029",
        "show clock",
        "clock set 8:05:00 mar 1 2030",
        "show clock",
        "configure terminal",
        "clock timezone EST -5",
        "ntp server 192.0.2.1",
        "do show clock",
        "do clock set 12:00:00 2 March 2030",
        "end",
        "show version | include restarted",
        "show logging | include SYS-",
        "clock set 24:00:00 1 March 2030",
        "clock set 12:00 1 March 2030",
        "clock set 12:00:00 31 February 2030",
        "clock set 12:00:00 1 March 1992",
        "clock set 12:00:00",
    ]));
}

/// When the device is due next, how far from where the lab stands.
fn due_in(desk: &Desk) -> SignedDuration {
    let due = desk.lab.device.next_deadline().unwrap();
    due.duration_since(desk.lab.now)
}

#[test]
fn schedules_go_by_the_clock_that_was_set() {
    let mut desk = Desk::privileged();
    desk.transcript(&[
        "conf t",
        "call-home",
        "profile noc",
        "subscribe-to-alert-group inventory periodic daily 12:00",
        "end",
        "clock set 11:50:00 14 March 2026",
    ]);
    assert_eq!(due_in(&desk), SignedDuration::from_mins(10));
    // What the clock leaps over does not happen.
    desk.transcript(&["clock set 13:00:00 14 March 2026"]);
    assert_eq!(due_in(&desk), SignedDuration::from_hours(23));
    desk.lab.outputs.clear();
    desk.lab.advance(SignedDuration::from_hours(23));
    let triggered = |output: &Output| matches!(output, Output::Trigger { .. });
    assert!(
        desk.lab.outputs.iter().any(triggered),
        "{:?}",
        desk.lab.outputs
    );
    assert_eq!(due_in(&desk), SignedDuration::from_hours(24));
}

#[test]
fn messages_carry_the_time_that_was_set_and_identifiers_their_own() {
    let mut desk = Desk::privileged();
    desk.transcript(&["clock set 12:00:00 1 March 2033"]);
    desk.lab.outputs.clear();
    let line = "%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down";
    desk.lab.raise(SystemEvent::Syslog(line.into()));
    let mut sent = desk.lab.outputs.iter().filter_map(|output| {
        if let Output::Transmit(transmission) = output {
            Some(transmission.id)
        } else {
            None
        }
    });
    let id = sent.next().unwrap();
    let seconds = u32::try_from(desk.lab.now.as_second()).unwrap();
    assert!(id.to_string().ends_with(&format!("{seconds:08X}")), "{id}");
    let mut text = Vec::new();
    let (now, device) = (desk.lab.now, &desk.lab.device);
    device.render(now, id, &mut text).unwrap().unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("2033-03-01 12:00"), "{text}");
}

#[test]
fn a_boot_sets_the_clock_back() {
    let mut desk = Desk::privileged();
    desk.transcript(&["clock set 12:00:00 1 March 2033"]);
    desk.lab.raise(SystemEvent::Reload);
    desk.lab.advance(SignedDuration::from_hours(1));
    let shown: Timestamp = desk.lab.now;
    let year = format!("{}", shown.strftime("%Y"));
    let mut out = Vec::new();
    desk.lab
        .device
        .push_command_output(&mut out, "show clock", shown);
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.starts_with('*') && out.trim_end().ends_with(&year),
        "{out}"
    );
}
