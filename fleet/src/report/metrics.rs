//! The figures that thresholds can name.

use emulator::{
    LicenseFileOutcome, MessageType, Settlement, Transport, license::install::InstallOutcome,
};

use super::summary::{Ended, rate_per_s};
use crate::{
    conductor::RunResult,
    ledger::SinkTotals,
    record::{Latency, Reading, Responses},
    scenario::Scenario,
    threshold::{
        IntervalName, LedgerFigure, LicenseFigure, Metric, RunFigure, Statistic, TransportFigure,
        TransportName, TypeFigure,
    },
};

/// The value of the metric called `name`; `None` when nothing was measured.
pub(super) fn metric_value(scenario: &Scenario, result: &RunResult, name: &str) -> Option<Reading> {
    let metric = Metric::parse(name)?;
    match metric {
        Metric::TypeResponse(kind, statistic) => {
            let mut types = result.gathered.histograms.types();
            let (_, responses) = types.find(|(own, _)| *own == kind)?;
            response(responses, statistic)
        }
        Metric::Interval(transport, IntervalName::Response, statistic) => {
            let histograms = result.gathered.histograms.transport(transport.transport());
            response(&histograms.response, statistic)
        }
        Metric::Lag(_)
        | Metric::Ledger(_)
        | Metric::Account(_)
        | Metric::Type(..)
        | Metric::Licenses(_)
        | Metric::Run(_)
        | Metric::Interval(..)
        | Metric::Transport(..) => figure(scenario, result, metric).map(Reading::exact),
    }
}

/// The value of a metric that is known or not.
fn figure(scenario: &Scenario, result: &RunResult, metric: Metric) -> Option<f64> {
    match metric {
        Metric::Lag(statistic) => statistic_of(&result.gathered.histograms.lag, statistic),
        Metric::Ledger(figure) => Some(ledger_figure(result, figure) as f64),
        Metric::Account(account) => Some(result.gathered.ledger.dropped(account) as f64),
        Metric::Type(kind, figure) => Some(type_figure(result, kind, figure) as f64),
        Metric::TypeResponse(..) => None,
        Metric::Licenses(figure) => Some(license_figure(result, figure) as f64),
        Metric::Run(figure) => Some(run_figure(scenario, result, figure)),
        Metric::Interval(transport, interval, statistic) => {
            let histograms = result.gathered.histograms.transport(transport.transport());
            let latency = match interval {
                IntervalName::Response => &histograms.response.answered,
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
                TransportFigure::Unconfirmed => Ended::by(result, transport).unconfirmed as f64,
                TransportFigure::Resumed => counts.resumed as f64,
                TransportFigure::Attempts => counts.attempts as f64,
                TransportFigure::Rate => rate_per_s(scenario, result, transport),
                TransportFigure::Bytes => counts.bytes as f64,
                TransportFigure::Connections => counts.connections as f64,
            })
        }
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

fn ledger_figure(result: &RunResult, figure: LedgerFigure) -> u64 {
    let ledger = &result.gathered.ledger;
    let sinks = |figure: fn(&SinkTotals) -> u64| {
        result.sinks.values().map(|sink| figure(&sink.totals)).sum()
    };
    match figure {
        LedgerFigure::Events => result.emitted,
        LedgerFigure::Unheard => ledger.unheard,
        LedgerFigure::Triggers => ledger.triggers,
        LedgerFigure::Candidates => ledger.candidates,
        LedgerFigure::Dropped => ledger.dropped_in_all(),
        LedgerFigure::Oversize => ledger.settled(Settlement::Oversize),
        LedgerFigure::Messages => ledger.messages(),
        LedgerFigure::Delivered => ledger.settled(Settlement::Delivered),
        LedgerFigure::Failed => ledger.settled(Settlement::Failed),
        LedgerFigure::Unconfirmed => ledger.settled(Settlement::Unconfirmed),
        LedgerFigure::Outstanding => ledger.outstanding(),
        LedgerFigure::Traps => ledger.traps,
        LedgerFigure::SinkReceived => sinks(|totals| totals.received),
        LedgerFigure::SinkDuplicates => sinks(|totals| totals.duplicates),
        LedgerFigure::SinkUnknown => sinks(|totals| totals.unknown),
        LedgerFigure::SinkMissing => sinks(|totals| totals.missing),
    }
}

fn type_figure(result: &RunResult, kind: MessageType, figure: TypeFigure) -> u64 {
    let rows = result.gathered.ledger.by_type.iter();
    let of_kind = rows
        .filter(|((own, _), _)| *own == kind)
        .map(|(_, row)| row);
    of_kind
        .map(|row| match figure {
            TypeFigure::Queued => row.queued,
            TypeFigure::Delivered => row.delivered,
            TypeFigure::Failed => row.failed,
            TypeFigure::Unconfirmed => row.unconfirmed,
            TypeFigure::Dropped => row.dropped,
        })
        .sum()
}

fn license_figure(result: &RunResult, figure: LicenseFigure) -> u64 {
    let files = result.gathered.ledger.license_files.iter();
    let counted = files.filter(|(outcome, _)| match outcome {
        LicenseFileOutcome::Line(InstallOutcome::Supported | InstallOutcome::NotSupported) => {
            figure == LicenseFigure::Installed
        }
        LicenseFileOutcome::Line(InstallOutcome::Duplicate) => figure == LicenseFigure::Duplicates,
        LicenseFileOutcome::Line(InstallOutcome::Failed(_)) | LicenseFileOutcome::Invalid => {
            figure == LicenseFigure::Refused
        }
        LicenseFileOutcome::NotOpened(_) | LicenseFileOutcome::Interrupted => {
            figure == LicenseFigure::NotOpened
        }
    });
    let unfinished = match figure {
        LicenseFigure::NotOpened => result.gathered.unfinished_fetches(),
        LicenseFigure::Installed | LicenseFigure::Duplicates | LicenseFigure::Refused => 0,
    };
    counted.map(|(_, count)| count).sum::<u64>() + unfinished
}

fn run_figure(scenario: &Scenario, result: &RunResult, figure: RunFigure) -> f64 {
    match figure {
        RunFigure::CpuSeconds => result.usage.cpu_s,
        RunFigure::PeakRssBytes => result.usage.peak_rss_bytes as f64,
        RunFigure::StartupSeconds => result.startup.as_secs_f64(),
        RunFigure::RssBytesPerDevice => {
            result.devices_rss_bytes as f64 / f64::from(scenario.device_count().max(1))
        }
        RunFigure::WallSeconds => result.wall.as_secs_f64(),
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
