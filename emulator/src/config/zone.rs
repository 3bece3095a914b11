//! The device's time zone: `clock timezone` and `clock summer-time`.

use jiff::tz::TimeZone;

use super::profile::TimeOfDay;

/// `clock timezone NAME HOURS [MINUTES]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimeZoneSetting {
    /// Name that stamps and `show clock` print.
    pub name: String,
    /// -23 to 23.
    pub hours: i8,
    /// 0 to 59, in the direction of the hours.
    pub minutes: u8,
}

impl TimeZoneSetting {
    /// Seconds east of UTC.
    pub fn offset_seconds(&self) -> i32 {
        let minutes = i32::from(self.minutes) * if self.hours < 0 { -1 } else { 1 };
        (i32::from(self.hours) * 60 + minutes) * 60
    }
}

/// A day of the year on which summer time begins or ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Changeover {
    /// 1 to 4, or 5 for the last week of the month.
    pub week: u8,
    /// 0 (Sunday) to 6.
    pub weekday: u8,
    /// 1 to 12.
    pub month: u8,
    /// Local time before the change.
    pub at: TimeOfDay,
}

impl Changeover {
    const fn sunday_at_two(week: u8, month: u8) -> Self {
        Self {
            week,
            weekday: 0,
            month,
            at: TimeOfDay { hour: 2, minute: 0 },
        }
    }

    fn posix(self) -> String {
        let Self {
            week,
            weekday,
            month,
            at,
        } = self;
        format!("M{month}.{week}.{weekday}/{}:{:02}", at.hour, at.minute)
    }
}

/// `clock summer-time NAME recurring [BEGIN END [OFFSET]]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SummerTime {
    /// Name while it is in force.
    pub name: String,
    /// When it begins.
    pub begin: Changeover,
    /// When it ends.
    pub end: Changeover,
    /// How far clocks are put forward, in minutes.
    pub offset_minutes: u16,
}

impl SummerTime {
    /// Minutes that clocks are put forward unless configured otherwise.
    pub const OFFSET_MINUTES_DEFAULT: u16 = 60;

    /// Summer time as `recurring` means it by itself: from the second Sunday in March to the first
    /// in November.
    pub fn recurring(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            begin: Changeover::sunday_at_two(2, 3),
            end: Changeover::sunday_at_two(1, 11),
            offset_minutes: Self::OFFSET_MINUTES_DEFAULT,
        }
    }
}

/// What the configuration says about the clock.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClockSettings {
    /// The zone; without it the device lives in the zone of the scenario.
    pub zone: Option<TimeZoneSetting>,
    /// Summer time.
    pub summer: Option<SummerTime>,
}

impl ClockSettings {
    /// The zone the device lives in, `site` being where it stands.
    pub fn time_zone(&self, site: &TimeZone) -> TimeZone {
        match (&self.zone, &self.summer) {
            (None, _) => site.clone(),
            (Some(zone), None) => fixed(zone),
            (Some(zone), Some(summer)) => {
                let standard = zone.offset_seconds() / 60;
                let rule = format!(
                    "<STD>{}<DST>{},{},{}",
                    posix_offset(standard),
                    posix_offset(standard + i32::from(summer.offset_minutes)),
                    summer.begin.posix(),
                    summer.end.posix()
                );
                TimeZone::posix(&rule).unwrap_or_else(|_| fixed(zone))
            }
        }
    }

    /// The name of the zone to print, `summer` telling whether summer time is in force.
    pub fn zone_name(&self, summer: bool) -> &str {
        match (&self.zone, &self.summer) {
            (_, Some(named)) if summer => &named.name,
            (Some(zone), _) => &zone.name,
            (None, _) => "UTC",
        }
    }
}

/// An offset as POSIX writes it: hours and minutes west of UTC.
fn posix_offset(minutes_east: i32) -> String {
    let sign = if minutes_east > 0 { "-" } else { "" };
    let minutes = minutes_east.abs();
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}

fn fixed(zone: &TimeZoneSetting) -> TimeZone {
    jiff::tz::Offset::from_seconds(zone.offset_seconds()).map_or(TimeZone::UTC, TimeZone::fixed)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn offset_hours(clock: &ClockSettings, at: &str) -> f64 {
        let at: Timestamp = at.parse().unwrap();
        f64::from(clock.time_zone(&TimeZone::UTC).to_offset(at).seconds()) / 3600.0
    }

    fn zone(name: &str, hours: i8, minutes: u8) -> Option<TimeZoneSetting> {
        Some(TimeZoneSetting {
            name: name.into(),
            hours,
            minutes,
        })
    }

    #[test]
    fn a_zone_without_summer_time_never_shifts() {
        let clock = ClockSettings {
            zone: zone("IST", 5, 30),
            summer: None,
        };
        assert_eq!(offset_hours(&clock, "2026-01-01T00:00:00Z"), 5.5);
        assert_eq!(offset_hours(&clock, "2026-07-01T00:00:00Z"), 5.5);
    }

    #[test]
    fn summer_time_follows_the_rule_that_recurring_means_by_default() {
        let clock = ClockSettings {
            zone: zone("MST", -7, 0),
            summer: Some(SummerTime::recurring("MDT")),
        };
        assert_eq!(offset_hours(&clock, "2026-03-08T08:59:59Z"), -7.0);
        assert_eq!(offset_hours(&clock, "2026-03-08T09:00:00Z"), -6.0);
        assert_eq!(offset_hours(&clock, "2026-11-01T08:00:00Z"), -7.0);
        let east = ClockSettings {
            zone: zone("CET", 1, 0),
            ..clock
        };
        assert_eq!(offset_hours(&east, "2026-07-01T00:00:00Z"), 2.0);
    }

    #[test]
    fn european_summer_time_is_the_last_sundays() {
        let clock = ClockSettings {
            zone: zone("CET", 1, 0),
            summer: Some(SummerTime {
                begin: Changeover::sunday_at_two(5, 3),
                end: Changeover {
                    at: TimeOfDay { hour: 3, minute: 0 },
                    ..Changeover::sunday_at_two(5, 10)
                },
                ..SummerTime::recurring("CEST")
            }),
        };
        assert_eq!(offset_hours(&clock, "2026-03-29T00:59:59Z"), 1.0);
        assert_eq!(offset_hours(&clock, "2026-03-29T01:00:00Z"), 2.0);
        assert_eq!(offset_hours(&clock, "2026-10-25T01:00:00Z"), 1.0);
    }

    #[test]
    fn a_device_without_a_zone_lives_where_it_stands() {
        let site = TimeZone::get("America/Denver").unwrap();
        let at: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
        let own = ClockSettings::default().time_zone(&site);
        assert_eq!(own.to_offset(at).seconds(), -6 * 3600);
    }
}
