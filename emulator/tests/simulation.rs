//! Two hundred devices through a month of schedules, in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test ends at the unexpected, and picks out what it is about"
)]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
};

use emulator::{
    AttemptOutcome, Catalogue, Device, DeviceModel, Identity, Input, Naming, Output, Seed,
    Transmission,
    config::{ProfileId, parse::parse},
};
use jiff::{Timestamp, tz::TimeZone};
use lab::Lab;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

const CONFIGURATION: &str = "service call-home\n\
    call-home\n \
     contact-email-addr noc@example.com\n \
     mail-server smtp.example.com priority 1\n \
     profile CiscoTAC-1\n  active\n \
     profile daily\n  \
      destination address email noc@example.com\n  \
      subscribe-to-alert-group inventory periodic daily 02:30\n  \
      subscribe-to-alert-group syslog severity major\n";
const DEVICES: u32 = 200;

struct Outcome {
    /// Of everything that every device said, in order.
    fingerprint: u64,
    delivered: u32,
    /// How many monthly messages each day of the month saw.
    monthly: BTreeMap<i8, u32>,
}

/// The devices of one fleet, all up since `start`.
fn fleet(seed: u64, first_index: u32, zone: &TimeZone, start: Timestamp) -> Vec<Device> {
    let platform = Catalogue::built_in().unwrap().find("ISR4331").unwrap();
    let model = DeviceModel {
        site_zone: zone.clone(),
        ..DeviceModel::new(platform, parse(CONFIGURATION).configuration)
    }
    .shared();
    let naming = Arc::new(Naming::of_fleet("branch", 20));
    let device = |index| {
        let naming = Arc::clone(&naming);
        let identity = Identity {
            device: index,
            index,
            naming,
        };
        Device::new(&model, identity, Seed(seed), start)
    };
    (first_index..first_index + DEVICES).map(device).collect()
}

/// A discrete-event loop over the devices' deadlines; every message is delivered at once.
fn month(seed: u64, first_index: u32) -> Outcome {
    let zone = TimeZone::get("America/Denver").unwrap();
    // A month in which the clocks are put forward.
    let start: Timestamp = "2026-03-01T07:00:00Z".parse().unwrap();
    let end: Timestamp = "2026-04-01T06:00:00Z".parse().unwrap();
    let mut devices = fleet(seed, first_index, &zone, start);
    let deadlines = devices.iter().enumerate();
    let mut wheel: BTreeSet<(Timestamp, usize)> = deadlines
        .filter_map(|(at, device)| Some((device.next_deadline()?, at)))
        .collect();
    let mut outcome = Outcome {
        fingerprint: 0,
        delivered: 0,
        monthly: BTreeMap::new(),
    };
    let mut hasher = SipHasher13::new();
    let (mut outputs, mut bytes, mut line) = (Vec::new(), Vec::new(), String::new());
    while let Some((now, at)) = wheel.pop_first().filter(|(due, _)| *due < end) {
        let device = &mut devices[at];
        device.handle(now, Input::DeadlineReached, &mut outputs);
        let mut seen = 0;
        while let Some(output) = outputs.get(seen).cloned() {
            seen += 1;
            line.clear();
            write!(line, "{at} {output:?}").unwrap();
            hasher.write(line.as_bytes());
            if let Output::Transmit(Transmission { id, .. }) = output {
                // Bytes of some are enough: an unoptimised digest of all takes most of a minute.
                if at % 20 == 0 {
                    device.render(now, id, &mut bytes).unwrap().unwrap();
                    hasher.write(&bytes);
                }
                let accepted = AttemptOutcome::Accepted;
                let input = Input::Outcome {
                    id,
                    outcome: accepted,
                };
                device.handle(now, input, &mut outputs);
                outcome.delivered += 1;
            } else if is_of_the_predefined_profile(&output) {
                let day = now.to_zoned(zone.clone()).day();
                *outcome.monthly.entry(day).or_default() += 1;
            }
        }
        outputs.clear();
        wheel.extend(device.next_deadline().map(|due| (due, at)));
    }
    outcome.fingerprint = hasher.finish();
    outcome
}

fn is_of_the_predefined_profile(output: &Output) -> bool {
    matches!(
        output,
        Output::Queued {
            destination: Some(ProfileId(0)),
            ..
        }
    )
}

#[test]
fn a_month_of_two_hundred_devices_is_the_same_each_time_and_complete() {
    let first = month(7, 0);
    let second = month(7, 0);
    assert_eq!(first.fingerprint, second.fingerprint);
    // 31 daily messages, the day without a half past two included, and two monthly ones.
    assert_eq!(first.delivered, DEVICES * (31 + 2));
    assert_eq!(first.monthly.values().sum::<u32>(), DEVICES * 2);
    assert!(first.monthly.len() > 20, "{:?}", first.monthly);
    assert!(first.monthly.keys().all(|day| *day <= 28));
}

#[test]
fn other_devices_say_other_things() {
    assert_ne!(month(7, 0).fingerprint, month(7, 1).fingerprint);
}

#[test]
fn another_seed_gives_other_anonymous_tokens() {
    let token = |seed| {
        let mut lab = Lab::seeded(seed).with_config(
            "service call-home\ncall-home\n mail-server s priority 1\n profile CiscoTAC-1\n  \
             active\n  anonymous-reporting-only\n",
        );
        let end = "2026-04-14T10:50:00Z".parse::<Timestamp>().unwrap();
        lab.advance(end.duration_since(lab.now));
        lab.transcript()
    };
    assert_eq!(token(7), token(7));
    assert_ne!(token(7), token(8));
}
