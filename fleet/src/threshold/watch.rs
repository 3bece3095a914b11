//! Thresholds while a run goes on: bounds that are broken for a while, and failures that end the run.

use std::time::Duration;

use super::{Figures, Threshold};
use crate::record::{Gathered, Reading};

/// How long a stretch is that is looked at by itself.
const STRETCH: Duration = Duration::from_secs(1);

/// What was seen of one threshold while the run went on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// Whether there was anything to look at.
    pub seen: bool,
    /// For how long its bounds have been broken until now.
    broken: Duration,
    /// For how long they were broken at a stretch, at most.
    pub longest: Duration,
    /// The value that was farthest outside of the bounds, or else nearest to them.
    pub worst: Option<Reading>,
    /// Whether it failed: its bounds were broken for as long as that takes.
    pub failed: bool,
    /// Whether its failure ended the run.
    pub aborted: bool,
}

/// The thresholds of a run while it goes on.
#[derive(Debug, Default)]
pub struct Watch {
    watched: Vec<Watched>,
    row: Gathered,
    begun: Duration,
}

impl Watch {
    /// Watches so many thresholds.
    pub fn new(thresholds: &[Threshold]) -> Self {
        Self {
            watched: vec![Watched::default(); thresholds.len()],
            ..Self::default()
        }
    }

    /// `elapsed` of the run has passed; this came `lately`, and that is `all`. Returns whether a
    /// failure ends the run.
    pub fn take(
        &mut self,
        thresholds: &[Threshold],
        elapsed: Duration,
        (lately, all): (&Gathered, &Gathered),
    ) -> bool {
        let idle = thresholds
            .iter()
            .all(|threshold| threshold.lasting.is_none() && !threshold.abort);
        if idle {
            return false;
        }
        self.row.merge(lately);
        let span = elapsed.saturating_sub(self.begun);
        if span < STRETCH {
            return false;
        }
        self.begun = elapsed;
        let row = std::mem::take(&mut self.row);
        let outstanding = all.ledger.outstanding();
        let stretch = Figures::of_stretch(&row, span, outstanding);
        let so_far = Figures::of_stretch(all, elapsed, outstanding);
        let mut abort = false;
        for (threshold, watched) in thresholds.iter().zip(&mut self.watched) {
            match threshold.lasting {
                Some(lasting) => watched.look(threshold, &stretch, (span, lasting)),
                // A bound from below is reached in the end, or not.
                None if threshold.abort => watched.look_ahead(threshold, &so_far),
                None => {}
            }
            if watched.failed && threshold.abort && !abort {
                watched.aborted = true;
                abort = true;
            }
        }
        abort
    }

    /// What was seen of each threshold.
    pub fn close(self) -> Vec<Watched> {
        self.watched
    }
}

impl Watched {
    /// Looks at a stretch of length `span`.
    fn look(
        &mut self,
        threshold: &Threshold,
        stretch: &Figures<'_>,
        (span, lasting): (Duration, Duration),
    ) {
        let Some(measured) = stretch.measured(threshold.metric) else {
            // Nothing measured says neither yes nor no.
            return;
        };
        self.seen = true;
        let reading = measured.reading;
        if self
            .worst
            .is_none_or(|worst| is_worse(threshold, reading, worst))
        {
            self.worst = Some(reading);
        }
        if threshold.holds(reading) {
            self.broken = Duration::ZERO;
            return;
        }
        self.broken += span;
        self.longest = self.longest.max(self.broken);
        self.failed |= self.broken >= lasting;
    }

    /// Looks at the run so far: a largest value that is exceeded will not be met again by counts, and a
    /// percentile of enough samples hardly.
    fn look_ahead(&mut self, threshold: &Threshold, so_far: &Figures<'_>) {
        let only_max = Threshold {
            min: None,
            ..threshold.clone()
        };
        let Some(measured) = so_far.measured(threshold.metric) else {
            return;
        };
        self.seen = true;
        let needed = threshold.metric.samples_needed();
        let enough = measured.samples.is_none_or(|samples| samples >= needed);
        self.failed |= enough && !only_max.holds(measured.reading);
    }
}

