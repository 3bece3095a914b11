//! Device time as devices print it: message stamps, log stamps, the clock.
//!
//! The zone is the device's own (`clock timezone`, `clock summer-time`, else the scenario's). The
//! instant always comes from the caller.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

use crate::text::{push, push_decimal, push_padded, push_two_digits};

/// The months as devices abbreviate them.
pub(crate) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// An instant as a device's wall clock shows it.
#[derive(Clone, Copy, Debug)]
pub struct LocalTime {
    civil: DateTime,
    offset: Offset,
}

impl LocalTime {
    /// `instant` in `zone`.
    pub fn new(instant: Timestamp, zone: &TimeZone) -> Self {
        let offset = zone.to_offset(instant);
        Self {
            civil: offset.to_datetime(instant),
            offset,
        }
    }

    /// Appends `2009-12-03 12:26:01 GMT+05:00`, the stamp of XML and short-text messages.
    pub fn push_stamp(&self, out: &mut Vec<u8>) {
        self.push_date_and_time(out);
        self.push_offset(out, " GMT");
    }

    /// Appends `2009-12-03 12:26:01`.
    pub(crate) fn push_date_and_time(&self, out: &mut Vec<u8>) {
        self.push_minute(out);
        out.push(b':');
        push_padded(out, self.civil.second() as u64, 2);
    }

    /// Appends `2009-12-03 12:26 GMT+05:00`, the stamp of long-text messages.
    pub fn push_stamp_to_the_minute(&self, out: &mut Vec<u8>) {
        self.push_minute(out);
        self.push_offset(out, " GMT");
    }

    /// Appends `Dec  3 12:26:02.319`, the stamp of log lines.
    pub fn push_log_stamp(&self, out: &mut Vec<u8>) {
        self.push_log_date(out);
        self.push_clock(out);
    }

    /// Appends `Dec  3 2009 12:26:02.319`, the stamp of log lines that show the year.
    pub fn push_log_stamp_with_year(&self, out: &mut Vec<u8>) {
        self.push_log_date_with_year(out);
        self.push_clock(out);
    }

    /// Appends `Dec  3 2009 `.
    pub(crate) fn push_log_date_with_year(&self, out: &mut Vec<u8>) {
        self.push_log_date(out);
        push_padded(out, self.civil.year().max(0) as u64, 4);
        out.push(b' ');
    }

    /// Appends the date of a log stamp.
    pub(crate) fn push_log_date(&self, out: &mut Vec<u8>) {
        push(out, MONTHS[self.month_index()]);
        push(out, if self.civil.day() < 10 { "  " } else { " " });
        push_decimal(out, self.civil.day() as u64);
        out.push(b' ');
    }

    /// Appends `12:26:02.319 EST Thu Dec 3 2009`, the line of `show clock` behind its mark.
    pub fn push_show_clock(&self, out: &mut Vec<u8>, zone_name: &str) {
        self.push_clock(out);
        self.push_zone_and_date(out, zone_name);
    }

    /// Appends `12:26:02 EST Thu Dec 3 2009`, as `show version` names restarts.
    pub fn push_restart_stamp(&self, out: &mut Vec<u8>, zone_name: &str) {
        self.push_time_of_day(out);
        self.push_zone_and_date(out, zone_name);
    }

    /// Appends `12:26:02 EST Dec 3 2009`, as certificates show when they are valid.
    pub(crate) fn push_certificate_stamp(&self, out: &mut Vec<u8>, zone_name: &str) {
        self.push_time_of_day(out);
        out.push(b' ');
        push(out, zone_name);
        out.push(b' ');
        self.push_date(out);
    }

    /// Appends `Thu, 03 Dec 2009 12:26:02 +0500` (RFC 5322).
    pub fn push_mail_date(&self, out: &mut Vec<u8>) {
        push(out, self.weekday());
        push(out, ", ");
        push_padded(out, self.civil.day() as u64, 2);
        out.push(b' ');
        push(out, MONTHS[self.month_index()]);
        out.push(b' ');
        push_padded(out, self.civil.year().max(0) as u64, 4);
        out.push(b' ');
        self.push_time_of_day(out);
        let minutes = self.offset.seconds() / 60;
        push(out, if minutes < 0 { " -" } else { " +" });
        push_padded(out, u64::from(minutes.unsigned_abs() / 60), 2);
        push_padded(out, u64::from(minutes.unsigned_abs() % 60), 2);
    }

