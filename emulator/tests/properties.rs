//! What holds for every configuration, policy, event and outcome.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test ends at the unexpected, and picks out what it is about"
)]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;
#[path = "support/strategies.rs"]
mod strategies;

use std::collections::{BTreeMap, BTreeSet};

use emulator::{
    AttemptOutcome, DropAccount, MessageId, Output, Policy, SystemEvent, config::parse::parse,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lab::Lab;
use proptest::prelude::*;
use strategies::{
    Act, act, block_line, configuration, global_line, policy, profile_line, schedule,
};

fn outcome(number: u8) -> AttemptOutcome {
    [
        AttemptOutcome::Accepted,
        AttemptOutcome::Refused,
        AttemptOutcome::Failed,
        AttemptOutcome::TimedOut,
        AttemptOutcome::Unconfirmed,
        AttemptOutcome::TooLarge,
    ][usize::from(number) % 6]
}

/// Renders every message that is asked for, then answers it; checks that XML is well formed.
fn answer(lab: &mut Lab, outcomes: &[u8], rendered: &mut Vec<u8>) {
    for number in outcomes {
        let Some(transmission) = lab.next_transmission() else {
            return;
        };
        let mut out = Vec::new();
        let mut outcome = outcome(*number);
        match lab.device.render(lab.now, transmission.id, &mut out) {
            Some(Ok(_)) => check_document(&out),
            Some(Err(_)) => outcome = AttemptOutcome::TooLarge,
            None => panic!("a message on its way is unknown"),
        }
        rendered.append(&mut out);
        lab.input(emulator::Input::Outcome {
            id: transmission.id,
            outcome,
        });
    }
}

fn play(lab: &mut Lab, acts: &[Act]) -> Vec<u8> {
    let mut rendered = Vec::new();
    for act in acts {
        match act {
            Act::Raise(event) => lab.raise(event.clone()),
            Act::Send(message) => lab.raise(SystemEvent::Manual(message.clone())),
            Act::Advance(seconds) => lab.advance(SignedDuration::from_secs(*seconds)),
            Act::Answer(outcomes) => answer(lab, outcomes, &mut rendered),
        }
    }
    while lab.device.queued_messages() > 0 {
        answer(lab, &[0, 1, 2, 3, 4, 5], &mut rendered);
    }
    rendered
}

/// Reads `message` to its end if it is an XML body; mail is judged by its own header.
fn check_document(message: &[u8]) {
    if !message.starts_with(b"<?xml") {
        return;
    }
    let text = std::str::from_utf8(message).unwrap();
    let forbidden = |c: char| {
        c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    assert!(!text.contains(forbidden));
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut depth = 0_i32;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(_) => depth += 1,
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Text(text) => {
                // A bare `]]>` may not stand in text.
                assert!(!text.as_ref().contains("]]>"));
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}

fn lab(configuration: &str, policy: Policy) -> Lab {
    Lab::seeded(3)
        .on("CISCO2951")
        .with_config(configuration)
        .with_policy(policy)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_candidate_ends_in_one_account_or_one_message_and_every_message_settles_once(
        configuration in configuration(),
        policy in policy(),
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let mut lab = lab(&configuration, policy);
        let transports: usize = lab.device.configuration().call_home.profiles.iter()
            .map(|profile| usize::from(profile.email) + usize::from(profile.http))
            .sum();
        play(&mut lab, &acts);
        let mut candidates: BTreeMap<usize, usize> = BTreeMap::new();
        let mut triggers = 0;
        let mut open: BTreeSet<MessageId> = BTreeSet::new();
        let mut all: BTreeSet<MessageId> = BTreeSet::new();
        for output in &lab.outputs {
            match output {
                Output::Trigger { .. } => triggers += 1,
                Output::Dropped { .. } => *candidates.entry(triggers).or_default() += 1,
                Output::Queued { id, .. } => {
                    *candidates.entry(triggers).or_default() += 1;
                    prop_assert!(all.insert(*id), "{id} twice");
                    open.insert(*id);
                }
                Output::Transmit(transmission) => prop_assert!(open.contains(&transmission.id)),
                Output::Settled { id, .. } => prop_assert!(open.remove(id), "{id} was not open"),
                Output::Trap(_)
                | Output::Probe(_)
                | Output::Transfer(_)
                | Output::LicenseFile(_)
                | Output::Unheard => {}
            }
        }
        prop_assert!(open.is_empty(), "never settled: {open:?}");
        prop_assert_eq!(lab.device.queued_messages(), 0);
        for count in candidates.values() {
            // Periodic and named messages concern one profile, all others every profile.
            prop_assert!(*count == transports || (1..=2).contains(count), "{count} of {transports}");
        }
    }

    #[test]
    fn no_window_of_a_minute_lets_more_messages_pass_than_the_limit(
        limit in 1_u8..=60,
        gaps in prop::collection::vec(0_i64..4_000, 1..200),
    ) {
        let mut lab = Lab::seeded(3).with_config(&format!(
            "service call-home\ncall-home\n contact-email-addr a@example.com\n mail-server s priority 1\n \
             rate-limit {limit}\n profile noc\n  destination address email noc@example.com\n  \
             subscribe-to-alert-group syslog\n"
        ));
        for (number, gap) in gaps.iter().enumerate() {
            lab.advance(SignedDuration::from_millis(*gap));
            lab.syslog(&format!("%SYS-3-NUMBER: {number}"));
            lab.answer(|_| AttemptOutcome::Accepted);
        }
        // A window begins with the first message that the one before it does not cover.
        let mut window: Option<(Timestamp, u32)> = None;
        for output in &lab.outputs {
            let (at, granted) = match output {
                Output::Queued { due, .. } => (*due, true),
                Output::Dropped { account: DropAccount::RateLimited, at, .. } => (*at, false),
                _ => continue,
            };
            let (start, count) = match window {
                Some((start, count)) if at.duration_since(start) < SignedDuration::from_mins(1) => (start, count),
                _ => (at, 0),
            };
            prop_assert_eq!(granted, count < u32::from(limit));
            window = Some((start, count + u32::from(granted)));
        }
    }

    #[test]
    fn equal_seeds_and_inputs_give_equal_outputs_and_bytes(
        configuration in configuration(),
        acts in prop::collection::vec(act(), 1..25),
    ) {
        let mut first = lab(&configuration, Policy::default());
        let mut second = lab(&configuration, Policy::default());
        let bytes = play(&mut first, &acts);
        prop_assert_eq!(bytes, play(&mut second, &acts));
        prop_assert_eq!(first.outputs, second.outputs);
    }

    #[test]
    fn configurations_are_read_back_as_they_were_written(configuration in configuration()) {
        let parsed = parse(&configuration);
        prop_assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
        let source = parsed.configuration.source();
        let again = parse(&source);
        prop_assert!(again.is_clean(), "{source}\n{:?}", again.diagnostics);
        prop_assert_eq!(&again.configuration, &parsed.configuration, "{}", source);
        prop_assert_eq!(again.configuration.source(), source);
    }

    #[test]
    fn what_a_device_prints_reads_back_and_prints_the_same(configuration in configuration()) {
        let first = lab(&configuration, Policy::default());
        let printed = first.show("show running-config");
        let second = lab(&printed, Policy::default());
        prop_assert_eq!(second.show("show running-config"), printed);
    }

    #[test]
    fn line_ends_and_tabs_make_no_difference(configuration in configuration()) {
        let parsed = parse(&configuration).configuration;
        let windows = configuration.replace('\n', "\r\n");
        prop_assert_eq!(&parse(&windows).configuration, &parsed);
    }

    #[test]
    fn no_text_makes_the_configuration_reader_panic(
        text in "(\\PC|\n|\t|\r|\"|\\{|\\}|call-home|profile|no|default|exit|banner|\\^C| ){0,200}",
    ) {
        let parsed = parse(&text);
        let source = parsed.configuration.source();
        prop_assert_eq!(parse(&source).configuration.source(), source);
    }

    #[test]
    fn no_sequence_of_commands_makes_the_configuration_reader_panic(
        lines in prop::collection::vec(
            (prop::sample::select(vec!["", "no ", "default "]), prop_oneof![profile_line(), block_line(), global_line()], 0_usize..40),
            0..30,
        ),
    ) {
        let mut text = "call-home\n profile x\n".to_owned();
        for (form, line, cut) in lines {
            let line: String = line.trim_start().chars().rev().skip(cut / 4).collect::<Vec<_>>().into_iter().rev().collect();
            text.push_str(&format!(" {form}{line}\n"));
        }
        let parsed = parse(&text).configuration;
        let source = parsed.source();
        prop_assert_eq!(&parse(&source).configuration.source(), &source);
    }

    #[test]
    fn schedules_fire_the_same_in_steps_as_at_once(
        when in schedule(),
        zone in prop::sample::select(vec!["UTC", "America/Denver", "Europe/Berlin", "Australia/Lord_Howe"]),
        start in 1_760_000_000_i64..1_790_000_000,
        steps in prop::collection::vec(1_i64..900_000, 1..20),
    ) {
        let configuration = format!(
            "service call-home\ncall-home\n contact-email-addr a@example.com\n mail-server s priority 1\n \
             profile noc\n  destination address email noc@example.com\n  \
             subscribe-to-alert-group configuration periodic {when}\n"
        );
        let start = Timestamp::from_second(start).unwrap();
        let bench = || Lab::seeded(3).with_config(&configuration).in_zone(zone).up_since(&start.to_string());
        let (mut stepped, mut at_once) = (bench(), bench());
        for step in &steps {
            stepped.advance(SignedDuration::from_secs(*step));
        }
        at_once.now = stepped.now;
        at_once.input(emulator::Input::DeadlineReached);
        let fired = |lab: &Lab| -> Vec<Timestamp> {
            lab.outputs.iter().filter_map(|output| match output {
                Output::Trigger { at, .. } => Some(*at),
                _ => None,
            }).collect()
        };
        prop_assert_eq!(fired(&stepped), fired(&at_once));
        prop_assert!(fired(&stepped).is_sorted_by(|one, next| one < next));
        prop_assert_eq!(fired(&stepped).len(), due_days(&when, zone, start, stepped.now));
    }
}

/// How many days between two instants have the occurrence of `when`, counted day by day.
fn due_days(when: &str, zone: &str, start: Timestamp, end: Timestamp) -> usize {
    let zone = TimeZone::get(zone).unwrap();
    let words: Vec<_> = when.split(' ').collect();
    let (hour, minute) = words.last().unwrap().split_once(':').unwrap();
    let mut date = start.to_zoned(zone.clone()).date().yesterday().unwrap();
    let mut count = 0;
    loop {
        let due = date
            .at(hour.parse().unwrap(), minute.parse().unwrap(), 0, 0)
            .to_zoned(zone.clone())
            .unwrap()
            .timestamp();
        if due > end {
            return count;
        }
        let wanted = match words[0] {
            "daily" => true,
            "weekly" => format!("{:?}", date.weekday()).eq_ignore_ascii_case(words[1]),
            _ => date.day() == words[1].parse::<i8>().unwrap().min(date.days_in_month()),
        };
        count += usize::from(wanted && due > start);
        date = date.tomorrow().unwrap();
    }
}

#[test]
fn hostile_log_text_leaves_every_document_well_formed() {
    for format in ["xml", "long-text", "short-text"] {
        for limit in [50, 4_000, 9_000, 3_145_728] {
            let mut lab = Lab::seeded(3).with_config(&format!(
                "service call-home\nlogging buffered 65536\ncall-home\n contact-email-addr a@example.com\n \
                 no syslog-throttling\n profile noc\n  destination transport-method http\n  \
                 no destination transport-method email\n  destination address http http://sink/\n  \
                 destination preferred-msg-format {format}\n  destination message-size-limit {limit}\n  \
                 subscribe-to-alert-group syslog\n"
            ));
            for text in [
                "]]>".repeat(3_000),
                "]]]]><![CDATA[>".to_owned(),
                "\u{0}\u{1}\u{1B}[0m\u{7F}".to_owned(),
                "\u{FFFE}\u{FFFF}\u{FFFD}\u{10FFFF}".to_owned(),
                "a\r\nb\nSubject: forged".to_owned(),
                "\u{20AC}".repeat(3_400),
                "x".repeat(200_000),
            ] {
                lab.syslog(&format!("%SYS-2-TEXT: {text}"));
                let mut rendered = Vec::new();
                answer(&mut lab, &[0, 0], &mut rendered);
                assert!(rendered.len() <= limit);
                assert!(std::str::from_utf8(&rendered).is_ok());
            }
        }
    }
}

#[test]
fn very_long_configuration_lines_are_kept_or_refused_in_reasonable_time() {
    for filling in ["{", "\"", "x", "{index}", "a ", "!", "\u{20AC}"] {
        let long = filling.repeat(200_000);
        let text =
            format!("ip host {long}\ncall-home\n site-id {long}\n street-address \"{long}\"\n");
        let parsed = parse(&text);
        assert!(
            parsed.configuration.call_home.street_address.is_none(),
            "{filling}"
        );
        assert!(!parsed.is_clean());
    }
}

#[test]
fn patterns_that_would_explode_are_refused() {
    let parsed = parse(
        "call-home\n profile x\n  subscribe-to-alert-group syslog pattern \"((a{99}){99}){99}\"\n  \
         subscribe-to-alert-group syslog pattern \"(a*)*(a*)*(a*)*b\"\n",
    );
    assert_eq!(parsed.diagnostics.len(), 1);
    let profile = parsed.configuration.call_home.profile("x").unwrap();
    assert!(
        !profile.subscriptions.syslog[0]
            .pattern
            .matches(&"a".repeat(16_384))
    );
}

#[test]
fn lists_of_a_configuration_have_an_end() {
    use std::fmt::Write;
    let mut text = "call-home\n".to_owned();
    for number in 0..400 {
        writeln!(text, " profile p{number}").unwrap();
    }
    for number in 0..400 {
        writeln!(
            text,
            " profile p0\n  destination address email a{number}@example.com"
        )
        .unwrap();
    }
    let settings = parse(&text).configuration.call_home;
    assert_eq!(settings.profiles.len(), emulator::config::PROFILES_MAX);
    assert_eq!(
        settings.profile("p0").unwrap().email_addresses.len(),
        emulator::config::LIST_ENTRIES_MAX
    );
}
