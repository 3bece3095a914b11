//! How long a delay is: always the same, or drawn from a distribution.

use std::time::Duration;

use rand::{Rng, RngExt};

/// Longest single delay, whatever the distribution says.
pub(super) const DELAY_MAX: Duration = Duration::from_secs(3600);

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// How long delays are. None is longer than an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// All the same.
    Fixed(Duration),
    /// Each between the two as likely as any other.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// Many short ones, a few long ones.
    Exponential {
        /// Their mean.
        mean: Duration,
    },
    /// Most near the median, a few much longer, as servers are.
    Lognormal {
        /// Half of them are shorter.
        median: Duration,
        /// One in a hundred is longer.
        p99: Duration,
    },
}

impl Delay {
    /// The next one.
    pub fn draw(&self, chance: &mut impl Rng) -> Duration {
        let seconds = match *self {
            Self::Fixed(time) => return time.min(DELAY_MAX),
            Self::Uniform { min, max } => {
                let (min, max) = (min.as_secs_f64(), max.as_secs_f64());
                min + (max - min) * chance.random::<f64>()
            }
            Self::Exponential { mean } => mean.as_secs_f64() * -open(chance).ln(),
            Self::Lognormal { median, p99 } => {
                let (median, p99) = (median.as_secs_f64(), p99.as_secs_f64());
                median * ((p99 / median).ln() / NORMAL_P99 * normal(chance)).exp()
            }
        };
        Duration::try_from_secs_f64(seconds)
            .unwrap_or(DELAY_MAX)
            .min(DELAY_MAX)
    }
}

/// Above 0 and at most 1, so that it has a logarithm.
fn open(chance: &mut impl Rng) -> f64 {
    1.0 - chance.random::<f64>()
}

/// From the standard normal distribution, by Box and Muller.
fn normal(chance: &mut impl Rng) -> f64 {
    let radius = (-2.0 * open(chance).ln()).sqrt();
    radius * (std::f64::consts::TAU * chance.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const DRAWN: usize = 20_000;

    /// Many delays in milliseconds, in ascending order.
    fn drawn(delay: Delay) -> Vec<f64> {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        let mut drawn: Vec<f64> = (0..DRAWN)
            .map(|_| delay.draw(&mut chance).as_secs_f64() * 1e3)
            .collect();
        drawn.sort_by(f64::total_cmp);
        drawn
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn near(value: f64, expected: f64) -> bool {
        (value / expected - 1.0).abs() < 0.1
    }

    #[test]
    fn a_fixed_delay_is_the_same_each_time() {
        let drawn = drawn(Delay::Fixed(ms(20)));
        assert!(drawn.iter().all(|delay| *delay == 20.0));
    }

    #[test]
    fn uniform_delays_lie_between_their_bounds() {
        let drawn = drawn(Delay::Uniform {
            min: ms(10),
            max: ms(30),
        });
        assert!(drawn[0] >= 10.0 && drawn[DRAWN - 1] <= 30.0);
        assert!(near(drawn[DRAWN / 2], 20.0));
    }

    #[test]
    fn exponential_delays_have_their_mean() {
        let drawn = drawn(Delay::Exponential { mean: ms(50) });
        assert!(near(drawn.iter().sum::<f64>() / DRAWN as f64, 50.0));
        assert!(near(drawn[DRAWN / 2], 50.0 * std::f64::consts::LN_2));
    }

    #[test]
    fn lognormal_delays_have_their_median_and_their_p99() {
        let drawn = drawn(Delay::Lognormal {
            median: ms(20),
            p99: ms(400),
        });
        assert!(near(drawn[DRAWN / 2], 20.0), "{}", drawn[DRAWN / 2]);
        assert!(near(drawn[DRAWN * 99 / 100], 400.0));
    }

    #[test]
    fn no_delay_is_longer_than_an_hour() {
        let mean = Duration::from_secs(1_000_000);
        let drawn = drawn(Delay::Exponential { mean });
        assert_eq!(drawn[DRAWN - 1], 3_600_000.0);
    }
}
