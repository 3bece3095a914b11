//! The clock of a device, which a user can set: how far it is ahead of the time that the device lives
//! by, and what follows from setting it.
//!
//! Everything a device decides is ordered by the time it is handed. Setting its clock changes what
//! that time is called, in stamps and in schedules, and nothing else; message identifiers keep to the
//! time itself, so that no clock makes two messages one. A boot sets the clock back: what `clock set`
//! sets does not outlive the software. Command reference: `clock set`.

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use super::Device;
use crate::{config::Schedule, output::Output, syslog::catalogue::OwnLine, time::LocalTime};

impl Device {
    /// What the device's clock shows at `at`, as an instant.
    pub(crate) fn wall(&self, at: Timestamp) -> Timestamp {
        match &self.clock_ahead {
            None => at,
            Some(ahead) => at.checked_add(**ahead).unwrap_or(at),
        }
    }

    /// When the device's clock shows `wall`.
    fn instant_of(&self, wall: Timestamp) -> Option<Timestamp> {
        match &self.clock_ahead {
            None => Some(wall),
            Some(ahead) => wall.checked_sub(**ahead).ok(),
        }
    }

    /// When `schedule` is due next, behind what has been looked at.
    pub(super) fn next_of(&self, schedule: Schedule) -> Option<Timestamp> {
        let due = self
            .calendar()
            .next(schedule, self.wall(self.scheduled_until))?;
        self.instant_of(due)
    }

    /// What stands before a time that the device shows: `*` for one that nobody vouches for, `.` for
    /// one that no server confirms.
    pub(crate) fn clock_mark(&self) -> &'static str {
        let servers = || self.running.verbatim.named("ntp server ").next();
        match &self.clock_ahead {
            None => "*",
            Some(_) if servers().is_some() => ".",
            Some(_) => "",
        }
    }

    /// The instant that the device's zone calls `civil`.
    pub(crate) fn at_wall_time(&self, civil: DateTime) -> Option<Timestamp> {
        let instant = self.zone.to_ambiguous_timestamp(civil);
        instant.compatible().ok()
    }

    /// Sets the clock to `wall` at `now`, on behalf of `by`. Schedules go by it from here on; what
    /// the clock leaps over does not happen.
    pub(crate) fn set_clock(
        &mut self,
        now: Timestamp,
        wall: Timestamp,
        by: &str,
        outputs: &mut Vec<Output>,
    ) {
        let from = self.clock_text(now);
        let ahead: SignedDuration = wall.duration_since(now);
        self.clock_ahead = Some(Box::new(ahead));
        self.skip_to(now);
        self.plan_licenses(now);
        let to = self.clock_text(now);
        let line = OwnLine::ClockUpdated {
            from: &from,
            to: &to,
            by,
        };
        self.log_and_raise(now, &line.to_string(), outputs);
    }

    /// `12:26:02 EST Thu Dec 3 2009`.
    fn clock_text(&self, at: Timestamp) -> String {
        let wall = self.wall(at);
        let mut text = Vec::new();
        LocalTime::new(wall, &self.zone).push_restart_stamp(&mut text, self.zone_name(wall));
        String::from_utf8_lossy(&text).into_owned()
    }
}
