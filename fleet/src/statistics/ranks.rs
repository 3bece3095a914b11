//! Rank tests: whether two sides differ by more than chance, whatever the shape of their noise.
//!
//! - [`rank_sum`]: Mann and Whitney's test of two independent samples.
//! - [`signed_rank`]: Wilcoxon's test of pairs.
//! - [`block_rank`]: Hodges and Lehmann's test of blocks, by ranks that are aligned at the blocks' means:
//!   runs in the order A B B A are compared across the two pairs of a block too, which finds more.
//!
//! All give the two-sided probability. It is exact, with ties too, for at most
//! [`EXACT_VALUES_MAX`] values, and beyond that a normal approximation with corrections for ties and
//! continuity.

use statrs::function::erf::erfc;

use super::{mean, null::Null};

/// Values up to which probabilities are counted out.
pub const EXACT_VALUES_MAX: usize = 50;

/// Values of both sides that were measured close to each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Of the base.
    pub base: Vec<f64>,
    /// Of what is compared with it.
    pub new: Vec<f64>,
}

/// The probability that chance alone sets `new` as far apart from `base`.
pub fn rank_sum(base: &[f64], new: &[f64]) -> f64 {
    let all: Vec<f64> = new.iter().chain(base).copied().collect();
    let ranks = doubled_ranks(&all);
    sum_of_blocks(&[(&ranks, new.len())])
}

/// The probability that chance alone makes `differences` lean as far to one side. Differences of
/// nothing say nothing and are left out.
pub fn signed_rank(differences: &[f64]) -> f64 {
    let differences: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|one| *one != 0.0)
        .collect();
    let sizes: Vec<f64> = differences.iter().map(|one| one.abs()).collect();
    let ranks = doubled_ranks(&sizes);
    let positive = ranks
        .iter()
        .zip(&differences)
        .filter(|(_, own)| **own > 0.0);
    let sum: usize = positive.map(|(rank, _)| rank).sum();
    if ranks.len() <= EXACT_VALUES_MAX {
        let nothing = Null::of_nothing();
        let null = ranks
            .iter()
            .fold(nothing, |null, rank| null.with_coin(*rank));
        return null.two_sided(sum);
    }
    let expected = ranks.iter().sum::<usize>() as f64 / 2.0;
    let variance: f64 = ranks.iter().map(|rank| (*rank as f64).powi(2) / 4.0).sum();
    normal_two_sided(sum as f64, expected, variance)
}

/// The probability that chance alone sets the sides of `blocks` as far apart.
pub fn block_rank(blocks: &[Block]) -> f64 {
    let aligned: Vec<Vec<f64>> = blocks.iter().map(aligned).collect();
    let ranks = doubled_ranks(&aligned.concat());
    let mut rest = ranks.as_slice();
    let mut parts = Vec::new();
    for block in blocks {
        let (own, others) = rest.split_at(block.new.len() + block.base.len());
        parts.push((own, block.new.len()));
        rest = others;
    }
    sum_of_blocks(&parts)
}

/// The values of `block`, the new ones first, without what all of them have in common.
fn aligned(block: &Block) -> Vec<f64> {
    let all: Vec<f64> = block.new.iter().chain(&block.base).copied().collect();
    let middle = mean(&all);
    all.iter().map(|value| value - middle).collect()
}

/// The probability of the sum of the first ranks of each block, so many as it says.
fn sum_of_blocks(blocks: &[(&[usize], usize)]) -> f64 {
    let sum: usize = blocks
        .iter()
        .map(|(ranks, new)| ranks[..*new].iter().sum::<usize>())
        .sum();
    let values: usize = blocks.iter().map(|(ranks, _)| ranks.len()).sum();
    if values <= EXACT_VALUES_MAX {
        let nothing = Null::of_nothing();
        let null = blocks
            .iter()
            .fold(nothing, |null, (ranks, new)| null.with_choice(ranks, *new));
        return null.two_sided(sum);
    }
    let (mut expected, mut variance) = (0.0, 0.0);
    for (ranks, new) in blocks {
        let ranks: Vec<f64> = ranks.iter().map(|rank| *rank as f64).collect();
        let (count, new) = (ranks.len() as f64, *new as f64);
        expected += new * mean(&ranks);
        if count > 1.0 {
            variance += new * (count - new) / (count * (count - 1.0)) * super::squares(&ranks);
        }
    }
    normal_two_sided(sum as f64, expected, variance)
}

/// How far out `sum` is, corrected for its coming in steps: of two, as ranks are doubled.
fn normal_two_sided(sum: f64, expected: f64, variance: f64) -> f64 {
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = ((sum - expected).abs() - 1.0).max(0.0);
    erfc(distance / variance.sqrt() / std::f64::consts::SQRT_2).min(1.0)
}

