//! Call Home at the command line: what its commands do beside what they print, which the catalogue of
//! transcripts holds.
//!
//! Each test names the section of the guide (CG, *Configuring Call Home*) or of the command reference
//! (CR) that it is about.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::{CONFIGURATION, Desk};
use emulator::{AttemptOutcome, MessageType, Transport, call_home::Counter};

/// CG Sending Call Home Communications Manually; CR `call-home test`, `call-home send alert-group`,
/// `call-home request`, `call-home send`.
#[test]
fn messages_are_sent_by_hand() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    let lines = [
        "call-home test profile noc",
        "call-home test \"hello world\" profile NOC",
        "call-home send alert-group configuration profile noc",
        "call-home send alert-group diagnostic slot R0 profile noc",
        "call-home request config-sanity profile noc ccoid someone",
        "call-home request output-analysis \"show clock\" profile noc",
        "call-home send \"show clock; show version\" email a@example.com",
        "call-home send \"show clock\" email a@example.com msg-format xml tac-service-request 612345678",
        "call-home send \"show clock\" tac-service-request 612345678",
        "call-home send \"show clock\" http destination-email-address a@example.com",
    ];
    desk.transcript(&lines);
    desk.lab.answer(|_| AttemptOutcome::Accepted);
    let statistics = desk.lab.device.statistics();
    let sent = |kind, transport| statistics.get(Counter::Success, kind, transport);
    assert_eq!(sent(MessageType::Test, Transport::Email), 2);
    assert_eq!(sent(MessageType::CommandOutput, Transport::Http), 1);
}

/// CR `call-home reporting`: one command configures everything and registers the device.
#[test]
fn reporting_is_one_command() {
    let mut desk = Desk::on("ISR4331", "hostname edge\n");
    desk.transcript(&[
        "call-home reporting contact-email-addr nobody",
        "call-home reporting contact-email-addr me@example.com http-proxy 1.1.1.1 port 1",
        "call-home reporting anonymous",
    ]);
    let sent = std::iter::from_fn(|| desk.lab.next_transmission())
        .next()
        .unwrap();
    assert_eq!(sent.route.transport(), Transport::Http);
}

/// CG diagnostic signatures, outputs; reference, section 1.4.
#[test]
fn diagnostic_signatures_are_read_back() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.transcript(&[
        "configure terminal",
        "call-home",
        "diagnostic-signature",
        "profile noc",
        "environment ds_mail noc@example.com",
        "no active",
        "end",
    ]);
    let source = desk.lab.device.configuration().source();
    let parsed = emulator::config::parse::parse(&source);
    assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
    assert_eq!(parsed.configuration.source(), source);
}

/// In files the indentation tells whose `profile` a line is.
#[test]
fn a_file_may_hold_diagnostic_signatures_before_its_profiles() {
    let text =
        "call-home\n diagnostic-signature\n  no active\n  profile noc\n profile noc\n  no active\n";
    let parsed = emulator::config::parse::parse(text);
    assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
    let settings = parsed.configuration.call_home;
    assert!(!settings.diagnostic_signature.active);
    assert_eq!(settings.diagnostic_signature.profile_name(), "noc");
    assert!(!settings.profile("noc").unwrap().active);
}
