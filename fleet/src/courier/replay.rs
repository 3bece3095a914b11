//! Lets the mail library take over a session that has begun.
//!
//! lettre opens every session itself: it reads the greeting and says EHLO. It cannot say HELO to a
//! server that does not know EHLO, nor begin TLS with settings of ours, nor tell one part of the
//! opening from another. So the opening is done before, and played back to it from memory.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    reply::{REPLY_BYTES_MAX, Reply},
    stream::TracedStream,
};

/// A connection whose first replies come from memory, and whose first command goes nowhere.
#[derive(Debug)]
pub(super) struct Replay {
    stream: TracedStream,
    script: Vec<u8>,
    played: usize,
    hello_is_said: bool,
    /// Bytes read since the last command. lettre's own limit counts whole lines only, and so takes
    /// a line of any length.
    reply_bytes: usize,
}

impl Replay {
    /// A session on `stream` that the server has answered with `hello` to EHLO or HELO.
    pub(super) fn new(stream: TracedStream, hello: &Reply) -> Self {
        let mut script = b"220 \r\n".to_vec();
        script.extend_from_slice(hello.text.as_bytes());
        Self {
            stream,
            script,
            played: 0,
            hello_is_said: false,
            reply_bytes: 0,
        }
    }
}

impl AsyncTokioStream for Replay {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Replay {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = &self.script[self.played..];
        if !left.is_empty() {
            let count = left.len().min(buffer.remaining());
            buffer.put_slice(&left[..count]);
            self.played += count;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.reply_bytes += buffer.filled().len() - before;
        if self.reply_bytes > REPLY_BYTES_MAX {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a reply without end",
            )));
        }
        // lettre takes a reply with other bytes for a broken connection.
        for byte in &mut buffer.filled_mut()[before..] {
            if !byte.is_ascii() {
                *byte = b'?';
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replay {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.reply_bytes = 0;
        if self.hello_is_said {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        self.hello_is_said = bytes.ends_with(b"\n");
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
