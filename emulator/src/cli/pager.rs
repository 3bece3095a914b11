//! Showing long outputs a page at a time.

/// What stands below a page that is not the last.
const MORE: &[u8] = b" --More-- ";
/// Takes it away again: the cursor goes back over it, blanks cover it, and the cursor goes back.
const ERASE: &[u8] =
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08\x08\x08\x08\x08\x08";

/// Appends `text` with every line feed as a carriage return and a line feed.
pub(super) fn push_crlf(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
}

/// The size of a terminal; 0 is without limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Size {
    pub(super) width: u16,
    pub(super) length: u16,
}

/// What of an output has not been shown.
#[derive(Debug)]
pub(super) struct Pager {
    text: Vec<u8>,
    shown: usize,
}

impl Pager {
    /// Pages of `text`, whose lines end with line feeds.
    pub(super) fn new(text: Vec<u8>) -> Self {
        Self { text, shown: 0 }
    }

    /// Adds `text` at the end.
    pub(super) fn append(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// Shows the next page of a terminal of `size`. Whether anything is left, and the terminal
    /// waits for a key.
    pub(super) fn page(&mut self, size: Size, out: &mut Vec<u8>) -> bool {
        let rows = match size.length {
            0 => usize::MAX,
            // The last row is for the prompt below the page.
            length => usize::from(length.max(2) - 1),
        };
        self.rows(rows, size.width, out)
    }

    /// Shows one more line.
    pub(super) fn line(&mut self, size: Size, out: &mut Vec<u8>) -> bool {
        self.rows(1, size.width, out)
    }

    /// Takes away what waits for a key.
    pub(super) fn erase(out: &mut Vec<u8>) {
        out.extend_from_slice(ERASE);
    }

    fn rows(&mut self, rows: usize, width: u16, out: &mut Vec<u8>) -> bool {
        let rest = &self.text[self.shown..];
        let (mut taken, mut used) = (0, 0_usize);
        for line in rest.split_inclusive(|byte| *byte == b'\n') {
            let height = match width {
                0 => 1,
                width => line.len().saturating_sub(1).div_ceil(width.into()).max(1),
            };
            if used > 0 && used.saturating_add(height) > rows {
                break;
            }
            used += height;
            taken += line.len();
        }
        push_crlf(out, &rest[..taken]);
        self.shown += taken;
        let left = self.shown < self.text.len();
        if left {
            out.extend_from_slice(MORE);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leaves_a_row_for_the_prompt_and_long_lines_take_several() {
        let size = Size {
            width: 4,
            length: 4,
        };
        let mut pager = Pager::new(b"a\nbbbbbb\nc\nd\n".to_vec());
        let mut out = Vec::new();
        assert!(pager.page(size, &mut out));
        assert_eq!(out, b"a\r\nbbbbbb\r\n --More-- ");
        out.clear();
        assert!(pager.line(size, &mut out));
        assert_eq!(out, b"c\r\n --More-- ");
        out.clear();
        assert!(!pager.page(size, &mut out));
        assert_eq!(out, b"d\r\n");
    }

    #[test]
    fn length_0_shows_everything() {
        let size = Size {
            width: 80,
            length: 0,
        };
        let mut out = Vec::new();
        assert!(!Pager::new(b"x\n".repeat(100)).page(size, &mut out));
        assert_eq!(out.len(), 300);
    }
}
