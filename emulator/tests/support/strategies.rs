//! Random configurations, policies and events for property tests.

use emulator::{
    AlertGroup, ManualMessage, Policy, Sensor, Severity, SystemEvent,
    policy::{RateUnit, SizePolicy},
};
use proptest::prelude::*;

pub(crate) fn schedule() -> impl Strategy<Value = String> {
    let time = || (0_u8..24, 0_u8..60).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    prop_oneof![
        time().prop_map(|at| format!("daily {at}")),
        (
            prop::sample::select(&["monday", "thursday", "sunday"]),
            time()
        )
            .prop_map(|(day, at)| format!("weekly {day} {at}")),
        (1_u8..=31, time()).prop_map(|(date, at)| format!("monthly {date} {at}")),
    ]
}

pub(crate) fn severity() -> impl Strategy<Value = &'static str> {
    prop::sample::select(Severity::ALL.map(Severity::keyword).to_vec())
}

pub(crate) fn profile_line() -> impl Strategy<Value = String> {
    let group = || prop::sample::select(vec!["configuration", "inventory"]);
    prop_oneof![
        Just("no active".to_owned()),
        Just("anonymous-reporting-only".to_owned()),
        Just("no reporting smart-call-home-data".to_owned()),
        Just("destination transport-method http".to_owned()),
        Just("no destination transport-method email".to_owned()),
        "[a-z]{1,8}@example\\.com".prop_map(|email| format!("destination address email {email}")),
        "[a-z/{}]{0,12}"
            .prop_map(|path| format!("destination address http https://sink.example/{path}")),
        prop::sample::select(vec!["long-text", "short-text", "xml"])
            .prop_map(|format| format!("destination preferred-msg-format {format}")),
        (50_u32..40_000).prop_map(|bytes| format!("destination message-size-limit {bytes}")),
        Just("subscribe-to-alert-group all".to_owned()),
        (
            prop::sample::select(vec!["diagnostic", "environment"]),
            severity()
        )
            .prop_map(|(group, severity)| format!(
                "subscribe-to-alert-group {group} severity {severity}"
            )),
        (group(), schedule())
            .prop_map(|(group, when)| format!("subscribe-to-alert-group {group} periodic {when}")),
        (1_u8..=60)
            .prop_map(|n| format!("subscribe-to-alert-group snapshot periodic interval {n}")),
        (severity(), "[A-Za-z0-9 .|%-]{0,10}[A-Z](\\.\\*)?").prop_map(|(severity, pattern)| {
            format!("subscribe-to-alert-group syslog severity {severity} pattern \"{pattern}\"")
        }),
    ]
}

pub(crate) fn block_line() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(AlertGroup::ALL.map(AlertGroup::keyword).to_vec())
            .prop_map(|group| format!(" no alert-group {group}")),
        "[a-z]{1,8}@example\\.com".prop_map(|email| format!(" contact-email-addr {email}")),
        "[ -!#-~]{0,30}[!#-~]".prop_map(|text| format!(" street-address \"{text}\"")),
        "[ -!#-~]{0,30}[!#-~]".prop_map(|text| format!(" site-id \"{text}\"")),
        ("[a-z]{1,8}", 1_u8..=100, prop::bool::ANY).prop_map(|(host, priority, tls)| {
            let secure = if tls { " secure tls" } else { "" };
            format!(" mail-server {host} priority {priority}{secure}")
        }),
        (1_u8..=60).prop_map(|limit| format!(" rate-limit {limit}")),
        Just(" no syslog-throttling".to_owned()),
        Just(" data-privacy level high".to_owned()),
        Just(" data-privacy hostname".to_owned()),
        Just(" http-proxy 192.0.2.1 port 8080".to_owned()),
        Just(" source-interface GigabitEthernet0/0".to_owned()),
        Just(" alert-group-config snapshot\n  add-command \"show clock\"\n  exit".to_owned()),
        Just(" profile CiscoTAC-1\n  active\n  exit".to_owned()),
        Just(" profile CiscoTAC-1\n  destination transport-method http\n  exit".to_owned()),
    ]
}

pub(crate) fn global_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("hostname {hostname}-{index:03}".to_owned()),
        Just("clock timezone CET 1 0\nclock summer-time CEST recurring last Sun Mar 2:00 last Sun Oct 3:00".to_owned()),
        Just("service timestamps log datetime msec localtime show-timezone year".to_owned()),
        (4096_u32..100_000).prop_map(|bytes| format!("logging buffered {bytes}")),
        Just("interface GigabitEthernet0/0\n description {serial} {not a slot}\n\tip address 192.0.2.1 255.255.255.0".to_owned()),
        Just("banner motd ^C\nservice desk: call \"home\"\n!\nhostname x\n^C".to_owned()),
        Just("banner login #\n call-home\n#".to_owned()),
        Just("aaa new-model\naaa authentication login default local".to_owned()),
        Just("no ip http server".to_owned()),
        Just("service password-encryption".to_owned()),
        Just("snmp-server enable traps\nsnmp-server enable traps call-home server-fail".to_owned()),
        Just("vrf definition Mgmt-intf\n !\n address-family ipv4\n exit-address-family".to_owned()),
        Just("ip domain name example.net".to_owned()),
        "[a-z]{3,9}( [!-~&&[^\"]]{1,9}){1,3}".prop_map(|line| format!("xx{line}")),
    ]
}

