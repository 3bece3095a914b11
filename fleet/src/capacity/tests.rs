//! The whole method on targets in virtual time: so many workers, each of which takes a message so long.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

const WARM_UP_S: f64 = 2.0;
const HOLD_S: f64 = 10.0;
const MOMENT_S: f64 = 0.125;

const DEMANDS: Demands = Demands {
    undelivered_share_max: 0.001,
    growth_share_max: 0.01,
};

/// Workers that do one message at a time each.
struct Target {
    workers: usize,
    seconds: f64,
}

impl Target {
    fn knee(&self) -> f64 {
        self.workers as f64 / self.seconds
    }

    /// What is measured when `arrivals` (seconds, in order) come to it.
    fn measure(&self, arrivals: &[f64]) -> Measured {
        let mut free = vec![0.0_f64; self.workers];
        let mut ends = Vec::new();
        for arrival in arrivals {
            let first = free.iter().copied().enumerate();
            let (worker, at) = first
                .min_by(|one, other| one.1.total_cmp(&other.1))
                .unwrap();
            free[worker] = at.max(*arrival) + self.seconds;
            ends.push(free[worker]);
        }
        let held = |at: f64| (WARM_UP_S..WARM_UP_S + HOLD_S).contains(&at);
        let pairs = || arrivals.iter().zip(&ends);
        let mut responses: Vec<f64> = pairs()
            .filter(|(due, _)| held(**due))
            .map(|(due, end)| (end - due) * 1e3)
            .collect();
        responses.sort_unstable_by(f64::total_cmp);
        let p99 = responses[responses.len() * 99 / 100];
        let backlog = |at: f64| {
            let left = pairs().filter(|(due, end)| **due < at && at <= **end);
            left.count() as f64
        };
        let moments = (HOLD_S / MOMENT_S) as usize;
        let moments = (1..=moments).map(|moment| WARM_UP_S + moment as f64 * MOMENT_S);
        let backlogs: Vec<f64> = moments.map(backlog).collect();
        let offered_per_s = responses.len() as f64 / HOLD_S;
        let slope = measure::trend(&backlogs, MOMENT_S);
        Measured {
            figures: StepFigures {
                offered_per_s,
                delivered_per_s: ends.iter().filter(|end| held(**end)).count() as f64 / HOLD_S,
                growth_share: slope.max(0.0) / offered_per_s,
                growth_by_chance: measure::is_chance(slope * HOLD_S, &backlogs),
                response_p99_ms: Some(p99),
                ..StepFigures::default()
            },
            failed: if p99 > 100.0 {
                vec![format!("p99 {p99} ms")]
            } else {
                Vec::new()
            },
            ..Measured::default()
        }
    }
}

/// The knee that is found with arrivals that `gap` spaces, in multiples of their mean.
fn found(target: &Target, mut gap: impl FnMut() -> f64) -> Knee {
    let mut search = Search::new(SearchSettings {
        from: 50.0,
        max: 1e6,
        precision: 0.02,
        searches: 6,
        whole: false,
        recovery: true,
    });
    while let Some(probe) = search.next() {
        let mut at = 0.0;
        let arrivals = std::iter::from_fn(|| {
            at += gap() / probe.load;
            (at < WARM_UP_S + HOLD_S).then_some(at)
        });
        let measured = target.measure(&arrivals.collect::<Vec<_>>());
        search.tell(judge(probe.load, &measured, DEMANDS, None).0);
    }
    assert_eq!(search.conclusion(), Some(Conclusion::Found));
    search.knee().unwrap()
}

#[test]
fn known_knees_are_found_within_three_percent() {
    for (workers, seconds) in [(4, 0.01), (1, 0.004), (8, 0.01), (3, 0.025), (32, 0.05)] {
        let target = Target { workers, seconds };
        let knee = found(&target, || 1.0);
        let off = knee.load / target.knee() - 1.0;
        assert!(off.abs() < 0.03, "{workers} workers: {off:+.3}, {knee:?}");
    }
}

#[test]
fn arrivals_by_chance_give_way_earlier_and_never_claim_more_than_there_is() {
    let target = Target {
        workers: 4,
        seconds: 0.01,
    };
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let knee = found(&target, || -(1.0 - chance.random::<f64>()).ln());
    let share = knee.load / target.knee();
    assert!((0.90..1.03).contains(&share), "{share} {knee:?}");
}

#[test]
fn a_target_that_is_slow_and_has_no_limit_does_not_fall_behind() {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let mut broken = 0;
    for load in [25.0, 50.0, 100.0, 400.0].repeat(50) {
        let mut at = 0.0;
        let mut left = Vec::new();
        while at < WARM_UP_S + HOLD_S {
            at += -(1.0 - chance.random::<f64>()).ln() / load;
            left.push((at, at - (1.0 - chance.random::<f64>()).ln()));
        }
        let moments = (1..=(HOLD_S / MOMENT_S) as usize).map(|moment| {
            let now = WARM_UP_S + moment as f64 * MOMENT_S;
            let there = left.iter().filter(|(due, end)| *due < now && now <= *end);
            there.count() as f64
        });
        let backlogs: Vec<f64> = moments.collect();
        let slope = measure::trend(&backlogs, MOMENT_S);
        let measured = Measured {
            figures: StepFigures {
                offered_per_s: load,
                growth_share: slope.max(0.0) / load,
                growth_by_chance: measure::is_chance(slope * HOLD_S, &backlogs),
                ..StepFigures::default()
            },
            ..Measured::default()
        };
        broken += usize::from(judge(load, &measured, DEMANDS, None).0 != Outcome::Held);
    }
    assert!(broken <= 2, "{broken} of 200");
}
