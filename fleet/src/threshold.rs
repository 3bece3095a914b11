//! Thresholds: what the results of a run must satisfy.

use std::fmt;

use emulator::{DropAccount, MessageType};
use serde::Serialize;

use crate::record::Reading;

/// A condition on one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Name of the metric, as in `smtp.response.p99`.
    pub metric: String,
    /// Largest value that passes, in the metric's unit.
    pub max: Option<f64>,
    /// Smallest value that passes, in the metric's unit.
    pub min: Option<f64>,
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
    /// Whether it passed. Nothing measured never passes.
    pub passed: bool,
}

impl Threshold {
    /// Holds `reading` against the bounds. What is known to be at least something is never known to be
    /// at most something.
    pub fn judge(&self, reading: Option<Reading>) -> ThresholdResult {
        let passed = reading.is_some_and(|Reading { value, at_least }| {
            self.max.is_none_or(|max| value <= max && !at_least)
                && self.min.is_none_or(|min| value >= min)
        });
        let value = reading.map(|reading| reading.value);
        let time = Metric::parse(&self.metric).is_some_and(|metric| metric.is_time());
        let (as_time, as_number) = (
            |x: Option<f64>| x.filter(|_| time),
            |x: Option<f64>| x.filter(|_| !time),
        );
        ThresholdResult {
            metric: self.metric.clone(),
            max_ms: as_time(self.max),
            min_ms: as_time(self.min),
            value_ms: as_time(value),
            max: as_number(self.max),
            min: as_number(self.min),
            value: as_number(value),
            at_least: reading.is_some_and(|reading| reading.at_least),
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
        )
    }
}

/// A figure of the summary that thresholds can name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Metric {
    /// A statistic of a transport's interval, in milliseconds: `smtp.response.p99`.
    Interval(TransportName, IntervalName, Statistic),
    /// A counter or rate of a transport: `https.delivered`.
    Transport(TransportName, TransportFigure),
    /// A figure of the ledger: `ledger.failed`.
    Ledger(LedgerFigure),
    /// An account of dropped candidates: `ledger.throttled`.
    Account(DropAccount),
    /// A figure of a message type: `by_type.syslog.delivered`.
    Type(MessageType, TypeFigure),
    /// A statistic of the responses to a message type: `by_type.syslog.response.p99`.
    TypeResponse(MessageType, Statistic),
    /// License lines and files that events brought: `licenses.installed`.
    Licenses(LicenseFigure),
    /// What the run itself took: `run.cpu_s`.
    Run(RunFigure),
    /// The generator's lag in milliseconds: `lag.p99`.
    Lag(Statistic),
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[expect(missing_docs, reason = "the names are those of the summary")]
        pub enum $name { $($variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the summary.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|own| own.name() == text)
            }
        }
    };
}

named!(
    /// A transport.
    TransportName { Smtp = "smtp", Https = "https" }
);
named!(
    /// A measured interval.
    IntervalName {
        Response = "response",
        Service = "service",
        Queue = "queue",
        Connect = "connect",
        Tls = "tls",
        Greeting = "greeting",
        Envelope = "envelope",
        Data = "data",
        Request = "request",
        Reply = "reply",
    }
);
named!(
    /// A statistic of an interval.
    Statistic {
        Count = "count",
        Mean = "mean",
        P50 = "p50",
        P90 = "p90",
        P99 = "p99",
        P99_9 = "p99_9",
        Max = "max",
    }
);
named!(
    /// A figure of a transport.
    TransportFigure {
        Delivered = "delivered",
        Failed = "failed",
        Unconfirmed = "unconfirmed",
        Attempts = "attempts",
        Rate = "rate",
        Bytes = "bytes",
        Connections = "connections",
        Resumed = "resumed",
    }
);
named!(
    /// A figure of the ledger besides its accounts of dropped candidates.
    LedgerFigure {
        Events = "events",
        Unheard = "unheard",
        Triggers = "triggers",
        Candidates = "candidates",
        Dropped = "dropped",
        Oversize = "oversize",
        Messages = "messages",
        Delivered = "delivered",
        Failed = "failed",
        Unconfirmed = "unconfirmed",
        Outstanding = "outstanding",
        Traps = "traps",
        SinkReceived = "sink_received",
        SinkDuplicates = "sink_duplicates",
        SinkUnknown = "sink_unknown",
        SinkMissing = "sink_missing",
    }
);
named!(
    /// A figure of a message type.
    TypeFigure {
        Queued = "queued",
        Delivered = "delivered",
        Failed = "failed",
        Unconfirmed = "unconfirmed",
        Dropped = "dropped",
    }
);
named!(
    /// What became of the license lines and files that events brought.
    LicenseFigure {
        Installed = "installed",
        Duplicates = "duplicates",
        Refused = "refused",
        NotOpened = "not_opened",
    }
);
named!(
    /// What the run itself took.
    RunFigure {
        CpuSeconds = "cpu_s",
        PeakRssBytes = "peak_rss_bytes",
        StartupSeconds = "startup_s",
        RssBytesPerDevice = "rss_bytes_per_device",
        WallSeconds = "wall_s",
    }
);

