//! A server of so many workers, each of which does one message at a time: the first message that waits gets
//! the first worker that is free.
//!
//! Its capacity is known, workers divided by the time of a message, which makes it a target to try
//! measurements of capacity on. It lives in virtual time: how late its sink wakes up does not add up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Most workers of a fault.
pub(super) const WORKERS_MAX: u32 = 10_000;

/// The workers of one fault.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    /// When each of them is free again.
    free_at: BinaryHeap<Reverse<Duration>>,
}

impl Workers {
    /// So many, all of them free.
    pub(super) fn new(count: u32) -> Self {
        let free_at = (0..count.clamp(1, WORKERS_MAX)).map(|_| Reverse(Duration::ZERO));
        Self {
            free_at: free_at.collect(),
        }
    }

    /// Gives the message that comes at `now` and `takes` so long to a worker; returns how long it is until
    /// it is done, with the time that it waits.
    pub(super) fn serve(&mut self, now: Duration, takes: Duration) -> Duration {
        let free = self
            .free_at
            .pop()
            .map_or(now, |Reverse(free)| free.max(now));
        let done = free.saturating_add(takes);
        self.free_at.push(Reverse(done));
        done.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_message_waits_for_the_first_worker_that_is_free() {
        let mut workers = Workers::new(2);
        assert_eq!(workers.serve(ms(0), ms(10)), ms(10));
        assert_eq!(workers.serve(ms(1), ms(10)), ms(10));
        assert_eq!(workers.serve(ms(2), ms(10)), ms(18));
        assert_eq!(workers.serve(ms(2), ms(10)), ms(19));
        // Nobody has come for a while, so nobody waits.
        assert_eq!(workers.serve(ms(100), ms(10)), ms(10));
    }

    #[test]
    fn what_comes_slower_than_the_capacity_never_waits_and_what_comes_faster_waits_ever_longer() {
        let waits = |every_us: u64| {
            let mut workers = Workers::new(4);
            let delays = (0..4_000).map(|message| {
                let now = Duration::from_micros(message * every_us);
                workers.serve(now, ms(10)) - ms(10)
            });
            delays.last().unwrap()
        };
        // Four workers at 10 ms each take one message every 2.5 ms.
        assert_eq!(waits(2_500), Duration::ZERO);
        assert!(waits(2_450) > ms(150));
    }
}
