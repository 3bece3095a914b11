//! The line being typed: its text, the cursor, and what the terminal is sent to show both.
//!
//! The line is never wrapped, scrolled or redrawn: clients compare the echo with what they sent.

use super::keys::Key;

/// Most characters of a line. Devices stop typing at 254; pasted lines of up to 511 are wanted by
/// clients, so that is the limit for both. What goes beyond it rings the bell and is lost.
pub const LINE_CHARACTERS_MAX: usize = 511;

const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;

/// The line being typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Editor {
    characters: Vec<char>,
    cursor: usize,
    /// What was deleted last at once, for [`Key::Recall`].
    deleted: Vec<char>,
}

impl Editor {
    /// The text typed so far.
    pub(super) fn text(&self) -> String {
        self.characters.iter().collect()
    }

    /// The text before the cursor.
    pub(super) fn before_cursor(&self) -> String {
        self.characters[..self.cursor].iter().collect()
    }

    /// Takes the line away.
    pub(super) fn take(&mut self) -> String {
        let text = self.text();
        self.clear();
        text
    }

    /// Empties the line, keeping its memory small.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts `text` in the place of the line, without showing it.
    pub(super) fn set(&mut self, text: &str) {
        self.characters = text.chars().take(LINE_CHARACTERS_MAX).collect();
        self.cursor = self.characters.len();
    }

    /// Shows the line and puts the cursor where it belongs.
    pub(super) fn show(&self, out: &mut Vec<u8>) {
        push_characters(out, &self.characters);
        push_times(out, BACKSPACE, self.characters.len() - self.cursor);
    }

    /// Puts `text` in the place of the line and of what the terminal shows of it.
    pub(super) fn replace(&mut self, text: &str, out: &mut Vec<u8>) {
        self.move_to(self.characters.len(), out);
        self.delete(0, self.cursor, out);
        self.set(text);
        self.show(out);
    }

    /// Edits the line as `key` says. Keys that edit nothing do nothing.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the session takes the keys that are not about editing"
    )]
    pub(super) fn edit(&mut self, key: Key, out: &mut Vec<u8>) {
        let (cursor, end) = (self.cursor, self.characters.len());
        match key {
            Key::Character(character) => self.insert(character, out),
            Key::Backspace => self.delete(cursor.saturating_sub(1), cursor, out),
            Key::DeleteRight => self.delete(cursor, end.min(cursor + 1), out),
            Key::DeleteWordLeft => self.cut(self.word_left(), cursor, out),
            Key::DeleteWordRight => self.cut(cursor, self.word_right(), out),
            Key::DeleteToStart => self.cut(0, cursor, out),
            Key::DeleteToEnd => self.cut(cursor, end, out),
            Key::Recall => {
                for character in self.deleted.clone() {
                    self.insert(character, out);
                }
            }
            Key::Transpose => self.transpose(out),
            Key::LineStart => self.move_to(0, out),
            Key::LineEnd => self.move_to(end, out),
            Key::Left => self.move_to(cursor.saturating_sub(1), out),
            Key::Right => self.move_to(end.min(cursor + 1), out),
            Key::WordLeft => self.move_to(self.word_left(), out),
            Key::WordRight => self.move_to(self.word_right(), out),
            _ => {}
        }
    }

    fn insert(&mut self, character: char, out: &mut Vec<u8>) {
        if self.characters.len() >= LINE_CHARACTERS_MAX {
            out.push(BELL);
            return;
        }
        self.characters.insert(self.cursor, character);
        push_characters(out, &self.characters[self.cursor..]);
        self.cursor += 1;
        push_times(out, BACKSPACE, self.characters.len() - self.cursor);
    }

    /// Deletes the characters from `from` up to `to`; the cursor is at one of the two.
    fn delete(&mut self, from: usize, to: usize, out: &mut Vec<u8>) {
        if from == to {
            return;
        }
        self.move_to(from, out);
        self.characters.drain(from..to);
        push_characters(out, &self.characters[from..]);
        push_times(out, b' ', to - from);
        push_times(out, BACKSPACE, self.characters.len() - from + to - from);
    }

    /// Deletes the characters from `from` up to `to`, and keeps them.
    fn cut(&mut self, from: usize, to: usize, out: &mut Vec<u8>) {
        if from < to {
            self.deleted = self.characters[from..to].to_vec();
        }
        self.delete(from, to, out);
    }

    /// The characters on both sides of the cursor change places; at the end of the line, the last two.
    fn transpose(&mut self, out: &mut Vec<u8>) {
        let right = self.cursor.min(self.characters.len().saturating_sub(1));
        if right == 0 {
            return;
        }
        self.move_to(right - 1, out);
        self.characters.swap(right - 1, right);
        self.move_to(right + 1, out);
    }

    fn move_to(&mut self, position: usize, out: &mut Vec<u8>) {
        if position < self.cursor {
            push_times(out, BACKSPACE, self.cursor - position);
        } else {
            push_characters(out, &self.characters[self.cursor..position]);
        }
        self.cursor = position;
    }

    fn word_left(&self) -> usize {
        let before = &self.characters[..self.cursor];
        let word_end = before
            .iter()
            .rposition(|character| *character != ' ')
            .map_or(0, |position| position + 1);
        before[..word_end]
            .iter()
            .rposition(|character| *character == ' ')
            .map_or(0, |position| position + 1)
    }

    fn word_right(&self) -> usize {
        let behind = &self.characters[self.cursor..];
        let blanks = behind
            .iter()
            .take_while(|character| **character == ' ')
            .count();
        let word = behind[blanks..]
            .iter()
            .take_while(|character| **character != ' ')
            .count();
        self.cursor + blanks + word
    }
}

