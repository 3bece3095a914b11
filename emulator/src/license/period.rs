//! Periods of use as devices print them.
//!
//! Source: reference licensing, section 1.11.

/// The units of a period and their seconds, the largest first.
const UNITS: [(&str, &str, u64); 5] = [
    ("week", "wks", 7 * 24 * 3600),
    ("day", "days", 24 * 3600),
    ("hour", "hrs", 3600),
    ("minute", "mins", 60),
    ("second", "secs", 1),
];

/// `seconds` in two units next to each other, padded as `show license` pads them:
/// `8  weeks 4  days `.
pub(crate) fn long(seconds: u64) -> String {
    let ([first, second], [(first_unit, ..), (second_unit, ..)]) = in_two_units(seconds);
    format!(
        "{}{}",
        padded(first, first_unit),
        padded(second, second_unit)
    )
}

/// `seconds` as `reload` words them: `7 wks 5 days`.
pub(crate) fn short(seconds: u64) -> String {
    let ([first, second], [(_, first_unit, _), (_, second_unit, _)]) = in_two_units(seconds);
    format!("{first} {first_unit} {second} {second_unit}")
}

type Unit = (&'static str, &'static str, u64);

fn in_two_units(seconds: u64) -> ([u64; 2], [Unit; 2]) {
    let largest = UNITS.iter().position(|(.., length)| seconds >= *length);
    let first = largest.unwrap_or(UNITS.len()).min(UNITS.len() - 2);
    let units = [UNITS[first], UNITS[first + 1]];
    let rest = seconds % units[0].2;
    ([seconds / units[0].2, rest / units[1].2], units)
}

fn padded(number: u64, unit: &str) -> String {
    let plural = if number > 1 { 's' } else { ' ' };
    format!("{number:<2} {unit}{plural} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_padded_as_devices_pad_them() {
        for (seconds, shown) in [
            (60 * 86_400, "8  weeks 4  days "),
            (0, "0  minute  0  second  "),
            (1, "0  minute  1  second  "),
            (20 * 3600, "20 hours 0  minute  "),
            (3600, "1  hour  0  minute  "),
            (59 * 86_400 + 86_399, "8  weeks 3  days "),
            (119, "1  minute  59 seconds "),
        ] {
            assert_eq!(long(seconds), shown, "{seconds}");
        }
    }

    #[test]
    fn the_short_form_is_that_of_reload() {
        assert_eq!(short((7 * 7 + 5) * 86_400), "7 wks 5 days");
    }
}
