//! The DATA phase: finding the end of a message, and nothing but its end.
//!
//! Exactly CRLF `.` CRLF ends a message, the first CRLF being the one that ends the DATA line for
//! an empty message. A bare CR or LF is text: it never ends a line, so `LF.LF`, `LF.CRLF`, `CR.CR`,
//! `CRLF.LF` and `CRLF.CR CRLF` are all inside the message. RFC 5321 sections 2.3.8, 4.1.1.4, 4.5.2.

use memchr::memchr2;

/// Longest text line without its CRLF, in bytes (RFC 5321 section 4.5.3.1.6).
pub const TEXT_LINE_BYTES_MAX: u64 = 998;

/// Content capacity that survives from one message to the next, in bytes.
const CAPACITY_KEPT_BYTES: usize = 16 * 1024;

/// How much of a message is kept and how much is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DataLimits {
    /// Bytes kept from the beginning; the rest is counted only.
    pub kept_bytes_max: usize,
    /// Largest message; a larger one is read to its end and is then oversize.
    pub message_bytes_max: u64,
}

/// What was odd about a message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Flaws {
    /// CR without LF.
    pub bare_cr: u64,
    /// LF without CR.
    pub bare_lf: u64,
    /// Lines above [`TEXT_LINE_BYTES_MAX`].
    pub long_lines: u64,
}

/// How far [`DataReader::read`] came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DataProgress {
    /// Input bytes that belong to the message and its end; what follows is not part of it.
    pub consumed: usize,
    /// Whether the end was found. If not, all input was consumed.
    pub ended: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Position {
    /// Behind a CRLF, or at the very beginning.
    LineStart,
    /// Behind the dot that begins a line; whether it is stuffing or the end is open.
    Dot,
    /// Behind dot and CR at the beginning of a line.
    DotCr,
    /// Inside a line.
    Text,
    /// Behind a CR inside a line.
    Cr,
}

/// Reads one message after the other; feed it input in slices of any size.
#[derive(Debug)]
pub struct DataReader {
    limits: DataLimits,
    position: Position,
    content: Vec<u8>,
    size_bytes: u64,
    line_bytes: u64,
    flaws: Flaws,
}

impl DataReader {
    /// A reader at the beginning of a message.
    #[must_use]
    pub fn new(limits: DataLimits) -> Self {
        Self {
            limits,
            position: Position::LineStart,
            content: Vec::new(),
            size_bytes: 0,
            line_bytes: 0,
            flaws: Flaws::default(),
        }
    }

    /// Forgets the message and stands at the beginning of the next; its memory is used again.
    pub fn restart(&mut self) {
        self.content.clear();
        // One large message must not tie up memory for as long as its connection idles.
        self.content.shrink_to(CAPACITY_KEPT_BYTES);
        self.position = Position::LineStart;
        self.size_bytes = 0;
        self.line_bytes = 0;
        self.flaws = Flaws::default();
    }

    /// Reads on. After the end was found, call [`Self::restart`] before the next message.
    pub fn read(&mut self, input: &[u8]) -> DataProgress {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if self.position == Position::Text {
                let plain = &input[at..];
                let length = memchr2(b'\r', b'\n', plain).unwrap_or(plain.len());
                if length > 0 {
                    self.keep(&plain[..length]);
                    at += length;
                    continue;
                }
            }
            at += 1;
            if self.step(byte) {
                return DataProgress {
                    consumed: at,
                    ended: true,
                };
            }
        }
        DataProgress {
            consumed: at,
            ended: false,
        }
    }

    /// The message without dot-stuffing, as far as it is kept.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Takes the kept content out of the reader.
    #[must_use]
    pub fn take_content(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.content)
    }

    /// Size of the message so far, in bytes, without dot-stuffing and without the final dot.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Whether the message is larger than allowed.
    #[must_use]
    pub fn is_oversize(&self) -> bool {
        self.size_bytes > self.limits.message_bytes_max
    }

    /// What was odd so far.
    #[must_use]
    pub fn flaws(&self) -> Flaws {
        self.flaws
    }

    /// Takes one byte; says whether it ends the message.
    fn step(&mut self, byte: u8) -> bool {
        match self.position {
            Position::LineStart if byte == b'.' => self.position = Position::Dot,
            Position::LineStart | Position::Text => self.step_in_line(byte),
            Position::Dot if byte == b'\r' => self.position = Position::DotCr,
            // The dot was stuffing and is left out.
            Position::Dot => self.step_in_line(byte),
            Position::DotCr if byte == b'\n' => return true,
            Position::DotCr => {
                self.step_in_line(b'\r');
                self.step_behind_cr(byte);
            }
            Position::Cr => self.step_behind_cr(byte),
        }
        false
    }

    fn step_in_line(&mut self, byte: u8) {
        self.keep(&[byte]);
        self.position = match byte {
            b'\r' => Position::Cr,
            b'\n' => {
                self.flaws.bare_lf += 1;
                Position::Text
            }
            _ => Position::Text,
        };
    }

    fn step_behind_cr(&mut self, byte: u8) {
        if byte == b'\n' {
            self.keep(b"\n");
            if self.line_bytes > TEXT_LINE_BYTES_MAX + 2 {
                self.flaws.long_lines += 1;
            }
            self.line_bytes = 0;
            self.position = Position::LineStart;
        } else {
            self.flaws.bare_cr += 1;
            self.step_in_line(byte);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.limits.kept_bytes_max - self.content.len();
        self.content
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.size_bytes += bytes.len() as u64;
        self.line_bytes += bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests;
