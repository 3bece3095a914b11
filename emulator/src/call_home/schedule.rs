//! When periodic messages are due, in the device's own zone.
//!
//! A schedule is a set of instants; nothing is remembered but how far time has been looked at, so
//! no occurrence fires twice and none is missed. Reference, section 3.5.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::{
    config::{Schedule, TimeOfDay},
    identity::SerialNumber,
};

/// First minute of the day at which a derived schedule may fall: 09:00.
const DERIVED_FROM_MINUTE: u64 = 9 * 60;
/// Width of the window of derived schedules, in minutes.
const DERIVED_WINDOW_MINUTES: u64 = 120;

/// The monthly schedule that `CiscoTAC-1` ships with, which differs from device to device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DerivedMonthly {
    /// Day of the month, 1 to 28.
    pub date: u8,
    /// Minutes after midnight.
    minute_of_day: u16,
}

impl DerivedMonthly {
    /// The first of all derived schedules.
    pub const EARLIEST: Self = Self {
        date: 1,
        minute_of_day: DERIVED_FROM_MINUTE as u16,
    };

    /// The schedule of the device with this chassis serial number.
    pub fn of(serial: &SerialNumber) -> Self {
        let hash = fnv1a(serial.as_str().as_bytes());
        Self {
            date: 1 + (hash % 28) as u8,
            minute_of_day: (DERIVED_FROM_MINUTE + (hash >> 8) % DERIVED_WINDOW_MINUTES) as u16,
        }
    }

    /// The schedule so many minutes later on the same day.
    pub fn plus_minutes(self, minutes: u8) -> Schedule {
        let minute = self.minute_of_day + u16::from(minutes);
        Schedule::Monthly {
            date: self.date,
            at: TimeOfDay {
                hour: (minute / 60 % 24) as u8,
                minute: (minute % 60) as u8,
            },
        }
    }
}

/// FNV-1a, 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// What the occurrences of a schedule depend on besides the schedule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar<'a> {
    pub(crate) zone: &'a TimeZone,
    pub(crate) derived: DerivedMonthly,
    /// Where intervals are counted from.
    pub(crate) booted_at: Timestamp,
    /// How much later than its schedules this device is.
    pub(crate) later: SignedDuration,
}

/// How much later than its schedules the device with this serial number is, when all are spread over
/// `spread`.
pub(crate) fn lateness(serial: &SerialNumber, spread: SignedDuration) -> SignedDuration {
    let seconds = u64::try_from(spread.as_secs()).unwrap_or(0);
    // Other bits than those that derived schedules come from.
    let hash = fnv1a(serial.as_str().as_bytes()).rotate_left(32);
    SignedDuration::from_secs((hash % seconds.max(1)) as i64)
}

impl Calendar<'_> {
    /// The first occurrence of `schedule` after `after`; `None` at the end of time.
    ///
    /// A time that a change of the clock skips occurs as much later as the clock jumped; a time
    /// that occurs twice counts the first time.
    pub(crate) fn next(&self, schedule: Schedule, after: Timestamp) -> Option<Timestamp> {
        let nominal = self.next_nominal(schedule, after.checked_sub(self.later).ok()?)?;
        nominal.checked_add(self.later).ok()
    }

    fn next_nominal(&self, schedule: Schedule, after: Timestamp) -> Option<Timestamp> {
        match schedule {
            Schedule::Daily(at) => self.next_on(after, at, |_| true),
            Schedule::Weekly(day, at) => self.next_on(after, at, |date| on(date, day)),
            Schedule::Monthly { date, at } => {
                self.next_on(after, at, |day| day.day() == last_or(day, date))
            }
            Schedule::DerivedMonthly(minutes) => {
                self.next_nominal(self.derived.plus_minutes(minutes), after)
            }
            Schedule::Hourly(minute) => self.next_at_minute(after, minute),
            Schedule::Interval(minutes) => self.next_interval(after, minutes),
        }
    }

    /// The first instant after `after` that reads `at` on a date that `wanted` takes.
    fn next_on(
        &self,
        after: Timestamp,
        at: TimeOfDay,
        wanted: impl Fn(Date) -> bool,
    ) -> Option<Timestamp> {
        let offset = self.zone.to_offset(after);
        // The day before, because a skipped time may belong to it.
        let mut date = offset.to_datetime(after).date().yesterday().ok()?;
        loop {
            if wanted(date) {
                let wall = date.at(at.hour as i8, at.minute as i8, 0, 0);
                let instant = self.zone.to_ambiguous_timestamp(wall).compatible().ok()?;
                if instant > after {
                    return Some(instant);
                }
            }
            date = date.tomorrow().ok()?;
        }
    }

    fn next_at_minute(&self, after: Timestamp, minute: u8) -> Option<Timestamp> {
        // Zones shift by whole or half hours, so two steps settle on the offset in force.
        let mut instant = after;
        let mut offset = self.zone.to_offset(after);
        for _ in 0..3 {
            let local = after.as_second() + i64::from(offset.seconds());
            let wanted = i64::from(minute) * 60;
            let ahead = (wanted - local).rem_euclid(3600);
            let ahead = if ahead == 0 { 3600 } else { ahead };
            instant = Timestamp::from_second(after.as_second() + ahead).ok()?;
            let then = self.zone.to_offset(instant);
            if then == offset {
                break;
            }
            offset = then;
        }
        Some(instant)
    }

    fn next_interval(&self, after: Timestamp, minutes: u8) -> Option<Timestamp> {
        let step = i64::from(minutes.max(1)) * 60;
        let elapsed = after.duration_since(self.booted_at).as_secs();
        let periods = elapsed.div_euclid(step) + 1;
        self.booted_at
            .checked_add(SignedDuration::from_secs(periods * step))
            .ok()
    }
}

