//! The figures that thresholds can name.

use emulator::{DropAccount, Settlement, Transport};

use super::summary::{Ended, rate_per_s};
use crate::{
    conductor::RunResult,
    record::Latency,
    scenario::Scenario,
    threshold::{IntervalName, LedgerFigure, Metric, Statistic, TransportFigure, TransportName},
};

/// The value of the metric called `name`; `None` when nothing was measured.
pub(super) fn metric_value(scenario: &Scenario, result: &RunResult, name: &str) -> Option<f64> {
    match Metric::parse(name)? {
        Metric::Lag(statistic) => statistic_of(&result.gathered.histograms.lag, statistic),
        Metric::Ledger(figure) => Some(ledger_figure(result, figure) as f64),
        Metric::Interval(transport, interval, statistic) => {
            let histograms = result.gathered.histograms.transport(transport.transport());
            let latency = match interval {
                IntervalName::Response => &histograms.response,
                IntervalName::Service => &histograms.service,
                IntervalName::Queue => &histograms.queue,
                IntervalName::Connect
                | IntervalName::Tls
                | IntervalName::Greeting
                | IntervalName::Envelope
                | IntervalName::Data
                | IntervalName::Request
                | IntervalName::Reply => histograms.phase(interval.name())?,
            };
            statistic_of(latency, statistic)
        }
        Metric::Transport(transport, figure) => {
            let transport = transport.transport();
            let counts = &result.gathered.transports[transport as usize];
            Some(match figure {
                TransportFigure::Delivered => Ended::by(result, transport).delivered as f64,
                TransportFigure::Failed => Ended::by(result, transport).failed as f64,
                TransportFigure::Attempts => counts.attempts as f64,
                TransportFigure::Rate => rate_per_s(scenario, result, transport),
                TransportFigure::Bytes => counts.bytes as f64,
                TransportFigure::Connections => counts.connections as f64,
            })
        }
    }
}

fn statistic_of(latency: &Latency, statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::Count => Some(latency.count() as f64),
        Statistic::Mean => latency.mean_ms(),
        Statistic::P50 => latency.quantile_ms(0.5),
        Statistic::P90 => latency.quantile_ms(0.9),
        Statistic::P99 => latency.quantile_ms(0.99),
        Statistic::P99_9 => latency.quantile_ms(0.999),
        Statistic::Max => latency.max_ms(),
    }
}

fn ledger_figure(result: &RunResult, figure: LedgerFigure) -> u64 {
    let ledger = &result.gathered.ledger;
    match figure {
        LedgerFigure::Triggers => ledger.triggers,
        LedgerFigure::Dropped => ledger.dropped_in_all(),
        LedgerFigure::Messages => ledger.messages(),
        LedgerFigure::Delivered => ledger.settled(Settlement::Delivered),
        LedgerFigure::Failed => ledger.settled(Settlement::Failed),
        LedgerFigure::Unconfirmed => ledger.settled(Settlement::Unconfirmed),
        LedgerFigure::Throttled => ledger.dropped(DropAccount::Throttled),
        LedgerFigure::RateLimited => ledger.dropped(DropAccount::RateLimited),
        LedgerFigure::QueueFull => ledger.dropped(DropAccount::QueueFull),
        LedgerFigure::Oversize => ledger.settled(Settlement::Oversize),
    }
}

impl TransportName {
    fn transport(self) -> Transport {
        match self {
            Self::Smtp => Transport::Email,
            Self::Https => Transport::Http,
        }
    }
}
