//! Thresholds: what the results of a run must satisfy.

mod figures;
mod metric;
mod watch;

use std::{fmt, time::Duration};

use serde::Serialize;

pub use figures::Figures;
pub use metric::{
    IntervalName, LedgerFigure, LicenseFigure, Metric, RunFigure, Statistic, TransportFigure,
    TransportName, TypeFigure,
};
pub use watch::{Watch, Watched};

use crate::record::Reading;

/// A condition on one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Name of the metric, as in `smtp.response.p99`.
    pub name: String,
    /// The metric.
    pub metric: Metric,
    /// Largest value that passes, in the metric's unit.
    pub max: Option<f64>,
    /// Smallest value that passes, in the metric's unit.
    pub min: Option<f64>,
    /// How long the bounds must be broken, second by second, until that is a failure; without it the
    /// whole run is judged.
    pub lasting: Option<Duration>,
    /// A failure ends the run.
    pub abort: bool,
}

/// What a metric said, and of how many samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value.
    pub reading: Reading,
    /// How many samples it is a percentile of; `None` for figures that are no percentiles.
    pub samples: Option<u64>,
}

/// How a threshold fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdResult {
    /// Name of the metric.
    pub metric: String,
    /// Largest value that passes; milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
    /// Smallest value that passes; milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ms: Option<f64>,
    /// The value; milliseconds. `None` when nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_ms: Option<f64>,
    /// Largest value that passes, for metrics that are no times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Smallest value that passes, for metrics that are no times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The value, for metrics that are no times. `None` when nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether the true value is at least that, and not known, for want of answers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// How many samples there were, where they were too few to judge by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// How many are needed, where there were too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_needed: Option<u64>,
    /// How long the bounds must be broken until that is a failure, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_s: Option<f64>,
    /// How long they were broken at most, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_s: Option<f64>,
    /// Whether its failure ended the run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub aborted: bool,
    /// Whether it passed. Nothing measured, and too little, never passes.
    pub passed: bool,
}

impl Threshold {
    /// That `metric` is at most `max`, over the whole run.
    pub fn at_most(name: &str, metric: Metric, max: f64) -> Self {
        Self {
            name: name.to_owned(),
            metric,
            max: Some(max),
            min: None,
            lasting: None,
            abort: false,
        }
    }

    /// Whether `reading` is within the bounds. What is known to be at least something is never known to
    /// be at most something.
    pub fn holds(&self, Reading { value, at_least }: Reading) -> bool {
        self.max.is_none_or(|max| value <= max && !at_least)
            && self.min.is_none_or(|min| value >= min)
    }

    /// Holds the whole of a run against the bounds, or, where they may be broken for a while, what was
    /// `watched` of it.
    pub fn judge(&self, measured: Option<Measured>, watched: Option<&Watched>) -> ThresholdResult {
        let needed = self.metric.samples_needed();
        let samples = measured.and_then(|measured| measured.samples);
        let too_few = samples.is_some_and(|samples| samples < needed);
        let lasting = self.lasting.zip(watched);
        let passed = match lasting {
            Some((_, watched)) => watched.seen && !watched.failed,
            None => !too_few && measured.is_some_and(|measured| self.holds(measured.reading)),
        };
        // The worst of a stretch is what a bound on stretches is about.
        let reading = match lasting {
            Some((_, watched)) => watched.worst,
            None => measured.map(|measured| measured.reading),
        };
        let value = reading.map(|reading| reading.value);
        let time = self.metric.is_time();
        let as_time = |x: Option<f64>| x.filter(|_| time);
        let as_number = |x: Option<f64>| x.filter(|_| !time);
        ThresholdResult {
            metric: self.name.clone(),
            max_ms: as_time(self.max),
            min_ms: as_time(self.min),
            value_ms: as_time(value),
            max: as_number(self.max),
            min: as_number(self.min),
            value: as_number(value),
            at_least: reading.is_some_and(|reading| reading.at_least),
            samples: samples.filter(|_| too_few && lasting.is_none()),
            samples_needed: (too_few && lasting.is_none()).then_some(needed),
            for_s: lasting.map(|(lasting, _)| lasting.as_secs_f64()),
            broken_s: lasting.map(|(_, watched)| watched.longest.as_secs_f64()),
            aborted: watched.is_some_and(|watched| watched.aborted),
            passed,
        }
    }
}

impl fmt::Display for ThresholdResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.max_ms.or(self.min_ms).is_some() {
            " ms"
        } else {
            ""
        };
        let bound =
            |word: &str, value: Option<f64>| value.map(|value| format!("{word} {value}{unit}"));
        let bounds = [
            bound("at most", self.max_ms.or(self.max)),
            bound("at least", self.min_ms.or(self.min)),
        ];
        let bounds: Vec<_> = bounds.into_iter().flatten().collect();
        let value = match self.value_ms.or(self.value) {
            Some(value) if self.at_least => format!("at least {value:.3}{unit}"),
            Some(value) => format!("{value:.3}{unit}"),
            None => "nothing measured".to_owned(),
        };
        write!(
            formatter,
            "{}: {value}, wanted {}",
            self.metric,
            bounds.join(" and ")
        )?;
        if let (Some(for_s), Some(broken_s)) = (self.for_s, self.broken_s) {
            write!(
                formatter,
                "; broken for {broken_s:.1} s at a stretch, {for_s:.1} s fail"
            )?;
        }
        if let (Some(samples), Some(needed)) = (self.samples, self.samples_needed) {
            write!(
                formatter,
                "; of {samples} samples, and {needed} are needed to judge by it: send more, or for longer"
            )?;
        }
        if self.aborted {
            write!(formatter, "; the run was ended for it")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold() -> Threshold {
        Threshold {
            max: Some(500.0),
            min: Some(1.0),
            ..Threshold::at_most(
                "smtp.response.p99",
                Metric::Interval(TransportName::Smtp, IntervalName::Response, Statistic::P99),
                500.0,
            )
        }
    }

    fn measured(value: f64, at_least: bool, samples: u64) -> Option<Measured> {
        Some(Measured {
            reading: Reading { value, at_least },
            samples: Some(samples),
        })
    }

    #[test]
    fn bounds_are_inclusive_and_nothing_measured_fails() {
        let threshold = threshold();
        let judge = |value, at_least| {
            threshold
                .judge(measured(value, at_least, 1_000), None)
                .passed
        };
        assert!(judge(500.0, false) && judge(1.0, false));
        assert!(!judge(500.1, false) && !judge(0.9, false));
        assert!(!threshold.judge(None, None).passed);
        // Longer than 300 ms may be longer than 500 ms.
        assert!(!judge(300.0, true));
        let at_least_one = Threshold {
            max: None,
            ..threshold
        };
        assert!(
            at_least_one
                .judge(measured(300.0, true, 1_000), None)
                .passed
        );
    }

    #[test]
    fn a_percentile_of_too_few_samples_fails_and_says_how_many_it_needs() {
        let threshold = threshold();
        assert!(threshold.judge(measured(10.0, false, 299), None).passed);
        let few = threshold.judge(measured(10.0, false, 298), None);
        assert!(!few.passed);
        let words = few.to_string();
        assert!(
            words.contains("of 298 samples, and 299 are needed"),
            "{words}"
        );
    }
}
