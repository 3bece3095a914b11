//! Every model of the catalogue: its messages, its outputs, its agreement with itself.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test ends at the unexpected, and picks out what it is about"
)]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

use emulator::{
    AlertGroup, AttemptOutcome, Catalogue, Input, ManualMessage, MessageType, Output, Sensor,
    Severity, SystemEvent,
    alert::{CommandOutputDestination, CommandOutputRequest, RequestKind},
    cli::{Session, Settings},
    config::MessageFormat,
};
use jiff::SignedDuration;
use lab::Lab;

/// The models, by PID.
fn models() -> Vec<String> {
    let catalogue = Catalogue::built_in().unwrap();
    catalogue.iter().map(|model| model.pid.clone()).collect()
}

fn bench(model: &str, format: MessageFormat) -> Lab {
    Lab::seeded(7)
        .on(model)
        .with_index(17)
        .with_config(&format!(
            "service call-home\nhostname edge\ncall-home\n contact-email-addr noc@example.com\n \
         mail-server smtp.example.com priority 1\n alert-group-config snapshot\n  \
         add-command \"show clock\"\n  exit\n rate-limit 60\n profile noc\n  \
         destination preferred-msg-format {}\n  destination address email noc@example.com\n  \
         destination transport-method http\n  no destination transport-method email\n  \
         destination address http https://sink.example.com/\n  subscribe-to-alert-group all\n",
            format.keyword()
        ))
}

/// Makes the device send a message of every type it has.
fn everything(lab: &mut Lab) {
    lab.syslog("%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down");
    lab.raise(SystemEvent::EnvironmentAlarm(Sensor::PowerSupply));
    lab.raise(SystemEvent::DiagnosticFailure {
        card: 0,
        severity: Severity::Major,
    });
    lab.raise(SystemEvent::Traceback);
    for group in AlertGroup::ALL {
        lab.raise(SystemEvent::Manual(ManualMessage::Send {
            group,
            profile: None,
        }));
    }
    lab.manual(ManualMessage::Test {
        text: None,
        profile: "noc".into(),
    });
    lab.manual(ManualMessage::Request {
        kind: RequestKind::ProductAdvisory,
        profile: Some("noc".into()),
        cco_id: None,
    });
    lab.manual(ManualMessage::SendCommands(CommandOutputRequest {
        commands: vec!["show version".into()],
        destination: CommandOutputDestination::Http { forward_to: None },
        service_request: None,
    }));
}

/// Commands that only some families have, and how the models that have them begin.
const OF_SOME: &[(&str, &[&str])] = &[
    ("show boot", &["WS-C3750E"]),
    (
        "show bootvar",
        &["CISCO", "AS54", "CSR", "ISR", "ASR", "WS-C4507"],
    ),
    (
        "show diag",
        &["CISCO2811", "CISCO3845", "CISCO1941", "CISCO2951", "AS54"],
    ),
    ("show module", &["WS-"]),
    ("show platform", &["CISCO", "AS54", "CSR", "ISR", "ASR"]),
    ("show redundancy", &["CSR", "ISR", "ASR", "WS-C4507"]),
    ("show redundancy states", &["CSR", "ISR", "ASR", "WS-C4507"]),
    ("show switch", &["WS-C3750E"]),
    ("show switch detail", &["WS-C3750E"]),
];

#[test]
fn every_model_has_what_its_family_has() {
    let session = Session::open(Settings {
        privilege: 15,
        ..Settings::default()
    });
    for model in models() {
        let lab = Lab::seeded(7).on(&model);
        for (line, families) in OF_SOME {
            let form = session.understands(&lab.device, line);
            // An abbreviation of another command does not count.
            let is_its_own = form.is_some_and(|form| form.to_string() == format!("Exec: {line}"));
            let expected = families.iter().any(|family| model.starts_with(family));
            assert_eq!(is_its_own, expected, "{model}: {line}");
        }
    }
}

