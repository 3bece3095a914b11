//! Numbers and intervals as people read them.

/// `value` with thousands apart, and decimals only where it is small.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let size = value.abs();
    let rounded = if size >= 100.0 || (value - value.round()).abs() < 1e-9 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        trimmed(format!("{value:.1}"))
    } else if size >= 1.0 {
        trimmed(format!("{value:.2}"))
    } else {
        trimmed(format!("{value:.3}"))
    };
    let (sign, digits) = match rounded.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", rounded.as_str()),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !decimals.is_empty() {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `value` to the third decimal, with thousands apart: what is compared must not be rounded away.
pub(crate) fn exact(value: f64) -> String {
    let thousandth = (value * 1e3).round() / 1e3;
    let fraction = thousandth.abs().fract();
    if fraction == 0.0 || !thousandth.is_finite() || thousandth.abs() >= 1e12 {
        return number(value);
    }
    let decimals = trimmed(format!("{fraction:.3}"));
    let sign = if thousandth < 0.0 { "-" } else { "" };
    let whole = number(thousandth.abs().trunc());
    format!("{sign}{whole}{}", decimals.trim_start_matches('0'))
}

/// A count in words of digits.
pub(crate) fn count(value: u64) -> String {
    number(value as f64)
}

/// An interval of `ms` milliseconds in the unit that suits it.
pub(crate) fn interval(ms: f64) -> String {
    if ms < 1.0 {
        format!("{} µs", number((ms * 1e3).round()))
    } else if ms < 1e3 {
        format!("{} ms", number(ms))
    } else if ms < 120e3 {
        format!("{} s", number(ms / 1e3))
    } else {
        format!("{} min", number(ms / 60e3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, text) in [
            (0.0, "0"),
            (0.1234, "0.123"),
            (1.5, "1.5"),
            (1_234_567.0, "1,234,567"),
            (999.7, "1,000"),
            (-12.0, "-12"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(number(value), text);
        }
        let exactly = [50.004, 1_234.5, -0.25, 7.0, f64::INFINITY].map(exact);
        assert_eq!(exactly, ["50.004", "1,234.5", "-0.25", "7", "-"]);
        assert_eq!(interval(0.25), "250 µs");
        assert_eq!(interval(2_500.0), "2.5 s");
    }
}
