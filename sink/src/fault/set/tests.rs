//! What the decisions promise, in virtual time.

use proptest::prelude::*;

use super::super::{Delay, FaultTable, TlsAbility};
use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn fault(protocol: Protocol, text: &str) -> Fault {
    let table: FaultTable = toml::from_str(text).unwrap();
    table.check(protocol, TlsAbility::Own).unwrap()
}

fn set(protocol: Protocol, texts: &[&str]) -> FaultSet {
    let mut set = FaultSet::new(protocol, 7);
    for text in texts {
        set.add(Duration::ZERO, fault(protocol, text)).unwrap();
    }
    set
}

fn smtp(texts: &[&str]) -> FaultSet {
    set(Protocol::Smtp, texts)
}

fn reply(code: u16) -> Option<Decision> {
    Some(Decision {
        delay: Duration::ZERO,
        effect: Some(Effect::Reply { code, text: None }),
    })
}

#[test]
fn a_window_begins_with_its_first_instant_and_ends_before_its_last() {
    let mut set = smtp(&["at = '30s'\nfor = '5s'\nreply = { stage = 'data', code = 421 }"]);
    for (now, expected) in [
        (29_999, None),
        (30_000, reply(421)),
        (34_999, reply(421)),
        (35_000, None),
    ] {
        assert_eq!(set.at(ms(now), Stage::Data), expected, "{now}");
    }
    assert_eq!(set.at(ms(31_000), Stage::Mail), None);
    let report = &set.reports(Some(ms(40_000)))[0];
    assert_eq!((report.applied, report.active_s), (2, 5.0));
    assert_eq!(report.state, FaultState::Over);
}

#[test]
fn without_a_window_a_fault_is_always_on() {
    let mut set = smtp(&["drop = { stage = 'quit' }"]);
    assert!(set.at(ms(0), Stage::Quit).is_some());
    assert!(set.at(ms(1_000_000_000), Stage::Quit).is_some());
    assert_eq!(set.reports(None)[0].state, FaultState::Pending);
}

#[test]
fn the_first_effect_decides_and_delays_add_up() {
    let mut set = smtp(&[
        "delay = { stage = 'mail', time = '20ms' }",
        "reply = { stage = 'mail', code = 451 }",
        "drop = { stage = 'mail' }",
        "delay = { stage = 'mail', time = '30ms' }",
    ]);
    let decision = set.at(ms(0), Stage::Mail).unwrap();
    assert_eq!(decision.delay, ms(50));
    assert_eq!(decision.effect, reply(451).unwrap().effect);
    let applied: Vec<u64> = set
        .reports(None)
        .iter()
        .map(|report| report.applied)
        .collect();
    assert_eq!(applied, [1, 1, 0, 1]);
}

#[test]
fn a_share_is_decided_by_the_seed() {
    let text = "share = '25%'\nreply = { stage = 'rcpt', code = 450 }";
    let decided = |seed| -> Vec<bool> {
        let mut set = FaultSet::new(Protocol::Smtp, seed);
        set.add(Duration::ZERO, fault(Protocol::Smtp, text))
            .unwrap();
        (0..4_000)
            .map(|_| set.at(ms(0), Stage::Rcpt).is_some())
            .collect()
    };
    let once = decided(7);
    assert_eq!(once, decided(7));
    assert_ne!(once, decided(8));
    let hit = once.iter().filter(|hit| **hit).count();
    assert!((900..1_100).contains(&hit), "{hit}");
}

#[test]
fn neighbouring_faults_decide_independently() {
    let text = "share = '50%'\ndrop = { stage = 'rcpt' }";
    let other = "share = '50%'\ndelay = { stage = 'rcpt', time = '1ms' }";
    let mut set = smtp(&[text, other]);
    let mut both = 0;
    for _ in 0..4_000 {
        let decision = set.at(ms(0), Stage::Rcpt).unwrap_or_default();
        both += usize::from(decision.effect.is_some() && !decision.delay.is_zero());
    }
    assert!((900..1_100).contains(&both), "{both}");
}

