//! The rate limit: so many messages in a minute, the rest are dropped.
//!
//! A window of sixty seconds begins with the first message in it. Reference, section 3.7.

use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// What the rate limit says of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Admission {
    /// It may be sent.
    Granted,
    /// It is the first that is dropped in this window.
    FirstRefused,
    /// It is dropped like others before it in this window.
    Refused,
}

/// The messages of the current window.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateLimit {
    window_start: Option<Timestamp>,
    granted: u8,
    refused: bool,
}

impl RateLimit {
    /// Asks for one message at `now`.
    pub(crate) fn ask(&mut self, now: Timestamp, limit_per_minute: u8) -> Admission {
        let open = self
            .window_start
            .is_some_and(|start| now.duration_since(start) < WINDOW);
        if !open {
            *self = Self {
                window_start: Some(now),
                ..Self::default()
            };
        }
        if self.granted < limit_per_minute {
            self.granted += 1;
            Admission::Granted
        } else if self.refused {
            Admission::Refused
        } else {
            self.refused = true;
            Admission::FirstRefused
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_780_000_000_000 + millis).unwrap()
    }

    #[test]
    fn the_twenty_first_message_of_a_minute_is_refused() {
        let mut limit = RateLimit::default();
        let answers: Vec<_> = (0..25).map(|_| limit.ask(millis(0), 20)).collect();
        assert_eq!(
            answers
                .iter()
                .filter(|answer| **answer == Admission::Granted)
                .count(),
            20
        );
        assert_eq!(answers[20], Admission::FirstRefused);
        assert_eq!(answers[21..], [Admission::Refused; 4]);
        assert_eq!(limit.ask(millis(60_000), 20), Admission::Granted);
    }

    proptest! {
        #[test]
        fn no_window_ever_grants_more_than_the_limit(
            limit_per_minute in 1_u8..=60,
            gaps in proptest::collection::vec(0_i64..5_000, 1..400),
        ) {
            let mut limit = RateLimit::default();
            let mut now = 0;
            let mut window: Option<(i64, u32)> = None;
            for gap in gaps {
                now += gap;
                let granted = limit.ask(millis(now), limit_per_minute) == Admission::Granted;
                // The naive model: a window starts with its first message.
                let (start, count) = match window {
                    Some((start, count)) if now - start < 60_000 => (start, count),
                    _ => (now, 0),
                };
                prop_assert_eq!(granted, count < u32::from(limit_per_minute));
                window = Some((start, count + u32::from(granted)));
            }
        }
    }
}
