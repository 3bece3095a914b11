//! The Universal Scalability Law (Gunther): what a system accepts per second with `n` things in it at a time,
//! `X(n) = r n / (1 + a (n - 1) + b n (n - 1))`, fitted to measured points.
//!
//! Turned round, `n / X(n)` is the mean time in the system, and linear in the coefficients: least squares
//! with weights that make deviations count by their share, under the condition that none is negative.

/// The coefficients of the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Accepted per second, one at a time.
    pub rate_of_one: f64,
    /// Contention, 0 or more: the share of the work that cannot go on at the same time.
    pub contention: f64,
    /// Coherence, 0 or more: what pairs cost each other.
    pub coherence: f64,
}

impl Law {
    /// The law that fits `points` best, each how many are in the system and how many are accepted per
    /// second; `None` for fewer than four points or such that tell nothing.
    #[must_use]
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let usable = points.iter().filter(|(n, rate)| *n > 0.0 && *rate > 0.0);
        let rows: Vec<[f64; 3]> = usable
            .map(|(n, rate)| {
                let weight = rate / n;
                let others = others(*n);
                [weight, weight * others, weight * n * others]
            })
            .collect();
        if rows.len() < 4 {
            return None;
        }
        // The best with every choice of coefficients that are not zero, of which there are few.
        let choices: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];
        let fits = choices.into_iter().filter_map(|chosen| {
            let solution = solve(&rows, chosen)?;
            let sound = solution[0] > 0.0 && solution.iter().all(|one| *one >= 0.0);
            sound.then(|| (squares(&rows, &solution), solution))
        });
        let (_, [first, second, third]) = fits.min_by(|one, other| one.0.total_cmp(&other.0))?;
        Some(Self {
            rate_of_one: 1.0 / first,
            contention: second / first,
            coherence: third / first,
        })
    }

    /// What is accepted per second with `n` in the system.
    #[must_use]
    pub fn at(&self, n: f64) -> f64 {
        let others = others(n);
        let cost = 1.0 + self.contention * others + self.coherence * n * others;
        self.rate_of_one * n / cost
    }

    /// Where most is accepted: how many are in the system then, and how many are accepted per second;
    /// `None` where more is always more.
    #[must_use]
    pub fn peak(&self) -> Option<(f64, f64)> {
        if self.coherence <= 0.0 {
            return None;
        }
        let n = ((1.0 - self.contention).max(0.0) / self.coherence)
            .sqrt()
            .max(1.0);
        Some((n, self.at(n)))
    }

    /// What is accepted per second with ever more in the system, or at the peak; `None` without a limit.
    #[must_use]
    pub fn limit(&self) -> Option<f64> {
        match self.peak() {
            Some((_, rate)) => Some(rate),
            None => (self.contention > 0.0).then(|| self.rate_of_one / self.contention),
        }
    }
}

/// How many there are beside one; on average there may be less than one in the system, which then has no
/// others to wait for.
fn others(n: f64) -> f64 {
    (n - 1.0).max(0.0)
}

/// What is left of ones when `rows` times `solution` is taken from them, squared and added up.
fn squares(rows: &[[f64; 3]], solution: &[f64; 3]) -> f64 {
    let left = rows.iter().map(|row| {
        let fitted: f64 = row.iter().zip(solution).map(|(x, b)| x * b).sum();
        (1.0 - fitted).powi(2)
    });
    left.sum()
}

/// The least squares solution of `rows` times it being all ones, with zeros but for the `chosen`.
fn solve(rows: &[[f64; 3]], chosen: &[usize]) -> Option<[f64; 3]> {
    let count = chosen.len();
    // Columns differ by orders of magnitude; scaled, they do not.
    let scale: Vec<f64> = chosen
        .iter()
        .map(|at| rows.iter().map(|row| row[*at].powi(2)).sum::<f64>().sqrt())
        .collect();
    if scale.iter().any(|scale| *scale <= 0.0) {
        return None;
    }
    let value = |row: &[f64; 3], at: usize| row[chosen[at]] / scale[at];
    let mut matrix = vec![vec![0.0; count + 1]; count];
    for row in rows {
        for (at, line) in matrix.iter_mut().enumerate() {
            for (other, sum) in line.iter_mut().enumerate().take(count) {
                *sum += value(row, at) * value(row, other);
            }
            line[count] += value(row, at);
        }
    }
    let scaled = eliminate(matrix)?;
    let mut solution = [0.0; 3];
    for ((at, scale), value) in chosen.iter().zip(&scale).zip(scaled) {
        solution[*at] = value / scale;
    }
    Some(solution)
}

