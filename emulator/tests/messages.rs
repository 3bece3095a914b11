//! Golden messages: every type, in every format that makes a difference.
//!
//! The snapshots are the specification; read one before accepting it.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test ends at the unexpected, and picks out what it is about"
)]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

use std::sync::Arc;

use emulator::{
    AlertGroup, ManualMessage, Output, Rendered, Sensor, Severity, SystemEvent,
    alert::{CommandOutputDestination, CommandOutputRequest, RequestKind},
    config::MessageFormat,
};
use jiff::SignedDuration;
use lab::Lab;

/// What every configuration here has; `{format}` and `{more}` differ.
const BRANCH: &str = "version 15.4\n\
    service timestamps log datetime msec\n\
    service call-home\n\
    hostname branch-17\n\
    enable secret 5 $1$abcd$EfGhIjKlMnOpQrStUvWxYz\n\
    no aaa new-model\n\
    clock timezone MST -7 0\n\
    clock summer-time MDT recurring\n\
    call-home\n \
     alert-group-config snapshot\n  \
      add-command \"show clock\"\n  \
      add-command \"show environment\"\n  \
      exit\n \
     contact-email-addr noc@example.com\n \
     phone-number +1-408-555-0100\n \
     street-address \"17 Example Street, <Springfield> & Sons\"\n \
     customer-id ExampleCorp\n \
     contract-id X123456789\n \
     site-id \"Site 17\"\n \
     sender from branch-17@example.com\n \
     sender reply-to noc@example.com\n \
     mail-server smtp.example.com priority 1\n \
     profile noc\n  \
      destination address email noc@example.com\n  \
      destination address email archive@example.com\n  \
      subscribe-to-alert-group all\n";
const ENDING: &str = "interface GigabitEthernet0/0\n ip address 192.0.2.17 255.255.255.0\n!\n\
    snmp-server community s3cret RO\nend\n";

fn branch(profile: &str) -> Lab {
    let mut lab = Lab::seeded(7).with_config(&format!("{BRANCH}{profile}{ENDING}"));
    lab.advance(SignedDuration::from_millis(3_723_041));
    lab
}

/// The body of the first message after `event`, by HTTP, which adds nothing to it.
fn body_of(lab: &mut Lab, act: impl FnOnce(&mut Lab)) -> String {
    act(lab);
    lab.deliver_next().unwrap()
}

const BY_HTTP: &str = "  destination transport-method http\n  \
    no destination transport-method email\n  \
    destination address http https://receiver.example.com/ch\n";

fn manual(message: ManualMessage) -> impl FnOnce(&mut Lab) {
    move |lab| lab.manual(message)
}

fn send(group: AlertGroup) -> impl FnOnce(&mut Lab) {
    let profile = Some(Arc::from("noc"));
    manual(ManualMessage::Send { group, profile })
}

fn link_down(lab: &mut Lab) {
    lab.syslog("%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down");
}

fn power_supply_fails(lab: &mut Lab) {
    lab.raise(SystemEvent::EnvironmentAlarm(Sensor::PowerSupply));
}

/// The first message of `group` after a crash and its boot.
fn crash(lab: &mut Lab) -> String {
    lab.raise(SystemEvent::Crash);
    lab.advance(SignedDuration::from_mins(10));
    loop {
        let message = lab.deliver_next().unwrap();
        if message.contains("System crash") {
            return message;
        }
    }
}

#[test]
fn syslog_in_xml() {
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), link_down));
}

#[test]
fn configuration_in_xml_with_its_secrets_removed() {
    let text = body_of(&mut branch(BY_HTTP), send(AlertGroup::Configuration));
    assert!(!text.contains("$1$abcd") && !text.contains("s3cret"));
    insta::assert_snapshot!(text);
}

#[test]
fn crash_in_xml() {
    insta::assert_snapshot!(crash(&mut branch(BY_HTTP)));
}

#[test]
fn diagnostic_in_xml() {
    let failure = SystemEvent::DiagnosticFailure {
        card: 2,
        severity: Severity::Major,
    };
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), |lab| lab.raise(failure)));
}

#[test]
fn environment_in_xml_with_the_affected_unit() {
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), power_supply_fails));
}

