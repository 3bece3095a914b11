//! Statistics of repeated measurements: pure functions of numbers, without clocks, files or chance.

pub mod bootstrap;
mod null;
pub mod power;
pub mod ranks;
pub mod scalability;

/// The median of `values`; `None` of none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = match sorted.len() % 2 {
        0 => sorted.get(sorted.len() / 2 - 1)?,
        _ => upper,
    };
    Some(lower.midpoint(*upper))
}

/// The arithmetic mean of `values`; 0 of none.
pub fn mean(values: &[f64]) -> f64 {
    match values.len() {
        0 => 0.0,
        count => values.iter().sum::<f64>() / count as f64,
    }
}

/// The squares of the distances of `values` from their mean, added up.
pub fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Holm's correction: the probabilities `p` of several tests, each so that comparing it with a level
/// keeps the probability of a single false alarm among all of them below that level.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
    let mut corrected = vec![1.0; p.len()];
    let mut most = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        most = most.max(p[index] * (p.len() - rank) as f64).min(1.0);
        corrected[index] = most;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn holm_corrects_the_smallest_most_and_keeps_the_order() {
        // The example of p.adjust in R: 0.01, 0.02, 0.03, 0.04, 0.05.
        let corrected = holm(&[0.03, 0.01, 0.05, 0.02, 0.04]);
        let expected = [0.09, 0.05, 0.09, 0.08, 0.09];
        for (one, other) in corrected.iter().zip(expected) {
            assert!((one - other).abs() < 1e-12, "{corrected:?}");
        }
    }
}