/// Twice the rank of each of `values`; equal ones share theirs, which is whole when doubled.
fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let value = values[order[begin]];
        let equal = order[begin..]
            .iter()
            .take_while(|index| values[**index] == value);
        let end = begin + equal.count().max(1);
        for index in &order[begin..end] {
            // Of ranks begin + 1 to end the first and the last make twice the middle one.
            ranks[*index] = begin + 1 + end;
        }
        begin = end;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-7, "{value} for {expected}");
    }

    /// Differences 1 to `count`, of which those in `negative` are below 0.
    fn signed(count: u32, negative: &[u32]) -> Vec<f64> {
        let sign = |size: &u32| if negative.contains(size) { -1.0 } else { 1.0 };
        (1..=count)
            .map(|size| sign(&size) * f64::from(size))
            .collect()
    }

    #[test]
    fn signed_ranks_are_those_of_the_tables() {
        // Wilcoxon's critical values, two-sided 0.01 and 0.05: T = 7 and 13 of 12, 0 of 8 and 3 of 8.
        assert!(signed_rank(&signed(12, &[7])) <= 0.01);
        assert!(signed_rank(&signed(12, &[8])) > 0.01);
        assert!(signed_rank(&signed(12, &[2, 11])) <= 0.05);
        assert!(signed_rank(&signed(12, &[3, 11])) > 0.05);
        near(signed_rank(&signed(8, &[])), 2.0 / 256.0);
        assert!(signed_rank(&signed(8, &[3])) <= 0.05 && signed_rank(&signed(8, &[4])) > 0.05);
        // T = 68 of 25 is the last at 0.01: 0.0094 in the table of exact probabilities.
        let seven = signed(25, &[25, 24, 19]);
        assert!(
            (0.009..=0.01).contains(&signed_rank(&seven)),
            "{}",
            signed_rank(&seven)
        );
        assert_eq!(signed_rank(&[0.0, 0.0]), 1.0);
    }

    #[test]
    fn rank_sums_are_those_of_the_tables() {
        // Mann and Whitney, n = m = 5: U = 0 has 2/252, U = 2 is the critical value at 0.05.
        let base = [1.0, 2.0, 3.0, 4.0, 5.0];
        near(rank_sum(&base, &[6.0, 7.0, 8.0, 9.0, 10.0]), 2.0 / 252.0);
        let two = rank_sum(&base, &[3.5, 7.0, 8.0, 9.0, 10.0]);
        near(two, 8.0 / 252.0);
        assert!(rank_sum(&base, &[2.5, 7.0, 8.0, 9.0, 10.0]) > 0.05);
        // n = 3, m = 4, U = 1: 2 * 2/35.
        near(
            rank_sum(&[1.0, 2.0, 4.0], &[3.0, 5.0, 6.0, 7.0]),
            4.0 / 35.0,
        );
        // n = m = 12, U = 37 is the critical value at 0.05, 27 at 0.01 (two-sided).
        let twelve: Vec<f64> = (0..12).map(f64::from).collect();
        let shifted = |by: f64| twelve.iter().map(|one| one + by).collect::<Vec<_>>();
        let u = |new: &[f64]| -> f64 {
            let below = |one: &f64| twelve.iter().filter(|base| *base > one).count() as f64;
            new.iter().map(below).sum()
        };
        assert_eq!((u(&shifted(4.5)), u(&shifted(3.5))), (28.0, 36.0));
        assert!(rank_sum(&twelve, &shifted(4.5)) > 0.01);
        assert!(rank_sum(&twelve, &shifted(3.5)) <= 0.05);
    }

    #[test]
    fn ties_are_counted_out_too() {
        // All that is chosen from 1 1 2 2: by hand 2 of 6 choices are as extreme on either side.
        near(rank_sum(&[1.0, 1.0], &[2.0, 2.0]), 2.0 / 6.0);
        assert_eq!(rank_sum(&[1.0, 1.0], &[1.0, 1.0]), 1.0);
    }

    #[test]
    fn many_values_are_approximated_closely() {
        let base: Vec<f64> = (0..25).map(f64::from).collect();
        let new: Vec<f64> = base.iter().map(|one| one + 5.5).collect();
        let exact = rank_sum(&base, &new);
        let (ranks, all) = (base.len() as f64, [new.clone(), base.clone()].concat());
        let sum: usize = doubled_ranks(&all)[..25].iter().sum();
        let variance = 4.0 * ranks * ranks * (2.0 * ranks + 1.0) / 12.0;
        let normal = normal_two_sided(sum as f64, ranks * (2.0 * ranks + 1.0), variance);
        // The ranks of the one side on the other's gaps make no ties, so the two must agree.
        assert!((exact - normal).abs() < 0.002, "{exact} {normal}");
        let further = [base, new.clone()].concat();
        assert!(rank_sum(&further, &new) > 0.0);
    }

    #[test]
    fn blocks_take_out_what_their_runs_have_in_common() {
        let blocks: Vec<Block> = (0..4)
            .map(|block| {
                let level = f64::from(block) * 100.0;
                Block {
                    base: vec![level, level + 1.0],
                    new: vec![level + 2.0, level + 3.0],
                }
            })
            .collect();
        // One of 6 choices in each of 4 blocks, at either end.
        near(block_rank(&blocks), 2.0 / 1296.0);
        let drifting = Block {
            base: vec![0.0, 3.0],
            new: vec![1.0, 2.0],
        };
        assert_eq!(block_rank(&vec![drifting; 6]), 1.0);
    }
}
