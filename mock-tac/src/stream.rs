//! A connection's byte stream as the HTTP library sees it: watched on the way in, never stuck on
//! the way out.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::framing::Framing;

/// A stream whose input passes [`Framing`] and whose output fails when the client stops reading.
pub(crate) struct WatchedStream<S> {
    stream: S,
    framing: Framing,
    write_stall: Duration,
    /// Runs while the client takes nothing. Made on the first stall: most clients never cause one.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> WatchedStream<S> {
    pub(crate) fn new(stream: S, write_stall: Duration) -> Self {
        Self {
            stream,
            framing: Framing::new(),
            write_stall,
            stalled: None,
        }
    }

    /// The stream itself, from which bytes are read unwatched.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    /// Passes on the result of a write, unless there has been none for too long.
    fn unless_stalled<T>(
        &mut self,
        context: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        let write_stall = self.write_stall;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(write_stall)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled_before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        this.framing
            .inspect(&mut buffer.filled_mut()[filled_before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.unless_stalled(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        this.unless_stalled(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_client_that_stops_reading_ends_the_stream() {
        let (mut client, server) = duplex(16);
        let mut server = WatchedStream::new(server, Duration::from_millis(1));
        let error = server.write_all(&[7; 17]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        client.read_exact(&mut [0; 16]).await.unwrap();
    }

    #[tokio::test]
    async fn a_slow_client_that_reads_gets_everything() {
        let (mut client, server) = duplex(16);
        let mut server = WatchedStream::new(server, Duration::from_secs(600));
        let mut received = vec![0; 1_000];
        let (written, read) = tokio::join!(
            server.write_all(&[7; 1_000]),
            client.read_exact(&mut received)
        );
        written.unwrap();
        assert_eq!(read.unwrap(), 1_000);
        assert_eq!(received, [7; 1_000]);
    }

    #[tokio::test]
    async fn what_is_read_has_passed_the_framing() {
        let (mut client, server) = duplex(100);
        let mut server = WatchedStream::new(server, Duration::from_secs(600));
        client.write_all(b"GET / HTTP/1.1\nmore").await.unwrap();
        let mut received = [0; 19];
        server.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"GET / HTTP/1.1\0more");
    }
}
