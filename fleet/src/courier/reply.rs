//! Reading the replies of a mail server, as many bytes of them as is sensible.

use std::io;

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest reply, in bytes; it may have many lines.
///
/// The mail library parses a reply anew with each of its lines, so that what a hostile server can
/// make it cost grows with the square of this.
pub(super) const REPLY_BYTES_MAX: usize = 4 * 1024;

/// How reports call bytes that are none.
pub(super) const NOT_A_REPLY: &str = "what came is no SMTP reply";

const READ_BYTES: usize = 1024;

/// One complete reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reply {
    /// 200 to 599.
    pub(super) code: u16,
    /// All its lines, in ASCII, each with its code and CRLF.
    pub(super) text: String,
}

impl Reply {
    pub(super) fn is_positive(&self) -> bool {
        self.code < 300
    }

    /// Whether a line behind the first begins with the keyword of an extension.
    pub(super) fn offers(&self, keyword: &str) -> bool {
        self.text.lines().skip(1).any(|line| {
            line.get(4..)
                .and_then(|extension| extension.split_ascii_whitespace().next())
                .is_some_and(|word| word.eq_ignore_ascii_case(keyword))
        })
    }
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum NoReply {
    /// The connection broke.
    Broken(io::Error),
    /// The server closed the connection.
    Closed,
    /// What came is not a reply.
    Malformed(&'static str),
}

/// Collects replies from a stream.
#[derive(Debug, Default)]
pub(super) struct ReplyReader {
    unread: Vec<u8>,
}

impl ReplyReader {
    /// Whether the server has sent more than was asked for.
    pub(super) fn has_more(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Reads one reply.
    pub(super) async fn read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> Result<Reply, NoReply> {
        let mut text = String::new();
        let mut code = None;
        loop {
            while let Some(end) = memchr(b'\n', &self.unread) {
                let line = parse_line(&self.unread[..=end])?;
                if code.is_some_and(|code| code != line.code) {
                    return Err(NoReply::Malformed("a reply with two codes"));
                }
                code = Some(line.code);
                push_line(&mut text, &line);
                let is_last = line.is_last;
                let code = line.code;
                self.unread.drain(..=end);
                if is_last {
                    return Ok(Reply { code, text });
                }
            }
            if text.len() + self.unread.len() > REPLY_BYTES_MAX {
                return Err(NoReply::Malformed("a reply without end"));
            }
            self.fill(stream).await?;
        }
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<(), NoReply> {
        let mut chunk = [0; READ_BYTES];
        match stream.read(&mut chunk).await {
            Ok(0) => Err(NoReply::Closed),
            Ok(count) => {
                self.unread.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(error) => Err(NoReply::Broken(error)),
        }
    }
}

struct Line<'a> {
    code: u16,
    is_last: bool,
    text: &'a [u8],
}

/// Takes a line with its line feed apart.
fn parse_line(line: &[u8]) -> Result<Line<'_>, NoReply> {
    let malformed = NoReply::Malformed(NOT_A_REPLY);
    let Some(line) = line.strip_suffix(b"\r\n") else {
        return Err(malformed);
    };
    let (digits, rest) = match line {
        [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => ([*a, *b, *c], rest),
        _ => return Err(malformed),
    };
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest {
        [b'-', text @ ..] => Ok(Line {
            code,
            is_last: false,
            text,
        }),
        [b' ', text @ ..] => Ok(Line {
            code,
            is_last: true,
            text,
        }),
        // RFC 5321 lets the blank go with the text.
        [] => Ok(Line {
            code,
            is_last: true,
            text: &[],
        }),
        _ => Err(malformed),
    }
}

fn push_line(out: &mut String, line: &Line<'_>) {
    let separator = if line.is_last { ' ' } else { '-' };
    out.push_str(&line.code.to_string());
    out.push(separator);
    out.extend(line.text.iter().map(|&byte| ascii(byte)));
    out.push_str("\r\n");
}

/// Replies are ASCII; what some servers say in other encodings must not cost the reply.
fn ascii(byte: u8) -> char {
    if byte.is_ascii() { byte.into() } else { '?' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn read(mut bytes: &[u8]) -> Result<Reply, NoReply> {
        ReplyReader::default().read(&mut bytes).await
    }

    fn error(result: Result<Reply, NoReply>) -> &'static str {
        match result.unwrap_err() {
            NoReply::Malformed(what) => what,
            NoReply::Closed => "closed",
            NoReply::Broken(_) => "broken",
        }
    }

    #[tokio::test]
    async fn replies_are_read_one_by_one() {
        let mut bytes: &[u8] = b"250-a\r\n250-STARTTLS\r\n250 SIZE 1\r\n220\r\n";
        let mut reader = ReplyReader::default();
        let hello = reader.read(&mut bytes).await.unwrap();
        assert_eq!(hello.text, "250-a\r\n250-STARTTLS\r\n250 SIZE 1\r\n");
        assert!(hello.offers("starttls") && hello.offers("SIZE") && !hello.offers("a"));
        assert!(reader.has_more());
        let second = reader.read(&mut bytes).await.unwrap();
        assert_eq!((second.code, &*second.text), (220, "220 \r\n"));
        assert!(!reader.has_more());
    }

    #[tokio::test]
    async fn what_is_no_reply_is_told_from_silence() {
        assert_eq!(error(read(b"hello\r\n").await), NOT_A_REPLY);
        assert_eq!(error(read(b"250 a\n").await), NOT_A_REPLY);
        assert_eq!(
            error(read(b"250-a\r\n550 b\r\n").await),
            "a reply with two codes"
        );
        assert_eq!(error(read(b"250-a\r\n25").await), "closed");
    }

    #[tokio::test]
    async fn a_reply_without_end_is_given_up() {
        let mut lines = tokio::io::AsyncReadExt::chain(tokio::io::repeat(b'2'), &b""[..]);
        let endless = ReplyReader::default().read(&mut lines).await;
        assert_eq!(error(endless), "a reply without end");
        let lines = b"250-more\r\n".repeat(REPLY_BYTES_MAX);
        assert_eq!(error(read(&lines).await), "a reply without end");
    }

    #[tokio::test]
    async fn other_encodings_become_question_marks() {
        assert_eq!(read(b"250 \xFCber\r\n").await.unwrap().text, "250 ?ber\r\n");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(read(&bytes));
        }
    }
}
