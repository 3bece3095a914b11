//! What is done to the bytes of a connection: held up, slowed down, cut, replaced.
//!
//! Above TLS: what is slow, cut or garbage is what the client's protocol sees.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{FaultBoard, Manners};

/// Most bytes read at a time from a connection that is read slowly.
const SLOW_BYTES_MAX: usize = 4 * 1024;

/// A slow connection moves bytes this many times a second, if there are enough of them.
const MOVES_PER_S: u64 = 20;

/// What is to be done to what is written next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Order {
    /// After so many bytes the connection is over.
    Truncate(usize),
    /// So many bytes at a time, with a pause between.
    Slice {
        /// How many.
        bytes: usize,
        /// How long.
        pause: Duration,
    },
    /// These bytes are written instead, and then the connection is over.
    Replace(Vec<u8>),
    /// `first` is written instead, and then `block` over and over until the client is gone.
    Flood {
        /// The beginning.
        first: Vec<u8>,
        /// What comes again and again; not empty.
        block: Vec<u8>,
    },
}

/// Where a connection's stream finds its [`Order`].
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Mutex<Option<Order>>>);

impl Orders {
    /// Gives an order in place of the one before; `None` lets bytes pass again.
    pub fn give(&self, order: Option<Order>) {
        *self.lock() = order;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Order>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that behaves as badly as it is told.
#[derive(Debug)]
pub struct FaultyStream<S> {
    stream: S,
    board: Arc<FaultBoard>,
    orders: Orders,
    reading: Side,
    writing: Side,
    /// What a flood or a replacement has written of its current piece.
    written: usize,
}

/// One direction of a connection.
#[derive(Debug, Default)]
struct Side {
    bytes_per_s: Option<u64>,
    /// When the next bytes may move.
    free_at: Option<Instant>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Side {
    fn new(bytes_per_s: Option<u64>) -> Self {
        Self {
            bytes_per_s,
            ..Self::default()
        }
    }

    /// Ready when bytes may move.
    fn poll_free(&mut self, board: &FaultBoard, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.as_mut().poll(context));
                self.waiting = None;
            }
            let free_at = self.free_at.filter(|free_at| *free_at > Instant::now());
            let Some(at) = board.stalled_until().max(free_at) else {
                return Poll::Ready(());
            };
            self.waiting = Some(Box::pin(sleep_until(at)));
        }
    }

    /// How many of `bytes` may move at once.
    fn most(&self, bytes: usize) -> usize {
        self.bytes_per_s.map_or(bytes, |rate| {
            let portion = usize::try_from(rate / MOVES_PER_S).unwrap_or(usize::MAX);
            portion.clamp(1, SLOW_BYTES_MAX).min(bytes)
        })
    }

    /// Takes note of bytes that have moved.
    fn moved(&mut self, bytes: usize) {
        if let Some(rate) = self.bytes_per_s {
            let took = Duration::from_secs_f64(bytes as f64 / rate as f64);
            self.pause(took);
        }
    }

    fn pause(&mut self, pause: Duration) {
        let now = Instant::now();
        let from = self.free_at.map_or(now, |free_at| free_at.max(now));
        self.free_at = from.checked_add(pause);
    }
}

impl<S> FaultyStream<S> {
    /// A stream of a connection with these `manners`.
    pub fn new(stream: S, board: Arc<FaultBoard>, manners: Manners, orders: Orders) -> Self {
        Self {
            stream,
            board,
            orders,
            reading: Side::new(manners.read_bytes_per_s),
            writing: Side::new(manners.write_bytes_per_s),
            written: 0,
        }
    }

    /// The stream itself, which does nothing wrong.
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// Whether bytes go out without a look at them.
    fn writes_freely(&self) -> bool {
        let quiet = self.board.is_quiet() && self.writing.bytes_per_s.is_none();
        quiet && self.orders.lock().is_none()
    }

    /// Whether bytes come in without a look at them.
    fn reads_freely(&self) -> bool {
        self.board.is_quiet() && self.reading.bytes_per_s.is_none()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FaultyStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.reads_freely() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        ready!(this.reading.poll_free(&this.board, context));
        if this.reading.bytes_per_s.is_none() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let mut portion = [0; SLOW_BYTES_MAX];
        let most = this.reading.most(buffer.remaining());
        let mut portion = ReadBuf::new(&mut portion[..most]);
        ready!(Pin::new(&mut this.stream).poll_read(context, &mut portion))?;
        buffer.put_slice(portion.filled());
        this.reading.moved(portion.filled().len());
        Poll::Ready(Ok(()))
    }
}

/// The end that an order puts to a connection.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut by a fault")
}

