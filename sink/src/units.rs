//! Values with units as people write them: durations, rates, shares, bytes per second.

mod schema;

use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, de};

/// Longest duration that is accepted: ten years, far beyond any run and far below any overflow.
pub const DURATION_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Highest rate that is accepted, in events per second.
pub const RATE_MAX_PER_S: f64 = 10_000_000.0;

/// Why a text is no value of its kind.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// Not a duration.
    #[error(
        "`{0}` is not a duration; write a number and a unit, as in \"30s\", \"500ms\" or \"2m\""
    )]
    Duration(String),
    /// Not a rate.
    #[error("`{0}` is not a rate; write events and a unit of time, as in \"50/s\" or \"3000/min\"")]
    Rate(String),
    /// Not a share.
    #[error("`{0}` is not a share; write a percentage, as in \"25%\"")]
    Share(String),
    /// Not a speed of transmission.
    #[error(
        "`{0}` is not a speed; write bytes and a unit of time, as in \"100 B/s\" or \"16 KiB/s\""
    )]
    Speed(String),
    /// Not a size.
    #[error("`{0}` is not a size; write a whole number and a unit, as in \"512 KiB\" or \"8 GiB\"")]
    Size(String),
    /// Too large to be meant.
    #[error("`{value}` is absurd; at most {limit} is accepted")]
    Absurd {
        /// As written.
        value: String,
        /// The limit.
        limit: &'static str,
    },
}

/// A duration of real time, as in `"30s"`.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Period(pub Duration);

impl FromStr for Period {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Duration(text.to_owned());
        let span: Span = text.trim().parse().map_err(|_| wrong())?;
        let signed: SignedDuration = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| wrong())?;
        let duration = Duration::try_from(signed).map_err(|_| wrong())?;
        if duration > DURATION_MAX {
            return Err(UnitError::Absurd {
                value: text.to_owned(),
                limit: "10 years",
            });
        }
        Ok(Self(duration))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(duration) => write!(formatter, "{duration:#}"),
            Err(_) => write!(formatter, "{}s", self.0.as_secs()),
        }
    }
}

/// An amount of bytes, as in `"8 GiB"`.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Size(text.to_owned());
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let (number, unit) = text.split_at(text.len() - digits.len());
        let shift = match unit.trim() {
            "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            "TiB" => 40,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let bytes = number
            .checked_mul(1 << shift)
            .filter(|bytes| *bytes < 1 << 50);
        bytes.map(Self).ok_or_else(|| UnitError::Absurd {
            value: text.to_owned(),
            limit: "1023 TiB",
        })
    }
}

/// Events per second, as in `"50/s"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// Events per second; positive and finite.
    pub fn per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Rate(text.to_owned());
        let (events, unit) = text.split_once('/').ok_or_else(wrong)?;
        let events: f64 = events.trim().parse().map_err(|_| wrong())?;
        let seconds = match unit.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            "d" | "day" => 86_400.0,
            _ => return Err(wrong()),
        };
        if !(events.is_finite() && events > 0.0) {
            return Err(wrong());
        }
        if events / seconds > RATE_MAX_PER_S {
            return Err(UnitError::Absurd {
                value: text.to_owned(),
                limit: "10,000,000/s",
            });
        }
        Ok(Self(events / seconds))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/s", self.0)
    }
}

/// A part of a whole, as in `"25%"`; above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(f64);

impl Share {
    /// How many of `whole` this is, rounded, but at least one of a whole that is not empty.
    pub fn of(self, whole: u32) -> u32 {
        ((f64::from(whole) * self.0).round() as u32).clamp(whole.min(1), whole)
    }
}

impl Share {
    /// The whole.
    pub const ALL: Self = Self(1.0);

