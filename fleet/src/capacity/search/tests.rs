//! Searches on targets that do not exist, whose knee is known.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn settings() -> SearchSettings {
    SearchSettings {
        from: 100.0,
        max: 1e6,
        precision: 0.02,
        searches: 6,
        whole: false,
        recovery: true,
    }
}

/// Searches on a target of which `answer` says what comes of a probe; returns everything that was tried.
fn search(
    settings: SearchSettings,
    mut answer: impl FnMut(Probe) -> Outcome,
) -> (Search, Vec<(Probe, Outcome)>) {
    let mut search = Search::new(settings);
    let mut tried = Vec::new();
    while let Some(probe) = search.next() {
        let outcome = answer(probe);
        tried.push((probe, outcome));
        search.tell(outcome);
        assert!(tried.len() <= STEPS_MAX, "it never ends");
    }
    (search, tried)
}

fn below(knee: f64) -> impl Fn(Probe) -> Outcome {
    move |probe| {
        if probe.load <= knee {
            Outcome::Held
        } else {
            Outcome::Broken
        }
    }
}

#[test]
fn a_sharp_knee_is_found_wherever_it_is() {
    for knee in [0.3, 7.0, 99.0, 100.0, 101.0, 812.0, 65_000.0] {
        let (search, tried) = search(settings(), below(knee));
        assert_eq!(search.conclusion(), Some(Conclusion::Found), "{knee}");
        let found = search.knee().unwrap();
        assert!((found.load / knee - 1.0).abs() < 0.02, "{knee} {found:?}");
        assert!(found.low <= knee && knee < found.high.unwrap(), "{found:?}");
        assert_eq!((found.searches, found.confidence), (6, Some(0.968_75)));
        assert!(tried.len() < 60, "{} loads for {knee}", tried.len());
    }
}

#[test]
fn loads_are_doubled_then_bisected_then_overloaded_and_searched_again() {
    let (search, tried) = search(settings(), below(300.0));
    let purposes: Vec<Purpose> = tried.iter().map(|(probe, _)| probe.purpose).collect();
    let loads: Vec<f64> = tried.iter().map(|(probe, _)| probe.load).collect();
    assert_eq!(loads[..3], [100.0, 200.0, 400.0]);
    assert_eq!(purposes[..3], [Purpose::Bracket; 3]);
    let overload = purposes
        .iter()
        .position(|own| *own == Purpose::Overload)
        .unwrap();
    assert!(
        purposes[3..overload]
            .iter()
            .all(|own| *own == Purpose::Bisect)
    );
    assert!(loads[overload] > 300.0 * 1.4, "{loads:?}");
    assert_eq!(purposes[overload + 1], Purpose::Recover);
    assert!(
        purposes[overload + 2..]
            .iter()
            .all(|own| *own == Purpose::Confirm)
    );
    let recovery = search.recovery().unwrap();
    assert_eq!(recovery.holds, Some(recovery.tried));
    assert!(!recovery.is_hysteresis());
}

#[test]
fn a_target_that_does_not_recover_is_noticed() {
    let mut overloaded = false;
    let (search, _) = search(settings(), |probe| {
        overloaded |= probe.purpose == Purpose::Overload;
        let knee = if overloaded { 200.0 } else { 300.0 };
        below(knee)(probe)
    });
    let recovery = search.recovery().unwrap();
    assert!(recovery.is_hysteresis(), "{recovery:?}");
    assert!(recovery.holds.unwrap() <= 200.0, "{recovery:?}");
}

#[test]
fn a_target_that_needs_time_is_told_from_one_that_stays_worse() {
    let mut recovering = 0;
    let (search, _) = search(settings(), |probe| {
        recovering += usize::from(probe.purpose == Purpose::Recover);
        match recovering == 1 && probe.purpose == Purpose::Recover {
            true => Outcome::Broken,
            false => below(300.0)(probe),
        }
    });
    let recovery = search.recovery().unwrap();
    assert_eq!((recovery.tries, recovery.holds), (2, Some(recovery.tried)));
    assert!(!recovery.is_hysteresis());
}

#[test]
fn a_knee_that_trembles_lies_in_the_interval_as_often_as_it_says() {
    let cases = 1_000;
    // What a target takes differs from run to run by so much.
    for scatter in [0.02, 0.05, 0.1, 0.2] {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        let mut covered = 0;
        for _ in 0..cases {
            let (search, _) = search(settings(), |probe| {
                let sum: f64 = (0..12).map(|_| chance.random::<f64>()).sum();
                below(500.0 * (1.0 + scatter * (sum - 6.0)))(probe)
            });
            let knee = search.knee().unwrap();
            covered += usize::from(knee.low <= 500.0 && 500.0 <= knee.high.unwrap());
        }
        // 96.9 % less three standard deviations.
        assert!(covered >= 952, "{covered} of {cases} at {scatter}");
    }
}

