//! The body of a message as readable text, whatever it is encoded in.

use std::borrow::Cow;
use std::panic;

use mail_parser::{MessageParser, MimeHeaders};

use super::header::Header;

/// Most of a message that the full parser is given, in bytes.
const PARSED_BYTES_MAX: usize = 64 * 1024;

/// The text of a message that is worth looking at.
///
/// Plain bodies are borrowed and quoted-printable ones decoded here. The rare others, base64 and
/// multipart, go to a full parser; there, a part that is XML is preferred to the first text.
pub(super) fn readable<'a>(
    content: &'a [u8],
    header: &Header<'a>,
    body: &'a [u8],
) -> Cow<'a, [u8]> {
    let encoding = header
        .field("Content-Transfer-Encoding")
        .unwrap_or_default();
    let content_type = header.field("Content-Type").unwrap_or_default();
    let is_multipart = content_type
        .get(..10)
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"));
    if is_multipart || encoding.eq_ignore_ascii_case(b"base64") {
        parsed(content).map_or(Cow::Borrowed(body), Cow::Owned)
    } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
        Cow::Owned(unquoted(body))
    } else {
        Cow::Borrowed(body)
    }
}

/// Hands a message to the full parser, within its budget.
///
/// A message the parser cannot cope with, even one that makes it panic, must not lose its place in
/// the books: its body is then taken as it is.
fn parsed(content: &[u8]) -> Option<Vec<u8>> {
    let budgeted = &content[..content.len().min(PARSED_BYTES_MAX)];
    panic::catch_unwind(|| best_part(budgeted)).ok().flatten()
}

fn best_part(content: &[u8]) -> Option<Vec<u8>> {
    let message = MessageParser::default().parse(content)?;
    let is_xml = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type()
            .and_then(|kind| kind.subtype())
            .is_some_and(|subtype| subtype == "xml")
    };
    let part = message
        .parts
        .iter()
        .find(is_xml)
        .or_else(|| message.parts.iter().find(|part| part.is_text()))?;
    Some(part.contents().to_vec())
}

/// Decodes quoted-printable; what is no valid escape stands for itself.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'=', rest) {
        decoded.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))
        {
            rest = behind;
        } else if let Some(byte) = rest.get(..2).and_then(hex_byte) {
            decoded.push(byte);
            rest = &rest[2..];
        } else {
            decoded.push(b'=');
        }
    }
    decoded.extend_from_slice(rest);
    decoded
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let number = value(*digits.first()?)? * 16 + value(*digits.get(1)?)?;
    u8::try_from(number).ok()
}
