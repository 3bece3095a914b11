//! What is wrong with a device is in its outputs: on the command line and in the message about it.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use emulator::{AlertGroup, Catalogue, Sensor, Severity, SystemEvent};
use jiff::SignedDuration;
use lab::Lab;

const SENSORS: [Sensor; 4] = [
    Sensor::Fan,
    Sensor::PowerSupply,
    Sensor::Temperature,
    Sensor::Voltage,
];

const EVERYTHING: &str = "service call-home\nhostname edge\ncall-home\n \
     contact-email-addr noc@example.com\n profile noc\n  \
     destination preferred-msg-format long-text\n  destination transport-method http\n  \
     no destination transport-method email\n  \
     destination address http https://sink.example.com/\n  subscribe-to-alert-group all\n";

fn failure(card: u8, severity: Severity) -> SystemEvent {
    SystemEvent::DiagnosticFailure { card, severity }
}

/// Sensors that the outputs of a model cannot show: it prints no voltages, or nothing at all.
fn is_silent(model: &str, sensor: Sensor) -> bool {
    let with_voltages = ["AS54XM-AC-RPS", "CISCO3845", "ISR4331/K9", "ASR1006"];
    model == "CSR1000V" || sensor == Sensor::Voltage && !with_voltages.contains(&model)
}

#[test]
fn an_alarm_is_shown_until_the_next_boot() {
    for model in Catalogue::built_in().unwrap().iter() {
        for sensor in SENSORS {
            let mut lab = Lab::seeded(7).on(&model.pid).with_config(EVERYTHING);
            let normal = lab.show("show environment");
            lab.raise(SystemEvent::EnvironmentAlarm(sensor));
            let shown = lab.show("show environment");
            let silent = is_silent(&model.pid, sensor);
            assert_eq!(shown == normal, silent, "{} {sensor:?}: {shown}", model.pid);
            let message = lab.deliver_next().unwrap();
            assert!(message.contains(shown.trim_end()), "{message}");
            lab.raise(SystemEvent::Reload);
            lab.advance(SignedDuration::from_mins(20));
            assert_eq!(lab.show("show environment"), normal, "{}", model.pid);
        }
    }
}

#[test]
fn alarms_of_every_sensor_are_shown_together() {
    let mut text = String::new();
    for model in Catalogue::built_in().unwrap().iter() {
        let mut lab = Lab::seeded(7).on(&model.pid).with_config(EVERYTHING);
        for sensor in SENSORS {
            lab.raise(SystemEvent::EnvironmentAlarm(sensor));
        }
        text += &format!("== {}\n{}", model.pid, lab.show("show environment"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_diagnostic_message_carries_the_result_of_the_card_it_is_about() {
    for model in Catalogue::built_in().unwrap().iter() {
        if !model.groups.contains(AlertGroup::Diagnostic) {
            continue;
        }
        for (position, card) in (0..).zip(&model.cards) {
            let mut lab = Lab::seeded(7).on(&model.pid).with_config(EVERYTHING);
            lab.raise(failure(position, Severity::Minor));
            let message = lab.deliver_next().unwrap();
            let detail = message
                .lines()
                .find(|line| line.contains("show diagnostic result ") && line.contains(" detail"))
                .unwrap();
            let named = format!(" {} detail", card.slot);
            assert!(detail.contains(&named), "{}: {detail}", model.pid);
            // Once in the details and once in the list of all cards.
            assert_eq!(message.matches(": MINOR ERROR").count(), 2, "{message}");
            assert_eq!(message.matches("> F").count(), 2, "{message}");
            lab.raise(SystemEvent::CardRemoved(position));
            lab.raise(SystemEvent::CardInserted(position));
            let place = detail.split("result ").nth(1).unwrap();
            let place = place.split(' ').next().unwrap();
            let all = lab.show(&format!("show diagnostic result {place} all"));
            assert!(!all.contains("ERROR"), "{all}");
        }
    }
}

#[test]
fn faults_on_the_command_line() {
    let mut desk = Desk::on("CISCO2951", EVERYTHING);
    let mut text = desk.transcript(&["show environment | include Fan|Status"]);
    for sensor in [Sensor::Fan, Sensor::PowerSupply] {
        desk.lab.raise(SystemEvent::EnvironmentAlarm(sensor));
    }
    desk.lab.raise(failure(2, Severity::Major));
    for line in [
        "show environment | include Fan|Status",
        "terminal length 0",
        "show diagnostic result slot 0/1 detail",
        "show diagnostic result slot all",
        "show diagnostic result slot 9 detail",
    ] {
        text += &desk.press(format!("{line}\r").as_bytes());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_failed_part_that_is_not_tested_otherwise_joins_the_list() {
    let mut lab = Lab::seeded(7).on("WS-C4507R+E").with_config(EVERYTHING);
    let before = lab.show("show diagnostic result module all");
    assert!(!before.contains("module PS1"), "{before}");
    lab.raise(failure(6, Severity::Major));
    let after = lab.show("show diagnostic result module all");
    let result = "Overall diagnostic result for module PS1: MAJOR ERROR";
    assert!(
        after.starts_with(before.trim_end()) && after.contains(result),
        "{after}"
    );
}

#[test]
fn a_power_supply_failure_is_in_every_output_that_names_the_supply() {
    for model in ["ISR4331", "ASR1006"] {
        let mut lab = Lab::seeded(7).on(model).with_config(EVERYTHING);
        lab.raise(SystemEvent::EnvironmentAlarm(Sensor::PowerSupply));
        let message = lab.deliver_next().unwrap();
        let failed = message
            .lines()
            .any(|line| line.starts_with("P0 ") && line.contains("ps, fail"));
        assert!(failed, "{message}");
        let faulty = lab.show("show platform");
        lab.raise(SystemEvent::CardInserted(0));
        assert_ne!(faulty, lab.show("show platform"));
    }
}