#[test]
fn searches_that_the_generator_ended_are_no_part_of_the_interval() {
    let mut confirming = 0;
    let (search, _) = search(settings(), |probe| {
        confirming += usize::from(probe.purpose == Purpose::Confirm);
        match probe.load > 300.0 && (8..20).contains(&confirming) {
            true => Outcome::Generator,
            false => below(300.0)(probe),
        }
    });
    let knee = search.knee().unwrap();
    assert_eq!(search.conclusion(), Some(Conclusion::Found));
    assert!(knee.without_end > 0, "{knee:?}");
    assert_eq!(knee.searches + knee.without_end, 6);
    let confidence = 1.0 - 0.5_f64.powi(knee.searches as i32 - 1);
    assert_eq!(knee.confidence, Some(confidence));
}

#[test]
fn a_target_that_is_made_anew_is_not_asked_whether_it_recovers() {
    let anew = SearchSettings {
        recovery: false,
        ..settings()
    };
    let (search, tried) = search(anew, below(300.0));
    assert_eq!(search.recovery(), None);
    assert!(
        tried
            .iter()
            .all(|(probe, _)| probe.purpose != Purpose::Overload)
    );
    assert_eq!(search.knee().unwrap().searches, 6);
}

#[test]
fn where_the_generator_gives_way_first_no_knee_is_claimed() {
    let (search, tried) = search(settings(), |probe| match probe.load <= 700.0 {
        true => Outcome::Held,
        false => Outcome::Generator,
    });
    assert_eq!(search.conclusion(), Some(Conclusion::Generator));
    let knee = search.knee().unwrap();
    assert!(knee.load <= 700.0 && knee.high.is_none() && knee.confidence.is_none());
    assert!(knee.load > 700.0 / 1.03, "{knee:?}");
    // Each load twice, for it may have been another program; and no overload.
    let vain = tried
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::Generator);
    assert_eq!(vain.count() % 2, 0);
    assert!(
        tried
            .iter()
            .all(|(probe, _)| probe.purpose != Purpose::Overload)
    );
}

#[test]
fn a_bad_moment_of_the_generator_is_no_end() {
    let mut moments = 0;
    let (search, _) = search(settings(), |probe| {
        moments += 1;
        match moments % 4 {
            0 => Outcome::Generator,
            _ => below(300.0)(probe),
        }
    });
    assert_eq!(search.conclusion(), Some(Conclusion::Found));
    assert!((search.knee().unwrap().load / 300.0 - 1.0).abs() < 0.02);
}

#[test]
fn ends_of_all_kinds_are_told_apart() {
    let (all_hold, tried) = search(settings(), |_| Outcome::Held);
    assert_eq!(all_hold.conclusion(), Some(Conclusion::Largest));
    assert_eq!(tried.last().unwrap().0.load, 1e6);
    assert_eq!(all_hold.knee().unwrap().low, 1e6);
    let (none, _) = search(settings(), |_| Outcome::Broken);
    assert_eq!(none.conclusion(), Some(Conclusion::NoneHolds));
    assert_eq!(none.knee(), None);
    let (kept_back, _) = search(settings(), |probe| match probe.load <= 150.0 {
        true => Outcome::Held,
        false => Outcome::Devices,
    });
    assert_eq!(kept_back.conclusion(), Some(Conclusion::Devices));
}

#[test]
fn devices_are_whole() {
    let whole = SearchSettings {
        from: 10.0,
        whole: true,
        ..settings()
    };
    for knee in [1.0, 3.0, 17.0, 1_000.0] {
        let (search, tried) = search(whole, below(knee));
        assert!(
            tried
                .iter()
                .all(|(probe, _)| probe.load.fract() == 0.0 && probe.load >= 1.0)
        );
        let found = search.knee().unwrap();
        assert!(
            found.low <= knee && knee <= found.high.unwrap(),
            "{knee} {found:?}"
        );
        assert!(
            found.high.unwrap() - found.low <= (knee * 0.05).max(1.0),
            "{knee} {found:?}"
        );
    }
    let (none, _) = search(whole, |_| Outcome::Broken);
    assert_eq!(none.conclusion(), Some(Conclusion::NoneHolds));
}

#[test]
fn answers_by_chance_end_all_the_same() {
    for seed in 0..200 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let (search, _) = search(settings(), |_| match chance.random_range(0..4) {
            0 => Outcome::Held,
            1 => Outcome::Broken,
            2 => Outcome::Generator,
            _ => Outcome::Devices,
        });
        assert!(search.conclusion().is_some());
    }
}
