//! Dot-stuffing and the end of a mail (RFC 5321, 4.5.2).

use memchr::memmem;

/// What ends a mail.
pub(super) const END_OF_MAIL: &[u8] = b"\r\n.\r\n";

/// Doubles the dots at the beginnings of lines. Only CRLF ends a line; the text begins with one.
///
/// A text without such dots, the common case, is only looked at.
pub(super) fn stuff_dots(text: &mut Vec<u8>) {
    const DOTTED_LINE: &[u8] = b"\r\n.";
    let leading = usize::from(text.first() == Some(&b'.'));
    let mut dots = memmem::find_iter(text, DOTTED_LINE).count() + leading;
    if dots == 0 {
        return;
    }
    let mut unmoved = text.len();
    text.resize(text.len() + dots, 0);
    // From the end, so that every byte moves once and nothing is overwritten before it moves.
    while dots > 0 {
        let dot = memmem::rfind(&text[..unmoved], DOTTED_LINE).map_or(0, |line_end| line_end + 2);
        text.copy_within(dot..unmoved, dot + dots);
        dots -= 1;
        text[dot + dots] = b'.';
        unmoved = dot;
    }
}

#[cfg(test)]
mod tests {
    use mock_smtp::data::{DataLimits, DataReader};
    use proptest::prelude::*;

    use super::*;

    /// What a server makes of the text; `None` when it sees the end elsewhere than at the end.
    fn received(wire: &[u8]) -> Option<Vec<u8>> {
        let mut reader = DataReader::new(DataLimits {
            kept_bytes_max: usize::MAX / 2,
            message_bytes_max: u64::MAX,
        });
        let progress = reader.read(wire);
        (progress.ended && progress.consumed == wire.len()).then(|| reader.take_content())
    }

    #[test]
    fn a_text_without_dotted_lines_is_left_alone() {
        let mut text = b"a.b\n.c\r.d\r\n e.\r\n".to_vec();
        stuff_dots(&mut text);
        assert_eq!(text, b"a.b\n.c\r.d\r\n e.\r\n");
    }

    #[test]
    fn dots_that_begin_lines_are_doubled() {
        let mut text = b".\r\n.a\r\n..\r\n\r\n.\r\n.".to_vec();
        stuff_dots(&mut text);
        assert_eq!(text, b"..\r\n..a\r\n...\r\n\r\n..\r\n..");
    }

    proptest! {
        #[test]
        fn a_server_receives_any_text_as_it_was(text in "[\r\n.a]{0,60}") {
            let mut wire = text.clone().into_bytes();
            stuff_dots(&mut wire);
            wire.extend_from_slice(END_OF_MAIL);
            prop_assert_eq!(received(&wire), Some(format!("{text}\r\n").into_bytes()));
        }
    }
}
