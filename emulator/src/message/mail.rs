//! A message as a mail: header fields, transfer encoding, CRLF line ends.
//!
//! Reference, section 4.6.

use std::sync::Arc;

use crate::{
    config::MessageFormat,
    template::Template,
    text::{push, push_decimal},
};

use super::{Rendered, content::Content};

/// The sender of mail that must not tell whose it is; the domain never exists (RFC 6761).
const ANONYMOUS_SENDER: &str = "callhome@router.invalid";
/// Longest line that may go unencoded, without its line end (RFC 5321, 4.5.3.1.6).
const LINE_MAX: usize = 998;
/// Longest line of quoted-printable text (RFC 2045, 6.7).
const QUOTED_LINE_MAX: usize = 76;

/// Appends the mail that carries `body`, and returns its envelope.
pub(super) fn push_mail(out: &mut Vec<u8>, content: &Content<'_>, body: &[u8]) -> Rendered {
    let settings = content.settings();
    let values = content.view.identity_values();
    let address = |value: &Option<Template>| {
        let told = value.as_ref().filter(|_| !content.anonymous);
        told.map(|text| text.fill(&values))
    };
    let sender = address(&settings.sender_from)
        .or_else(|| address(&settings.contact_email))
        .unwrap_or_else(|| ANONYMOUS_SENDER.into());
    header(out, "From", &sender);
    if let Some(reply_to) = address(&settings.sender_reply_to) {
        header(out, "Reply-To", &reply_to);
    }
    push(out, "To: ");
    for (position, recipient) in content.recipients.iter().enumerate() {
        if position > 0 {
            push(out, ",\r\n ");
        }
        push_clean(out, recipient);
    }
    push(out, "\r\n");
    push_subject(out, content);
    push(out, "Date: ");
    content.view.local(content.view.now).push_mail_date(out);
    push(out, "\r\nMessage-ID: <M");
    push_decimal(out, content.id.number.into());
    out.push(b'.');
    push(out, content.id.serial.as_str());
    out.push(b'.');
    crate::text::push_hex8(out, content.id.seconds);
    out.push(b'@');
    push_atom(out, &content.prompt_hostname);
    push(out, ">\r\nMIME-Version: 1.0\r\n");
    push(
        out,
        match content.format {
            MessageFormat::Xml => "Content-Type: text/xml; charset=\"utf-8\"\r\n",
            MessageFormat::LongText | MessageFormat::ShortText => {
                "Content-Type: text/plain; charset=\"utf-8\"\r\n"
            }
        },
    );
    if needs_encoding(body) {
        push(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        push_quoted_printable(out, body);
    } else {
        push(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
        push_crlf(out, body);
    }
    Rendered::Mail {
        hello_name: hello_name(content),
        sender,
        recipients: content.recipients.clone(),
    }
}

/// `hostname[.domain]`.
fn hello_name(content: &Content<'_>) -> Arc<str> {
    match &content.view.running().domain_name {
        Some(domain) if !content.anonymous => {
            let values = content.view.identity_values();
            let name = format!("{}.{}", content.prompt_hostname, domain.fill(&values));
            atom(&name)
        }
        _ => atom(&content.prompt_hostname),
    }
}

fn push_subject(out: &mut Vec<u8>, content: &Content<'_>) {
    push(out, "Subject: ");
    let service_request = content.service_request();
    if !service_request.is_empty() {
        push(out, "SR ");
        push_clean(out, service_request);
        push(out, " - ");
    }
    push(out, "System Notification From ");
    push_clean(out, &content.prompt_hostname);
    push(out, " - ");
    push(out, content.alert.kind.word());
    push(out, " - ");
    content.view.local(content.alert.at).push_stamp(out);
    push(out, "\r\n");
}

fn header(out: &mut Vec<u8>, name: &str, value: &str) {
    push(out, name);
    push(out, ": ");
    push_clean(out, value);
    push(out, "\r\n");
}

/// Appends `text` without what could end a header field early, and with `?` for what no field may
/// hold unencoded.
fn push_clean(out: &mut Vec<u8>, text: &str) {
    let characters = text.chars().filter(|character| !character.is_control());
    out.extend(characters.map(|character| {
        u8::try_from(character)
            .ok()
            .filter(u8::is_ascii)
            .unwrap_or(b'?')
    }));
}

/// Appends `text` with a dash for every character that a host name does not have.
fn push_atom(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => byte,
        _ => b'-',
    }));
}

