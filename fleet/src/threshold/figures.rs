//! The values of metrics, of a whole run or of a stretch of it.

use std::time::Duration;

use emulator::{
    LicenseFileOutcome, MessageType, Settlement, Transport, license::install::InstallOutcome,
};

use super::{
    IntervalName, LedgerFigure, LicenseFigure, Measured, Metric, RunFigure, Statistic, Threshold,
    ThresholdResult, TransportFigure, TransportName, TypeFigure, Watched,
};
use crate::{
    conductor::RunResult,
    ledger::{SinkTotals, TypeCounts},
    record::{Gathered, Latency, Reading, Responses},
    scenario::Scenario,
};

/// What metrics are read from.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    gathered: &'a Gathered,
    /// How long it took to gather that, without the warm-up.
    span: Duration,
    /// Messages that had not ended at the end of it.
    outstanding: u64,
    /// The whole run, if that is what is looked at.
    run: Option<(&'a Scenario, &'a RunResult)>,
}

impl<'a> Figures<'a> {
    /// The figures of a whole run.
    pub fn of_run(scenario: &'a Scenario, result: &'a RunResult) -> Self {
        Self {
            gathered: &result.gathered,
            span: result.wall.saturating_sub(scenario.warm_up),
            outstanding: result.gathered.ledger.outstanding(),
            run: Some((scenario, result)),
        }
    }

    /// The figures of a stretch of a run that lasted `span`, at whose end so many messages were
    /// `outstanding`.
    pub fn of_stretch(gathered: &'a Gathered, span: Duration, outstanding: u64) -> Self {
        Self {
            gathered,
            span,
            outstanding,
            run: None,
        }
    }

    /// Holds `threshold` against these figures and what was `watched` of it.
    pub fn judge(&self, threshold: &Threshold, watched: Option<&Watched>) -> ThresholdResult {
        threshold.judge(self.measured(threshold.metric), watched)
    }

    /// What `metric` says; `None` when nothing was measured.
    pub fn measured(&self, metric: Metric) -> Option<Measured> {
        let reading = match metric {
            Metric::TypeResponse(..)
            | Metric::FleetResponse(..)
            | Metric::Interval(_, IntervalName::Response, _) => {
                let (responses, statistic) = self.responses(metric)?;
                response(responses, statistic)
            }
            Metric::Lag(_)
            | Metric::Ledger(_)
            | Metric::Account(_)
            | Metric::Type(..)
            | Metric::Fleet(..)
            | Metric::Licenses(_)
            | Metric::Run(_)
            | Metric::Interval(..)
            | Metric::Transport(..) => self.figure(metric).map(Reading::exact),
        };
        Some(Measured {
            reading: reading?,
            samples: self.samples(metric),
        })
    }

    /// The responses that `metric` is a statistic of.
    fn responses(&self, metric: Metric) -> Option<(&'a Responses, Statistic)> {
        match metric {
            Metric::TypeResponse(kind, statistic) => {
                let mut types = self.gathered.histograms.types();
                let (_, responses) = types.find(|(own, _)| *own == kind)?;
                Some((responses, statistic))
            }
            Metric::FleetResponse(number, statistic) => {
                let fleet = self.gathered.by_fleet.get(number)?;
                Some((&fleet.response, statistic))
            }
            Metric::Interval(transport, IntervalName::Response, statistic) => {
                let histograms = self.gathered.histograms.transport(transport.transport());
                Some((&histograms.response, statistic))
            }
            Metric::Interval(..)
            | Metric::Transport(..)
            | Metric::Ledger(_)
            | Metric::Account(_)
            | Metric::Type(..)
            | Metric::Fleet(..)
            | Metric::Licenses(_)
            | Metric::Run(_)
            | Metric::Lag(_) => None,
        }
    }