/// Configurations that a device takes without complaint.
pub(crate) fn configuration() -> impl Strategy<Value = String> {
    let lines = |line: BoxedStrategy<String>, most| prop::collection::vec(line, 0..most);
    (
        prop::bool::weighted(0.9),
        lines(global_line().boxed(), 5),
        lines(block_line().boxed(), 7),
        prop::collection::vec(lines(profile_line().boxed(), 7), 0..4),
        lines(global_line().boxed(), 3),
    )
        .prop_map(|(service, before, block, profiles, after)| {
            let mut text = String::new();
            if service {
                text.push_str("service call-home\n");
            }
            for line in before {
                text.push_str(&line);
                text.push('\n');
            }
            text.push_str("call-home\n");
            let mut servers = 0;
            for line in block {
                servers += usize::from(line.contains("mail-server"));
                if servers <= 5 || !line.contains("mail-server") {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
            // Backwards, so that the order of entry is not that of the alphabet.
            for (number, lines) in profiles.iter().enumerate().rev() {
                text.push_str(&format!(" profile \"user {number}\"\n"));
                for line in lines {
                    text.push_str(&format!("  {line}\n"));
                }
            }
            for line in after {
                text.push_str(&line);
                text.push('\n');
            }
            text
        })
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Raise(SystemEvent),
    Send(ManualMessage),
    Advance(i64),
    /// Answers so many transmissions, each with the outcome of this number.
    Answer(Vec<u8>),
}

pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "(]]>|<!\\[CDATA\\[|&|<|>|\"|\u{0}|\u{7}|\r|\n|\u{FFFE}|\u{FFFF}|\u{20AC}|=|\\.|x){0,40}",
        "[a-z \\]>]{10000}",
    ]
}

pub(crate) fn event() -> impl Strategy<Value = SystemEvent> {
    prop_oneof![
        8 => (0_u8..8, 0_u8..40).prop_map(|(level, number)| {
            SystemEvent::Syslog(format!("%LINK-{level}-UPDOWN: Interface number {number}").into())
        }),
        1 => hostile_text().prop_map(|text| SystemEvent::Syslog(format!("%SYS-2-TEXT: {text}").into())),
        1 => Just(SystemEvent::EnvironmentAlarm(Sensor::PowerSupply)),
        1 => Just(SystemEvent::EnvironmentAlarm(Sensor::Fan)),
        1 => Just(SystemEvent::Traceback),
        1 => (0_u8..9).prop_map(SystemEvent::CardRemoved),
        1 => (0_u8..9).prop_map(SystemEvent::CardInserted),
        1 => (0_u8..9).prop_map(|card| SystemEvent::DiagnosticFailure { card, severity: Severity::Major }),
        1 => Just(SystemEvent::ConfigurationChanged { by: "console".into() }),
        1 => Just(SystemEvent::Crash),
        1 => Just(SystemEvent::Reload),
        1 => Just(SystemEvent::PowerLost),
        2 => Just(SystemEvent::PowerRestored),
    ]
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let manual = prop_oneof![
        Just(ManualMessage::Test {
            text: None,
            profile: "user 0".into()
        }),
        prop::sample::select(AlertGroup::ALL.to_vec()).prop_map(|group| ManualMessage::Send {
            group,
            profile: None
        }),
        Just(ManualMessage::Send {
            group: AlertGroup::Inventory,
            profile: Some("user 1".into())
        }),
    ];
    prop_oneof![
        6 => event().prop_map(Act::Raise),
        1 => manual.prop_map(Act::Send),
        2 => (0_i64..400_000).prop_map(Act::Advance),
        3 => prop::collection::vec(0_u8..6, 0..6).prop_map(Act::Answer),
    ]
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    (
        1_usize..20,
        prop::bool::ANY,
        prop::bool::ANY,
        prop::bool::ANY,
    )
        .prop_map(
            |(queue_messages_max, by_event, drop, scrub_header)| Policy {
                queue_messages_max,
                rate_unit: if by_event {
                    RateUnit::Event
                } else {
                    RateUnit::Message
                },
                size_policy: if drop {
                    SizePolicy::Drop
                } else {
                    SizePolicy::Truncate
                },
                scrub_header,
                ..Policy::default()
            },
        )
}
