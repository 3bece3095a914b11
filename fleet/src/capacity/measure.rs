//! What was measured while a load was held: from the run directory of that load.

use std::{fs, path::Path, time::Duration};

use super::StepFigures;
use crate::report::{Facts, ReportError, Row, TransportFacts};

/// Messages may come into being faster than they end by this share of them, before a target counts as
/// falling behind.
pub(super) const GROWTH_SHARE_MAX: f64 = 0.01;
/// Rows of the timeline that a trend needs.
const ROWS_MIN: usize = 3;

/// When a load was held, since the start of its run.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Behind the warm-up.
    pub begin: Duration,
    /// At the end of the traffic.
    pub end: Duration,
}

/// What a run says about the load that it was.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// What was measured.
    pub figures: StepFigures,
    /// The thresholds that failed, in words.
    pub failed: Vec<String>,
    /// A threshold that judges by more samples than there were: its metric, how many there were, and how
    /// many it takes.
    pub too_few: Option<(String, u64, u64)>,
    /// Why the run is invalid, if it is.
    pub invalid: Vec<String>,
}

/// Reads the run in `directory`, whose load was held during `window`.
///
/// # Errors
/// When its files cannot be read, or are something else.
pub fn measure(directory: &Path, window: Window) -> Result<Measured, ReportError> {
    let facts =
        Facts::read(&directory.join("summary.json"))?.ok_or_else(|| ReportError::NoRun {
            path: directory.to_owned(),
        })?;
    let path = directory.join("timeline.csv");
    let text = fs::read_to_string(&path).map_err(|source| ReportError::Open {
        path: path.clone(),
        source,
    })?;
    let rows = Row::parse_all(&text).map_err(|reason| ReportError::Timeline { path, reason })?;
    let failed = facts.thresholds.iter().filter(|one| !one.passed);
    let too_few = facts.thresholds.iter().find_map(|one| {
        let (samples, needed) = one.samples.zip(one.samples_needed)?;
        Some((one.metric.clone(), samples, needed))
    });
    Ok(Measured {
        failed: failed
            .map(|one| format!("{}: {}", one.metric, one.in_words()))
            .collect(),
        too_few,
        invalid: match facts.validity.valid {
            true => Vec::new(),
            false => facts.validity.reasons.clone(),
        },
        figures: figures(&facts, &held(&rows, window)),
    })
}

/// The rows within `window`, which begin and end where reports came.
fn held(rows: &[Row], window: Window) -> Vec<Row> {
    let (begin, end) = (window.begin.as_secs_f64(), window.end.as_secs_f64());
    let within = rows.iter().filter(|row| {
        let middle = row.begin_s + row.length_s / 2.0;
        begin < middle && middle < end && row.begin_s + row.length_s < end + row.length_s / 2.0
    });
    within.cloned().collect()
}

/// The figures of a run, as far as they are not those of the whole of it, from its `rows`.
fn figures(facts: &Facts, rows: &[Row]) -> StepFigures {
    let seconds: f64 = rows.iter().map(|row| row.length_s).sum();
    let sum = |at: usize| -> f64 { rows.iter().map(|row| row.counts[at]).sum() };
    let [dropped, messages, delivered] = [2, 3, 4].map(sum);
    let undelivered = sum(5) + sum(6);
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let (offered_per_s, delivered_per_s) = (share(messages, seconds), share(delivered, seconds));
    let transports: Vec<&TransportFacts> = facts.transports.values().collect();
    let service_mean_ms = mean(&transports, |own| {
        (own.service_ms.count, own.service_ms.mean)
    });
    let busiest = transports.iter().max_by_key(|own| own.response_ms.count);
    let response = busiest
        .map(|own| &own.response_ms)
        .filter(|response| response.count > 0);
    let error = facts.errors.iter().max_by_key(|error| error.count);
    StepFigures {
        offered_per_s,
        delivered_per_s,
        undelivered_share: share(undelivered, delivered + undelivered),
        dropped_share: share(dropped, dropped + messages),
        growth_share: share(trend(rows).max(0.0), offered_per_s),
        concurrency: delivered_per_s * service_mean_ms.unwrap_or(0.0) / 1e3,
        response_p50_ms: response.map(|response| response.p50),
        response_p99_ms: response.map(|response| response.p99),
        response_p99_at_least: response
            .is_some_and(|response| response.lower_bounds.iter().any(|own| own == "p99")),
        service_mean_ms,
        queue_mean_ms: mean(&transports, |own| (own.queue_ms.count, own.queue_ms.mean)),
        phases_ms: phases(facts),
        lag_p99_ms: Some(facts.validity.lag_ms.p99),
        error: error.map(|error| {
            let code = error
                .code
                .map_or_else(String::new, |code| format!(" {code}"));
            format!(
                "{}{code} ({} times): {}",
                error.kind, error.count, error.example
            )
        }),
    }
}

