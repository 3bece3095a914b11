//! What years make of licenses: warnings, ends, rights to use, and meters that never run backwards.
//! Reference licensing, sections 1.8, 1.11 and 8.1.

use crate::desk::{Desk, privileged};
use crate::lab::{BOOTED_AT, Lab};
use crate::license_files::license_file;
use emulator::{LicenseEvent, SystemEvent, cli::Session};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Installs the license that `text` describes.
fn install(lab: &mut Lab, text: &str) {
    let file = license_file(text, &lab.device.udis());
    let Lab {
        device,
        now,
        outputs,
        ..
    } = lab;
    let lines = device.install_licenses(*now, &file, outputs).unwrap();
    assert_eq!(lines.len(), 1);
}

/// Types `lines` at the console; what it shows.
fn types(mut lab: Lab, lines: &[&str]) -> (Lab, String) {
    let session = Session::open(privileged());
    let mut desk = Desk { lab, session };
    let text = desk.transcript(lines);
    lab = desk.lab;
    (lab, text)
}

/// A router on which `feature` runs on the license that `text` describes, saved.
fn running(platform: &str, feature: &str, text: &str) -> Lab {
    let mut lab = Lab::seeded(7).on(platform);
    install(&mut lab, text);
    let command = format!("license feature {feature}");
    types(
        lab,
        &["configure terminal", &command, "end", "write memory"],
    )
    .0
}

/// The log lines with `what` in them: days and hours since the lab's boot.
fn logged(lab: &mut Lab, what: &str, days: i64) -> Vec<(i64, i64)> {
    let start: Timestamp = BOOTED_AT.parse().unwrap();
    let mut all = Vec::new();
    let mut seen = count(lab, what);
    for _ in 0..days * 24 {
        lab.advance(HOUR);
        let now = count(lab, what);
        let at = lab.now.duration_since(start).as_hours();
        // The log is bounded: what was pushed out is not seen again.
        all.extend(std::iter::repeat_n(
            (at / 24, at % 24),
            now.saturating_sub(seen),
        ));
        seen = now;
    }
    all
}

fn count(lab: &Lab, what: &str) -> usize {
    lab.show("show logging").matches(what).count()
}

fn reload(lab: &mut Lab) {
    lab.raise(SystemEvent::Reload);
    lab.advance(SignedDuration::from_mins(15));
    assert!(lab.device.is_up());
}

/// What `show license detail` says of the first line of `feature` behind `label`.
fn detail(lab: &Lab, feature: &str, label: &str) -> String {
    let shown = lab.show(&format!("show license detail {feature}"));
    let line = shown
        .lines()
        .find_map(|line| line.trim().strip_prefix(label));
    line.unwrap_or_default().trim().to_owned()
}

