//! The forms of the values in a message: identifiers, times, types.

/// Longest serial number or product id taken, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// What every block's type begins with.
const TYPE_PREFIX: &str = "http://www.cisco.com/2005/05/callhome/";

/// The word behind the common beginning of a block's type.
pub(super) fn kind(block_type: &str) -> Option<&str> {
    block_type
        .strip_prefix(TYPE_PREFIX)
        .filter(|word| is_word(word) && !word.contains('/'))
}

/// Whether this is `M<n>:<serial>:<hex>`, or the same with another letter.
pub(super) fn is_sequence_id(letter: char, id: &str) -> bool {
    let Some(rest) = id.strip_prefix(letter) else {
        return false;
    };
    let mut parts = rest.split(':');
    let (Some(number), Some(serial), Some(seconds), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    (1..=20).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && is_word(serial)
        && seconds.len() == 8
        && seconds.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether this is `TYPE@C@SERIAL`.
pub(super) fn is_device_id(id: &str) -> bool {
    let mut parts = id.split('@');
    let (Some(product), Some("C"), Some(serial), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    is_word(product) && is_word(serial)
}

/// A name without blanks: visible ASCII only, and none of the characters that separate the parts of
/// an identifier.
pub(super) fn is_word(word: &str) -> bool {
    (1..=WORD_BYTES_MAX).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b":@<>&\"'".contains(&byte))
}

/// Reads a severity, 0 to 9.
pub(super) fn severity(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ => None,
    }
}

/// Whether this is `YYYY-MM-DD HH:MM:SS GMT+HH:MM`, each part in its range.
pub(super) fn is_time_stamp(text: &str) -> bool {
    const FORM: &[u8] = b"dddd-dd-dd dd:dd:dd GMTsdd:dd";
    let bytes = text.as_bytes();
    let formed = bytes.len() == FORM.len()
        && bytes.iter().zip(FORM).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            b's' => matches!(byte, b'+' | b'-'),
            _ => byte == form,
        });
    let two = |at: usize| (bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0');
    formed
        && (1..=12).contains(&two(5))
        && (1..=31).contains(&two(8))
        && two(11) <= 23
        && two(14) <= 59
        // A leap second is a time that a device may well report.
        && two(17) <= 60
        && two(24) <= 14
        && two(27) <= 59
}