    /// The interval that `metric` is a statistic of, responses apart.
    fn latency(&self, metric: Metric) -> Option<(&'a Latency, Statistic)> {
        let histograms = &self.gathered.histograms;
        match metric {
            Metric::Lag(statistic) => Some((&histograms.lag, statistic)),
            Metric::Interval(transport, interval, statistic) => {
                let histograms = histograms.transport(transport.transport());
                let latency = match interval {
                    IntervalName::Response => return None,
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
                Some((latency, statistic))
            }
            Metric::Transport(..)
            | Metric::Ledger(_)
            | Metric::Account(_)
            | Metric::Type(..)
            | Metric::TypeResponse(..)
            | Metric::Fleet(..)
            | Metric::FleetResponse(..)
            | Metric::Licenses(_)
            | Metric::Run(_) => None,
        }
    }

    /// How many samples `metric` is a percentile of.
    fn samples(&self, metric: Metric) -> Option<u64> {
        if let Some((responses, _)) = self.responses(metric) {
            return Some(responses.answered.count() + responses.unanswered.count());
        }
        self.latency(metric).map(|(latency, _)| latency.count())
    }

    fn figure(&self, metric: Metric) -> Option<f64> {
        if let Some((latency, statistic)) = self.latency(metric) {
            return statistic_of(latency, statistic);
        }
        match metric {
            Metric::Ledger(figure) => self.ledger_figure(figure).map(|count| count as f64),
            Metric::Account(account) => Some(self.gathered.ledger.dropped(account) as f64),
            Metric::Type(kind, figure) => Some(self.type_figure(kind, figure) as f64),
            Metric::Fleet(number, figure) => {
                let fleet = self.gathered.by_fleet.get(number);
                let counts = fleet.map_or_else(TypeCounts::default, |fleet| fleet.counts);
                Some(figure.of(&counts) as f64)
            }
            Metric::Licenses(figure) => Some(self.license_figure(figure) as f64),
            Metric::Run(figure) => self.run_figure(figure),
            Metric::Transport(transport, figure) => {
                Some(self.transport_figure(transport.transport(), figure))
            }
            Metric::Interval(..)
            | Metric::TypeResponse(..)
            | Metric::FleetResponse(..)
            | Metric::Lag(_) => None,
        }
    }

    /// How messages by `transport` ended.
    pub fn counts(&self, transport: Transport) -> TypeCounts {
        let mut counts = TypeCounts::default();
        for ((_, by), row) in &self.gathered.ledger.by_type {
            if *by == transport {
                counts.merge(row);
            }
        }
        counts
    }

    /// Messages by `transport` accepted per second.
    pub fn rate_per_s(&self, transport: Transport) -> f64 {
        let measured = self.gathered.transports[transport as usize].measured;
        let span = self.span.as_secs_f64();
        if span > 0.0 {
            measured as f64 / span
        } else {
            0.0
        }
    }

    fn transport_figure(&self, transport: Transport, figure: TransportFigure) -> f64 {
        let counts = &self.gathered.transports[transport as usize];
        match figure {
            TransportFigure::Delivered => self.counts(transport).delivered as f64,
            TransportFigure::Failed => self.counts(transport).failed as f64,
            TransportFigure::Unconfirmed => self.counts(transport).unconfirmed as f64,
            TransportFigure::Resumed => counts.resumed as f64,
            TransportFigure::Attempts => counts.attempts as f64,
            TransportFigure::Rate => self.rate_per_s(transport),
            TransportFigure::Bytes => counts.bytes as f64,
            TransportFigure::Connections => counts.connections as f64,
        }
    }

    /// Of the sinks nothing is known before the end.
    fn ledger_figure(&self, figure: LedgerFigure) -> Option<u64> {
        let ledger = &self.gathered.ledger;
        let sinks = |figure: fn(&SinkTotals) -> u64| {
            let (_, result) = self.run?;
            Some(result.sinks.values().map(|sink| figure(&sink.totals)).sum())
        };
        Some(match figure {
            LedgerFigure::Events => self
                .run
                .map_or(self.gathered.events, |(_, result)| result.emitted),
            LedgerFigure::Unheard => ledger.unheard,
            LedgerFigure::Triggers => ledger.triggers,
            LedgerFigure::Candidates => ledger.candidates,
            LedgerFigure::Dropped => ledger.dropped_in_all(),
            LedgerFigure::Oversize => ledger.settled(Settlement::Oversize),
            LedgerFigure::Messages => ledger.messages(),
            LedgerFigure::Delivered => ledger.settled(Settlement::Delivered),
            LedgerFigure::Failed => ledger.settled(Settlement::Failed),
            LedgerFigure::Unconfirmed => ledger.settled(Settlement::Unconfirmed),
            LedgerFigure::Outstanding => self.outstanding,
            LedgerFigure::Traps => ledger.traps,
            LedgerFigure::SinkReceived => return sinks(|totals| totals.received),
            LedgerFigure::SinkDuplicates => return sinks(|totals| totals.duplicates),
            LedgerFigure::SinkUnknown => return sinks(|totals| totals.unknown),
            LedgerFigure::SinkMissing => return sinks(|totals| totals.missing),
        })
    }

    fn type_figure(&self, kind: MessageType, figure: TypeFigure) -> u64 {
        let rows = self.gathered.ledger.by_type.iter();
        let own = rows.filter(|((own, _), _)| *own == kind);
        own.map(|(_, row)| figure.of(row)).sum()
    }

    fn license_figure(&self, figure: LicenseFigure) -> u64 {
        let files = self.gathered.ledger.license_files.iter();
        let counted = files.filter(|(outcome, _)| match outcome {
            LicenseFileOutcome::Line(InstallOutcome::Supported | InstallOutcome::NotSupported) => {
                figure == LicenseFigure::Installed
            }
            LicenseFileOutcome::Line(InstallOutcome::Duplicate) => {
                figure == LicenseFigure::Duplicates
            }
            LicenseFileOutcome::Line(InstallOutcome::Failed(_)) | LicenseFileOutcome::Invalid => {
                figure == LicenseFigure::Refused
            }
            LicenseFileOutcome::NotOpened(_) | LicenseFileOutcome::Interrupted => {
                figure == LicenseFigure::NotOpened
            }
        });
        let unfinished = match figure {
            LicenseFigure::NotOpened => self.gathered.unfinished_fetches(),
            LicenseFigure::Installed | LicenseFigure::Duplicates | LicenseFigure::Refused => 0,
        };
        counted.map(|(_, count)| count).sum::<u64>() + unfinished
    }

    fn run_figure(&self, figure: RunFigure) -> Option<f64> {
        let (scenario, result) = self.run?;
        Some(match figure {
            RunFigure::CpuSeconds => result.usage.cpu_s,
            RunFigure::PeakRssBytes => result.usage.peak_rss_bytes as f64,
            RunFigure::StartupSeconds => result.startup.as_secs_f64(),
            RunFigure::RssBytesPerDevice => {
                result.devices_rss_bytes as f64 / f64::from(scenario.device_count().max(1))
            }
            RunFigure::WallSeconds => result.wall.as_secs_f64(),
        })
    }
}

/// A statistic of responses, those taken into account that never came.
fn response(responses: &Responses, statistic: Statistic) -> Option<Reading> {
    match statistic {
        Statistic::Count | Statistic::Mean => {
            statistic_of(&responses.answered, statistic).map(Reading::exact)
        }
        Statistic::P50 => responses.quantile_ms(0.5),
        Statistic::P90 => responses.quantile_ms(0.9),
        Statistic::P99 => responses.quantile_ms(0.99),
        Statistic::P99_9 => responses.quantile_ms(0.999),
        Statistic::Max => responses.max_ms(),
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

impl TypeFigure {
    fn of(self, counts: &TypeCounts) -> u64 {
        match self {
            Self::Queued => counts.queued,
            Self::Delivered => counts.delivered,
            Self::Failed => counts.failed,
            Self::Unconfirmed => counts.unconfirmed,
            Self::Dropped => counts.dropped,
        }
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