    fn push_minute(&self, out: &mut Vec<u8>) {
        push_padded(out, self.civil.year().max(0) as u64, 4);
        out.push(b'-');
        push_padded(out, self.civil.month() as u64, 2);
        out.push(b'-');
        push_padded(out, self.civil.day() as u64, 2);
        out.push(b' ');
        push_padded(out, self.civil.hour() as u64, 2);
        out.push(b':');
        push_padded(out, self.civil.minute() as u64, 2);
    }

    fn push_time_of_day(&self, out: &mut Vec<u8>) {
        push_seconds_of_day(out, self.milliseconds_of_day() / 1000);
    }

    /// Milliseconds since midnight.
    pub(crate) fn milliseconds_of_day(&self) -> u32 {
        let part = |value: i8| u32::from(value.unsigned_abs());
        let minutes = part(self.civil.hour()) * 60 + part(self.civil.minute());
        let seconds = minutes * 60 + part(self.civil.second());
        seconds * 1000 + u32::from(self.civil.millisecond().unsigned_abs())
    }

    /// Whether both show the same day at the same offset.
    pub(crate) fn same_day(&self, other: &Self) -> bool {
        self.civil.date() == other.civil.date() && self.offset == other.offset
    }

    fn push_clock(&self, out: &mut Vec<u8>) {
        push_milliseconds_of_day(out, self.milliseconds_of_day());
    }

    fn push_zone_and_date(&self, out: &mut Vec<u8>, zone_name: &str) {
        out.push(b' ');
        push(out, zone_name);
        out.push(b' ');
        push(out, self.weekday());
        out.push(b' ');
        self.push_date(out);
    }

    /// Appends `Dec 3 2009`.
    fn push_date(&self, out: &mut Vec<u8>) {
        push(out, MONTHS[self.month_index()]);
        out.push(b' ');
        push_decimal(out, self.civil.day() as u64);
        out.push(b' ');
        push_padded(out, self.civil.year().max(0) as u64, 4);
    }

    fn push_offset(&self, out: &mut Vec<u8>, prefix: &str) {
        push(out, prefix);
        let minutes = self.offset.seconds() / 60;
        out.push(if minutes < 0 { b'-' } else { b'+' });
        push_padded(out, u64::from(minutes.unsigned_abs() / 60), 2);
        out.push(b':');
        push_padded(out, u64::from(minutes.unsigned_abs() % 60), 2);
    }

    fn month_index(&self) -> usize {
        usize::from(self.civil.month().unsigned_abs()).clamp(1, 12) - 1
    }

    fn weekday(&self) -> &'static str {
        WEEKDAYS[self.civil.weekday().to_monday_zero_offset() as usize % 7]
    }
}

/// Appends `12:26:02`.
fn push_seconds_of_day(out: &mut Vec<u8>, seconds: u32) {
    push_two_digits(out, seconds / 3600);
    out.push(b':');
    push_two_digits(out, seconds / 60 % 60);
    out.push(b':');
    push_two_digits(out, seconds % 60);
}

/// Appends `12:26:02.319`.
pub(crate) fn push_milliseconds_of_day(out: &mut Vec<u8>, milliseconds: u32) {
    push_seconds_of_day(out, milliseconds / 1000);
    out.push(b'.');
    out.push(b'0' + (milliseconds / 100 % 10) as u8);
    push_two_digits(out, milliseconds % 100);
}

/// Appends how long a device has been up, in the words of `show version`: the two largest units
/// from weeks to minutes and everything below them, as `2 weeks, 1 day, 3 hours, 25 minutes`.
pub(crate) fn push_uptime(out: &mut Vec<u8>, seconds: u64) {
    const UNITS: [(&str, u64); 5] = [
        ("year", 365 * 24 * 3600),
        ("week", 7 * 24 * 3600),
        ("day", 24 * 3600),
        ("hour", 3600),
        ("minute", 60),
    ];
    let mut rest = seconds;
    let mut first = true;
    for (name, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count == 0 && !(first && name == "minute") {
            continue;
        }
        if !first {
            push(out, ", ");
        }
        first = false;
        push_decimal(out, count);
        out.push(b' ');
        push(out, name);
        if count != 1 {
            out.push(b's');
        }
    }
}