#[test]
fn full_inventory_in_xml() {
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), send(AlertGroup::Inventory)));
}

#[test]
fn inventory_in_xml_of_a_card_taken_out() {
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), |lab| {
        lab.raise(SystemEvent::CardRemoved(1));
    }));
}

#[test]
fn snapshot_in_xml() {
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), send(AlertGroup::Snapshot)));
}

#[test]
fn test_message_in_xml() {
    let test = ManualMessage::Test {
        text: Some("is <anybody> there? & when".into()),
        profile: "noc".into(),
    };
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), manual(test)));
}

#[test]
fn request_in_xml() {
    let request = ManualMessage::Request {
        kind: RequestKind::ConfigSanity,
        profile: Some("noc".into()),
        cco_id: Some("jdoe".into()),
    };
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), manual(request)));
}

#[test]
fn command_output_in_xml_for_a_service_request() {
    let request = ManualMessage::SendCommands(CommandOutputRequest {
        commands: vec!["show clock".into(), "show version".into()],
        destination: CommandOutputDestination::Http {
            forward_to: Some("jdoe@example.com".into()),
        },
        service_request: Some("612345678".into()),
    });
    insta::assert_snapshot!(body_of(&mut branch(BY_HTTP), manual(request)));
}

#[test]
fn syslog_in_long_text() {
    let profile = format!("{BY_HTTP}  destination preferred-msg-format long-text\n");
    insta::assert_snapshot!(body_of(&mut branch(&profile), link_down));
}

#[test]
fn full_inventory_in_long_text() {
    let profile = format!("{BY_HTTP}  destination preferred-msg-format long-text\n");
    insta::assert_snapshot!(body_of(&mut branch(&profile), send(AlertGroup::Inventory)));
}

#[test]
fn environment_in_long_text() {
    let profile = format!("{BY_HTTP}  destination preferred-msg-format long-text\n");
    insta::assert_snapshot!(body_of(&mut branch(&profile), power_supply_fails));
}

#[test]
fn syslog_in_short_text() {
    let profile = format!("{BY_HTTP}  destination preferred-msg-format short-text\n");
    insta::assert_snapshot!(body_of(&mut branch(&profile), link_down));
}

#[test]
fn inventory_in_short_text() {
    let profile = format!("{BY_HTTP}  destination preferred-msg-format short-text\n");
    insta::assert_snapshot!(body_of(&mut branch(&profile), send(AlertGroup::Inventory)));
}

#[test]
fn environment_in_short_text() {
    let profile = format!("{BY_HTTP}  destination preferred-msg-format short-text\n");
    insta::assert_snapshot!(body_of(&mut branch(&profile), power_supply_fails));
}

/// The envelope and the bytes of the next mail.
fn mail(lab: &mut Lab) -> String {
    let transmission = lab.next_transmission().unwrap();
    let (rendered, text) = lab.render(transmission.id);
    assert!(text.replace("\r\n", "").find(['\r', '\n']).is_none());
    format!("{rendered:#?}\n\n{}", text.replace("\r\n", "\n"))
}

#[test]
fn mail_of_seven_bits() {
    let mut lab = branch("  destination preferred-msg-format short-text\n");
    link_down(&mut lab);
    insta::assert_snapshot!(mail(&mut lab));
}

#[test]
fn mail_in_quoted_printable() {
    let mut lab = branch("  destination preferred-msg-format short-text\n");
    lab.syslog("%SYS-3-TEXT: r\u{e9}seau = 100 % \u{20ac} down ");
    insta::assert_snapshot!(mail(&mut lab));
}

#[test]
fn mail_with_command_output_for_a_service_request() {
    let mut lab = branch("");
    lab.manual(ManualMessage::SendCommands(CommandOutputRequest {
        commands: vec!["show clock".into(), "show frobnication".into()],
        destination: CommandOutputDestination::Mail {
            address: "attach@cisco.com".into(),
            format: MessageFormat::LongText,
        },
        service_request: Some("612345678".into()),
    }));
    insta::assert_snapshot!(mail(&mut lab));
}

