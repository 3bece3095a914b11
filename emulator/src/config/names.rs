//! The shapes of single values: addresses, URLs, phone numbers, times.

use super::profile::TimeOfDay;

/// Longest e-mail address or URL, in characters.
const ADDRESS_MAX: usize = 200;
/// Longest mail server or proxy, credentials included, in characters.
const HOST_MAX: usize = 64;
/// Longest profile name, in characters.
pub(crate) const PROFILE_NAME_MAX: usize = 31;
/// Longest command of a snapshot, in characters.
pub(crate) const SNAPSHOT_COMMAND_MAX: usize = 128;
/// Longest syslog pattern, in characters.
pub(crate) const PATTERN_MAX: usize = 80;

/// `HH:MM`.
pub(crate) fn time_of_day(text: &str) -> Option<TimeOfDay> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str, limit: u8| -> Option<u8> {
        let digits_only =
            (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits
            .parse()
            .ok()
            .filter(|value| digits_only && *value < limit)
    };
    Some(TimeOfDay {
        hour: number(hour, 24)?,
        minute: number(minute, 60).filter(|_| minute.len() == 2)?,
    })
}

/// `name@domain` without blanks.
pub(crate) fn is_email(text: &str) -> bool {
    text.len() <= ADDRESS_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>()[],;\"\\".contains(&byte))
        && text.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}

/// `http://` or `https://` and a host.
pub(crate) fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"));
    text.len() <= ADDRESS_MAX
        && is_word(text)
        && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']))
}

/// A host name or address, credentials before it allowed.
pub(crate) fn is_host(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    text.len() <= HOST_MAX
        && is_word(text)
        && !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:{}".contains(&byte))
}

/// What may stand in the place of a mail server. Devices store names that are none, and say so.
pub(crate) fn is_server(text: &str) -> bool {
    text.len() <= HOST_MAX && is_word(text)
}

/// `+`, then digits, dashes and blanks; 12 to 17 characters.
pub(crate) fn is_phone(text: &str) -> bool {
    (12..=17).contains(&text.len())
        && text.strip_prefix('+').is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b' ')
        })
}

/// Printable ASCII without blanks and quotes.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"')
}

/// Printable ASCII without a quote, not only blanks.
pub(crate) fn is_text(text: &str) -> bool {
    text.bytes()
        .all(|byte| (0x20..=0x7E).contains(&byte) && byte != b'"')
        && !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_hours_and_two_digits_of_minutes() {
        assert_eq!(time_of_day("9:05"), Some(TimeOfDay { hour: 9, minute: 5 }));
        assert_eq!(
            time_of_day("23:59"),
            Some(TimeOfDay {
                hour: 23,
                minute: 59
            })
        );
        for wrong in ["24:00", "12:60", "12:5", "12", ":30", "+1:30", "012:30"] {
            assert_eq!(time_of_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn phone_numbers_follow_the_vendor_model() {
        for (text, expected) in [
            ("+1-408-555-1234", true),
            ("+12223334444", true),
            ("+1 408 555 1234", true),
            ("+1-408-555", false),
            ("1-408-555-12345", false),
            ("+1-408-555-12345-67", false),
        ] {
            assert_eq!(is_phone(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_urls_and_hosts_have_the_usual_shapes() {
        assert!(
            is_email("noc@example.com")
                && is_email("{hostname}@x")
                && !is_email("a@b@c")
                && !is_email("noc")
        );
        assert!(
            is_url("https://x/y")
                && is_url("HTTP://x")
                && !is_url("ftp://x")
                && !is_url("http:///x")
        );
        assert!(
            is_host("2001:db8::1")
                && is_host("me:secret@smtp")
                && !is_host("a b")
                && !is_host("x@")
        );
    }
}
