//! Percentiles and the like, as the summary has them.

use serde::Serialize;

use crate::record::{Latency, Reading, Responses};

/// Statistics of an interval in milliseconds. All but the count are 0 where nothing was measured.
#[derive(Debug, Default, Serialize)]
pub(in crate::report) struct Statistics {
    count: u64,
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    p99_9: f64,
    max: f64,
    /// Intervals without an end, for want of an answer, that the percentiles take into account.
    #[serde(skip_serializing_if = "is_zero")]
    unanswered: u64,
    /// Which of the figures are lower bounds, for want of answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lower_bounds: Vec<&'static str>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Statistics {
    pub(in crate::report) fn of(latency: &Latency) -> Self {
        let quantile = |quantile| rounded(latency.quantile_ms(quantile).unwrap_or(0.0));
        Self {
            count: latency.count(),
            mean: rounded(latency.mean_ms().unwrap_or(0.0)),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            max: rounded(latency.max_ms().unwrap_or(0.0)),
            unanswered: 0,
            lower_bounds: Vec::new(),
        }
    }

    /// The same of responses, with those that never came. The mean is that of the answers.
    pub(in crate::report) fn of_responses(responses: &Responses) -> Self {
        let mut lower_bounds = Vec::new();
        let mut value = |name, reading: Option<Reading>| {
            if reading.is_some_and(|reading| reading.at_least) {
                lower_bounds.push(name);
            }
            rounded(reading.map_or(0.0, |reading| reading.value))
        };
        Self {
            count: responses.answered.count(),
            mean: rounded(responses.answered.mean_ms().unwrap_or(0.0)),
            p50: value("p50", responses.quantile_ms(0.5)),
            p90: value("p90", responses.quantile_ms(0.9)),
            p99: value("p99", responses.quantile_ms(0.99)),
            p99_9: value("p99_9", responses.quantile_ms(0.999)),
            max: value("max", responses.max_ms()),
            unanswered: responses.unanswered.count(),
            lower_bounds,
        }
    }
}

/// To a microsecond, or a millionth of whatever the unit is times a thousand.
pub(in crate::report) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