#[test]
fn every_model_renders_every_message_type_in_every_format() {
    for model in models() {
        for format in [
            MessageFormat::Xml,
            MessageFormat::LongText,
            MessageFormat::ShortText,
        ] {
            let mut lab = bench(&model, format);
            everything(&mut lab);
            let groups = lab.device.model().platform.groups;
            let mut seen = Vec::new();
            while let Some(transmission) = lab.next_transmission() {
                let (_, text) = lab.render(transmission.id);
                let serial = lab.device.serial();
                if format != MessageFormat::ShortText {
                    assert!(text.contains(serial.as_str()), "{model} {format:?}");
                    assert!(text.contains(&model), "{model} {format:?}");
                }
                assert!(!text.contains("% Invalid input"), "{model}: {text}");
                seen.push(transmission.kind);
                lab.input(Input::Outcome {
                    id: transmission.id,
                    outcome: AttemptOutcome::Accepted,
                });
            }
            for kind in MessageType::ALL {
                let expected = match kind {
                    MessageType::Group(group) => groups.contains(group),
                    MessageType::Test | MessageType::Request | MessageType::CommandOutput => true,
                };
                assert_eq!(seen.contains(&kind), expected, "{model} {kind:?}");
            }
        }
    }
}

#[test]
fn messages_of_alert_groups_have_the_size_of_real_ones() {
    for model in models() {
        let mut lab = bench(&model, MessageFormat::Xml);
        everything(&mut lab);
        while let Some(transmission) = lab.next_transmission() {
            let (_, text) = lab.render(transmission.id);
            let small = match transmission.kind {
                MessageType::Group(group) => group == AlertGroup::Snapshot,
                MessageType::Test | MessageType::Request | MessageType::CommandOutput => true,
            };
            let kind = transmission.kind.word();
            if !small {
                let bytes = text.len();
                assert!((4_000..20_000).contains(&bytes), "{model} {kind}: {bytes}");
            }
            lab.input(Input::Outcome {
                id: transmission.id,
                outcome: AttemptOutcome::Accepted,
            });
        }
    }
}

#[test]
fn outputs_and_messages_agree_on_model_and_serial_number() {
    for model in models() {
        let lab = bench(&model, MessageFormat::Xml);
        let serial = lab.device.serial();
        let version = lab.show("show version");
        let inventory = lab.show("show inventory");
        let platform = &lab.device.model().platform;
        assert!(
            version.contains(&format!("Processor board ID {serial}\n")),
            "{model}"
        );
        // Older routers print their number without the letters before it.
        let short = platform.pid.trim_start_matches("CISCO");
        assert!(version.contains(short), "{model}");
        assert!(version.contains(&platform.software_version), "{model}");
        assert!(version.contains("edge uptime is "), "{model}");
        let chassis = inventory.lines().nth(1).unwrap();
        assert!(chassis.starts_with(&format!("PID: {model}")), "{chassis}");
        assert!(chassis.ends_with(&format!("SN: {serial}")), "{chassis}");
        let image = platform.sys_description.lines().next().unwrap();
        assert!(version.contains(image), "{model}");
        assert_eq!(platform.sys_description.lines().count(), 3, "{model}");
    }
}

#[test]
fn names_in_an_inventory_are_unique() {
    for model in models() {
        let inventory = bench(&model, MessageFormat::Xml).show("show inventory");
        let mut names: Vec<_> = inventory
            .lines()
            .filter_map(|line| line.strip_prefix("NAME: ")?.split("\", ").next())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{inventory}");
    }
}

#[test]
fn no_output_has_a_slot_that_nothing_fills() {
    for model in models() {
        let lab = bench(&model, MessageFormat::Xml);
        let platform = &lab.device.model().platform;
        for command in platform.own_commands() {
            let text = lab.show(command);
            assert!(!text.contains(['{', '}']), "{model} {command}: {text}");
        }
    }
}

#[test]
fn what_made_a_device_boot_shows_in_its_version() {
    let mut lab = bench("ISR4331/K9", MessageFormat::Xml);
    assert!(
        lab.show("show version")
            .contains("returned to ROM by power-on\n")
    );
    lab.raise(SystemEvent::Reload);
    lab.advance(SignedDuration::from_hours(1));
    assert!(
        lab.show("show version")
            .contains("returned to ROM by reload\n")
    );
    lab.raise(SystemEvent::Crash);
    lab.advance(SignedDuration::from_hours(1));
    assert!(
        lab.show("show version")
            .contains("returned to ROM by bus error")
    );
    assert!(lab.outputs.iter().any(|output| matches!(
        output,
        Output::Trigger {
            kind: MessageType::Group(AlertGroup::Crash),
            ..
        }
    )));
}