#[test]
fn a_limit_lets_through_its_rate_to_the_last_message() {
    for (protocol, stage) in [
        (Protocol::Smtp, Stage::Mail),
        (Protocol::Https, Stage::Reply),
    ] {
        let mut set = set(protocol, &["limit = { rate = '100/s', burst = 10 }"]);
        // A thousand messages a second, for ten seconds.
        let passed = (0..10_000)
            .filter(|now| set.at(ms(*now), stage).is_none())
            .count();
        assert_eq!(passed, 10 + 999);
        let refused = set.at(ms(10_000), stage).is_none();
        assert!(refused, "a token has come meanwhile");
        let effect = set.at(ms(10_000), stage).unwrap().effect.unwrap();
        match protocol {
            Protocol::Smtp => assert!(matches!(effect, Effect::Reply { code: 421, .. })),
            Protocol::Https => assert_eq!(
                effect,
                Effect::Status {
                    code: 503,
                    retry_after: Some(RETRY_AFTER)
                }
            ),
        }
    }
}

#[test]
fn messages_below_the_limit_all_pass() {
    let mut set = smtp(&["limit = { rate = '100/s' }"]);
    assert!((0..100).all(|_| set.at(ms(0), Stage::Mail).is_none()));
    assert!((1..5_000).all(|number| set.at(ms(number * 10), Stage::Mail).is_none()));
}

#[test]
fn stalls_come_again_and_each_counts_once() {
    let mut set = smtp(&["at = '1s'\nfor = '10s'\nstall = { time = '400ms', every = '4s' }"]);
    for (now, until) in [
        (999, None),
        (1_000, Some(1_400)),
        (1_399, Some(1_400)),
        (1_400, None),
        (4_999, None),
        (5_100, Some(5_400)),
        (9_200, Some(9_400)),
        (10_999, None),
        (13_000, None),
    ] {
        assert_eq!(set.stalled_until(ms(now)), until.map(ms), "{now}");
    }
    assert_eq!(set.reports(None)[0].applied, 3);
}

#[test]
fn a_stall_without_a_time_lasts_as_long_as_its_window() {
    let mut set = smtp(&["at = '1s'\nfor = '2s'\nstall = {}"]);
    assert_eq!(set.stalled_until(ms(1_500)), Some(ms(3_000)));
    assert_eq!(set.stalled_until(ms(3_000)), None);
}

#[test]
fn a_restart_is_measured_by_when_the_port_was_really_closed() {
    let mut set = smtp(&["at = '10s'\nrestart = { down = '2s' }"]);
    assert_eq!(set.next_port_change(ms(0)), Some(ms(10_000)));
    assert_eq!(set.port(ms(9_999)), PortWish::default());
    assert_eq!(
        set.port(ms(10_000)),
        PortWish {
            closed: true,
            cut: true
        }
    );
    assert_eq!(set.next_port_change(ms(10_000)), Some(ms(12_000)));
    assert_eq!(set.reports(Some(ms(11_000)))[0].active_s, 0.0);
    set.port_closed(ms(10_001));
    set.port_closed(ms(10_002));
    assert_eq!(set.reports(Some(ms(10_501)))[0].active_s, 0.5);
    set.port_opened(ms(12_003));
    let report = &set.reports(Some(ms(60_000)))[0];
    assert_eq!((report.applied, report.active_s), (1, 2.002));
    assert_eq!(set.next_port_change(ms(12_000)), None);
}

#[test]
fn a_closed_port_leaves_connections_alone() {
    let set = smtp(&["for = '1s'\nrefuse = 'port-closed'"]);
    assert_eq!(
        set.port(ms(0)),
        PortWish {
            closed: true,
            cut: false
        }
    );
}

