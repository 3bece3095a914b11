//! `show call-home mail-server status`: a session that waits for the network, and what goes on
//! meanwhile.
//!
//! CG Displaying Call Home Configuration Information; reference, section 5.5.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, script};
use emulator::{Output, Probe, ProbeId, ProbeOutcome, ServerState, SystemEvent, cli::Arrival};

const CONFIGURATION: &str = "service call-home\nhostname edge\ncall-home\n \
     mail-server 192.168.2.1 priority 1\n mail-server user:secret@smtp.example.com priority 2 secure tls\n";
const STATUS: &[u8] = b"show call-home mail-server status\r";
const STATES: &[ServerState] = &[ServerState::NotAvailable, ServerState::Available];

fn probes(desk: &Desk) -> Vec<&Probe> {
    let mut probes = Vec::new();
    for output in &desk.lab.outputs {
        if let Output::Probe(probe) = output {
            probes.push(probe);
        }
    }
    probes
}

#[test]
fn the_configured_mail_servers_are_probed() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.start();
    let mut text = desk.press(STATUS);
    let servers = &probes(&desk)[0].servers;
    let servers: Vec<_> = servers.iter().map(|server| &**server).collect();
    assert_eq!(servers, ["192.168.2.1", "smtp.example.com"]);
    text.push_str(&desk.resume(STATES));
    assert!(text.contains("Secure: none [Not Available]"), "{text}");
}

#[test]
fn without_mail_servers_there_is_nothing_to_probe() {
    let mut desk = Desk::on("ISR4331", "hostname edge\n");
    desk.start();
    let text = desk.press(STATUS);
    assert!(
        text.ends_with("No mail server configured.\nedge#"),
        "{text}"
    );
    assert_eq!(desk.session.waits_for(), None);
}

#[test]
fn what_is_typed_meanwhile_is_taken_up_up_to_a_limit() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.start();
    desk.press(STATUS);
    assert_eq!(desk.press(b"show privilege\rshow cl"), "");
    let text = desk.resume(STATES);
    assert!(
        text.ends_with("edge#show privilege\nCurrent privilege level is 15\nedge#show cl"),
        "{text}"
    );
    desk.press(b"\x15");
    desk.press(STATUS);
    for _ in 0..100 {
        assert_eq!(desk.press(&[b'x'; 1000]), "");
    }
    assert!(desk.resume(STATES).len() < 4096);
}

#[test]
fn interrupting_ends_the_waiting_and_the_outcome_is_dropped() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.start();
    desk.press(STATUS);
    assert_eq!(
        desk.press(b"abc\x03show privilege\r"),
        "\nedge#show privilege\nCurrent privilege level is 15\nedge#"
    );
    assert_eq!(desk.session.waits_for(), None);
    let late = ProbeOutcome::unknown(ProbeId(1));
    assert_eq!(desk.arrives(Arrival::Probe(late)).0, "");
}

#[test]
fn filters_take_the_whole_output() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.start();
    let line = "show call-home mail-server status | include tls";
    assert_eq!(
        desk.press(format!("{line}\r").as_bytes()),
        format!("{line}\n")
    );
    assert_eq!(
        desk.resume(STATES),
        "    Mail-server[2]: Address: smtp.example.com Priority: 2  Secure: tls [Available]\nedge#"
    );
}

#[test]
fn an_outcome_may_come_while_the_output_is_being_paged() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.start();
    desk.press(b"terminal length 2\r");
    assert!(desk.press(STATUS).ends_with(" --More-- "));
    assert_eq!(desk.resume(STATES), "");
    let mut text = String::new();
    for _ in 0..4 {
        text.push_str(&desk.press(b" "));
    }
    assert!(
        text.contains("[Not Available]") && text.contains("edge#"),
        "{text}"
    );
}

#[test]
fn a_reload_meanwhile_ends_the_session() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.start();
    desk.press(STATUS);
    desk.lab.raise(SystemEvent::Reload);
    assert_eq!(desk.resume(STATES), "");
    assert!(desk.session.is_ended());
}

#[test]
fn scripts_wait_too_and_put_lines_off() {
    let mut desk = Desk::with(CONFIGURATION, script());
    desk.line("show call-home mail-server status");
    assert_eq!(desk.line("show privilege").0, "");
    let text = desk.resume(STATES);
    assert!(
        text.ends_with("[Available]\nCurrent privilege level is 15\n"),
        "{text}"
    );
}
