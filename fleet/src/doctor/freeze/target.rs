//! A mail server whose service times are known to the microsecond: one desk, first come first served.
//!
//! A message that has arrived waits until the desk is free, takes its service time, and is answered at
//! that instant. While the desk is frozen nothing is served. The target stamps when it answered each
//! message, by its own look at the clock, which is what the report is held against.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sink::MessageKey;

use crate::clock;

/// How long before an answer is due its thread stops sleeping and watches the clock.
const WATCHED: Duration = Duration::from_micros(80);
/// Longest line of a command or of a header.
const LINE_BYTES_MAX: u64 = 4_096;
/// Stack of a connection's thread; it holds a line or two.
const STACK_BYTES: usize = 128 * 1024;

/// What the service takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// Always the same.
    Fixed(Duration),
    /// Mostly `usual`; every `every`-th takes `rare`.
    Bimodal {
        /// What most take.
        usual: Duration,
        /// What some take.
        rare: Duration,
        /// How often: one of so many.
        every: u64,
    },
    /// `each`, but every `period` the desk is frozen for `frozen`.
    Stalls {
        /// What each takes.
        each: Duration,
        /// From the beginning of one stall to that of the next.
        period: Duration,
        /// How long a stall lasts.
        frozen: Duration,
    },
}

impl Service {
    /// The service time of message number `number`.
    pub fn time(&self, number: u64) -> Duration {
        match *self {
            Self::Fixed(time) => time,
            Self::Bimodal { usual, rare, every } => {
                if number % every == every - 1 {
                    rare
                } else {
                    usual
                }
            }
            Self::Stalls { each, .. } => each,
        }
    }

    /// When work that begins at `begin` and takes `time` is done; both since the target began.
    pub fn done(&self, begin: Duration, time: Duration) -> Duration {
        let Self::Stalls { period, frozen, .. } = *self else {
            return begin + time;
        };
        let thawed = |at: Duration| {
            // Stalls begin after the first period.
            let period_ns = period.as_nanos().max(1);
            let since_ns = at.as_nanos() % period_ns;
            let first = at.as_nanos() < period_ns;
            if first || since_ns >= frozen.as_nanos() {
                at
            } else {
                at + frozen - nanos(since_ns)
            }
        };
        let begin = thawed(begin);
        let next_stall =
            nanos((begin.as_nanos() / period.as_nanos().max(1) + 1) * period.as_nanos());
        if begin + time <= next_stall {
            begin + time
        } else {
            begin + time + frozen
        }
    }
}

fn nanos(ns: u128) -> Duration {
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// When the target answered each message.
pub(super) type Answers = HashMap<MessageKey, Instant>;

#[derive(Debug)]
struct Shared {
    service: Service,
    begun: Instant,
    /// When the desk is free again, since the target began.
    free_at: Mutex<Duration>,
    served: AtomicU64,
    answers: Mutex<Answers>,
    over: AtomicBool,
}

/// A target that is running.
#[derive(Debug)]
pub(super) struct Target {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Target {
    /// Starts a target on the loopback.
    ///
    /// # Errors
    /// When there is no port or no thread.
    pub(super) fn start(service: Service) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            service,
            begun: clock::now(),
            free_at: Mutex::new(Duration::ZERO),
            served: AtomicU64::new(0),
            answers: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        let accepting = thread::Builder::new()
            .name("known target".to_owned())
            .spawn(move || accept(&listener, &own))?;
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it; returns when it answered each message.
    pub(super) fn stop(self) -> Answers {
        self.shared.over.store(true, Ordering::Release);
        // The listener looks at the flag when somebody knocks.
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.join();
        std::mem::take(&mut lock(&self.shared.answers))
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.over.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else {
            continue;
        };
        let shared = Arc::clone(shared);
        // A connection without a thread is closed; the run counts what becomes of its message.
        let _ = thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // Whoever hangs up in the middle has ended the dialogue.
                let _ = talk(stream, &shared);
            });
    }
}