#[test]
fn an_extension_warns_ends_and_is_gone_behind_a_reload() {
    let mut lab = running("AS5400XM", "gatekeeper", "extension gatekeeper 1440");
    let warned = logged(&mut lab, "LICENSE-1-EXPIRING", 59);
    let days: Vec<i64> = warned.iter().map(|(day, _)| 60 - day).collect();
    assert_eq!(days, [28, 21, 14, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(
        detail(&lab, "gatekeeper", "License State:"),
        "Active, In Use"
    );
    let ended = logged(&mut lab, "LICENSE-1-EXPIRED", 30);
    let days: Vec<i64> = ended.iter().map(|(day, _)| *day).collect();
    assert_eq!(days, [60, 67, 74, 81, 88], "weekly");
    assert_eq!(
        detail(&lab, "gatekeeper", "License State:"),
        "Expired, In Use"
    );
    assert!(
        lab.show("show license feature")
            .contains("gatekeeper               yes          yes         no             yes")
    );
    reload(&mut lab);
    assert_eq!(
        detail(&lab, "gatekeeper", "License State:"),
        "Expired, Not in Use"
    );
    assert!(
        lab.show("show license feature")
            .contains("gatekeeper               yes          yes         no             no")
    );
    assert!(
        logged(&mut lab, "LICENSE-1-", 30).is_empty(),
        "nothing is in use"
    );
}

#[test]
fn a_built_in_license_becomes_a_right_to_use_behind_sixty_days_of_use() {
    let lab = Lab::seeded(7);
    let (mut lab, _) = types(
        lab,
        &[
            "configure terminal",
            "license feature gatekeeper",
            "yes",
            "end",
            "write memory",
        ],
    );
    let warned = logged(&mut lab, "LICENSE-1-EXPIRING", 30);
    assert!(warned.is_empty());
    // Ten days without power count for nothing.
    lab.raise(SystemEvent::PowerLost);
    lab.advance(DAY * 10);
    lab.raise(SystemEvent::PowerRestored);
    lab.advance(DAY - SignedDuration::from_hours(1));
    let warned = logged(&mut lab, "LICENSE-1-EXPIRING", 28);
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert_eq!(warned[1].0 - warned[0].0, 5);
    assert_eq!(
        detail(&lab, "gatekeeper", "License Type:"),
        "EvalRightToUse"
    );
    let turned = logged(&mut lab, "RTU_TRANSITION", 3);
    assert_eq!(turned.len(), 1);
    assert_eq!(detail(&lab, "gatekeeper", "License Type:"), "RightToUse");
    assert_eq!(
        detail(&lab, "gatekeeper", "License State:"),
        "Active, In Use"
    );
    reload(&mut lab);
    assert_eq!(detail(&lab, "gatekeeper", "License Type:"), "RightToUse");
    assert_eq!(
        detail(&lab, "gatekeeper", "License State:"),
        "Active, In Use"
    );
    assert!(logged(&mut lab, "LICENSE-1-", 30).is_empty());
}

#[test]
fn a_subscription_ends_at_midnight_in_the_zone_of_the_device() {
    for (zone, hour) in [("UTC", 0), ("America/New_York", 4), ("Asia/Tokyo", 15)] {
        let mut lab = Lab::seeded(7).in_zone(zone);
        install(
            &mut lab,
            "paid-subscription ios-ips-update 2026-03-01..2026-03-20",
        );
        let (mut lab, _) = types(
            lab,
            &[
                "configure terminal",
                "license feature ios-ips-update",
                "end",
            ],
        );
        let ended = logged(&mut lab, "LICENSE-1-EXPIRED", 9);
        let start: Timestamp = BOOTED_AT.parse().unwrap();
        let first = start + HOUR * i32::try_from(ended[0].0 * 24 + ended[0].1).unwrap();
        // Events are seen up to an hour late.
        let end: Timestamp = match zone {
            "Asia/Tokyo" => format!("2026-03-20T{hour:02}:00:00Z"),
            _ => format!("2026-03-21T{hour:02}:00:00Z"),
        }
        .parse()
        .unwrap();
        assert!(
            (0..3600).contains(&first.duration_since(end).as_secs()),
            "{zone}: {first}"
        );
        assert!(
            ended.len() >= 2 && ended[1].0 - ended[0].0 == 1,
            "daily: {ended:?}"
        );
    }
}

#[test]
fn a_license_manager_hears_of_the_end_once_an_event_brings_it() {
    let mut lab = running("AS5400XM", "gatekeeper", "extension gatekeeper 1440");
    lab.raise(SystemEvent::License(LicenseEvent::Expire(
        "gatekeeper".into(),
    )));
    assert_eq!(count(&lab, "LICENSE-1-EXPIRED"), 1);
    assert_eq!(
        logged(&mut lab, "LICENSE-1-EXPIRED", 8).len(),
        1,
        "a week later"
    );
}

#[test]
fn what_runs_on_a_permanent_license_has_no_end_to_come_to() {
    let mut lab = running("CISCO2951", "gatekeeper", "permanent gatekeeper");
    let before = detail(&lab, "gatekeeper", "License State");
    let heard = lab.outputs.len();
    let event = LicenseEvent::Expire("gatekeeper".into());
    lab.raise(SystemEvent::License(event));
    assert_eq!(lab.outputs[heard..], [emulator::Output::Unheard]);
    assert_eq!(detail(&lab, "gatekeeper", "License State"), before);
}

#[test]
fn a_fleet_that_was_up_before_the_run_says_nothing_of_what_is_past() {
    let booted: Timestamp = BOOTED_AT.parse().unwrap();
    let mut lab = Lab::seeded(7).on("CISCO1941");
    let start = booted + DAY * 50;
    lab.device.skip_to(start);
    lab.now = start;
    lab.advance(DAY);
    assert_eq!(
        count(&lab, "LICENSE-1-EXPIRING") + count(&lab, "RTU_TRANSITION"),
        0
    );
    assert_eq!(detail(&lab, "securityk9", "License Type:"), "RightToUse");
}

/// Something that happens to a router.
#[derive(Clone, Debug)]
enum Turn {
    Wait(i64),
    Reload,
    Power,
    Crash,
    Clock(u32),
    Stop,
    Start,
    ClearAndInstall,
    Fault,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        3 => (1_i64..2_000_000).prop_map(Turn::Wait),
        1 => Just(Turn::Reload),
        1 => Just(Turn::Power),
        1 => Just(Turn::Crash),
        1 => (2000_u32..2099).prop_map(Turn::Clock),
        1 => Just(Turn::Stop),
        1 => Just(Turn::Start),
        1 => Just(Turn::ClearAndInstall),
        1 => Just(Turn::Fault),
    ]
}

/// Seconds of a period in the words of `show license`, to the finest unit it shows.
fn seconds(shown: &str) -> i64 {
    let words: Vec<&str> = shown.split_whitespace().collect();
    let unit = |word: &str| match word.trim_end_matches('s') {
        "week" => 604_800,
        "day" => 86_400,
        "hour" => 3_600,
        "minute" => 60,
        _ => 1,
    };
    words
        .chunks(2)
        .map(|pair| pair[0].parse::<i64>().unwrap() * unit(pair[1]))
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is left of a time of use never grows, and shrinks by no more than the time that passed.
    #[test]
    fn meters_never_run_backwards(turns in proptest::collection::vec(turn(), 1..16)) {
        let license = "extension gatekeeper 1440";
        let mut lab = running("AS5400XM", "gatekeeper", license);
        let mut left = 1440 * 3600;
        for turn in turns {
            let before = lab.now;
            match turn {
                Turn::Wait(seconds) => lab.advance(SignedDuration::from_secs(seconds)),
                Turn::Reload => reload(&mut lab),
                Turn::Crash => {
                    lab.raise(SystemEvent::Crash);
                    lab.advance(HOUR);
                }
                Turn::Power => {
                    lab.raise(SystemEvent::PowerLost);
                    lab.advance(DAY * 3);
                    lab.raise(SystemEvent::PowerRestored);
                    lab.advance(HOUR);
                }
                Turn::Clock(year) => {
                    lab = types(lab, &[&format!("clock set 1:02:03 4 May {year}")]).0;
                }
                Turn::Stop => {
                    lab = types(lab, &["configure terminal", "no license feature gatekeeper"]).0;
                }
                Turn::Start => {
                    lab = types(lab, &["configure terminal", "license feature gatekeeper", "no"]).0;
                }
                Turn::ClearAndInstall => {
                    let stop = ["configure terminal", "no license feature gatekeeper", "end", "license purge gatekeeper", "yes"];
                    lab = types(lab, &stop).0;
                    install(&mut lab, license);
                }
                Turn::Fault => lab.raise(SystemEvent::License(LicenseEvent::Tamper)),
            }
            let shown = detail(&lab, "gatekeeper", "Evaluation period left:");
            let next = seconds(&shown);
            // Two units are shown: what is rounded off is less than a day, an hour, a minute.
            let passed = lab.now.duration_since(before).as_secs();
            prop_assert!(next <= left, "{} grew to {}", left, shown);
            prop_assert!(left - next <= passed + 86_400, "{} shrank to {} in {}", left, shown, passed);
            left = next;
        }
    }
}
