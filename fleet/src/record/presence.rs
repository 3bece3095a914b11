//! Little's law, as a check of the books by the clock: what is in the system on average must be what
//! comes in, times how long it stays.
//!
//! One side is counted as messages come and go, by the arbiter's own look at the clock; the other is
//! the sum of what couriers measured from the due instant on. The two share no stamp. What they differ
//! by is time that no latency in the report accounts for.

use std::time::{Duration, Instant};

/// The messages in the devices of one thread at any time.
#[derive(Debug, Default)]
pub(super) struct Presence {
    present: u64,
    changed: Option<Instant>,
}

/// Both sides of the law, for a stretch of time or a part of the devices.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sojourns {
    /// Messages in the system, summed over time.
    pub present: Duration,
    /// How long each message stayed, from due to its end, summed over messages.
    pub stayed: Duration,
    /// Messages whose stay is over, or was when the run ended.
    pub messages: u64,
}

impl Presence {
    /// Whoever was present has been so until `now`.
    fn pass(&mut self, now: Instant, sojourns: &mut Sojourns) {
        let since = self.changed.replace(now).unwrap_or(now);
        let passed = now.saturating_duration_since(since);
        // Enough for a million messages over centuries; beyond, it stays at the end.
        let factor = u32::try_from(self.present).unwrap_or(u32::MAX);
        sojourns.present = sojourns
            .present
            .saturating_add(passed.saturating_mul(factor));
    }

    /// A message came at `now`.
    pub(super) fn enter(&mut self, now: Instant, sojourns: &mut Sojourns) {
        self.pass(now, sojourns);
        self.present += 1;
    }

    /// A message left at `now` after it had `stayed` that long, as measured elsewhere.
    pub(super) fn leave(&mut self, now: Instant, stayed: Duration, sojourns: &mut Sojourns) {
        self.pass(now, sojourns);
        self.present = self.present.saturating_sub(1);
        sojourns.stayed = sojourns.stayed.saturating_add(stayed);
        sojourns.messages += 1;
    }
}

impl Sojourns {
    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        self.present = self.present.saturating_add(other.present);
        self.stayed = self.stayed.saturating_add(other.stayed);
        self.messages += other.messages;
    }

    /// How long a message stayed on average, in milliseconds. 0 without messages.
    pub fn mean_stay_ms(&self) -> f64 {
        self.stayed.as_secs_f64() * 1e3 / self.messages.max(1) as f64
    }

    /// Time per message that one side has and the other has not, in milliseconds. 0 without messages.
    pub fn unexplained_ms(&self) -> f64 {
        self.present.abs_diff(self.stayed).as_secs_f64() * 1e3 / self.messages.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn time_that_no_message_reports_is_found() {
        let start = Instant::now();
        let (mut presence, mut sojourns) = (Presence::default(), Sojourns::default());
        presence.enter(start, &mut sojourns);
        presence.enter(start + 10 * MS, &mut sojourns);
        presence.leave(start + 30 * MS, 30 * MS, &mut sojourns);
        presence.leave(start + 40 * MS, 30 * MS, &mut sojourns);
        assert_eq!((sojourns.present, sojourns.stayed), (60 * MS, 60 * MS));
        assert!(sojourns.unexplained_ms() < 1e-9);
        // A message that hides half of its time.
        presence.enter(start + 50 * MS, &mut sojourns);
        presence.leave(start + 74 * MS, 12 * MS, &mut sojourns);
        assert!((sojourns.unexplained_ms() - 4.0).abs() < 1e-9);
        assert!(Sojourns::default().unexplained_ms() < 1e-9);
    }

    proptest! {
        #[test]
        fn both_sides_agree_for_any_arrivals_and_stays(
            stays in proptest::collection::vec((0_u32..1_000, 0_u32..1_000), 1..100),
        ) {
            let start = Instant::now();
            let mut steps = Vec::new();
            for (came, stayed) in &stays {
                steps.push((*came, None));
                steps.push((came + stayed, Some(*stayed)));
            }
            steps.sort();
            let (mut presence, mut sojourns) = (Presence::default(), Sojourns::default());
            for (at, left_after) in steps {
                let now = start + MS * at;
                match left_after {
                    None => presence.enter(now, &mut sojourns),
                    Some(stayed) => presence.leave(now, MS * stayed, &mut sojourns),
                }
            }
            prop_assert_eq!(sojourns.present, sojourns.stayed);
            prop_assert_eq!(sojourns.messages, stays.len() as u64);
        }
    }
}