impl<S: AsyncWrite + Unpin> FaultyStream<S> {
    /// Writes all of `piece`, of which `written` are written already.
    fn poll_piece(
        stream: &mut S,
        written: &mut usize,
        piece: &[u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while *written < piece.len() {
            let count = ready!(Pin::new(&mut *stream).poll_write(context, &piece[*written..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += count;
        }
        *written = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_write_paced(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = self.writing.most(bytes.len());
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, &bytes[..most]))?;
        self.writing.moved(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_by_order(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let orders = self.orders.clone();
        let mut order = orders.lock();
        match &mut *order {
            None => self.poll_write_paced(context, bytes),
            Some(Order::Truncate(0)) => Poll::Ready(Err(cut())),
            Some(Order::Truncate(left)) => {
                let most = bytes.len().min(*left);
                let written = ready!(self.poll_write_paced(context, &bytes[..most]))?;
                *left -= written;
                Poll::Ready(Ok(written))
            }
            Some(Order::Slice {
                bytes: slice,
                pause,
            }) => {
                let most = bytes.len().min(*slice);
                let written = ready!(self.poll_write_paced(context, &bytes[..most]))?;
                self.writing.pause(*pause);
                Poll::Ready(Ok(written))
            }
            Some(Order::Replace(piece)) => {
                ready!(Self::poll_piece(
                    &mut self.stream,
                    &mut self.written,
                    piece,
                    context
                ))?;
                *order = Some(Order::Truncate(0));
                Poll::Ready(Err(cut()))
            }
            Some(Order::Flood { first, block }) => {
                ready!(Self::poll_piece(
                    &mut self.stream,
                    &mut self.written,
                    first,
                    context
                ))?;
                first.clear();
                // The stream is not ready for ever: it takes turns with other tasks.
                loop {
                    ready!(Self::poll_piece(
                        &mut self.stream,
                        &mut self.written,
                        block,
                        context
                    ))?;
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FaultyStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.writes_freely() {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        }
        ready!(this.writing.poll_free(&this.board, context));
        this.poll_write_by_order(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.writes_freely() {
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.poll_write(context, first.map_or(&[], |slice| slice))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::super::Protocol;
    use super::*;

    fn board(text: &str) -> Arc<FaultBoard> {
        let board = FaultBoard::new(Protocol::Smtp, 7);
        if !text.is_empty() {
            board.add_written(&toml::from_str(text).unwrap()).unwrap();
        }
        board.start(Instant::now());
        Arc::new(board)
    }

    fn pair(
        board: &Arc<FaultBoard>,
        order: Option<Order>,
    ) -> (DuplexStream, FaultyStream<DuplexStream>) {
        let (client, server) = duplex(64);
        let orders = Orders::default();
        orders.give(order);
        let stream = FaultyStream::new(server, Arc::clone(board), board.manners(), orders);
        (client, stream)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_stream_moves_its_bytes_in_the_time_that_takes() {
        let board = board("slow-write = '100 B/s'");
        let (mut client, mut server) = pair(&board, None);
        let begun = Instant::now();
        let mut received = [0; 205];
        let (written, read) = tokio::join!(
            server.write_all(&[7; 205]),
            client.read_exact(&mut received)
        );
        assert!(written.is_ok() && read.is_ok() && received == [7; 205]);
        let took = begun.elapsed().as_millis();
        assert!((2_000..2_010).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_reading_takes_its_time_too() {
        let board = board("slow-read = '10 B/s'");
        let (mut client, mut server) = pair(&board, None);
        client.write_all(&[7; 50]).await.unwrap();
        let begun = Instant::now();
        let mut received = [0; 50];
        server.read_exact(&mut received).await.unwrap();
        let took = begun.elapsed().as_millis();
        assert!((4_900..4_910).contains(&took), "{took}");
        assert_eq!(received, [7; 50]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_holds_up_both_ways() {
        let board = board("stall = { time = '3s' }");
        let (mut client, mut server) = pair(&board, None);
        client.write_all(b"in").await.unwrap();
        let begun = Instant::now();
        server.read_exact(&mut [0; 2]).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 3);
        assert_eq!(board.reports()[0].applied, 1);
    }

    #[tokio::test]
    async fn a_truncated_reply_ends_where_it_is_told() {
        let (mut client, mut server) = pair(&board(""), Some(Order::Truncate(3)));
        let error = server.write_all(b"250 ok\r\n").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        drop(server);
        let mut received = String::new();
        client.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "250");
    }

    #[tokio::test(start_paused = true)]
    async fn slices_come_one_by_one() {
        let pause = Duration::from_secs(1);
        let (mut client, mut server) = pair(&board(""), Some(Order::Slice { bytes: 2, pause }));
        let begun = Instant::now();
        server.write_all(b"250 ok").await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 2);
        let mut received = [0; 6];
        client.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"250 ok");
    }

    #[tokio::test]
    async fn a_flood_ends_with_its_client_and_keeps_no_more_than_its_block() {
        let order = Order::Flood {
            first: b"250-first\r\n".to_vec(),
            block: b"250-more\r\n".to_vec(),
        };
        let (mut client, mut server) = pair(&board(""), Some(order));
        let flood = tokio::spawn(async move { server.write_all(b"250 ok\r\n").await });
        let mut received = vec![0; 100_001];
        client.read_exact(&mut received).await.unwrap();
        assert!(received.starts_with(b"250-first\r\n250-more\r\n250-more\r\n"));
        drop(client);
        assert!(flood.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_replacement_is_all_that_comes() {
        let (mut client, mut server) = pair(&board(""), Some(Order::Replace(b"\xff\xfe".to_vec())));
        assert!(server.write_all(b"HTTP/1.1 200 OK\r\n").await.is_err());
        drop(server);
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, b"\xff\xfe");
    }
}
