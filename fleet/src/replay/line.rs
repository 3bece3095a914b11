//! One line of recorded syslog: when, from whom, and what.
//!
//! Relays put a stamp and a host before what the device sent; the device puts a sequence number, a
//! stamp with milliseconds and a zone before its text, or none of it. All of it may be there or not:
//! RFC 5424 and RFC 3164 with and without priority, relay files with ISO stamps, `show logging`.

use std::sync::LazyLock;

use jiff::{Timestamp, civil::DateTime, fmt::strtime, tz::TimeZone};
use regex::Regex;

/// When a line was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stamp {
    /// An instant.
    Instant(Timestamp),
    /// A date and a time of day without a year and a known zone; the year of the date is 4 (a leap
    /// year) and means nothing.
    WithoutYear(DateTime),
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'l> {
    /// When.
    pub stamp: Stamp,
    /// Who sent it, as the line names them.
    pub source: Option<&'l str>,
    /// `%FACILITY-LEVEL-MNEMONIC: text`.
    pub text: &'l str,
}

/// Why a line is not replayed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum Unread {
    /// There is nothing like `%LINK-3-UPDOWN:` in it.
    #[error("no %FACILITY-LEVEL-MNEMONIC:")]
    NoMessage,
    /// No date and time stands before the message; devices may stamp lines with their uptime.
    #[error("no date and time before the message")]
    NoTime,
}

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// The message of a device.
static MESSAGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z][A-Z0-9_]*:"));
/// The stamp of a device, right before its message.
static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x)(?:^|[\s:])[*.]?
          (?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(?P<day>\d{1,2})\s+
          (?:(?P<year>\d{4})\s+)?(?P<time>\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)
          (?:\s+(?P<zone>[A-Z]{1,5}))?\s*:\s*$",
    )
});
/// The stamp of a relay at the beginning of a line, in the forms of RFC 3164 and RFC 5424.
static RELAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x)^(?:<\d{1,3}>)?(?:1\s+)?(?:
          (?P<iso>\d{4}-\d{2}-\d{2}[T\s]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?)
          |(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(?P<day>\d{1,2})\s+
           (?:(?P<year>\d{4})\s+)?(?P<time>\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?P<device>\s*[A-Z]{0,5}\s*:)?
          )\s*(?P<rest>.*)$",
    )
});
/// A host name or an address where one may stand.
static HOST: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"^(?:\d+:\s+)?(?P<host>[A-Za-z0-9][A-Za-z0-9_.:-]*?):?(?:\s|$)"));

