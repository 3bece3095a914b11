//! How intervals spread, in little room: counts on a logarithmic scale, a fortieth apart.

/// Steps for each factor of ten; neighbours differ by 2.3 %.
pub(crate) const STEPS_PER_DECADE: usize = 100;
/// Factors of ten from a microsecond to a little more than an hour.
const DECADES: usize = 10;
/// Steps in all.
const STEPS: usize = STEPS_PER_DECADE * DECADES;

/// Counts of intervals. It owns memory from the first interval on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread {
    counts: Vec<u32>,
    all: u64,
}

/// The step that an interval of `us` microseconds belongs to.
fn step(us: u64) -> usize {
    let decades = (us.max(1) as f64).log10();
    ((decades * STEPS_PER_DECADE as f64) as usize).min(STEPS - 1)
}

/// Where step number `step` begins, in milliseconds.
pub(crate) fn begin_ms(step: usize) -> f64 {
    10_f64.powf(step as f64 / STEPS_PER_DECADE as f64) / 1e3
}

impl Spread {
    /// Adds an interval of `us` microseconds.
    pub(crate) fn add(&mut self, us: u64) {
        if self.counts.is_empty() {
            self.counts = vec![0; STEPS];
        }
        let count = &mut self.counts[step(us)];
        *count = count.saturating_add(1);
        self.all += 1;
    }

    /// How many intervals there are.
    pub(crate) fn count(&self) -> u64 {
        self.all
    }

    /// Adds all intervals of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
        } else {
            for (own, theirs) in self.counts.iter_mut().zip(&other.counts) {
                *own = own.saturating_add(*theirs);
            }
        }
        self.all += other.all;
    }

    /// The value at `quantile` (0 to 1) in milliseconds, the middle of its step; `None` without any.
    pub(crate) fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        let rank = ((self.all as f64 * quantile).ceil() as u64).max(1);
        let mut passed = 0;
        for (step, count) in self.counts.iter().enumerate() {
            passed += u64::from(*count);
            if passed >= rank {
                return Some((begin_ms(step) * begin_ms(step + 1)).sqrt());
            }
        }
        None
    }

    /// How many there are in each step that has any.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (usize, u64)> {
        let steps = self.counts.iter().enumerate();
        steps
            .filter(|(_, count)| **count > 0)
            .map(|(step, count)| (step, u64::from(*count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_fortieth() {
        let mut spread = Spread::default();
        (1..=1000).for_each(|ms| spread.add(ms * 1_000));
        for (quantile, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let value = spread.quantile_ms(quantile).unwrap();
            assert!((value / expected - 1.0).abs() < 0.025, "{value}");
        }
        assert_eq!(Spread::default().quantile_ms(0.5), None);
    }
}
