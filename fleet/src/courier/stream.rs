//! A connection that counts what was handed to the kernel.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::clock;

const NEVER: u64 = u64::MAX;

/// How much of a message has left, seen from outside of the library that owns the connection.
///
/// Atomics, as that library wants its stream to be `Sync`; a connection is used by one task at a
/// time.
#[derive(Debug)]
pub(super) struct Trace {
    origin: Instant,
    /// Bytes the connection took, before encryption.
    taken: AtomicU64,
    /// Of these, how many the kernel has.
    handed: AtomicU64,
    /// `handed` when the watch began.
    base: AtomicU64,
    /// The value of `handed` that is watched for.
    mark: AtomicU64,
    /// When the mark was reached, in nanoseconds since `origin`.
    reached_ns: AtomicU64,
    ended: AtomicBool,
}

impl Trace {
    fn new() -> Self {
        Self {
            origin: clock::now(),
            taken: AtomicU64::new(0),
            handed: AtomicU64::new(0),
            base: AtomicU64::new(0),
            mark: AtomicU64::new(NEVER),
            reached_ns: AtomicU64::new(NEVER),
            ended: AtomicBool::new(false),
        }
    }

    /// Watches for the moment when the kernel has `bytes` more than it was given so far.
    pub(super) fn watch(&self, bytes: u64) {
        let base = self.taken.load(Relaxed);
        self.base.store(base, Relaxed);
        self.mark.store(base + bytes, Relaxed);
        self.reached_ns.store(NEVER, Relaxed);
    }

    /// When the kernel had what is watched for; `None` before.
    pub(super) fn reached(&self) -> Option<Instant> {
        match self.reached_ns.load(Relaxed) {
            NEVER => None,
            after => Some(self.origin + Duration::from_nanos(after)),
        }
    }

    /// How many bytes the kernel took since the watch began.
    pub(super) fn handed(&self) -> u64 {
        self.handed
            .load(Relaxed)
            .saturating_sub(self.base.load(Relaxed))
    }

    /// Whether nothing at all was written since the watch began.
    pub(super) fn is_untouched(&self) -> bool {
        self.taken.load(Relaxed) == self.base.load(Relaxed)
    }

    /// Whether the peer has ended the connection.
    pub(super) fn ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Relaxed);
    }

    /// The kernel has all that the connection took.
    fn hand_over(&self) {
        let taken = self.taken.load(Relaxed);
        self.handed.store(taken, Relaxed);
        if taken >= self.mark.load(Relaxed) && self.reached_ns.load(Relaxed) == NEVER {
            let after = clock::now().saturating_duration_since(self.origin);
            let after_ns = u64::try_from(after.as_nanos()).unwrap_or(NEVER - 1);
            self.reached_ns.store(after_ns, Relaxed);
        }
    }
}

#[derive(Debug)]
enum Channel {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

/// A TCP or TLS connection with its [`Trace`].
#[derive(Debug)]
pub(super) struct TracedStream {
    channel: Channel,
    trace: Arc<Trace>,
}

impl TracedStream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self::new(Channel::Plain(stream))
    }

    pub(super) fn secured(stream: TlsStream<TcpStream>) -> Self {
        Self::new(Channel::Secured(Box::new(stream)))
    }

    fn new(channel: Channel) -> Self {
        Self {
            channel,
            trace: Arc::new(Trace::new()),
        }
    }

    pub(super) fn trace(&self) -> Arc<Trace> {
        Arc::clone(&self.trace)
    }

    pub(super) fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.channel {
            Channel::Plain(stream) => stream.peer_addr(),
            Channel::Secured(stream) => stream.get_ref().0.peer_addr(),
        }
    }

    /// Notes how much the kernel has.
    ///
    /// A peer can make nothing of a TLS record before its last byte, so while ciphertext waits
    /// here, what was taken last has not been handed over.
    fn note(&self) {
        let waits = match &self.channel {
            Channel::Plain(_) => false,
            Channel::Secured(stream) => stream.get_ref().1.wants_write(),
        };
        if !waits {
            self.trace.hand_over();
        }
    }
}

impl AsyncRead for TracedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let wanted = buffer.remaining() > 0;
        let read = match &mut self.channel {
            Channel::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Channel::Secured(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        ready!(read)?;
        if wanted && buffer.filled().len() == before {
            self.trace.ended.store(true, Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TracedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.channel {
            Channel::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Channel::Secured(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        let written = ready!(written)?;
        self.trace.take(written);
        self.note();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.channel {
            Channel::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Channel::Secured(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        };
        let written = ready!(written)?;
        self.trace.take(written);
        self.note();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.channel {
            Channel::Plain(stream) => stream.is_write_vectored(),
            Channel::Secured(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match &mut self.channel {
            Channel::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Channel::Secured(stream) => Pin::new(stream).poll_flush(cx),
        };
        self.note();
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.channel {
            Channel::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Channel::Secured(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_reached_with_the_byte_that_is_watched_for() {
        let trace = Trace::new();
        trace.take(100);
        trace.hand_over();
        trace.watch(10);
        assert!(trace.is_untouched() && trace.reached().is_none());
        trace.take(9);
        trace.hand_over();
        assert_eq!((trace.handed(), trace.reached()), (9, None));
        trace.take(1);
        assert_eq!(trace.reached(), None, "the kernel does not have it yet");
        trace.hand_over();
        assert!(trace.reached().is_some() && trace.handed() == 10);
    }

    #[test]
    fn a_new_watch_forgets_the_last() {
        let trace = Trace::new();
        trace.watch(1);
        trace.take(1);
        trace.hand_over();
        trace.watch(1);
        assert!(trace.reached().is_none() && trace.is_untouched());
    }
}
