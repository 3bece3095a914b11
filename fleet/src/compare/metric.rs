//! What is compared: figures of `summary.json`, by the names that thresholds have.

use std::fmt;

use serde_json::Value;

use super::Stored;
use crate::threshold;

/// Sending, as results name it.
const TRANSPORTS: [&str; 2] = ["smtp", "https"];
/// Intervals, as metrics name them.
const INTERVALS: [&str; 3] = ["response", "service", "queue"];
/// Statistics of intervals, as the summary names them.
const STATISTICS: [&str; 6] = ["p50", "p90", "p99", "p99_9", "mean", "max"];

/// What an additional message, or connection, costs; counted, not timed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cost {
    Bytes,
    Connections,
    Attempts,
    Undelivered,
    Resumed,
}

impl Cost {
    const ALL: [Self; 5] = [
        Self::Bytes,
        Self::Connections,
        Self::Attempts,
        Self::Undelivered,
        Self::Resumed,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes_per_message",
            Self::Connections => "connections_per_message",
            Self::Attempts => "attempts_per_message",
            Self::Undelivered => "undelivered_per_message",
            Self::Resumed => "resumed_per_connection",
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Figure {
    /// Milliseconds; the interval and the statistic.
    Time(&'static str, &'static str),
    /// Accepted messages per second.
    Rate,
    Cost(Cost),
}

/// A figure of one transport.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Metric {
    transport: &'static str,
    figure: Figure,
}

/// Why a run says nothing about a metric.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// It has no such figure.
    Absent,
    /// It knows no more than that the figure is at least so large.
    LowerBound,
    /// The percentile is of too few samples.
    TooFew {
        /// How many there are.
        samples: u64,
        /// How many it takes.
        needed: u64,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => text.write_str("not measured"),
            Self::LowerBound => {
                text.write_str("known as a lower bound only: messages had no answer")
            }
            Self::TooFew { samples, needed } => {
                write!(text, "{samples} samples in a run, {needed} needed")
            }
        }
    }
}

impl Metric {
    /// What is compared unless something else is asked for.
    pub fn usual() -> Vec<Self> {
        let times = ["p50", "p99", "mean"].map(|statistic| Figure::Time("response", statistic));
        let figures: Vec<Figure> = times
            .into_iter()
            .chain([Figure::Rate])
            .chain(Cost::ALL.map(Figure::Cost))
            .collect();
        let all = TRANSPORTS.into_iter().flat_map(|transport| {
            let own = figures.iter();
            own.map(move |figure| Self {
                transport,
                figure: *figure,
            })
        });
        all.collect()
    }

    /// The metric called `name`, as in `smtp.response.p99`.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(name: &str) -> Result<Self, String> {
        let parts: Vec<&str> = name.split('.').collect();
        let known =
            |names: &[&'static str], part: &str| names.iter().find(|name| **name == part).copied();
        let transport = parts.first().and_then(|part| known(&TRANSPORTS, part));
        let figure = match parts.get(1..) {
            Some(["rate_per_s"]) => Some(Figure::Rate),
            Some([interval, statistic]) => known(&INTERVALS, interval)
                .zip(known(&STATISTICS, statistic))
                .map(|(interval, statistic)| Figure::Time(interval, statistic)),
            Some([cost]) => {
                let found = Cost::ALL.into_iter().find(|own| own.name() == *cost);
                found.map(Figure::Cost)
            }
            Some(_) | None => None,
        };
        let metric = transport.zip(figure);
        let metric = metric.map(|(transport, figure)| Self { transport, figure });
        metric.ok_or_else(|| {
            format!(
                "there is no metric `{name}`; write smtp or https, then {} with {}, rate_per_s, {}, as in smtp.response.p99",
                INTERVALS.join("|"),
                STATISTICS.join("|"),
                Cost::ALL.map(Cost::name).join(", ")
            )
        })
    }

    /// Responses that `run` measured.
    pub(super) fn samples(run: &Stored) -> u64 {
        let counts = TRANSPORTS.iter().filter_map(|transport| {
            let pointer = format!("/transports/{transport}/response_ms/count");
            run.summary.pointer(&pointer)?.as_u64()
        });
        counts.sum()
    }

    /// Whether less of it is better.
    pub fn lower_is_better(self) -> bool {
        !matches!(self.figure, Figure::Rate | Figure::Cost(Cost::Resumed))
    }

    /// Whether it is counted rather than timed.
    pub fn is_counted(self) -> bool {
        matches!(self.figure, Figure::Cost(_))
    }

