//! Call Home at the command line: transcripts of its outputs, messages and replies.
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

/// Everything that outputs show, set to something.
const FULL: &str = "\
service call-home
hostname edge
call-home
 no alert-group syslog
 alert-group-config snapshot
  add-command \"show version\"
  add-command \"show clock\"
 contact-email-addr technical@example.com
 phone-number \"+1-408-555-1234\"
 street-address \"1234 Picaboo Street, Any city, Any state, 12345\"
 customer-id \"ExampleCorp\"
 contract-id \"X123456789\"
 site-id \"SantaClara\"
 sender from router@example.com
 sender reply-to support@example.com
 source-interface GigabitEthernet1
 vrf Mgmt-intf
 mail-server 192.168.2.1 priority 1
 mail-server user:secret@223.255.254.254 priority 2 secure tls
 http-proxy \"192.168.1.1\" port 80
 http resolve-hostname ipv4-first
 no http secure server-identity-check
 rate-limit 30
 aaa-authorization
 aaa-authorization username cisco
 data-privacy level high
 data-privacy hostname
 no syslog-throttling
 profile \"CiscoTAC-1\"
  active
  destination transport-method http
 profile \"campus-noc\"
  destination preferred-msg-format long-text
  destination message-size-limit 100000
  destination transport-method http
  destination address email noc@example.com
  destination address email pager@example.com
  destination address http https://receiver.example.com/ch
  subscribe-to-alert-group configuration periodic weekly monday 14:30
  subscribe-to-alert-group crash
  subscribe-to-alert-group environment severity minor
  subscribe-to-alert-group snapshot periodic hourly 5
  subscribe-to-alert-group syslog severity debugging pattern \".*CALL_LOOP.*\"
  subscribe-to-alert-group syslog severity major pattern \"a pattern of more than 24 characters\"
 profile \"Bare\"
  no active
  no reporting smart-call-home-data
";

const PAGES: &[&str] = &[
    "show call-home",
    "show call-home alert-group",
    "show call-home detail",
    "show call-home profile all",
    "show call-home profile CAMPUS-noc",
    "show call-home profile nobody",
    "show call-home statistics",
    "show call-home events",
    "show call-home version",
    "show call-home smart-licensing",
    "show call-home diagnostic-signature",
];

/// CG Displaying Call Home Configuration Information; CR `show call-home`.
#[test]
fn outputs_of_version_3() {
    insta::assert_snapshot!(Desk::on("ISR4331", FULL).transcript(PAGES));
}

/// The same of a device that nobody has configured.
#[test]
fn outputs_of_version_3_without_configuration() {
    insta::assert_snapshot!(Desk::on("ISR4331", "hostname edge\n").transcript(&[
        "show call-home",
        "show call-home profile all",
        "show call-home events",
        "show call-home smart-licensing",
    ]));
}

/// CG, the samples of `show call-home` on 15M&T.
#[test]
fn outputs_of_version_2() {
    insta::assert_snapshot!(Desk::on("CISCO2951", FULL).transcript(PAGES));
}

/// CG, the samples of older images: five alert groups and fewer settings.
#[test]
fn outputs_of_the_first_version() {
    insta::assert_snapshot!(Desk::on("AS54XM-AC-RPS", FULL).transcript(PAGES));
}

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
        "show call-home statistics | begin In-Queue",
    ];
    let mut transcript = desk.transcript(&lines);
    desk.lab.answer(|_| AttemptOutcome::Accepted);
    transcript.push_str(&desk.press(b"show call-home statistics\r"));
    insta::assert_snapshot!(transcript);
    let statistics = desk.lab.device.statistics();
    let sent = |kind, transport| statistics.get(Counter::Success, kind, transport);
    assert_eq!(sent(MessageType::Test, Transport::Email), 2);
    assert_eq!(sent(MessageType::CommandOutput, Transport::Http), 1);
}

/// CR, restrictions of the same commands; replies of the reference, section 10.2.
#[test]
fn messages_by_hand_are_refused_with_a_reason() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    insta::assert_snapshot!(desk.transcript(&[
        "call-home test profile nobody",
        "call-home test",
        "call-home send alert-group environment",
        "call-home send alert-group diagnostic module 1",
        "call-home send alert-group diagnostic slot Z9",
        "call-home send alert-group snapshot",
        "call-home send alert-group inventory",
        "call-home send show clock email a@example.com",
        "call-home send \"show clock\" email nobody",
        "call-home send \"show clock\"",
        "call-home request frobnicate",
        "call-home request bugs-list",
        "configure terminal",
        "call-home",
        "no mail-server all",
        "rate-limit 1",
        "no alert-group inventory",
        "end",
        "call-home send alert-group inventory",
        "call-home send alert-group inventory profile noc",
        "call-home test profile noc",
        "configure terminal",
        "no service call-home",
        "end",
        "call-home test profile noc",
        "show logging | include CALL_HOME",
    ]));
}

