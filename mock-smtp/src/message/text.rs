//! Small searches in text that may be cut off, wrong, or hostile.

use memchr::memmem;

/// Longest value taken, in bytes.
const VALUE_BYTES_MAX: usize = 200;

/// A header value on one line.
pub(super) fn unfolded(value: &[u8]) -> String {
    let value = &value[..value.len().min(VALUE_BYTES_MAX)];
    String::from_utf8_lossy(value)
        .split(['\r', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The text of the first element with this local name, whatever its prefix.
pub(super) fn element<'a>(xml: &'a [u8], local_name: &str) -> Option<&'a str> {
    for at in memmem::find_iter(xml, local_name.as_bytes()) {
        let opens = match xml[..at].last() {
            Some(b'<') => true,
            // A prefix: the start tag begins before it, an end tag has a slash there.
            Some(b':') => xml[..at - 1]
                .iter()
                .rev()
                .find(|byte| !is_name_byte(**byte))
                .is_some_and(|byte| *byte == b'<'),
            Some(_) | None => false,
        };
        let rest = &xml[at + local_name.len()..];
        if opens && let Some(value) = rest.strip_prefix(b">") {
            return bounded(value, |byte| byte == b'<');
        }
    }
    None
}

/// The word behind the first occurrence of `marker`.
pub(super) fn behind<'a>(text: &'a [u8], marker: &[u8]) -> Option<&'a str> {
    let at = memmem::find(text, marker)?;
    bounded(&text[at + marker.len()..], |byte| byte == b'<').filter(|word| is_word(word))
}

/// The value of the first line `label : value`.
pub(super) fn labelled<'a>(text: &'a [u8], label: &str) -> Option<&'a str> {
    memmem::find_iter(text, label.as_bytes())
        .filter(|at| *at == 0 || text[at - 1] == b'\n')
        .find_map(|at| text[at + label.len()..].strip_prefix(b" :"))
        .and_then(|value| bounded(value, |byte| byte == b'\r' || byte == b'\n'))
}

/// Whether a text is a name as message types are: lower-case letters, digits and hyphens.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// The non-empty text up to a byte that ends it, without blanks around it.
fn bounded(text: &[u8], ends: impl Fn(u8) -> bool) -> Option<&str> {
    let text = &text[..text.len().min(VALUE_BYTES_MAX)];
    let end = text.iter().position(|byte| ends(*byte))?;
    let value = str::from_utf8(&text[..end]).ok()?.trim();
    (!value.is_empty()).then_some(value)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
