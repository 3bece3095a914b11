//! How long messages waited for their answer, those included that never got one.
//!
//! Percentiles of the answers alone would be the better the more a server leaves unanswered. A message
//! without an answer is *right-censored*: its response is at least as long as it has been waited for.
//! The estimate is that of Kaplan and Meier; where all were answered it is the plain percentile.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::Latency;

/// Intervals from due to accepted, with those that ended without an answer.
#[derive(Clone, Debug, Default)]
pub struct Responses {
    /// Due to accepted.
    pub answered: Latency,
    /// Due to the end of waiting, of messages that had no answer by then.
    pub unanswered: Latency,
}

/// A figure, or the most that can be said of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// The value.
    pub value: f64,
    /// Whether the true value is at least that, and not known.
    pub at_least: bool,
}

impl Reading {
    /// A value that is known.
    pub fn exact(value: f64) -> Self {
        Self {
            value,
            at_least: false,
        }
    }
}

impl fmt::Display for Reading {
    /// The value with the precision asked for, marked where it is a lower bound.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.at_least { ">" } else { "" };
        let decimals = formatter.precision().unwrap_or(3);
        write!(formatter, "{mark}{:.decimals$}", self.value)
    }
}

impl Responses {
    /// Adds all intervals of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.answered.merge(&other.answered);
        self.unanswered.merge(&other.unanswered);
    }

    /// A message had its answer after `interval`.
    pub fn record(&mut self, interval: Duration) {
        self.answered.record(interval);
    }

    /// The longest response in milliseconds.
    pub fn max_ms(&self) -> Option<Reading> {
        let (answered, unanswered) = (self.answered.max_ms(), self.unanswered.max_ms());
        let value = answered.unwrap_or(0.0).max(unanswered.unwrap_or(0.0));
        answered.or(unanswered)?;
        Some(Reading {
            value,
            at_least: unanswered.is_some(),
        })
    }

    /// The response at `quantile` (0 to 1) in milliseconds; `None` when there is nothing.
    pub fn quantile_ms(&self, quantile: f64) -> Option<Reading> {
        let Some(unanswered) = self.unanswered.histogram() else {
            return self.answered.quantile_ms(quantile).map(Reading::exact);
        };
        let answered = self.answered.histogram();
        let mut steps: Vec<Step> = answered
            .into_iter()
            .flat_map(|histogram| histogram.iter_recorded())
            .map(|step| (step.value_iterated_to(), step.count_at_value(), 0))
            .chain(
                unanswered
                    .iter_recorded()
                    .map(|step| (step.value_iterated_to(), 0, step.count_at_value())),
            )
            .collect();
        if let Some(value) = estimate(&mut steps, quantile) {
            return Some(Reading::exact(value as f64 / 1e3));
        }
        self.max_ms().map(|longest| Reading {
            at_least: true,
            ..longest
        })
    }
}

/// An interval, and how many messages had their answer, or none, after it.
pub(crate) type Step = (u64, u64, u64);

/// The interval at `quantile` (0 to 1) of `steps`, as Kaplan and Meier estimate it; `None` where it is
/// longer than what has been waited for.
pub(crate) fn estimate(steps: &mut [Step], quantile: f64) -> Option<u64> {
    // At equal times the answers come first, as the estimate has it.
    steps.sort_unstable_by_key(|(value, answered, _)| (*value, *answered == 0));
    let all = steps.iter();
    let mut at_risk: u64 = all.map(|(_, answered, censored)| answered + censored).sum();
    let mut unanswered_share = 1.0;
    for (value, answered, censored) in steps {
        unanswered_share *= 1.0 - *answered as f64 / at_risk.max(1) as f64;
        at_risk -= *answered + *censored;
        // A hair of tolerance: the product of many factors ends in rounding.
        if *answered > 0 && unanswered_share <= 1.0 - quantile + 1e-9 {
            return Some(*value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn responses(answered_ms: &[u64], unanswered_ms: &[u64]) -> Responses {
        let mut responses = Responses::default();
        for ms in answered_ms {
            responses.record(Duration::from_millis(*ms));
        }
        for ms in unanswered_ms {
            responses.unanswered.record(Duration::from_millis(*ms));
        }
        responses
    }

    /// Within the thousandth that histograms tell apart.
    fn is(reading: Option<Reading>, ms: f64, at_least: bool) -> bool {
        reading.is_some_and(|reading| {
            (reading.value / ms - 1.0).abs() < 2e-3 && reading.at_least == at_least
        })
    }

    #[test]
    fn without_silence_the_percentile_is_the_plain_one() {
        let answers: Vec<u64> = (1..=100).collect();
        let all = responses(&answers, &[]);
        for quantile in [0.01, 0.5, 0.9, 0.99, 1.0] {
            let plain = all.answered.quantile_ms(quantile).map(Reading::exact);
            assert_eq!(all.quantile_ms(quantile), plain);
        }
        assert_eq!(Responses::default().quantile_ms(0.5), None);
        assert_eq!(Responses::default().max_ms(), None);
    }

    #[test]
    fn silence_is_no_fast_answer() {
        // 95 answers of 10 ms, and 5 messages given up after 30 s.
        let all = responses(&[10; 95], &[30_000; 5]);
        assert!(is(all.quantile_ms(0.5), 10.0, false));
        assert!(is(all.quantile_ms(0.95), 10.0, false));
        assert!(is(all.quantile_ms(0.99), 30_000.0, true));
        assert!(is(all.max_ms(), 30_000.0, true));
    }

    #[test]
    fn what_was_given_up_early_says_little() {
        // The textbook case: 6, 6, 6 answered, one given up at 6, then 7, 10, 13, 16, 22, 23
        // answered and 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35 given up.
        let all = responses(
            &[6, 6, 6, 7, 10, 13, 16, 22, 23],
            &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
        );
        // Survival: 0.857 after 6, 0.807 after 7, 0.753 after 10, 0.690, 0.627, 0.538, 0.448.
        assert!(is(all.quantile_ms(0.1), 6.0, false));
        assert!(is(all.quantile_ms(0.15), 7.0, false));
        assert!(is(all.quantile_ms(0.24), 10.0, false));
        assert!(is(all.quantile_ms(0.35), 16.0, false));
        assert!(is(all.quantile_ms(0.5), 23.0, false));
        assert!(is(all.quantile_ms(0.6), 35.0, true));
    }

    #[test]
    fn nothing_but_silence_is_a_lower_bound() {
        let all = responses(&[], &[500, 700]);
        assert!(is(all.quantile_ms(0.5), 700.0, true));
    }
}