/// Width of the column in which tables print how long something has been there.
const AGE_WIDTH: usize = 14;

/// Appends how long a device has been up as tables print it, padded to their column: `00:33:53`
/// below a day, then the two largest of days and hours, weeks and days, years and weeks.
pub(crate) fn push_age(out: &mut Vec<u8>, seconds: u64) {
    let start = out.len();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let mut pair = |first: u64, first_unit: u8, second: u64, second_unit: u8, width: usize| {
        push_decimal(out, first);
        out.push(first_unit);
        push_padded(out, second, width);
        out.push(second_unit);
    };
    match days {
        0 => {
            push_padded(out, hours, 2);
            out.push(b':');
            push_padded(out, seconds / 60 % 60, 2);
            out.push(b':');
            push_padded(out, seconds % 60, 2);
        }
        1..7 => pair(days, b'd', hours, b'h', 2),
        7..365 => pair(days / 7, b'w', days % 7, b'd', 1),
        _ => pair(days / 365, b'y', days % 365 / 7, b'w', 1),
    }
    let written = out.len() - start;
    out.resize(start + written.max(AGE_WIDTH), b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str, zone: &str) -> LocalTime {
        let zone = if zone.is_empty() {
            TimeZone::UTC
        } else {
            TimeZone::get(zone).unwrap()
        };
        LocalTime::new(text.parse().unwrap(), &zone)
    }

    fn appended(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn stamps_name_the_offset_that_is_in_force() {
        let winter = local("2026-01-10T07:05:09Z", "America/Denver");
        let summer = local("2026-07-10T07:05:09Z", "America/Denver");
        assert_eq!(
            appended(|out| winter.push_stamp(out)),
            "2026-01-10 00:05:09 GMT-07:00"
        );
        assert_eq!(
            appended(|out| summer.push_stamp_to_the_minute(out)),
            "2026-07-10 01:05 GMT-06:00"
        );
    }

    #[test]
    fn log_stamps_pad_the_day_with_a_blank() {
        let early = local("2009-12-03T12:26:02.319Z", "");
        let late = local("2009-12-13T12:26:02.319Z", "");
        assert_eq!(
            appended(|out| early.push_log_stamp(out)),
            "Dec  3 12:26:02.319"
        );
        assert_eq!(
            appended(|out| late.push_log_stamp(out)),
            "Dec 13 12:26:02.319"
        );
    }

    #[test]
    fn clocks_and_dates_read_as_devices_and_mail_programs_print_them() {
        let at = local("2009-12-03T12:26:02.319Z", "");
        assert_eq!(
            appended(|out| at.push_show_clock(out, "UTC")),
            "12:26:02.319 UTC Thu Dec 3 2009"
        );
        assert_eq!(
            appended(|out| at.push_mail_date(out)),
            "Thu, 03 Dec 2009 12:26:02 +0000"
        );
    }

    #[test]
    fn ages_are_two_units_wide_and_padded() {
        for (seconds, expected) in [
            (2033, "00:33:53"),
            (2 * 86_400 + 3600, "2d01h"),
            (26 * 86_400, "3w5d"),
            (365 * 86_400 + 30 * 7 * 86_400, "1y30w"),
        ] {
            assert_eq!(
                appended(|out| push_age(out, seconds)),
                format!("{expected:<14}")
            );
        }
    }

    #[test]
    fn uptime_skips_units_that_are_zero() {
        assert_eq!(appended(|out| push_uptime(out, 30)), "0 minutes");
        assert_eq!(
            appended(|out| push_uptime(out, 7 * 86_400 + 60)),
            "1 week, 1 minute"
        );
        assert_eq!(appended(|out| push_uptime(out, 90_000)), "1 day, 1 hour");
    }
}
