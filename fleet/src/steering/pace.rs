//! The plan's own time: a piecewise linear function of the time of the run.

use std::time::Duration;

/// Slowest that arrivals come, in times of what the scenario says.
pub const FACTOR_MIN: f64 = 0.1;
/// Fastest.
pub const FACTOR_MAX: f64 = 10.0;

/// How the plan's time follows from the run's. Until somebody sets it, they are the same, to the
/// nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    bend: Option<Bend>,
}

/// Where the function was last bent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bend {
    run: Duration,
    plan: Duration,
    /// Seconds of the plan in a second of the run from here on.
    slope: f64,
}

impl Pace {
    /// From `now` of the run on, the plan goes on `factor` times as fast; 0 for not at all.
    pub fn set(&mut self, now: Duration, factor: f64) {
        self.bend = Some(Bend {
            run: now,
            plan: self.plan_at(now),
            slope: factor.clamp(0.0, FACTOR_MAX),
        });
    }

    /// How far the plan is when `run` of the run has passed.
    pub fn plan_at(&self, run: Duration) -> Duration {
        let Some(bend) = self.bend else {
            return run;
        };
        let since = run.saturating_sub(bend.run);
        bend.plan.saturating_add(since.mul_f64(bend.slope))
    }

    /// How much of the run has passed when the plan has come to `plan`, which lies behind the last bend;
    /// `None` as long as it does not go on.
    pub fn run_at(&self, plan: Duration) -> Option<Duration> {
        let Some(bend) = self.bend else {
            return Some(plan);
        };
        let ahead = plan.saturating_sub(bend.plan).as_secs_f64() / bend.slope;
        let ahead = Duration::try_from_secs_f64(ahead).ok()?;
        bend.run.checked_add(ahead)
    }

    /// How far the plan can come at most in a run of this `duration`.
    pub fn longest(&self, duration: Duration) -> Duration {
        duration.saturating_mul(FACTOR_MAX as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn untouched_both_times_are_the_same_to_the_nanosecond() {
        let pace = Pace::default();
        let odd = Duration::from_nanos(123_456_789_012_345_677);
        assert_eq!(pace.plan_at(odd), odd);
        assert_eq!(pace.run_at(odd), Some(odd));
    }

    #[test]
    fn a_pause_takes_as_long_as_it_takes_and_a_factor_bends_from_its_moment() {
        let mut pace = Pace::default();
        pace.set(10 * SECOND, 0.0);
        assert_eq!(pace.plan_at(15 * SECOND), 10 * SECOND);
        assert_eq!(pace.run_at(11 * SECOND), None);
        pace.set(15 * SECOND, 2.0);
        assert_eq!(pace.plan_at(16 * SECOND), 12 * SECOND);
        assert_eq!(pace.run_at(12 * SECOND), Some(16 * SECOND));
        pace.set(16 * SECOND, 0.5);
        assert_eq!(pace.run_at(13 * SECOND), Some(18 * SECOND));
        // What is due at the very moment is due now, also in a pause.
        pace.set(18 * SECOND, 1.0);
        assert_eq!(pace.run_at(13 * SECOND), Some(18 * SECOND));
    }
}