#[test]
fn the_slowest_of_several_speeds_counts() {
    let mut set = smtp(&[
        "slow-read = '2 KiB/s'",
        "slow-read = '1 KiB/s'",
        "slow-write = '5 B/s'",
    ]);
    let manners = set.manners(ms(0));
    assert_eq!(manners.read_bytes_per_s, Some(1_024));
    assert_eq!(manners.write_bytes_per_s, Some(5));
    assert_eq!(manners.refusal, None);
}

#[test]
fn handshakes_and_connections_have_a_share_too() {
    let mut set = set(
        Protocol::Https,
        &[
            "share = '50%'\ntls = 'expired'",
            "share = '50%'\nrefuse = 'reset'",
        ],
    );
    let flawed = (0..1_000).filter(|_| set.tls(ms(0)).is_some()).count();
    let refused = (0..1_000)
        .filter(|_| set.manners(ms(0)).refusal.is_some())
        .count();
    assert!((400..600).contains(&flawed) && (400..600).contains(&refused));
    let reports = set.reports(None);
    assert_eq!(
        (reports[0].applied, reports[1].applied),
        (flawed as u64, refused as u64)
    );
}

#[test]
fn garbage_is_as_long_as_asked_for_and_never_ascii() {
    let mut set = smtp(&["garbage = { stage = 'ehlo', bytes = 100 }"]);
    let Some(Effect::Garbage(bytes)) = set.at(ms(0), Stage::Ehlo).unwrap().effect else {
        panic!("it is garbage");
    };
    assert_eq!(bytes.len(), 100);
    assert!(!bytes.iter().any(u8::is_ascii));
}

#[test]
fn faults_given_later_count_from_then_and_can_be_removed() {
    let mut set = smtp(&[]);
    let text = "at = '1s'\nfor = '1s'\ndrop = { stage = 'mail' }";
    let id = set.add(ms(10_000), fault(Protocol::Smtp, text)).unwrap();
    assert_eq!(set.at(ms(10_999), Stage::Mail), None);
    assert!(set.at(ms(11_000), Stage::Mail).is_some());
    assert!(set.remove(id) && !set.remove(id) && set.is_empty());
    assert_eq!(set.at(ms(11_000), Stage::Mail), None);
}

#[test]
fn there_is_a_limit_to_the_faults_of_a_sink() {
    let mut set = smtp(&[]);
    let fault = fault(Protocol::Smtp, "drop = {}");
    for _ in 0..FAULTS_MAX {
        assert!(set.add(ms(0), fault.clone()).is_some());
    }
    assert_eq!(set.add(ms(0), fault), None);
}

#[test]
fn a_fault_that_is_over_makes_room_for_another() {
    let mut set = smtp(&[]);
    let brief = fault(Protocol::Smtp, "drop = {}\nfor = '1s'");
    let first = set.add(ms(0), brief.clone()).unwrap();
    for _ in 1..FAULTS_MAX {
        assert!(set.add(ms(500), brief.clone()).is_some());
    }
    assert_eq!(set.add(ms(999), brief.clone()), None);
    assert!(set.add(ms(1_000), brief.clone()).is_some());
    assert!(!set.remove(first));
    assert_eq!(set.add(ms(1_000), brief), None);
}

#[test]
fn a_drawn_delay_is_the_same_for_the_same_seed() {
    let text = "delay = { distribution = 'lognormal', median = '20ms', p99 = '400ms' }";
    let delays = || -> Vec<Duration> {
        let mut set = smtp(&[text]);
        (0..10)
            .map(|_| set.at(ms(0), Stage::Message).unwrap().delay)
            .collect()
    };
    let delays = (delays(), delays());
    assert_eq!(delays.0, delays.1);
    assert_ne!(delays.0[0], delays.0[1]);
    assert!(matches!(
        fault(Protocol::Smtp, text).action,
        Action::Delay {
            delay: Delay::Lognormal { .. },
            ..
        }
    ));
}