/// The mean over all `transports` of what `of` says: how many, and their mean.
fn mean(transports: &[&TransportFacts], of: impl Fn(&TransportFacts) -> (u64, f64)) -> Option<f64> {
    let all = transports.iter().map(|own| of(own));
    let (count, sum) = all.fold((0.0, 0.0), |(count, sum), (own, mean)| {
        (count + own as f64, sum + own as f64 * mean)
    });
    (count > 0.0).then(|| sum / count)
}

fn phases(facts: &Facts) -> Vec<(String, String, f64)> {
    let transports = facts.transports.iter();
    let phases = transports.flat_map(|(transport, own)| {
        let measured = own.phases_ms.iter().filter(|(_, one)| one.count > 0);
        measured.map(|(phase, one)| (transport.clone(), phase.clone(), one.mean))
    });
    phases.collect()
}

/// By how many messages without an outcome there are more each second: the median of the slopes between all
/// pairs of rows (Theil and Sen), which a pause of the target at the very end does not bend.
fn trend(rows: &[Row]) -> f64 {
    if rows.len() < ROWS_MIN {
        return 0.0;
    }
    let points: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| (row.begin_s + row.length_s, row.counts[7]))
        .collect();
    let slopes: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(at, one)| {
            points[at + 1..]
                .iter()
                .map(move |other| (other.1 - one.1) / (other.0 - one.0).max(1e-9))
        })
        .collect();
    crate::statistics::median(&slopes).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(second: u32, messages: f64, delivered: f64, outstanding: f64) -> Row {
        let mut counts = [0.0; 8];
        (counts[3], counts[4], counts[7]) = (messages, delivered, outstanding);
        Row {
            begin_s: f64::from(second),
            length_s: 1.0,
            counts,
            response: [None, None],
            lag_p99_ms: None,
        }
    }

    fn window(begin: u64, end: u64) -> Window {
        Window {
            begin: Duration::from_secs(begin),
            end: Duration::from_secs(end),
        }
    }

    #[test]
    fn neither_the_warm_up_nor_what_is_left_at_the_end_counts() {
        let rows: Vec<Row> = (0..8).map(|at| row(at, f64::from(at), 0.0, 0.0)).collect();
        let held = held(&rows, window(2, 6));
        let begins: Vec<f64> = held.iter().map(|row| row.begin_s).collect();
        assert_eq!(begins, [2.0, 3.0, 4.0, 5.0]);
        let figures = figures(&Facts::default(), &held);
        assert_eq!(figures.offered_per_s, 3.5);
    }

    #[test]
    fn a_target_that_falls_behind_is_told_from_one_that_paused() {
        let behind: Vec<Row> = (0..10)
            .map(|at| row(at, 103.0, 100.0, f64::from(at) * 3.0))
            .collect();
        let share = figures(&Facts::default(), &behind).growth_share;
        assert!((share - 3.0 / 103.0).abs() < 1e-9, "{share}");
        let mut paused: Vec<Row> = (0..10).map(|at| row(at, 100.0, 100.0, 2.0)).collect();
        paused[9] = row(9, 100.0, 60.0, 42.0);
        assert_eq!(figures(&Facts::default(), &paused).growth_share, 0.0);
    }

    #[test]
    fn concurrency_is_rate_times_time() {
        let mut facts = Facts::default();
        let mut smtp = TransportFacts::default();
        (smtp.service_ms.count, smtp.service_ms.mean) = (100, 10.0);
        let mut https = TransportFacts::default();
        (https.service_ms.count, https.service_ms.mean) = (300, 30.0);
        facts.transports = [("smtp".to_owned(), smtp), ("https".to_owned(), https)].into();
        let rows: Vec<Row> = (0..4).map(|at| row(at, 400.0, 400.0, 0.0)).collect();
        let figures = figures(&facts, &rows);
        assert_eq!(figures.service_mean_ms, Some(25.0));
        assert_eq!(figures.concurrency, 10.0);
    }
}