    /// As a fraction of one.
    pub fn fraction(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // To a millionth, so that no rounding error of the division shows.
        write!(formatter, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

impl FromStr for Share {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Share(text.to_owned());
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
        if percent > 0.0 && percent <= 100.0 {
            Ok(Self(percent / 100.0))
        } else {
            Err(wrong())
        }
    }
}

/// Bytes per second, as in `"16 KiB/s"`; at least one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Speed(u64);

impl Speed {
    /// Highest speed that is accepted, in bytes per second.
    pub const BYTES_PER_S_MAX: u64 = 1 << 40;

    /// Bytes per second.
    pub fn bytes_per_second(self) -> u64 {
        self.0
    }
}

impl FromStr for Speed {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Speed(text.to_owned());
        let size = text.trim().strip_suffix("/s").ok_or_else(wrong)?.trim();
        let digits = size.find(|character: char| !character.is_ascii_digit());
        let (number, unit) = size.split_at(digits.unwrap_or(size.len()));
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let factor = match unit.trim() {
            "B" => 1,
            "kB" => 1_000,
            "KiB" => 1 << 10,
            "MB" => 1_000_000,
            "MiB" => 1 << 20,
            _ => return Err(wrong()),
        };
        match number.checked_mul(factor) {
            Some(0) => Err(wrong()),
            Some(bytes) if bytes <= Self::BYTES_PER_S_MAX => Ok(Self(bytes)),
            _ => Err(UnitError::Absurd {
                value: text.to_owned(),
                limit: "1 TiB/s",
            }),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} B/s", self.0)
    }
}

macro_rules! deserialize_from_text {
    ($($kind:ty: $example:literal),*) => {$(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $kind;

                    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                        formatter.write_str($example)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$kind, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    )*};
}
deserialize_from_text!(
    Period: "a duration such as \"30s\"",
    Rate: "a rate such as \"50/s\"",
    Share: "a share such as \"25%\"",
    Size: "a size such as \"8 GiB\"",
    Speed: "a speed such as \"16 KiB/s\""
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_with_binary_units() {
        for (text, bytes) in [("0 B", 0), ("512 KiB", 512 << 10), ("8GiB", 8 << 30)] {
            assert_eq!(text.parse(), Ok(Size(bytes)));
        }
        for wrong in ["", "8", "GiB", "1.5 GiB", "-1 B", "8 GB"] {
            assert!(text_error::<Size>(wrong).contains("not a size"), "{wrong}");
        }
        assert!(text_error::<Size>("99999999 TiB").contains("absurd"));
    }

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, expected_ms) in [
            ("30s", 30_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1.5s", 1_500),
            ("1h 30m", 5_400_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(
                text.parse::<Period>().unwrap().0.as_millis(),
                expected_ms,
                "{text}"
            );
        }
        for wrong in ["30", "s", "-5s", "ten", ""] {
            assert!(
                text_error::<Period>(wrong).contains("not a duration"),
                "{wrong}"
            );
        }
        assert!(
            text_error::<Period>("20y").contains("absurd")
                || text_error::<Period>("20y").contains("not a duration")
        );
    }

    fn text_error<T: FromStr<Err = UnitError>>(text: &str) -> String {
        text.parse::<T>()
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn rates_are_events_over_a_unit_of_time() {
        assert_eq!("50/s".parse::<Rate>().unwrap().per_second(), 50.0);
        assert_eq!("3000/min".parse::<Rate>().unwrap().per_second(), 50.0);
        for wrong in ["50", "0/s", "-1/s", "5/fortnight", "inf/s", "1e99/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_never_round_to_nothing() {
        assert_eq!("25%".parse::<Share>().unwrap().of(40), 10);
        assert_eq!("1%".parse::<Share>().unwrap().of(3), 1);
        assert_eq!("100%".parse::<Share>().unwrap().of(3), 3);
        assert!("0%".parse::<Share>().is_err() && "101%".parse::<Share>().is_err());
    }

    #[test]
    fn speeds_are_bytes_over_a_second() {
        for (text, bytes) in [("1 B/s", 1), ("16KiB/s", 16_384), ("2 MB/s", 2_000_000)] {
            assert_eq!(text.parse::<Speed>().unwrap().bytes_per_second(), bytes);
        }
        for wrong in [
            "",
            "16",
            "16/s",
            "KiB/s",
            "0 B/s",
            "-1 B/s",
            "1 GiB/min",
            "9999999 MiB/s",
        ] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_shown_as_they_were_written() {
        for text in ["25%", "0.1%", "33.3%", "100%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
    }
}
