//! Appending text to byte buffers without formatting machinery.
//!
//! Messages are built in reused byte buffers on the sending path, where `write!` costs several
//! times as much as the copy itself. Everything appended here is UTF-8.

/// Appends `text`.
pub(crate) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Appends `text` and a line feed.
pub(crate) fn push_line(out: &mut Vec<u8>, text: &str) {
    push(out, text);
    out.push(b'\n');
}

/// Appends `number` in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, number: u64) {
    push_padded(out, number, 1);
}

/// Appends the last two decimal digits of `number`.
pub(crate) fn push_two_digits(out: &mut Vec<u8>, number: u32) {
    let digit = |value: u32| b'0' + (value % 10) as u8;
    out.extend_from_slice(&[digit(number / 10), digit(number)]);
}

/// Appends `number` in decimal with leading zeros up to `width` digits.
pub(crate) fn push_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    let mut rest = number;
    while rest > 0 || digits.len() - start < width.clamp(1, 20) {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends the low 32 bits of `number` as eight upper-case hexadecimal digits.
pub(crate) fn push_hex8(out: &mut Vec<u8>, number: u32) {
    for shift in (0..8).rev() {
        let nibble = (number >> (shift * 4)) & 0xF;
        out.push(b"0123456789ABCDEF"[nibble as usize]);
    }
}

/// Appends `text` as XML character data.
///
/// Control characters that XML 1.0 cannot carry become `?`, so no input makes a document malformed.
pub(crate) fn push_xml_text(out: &mut Vec<u8>, text: &str) {
    push_escaped(out, text.as_bytes(), |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        0..=8 | 11 | 12 | 14..=31 => Some("?"),
        _ => None,
    });
}

/// Appends `text` as the value of an XML attribute in double quotes; line feeds stay raw, as devices
/// print them in `SystemDescription`.
pub(crate) fn push_xml_attribute(out: &mut Vec<u8>, text: &str) {
    push_escaped(out, text.as_bytes(), |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        0..=8 | 11 | 12 | 14..=31 => Some("?"),
        _ => None,
    });
}

/// Whether any byte of `text` is `wanted`. Looks at all of them, which compiles to vector
/// instructions; stopping at the first would not.
pub(crate) fn any_byte(text: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(false, |any, byte| any | wanted(*byte))
}

fn push_escaped(out: &mut Vec<u8>, text: &[u8], escape: impl Fn(u8) -> Option<&'static str>) {
    // Most texts need no escaping; line feeds never do.
    if !any_byte(text, |byte| {
        ((byte < b' ') & (byte != b'\n'))
            | (byte == b'&')
            | (byte == b'<')
            | (byte == b'>')
            | (byte == b'"')
    }) {
        out.extend_from_slice(text);
        return;
    }
    let mut copied = 0;
    for (at, &byte) in text.iter().enumerate() {
        if let Some(replacement) = escape(byte) {
            out.extend_from_slice(&text[copied..at]);
            push(out, replacement);
            copied = at + 1;
        }
    }
    out.extend_from_slice(&text[copied..]);
}

/// The longest prefix of `text` of at most `limit` bytes that ends on a character boundary.
pub(crate) fn truncate_utf8(text: &mut Vec<u8>, limit: usize) {
    if text.len() <= limit {
        return;
    }
    let mut end = limit;
    while end > 0 && text[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_padded_but_never_cut() {
        assert_eq!(appended(|out| push_padded(out, 7, 2)), "07");
        assert_eq!(appended(|out| push_padded(out, 1234, 2)), "1234");
        assert_eq!(appended(|out| push_decimal(out, 0)), "0");
        assert_eq!(
            appended(|out| push_decimal(out, u64::MAX)),
            u64::MAX.to_string()
        );
        assert_eq!(appended(|out| push_hex8(out, 0x51AE_AC68)), "51AEAC68");
    }

    #[test]
    fn markup_and_control_characters_cannot_break_a_document() {
        assert_eq!(
            appended(|out| push_xml_text(out, "a<b>&\u{1}c\n")),
            "a&lt;b&gt;&amp;?c\n"
        );
        assert_eq!(
            appended(|out| push_xml_attribute(out, "\"x\"")),
            "&quot;x&quot;"
        );
    }

    #[test]
    fn truncation_never_splits_a_character() {
        let mut text = "aé€".as_bytes().to_vec();
        truncate_utf8(&mut text, 5);
        assert_eq!(text, "aé".as_bytes());
    }
}
