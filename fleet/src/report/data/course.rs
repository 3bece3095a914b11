//! The course of a run, from the records of its journal, in a bounded number of stretches of time.
//!
//! Stretches begin short, and neighbours are put together whenever there are too many; so one pass is
//! enough, and memory does not grow with the run.

use super::{
    series::{BACKLOG_EXACT, Heat, Moment, Series},
    spread::Spread,
};
use crate::journal::{
    Record,
    record::{Attempt, TRANSPORTS},
};

/// Most stretches.
const BINS_MAX: usize = 240;
/// Shortest stretch, in microseconds.
const WIDTH_LEAST_US: u64 = 125_000;

/// Numbers of the tables in [`crate::journal::record`].
const ACCEPTED: u8 = 0;
const DELIVERED: u8 = 0;
const FAILED: u8 = 1;
const UNCONFIRMED: u8 = 2;
const OVERSIZE: u8 = 3;

/// One stretch of time.
#[derive(Clone, Debug, Default)]
struct Bin {
    events: u64,
    due: u64,
    accepted: u64,
    failed: u64,
    unconfirmed: u64,
    dropped: u64,
    /// Messages that ended, in whatever way.
    ended: u64,
    attempts_begun: u64,
    attempts_ended: u64,
    /// Responses of what was due in the stretch, by transport.
    response: [Spread; TRANSPORTS.len()],
    lag: Spread,
}

impl Bin {
    fn merge(&mut self, other: &Self) {
        for (own, theirs) in [
            (&mut self.events, other.events),
            (&mut self.due, other.due),
            (&mut self.accepted, other.accepted),
            (&mut self.failed, other.failed),
            (&mut self.unconfirmed, other.unconfirmed),
            (&mut self.dropped, other.dropped),
            (&mut self.ended, other.ended),
            (&mut self.attempts_begun, other.attempts_begun),
            (&mut self.attempts_ended, other.attempts_ended),
        ] {
            *own += theirs;
        }
        for (own, theirs) in self.response.iter_mut().zip(&other.response) {
            own.merge(theirs);
        }
        self.lag.merge(&other.lag);
    }
}

/// The course of a run while its records are read.
#[derive(Debug)]
pub(crate) struct Course {
    width_us: u64,
    bins: Vec<Bin>,
    /// When the last event or deadline was served: what is dropped is so in its wake.
    served_us: u64,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            width_us: WIDTH_LEAST_US,
            bins: Vec::new(),
            served_us: 0,
        }
    }
}

impl Course {
    fn bin(&mut self, at_us: u64) -> &mut Bin {
        while at_us / self.width_us >= BINS_MAX as u64 {
            self.put_together();
        }
        let index = (at_us / self.width_us) as usize;
        if self.bins.len() <= index {
            self.bins.resize_with(index + 1, Bin::default);
        }
        &mut self.bins[index]
    }

    fn put_together(&mut self) {
        self.width_us = self.width_us.saturating_mul(2);
        let mut bins = Vec::with_capacity(BINS_MAX);
        for pair in self.bins.chunks(2) {
            let mut bin = pair[0].clone();
            pair[1..].iter().for_each(|other| bin.merge(other));
            bins.push(bin);
        }
        self.bins = bins;
    }

    /// Enters one record.
    pub(crate) fn enter(&mut self, record: &Record) {
        match *record {
            Record::Event {
                intended_us,
                lag_us,
                ..
            } => {
                self.serve(intended_us, lag_us);
                self.bin(intended_us).events += 1;
            }
            Record::Deadline {
                intended_us,
                lag_us,
                ..
            } => self.serve(intended_us, lag_us),
            Record::Dropped { .. } => self.bin(self.served_us).dropped += 1,
            Record::Queued { due_us, .. } => self.bin(due_us).due += 1,
            Record::Attempt(attempt) => self.attempt(&attempt),
            Record::Settled {
                transport,
                settlement,
                unanswered,
                due_us,
                stayed_us,
                ..
            } => {
                let bin = self.bin(due_us.saturating_add(stayed_us));
                bin.ended += 1;
                match settlement {
                    DELIVERED => bin.accepted += 1,
                    FAILED => bin.failed += 1,
                    UNCONFIRMED => bin.unconfirmed += 1,
                    OVERSIZE => bin.dropped += 1,
                    _ => {}
                }
                if unanswered {
                    self.respond(transport, due_us, stayed_us);
                }
            }
            Record::Outstanding {
                transport,
                due_us,
                stayed_us,
                ..
            } => self.respond(transport, due_us, stayed_us),
            Record::Trigger { .. } | Record::Received { .. } | Record::Unheard { .. } => {}
        }
    }