/// Any duration that can be written.
fn period() -> impl Strategy<Value = String> {
    (
        0_u64..=3_000_000,
        prop::sample::select(vec!["ns", "ms", "s", "h"]),
    )
        .prop_map(|(number, unit)| {
            format!(
                "{}{unit}",
                if unit == "h" { number % 87_600 } else { number }
            )
        })
}

/// Any action, with durations of any length.
fn action() -> impl Strategy<Value = String> {
    let texts = vec![
        "delay = { distribution = 'uniform', min = '0s', max = 'A' }",
        "delay = { distribution = 'exponential', mean = 'A' }",
        "delay = { distribution = 'lognormal', median = '1ns', p99 = 'A' }",
        "stall = { time = 'A' }",
        "stall = { time = 'A', every = 'B' }",
        "limit = { rate = '7/d', burst = 1 }",
        "limit = { rate = '10000000/s' }",
        "restart = { down = 'A' }",
        "slice = { pause = 'A' }",
        "garbage = { bytes = 65536 }",
        "slow-read = '1 B/s'",
        "refuse = 'port-closed'",
        "tls = 'expired'",
    ];
    (prop::sample::select(texts), period(), period()).prop_map(|(text, one, other)| {
        text.replace("'A'", &format!("'{one}'"))
            .replace("'B'", &format!("'{other}'"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_fault_and_no_instant_make_the_decisions_panic(
        action in action(),
        at in period(),
        lasts in prop::option::of(period()),
        instants in prop::collection::vec(any::<u64>(), 1..20),
    ) {
        let lasts = lasts.map_or_else(String::new, |lasts| format!("for = '{lasts}'\n"));
        let table: FaultTable = toml::from_str(&format!("at = '{at}'\n{lasts}{action}")).unwrap();
        for protocol in [Protocol::Smtp, Protocol::Https] {
            let Ok(fault) = table.check(protocol, TlsAbility::Own) else {
                continue;
            };
            let mut set = FaultSet::new(protocol, 7);
            set.add(Duration::MAX, fault.clone());
            set.add(Duration::ZERO, fault);
            for now in instants.iter().map(|nanos| Duration::from_nanos(*nanos)) {
                for stage in protocol.stages() {
                    let _ = set.at(now, *stage);
                }
                let _ = (set.manners(now), set.tls(now));
                let until = set.stalled_until(now);
                prop_assert!(until.is_none_or(|until| until > now));
                let next = set.next_port_change(now);
                prop_assert!(next.is_none_or(|next| next > now));
                set.port_closed(now);
                set.port_opened(now);
                for report in set.reports(Some(now)) {
                    prop_assert!(report.active_s >= 0.0);
                }
            }
        }
    }
}

#[test]
fn workers_make_messages_wait_for_each_other_at_the_last_word() {
    let mut set = smtp(&["at = '1s'\nworkers = { count = 2, time = '10ms' }"]);
    let delay = |set: &mut FaultSet, now| {
        let decision = set.at(ms(now), Stage::Message);
        decision.map(|decision| decision.delay)
    };
    assert_eq!(delay(&mut set, 999), None);
    assert_eq!(delay(&mut set, 1_000), Some(ms(10)));
    assert_eq!(delay(&mut set, 1_000), Some(ms(10)));
    assert_eq!(delay(&mut set, 1_004), Some(ms(16)));
    assert_eq!(set.at(ms(1_004), Stage::Mail), None);
    assert_eq!(set.reports(None)[0].applied, 3);
}

#[test]
fn workers_take_a_time_or_a_mean() {
    let wrong = |text: &str| {
        let table: FaultTable = toml::from_str(text).unwrap();
        let errors = table.check(Protocol::Smtp, TlsAbility::None).unwrap_err();
        errors.to_string()
    };
    for text in ["workers = {}", "workers = { time = '1ms', mean = '1ms' }"] {
        assert!(
            wrong(text).contains("either a `time` or a `mean`"),
            "{text}"
        );
    }
    let none = wrong("workers = { count = 0, time = '1ms' }");
    assert!(none.contains("write a number from 1 to 10000"), "{none}");
}
