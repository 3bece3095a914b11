//! What a sum of ranks comes to by chance alone, exactly.

/// The distribution of a sum of ranks, when which of them belong to the new side is chance.
#[derive(Clone, Debug)]
pub(super) struct Null {
    /// The probability of each sum, from 0.
    weights: Vec<f64>,
}

impl Null {
    /// Of no ranks.
    pub(super) fn of_nothing() -> Self {
        Self { weights: vec![1.0] }
    }

    /// With a further rank that counts or does not, with equal chances.
    pub(super) fn with_coin(&self, rank: usize) -> Self {
        self.with_sums(&[(0, 0.5), (rank, 0.5)])
    }

    /// With further ranks of which any `count` count, with equal chances.
    pub(super) fn with_choice(&self, ranks: &[usize], count: usize) -> Self {
        // Ways to have chosen so many with that sum; as probabilities they would add up in the end only.
        let most: usize = ranks.iter().sum();
        let mut ways = vec![vec![0.0; most + 1]; count + 1];
        ways[0][0] = 1.0;
        let mut reached = 0;
        for rank in ranks {
            reached += rank;
            for chosen in (1..=count).rev() {
                let (fewer, own) = ways.split_at_mut(chosen);
                let (fewer, own) = (&fewer[chosen - 1], &mut own[0]);
                for (sum, more) in own[*rank..=reached].iter_mut().zip(&fewer[..]) {
                    *sum += more;
                }
            }
        }
        let all: f64 = ways[count].iter().sum();
        let sums: Vec<_> = ways[count]
            .iter()
            .enumerate()
            .filter(|(_, ways)| **ways > 0.0)
            .map(|(sum, ways)| (sum, ways / all))
            .collect();
        self.with_sums(&sums)
    }

    fn with_sums(&self, sums: &[(usize, f64)]) -> Self {
        let most = sums.iter().map(|(sum, _)| *sum).max().unwrap_or(0);
        let mut weights = vec![0.0; self.weights.len() + most];
        for (sum, probability) in sums {
            let to = weights[*sum..].iter_mut();
            for (weight, before) in to.zip(&self.weights) {
                *weight += before * probability;
            }
        }
        Self { weights }
    }

    /// The probability of a sum as far out as `sum` at either end.
    pub(super) fn two_sided(&self, sum: usize) -> f64 {
        let below: f64 = self.weights.iter().take(sum + 1).sum();
        let above: f64 = self.weights.iter().skip(sum).sum();
        (2.0 * below.min(above)).min(1.0)
    }
}