/// Reads `line`.
///
/// # Errors
/// If it is no line of a device, or has no time.
pub fn read_line(line: &str) -> Result<Line<'_>, Unread> {
    let line = line.trim();
    let message = MESSAGE.as_ref().and_then(|regex| regex.find(line));
    let start = message.ok_or(Unread::NoMessage)?.start();
    let (before, text) = line.split_at(start);
    let own = OWN.as_ref().and_then(|regex| regex.captures(before));
    let own_stamp = own.as_ref().and_then(|found| stamp(found));
    let outer = own
        .as_ref()
        .and_then(|found| found.get(0))
        .map_or(before, |found| &before[..found.start()]);
    let relay = RELAY
        .as_ref()
        .and_then(|regex| regex.captures(outer))
        .filter(|found| found.name("device").is_none());
    let relay_stamp = relay.as_ref().and_then(|found| match found.name("iso") {
        Some(iso) => instant(iso.as_str()),
        None => stamp(found),
    });
    let rest = match &relay {
        Some(found) => found.name("rest").map_or("", |rest| rest.as_str()),
        None => match outer
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'))
        {
            Some((_, rest)) => rest,
            None => outer,
        },
    };
    let host = HOST.as_ref().and_then(|regex| regex.captures(rest));
    let host = host.and_then(|found| found.name("host"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    Ok(Line {
        // A relay's clock is the same for all devices, and theirs are not; but it may lack what
        // theirs have, the year.
        stamp: with_year_of(relay_stamp, own_stamp).ok_or(Unread::NoTime)?,
        source: host
            .map(|host| host.as_str().trim_end_matches(':'))
            .filter(|host| !is_number(host)),
        text,
    })
}

/// The stamp of the relay, in the year of the device's own where it has none itself; without a relay,
/// the device's own.
fn with_year_of(relay: Option<Stamp>, own: Option<Stamp>) -> Option<Stamp> {
    match (relay, own) {
        (Some(Stamp::WithoutYear(civil)), Some(Stamp::Instant(own))) => {
            let year = own.to_zoned(TimeZone::UTC).year();
            let date = jiff::civil::Date::new(year, civil.month(), civil.day()).ok()?;
            let zoned = date.to_datetime(civil.time()).to_zoned(TimeZone::UTC);
            Some(Stamp::Instant(zoned.ok()?.timestamp()))
        }
        (relay, own) => relay.or(own),
    }
}

/// The stamp in the form of RFC 3164 that `found` holds.
fn stamp(found: &regex::Captures<'_>) -> Option<Stamp> {
    let part = |name| found.name(name).map(|part: regex::Match<'_>| part.as_str());
    let (month, day, time) = (part("month")?, part("day")?, part("time")?);
    let year = part("year");
    let text = format!("{} {month} {day} {time}", year.unwrap_or("0004"));
    let format = match time.contains('.') {
        true => "%Y %b %d %H:%M:%S%.f",
        false => "%Y %b %d %H:%M:%S",
    };
    let civil = strtime::parse(format, &text).ok()?.to_datetime().ok()?;
    match year {
        None => Some(Stamp::WithoutYear(civil)),
        Some(_) => {
            let instant = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
            Some(Stamp::Instant(instant))
        }
    }
}

/// The instant that an ISO 8601 stamp means; without a zone it is taken as UTC.
fn instant(text: &str) -> Option<Stamp> {
    let text = text
        .replacen(' ', "T", 1)
        .replace([' '], "")
        .replace(',', ".");
    let instant: Option<Timestamp> = text.parse().ok();
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    instant
        .or_else(|| civil().map(|zoned| zoned.timestamp()))
        .map(Stamp::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "%LINK-3-UPDOWN: Interface Gi0/1, changed state to down";

    /// What stands before [`TEXT`], when that is, and who sent it.
    #[rustfmt::skip]
    const LINES: [(&str, &str, Option<&str>); 14] = [
            (
                "<189>1 2026-03-14T10:50:00.123Z edge-1 - - - - ",
                "2026-03-14T10:50:00.123Z",
                Some("edge-1"),
            ),
            (
                "<189>1 2026-03-14T10:50:00.123+01:00 edge-1 app 7 ID - ",
                "2026-03-14T09:50:00.123Z",
                Some("edge-1"),
            ),
            (
                "<189>Mar 14 10:50:00 edge-1 ",
                "0004-03-14T10:50:00",
                Some("edge-1"),
            ),
            (
                "<189>Mar  4 10:50:00 192.0.2.7 123: *Mar  4 10:50:00.123: ",
                "0004-03-04T10:50:00",
                Some("192.0.2.7"),
            ),
            (
                "Mar 14 10:50:00 edge-1.example.net 000123: Mar 14 10:50:00.123 MST: ",
                "0004-03-14T10:50:00",
                Some("edge-1.example.net"),
            ),
            (
                "Mar 14 2026 10:50:00 edge-1: ",
                "2026-03-14T10:50:00Z",
                Some("edge-1"),
            ),
            (
                "2026-03-14T10:50:00.5Z edge-1 ",
                "2026-03-14T10:50:00.5Z",
                Some("edge-1"),
            ),
            (
                "2026-03-14 10:50:00,250 edge-1 : ",
                "2026-03-14T10:50:00.25Z",
                Some("edge-1"),
            ),
            ("*Mar 14 10:50:00.123: ", "0004-03-14T10:50:00.123", None),
            (
                ".Mar 14 10:50:00.123 EST: ",
                "0004-03-14T10:50:00.123",
                None,
            ),
            (
                "Mar 14 2026 10:50:00.123 UTC: ",
                "2026-03-14T10:50:00.123Z",
                None,
            ),
            (
                "000045: *Mar 14 10:50:00.123: ",
                "0004-03-14T10:50:00.123",
                None,
            ),
            (
                "<189>45: edge-1: *Mar 14 10:50:00.123: ",
                "0004-03-14T10:50:00.123",
                Some("edge-1"),
            ),
            (
                "<189>45: *Mar 14 10:50:00.123: ",
                "0004-03-14T10:50:00.123",
                None,
            ),
    ];

    /// Reads the beginning of a line before [`TEXT`].
    fn read(before: &str) -> Result<(String, Option<String>), Unread> {
        let line = format!("{before}{TEXT}");
        let line = read_line(&line)?;
        assert_eq!(line.text, TEXT);
        let stamp = match line.stamp {
            Stamp::Instant(instant) => instant.to_string(),
            Stamp::WithoutYear(civil) => civil.to_string(),
        };
        Ok((stamp, line.source.map(str::to_owned)))
    }

    #[test]
    fn lines_of_relays_servers_and_devices_are_read() {
        for (before, stamp, source) in LINES {
            let expected = (stamp.to_owned(), source.map(str::to_owned));
            assert_eq!(read(before), Ok(expected), "{before}");
        }
    }

    #[test]
    fn what_is_no_line_of_a_device_is_refused_with_a_reason() {
        assert_eq!(read("1w2d: "), Err(Unread::NoTime));
        assert_eq!(read("00:01:02: "), Err(Unread::NoTime));
        assert_eq!(read(""), Err(Unread::NoTime));
        for line in [
            "",
            "Mar 14 10:50:00 host sshd[1]: hello",
            "%X-9-Y: z",
            "100% sure",
        ] {
            assert_eq!(read_line(line), Err(Unread::NoMessage), "{line}");
        }
    }
}
