//! Refuses requests whose framing two readers could understand differently.
//!
//! The HTTP library takes the lenient reading in some of these cases: it prefers
//! `Transfer-Encoding` to `Content-Length`, merges equal lengths and ends lines at a bare LF.
//! Behind a proxy that reads otherwise, such a request smuggles a second one. [`Framing`] sees the
//! bytes first. Where it objects it overwrites a line end with NUL, which no parser accepts there:
//! the library then answers 400 and closes, in its place among pipelined requests.

/// Bytes of a header line that are kept: enough for a framing header with any value worth
/// accepting.
const LINE_KEPT_BYTES: usize = 64;

/// Follows the requests of one connection, byte by byte, without keeping them.
#[derive(Debug)]
pub(crate) struct Framing {
    state: State,
    line: [u8; LINE_KEPT_BYTES],
    /// Length of the current line, of which only the beginning is kept.
    line_bytes: usize,
    after_cr: bool,
    body: Option<BodyLength>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Before or inside a request line.
    RequestLine,
    Headers,
    /// Inside a body with so many bytes to come.
    Body(u64),
    /// Behind the head of a chunked request, the last one of its connection, or behind a refused
    /// one.
    Rest,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BodyLength {
    Bytes(u64),
    Chunked,
}

/// A request that is not to be let through.
struct Ambiguous;

impl Framing {
    pub(crate) fn new() -> Self {
        Self {
            state: State::RequestLine,
            line: [0; LINE_KEPT_BYTES],
            line_bytes: 0,
            after_cr: false,
            body: None,
        }
    }

    /// Looks at the next bytes of the connection, and spoils the first ambiguous request among
    /// them.
    pub(crate) fn inspect(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while at < bytes.len() {
            match self.state {
                State::Rest => return,
                State::Body(left) => {
                    let available = bytes.len() - at;
                    let skipped =
                        usize::try_from(left).map_or(available, |left| left.min(available));
                    at += skipped;
                    let left = left - skipped as u64;
                    self.state = if left == 0 {
                        State::RequestLine
                    } else {
                        State::Body(left)
                    };
                }
                State::RequestLine | State::Headers => {
                    if self.head_byte(bytes[at]).is_err() {
                        bytes[at] = 0;
                        self.state = State::Rest;
                        return;
                    }
                    at += 1;
                }
            }
        }
    }

    fn head_byte(&mut self, byte: u8) -> Result<(), Ambiguous> {
        match (self.after_cr, byte) {
            (true, b'\n') => {
                self.after_cr = false;
                let ended = self.end_of_line();
                self.line_bytes = 0;
                ended
            }
            // A CR or an LF on its own ends a line for some readers and not for others.
            (true, _) | (false, b'\n') => Err(Ambiguous),
            (false, b'\r') => {
                self.after_cr = true;
                Ok(())
            }
            (false, _) => {
                if let Some(kept) = self.line.get_mut(self.line_bytes) {
                    *kept = byte;
                }
                self.line_bytes += 1;
                Ok(())
            }
        }
    }

    fn end_of_line(&mut self) -> Result<(), Ambiguous> {
        match (self.state, self.line_bytes) {
            // Empty lines before a request are left over from clients that end a body with one.
            (State::RequestLine, 0) => Ok(()),
            (State::RequestLine, _) => {
                self.state = State::Headers;
                Ok(())
            }
            (State::Headers, 0) => {
                self.state = match self.body.take() {
                    None | Some(BodyLength::Bytes(0)) => State::RequestLine,
                    Some(BodyLength::Bytes(bytes)) => State::Body(bytes),
                    Some(BodyLength::Chunked) => State::Rest,
                };
                Ok(())
            }
            (State::Headers | State::Body(_) | State::Rest, _) => self.header(),
        }
    }

    fn header(&mut self) -> Result<(), Ambiguous> {
        let line = &self.line[..self.line_bytes.min(LINE_KEPT_BYTES)];
        // A folded line belongs to the header before it for some readers, and to nothing for
        // others.
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(Ambiguous);
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Ok(());
        };
        let (name, value) = (line[..colon].trim_ascii_end(), &line[colon + 1..]);
        let body = if name.eq_ignore_ascii_case(b"content-length") {
            BodyLength::Bytes(decimal(value.trim_ascii()).ok_or(Ambiguous)?)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(Ambiguous);
            }
            BodyLength::Chunked
        } else {
            return Ok(());
        };
        let overlong = self.line_bytes > LINE_KEPT_BYTES;
        if overlong || name.len() != colon || self.body.replace(body).is_some() {
            return Err(Ambiguous);
        }
        Ok(())
    }
}

/// Digits and nothing else: no sign, no list, no blank.
fn decimal(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
