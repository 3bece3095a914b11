//! Intervals by the bootstrap: what the median comes to if the values are drawn anew from themselves.
//!
//! Nothing is drawn: the distribution of the median of `n` draws with replacement is counted out, which is
//! what ever more draws would come to. Percentiles of so few values are too narrow by the same amount as
//! a normal interval is beside Student's; they are taken as much further out (the expanded percentile
//! interval).

use statrs::{
    distribution::{ContinuousCDF, StudentsT},
    function::erf::erfc,
};

/// A value with its probability.
type Weighted = (f64, f64);

/// The interval of the median of `values` at `level`, as in 0.99.
pub fn of_median(values: &[f64], level: f64) -> Option<(f64, f64)> {
    let tail = expanded_tail(level, values.len().checked_sub(1)?, values.len())?;
    between(medians(values), tail)
}

/// The interval of the median of `new` divided by the median of `base`, both above 0, at `level`.
pub fn of_ratio(base: &[f64], new: &[f64], level: f64) -> Option<(f64, f64)> {
    let fewer = base.len().min(new.len());
    let tail = expanded_tail(level, (base.len() + new.len()).checked_sub(2)?, fewer)?;
    let base = medians(base);
    let ratios = medians(new).into_iter().flat_map(|(new, weight)| {
        let ratio = move |(base, own): &Weighted| (new / base, weight * own);
        base.iter().map(ratio).collect::<Vec<_>>()
    });
    between(ratios.collect(), tail)
}

/// The tail to cut off at either end, for an interval at `level` of `count` values with `freedom`
/// degrees of freedom.
fn expanded_tail(level: f64, freedom: usize, count: usize) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    let quantile = student.inverse_cdf(1.0 - (1.0 - level) / 2.0);
    let count = count as f64;
    let wider = quantile * (count / (count - 1.0)).sqrt();
    wider
        .is_finite()
        .then(|| erfc(wider / std::f64::consts::SQRT_2) / 2.0)
}

/// Every median that draws from `values` can have, with its probability.
fn medians(values: &[f64]) -> Vec<Weighted> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len();
    let half = count / 2;
    // The probability that the value of rank `half` (from 1) of the draws is one of the first `first`.
    let at_most = |rank: usize, first: usize| {
        let share = first as f64 / count as f64;
        (rank..=count)
            .map(|below| binomial(count, below, share))
            .sum::<f64>()
    };
    let mut medians = Vec::new();
    for (index, value) in sorted.iter().enumerate() {
        if count % 2 == 1 {
            let rank = half + 1;
            medians.push((*value, at_most(rank, index + 1) - at_most(rank, index)));
            continue;
        }
        let mut alone = at_most(half, index + 1) - at_most(half, index);
        for (further, other) in sorted.iter().enumerate().skip(index + 1) {
            let weight = split(count, index, further);
            alone -= weight;
            medians.push((value.midpoint(*other), weight));
        }
        medians.push((*value, alone.max(0.0)));
    }
    medians
}

/// The probability that of `count` draws, an even number, one half ends at value `low` and the other begins
/// at value `high`, counted from 0.
fn split(count: usize, low: usize, high: usize) -> f64 {
    let half = (count / 2) as i32;
    let share = |values: usize| (values as f64 / count as f64).powi(half);
    let below = share(low + 1) - share(low);
    let above = share(count - high) - share(count - high - 1);
    choices(count, count / 2) * below * above
}

/// The probability that of `count` draws exactly `hits` hit what each hits with `share`.
fn binomial(count: usize, hits: usize, share: f64) -> f64 {
    choices(count, hits) * share.powi(hits as i32) * (1.0 - share).powi((count - hits) as i32)
}

/// The ways to choose `chosen` of `count`.
pub(super) fn choices(count: usize, chosen: usize) -> f64 {
    (0..chosen).fold(1.0, |ways, index| {
        ways * (count - index) as f64 / (index + 1) as f64
    })
}

/// The values of `weighted` that have `tail` below and above them.
fn between(mut weighted: Vec<Weighted>, tail: f64) -> Option<(f64, f64)> {
    weighted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let low = beyond(weighted.iter(), tail)?;
    let high = beyond(weighted.iter().rev(), tail)?;
    Some((low, high))
}

/// The first of `weighted` with which more than `tail` is passed.
fn beyond<'w>(mut weighted: impl Iterator<Item = &'w Weighted>, tail: f64) -> Option<f64> {
    let mut passed = 0.0;
    let found = weighted.find(|(_, weight)| {
        passed += weight;
        passed > tail
    });
    found.map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::statistics::median;

    #[test]
    fn the_medians_are_those_of_very_many_draws() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for count in [5_usize, 8] {
            let values: Vec<f64> = (0..count).map(|one| (one * one) as f64).collect();
            let counted = medians(&values);
            let all: f64 = counted.iter().map(|(_, weight)| weight).sum();
            assert!((all - 1.0).abs() < 1e-9, "{all}");
            for limit in [4.0, 10.0, 20.0] {
                let drawn = (0..4_000).filter(|_| {
                    let draw: Vec<f64> = (0..count)
                        .map(|_| values[random.random_range(0..count)])
                        .collect();
                    median(&draw).unwrap() <= limit
                });
                let drawn = drawn.count() as f64 / 4_000.0;
                let below = counted.iter().filter(|(value, _)| *value <= limit);
                let below: f64 = below.map(|(_, weight)| weight).sum();
                assert!(
                    (drawn - below).abs() < 0.03,
                    "{count} {limit} {drawn} {below}"
                );
            }
        }
    }

    #[test]
    fn few_values_have_their_whole_range_as_interval() {
        let base = [10.0, 10.1, 10.2, 10.3, 10.4];
        let (low, high) = of_ratio(&base, &base, 0.99).unwrap();
        assert!(low < 0.97 && high > 1.03, "{low} {high}");
        assert_eq!(of_median(&[3.0], 0.99), None);
        assert_eq!(of_median(&[], 0.99), None);
        let (low, high) = of_median(&base, 0.99).unwrap();
        assert_eq!((low, high), (10.0, 10.4));
    }
}