fn message_type(word: &str) -> Option<MessageType> {
    MessageType::ALL
        .into_iter()
        .find(|kind| kind.word() == word)
}

impl Metric {
    /// The metric called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["ledger", figure] => match LedgerFigure::parse(figure) {
                Some(figure) => Some(Self::Ledger(figure)),
                None => DropAccount::ALL
                    .into_iter()
                    .find(|account| account.name() == *figure)
                    .map(Self::Account),
            },
            ["licenses", figure] => LicenseFigure::parse(figure).map(Self::Licenses),
            ["run", figure] => RunFigure::parse(figure).map(Self::Run),
            ["by_type", kind, figure] => {
                Some(Self::Type(message_type(kind)?, TypeFigure::parse(figure)?))
            }
            ["by_type", kind, "response", statistic] => Some(Self::TypeResponse(
                message_type(kind)?,
                Statistic::parse(statistic)?,
            )),
            ["lag", statistic] => Statistic::parse(statistic).map(Self::Lag),
            [transport, figure] => Some(Self::Transport(
                TransportName::parse(transport)?,
                TransportFigure::parse(figure)?,
            )),
            [transport, interval, statistic] => Some(Self::Interval(
                TransportName::parse(transport)?,
                IntervalName::parse(interval)?,
                Statistic::parse(statistic)?,
            )),
            _ => None,
        }
    }

    /// Whether its values are times, in milliseconds.
    pub fn is_time(self) -> bool {
        match self {
            Self::Interval(_, _, statistic)
            | Self::TypeResponse(_, statistic)
            | Self::Lag(statistic) => statistic != Statistic::Count,
            Self::Transport(..)
            | Self::Ledger(_)
            | Self::Account(_)
            | Self::Type(..)
            | Self::Licenses(_)
            | Self::Run(_) => false,
        }
    }

    /// The names of all metrics.
    pub fn names() -> Vec<String> {
        let mut names = Vec::new();
        for transport in TransportName::ALL {
            for interval in IntervalName::ALL {
                for statistic in Statistic::ALL {
                    names.push(format!(
                        "{}.{}.{}",
                        transport.name(),
                        interval.name(),
                        statistic.name()
                    ));
                }
            }
            for figure in TransportFigure::ALL {
                names.push(format!("{}.{}", transport.name(), figure.name()));
            }
        }
        names.extend(
            LedgerFigure::ALL
                .iter()
                .map(|figure| format!("ledger.{}", figure.name())),
        );
        names.extend(
            LicenseFigure::ALL
                .iter()
                .map(|figure| format!("licenses.{}", figure.name())),
        );
        names.extend(
            Statistic::ALL
                .iter()
                .map(|statistic| format!("lag.{}", statistic.name())),
        );
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_offered_is_understood() {
        for name in Metric::names() {
            assert!(Metric::parse(&name).is_some(), "{name}");
        }
        assert_eq!(Metric::parse("smtp.response.p98"), None);
        assert_eq!(Metric::parse("smtp"), None);
    }

    #[test]
    fn bounds_are_inclusive_and_nothing_measured_fails() {
        let threshold = Threshold {
            metric: "smtp.response.p99".into(),
            max: Some(500.0),
            min: Some(1.0),
        };
        let judge = |value, at_least| {
            let reading = Reading { value, at_least };
            threshold.judge(Some(reading)).passed
        };
        assert!(judge(500.0, false) && judge(1.0, false));
        assert!(!judge(500.1, false) && !judge(0.9, false));
        assert!(!threshold.judge(None).passed);
        // Longer than 300 ms may be longer than 500 ms.
        assert!(!judge(300.0, true));
        let at_least_one = Threshold {
            max: None,
            ..threshold.clone()
        };
        let reading = Reading {
            value: 300.0,
            at_least: true,
        };
        assert!(at_least_one.judge(Some(reading)).passed);
    }
}