/// Solves linear equations, each with its right-hand side at the end; `None` where they have no single
/// solution.
fn eliminate(mut lines: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    const SINGULAR: f64 = 1e-12;
    let count = lines.len();
    for at in 0..count {
        let pivot = (at..count)
            .max_by(|one, other| lines[*one][at].abs().total_cmp(&lines[*other][at].abs()))?;
        lines.swap(at, pivot);
        let line = lines[at].clone();
        if line[at].abs() < SINGULAR {
            return None;
        }
        for (other, own) in lines.iter_mut().enumerate() {
            if other != at {
                let factor = own[at] / line[at];
                for (value, pivot) in own.iter_mut().zip(&line) {
                    *value -= factor * pivot;
                }
            }
        }
    }
    let solved = lines.iter().enumerate();
    Some(solved.map(|(at, line)| line[count] / line[at]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() <= 1e-6 * expected.abs().max(1e-6)
    }

    #[test]
    fn the_coefficients_that_points_were_made_with_are_found() {
        let law = Law {
            rate_of_one: 955.16,
            contention: 0.0277,
            coherence: 0.000_104,
        };
        let points: Vec<(f64, f64)> = [1.0, 2.0, 4.0, 7.0, 14.0, 28.0, 56.0, 90.0]
            .map(|n| (n, law.at(n)))
            .into();
        let found = Law::fit(&points).unwrap();
        assert!(near(found.rate_of_one, law.rate_of_one), "{found:?}");
        assert!(near(found.contention, law.contention), "{found:?}");
        assert!(near(found.coherence, law.coherence), "{found:?}");
        let (peak, rate) = found.peak().unwrap();
        assert!(near(peak, (0.9723_f64 / 0.000_104).sqrt()), "{peak}");
        assert!(law.at(peak * 1.1) < rate && law.at(peak * 0.9) < rate);
    }

    #[test]
    fn no_coefficient_is_negative() {
        // Better than linear, as caches that warm up make it seem.
        let points = [(1.0, 10.0), (2.0, 22.0), (3.0, 35.0), (4.0, 50.0)];
        let law = Law::fit(&points).unwrap();
        assert!(law.contention >= 0.0 && law.coherence >= 0.0, "{law:?}");
        assert_eq!(law.limit(), None);
    }

    #[test]
    fn one_worker_is_all_contention() {
        let points: Vec<(f64, f64)> = (1..=6).map(|n| (f64::from(n), 100.0)).collect();
        let law = Law::fit(&points).unwrap();
        assert!(near(law.contention, 1.0), "{law:?}");
        assert!(near(law.limit().unwrap(), 100.0), "{law:?}");
    }

    #[test]
    fn less_than_one_at_a_time_waits_for_nobody() {
        // One worker of 20 ms: half used, three quarters, and more than it takes.
        let points = [
            (0.2, 10.0),
            (0.5, 25.0),
            (0.75, 37.5),
            (4.0, 50.0),
            (9.0, 50.0),
        ];
        let law = Law::fit(&points).unwrap();
        assert!((law.rate_of_one / 50.0 - 1.0).abs() < 0.02, "{law:?}");
        assert!((law.limit().unwrap() / 50.0 - 1.0).abs() < 0.05, "{law:?}");
    }

    #[test]
    fn too_few_points_are_no_law() {
        assert_eq!(Law::fit(&[(1.0, 10.0), (2.0, 20.0), (3.0, 30.0)]), None);
        assert_eq!(Law::fit(&[(0.0, 10.0); 6]), None);
        // Points that are all the same say what one is worth, and no more.
        let same = Law::fit(&[(2.0, 10.0); 6]).unwrap();
        assert!(near(same.at(2.0), 10.0), "{same:?}");
    }
}
