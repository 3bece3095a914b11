//! Header fields of a message, found without copying.

use memchr::memchr;

/// The header section of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a>(&'a [u8]);

impl<'a> Header<'a> {
    /// Splits a message at its first empty line into header and body.
    ///
    /// A message that begins with an empty line has no header, one without any has no body.
    pub(super) fn split(content: &'a [u8]) -> (Self, &'a [u8]) {
        let mut at = 0;
        while let Some(length) = memchr(b'\n', &content[at..]) {
            let line = &content[at..at + length];
            if line.is_empty() || line == b"\r" {
                return (Self(&content[..at]), &content[at + length + 1..]);
            }
            at += length + 1;
        }
        (Self(content), &[])
    }

    /// The value of the first field with this name, folded lines and all.
    pub(super) fn field(self, name: &str) -> Option<&'a [u8]> {
        let mut at = 0;
        while at < self.0.len() {
            let field = &self.0[at..at + field_length(&self.0[at..])];
            at += field.len();
            if let Some((found, value)) = field.split_at_checked(name.len())
                && found.eq_ignore_ascii_case(name.as_bytes())
                && let Some(value) = value.trim_ascii_start().strip_prefix(b":")
            {
                return Some(value.trim_ascii());
            }
        }
        None
    }
}

/// The length of a field: lines that begin with a blank belong to the one before.
fn field_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = memchr(b'\n', &rest[at..]) {
        at += length + 1;
        if !matches!(rest.get(at), Some(b' ' | b'\t')) {
            return at;
        }
    }
    rest.len()
}