/// Reference, section 8.2: what the log says when the network refuses.
#[test]
fn what_did_not_get_through_is_logged() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    desk.transcript(&[
        "call-home test profile noc",
        "call-home request bugs-list profile noc",
    ]);
    desk.lab.answer(|_| AttemptOutcome::Failed);
    insta::assert_snapshot!(desk.press(b"show logging | include CALL_HOME\r"));
}

/// CR `call-home reporting`: one command configures everything and registers the device.
#[test]
fn reporting_is_one_command() {
    let mut desk = Desk::on("ISR4331", "hostname edge\n");
    insta::assert_snapshot!(desk.transcript(&[
        "call-home reporting contact-email-addr nobody",
        "call-home reporting contact-email-addr me@example.com http-proxy 1.1.1.1 port 1",
        "show running-config | section call-home",
        "call-home reporting anonymous",
        "show running-config | section call-home",
    ]));
    let sent = std::iter::from_fn(|| desk.lab.next_transmission())
        .next()
        .unwrap();
    assert_eq!(sent.route.transport(), Transport::Http);
}

/// Reference, sections 10.2 and 10.3: what configuration commands say.
#[test]
fn configuration_commands_reply() {
    insta::assert_snapshot!(Desk::on("ISR4331", CONFIGURATION).transcript(&[
        "configure terminal",
        "call-home",
        "contact-email-addr nobody",
        "contact-email-addr sch-smart-licensing@cisco.com",
        "phone-number 12345",
        "mail-server 192.0.2.1 priority 2",
        "no mail-server 192.0.2.1",
        "no mail-server 192.0.2.9",
        "no mail-server all",
        "copy profile nobody x",
        "copy profile noc CISCOtac-1",
        "copy profile noc x",
        "copy profile noc X",
        "rename profile x noc",
        "rename profile CiscoTAC-1 y",
        "rename profile x y",
        "no profile CiscoTAC-1",
        "no profile nobody",
        "alert-group-config snapshot",
        "add-command \"show clock\"",
        "add-command",
        "profile noc",
        "no destination transport-method email",
        "destination address http ftp://x",
        "subscribe-to-alert-group syslog pattern (",
        "profile CiscoTAC-1",
        "destination transport-method http",
        "destination transport-method email",
        "destination preferred-msg-format long-text",
        "subscribe-to-alert-group crash",
        "do show running-config | section call-home",
    ]));
}

/// CG diagnostic signatures, outputs; reference, section 1.4.
#[test]
fn diagnostic_signatures_are_configured() {
    let mut desk = Desk::on("ISR4331", CONFIGURATION);
    insta::assert_snapshot!(desk.transcript(&[
        "configure terminal",
        "call-home",
        "diagnostic-signature",
        "profile noc",
        "environment ds_mail noc@example.com",
        "active",
        "do show call-home diagnostic-signature",
        "no active",
        "end",
        "show running-config | section call-home",
        "show call-home diagnostic-signature",
    ]));
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

/// Reference, section 6.5.
#[test]
fn debugging_is_turned_on_and_off() {
    insta::assert_snapshot!(Desk::on("ISR4331", CONFIGURATION).transcript(&[
        "show debugging",
        "debug call-home event",
        "debug call-home all",
        "undebug call-home error",
        "show debugging",
        "undebug all",
        "show debugging",
    ]));
}

/// CR `crashdump-timeout`, `frame-relay redundancy auto-sync lmi-sequence-numbers`, `clear ip rsvp
/// high-availability counters`.
#[test]
fn high_availability_commands() {
    insta::assert_snapshot!(Desk::on("ISR4331", "hostname edge\n").transcript(&[
        "clear ip rsvp high-availability counters",
        "configure terminal",
        "frame-relay redundancy auto-sync lmi-sequence-numbers",
        "frame-relay switching",
        "redundancy",
        "mode sso",
        "crashdump-timeout 10",
        "crashdump-timeout 4",
        "crashdump-timeout 18:01",
        "crashdump-timeout 1:30",
        "do show running-config | section redundancy",
        "no crashdump-timeout",
        "no frame-relay redundancy auto-sync lmi-sequence-numbers",
        "do show running-config | section redundancy",
    ]));
}