    /// Whether `run` has anything to do with it: messages by its transport; for what may not happen at
    /// all, that it does.
    pub fn occurs(self, run: &Stored) -> bool {
        let count = |key| self.count(run, key).unwrap_or(0.0);
        match self.figure {
            Figure::Time(..) | Figure::Rate => self.messages(run) > 0.0,
            Figure::Cost(Cost::Bytes | Cost::Connections | Cost::Attempts) => {
                self.messages(run) > 0.0
            }
            Figure::Cost(Cost::Undelivered) => count("failed") + count("unconfirmed") > 0.0,
            Figure::Cost(Cost::Resumed) => count("resumed") > 0.0,
        }
    }

    /// What `run` says.
    ///
    /// # Errors
    /// When it says nothing that could be compared.
    pub fn read(self, run: &Stored) -> Result<f64, Unfit> {
        let count = |key| self.count(run, key).ok_or(Unfit::Absent);
        let per = |amount: f64, whole: f64| match whole > 0.0 {
            true => Ok(amount / whole),
            false => Err(Unfit::Absent),
        };
        let messages = self.messages(run);
        match self.figure {
            Figure::Time(interval, statistic) => self.read_time(run, interval, statistic),
            Figure::Rate => count("rate_per_s").and_then(|rate| match rate > 0.0 {
                true => Ok(rate),
                false => Err(Unfit::Absent),
            }),
            Figure::Cost(Cost::Bytes) => per(count("bytes")?, messages),
            Figure::Cost(Cost::Connections) => per(count("connections")?, messages),
            Figure::Cost(Cost::Attempts) => per(count("attempts")?, messages),
            Figure::Cost(Cost::Undelivered) => {
                per(count("failed")? + count("unconfirmed")?, messages)
            }
            Figure::Cost(Cost::Resumed) => per(count("resumed")?, count("connections")?),
        }
    }

    fn read_time(self, run: &Stored, interval: &str, statistic: &str) -> Result<f64, Unfit> {
        let pointer = format!("/transports/{}/{interval}_ms", self.transport);
        let section = run.summary.pointer(&pointer).ok_or(Unfit::Absent)?;
        let samples = section.get("count").and_then(Value::as_u64).unwrap_or(0);
        let value = section.get(statistic).and_then(Value::as_f64);
        let value = value.filter(|value| samples > 0 && *value > 0.0 && value.is_finite());
        let value = value.ok_or(Unfit::Absent)?;
        let bounds = section.get("lower_bounds").and_then(Value::as_array);
        let bounded = bounds.is_some_and(|bounds| bounds.iter().any(|bound| bound == statistic));
        // The mean is that of the answers: whoever answers only what is easy would look fast.
        let unanswered = section.get("unanswered").and_then(Value::as_u64);
        if bounded || statistic == "mean" && unanswered.is_some_and(|count| count > 0) {
            return Err(Unfit::LowerBound);
        }
        let needed = threshold::Metric::parse(&self.to_string(), &[])
            .map_or(0, threshold::Metric::samples_needed);
        match samples < needed {
            true => Err(Unfit::TooFew { samples, needed }),
            false => Ok(value),
        }
    }

    /// Messages by the transport that ended.
    fn messages(self, run: &Stored) -> f64 {
        let ended = ["delivered", "failed", "unconfirmed"].into_iter();
        ended.filter_map(|key| self.count(run, key)).sum()
    }

    fn count(self, run: &Stored, key: &str) -> Option<f64> {
        let pointer = format!("/transports/{}/{key}", self.transport);
        let count = run.summary.pointer(&pointer)?.as_f64()?;
        (count.is_finite() && count >= 0.0).then_some(count)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = self.transport;
        match self.figure {
            Figure::Time(interval, statistic) => write!(text, "{transport}.{interval}.{statistic}"),
            Figure::Rate => write!(text, "{transport}.rate_per_s"),
            Figure::Cost(cost) => write!(text, "{transport}.{}", cost.name()),
        }
    }
}

impl serde::Serialize for Metric {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_read_back_by_its_name() {
        for metric in Metric::usual() {
            assert_eq!(Metric::parse(&metric.to_string()), Ok(metric));
        }
        assert!(Metric::parse("https.queue.p99_9").is_ok());
        for wrong in [
            "",
            "smtp",
            "smtp.response",
            "ftp.rate_per_s",
            "smtp.response.p99.x",
        ] {
            assert!(Metric::parse(wrong).unwrap_err().contains("no metric"));
        }
    }
}