fn on(date: Date, day: Weekday) -> bool {
    date.weekday() == day
}

/// `wanted`, or the last day of the month of `day` when that comes earlier.
fn last_or(day: Date, wanted: u8) -> i8 {
    day.days_in_month().min(wanted as i8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn denver() -> TimeZone {
        TimeZone::get("America/Denver").unwrap()
    }

    fn next(zone: &TimeZone, schedule: Schedule, after: &str) -> String {
        let calendar = Calendar {
            zone,
            derived: DerivedMonthly::EARLIEST,
            booted_at: at("2026-01-01T00:00:30Z"),
            later: SignedDuration::ZERO,
        };
        calendar.next(schedule, at(after)).unwrap().to_string()
    }

    const fn time(hour: u8, minute: u8) -> TimeOfDay {
        TimeOfDay { hour, minute }
    }

    #[test]
    fn a_date_past_the_end_of_a_month_means_its_last_day() {
        let schedule = Schedule::Monthly {
            date: 31,
            at: time(9, 0),
        };
        for (after, expected) in [
            ("2026-06-01T00:00:00Z", "2026-06-30T09:00:00Z"),
            ("2026-06-30T09:00:00Z", "2026-07-31T09:00:00Z"),
            ("2026-02-01T00:00:00Z", "2026-02-28T09:00:00Z"),
            ("2028-02-01T00:00:00Z", "2028-02-29T09:00:00Z"),
        ] {
            assert_eq!(next(&TimeZone::UTC, schedule, after), expected);
        }
    }

    #[test]
    fn a_skipped_time_fires_as_much_later_as_the_clock_jumped() {
        // 02:30 does not exist on 8 March in Denver.
        let daily = Schedule::Daily(time(2, 30));
        assert_eq!(
            next(&denver(), daily, "2026-03-08T00:00:00Z"),
            "2026-03-08T09:30:00Z"
        );
        assert_eq!(
            next(&denver(), daily, "2026-03-08T09:30:00Z"),
            "2026-03-09T08:30:00Z"
        );
    }

    #[test]
    fn a_time_that_occurs_twice_fires_once() {
        // 01:30 occurs at 07:30Z and at 08:30Z on 1 November in Denver.
        let daily = Schedule::Daily(time(1, 30));
        assert_eq!(
            next(&denver(), daily, "2026-11-01T00:00:00Z"),
            "2026-11-01T07:30:00Z"
        );
        assert_eq!(
            next(&denver(), daily, "2026-11-01T07:30:00Z"),
            "2026-11-02T08:30:00Z"
        );
    }

    #[test]
    fn hours_weeks_and_intervals_come_round() {
        let zone = TimeZone::UTC;
        assert_eq!(
            next(&zone, Schedule::Hourly(30), "2026-05-05T05:30:00Z"),
            "2026-05-05T06:30:00Z"
        );
        assert_eq!(
            next(&zone, Schedule::Hourly(30), "2026-05-05T05:29:59.5Z"),
            "2026-05-05T05:30:00Z"
        );
        assert_eq!(
            next(
                &zone,
                Schedule::Weekly(Weekday::Monday, time(14, 30)),
                "2026-05-05T05:00:00Z"
            ),
            "2026-05-11T14:30:00Z"
        );
        assert_eq!(
            next(&zone, Schedule::Interval(7), "2026-01-01T00:07:30Z"),
            "2026-01-01T00:14:30Z"
        );
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        assert_eq!(
            next(&kolkata, Schedule::Hourly(0), "2026-05-05T05:00:00Z"),
            "2026-05-05T05:30:00Z"
        );
    }

    #[test]
    fn derived_schedules_lie_in_the_window_with_the_configuration_a_quarter_later() {
        for device in 0..5_000 {
            let serial = SerialNumber::of_chassis(crate::identity::SerialStyle::Virtual, device);
            let derived = DerivedMonthly::of(&serial);
            assert!((1..=28).contains(&derived.date));
            assert!((9 * 60..11 * 60).contains(&derived.minute_of_day));
            let Schedule::Monthly { at, .. } = derived.plus_minutes(15) else {
                panic!("a derived schedule is monthly");
            };
            let minutes = u16::from(at.hour) * 60 + u16::from(at.minute);
            assert_eq!(minutes, derived.minute_of_day + 15);
        }
    }

    #[test]
    fn spread_devices_come_one_after_another_and_none_is_early() {
        let hour = SignedDuration::from_hours(1);
        let late: Vec<_> = (0..1_000)
            .map(|device| SerialNumber::of_chassis(crate::identity::SerialStyle::Virtual, device))
            .map(|serial| lateness(&serial, hour).as_secs())
            .collect();
        assert!(late.iter().all(|seconds| (0..3600).contains(seconds)));
        for quarter in 0..4_i64 {
            let within = quarter * 900..(quarter + 1) * 900;
            let count = late
                .iter()
                .filter(|seconds| within.contains(seconds))
                .count();
            assert!((200..300).contains(&count), "{count} in quarter {quarter}");
        }
        let zone = TimeZone::UTC;
        let calendar = Calendar {
            zone: &zone,
            derived: DerivedMonthly::EARLIEST,
            booted_at: at("2026-01-01T00:00:00Z"),
            later: SignedDuration::from_secs(90),
        };
        let daily = Schedule::Daily(time(9, 0));
        for (after, expected) in [
            ("2026-05-05T09:00:00Z", "2026-05-05T09:01:30Z"),
            ("2026-05-05T09:01:30Z", "2026-05-06T09:01:30Z"),
        ] {
            let next = calendar.next(daily, at(after)).unwrap();
            assert_eq!(next.to_string(), expected);
        }
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let time = (0_u8..24, 0_u8..60).prop_map(|(hour, minute)| TimeOfDay { hour, minute });
        prop_oneof![
            time.clone().prop_map(Schedule::Daily),
            (0_i8..7, time.clone()).prop_map(|(day, at)| {
                Schedule::Weekly(Weekday::from_monday_zero_offset(day).unwrap(), at)
            }),
            (1_u8..=31, time).prop_map(|(date, at)| Schedule::Monthly { date, at }),
            (0_u8..60).prop_map(Schedule::Hourly),
            (1_u8..=60).prop_map(Schedule::Interval),
        ]
    }

    proptest! {
        #[test]
        fn looking_in_steps_finds_the_same_occurrences_as_looking_once(
            schedule in any_schedule(),
            zone in prop_oneof!["UTC", "America/Denver", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"],
            start in 1_700_000_000_i64..1_900_000_000,
            steps in proptest::collection::vec(1_i64..4_000_000, 1..12),
            later in 0_i64..90_000,
        ) {
            let zone = TimeZone::get(&zone).unwrap();
            let start = Timestamp::from_second(start).unwrap();
            let calendar = Calendar { zone: &zone, derived: DerivedMonthly::EARLIEST, booted_at: start, later: SignedDuration::from_secs(later) };
            let between = |from: Timestamp, to: Timestamp| {
                let mut found = Vec::new();
                let mut after = from;
                while let Some(next) = calendar.next(schedule, after).filter(|next| *next <= to) {
                    assert!(next > after);
                    found.push(next);
                    after = next;
                    if found.len() > 200 { break; }
                }
                found
            };
            let mut stepped = Vec::new();
            let mut now = start;
            for step in steps {
                let then = now + SignedDuration::from_secs(step);
                stepped.extend(between(now, then));
                now = then;
                if stepped.len() > 150 { break; }
            }
            let at_once: Vec<_> = between(start, now).into_iter().take(150).collect();
            stepped.truncate(at_once.len().min(150));
            prop_assert_eq!(stepped, at_once);
        }
    }
}
