//! Syslog throttling: equal log lines raise one message in a window of time.
//!
//! Reference, section 3.6.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::Hasher,
};

use jiff::{SignedDuration, Timestamp};
use siphasher::sip::SipHasher13;

use crate::syslog::SyslogText;

/// Most different lines remembered. A device that logs more within one window forgets the oldest,
/// which lets a repetition through rather than growing without end.
const LINES_REMEMBERED_MAX: usize = 4096;

/// The lines that have passed of late, by digest of mnemonic and text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Throttle {
    passed: BTreeMap<u64, Timestamp>,
    order: VecDeque<u64>,
}

impl Throttle {
    /// Whether `line` passes at `now`; if it does, its repetitions do not for `window`.
    pub(crate) fn admit(
        &mut self,
        line: &SyslogText<'_>,
        now: Timestamp,
        window: SignedDuration,
    ) -> bool {
        while let Some(oldest) = self.order.front() {
            let over = match self.passed.get(oldest) {
                Some(at) => now.duration_since(*at) >= window,
                None => true,
            };
            if !over && self.order.len() < LINES_REMEMBERED_MAX {
                break;
            }
            self.passed.remove(oldest);
            self.order.pop_front();
        }
        let key = digest(line);
        if self.passed.contains_key(&key) {
            return false;
        }
        self.passed.insert(key, now);
        self.order.push_back(key);
        true
    }
}

fn digest(line: &SyslogText<'_>) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(line.mnemonic().as_bytes());
    hasher.write_u8(0);
    hasher.write(line.text().as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn seconds(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + seconds).unwrap()
    }

    #[test]
    fn equal_lines_pass_once_in_a_window() {
        let mut throttle = Throttle::default();
        let line = SyslogText::parse("%LINK-3-UPDOWN: Gi0/1 down").unwrap();
        let other = SyslogText::parse("%LINK-3-UPDOWN: Gi0/2 down").unwrap();
        assert!(throttle.admit(&line, seconds(0), HOUR));
        assert!(!throttle.admit(&line, seconds(3_599), HOUR));
        assert!(throttle.admit(&other, seconds(3_599), HOUR));
        assert!(throttle.admit(&line, seconds(3_600), HOUR));
    }

    #[test]
    fn memory_stays_bounded_under_ever_new_lines() {
        let mut throttle = Throttle::default();
        for number in 0..3 * LINES_REMEMBERED_MAX {
            let text = format!("%LINK-3-UPDOWN: line {number}");
            assert!(throttle.admit(&SyslogText::parse(&text).unwrap(), seconds(0), HOUR));
        }
        assert!(throttle.passed.len() <= LINES_REMEMBERED_MAX);
        assert_eq!(throttle.passed.len(), throttle.order.len());
    }
}