fn push_characters(out: &mut Vec<u8>, characters: &[char]) {
    let mut bytes = [0; 4];
    for character in characters {
        out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
    }
}

fn push_times(out: &mut Vec<u8>, byte: u8, times: usize) {
    out.resize(out.len() + times, byte);
}

/// Most lines that a terminal remembers, whatever `terminal history size` asks for.
pub(super) const HISTORY_LINES_MAX: usize = 256;
/// How many lines a terminal remembers unless told otherwise.
pub(super) const HISTORY_LINES_DEFAULT: usize = 20;

/// The lines typed before.
#[derive(Clone, Debug)]
pub(crate) struct History {
    lines: Vec<String>,
    size: usize,
    /// How far back the user has gone; 0 is the line being typed.
    back: usize,
}

impl Default for History {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            size: HISTORY_LINES_DEFAULT,
            back: 0,
        }
    }
}

impl History {
    /// Remembers `line`, unless it is blank or the one remembered last.
    pub(super) fn push(&mut self, line: &str) {
        self.back = 0;
        if line.trim().is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        self.lines.push(line.to_owned());
        self.shorten();
    }

    /// Remembers at most `size` lines from here on.
    pub(crate) fn resize(&mut self, size: usize) {
        self.size = size.min(HISTORY_LINES_MAX);
        self.shorten();
    }

    fn shorten(&mut self) {
        let excess = self.lines.len().saturating_sub(self.size);
        self.lines.drain(..excess);
    }

    /// How many lines are remembered.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The line before the one shown last, if there is one.
    pub(super) fn older(&mut self) -> Option<&str> {
        let back = self.back + 1;
        let position = self.lines.len().checked_sub(back)?;
        self.back = back;
        Some(&self.lines[position])
    }

    /// The line behind the one shown last; empty behind the newest.
    pub(super) fn newer(&mut self) -> &str {
        self.back = self.back.saturating_sub(1);
        match self.back {
            0 => "",
            back => &self.lines[self.lines.len() - back],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal shows after `bytes`.
    fn screen(bytes: &[u8]) -> String {
        let (mut cells, mut at) = (Vec::new(), 0_usize);
        for byte in bytes {
            match *byte {
                BACKSPACE => at = at.saturating_sub(1),
                BELL => {}
                shown => {
                    if at == cells.len() {
                        cells.push(shown);
                    }
                    cells[at] = shown;
                    at += 1;
                }
            }
        }
        String::from_utf8(cells).unwrap().trim_end().to_owned()
    }

    #[test]
    fn the_terminal_shows_the_line_whatever_is_done_to_it() {
        let mut editor = Editor::default();
        let mut out = Vec::new();
        let mut press = |keys: &[Key]| {
            for key in keys {
                editor.edit(*key, &mut out);
            }
            assert_eq!(screen(&out), editor.text().trim_end());
            editor.text()
        };
        press(
            &"show clok now"
                .chars()
                .map(Key::Character)
                .collect::<Vec<_>>(),
        );
        assert_eq!(
            press(&[Key::WordLeft, Key::Left, Key::Left]),
            "show clok now"
        );
        assert_eq!(press(&[Key::Character('c')]), "show clock now");
        assert_eq!(press(&[Key::LineEnd, Key::DeleteWordLeft]), "show clock ");
        assert_eq!(press(&[Key::LineStart, Key::DeleteRight]), "how clock ");
        assert_eq!(press(&[Key::DeleteWordRight]), " clock ");
        assert_eq!(press(&[Key::DeleteToEnd]), "");
        assert_eq!(press(&[Key::Recall]), " clock ");
        assert_eq!(press(&[Key::Transpose]), " cloc k");
        assert_eq!(press(&[Key::Left, Key::Left, Key::Transpose]), " clo ck");
        assert_eq!(press(&[Key::LineStart, Key::Transpose]), " clo ck");
    }

    #[test]
    fn what_is_typed_at_the_end_is_echoed_as_it_is() {
        let mut editor = Editor::default();
        let mut out = Vec::new();
        let line = "x".repeat(LINE_CHARACTERS_MAX);
        for character in line.chars() {
            editor.edit(Key::Character(character), &mut out);
        }
        assert_eq!(out, line.as_bytes());
        editor.edit(Key::Character('y'), &mut out);
        assert_eq!(out.last(), Some(&BELL));
    }

    #[test]
    fn history_goes_back_and_forth() {
        let mut history = History::default();
        for line in ["a", "b", "b"] {
            history.push(line);
        }
        assert_eq!(history.older(), Some("b"));
        assert_eq!(history.older(), Some("a"));
        assert_eq!(history.older(), None);
        assert_eq!(history.newer(), "b");
        assert_eq!(history.newer(), "");
    }
}