/// Whether `one` is farther outside of the bounds than `other`.
fn is_worse(threshold: &Threshold, one: Reading, other: Reading) -> bool {
    let outside = |reading: Reading| {
        let above = threshold
            .max
            .map_or(f64::NEG_INFINITY, |max| reading.value - max);
        let below = threshold
            .min
            .map_or(f64::NEG_INFINITY, |min| min - reading.value);
        above.max(below)
    };
    outside(one) > outside(other)
}

#[cfg(test)]
mod tests {
    use emulator::{Settlement, Transport};

    use super::*;
    use crate::threshold::{IntervalName, LedgerFigure, Metric, Statistic, TransportName};

    fn failures(lasting_s: Option<u64>, abort: bool) -> Threshold {
        Threshold {
            lasting: lasting_s.map(Duration::from_secs),
            abort,
            ..Threshold::at_most("ledger.failed", Metric::Ledger(LedgerFigure::Failed), 0.0)
        }
    }

    /// Runs through seconds in each of which so many messages fail; returns what was seen and when the
    /// run was ended.
    fn through(threshold: &Threshold, failed: &[u64]) -> (Watched, Option<usize>) {
        let thresholds = [threshold.clone()];
        let mut watch = Watch::new(&thresholds);
        let mut all = Gathered::default();
        for (second, count) in failed.iter().enumerate() {
            let mut lately = Gathered::default();
            lately.ledger.settled.insert(Settlement::Failed, *count);
            all.merge(&lately);
            let elapsed = Duration::from_secs(second as u64 + 1);
            if watch.take(&thresholds, elapsed, (&lately, &all)) {
                return (watch.close().remove(0), Some(second));
            }
        }
        (watch.close().remove(0), None)
    }

    #[test]
    fn a_breach_fails_only_when_it_lasts() {
        let threshold = failures(Some(3), false);
        let (watched, ended) = through(&threshold, &[0, 5, 5, 0, 9, 1, 0]);
        assert!(!watched.failed && watched.seen && ended.is_none());
        assert_eq!(watched.longest, Duration::from_secs(2));
        assert_eq!(watched.worst, Some(Reading::exact(9.0)));
        let (watched, _) = through(&threshold, &[0, 5, 5, 1, 0]);
        assert!(watched.failed);
        let result = threshold.judge(None, Some(&watched));
        assert!(!result.passed);
        assert!(result.to_string().contains("broken for 3.0 s"), "{result}");
    }

    #[test]
    fn a_failure_ends_the_run_where_it_is_to() {
        assert_eq!(through(&failures(Some(2), true), &[0, 1, 1, 1]).1, Some(2));
        assert_eq!(through(&failures(Some(2), false), &[0, 1, 1, 1]).1, None);
        let (watched, ended) = through(&failures(None, true), &[0, 0, 1, 0]);
        assert!(watched.aborted && ended == Some(2));
        assert_eq!(through(&failures(None, true), &[0, 0, 0]).1, None);
    }

    #[test]
    fn a_run_is_not_ended_for_a_percentile_of_few_samples() {
        let p99 = Metric::Interval(TransportName::Smtp, IntervalName::Response, Statistic::P99);
        let threshold = Threshold {
            abort: true,
            ..Threshold::at_most("smtp.response.p99", p99, 10.0)
        };
        let thresholds = [threshold];
        let mut watch = Watch::new(&thresholds);
        let mut all = Gathered::default();
        let mut ended_at = None;
        for second in 1..=10 {
            let mut lately = Gathered::default();
            let histograms = lately.histograms.transport_mut(Transport::Email);
            for _ in 0..50 {
                histograms.response.record(Duration::from_millis(80));
            }
            all.merge(&lately);
            let elapsed = Duration::from_secs(second);
            if watch.take(&thresholds, elapsed, (&lately, &all)) {
                ended_at = Some(second);
                break;
            }
        }
        assert_eq!(ended_at, Some(6));
    }
}
