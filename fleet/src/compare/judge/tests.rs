//! What the verdicts are worth: synthetic runs whose truth is known, from a seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// The smallest change that matters, by default.
const EFFECT: f64 = 0.05;

/// A normal deviate.
fn deviate(random: &mut ChaCha8Rng) -> f64 {
    let (one, other): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

/// How synthetic runs come about.
struct World {
    /// One relative standard deviation of a run.
    spread: f64,
    /// How much slower the new side is, as a share.
    slower: f64,
    /// How much slower the machine becomes from run to run, one relative standard deviation of a walk.
    drift: f64,
}

impl World {
    /// `pairs` in the order A B B A.
    fn interleaved(&self, pairs: usize, random: &mut ChaCha8Rng) -> Values {
        let (mut base, mut new) = (Vec::new(), Vec::new());
        let mut level = 0.0;
        for run in 0..2 * pairs {
            level += self.drift * deviate(random);
            let noise = level + self.spread * deviate(random);
            match run % 4 {
                0 | 3 => base.push(100.0 * noise.exp()),
                _ => new.push(100.0 * (1.0 + self.slower) * noise.exp()),
            }
        }
        Values {
            base,
            new,
            pairing: Pairing::Interleaved,
        }
    }

    /// `runs` of either side, one side after the other.
    fn independent(&self, runs: usize, random: &mut ChaCha8Rng) -> Values {
        let one = |slower: f64, random: &mut ChaCha8Rng| -> Vec<f64> {
            let run = |random: &mut ChaCha8Rng| {
                100.0 * (1.0 + slower) * (self.spread * deviate(random)).exp()
            };
            (0..runs).map(|_| run(random)).collect()
        };
        Values {
            base: one(0.0, random),
            new: one(self.slower, random),
            pairing: Pairing::Independent,
        }
    }
}

/// The verdict on a latency that is tested alone. What is not significant needs no interval to be no alarm.
fn verdict(values: &Values) -> Verdict {
    let p = values.p();
    let finding = values.finding(p, None);
    finding.verdict(EFFECT.ln_1p(), true, values.design())
}

fn alarms(cases: usize, mut case: impl FnMut(&mut ChaCha8Rng) -> Values) -> (usize, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut worse, mut better) = (0, 0);
    for _ in 0..cases {
        let values = case(&mut random);
        if values.p() > LEVEL {
            continue;
        }
        match verdict(&values) {
            Verdict::Regression => worse += 1,
            Verdict::Improvement => better += 1,
            Verdict::Equal | Verdict::Inconclusive => {}
        }
    }
    (worse, better)
}

#[test]
fn equal_servers_raise_no_alarm() {
    // Noise of 20 % is far above the effect, so that no alarm is hidden behind "equal".
    let still = World {
        spread: 0.2,
        slower: 0.0,
        drift: 0.0,
    };
    let (worse, better) = alarms(10_000, |random| still.interleaved(12, random));
    assert!(
        worse <= 50,
        "{worse} regressions, {better} improvements of 10,000"
    );
}

#[test]
fn equal_servers_raise_no_alarm_one_after_the_other() {
    let still = World {
        spread: 0.2,
        slower: 0.0,
        drift: 0.0,
    };
    let (worse, better) = alarms(10_000, |random| still.independent(5, random));
    assert!(
        worse <= 50,
        "{worse} regressions, {better} improvements of 10,000"
    );
}

#[test]
fn eight_metrics_together_raise_no_more_alarms_than_one() {
    let still = World {
        spread: 0.2,
        slower: 0.0,
        drift: 0.0,
    };
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let alarms = (0..2_000).filter(|_| {
        let metrics: Vec<Values> = (0..8).map(|_| still.interleaved(8, &mut random)).collect();
        let p: Vec<f64> = metrics.iter().map(Values::p).collect();
        let corrected = statistics::holm(&p);
        let mut judged = metrics.iter().zip(corrected);
        judged.any(|(values, p)| {
            p <= LEVEL
                && values
                    .finding(p, None)
                    .verdict(EFFECT.ln_1p(), true, values.design())
                    == Verdict::Regression
        })
    });
    // Half of the level is 10 of them; the count itself has a standard deviation of 3.
    let alarms = alarms.count();
    assert!(alarms <= 16, "{alarms} of 2,000");
}

#[test]
fn a_drifting_machine_raises_no_alarm_where_runs_are_interleaved() {
    let drifting = World {
        spread: 0.02,
        slower: 0.0,
        drift: 0.05,
    };
    let (worse, better) = alarms(10_000, |random| drifting.interleaved(8, random));
    assert!(
        worse <= 50,
        "{worse} regressions, {better} improvements of 10,000"
    );
}

#[test]
fn five_percent_are_found_in_twelve_and_twelve_interleaved_runs() {
    let slower = World {
        spread: 0.02,
        slower: 0.05,
        drift: 0.0,
    };
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut counts = [0; 4];
    for _ in 0..2_000 {
        counts[verdict(&slower.interleaved(12, &mut random)) as usize] += 1;
    }
    assert!(counts[Verdict::Regression as usize] >= 1_980, "{counts:?}");
    assert_eq!(counts[Verdict::Improvement as usize], 0);
}

#[test]
fn the_power_that_is_told_is_the_power_there_is() {
    for (spread, pairs) in [(0.03, 12), (0.04, 10)] {
        let world = World {
            spread,
            slower: EFFECT,
            drift: 0.0,
        };
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let found = (0..600).filter(|_| world.interleaved(pairs, &mut random).p() <= LEVEL);
        let found = found.count() as f64 / 600.0;
        let told = Design::Interleaved { pairs }.power(EFFECT.ln_1p(), spread, LEVEL);
        assert!(
            (found - told).abs() < 0.08,
            "{spread} {pairs}: {found}, told {told}"
        );
    }
}

#[test]
fn equal_servers_are_called_equal_where_runs_are_quiet() {
    let still = World {
        spread: 0.01,
        slower: 0.0,
        drift: 0.02,
    };
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let equal = (0..300).filter(|_| verdict(&still.interleaved(12, &mut random)) == Verdict::Equal);
    let equal = equal.count();
    assert!(equal >= 240, "{equal} of 300");
}

#[test]
fn single_runs_say_nothing_unless_their_noise_is_known() {
    let values = Values {
        base: vec![100.0],
        new: vec![300.0],
        pairing: Pairing::Independent,
    };
    assert_eq!(verdict(&values), Verdict::Inconclusive);
    let judged = |floor: f64| {
        let finding = values.finding(values.p(), Some(floor));
        finding.verdict(EFFECT.ln_1p(), true, values.design())
    };
    assert_eq!(judged(0.3), Verdict::Regression);
    assert_eq!(judged(1.5), Verdict::Inconclusive);
}