/// One dialogue.
fn talk(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    // Timers wake to the microsecond only for those who ask.
    let _ = nix::sys::prctl::set_timerslack(1);
    stream.set_nodelay(true)?;
    let mut replies = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    replies.write_all(b"220 known.example.net ESMTP\r\n")?;
    let mut line = Vec::new();
    loop {
        read_line(&mut lines, &mut line)?;
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match &verb[..] {
            b"" => return Ok(()),
            b"EHLO" => replies.write_all(b"250-known.example.net\r\n250 PIPELINING\r\n")?,
            b"DATA" => {
                replies.write_all(b"354 go ahead\r\n")?;
                let key = read_message(&mut lines, &mut line)?;
                let answered = serve(shared);
                replies.write_all(b"250 2.0.0 served\r\n")?;
                lock(&shared.answers).insert(key, answered);
            }
            b"QUIT" => return replies.write_all(b"221 2.0.0 bye\r\n"),
            _ => replies.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
}

/// Reads one line into `line`; nothing at the end.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    io::Read::take(&mut *lines, LINE_BYTES_MAX).read_until(b'\n', line)?;
    Ok(())
}

/// Reads a message to its end; returns the key of its identifier.
fn read_message(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<MessageKey> {
    let mut key = MessageKey::NONE;
    loop {
        read_line(lines, line)?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(key);
        }
        if key == MessageKey::NONE {
            key = key_in(line).unwrap_or(MessageKey::NONE);
        }
    }
}

/// The key of the identifier in `Message-ID: <M8.SERIAL.HEX@HOST>`.
fn key_in(line: &[u8]) -> Option<MessageKey> {
    let text = std::str::from_utf8(line).ok()?;
    let local = text.strip_prefix("Message-ID: <")?.split('@').next()?;
    let (number, rest) = local.split_once('.')?;
    let (serial, hex) = rest.rsplit_once('.')?;
    Some(MessageKey::of(&format!("{number}:{serial}:{hex}")))
}

/// Waits for the desk and for the service; returns when it was done.
fn serve(shared: &Shared) -> Instant {
    let done = {
        let mut free_at = lock(&shared.free_at);
        let arrived = clock::now().saturating_duration_since(shared.begun);
        let time = shared
            .service
            .time(shared.served.fetch_add(1, Ordering::Relaxed));
        *free_at = shared.service.done(arrived.max(*free_at), time);
        shared.begun + *free_at
    };
    let wait = done.saturating_duration_since(clock::now());
    thread::sleep(wait.saturating_sub(WATCHED));
    while clock::now() < done {
        std::hint::spin_loop();
    }
    clock::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_stall_holds_up_what_it_meets() {
        let service = Service::Stalls {
            each: MS,
            period: 100 * MS,
            frozen: 10 * MS,
        };
        let done = |begin_ms: u32| service.done(MS * begin_ms, MS);
        // Nothing stalls in the first period.
        assert_eq!(done(5), 6 * MS);
        assert_eq!(done(99), 100 * MS);
        assert_eq!(done(100), 111 * MS);
        assert_eq!(done(109), 111 * MS);
        assert_eq!(done(110), 111 * MS);
        // Work that a stall meets goes on behind it.
        let begin = 199 * MS + MS / 2;
        assert_eq!(service.done(begin, MS), begin + 11 * MS);
    }

    #[test]
    fn one_in_ten_is_slow() {
        let service = Service::Bimodal {
            usual: MS,
            rare: 20 * MS,
            every: 10,
        };
        let slow = (0..1_000).filter(|number| service.time(*number) > MS);
        assert_eq!(slow.count(), 100);
    }

    #[test]
    fn the_identifier_is_read_as_devices_write_it() {
        let key = key_in(b"Message-ID: <M8.9S1NM.SF22DW.51AEAC68@CSR>\r\n");
        assert_eq!(key, Some(MessageKey::of("M8:9S1NM.SF22DW:51AEAC68")));
        assert_eq!(key_in(b"Subject: M8.9S1.51AEAC68@x\r\n"), None);
    }
}
