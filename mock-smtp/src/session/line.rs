//! Cutting command lines out of the input.

use crate::reply::{self, Reply};

/// What stands at the beginning of the input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Line<'a> {
    /// A line of text.
    Complete {
        /// The line without its CRLF.
        text: &'a str,
        /// Its length in the input.
        length: usize,
    },
    /// A line that gets this reply and is not looked at any further.
    Refused {
        /// The reply.
        reply: Reply,
        /// Its length in the input.
        length: usize,
    },
    /// A part of a line that can still become a good one.
    Partial,
    /// A part of a line that is too long already.
    Endless,
}

/// The first line of the input, at most `bytes_max` bytes with its CRLF.
///
/// A line is over at the first LF whatever stands before it, so that nobody waits for a reply in
/// vain; without the CR it is refused, so that nothing can be hidden behind a bare LF.
pub(super) fn first(input: &[u8], bytes_max: usize) -> Line<'_> {
    let within = &input[..input.len().min(bytes_max)];
    let Some(end) = memchr::memchr(b'\n', within) else {
        return if input.len() < bytes_max {
            Line::Partial
        } else {
            Line::Endless
        };
    };
    let length = end + 1;
    let text = input[..end]
        .strip_suffix(b"\r")
        .and_then(|text| str::from_utf8(text).ok());
    match text {
        Some(text) if !text.contains(|character: char| is_forbidden(character)) => {
            Line::Complete { text, length }
        }
        Some(_) | None => Line::Refused {
            reply: reply::BAD_LINE,
            length,
        },
    }
}

fn is_forbidden(character: char) -> bool {
    character.is_control() && character != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_crlf() {
        assert_eq!(
            first(b"NOOP\r\nQUIT\r\n", 512),
            Line::Complete {
                text: "NOOP",
                length: 6
            }
        );
    }

    #[test]
    fn a_line_with_a_bare_lf_bare_cr_nul_or_bad_utf8_is_refused() {
        for (input, length) in [
            (&b"NOOP\nQUIT\r\n"[..], 5),
            (b"NO\rOP\r\n", 7),
            (b"NO\0P\r\n", 6),
            (b"NO\xffP\r\n", 6),
        ] {
            assert_eq!(
                first(input, 512),
                Line::Refused {
                    reply: reply::BAD_LINE,
                    length
                }
            );
        }
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let line = [&[b'a'; 510][..], b"\r\n"].concat();
        assert!(matches!(
            first(&line, 512),
            Line::Complete { length: 512, .. }
        ));
        let line = [&[b'a'; 511][..], b"\r\n"].concat();
        assert_eq!(first(&line, 512), Line::Endless);
    }

    #[test]
    fn a_part_of_a_line_is_waited_for_only_below_the_limit() {
        assert_eq!(first(&[b'a'; 511], 512), Line::Partial);
        assert_eq!(first(&[b'a'; 512], 512), Line::Endless);
    }
}