#[test]
fn anonymous_inventory_mail_identifies_nobody() {
    let mut lab = branch("  anonymous-reporting-only\n");
    lab.manual(ManualMessage::Send {
        group: AlertGroup::Inventory,
        profile: Some("noc".into()),
    });
    let text = mail(&mut lab);
    let serial = lab.device.serial();
    for secret in [
        serial.as_str(),
        "branch-17",
        "noc@example.com\"",
        "ExampleCorp",
        "X123456789",
        "Site 17",
        "555-0100",
        "Example Street",
    ] {
        let told = text.matches(secret).count();
        // The recipient's own address is no secret to it.
        let allowed = if secret.starts_with("noc@") { 1 } else { 0 };
        assert!(told <= allowed, "{secret} is told {told} times");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn anonymous_crash_message_identifies_nobody() {
    let mut lab = branch(&format!("  anonymous-reporting-only\n{BY_HTTP}"));
    let text = crash(&mut lab);
    for secret in [lab.device.serial().as_str(), "branch-17", "example.com"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn anonymous_profiles_take_nothing_but_crash_inventory_and_test() {
    let mut lab = branch("  anonymous-reporting-only\n");
    link_down(&mut lab);
    power_supply_fails(&mut lab);
    assert!(
        !lab.outputs
            .iter()
            .any(|o| matches!(o, Output::Queued { .. }))
    );
    lab.manual(ManualMessage::Test {
        text: None,
        profile: "noc".into(),
    });
    assert!(
        lab.outputs
            .iter()
            .any(|o| matches!(o, Output::Queued { .. }))
    );
}

#[test]
fn a_message_too_large_is_cut_at_line_ends_and_logged() {
    let profile = format!("{BY_HTTP}  destination message-size-limit 6000\n");
    let mut lab = branch(&profile);
    let text = body_of(&mut lab, power_supply_fails);
    assert!(text.len() <= 6000, "{}", text.len());
    assert!(text.contains("*** output truncated: message-size-limit ***\n"));
    assert!(text.ends_with("</soap-env:Envelope>\n"));
    let log = lab.show("show logging");
    assert!(
        log.contains("%CALL_HOME-3-MESSAGE_EXCEED_MAX_SIZE: (profile: noc, event: environment)")
    );
}

#[test]
fn a_message_that_cannot_be_cut_enough_does_not_render() {
    let mut lab = branch(&format!("{BY_HTTP}  destination message-size-limit 500\n"));
    link_down(&mut lab);
    let id = lab.next_transmission().unwrap().id;
    let rendered = lab.device.render(lab.now, id, &mut Vec::new()).unwrap();
    assert_eq!(rendered.unwrap_err().limit_bytes, 500);
}

#[test]
fn text_is_cut_at_the_limit_itself() {
    let profile = format!(
        "{BY_HTTP}  destination preferred-msg-format short-text\n  destination message-size-limit 60\n"
    );
    let text = body_of(&mut branch(&profile), link_down);
    assert_eq!(text.len(), 60);
}

#[test]
fn header_fields_cannot_be_forged_by_what_they_carry() {
    let mut lab = branch("");
    lab.manual(ManualMessage::SendCommands(CommandOutputRequest {
        commands: vec!["show clock".into()],
        destination: CommandOutputDestination::Mail {
            address: "a@example.com\r\nBcc: b@example.com".into(),
            format: MessageFormat::LongText,
        },
        service_request: Some("1\r\nX-Forged: yes".into()),
    }));
    let transmission = lab.next_transmission().unwrap();
    let (_, text) = lab.render(transmission.id);
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.lines()
            .all(|line| !line.starts_with("Bcc") && !line.starts_with("X-Forged"))
    );
}

#[test]
fn the_envelope_names_sender_and_all_recipients() {
    let mut lab = branch("");
    link_down(&mut lab);
    let id = lab.next_transmission().unwrap().id;
    let (rendered, _) = lab.render(id);
    let Rendered::Mail {
        hello_name,
        sender,
        recipients,
    } = rendered
    else {
        panic!("a mail");
    };
    assert_eq!(&*hello_name, "branch-17");
    assert_eq!(&*sender, "branch-17@example.com");
    assert_eq!(recipients.len(), 2);
}
