//! The log buffer of `logging buffered`: the newest lines up to a size in bytes.

use crate::text::push;

/// How far the stored text may outgrow its size before old lines are cut off, so that a busy
/// device does not move its whole buffer for every line.
const SLACK_BYTES: usize = 1024;

/// Log lines since boot, the newest of them as text. An empty buffer owns no memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogBuffer {
    text: Vec<u8>,
    lines_logged: u32,
}

impl LogBuffer {
    /// Appends `line`, which holds no line feed, and forgets what no longer fits `limit_bytes`.
    pub(crate) fn append(&mut self, line: &[u8], limit_bytes: usize) {
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        self.lines_logged = self.lines_logged.saturating_add(1);
        if self.text.len() > limit_bytes.saturating_add(SLACK_BYTES) {
            let start = self.text.len() - self.newest(limit_bytes).len();
            self.text.drain(..start);
        }
    }

    /// How many lines have been appended, those that are forgotten included.
    pub(crate) fn lines_logged(&self) -> u32 {
        self.lines_logged
    }

    /// The newest whole lines that fit `limit_bytes`, each with its line feed.
    pub(crate) fn newest(&self, limit_bytes: usize) -> &[u8] {
        newest_lines(&self.text, limit_bytes)
    }

    /// Appends the newest lines of `older` followed by this buffer's, as many as fit `limit_bytes`.
    pub(crate) fn push_after(&self, out: &mut Vec<u8>, older: &[u8], limit_bytes: usize) {
        let newest = self.newest(limit_bytes);
        if newest.len() == self.text.len() {
            out.extend_from_slice(newest_lines(older, limit_bytes - newest.len()));
        }
        push(out, std::str::from_utf8(newest).unwrap_or_default());
    }

    /// Whether the buffer holds, and owns, nothing.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.text.capacity() == 0
    }

    /// Forgets everything, as a reload does.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn newest_lines(text: &[u8], limit_bytes: usize) -> &[u8] {
    if text.len() <= limit_bytes {
        return text;
    }
    // The line that straddles the limit is left out: start behind the line feed that ends it.
    let earliest = text.len() - limit_bytes;
    match memchr::memchr(b'\n', &text[earliest - 1..]) {
        Some(end) => &text[earliest + end..],
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_make_room_for_the_newest() {
        let mut buffer = LogBuffer::default();
        for number in 0..1_000 {
            buffer.append(format!("line {number:04}").as_bytes(), 100);
            assert!(buffer.text.len() <= 100 + SLACK_BYTES);
        }
        let newest = String::from_utf8(buffer.newest(100).to_vec()).unwrap();
        assert_eq!(newest.lines().count(), 10);
        assert!(newest.starts_with("line 0990\n") && newest.ends_with("line 0999\n"));
        assert_eq!(buffer.lines_logged(), 1_000);
    }

    #[test]
    fn boot_lines_show_only_while_there_is_room() {
        let mut buffer = LogBuffer::default();
        buffer.append(b"new", 12);
        let mut out = Vec::new();
        buffer.push_after(&mut out, b"boot 1\nboot 2\n", 12);
        assert_eq!(out, b"boot 2\nnew\n");
    }
}
