//! What was measured while a load was held: from the run directory of that load.

use std::{path::Path, time::Duration};

use emulator::DropAccount;

use super::StepFigures;
use crate::report::{Facts, Moment, ReportError, RunData, TransportFacts};

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
    /// A threshold for which nothing was measured: its metric.
    pub unmeasured: Option<String>,
    /// Why the run is invalid, if it is.
    pub invalid: Vec<String>,
}

/// Reads the run in `directory`, whose load was held during `window`.
///
/// # Errors
/// When its files cannot be read, or are something else.
pub fn measure(directory: &Path, window: Window) -> Result<Measured, ReportError> {
    let data = RunData::read(directory, None)?;
    let facts = &data.facts;
    let failed = facts.thresholds.iter().filter(|one| !one.passed);
    let too_few = facts.thresholds.iter().find_map(|one| {
        let (samples, needed) = one.samples.zip(one.samples_needed)?;
        Some((one.metric.clone(), samples, needed))
    });
    let unmeasured = facts.thresholds.iter().find(|one| {
        let value = one.value.or(one.value_ms);
        value.is_none() && !one.passed
    });
    let (width_s, moments) = match &data.series {
        Some(series) => (
            series.width_s,
            held(&series.moments, series.width_s, window),
        ),
        None => (0.0, &[][..]),
    };
    Ok(Measured {
        failed: failed
            .map(|one| format!("{}: {}", one.metric, one.in_words()))
            .collect(),
        too_few,
        unmeasured: unmeasured.map(|one| one.metric.clone()),
        invalid: match facts.validity.valid {
            true => Vec::new(),
            false => facts.validity.reasons.clone(),
        },
        figures: figures(facts, moments, width_s),
    })
}

/// The moments, each `width_s` long, that are within `window` as a whole.
fn held(moments: &[Moment], width_s: f64, window: Window) -> &[Moment] {
    let place = |at: Duration| at.as_secs_f64() / width_s.max(1e-6);
    let end = (place(window.end) as usize).min(moments.len());
    let begin = (place(window.begin).ceil() as usize).min(end);
    &moments[begin..end]
}

/// The figures of a run, as far as they are not those of the whole of it from its `moments`.
fn figures(facts: &Facts, moments: &[Moment], width_s: f64) -> StepFigures {
    let seconds = moments.len() as f64 * width_s;
    let sum = |of: fn(&Moment) -> f64| -> f64 { moments.iter().map(of).sum() };
    let (due, accepted) = (sum(|own| own.due), sum(|own| own.accepted));
    let undelivered = sum(|own| own.failed + own.unconfirmed);
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let (offered_per_s, delivered_per_s) = (share(due, seconds), share(accepted, seconds));
    let transports: Vec<&TransportFacts> = facts.transports.values().collect();
    let service_mean_ms = mean(&transports, |own| {
        (own.service_ms.count, own.service_ms.mean)
    });
    let busiest = transports.iter().max_by_key(|own| own.response_ms.count);
    let response = busiest
        .map(|own| &own.response_ms)
        .filter(|response| response.count > 0);
    let backlogs: Vec<f64> = moments.iter().map(|own| own.backlog).collect();
    let slope = trend(&backlogs, width_s);
    let error = facts.errors.iter().max_by_key(|error| error.count);
    StepFigures {
        offered_per_s,
        delivered_per_s,
        undelivered_share: share(undelivered, accepted + undelivered),
        kept_back_share: kept_back(facts),
        growth_share: share(slope.max(0.0), offered_per_s),
        growth_by_chance: is_chance(slope * seconds, &backlogs),
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

/// What the devices' policy kept back, as a share of what would have become messages.
fn kept_back(facts: &Facts) -> f64 {
    let accounts = [
        DropAccount::RateLimited,
        DropAccount::Throttled,
        DropAccount::QueueFull,
    ];
    let dropped = &facts.ledger.dropped;
    let kept = accounts.map(|account| dropped.get(account.name()).copied().unwrap_or(0));
    let kept = kept.iter().sum::<u64>() as f64;
    match kept > 0.0 {
        true => kept / (kept + facts.ledger.messages as f64),
        false => 0.0,
    }
}

/// Whether a backlog that was so large may have `grown` by that many messages by chance: where messages come
/// and go independently of each other, how many there are differs between two instants by the root of twice
/// their mean.
pub(super) fn is_chance(grown: f64, backlogs: &[f64]) -> bool {
    const DEVIATIONS: f64 = 3.0;
    grown <= DEVIATIONS * (2.0 * crate::statistics::mean(backlogs) + 1.0).sqrt()
}

/// By how many messages without an outcome there are more each second, from how many there were at instants
/// `width_s` apart: the median of the slopes between all pairs (Theil and Sen), which a pause of the target
/// at the very end does not bend.
pub(super) fn trend(backlogs: &[f64], width_s: f64) -> f64 {
    let slopes = backlogs.iter().enumerate().flat_map(|(at, one)| {
        let later = backlogs.iter().enumerate().skip(at + 1);
        later.map(move |(other_at, other)| (other - one) / ((other_at - at) as f64 * width_s))
    });
    let slopes: Vec<f64> = slopes.collect();
    crate::statistics::median(&slopes).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second in which so many messages were due and accepted, and so many were left.
    fn moment(due: f64, accepted: f64, backlog: f64) -> Moment {
        Moment {
            due,
            accepted,
            backlog,
            ..Moment::default()
        }
    }

    #[test]
    fn neither_the_warm_up_nor_what_is_left_at_the_end_counts() {
        let moments: Vec<Moment> = (0..8).map(|at| moment(f64::from(at), 0.0, 0.0)).collect();
        let window = Window {
            begin: Duration::from_millis(1_100),
            end: Duration::from_secs(6),
        };
        let held = held(&moments, 1.0, window);
        let due: Vec<f64> = held.iter().map(|moment| moment.due).collect();
        assert_eq!(due, [2.0, 3.0, 4.0, 5.0]);
        let figures = figures(&Facts::default(), held, 1.0);
        assert_eq!(figures.offered_per_s, 3.5);
    }

    #[test]
    fn a_target_that_falls_behind_is_told_from_one_that_paused() {
        let behind: Vec<Moment> = (0..10)
            .map(|at| moment(103.0, 100.0, f64::from(at) * 3.0))
            .collect();
        let share = figures(&Facts::default(), &behind, 1.0).growth_share;
        assert!((share - 3.0 / 103.0).abs() < 1e-9, "{share}");
        let mut paused: Vec<Moment> = (0..10).map(|_| moment(100.0, 100.0, 2.0)).collect();
        paused[9] = moment(100.0, 60.0, 42.0);
        let share = figures(&Facts::default(), &paused, 1.0).growth_share;
        assert_eq!(share, 0.0);
    }

    #[test]
    fn concurrency_is_rate_times_time() {
        let mut facts = Facts::default();
        let mut smtp = TransportFacts::default();
        (smtp.service_ms.count, smtp.service_ms.mean) = (100, 10.0);
        let mut https = TransportFacts::default();
        (https.service_ms.count, https.service_ms.mean) = (300, 30.0);
        facts.transports = [("smtp".to_owned(), smtp), ("https".to_owned(), https)].into();
        let moments: Vec<Moment> = (0..4).map(|_| moment(400.0, 400.0, 0.0)).collect();
        let figures = figures(&facts, &moments, 1.0);
        assert_eq!(figures.service_mean_ms, Some(25.0));
        assert_eq!(figures.concurrency, 10.0);
    }
}
