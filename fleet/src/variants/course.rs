//! What arrived when: peak rate, backlog, and how long it took to drain, exactly, from the journal.

use serde::Serialize;

use crate::journal::Record;

/// Length of the window that the peak rate is counted in, in microseconds.
const WINDOW_US: u64 = 1_000_000;
/// A backlog counts as drained when this share of its peak is left.
const DRAINED_SHARE: f64 = 0.01;

/// The course of a storm at the servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Course {
    /// Most messages that became due within any second.
    pub peak_per_s: u64,
    /// When that second began, in seconds since the start of the run.
    pub peak_at_s: f64,
    /// Most messages that were due and had not ended.
    pub backlog_max: u64,
    /// From then until a hundredth of that, or a single message, was left; in seconds.
    pub drained_after_s: f64,
    /// Whether it ever drained.
    pub drained: bool,
}

/// When messages became due, and when they ended; microseconds.
#[derive(Debug, Default)]
pub(super) struct Steps {
    due: Vec<u64>,
    ended: Vec<u64>,
}

impl Steps {
    /// Takes what `record` says of that.
    pub(super) fn enter(&mut self, record: &Record) {
        match *record {
            Record::Queued { due_us, .. } => self.due.push(due_us),
            Record::Settled {
                due_us, stayed_us, ..
            } => self.ended.push(due_us.saturating_add(stayed_us)),
            Record::Event { .. }
            | Record::Deadline { .. }
            | Record::Trigger { .. }
            | Record::Dropped { .. }
            | Record::Attempt(_)
            | Record::Outstanding { .. }
            | Record::Received { .. }
            | Record::Unheard { .. } => {}
        }
    }

    /// The course that they make.
    pub(super) fn close(mut self) -> Course {
        self.due.sort_unstable();
        self.ended.sort_unstable();
        let (peak_per_s, peak_at_us) = peak(&self.due);
        let (backlog_max, backlog_at_us) = self.backlog();
        let drained_at = self.drained_at(backlog_max, backlog_at_us);
        Course {
            peak_per_s,
            peak_at_s: peak_at_us as f64 / 1e6,
            backlog_max,
            drained_after_s: drained_at.map_or(0.0, |at| (at - backlog_at_us) as f64 / 1e6),
            drained: drained_at.is_some(),
        }
    }

    /// The largest backlog, and when it was that large for the first time.
    fn backlog(&self) -> (u64, u64) {
        let (mut ended, mut most) = (0, (0, 0));
        for (came, at) in self.due.iter().enumerate() {
            while self.ended.get(ended).is_some_and(|end| end <= at) {
                ended += 1;
            }
            let backlog = (came + 1 - ended) as u64;
            if backlog > most.0 {
                most = (backlog, *at);
            }
        }
        most
    }

    /// When the backlog that was at its most at `from_us` had drained.
    fn drained_at(&self, backlog_max: u64, from_us: u64) -> Option<u64> {
        let left = ((backlog_max as f64 * DRAINED_SHARE) as u64).max(1);
        if backlog_max <= left {
            return Some(from_us);
        }
        let mut came = self.due.partition_point(|at| *at <= from_us);
        for (ended, at) in self.ended.iter().enumerate() {
            if *at <= from_us {
                continue;
            }
            while self.due.get(came).is_some_and(|due| due <= at) {
                came += 1;
            }
            if came.saturating_sub(ended + 1) as u64 <= left {
                return Some(*at);
            }
        }
        None
    }
}

/// The window that holds most of `times`, which are in order: how many, and where it begins.
fn peak(times: &[u64]) -> (u64, u64) {
    let (mut first, mut most) = (0, (0, 0));
    for (last, at) in times.iter().enumerate() {
        while at - times[first] >= WINDOW_US {
            first += 1;
        }
        let within = (last + 1 - first) as u64;
        if within > most.0 {
            most = (within, times[first]);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(messages: &[(u64, u64)]) -> Course {
        let mut steps = Steps::default();
        for (due_ms, end_ms) in messages {
            steps.due.push(due_ms * 1_000);
            steps.ended.push(end_ms * 1_000);
        }
        steps.close()
    }

    #[test]
    fn a_burst_at_a_slow_server_drains_at_its_pace() {
        // A hundred at once, one answered every 10 ms.
        let messages: Vec<_> = (1..=100).map(|number| (500, 500 + number * 10)).collect();
        let course = course(&messages);
        assert_eq!((course.peak_per_s, course.peak_at_s), (100, 0.5));
        assert_eq!(course.backlog_max, 100);
        assert!(course.drained);
        assert!((course.drained_after_s - 0.99).abs() < 1e-9, "{course:?}");
    }

    #[test]
    fn the_peak_is_that_of_any_second_and_not_of_whole_ones() {
        let messages: Vec<_> = [600, 900, 1_100, 1_400, 1_599, 1_600, 3_000]
            .map(|due| (due, due + 1))
            .to_vec();
        let course = course(&messages);
        assert_eq!((course.peak_per_s, course.peak_at_s), (5, 0.6));
        assert_eq!((course.backlog_max, course.drained_after_s), (1, 0.0));
    }

    #[test]
    fn what_never_ends_never_drains() {
        let mut steps = Steps::default();
        steps.due.extend([1, 2, 3, 4]);
        steps.ended.push(10);
        let course = steps.close();
        assert!(!course.drained);
        assert_eq!(course.backlog_max, 4);
        assert_eq!(Steps::default().close().peak_per_s, 0);
    }
}