    fn serve(&mut self, intended_us: u64, lag_us: u32) {
        self.served_us = intended_us.saturating_add(u64::from(lag_us));
        self.bin(intended_us).lag.add(u64::from(lag_us));
    }

    fn attempt(&mut self, attempt: &Attempt) {
        self.bin(attempt.started_us).attempts_begun += 1;
        self.bin(attempt.ended_us).attempts_ended += 1;
        if attempt.outcome == ACCEPTED {
            let response = attempt.ended_us.saturating_sub(attempt.due_us);
            self.respond(attempt.transport, attempt.due_us, response);
        }
    }

    fn respond(&mut self, transport: u8, due_us: u64, response_us: u64) {
        let bin = self.bin(due_us);
        if let Some(spread) = bin.response.get_mut(usize::from(transport)) {
            spread.add(response_us);
        }
    }

    /// The course in figures, when all records have been entered; `None` when there were none.
    pub(crate) fn finish(&self) -> Option<Series> {
        let (mut present, mut sending) = (0_i64, 0_i64);
        let moments = self.bins.iter().map(|bin| {
            present += bin.due as i64 - bin.ended as i64;
            sending += bin.attempts_begun as i64 - bin.attempts_ended as i64;
            let quantiles = |spread: &Spread| {
                let (half, most) = (spread.quantile_ms(0.5), spread.quantile_ms(0.99));
                half.zip(most)
            };
            Moment {
                events: bin.events as f64,
                due: bin.due as f64,
                accepted: bin.accepted as f64,
                failed: bin.failed as f64,
                unconfirmed: bin.unconfirmed as f64,
                dropped: bin.dropped as f64,
                backlog: present.max(0) as f64,
                sending: Some(sending.max(0) as f64),
                response: [quantiles(&bin.response[0]), quantiles(&bin.response[1])],
                lag_p99_ms: bin.lag.quantile_ms(0.99),
                lag_max_ms: bin.lag.quantile_ms(1.0),
            }
        });
        let moments: Vec<Moment> = moments.collect();
        (!moments.is_empty()).then(|| Series {
            width_s: self.width_us as f64 / 1e6,
            backlog: BACKLOG_EXACT,
            moments,
            heat: [self.heat(0), self.heat(1)],
        })
    }

    fn heat(&self, transport: usize) -> Option<Heat> {
        Heat::new(
            self.width_us as f64 / 1e6,
            self.bins.iter().map(|bin| &bin.response[transport]),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(due_us: u64) -> Record {
        Record::Queued {
            device: 0,
            kind: 0,
            transport: 0,
            key: u128::from(due_us),
            due_us,
        }
    }

    #[test]
    fn stretches_grow_with_the_run_and_nothing_is_lost() {
        let mut course = Course::default();
        for second in 0..100_000 {
            course.enter(&queued(second * 1_000_000));
        }
        let series = course.finish().unwrap();
        assert!(series.moments.len() <= BINS_MAX);
        assert_eq!(series.width_s, 512.0);
        let due: f64 = series.moments.iter().map(|moment| moment.due).sum();
        assert_eq!(due, 100_000.0);
        assert_eq!(series.moments.last().unwrap().backlog, 100_000.0);
    }

    #[test]
    fn absurd_instants_do_no_harm() {
        let mut course = Course::default();
        course.enter(&queued(u64::MAX));
        course.enter(&queued(0));
        assert!(course.finish().unwrap().moments.len() <= BINS_MAX);
    }

    #[test]
    fn what_is_dropped_is_so_when_its_event_was_served() {
        let mut course = Course::default();
        course.enter(&Record::Event {
            device: 1,
            intended_us: 1_000_000,
            lag_us: 5,
        });
        course.enter(&Record::Dropped {
            device: 1,
            kind: 0,
            transport: 0,
            account: 0,
        });
        let series = course.finish().unwrap();
        assert_eq!(series.moments[8].dropped, 1.0);
        assert_eq!(series.moments[8].events, 1.0);
    }
}
