//! Percentiles by sorting: exact, and with messages that had no answer as lower bounds.

/// Intervals in microseconds, each with whether it ended with an answer.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    /// Sorted once all are there; at equal lengths the answers come first.
    all: Vec<(u64, bool)>,
    answered: usize,
    sorted: bool,
}

impl Intervals {
    pub(super) fn add(&mut self, length_us: u64, answered: bool) {
        self.all.push((length_us, answered));
        self.answered += usize::from(answered);
        self.sorted = false;
    }

    pub(super) fn sort(&mut self) {
        if !self.sorted {
            self.all
                .sort_unstable_by_key(|(length, answered)| (*length, !answered));
            self.sorted = true;
        }
    }

    /// How many ended with an answer.
    pub(super) fn answered(&self) -> usize {
        self.answered
    }

    /// How many did not.
    pub(super) fn unanswered(&self) -> usize {
        self.all.len() - self.answered
    }

    /// The mean of those with an answer, in milliseconds; 0 without any.
    pub(super) fn mean_ms(&self) -> f64 {
        let answered = self.all.iter().filter(|(_, answered)| *answered);
        let sum: u128 = answered.map(|(length, _)| u128::from(*length)).sum();
        sum as f64 / 1e3 / self.answered.max(1) as f64
    }

    /// The longest, in milliseconds; 0 without any.
    pub(super) fn max_ms(&self) -> f64 {
        let lengths = self.all.iter().map(|(length, _)| *length);
        lengths.max().unwrap_or(0) as f64 / 1e3
    }

    /// Whether the value at `quantile` is only known to be at least something.
    pub(super) fn is_lower_bound(&self, quantile: f64) -> bool {
        let mut at_risk = self.all.len() as f64;
        let mut left = 1.0;
        for (_, answered) in &self.all {
            if *answered {
                left *= 1.0 - 1.0 / at_risk;
            }
            at_risk -= 1.0;
        }
        // Where the curve ends above what is asked for, it never comes there.
        !self.all.is_empty() && left > 1.0 - quantile + 1e-9
    }

    /// The least and the most that the value at `quantile` can be said to be, in milliseconds, given
    /// that ranks may be rounded either way; `None` when there is nothing. Both bounds are the longest
    /// interval when the value is only known to be at least that.
    pub(super) fn quantile_ms(&self, quantile: f64) -> Option<(f64, f64)> {
        debug_assert!(
            self.sorted || self.all.is_empty(),
            "intervals are sorted before they are asked"
        );
        let mut at_risk = self.all.len() as f64;
        let mut left = 1.0;
        let mut previous = None;
        let mut answers = self.all.iter().filter(|(_, answered)| *answered).peekable();
        for (length, answered) in &self.all {
            if *answered {
                answers.next();
                left *= 1.0 - 1.0 / at_risk;
                let value = *length as f64 / 1e3;
                if left <= 1.0 - quantile + 1e-9 {
                    let next = answers.peek().map_or(value, |(next, _)| *next as f64 / 1e3);
                    return Some((previous.unwrap_or(value), next));
                }
                previous = Some(value);
            }
            at_risk -= 1.0;
        }
        let longest = self.max_ms();
        (!self.all.is_empty()).then_some((longest, longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(answered: &[u64], unanswered: &[u64]) -> Intervals {
        let mut all = Intervals::default();
        answered.iter().for_each(|ms| all.add(ms * 1_000, true));
        unanswered.iter().for_each(|ms| all.add(ms * 1_000, false));
        all.sort();
        all
    }

    #[test]
    fn percentiles_are_ranks() {
        let lengths: Vec<u64> = (1..=100).rev().collect();
        let all = intervals(&lengths, &[]);
        let (least, most) = all.quantile_ms(0.99).unwrap();
        assert!(least <= 99.0 && 99.0 <= most && most - least <= 2.0);
        assert_eq!((all.answered(), all.unanswered()), (100, 0));
        assert_eq!((all.mean_ms(), all.max_ms()), (50.5, 100.0));
        assert_eq!(Intervals::default().mean_ms(), 0.0);
    }

    #[test]
    fn what_had_no_answer_raises_the_tail() {
        let all = intervals(&[10; 95], &[30_000; 5]);
        assert_eq!(all.quantile_ms(0.5), Some((10.0, 10.0)));
        assert_eq!(all.quantile_ms(0.99), Some((30_000.0, 30_000.0)));
        assert_eq!(intervals(&[], &[7]).quantile_ms(0.5), Some((7.0, 7.0)));
    }
}
