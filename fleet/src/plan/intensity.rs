//! From a rate that changes with time to the instants of events, exactly.
//!
//! The rate is integrated to the number of events that are expected by each instant; the instant of
//! an event is where that number comes to what is asked for. Equal distances ask for whole numbers,
//! chance for sums of exponentials: by the time-change theorem the latter is a Poisson process with
//! the rate as it changes.

use std::time::Duration;

use crate::scenario::{RateProfile, RateStretch};

/// How often the rest of a stretch is halved in finding an instant; more than the bits of a double.
const HALVINGS: u32 = 64;

/// Where in a profile the search stands; it only goes forward.
#[derive(Clone, Debug)]
pub(super) struct Intensity {
    stretches: Vec<RateStretch>,
    repeats: bool,
    /// Factor on every rate.
    scale: f64,
    /// The present stretch, when it began and what was expected by then.
    position: usize,
    begun_s: f64,
    expected: f64,
}

impl Intensity {
    /// `profile` with every rate times `scale`.
    pub(super) fn new(profile: &RateProfile, scale: f64) -> Self {
        Self {
            stretches: profile.stretches.clone(),
            repeats: profile.repeats,
            scale,
            position: 0,
            begun_s: 0.0,
            expected: 0.0,
        }
    }

    /// The instant behind the beginning at which `count` events are expected; never before one that
    /// was asked for earlier. `None` if that many never come, or not before `limit`.
    pub(super) fn instant_of(&mut self, count: f64, limit: Duration) -> Option<Duration> {
        loop {
            let stretch = *self.stretches.get(self.position)?;
            let wanted = (count - self.expected).max(0.0);
            let within = self.seconds_into(stretch, wanted);
            if let Some(within_s) = within {
                return Duration::try_from_secs_f64(self.begun_s + within_s).ok();
            }
            let lasts_s = stretch.lasts?.as_secs_f64();
            self.expected += self.expected_in(stretch, lasts_s);
            self.begun_s += lasts_s;
            self.position += 1;
            if self.position == self.stretches.len() && self.repeats {
                self.position = 0;
                self.skip_rounds(count);
            }
            if self.begun_s > limit.as_secs_f64() {
                return None;
            }
        }
    }

    /// Passes the whole rounds that are over before `count` events are expected, but the last one.
    fn skip_rounds(&mut self, count: f64) {
        let lasts = |stretch: &RateStretch| stretch.lasts.map_or(0.0, |lasts| lasts.as_secs_f64());
        let (seconds, events) =
            self.stretches
                .iter()
                .fold((0.0, 0.0), |(seconds, events), stretch| {
                    let lasts_s = lasts(stretch);
                    (
                        seconds + lasts_s,
                        events + self.expected_in(*stretch, lasts_s),
                    )
                });
        let rounds = ((count - self.expected) / events).floor() - 1.0;
        if rounds.is_finite() && rounds > 0.0 {
            self.begun_s += rounds * seconds;
            self.expected += rounds * events;
        }
    }

    /// How many events `seconds` of `stretch` bring.
    fn expected_in(&self, stretch: RateStretch, seconds: f64) -> f64 {
        let lasts_s = stretch
            .lasts
            .map_or(f64::INFINITY, |lasts| lasts.as_secs_f64());
        let slope = match lasts_s.is_finite() && lasts_s > 0.0 {
            true => (stretch.to - stretch.from) / lasts_s,
            false => 0.0,
        };
        self.scale * (stretch.from * seconds + slope * seconds * seconds / 2.0)
    }

    /// How far into `stretch` `wanted` events are expected; `None` if it does not bring so many.
    fn seconds_into(&self, stretch: RateStretch, wanted: f64) -> Option<f64> {
        let lasts_s = stretch.lasts.map(|lasts| lasts.as_secs_f64());
        if let Some(lasts_s) = lasts_s
            && self.expected_in(stretch, lasts_s) <= wanted
        {
            // What is expected at its very end belongs to the next.
            return None;
        }
        if stretch.from == stretch.to || lasts_s.is_none() {
            let rate = self.scale * stretch.from;
            return (rate > 0.0).then(|| wanted / rate);
        }
        // The integral rises all the way, so halving finds the one place.
        let (mut low, mut high) = (0.0, lasts_s?);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            match self.expected_in(stretch, middle) < wanted {
                true => low = middle,
                false => high = middle,
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(lasts_s: Option<u64>, from: f64, to: f64) -> RateStretch {
        RateStretch {
            lasts: lasts_s.map(Duration::from_secs),
            from,
            to,
        }
    }

    fn instants(stretches: Vec<RateStretch>, repeats: bool, seconds: u64) -> Vec<f64> {
        let profile = RateProfile { stretches, repeats };
        let mut intensity = Intensity::new(&profile, 1.0);
        let limit = Duration::from_secs(seconds);
        (0..)
            .map_while(|count| intensity.instant_of(f64::from(count), limit))
            .take_while(|at| *at < limit)
            .map(|at| at.as_secs_f64())
            .collect()
    }

    #[test]
    fn a_constant_rate_is_exact_however_long() {
        let all = instants(vec![stretch(None, 3.0, 3.0)], false, 1_000);
        assert_eq!(all.len(), 3_000);
        assert!((all[2_999] - 2_999.0 / 3.0).abs() < 1e-8);
    }

    #[test]
    fn a_ramp_has_as_many_events_as_its_area() {
        let all = instants(vec![stretch(Some(10), 0.0, 100.0)], false, 10);
        // 500 in all; a quarter of them in the first half.
        assert_eq!(all.len(), 500);
        assert_eq!(all.iter().filter(|at| **at < 5.0).count(), 125);
        let down = instants(vec![stretch(Some(10), 100.0, 0.0)], false, 10);
        assert_eq!(down.iter().filter(|at| **at < 5.0).count(), 375);
    }

    #[test]
    fn what_is_off_has_no_events_and_what_repeats_goes_on() {
        let on_off = vec![stretch(Some(2), 10.0, 10.0), stretch(Some(8), 0.0, 0.0)];
        let all = instants(on_off, true, 100);
        assert_eq!(all.len(), 200);
        assert!(all.iter().all(|at| at % 10.0 < 2.0 + 1e-9));
    }

    #[test]
    fn short_rounds_are_passed_at_once() {
        let second = Duration::from_secs(1);
        let short = Duration::from_millis(1);
        let level = |rate| RateStretch {
            lasts: Some(short),
            from: rate,
            to: rate,
        };
        let profile = RateProfile {
            stretches: vec![level(0.001), level(0.0)],
            repeats: true,
        };
        let mut intensity = Intensity::new(&profile, 1.0);
        let limit = second * 3_600 * 24;
        let first = intensity.instant_of(1.0, limit).unwrap();
        let third = intensity.instant_of(3.0, limit).unwrap();
        assert!((first.as_secs_f64() - 2_000.0).abs() < 0.01, "{first:?}");
        assert!((third.as_secs_f64() - 6_000.0).abs() < 0.01, "{third:?}");
    }

    #[test]
    fn a_rate_that_never_rises_again_ends_the_search() {
        assert!(instants(vec![stretch(Some(5), 0.0, 0.0)], false, 10).is_empty());
        assert!(instants(vec![stretch(Some(5), 0.0, 0.0)], true, 10).is_empty());
        assert!(instants(vec![stretch(None, 0.0, 0.0)], false, 10).is_empty());
    }
}
