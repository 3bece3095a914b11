//! Real time and device time, and the only place where a clock is read.

use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::scenario::ClockSettings;

/// How device time follows from the real time since the start of a run.
#[derive(Clone, Copy, Debug)]
pub struct TimeScale {
    start: Timestamp,
    speed: f64,
}

impl TimeScale {
    /// The scale that `settings` describe.
    pub fn new(settings: &ClockSettings) -> Self {
        Self {
            start: settings.start,
            speed: settings.speed,
        }
    }

    /// Device time when `elapsed` of the run has passed; stops at the end of time.
    pub fn device_at(&self, elapsed: Duration) -> Timestamp {
        // The conversion saturates: device time stops after 292 years of a run.
        let device_ns = elapsed.as_nanos() as f64 * self.speed;
        let passed = SignedDuration::from_nanos(device_ns as i64);
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// How much of the run has passed when devices read `device`; nothing before the start.
    pub fn elapsed_at(&self, device: Timestamp) -> Duration {
        let device_ns = device.duration_since(self.start).as_nanos().max(0);
        Duration::from_nanos((device_ns as f64 / self.speed) as u64)
    }
}

/// The clock of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunClock {
    origin: Instant,
    scale: TimeScale,
}

impl RunClock {
    /// A clock whose run starts `lead` from now.
    pub fn starting_in(lead: Duration, scale: TimeScale) -> Self {
        Self {
            origin: now() + lead,
            scale,
        }
    }

    /// When the run starts.
    pub fn origin(&self) -> Instant {
        self.origin
    }

    /// Device time now.
    pub fn device_now(&self) -> Timestamp {
        self.scale.device_at(self.elapsed())
    }

    /// How much of the run has passed; nothing before its start.
    pub fn elapsed(&self) -> Duration {
        now().saturating_duration_since(self.origin)
    }

    /// The real instant at which devices read `device`.
    pub fn instant_of(&self, device: Timestamp) -> Instant {
        self.origin + self.scale.elapsed_at(device)
    }

    /// How device time follows from real time.
    pub fn scale(&self) -> TimeScale {
        self.scale
    }
}

/// Now, on the monotonic clock.
pub fn now() -> Instant {
    Instant::now()
}

/// Now, by the calendar, for formats that want the system's own type.
pub fn system_now() -> SystemTime {
    SystemTime::now()
}

/// Now, by the calendar.
pub fn calendar_now() -> Timestamp {
    Timestamp::now()
}

/// The present year, in UTC.
pub fn year_now() -> i16 {
    calendar_now().to_zoned(jiff::tz::TimeZone::UTC).year()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn device_time_passes_at_the_speed_of_the_clock() {
        let scale = TimeScale::new(&ClockSettings {
            start: "2026-03-14T10:50:00Z".parse().unwrap(),
            zone: TimeZone::UTC,
            speed: 60.0,
        });
        let later = scale.device_at(Duration::from_millis(1_500));
        assert_eq!(later.to_string(), "2026-03-14T10:51:30Z");
        assert_eq!(scale.elapsed_at(later), Duration::from_millis(1_500));
        assert_eq!(scale.elapsed_at(Timestamp::MIN), Duration::ZERO);
        assert!(scale.device_at(Duration::MAX) > later);
    }
}
