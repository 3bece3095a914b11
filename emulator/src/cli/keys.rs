//! Terminal bytes to keys: line ends in all their forms, control characters, escape sequences,
//! UTF-8.
//!
//! Whatever a terminal sends that no key stands for is dropped here, so nothing behind it ever meets
//! a binary byte.

/// One key of a terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    /// A printable character.
    Character(char),
    /// RETURN, in whatever form the terminal sends it.
    Enter,
    /// TAB.
    Tab,
    /// Backspace and Delete.
    Backspace,
    /// `^A`, Home.
    LineStart,
    /// `^E`, End.
    LineEnd,
    /// `^B`, the left arrow.
    Left,
    /// `^F`, the right arrow.
    Right,
    /// `^P`, the up arrow.
    Older,
    /// `^N`, the down arrow.
    Newer,
    /// `ESC b`.
    WordLeft,
    /// `ESC f`.
    WordRight,
    /// `^D`, the Delete key of most terminals.
    DeleteRight,
    /// `ESC d`.
    DeleteWordRight,
    /// `^W`.
    DeleteWordLeft,
    /// `^U` and `^X`.
    DeleteToStart,
    /// `^K`.
    DeleteToEnd,
    /// `^T`: the characters before and at the cursor change places.
    Transpose,
    /// `^Y`: what was deleted last comes back.
    Recall,
    /// `^C`.
    Interrupt,
    /// `^Z`.
    End,
    /// `^R` and `^L`.
    Redraw,
    /// `^V`: the next character stands for itself.
    Quote,
}

/// Longest escape sequence that is waited for, in bytes; longer ones are given up.
const SEQUENCE_BYTES_MAX: u8 = 16;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Plain,
    /// Behind a carriage return: a line feed or a null belongs to it.
    AfterReturn,
    /// Behind ESC.
    Escape,
    /// Behind ESC and `[` or `O`; the number typed so far, and the bytes seen.
    Sequence { number: u8, seen: u8 },
    /// Inside a UTF-8 character: what it is so far, and how many bytes are missing.
    Utf8 { value: u32, missing: u8 },
}

/// Reads bytes one by one and says which keys they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decoder {
    state: State,
}

impl Decoder {
    /// The key that `byte` completes, if any.
    pub(super) fn key(&mut self, byte: u8) -> Option<Key> {
        let state = std::mem::take(&mut self.state);
        match state {
            State::AfterReturn if matches!(byte, b'\n' | 0) => None,
            State::Plain | State::AfterReturn => self.plain(byte),
            State::Escape => self.escape(byte),
            State::Sequence { number, seen } => self.sequence(byte, number, seen),
            State::Utf8 { value, missing } => self.utf8(byte, value, missing),
        }
    }

    fn plain(&mut self, byte: u8) -> Option<Key> {
        let key = match byte {
            b'\r' => {
                self.state = State::AfterReturn;
                Key::Enter
            }
            b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            0x08 | 0x7F => Key::Backspace,
            0x01 => Key::LineStart,
            0x02 => Key::Left,
            0x03 => Key::Interrupt,
            0x04 => Key::DeleteRight,
            0x05 => Key::LineEnd,
            0x06 => Key::Right,
            0x0B => Key::DeleteToEnd,
            0x0C | 0x12 => Key::Redraw,
            0x0E => Key::Newer,
            0x10 => Key::Older,
            0x14 => Key::Transpose,
            0x19 => Key::Recall,
            0x15 | 0x18 => Key::DeleteToStart,
            0x16 => Key::Quote,
            0x17 => Key::DeleteWordLeft,
            0x1A => Key::End,
            0x1B => {
                self.state = State::Escape;
                return None;
            }
            0x20..=0x7E => Key::Character(char::from(byte)),
            0xC2..=0xDF => return self.begin_utf8(byte & 0x1F, 1),
            0xE0..=0xEF => return self.begin_utf8(byte & 0x0F, 2),
            0xF0..=0xF4 => return self.begin_utf8(byte & 0x07, 3),
            _ => return None,
        };
        Some(key)
    }

    fn begin_utf8(&mut self, bits: u8, missing: u8) -> Option<Key> {
        self.state = State::Utf8 {
            value: bits.into(),
            missing,
        };
        None
    }

    fn utf8(&mut self, byte: u8, value: u32, missing: u8) -> Option<Key> {
        if byte & 0xC0 != 0x80 {
            // The character was cut off; this byte begins something else.
            return self.plain(byte);
        }
        let value = value << 6 | u32::from(byte & 0x3F);
        if missing > 1 {
            self.state = State::Utf8 {
                value,
                missing: missing - 1,
            };
            return None;
        }
        char::from_u32(value)
            .filter(|character| !character.is_control())
            .map(Key::Character)
    }

    fn escape(&mut self, byte: u8) -> Option<Key> {
        match byte {
            b'[' | b'O' => {
                self.state = State::Sequence { number: 0, seen: 0 };
                None
            }
            b'b' | b'B' => Some(Key::WordLeft),
            b'f' | b'F' => Some(Key::WordRight),
            b'd' | b'D' => Some(Key::DeleteWordRight),
            // A control character ends the sequence and means what it always does.
            0..=0x1F => self.plain(byte),
            _ => None,
        }
    }

    fn sequence(&mut self, byte: u8, number: u8, seen: u8) -> Option<Key> {
        match byte {
            b'A' => Some(Key::Older),
            b'B' => Some(Key::Newer),
            b'C' => Some(Key::Right),
            b'D' => Some(Key::Left),
            b'H' => Some(Key::LineStart),
            b'F' => Some(Key::LineEnd),
            b'~' => match number {
                1 | 7 => Some(Key::LineStart),
                3 => Some(Key::DeleteRight),
                4 | 8 => Some(Key::LineEnd),
                _ => None,
            },
            b'0'..=b'9' | b';' if seen < SEQUENCE_BYTES_MAX => {
                let number = match byte {
                    b';' => number,
                    digit => number.saturating_mul(10).saturating_add(digit - b'0'),
                };
                self.state = State::Sequence {
                    number,
                    seen: seen + 1,
                };
                None
            }
            0..=0x1F => self.plain(byte),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        bytes.iter().filter_map(|byte| decoder.key(*byte)).collect()
    }

    #[test]
    fn every_form_of_a_line_end_is_one_return() {
        for bytes in [&b"\r\n"[..], b"\r", b"\n", b"\r\0"] {
            assert_eq!(keys(bytes), [Key::Enter]);
        }
        assert_eq!(keys(b"\r\r\n\n"), [Key::Enter; 3]);
    }

    #[test]
    fn arrows_come_in_two_forms() {
        assert_eq!(keys(b"\x1b[A\x1bOA"), [Key::Older; 2]);
        assert_eq!(keys(b"\x1b[3~\x1b[1;5C"), [Key::DeleteRight, Key::Right]);
    }

    #[test]
    fn typographic_quotes_are_characters_and_broken_ones_are_not() {
        assert_eq!(keys("\u{201C}".as_bytes()), [Key::Character('\u{201C}')]);
        assert_eq!(keys(b"\xE2\x80x\xFF\x00"), [Key::Character('x')]);
    }
}