fn atom(text: &str) -> Arc<str> {
    let mut out = Vec::with_capacity(text.len());
    push_atom(&mut out, text);
    String::from_utf8_lossy(&out).into()
}

/// Whether `body` holds anything that 7-bit transfer does not carry.
fn needs_encoding(body: &[u8]) -> bool {
    !body.is_ascii() || memchr::memchr2(b'\r', 0, body).is_some() || has_long_line(body)
}

/// Whether a line of `body` is longer than may go unencoded. Steps from line end to line end as far
/// as one line may reach, not line by line.
fn has_long_line(body: &[u8]) -> bool {
    let mut rest = body;
    while rest.len() > LINE_MAX {
        match memchr::memrchr(b'\n', &rest[..=LINE_MAX]) {
            Some(end) => rest = &rest[end + 1..],
            None => return true,
        }
    }
    false
}

/// Appends `body` with CRLF in the place of line feeds; without the last one, which belongs to the
/// end of the mail.
fn push_crlf(out: &mut Vec<u8>, body: &[u8]) {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    out.reserve(body.len() + body.len() / 32);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', body) {
        out.extend_from_slice(&body[start..end]);
        out.extend_from_slice(b"\r\n");
        start = end + 1;
    }
    out.extend_from_slice(&body[start..]);
}

/// Appends `body` as quoted-printable text (RFC 2045, 6.7), without the last line end.
fn push_quoted_printable(out: &mut Vec<u8>, body: &[u8]) {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let mut column = 0;
    for (at, &byte) in body.iter().enumerate() {
        if byte == b'\n' {
            push(out, "\r\n");
            column = 0;
            continue;
        }
        let ends_line = body.get(at + 1).is_none_or(|next| *next == b'\n');
        let blank = byte == b' ' || byte == b'\t';
        let literal = (byte.is_ascii_graphic() && byte != b'=') || (blank && !ends_line);
        let width = if literal { 1 } else { 3 };
        // One column stays free for the soft line break.
        if column + width >= QUOTED_LINE_MAX {
            push(out, "=\r\n");
            column = 0;
        }
        if literal {
            out.push(byte);
        } else {
            out.push(b'=');
            out.push(b"0123456789ABCDEF"[usize::from(byte >> 4)]);
            out.push(b"0123456789ABCDEF"[usize::from(byte & 0xF)]);
        }
        column += width;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            match &text[at..] {
                [b'=', b'\r', b'\n', ..] => at += 3,
                [b'=', high, low, ..] => {
                    let digits = [*high, *low];
                    let digits = std::str::from_utf8(&digits).unwrap();
                    out.push(u8::from_str_radix(digits, 16).unwrap());
                    at += 3;
                }
                [b'\r', b'\n', ..] => {
                    out.push(b'\n');
                    at += 2;
                }
                [byte, ..] => {
                    out.push(*byte);
                    at += 1;
                }
                [] => break,
            }
        }
        out
    }

    proptest! {
        #[test]
        fn long_lines_are_found_wherever_they_are(lines in proptest::collection::vec(0_usize..1_100, 0..8)) {
            let body = lines.iter().map(|length| "x".repeat(*length)).collect::<Vec<_>>().join("\n");
            let expected = lines.iter().any(|length| *length > LINE_MAX);
            prop_assert_eq!(has_long_line(body.as_bytes()), expected);
        }

        #[test]
        fn quoted_printable_text_decodes_to_what_it_was(body in "(\\PC|[ \t\n=.]){0,300}") {
            let mut out = Vec::new();
            push_quoted_printable(&mut out, body.as_bytes());
            prop_assert!(out.is_ascii());
            prop_assert!(out.split(|byte| *byte == b'\n').all(|line| line.len() <= QUOTED_LINE_MAX + 1));
            let expected = body.strip_suffix('\n').unwrap_or(&body);
            prop_assert_eq!(decode(&out), expected.as_bytes());
        }

        #[test]
        fn every_line_end_becomes_crlf(body in "[a\n]{0,60}") {
            let mut out = Vec::new();
            push_crlf(&mut out, body.as_bytes());
            let text = String::from_utf8(out).unwrap();
            prop_assert_eq!(text.replace("\r\n", "\n"), body.strip_suffix('\n').unwrap_or(&body));
        }
    }
}
