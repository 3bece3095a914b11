//! The accounts of a fleet balance whatever its devices' policy is and whatever its targets do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use emulator::{AttemptOutcome, Settlement, Transmission};
use fleet::{
    scenario::{Overrides, Scenario, Source},
    simulation::{Forecast, simulate_against},
};
use proptest::prelude::*;

/// The quickstart with `settings`: several fleets, both transports, every kind of drop.
fn scenario(settings: &[String]) -> Scenario {
    let overrides = Overrides {
        devices: Some(40),
        set: settings.to_vec(),
        ..Overrides::default()
    };
    let loaded = Scenario::load(&Source::BuiltIn, &overrides);
    loaded.unwrap().scenario
}

/// Device policies of the first fleet, and how fast its time passes.
fn settings() -> impl Strategy<Value = Vec<String>> {
    let policy = (
        prop::sample::select(vec!["message", "event"]),
        1_usize..20,
        prop::sample::select(vec!["truncate", "drop"]),
        prop::sample::select(vec!["1s", "1m", "1h"]),
    );
    let run = (0_u32..1000, prop::sample::select(vec!["0.5", "1", "60"]));
    (policy, run).prop_map(|((unit, queue, size, window), (seed, speed))| {
        vec![
            format!("fleet.0.policy.rate-unit={unit}"),
            format!("fleet.0.policy.queue-messages-max={queue}"),
            format!("fleet.0.policy.size-policy={size}"),
            format!("fleet.0.policy.throttle-window={window}"),
            format!("seed={seed}"),
            format!("clock.speed={speed}"),
        ]
    })
}

/// What targets do, in turn; `None` is an attempt that never ends.
fn outcomes() -> impl Strategy<Value = Vec<Option<AttemptOutcome>>> {
    use AttemptOutcome::{Accepted, Failed, Refused, TimedOut, TooLarge, Unconfirmed};
    let one = prop::sample::select(vec![
        Some(Accepted),
        Some(Accepted),
        Some(Accepted),
        Some(Refused),
        Some(Failed),
        Some(TimedOut),
        Some(Unconfirmed),
        Some(TooLarge),
        None,
    ]);
    prop::collection::vec(one, 1..50)
}

fn run(scenario: &Scenario, outcomes: &[Option<AttemptOutcome>]) -> Forecast {
    let mut turn = outcomes.iter().cycle().copied();
    let mut target = |_: &Transmission| turn.next().flatten();
    simulate_against(scenario, 0..scenario.device_count(), u64::MAX, &mut target)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_candidate_is_in_one_account_and_every_message_ends_once(
        settings in settings(),
        outcomes in outcomes(),
    ) {
        let forecast = run(&scenario(&settings), &outcomes);
        let ledger = &forecast.ledger;
        prop_assert!(ledger.is_consistent(), "{ledger:?}");
        prop_assert_eq!(ledger.outstanding(), forecast.in_queues, "{:?}", ledger);
        let by_type: u64 = ledger.by_type.values().map(|row| row.delivered).sum();
        let delivered = ledger.settled.get(&Settlement::Delivered).copied();
        prop_assert_eq!(by_type, delivered.unwrap_or(0));
        prop_assert!(ledger.queued > 0, "nothing was tried");
    }
}

#[test]
fn a_target_that_never_answers_leaves_all_its_messages_in_the_queues() {
    let forecast = run(&scenario(&[]), &[None]);
    assert_eq!(forecast.ledger.settled.values().sum::<u64>(), 0);
    assert_eq!(forecast.ledger.queued, forecast.in_queues);
    assert!(forecast.in_queues > 0);
}
