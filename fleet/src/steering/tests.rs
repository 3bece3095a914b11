use super::*;
use crate::{
    plan::{Plan, PlannedEvent},
    scenario::{Overrides, Scenario, Source},
    units::Share,
};

const SECOND: Duration = Duration::from_secs(1);

fn quickstart(set: &[&str]) -> Scenario {
    let overrides = Overrides {
        set: set.iter().map(|setting| (*setting).to_owned()).collect(),
        ..Overrides::default()
    };
    let loaded = Scenario::load(&Source::BuiltIn, &overrides).unwrap();
    loaded.scenario
}

/// A scenario whose one traffic comes evenly, ten times a second, for twenty seconds.
fn even() -> Scenario {
    let mut scenario = quickstart(&["duration=20s", "warm-up=0s"]);
    scenario.traffic.truncate(1);
    scenario.traffic[0].arrival = crate::scenario::Arrival::Rate {
        profile: crate::scenario::RateProfile::constant(10.0),
        spacing: crate::scenario::Spacing::Equal,
        per: crate::scenario::Per::All,
    };
    scenario
}

/// Walks the plan of `scenario`, as the pacing thread does, with these changes at their times.
fn walk(scenario: &Scenario, changes: Vec<(Duration, Change)>) -> Vec<PlannedEvent> {
    let mut plan = Plan::new(scenario);
    let mut events = Vec::new();
    for (at, change) in changes {
        while let Some(event) = plan.take_due(at) {
            events.push(event);
        }
        plan.steer(at, &change);
    }
    events.extend(plan);
    events
}

fn pace(factor: f64) -> Change {
    Change::Pace { factor }
}

fn between(events: &[PlannedEvent], from: Duration, to: Duration) -> usize {
    let within = |event: &&PlannedEvent| event.elapsed >= from && event.elapsed < to;
    events.iter().filter(within).count()
}

#[test]
fn a_plan_that_nobody_touches_is_walked_as_it_was_written() {
    let scenario = quickstart(&[]);
    let taken = walk(&scenario, vec![]);
    assert!(taken.len() > 1_000);
    let looked_at = {
        let mut plan = Plan::new(&scenario);
        let mut events = Vec::new();
        while let Some(due) = plan.due() {
            let event = plan.take_due(due).unwrap();
            assert_eq!(event.elapsed, due);
            events.push(event);
        }
        events
    };
    assert_eq!(taken, looked_at);
}

#[test]
fn nothing_arrives_in_a_pause_and_afterwards_everything_comes_later() {
    let scenario = even();
    let whole = walk(&scenario, vec![]);
    let paused = walk(
        &scenario,
        vec![(5 * SECOND, pace(0.0)), (8 * SECOND, pace(1.0))],
    );
    assert_eq!(between(&paused, 5 * SECOND + SECOND / 10, 8 * SECOND), 0);
    assert_eq!(
        between(&paused, Duration::ZERO, 5 * SECOND),
        between(&whole, Duration::ZERO, 5 * SECOND)
    );
    assert_eq!(between(&paused, 9 * SECOND, 19 * SECOND), 100);
    assert!(paused.iter().all(|event| event.elapsed < scenario.duration));
    // The same devices have the same events, but later.
    assert_eq!(whole[80].device, paused[80].device);
    assert_eq!(whole[80].elapsed + 3 * SECOND, paused[80].elapsed);
}

#[test]
fn a_factor_changes_the_rate_until_the_run_is_over() {
    let scenario = even();
    let events = walk(&scenario, vec![(5 * SECOND, pace(4.0))]);
    for second in 6..19 {
        let count = between(&events, second * SECOND, (second + 1) * SECOND);
        assert!((39..=41).contains(&count), "{count} in second {second}");
    }
    assert!(events.is_sorted_by_key(|event| event.elapsed));
    assert!(events.iter().all(|event| event.elapsed < scenario.duration));
}

#[test]
fn random_arrivals_go_on_behind_the_end_of_the_plan_without_a_gap() {
    let mut scenario = even();
    scenario.traffic[0].arrival = crate::scenario::Arrival::Rate {
        profile: crate::scenario::RateProfile::constant(100.0),
        spacing: crate::scenario::Spacing::Random,
        per: crate::scenario::Per::All,
    };
    let events = walk(&scenario, vec![(10 * SECOND, pace(10.0))]);
    let late = between(&events, 15 * SECOND, 20 * SECOND);
    assert!((4_600..5_400).contains(&late), "{late}");
}

#[test]
fn events_bear_the_device_time_of_the_moment_they_happen() {
    let scenario = even();
    let changes = vec![(2 * SECOND, pace(0.1)), (7 * SECOND, pace(3.0))];
    let scale = crate::clock::TimeScale::new(&scenario.clock);
    for event in walk(&scenario, changes) {
        assert_eq!(event.at, scale.device_at(event.elapsed));
    }
}

#[test]
fn a_chain_is_raised_on_a_share_of_the_devices_also_in_a_pause() {
    let scenario = quickstart(&["duration=120s"]);
    let raisable = raisable(&scenario);
    let power_loss = raisable.iter().find(|one| one.name == "power-loss");
    let (traffic, what) = power_loss.unwrap().now_on("10%".parse::<Share>().unwrap());
    assert_eq!(what, "power-loss on 10% of the devices");
    let changes = vec![
        (5 * SECOND, pace(0.0)),
        (6 * SECOND, Change::Raise(Box::new(traffic))),
    ];
    let events = walk(&scenario, changes);
    let lost: Vec<_> = events
        .iter()
        .filter(|event| event.event == emulator::SystemEvent::PowerLost)
        .collect();
    assert_eq!(lost.len(), 100);
    assert!(
        lost.iter()
            .all(|event| event.elapsed >= 6 * SECOND && event.elapsed < 7 * SECOND)
    );
    let restored = |event: &&PlannedEvent| event.event == emulator::SystemEvent::PowerRestored;
    assert_eq!(events.iter().filter(restored).count(), 100);
}

#[test]
fn traffic_of_the_scenario_is_played_once_more_with_chance_of_its_own() {
    let scenario = even();
    let raisable = raisable(&scenario);
    let again = raisable.iter().find(|one| !one.asks_for_share).unwrap();
    let (traffic, what) = again.now_on(Share::ALL);
    assert!(what.contains(&scenario.traffic[0].name), "{what}");
    let events = walk(
        &scenario,
        vec![(10 * SECOND, Change::Raise(Box::new(traffic)))],
    );
    assert_eq!(between(&events, 12 * SECOND, 18 * SECOND), 120);
    assert_eq!(between(&events, 2 * SECOND, 8 * SECOND), 60);
}

#[test]
fn what_nobody_will_carry_out_is_not_taken_and_not_kept() {
    let desk = Desk::default();
    assert!(desk.put(pace(2.0), "faster".to_owned()));
    assert_eq!(desk.take().len(), 1);
    assert!(desk.take().is_empty());
    desk.note(SECOND, "faster".to_owned());
    for _ in 1..INTERVENTIONS_MAX {
        assert!(desk.put(pace(1.0), "again".to_owned()));
    }
    assert!(!desk.put(pace(1.0), "once too often".to_owned()));
    desk.close();
    assert!(!desk.put(pace(0.0), "late".to_owned()) && desk.take().is_empty());
    assert_eq!(desk.done().len(), 1);
}
