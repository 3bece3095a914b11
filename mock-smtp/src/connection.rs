//! One connection: bytes between the socket and the session, time limits, TLS, the books.

use std::io;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use sink::fault::{
    Decision, Effect, FaultBoard, FaultyStream, Handshake, Manners, Order, Orders, Stage,
    spoil_handshake,
};
use sink::{Admission, Arrival, Books, Disposition};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::events;
use crate::message;
use crate::session::{Closing, Encryption, Session, Step, UNCONSUMED_BYTES_MAX};
use crate::settings::{Dialogue, Settings, Tls};

/// Input buffer of a connection, in bytes.
const INPUT_BYTES: usize = 16 * 1024;
const _: () = assert!(INPUT_BYTES > UNCONSUMED_BYTES_MAX);

/// Longest time spent on a proper ending with a client that has to go.
const LINGER: Duration = Duration::from_secs(1);

/// Most bytes thrown away on a proper ending.
const LINGER_BYTES_MAX: usize = 256 * 1024;

/// Lines of an endless reply that are written at a time.
const FLOOD_LINES: usize = 64;

/// What the connections of a sink have in common.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    dialogue: Arc<Dialogue>,
    books: Arc<Books>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, books: Arc<Books>) -> Self {
        Self {
            dialogue: Arc::new(settings.dialogue.clone()),
            settings,
            books,
        }
    }

    /// A message is kept whole only where somebody wants it whole.
    fn kept_bytes_max(&self) -> usize {
        let inspected = self.dialogue.inspected_bytes_max;
        if self.settings.store.is_none() {
            return inspected;
        }
        usize::try_from(self.dialogue.message_bytes_max)
            .unwrap_or(usize::MAX)
            .max(inspected)
    }
}

/// Serves one client to the end.
pub(crate) async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    (manners, _admission): (Manners, Admission),
) {
    let served = async {
        // Replies are small and somebody waits for each.
        stream.set_nodelay(true)?;
        converse(stream, &shared, manners).await
    };
    if let Err(error) = served.await {
        debug!(%error, "connection lost");
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared, manners: Manners) -> io::Result<()> {
    let faulty = |orders: &Orders| (Arc::clone(&shared.settings.faults), manners, orders.clone());
    match &shared.settings.tls {
        Tls::Off => {
            let mut conversation = Conversation::new(shared, Encryption::NotOffered);
            let mut stream = wrap(stream, faulty(&conversation.orders));
            conversation.run(&mut stream, Opening::Greet).await?;
        }
        Tls::Implicit(config) => {
            let stream = secure(stream, config, shared).await?;
            let mut conversation = Conversation::new(shared, Encryption::Active);
            let mut stream = wrap(stream, faulty(&conversation.orders));
            conversation.run(&mut stream, Opening::Greet).await?;
        }
        Tls::StartTls(config) => {
            let mut conversation = Conversation::new(shared, Encryption::Offered);
            let mut clear = wrap(&mut stream, faulty(&conversation.orders));
            if conversation.run(&mut clear, Opening::Greet).await? == Ending::StartTls {
                conversation.forget_input();
                let stream = secure(stream, config, shared).await?;
                let mut stream = wrap(stream, faulty(&conversation.orders));
                conversation.session.secured();
                conversation.run(&mut stream, Opening::Continue).await?;
            }
        }
    }
    Ok(())
}

fn wrap<S>(
    stream: S,
    (faults, manners, orders): (Arc<FaultBoard>, Manners, Orders),
) -> FaultyStream<S> {
    FaultyStream::new(stream, faults, manners, orders)
}

async fn secure(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    shared: &Shared,
) -> io::Result<TlsStream<TcpStream>> {
    let faults = &shared.settings.faults;
    faults.moving().await;
    let config = match faults.handshake() {
        None => Arc::clone(config),
        Some(Handshake::With(config)) => config,
        Some(spoilt) => {
            shared.books.count(events::TLS_FAILED);
            return Err(spoil_handshake(stream, &spoilt).await);
        }
    };
    let handshake = TlsAcceptor::from(config).accept(stream);
    let secured = within(shared.settings.handshake_timeout, handshake).await;
    if secured.is_err() {
        shared.books.count(events::TLS_FAILED);
    }
    secured
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Opening {
    Greet,
    Continue,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ending {
    Over,
    StartTls,
}

struct Conversation<'a> {
    shared: &'a Shared,
    session: Session,
    input: Vec<u8>,
    /// How much of `input`, from its beginning, waits to be consumed.
    pending: usize,
    replies: Vec<u8>,
    orders: Orders,
}

impl<'a> Conversation<'a> {
    fn new(shared: &'a Shared, encryption: Encryption) -> Self {
        let dialogue = Arc::clone(&shared.dialogue);
        Self {
            shared,
            session: Session::new(dialogue, encryption, shared.kept_bytes_max()),
            input: vec![0; INPUT_BYTES],
            pending: 0,
            replies: Vec::new(),
            orders: Orders::default(),
        }
    }

    /// What came in clear behind STARTTLS could be anybody's and must not pass for the client's.
    fn forget_input(&mut self) {
        if self.pending > 0 {
            self.shared.books.count(events::STARTTLS_DISCARDED);
        }
        self.pending = 0;
    }

    async fn run<S>(&mut self, stream: &mut S, opening: Opening) -> io::Result<Ending>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if opening == Opening::Greet {
            match self.shared.settings.faults.at(Stage::Greeting) {
                None => self.session.greet(&mut self.replies),
                Some(decision) => self.session.greet_badly(decision, &mut self.replies),
            }
            self.send_replies(stream).await?;
        }
        loop {
            // First what came along with input before, or a session that is over already.
            let step = self.feed().await;
            // One write for all the replies to what came in together.
            self.send_replies(stream).await?;
            match step {
                Step::Close(closing) => {
                    part(stream, closing).await;
                    return Ok(Ending::Over);
                }
                Step::StartTls => return Ok(Ending::StartTls),
                Step::Misbehave => continue,
                Step::NeedInput | Step::MessageComplete | Step::MessageRefused(_) => {}
            }
            match self.read(stream).await {
                Ok(0) => return Ok(Ending::Over),
                Ok(length) => self.pending += length,
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    self.shared.books.count(events::IDLE);
                    self.count_cut_off();
                    self.session.time_out(&mut self.replies);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Feeds the session all that is pending; gives the step that only the caller can do.
    async fn feed(&mut self) -> Step {
        let mut consumed = 0;
        let step = loop {
            let pending = &self.input[consumed..self.pending];
            let faults = &self.shared.settings.faults;
            let progress = self
                .session
                .feed_badly(pending, &mut self.replies, &mut |stage| faults.at(stage));
            consumed += progress.consumed;
            match progress.step {
                Step::MessageComplete => {
                    if let Some(decision) = self.take_message().await {
                        self.session.conclude_badly(decision, &mut self.replies);
                        break Step::Misbehave;
                    }
                    self.session.conclude(&mut self.replies);
                }
                Step::MessageRefused(refusal) => self.shared.books.reject(refusal.name()),
                step @ (Step::NeedInput | Step::StartTls | Step::Close(_) | Step::Misbehave) => {
                    break step;
                }
            }
        };
        self.input.copy_within(consumed..self.pending, 0);
        self.pending -= consumed;
        step
    }

    /// Enters the message in the books and stores it if asked to, before anything is said about it;
    /// gives what a fault makes of the reply.
    async fn take_message(&mut self) -> Option<Decision> {
        let received = Instant::now();
        let decision = self.shared.settings.faults.at(Stage::Message);
        if decision.as_ref().is_some_and(|decision| !records(decision)) {
            self.shared.books.reject(events::FAULT);
            return decision;
        }
        let Shared {
            settings,
            dialogue,
            books,
        } = self.shared;
        let data = self.session.data();
        let content = data.content();
        let inspected = content.len().min(dialogue.inspected_bytes_max);
        let facts = message::inspect(&content[..inspected]);
        books.record(Arrival {
            received,
            id: facts.id.as_deref(),
            message_type: &facts.message_type,
            format: facts.format.name(),
            device: &facts.device,
            subject: &facts.subject,
            bytes: data.size_bytes(),
            disposition: Disposition::Accepted,
        });
        let flaws = data.flaws();
        let oddities = [
            (facts.id_mismatch, events::ID_MISMATCH),
            (flaws.bare_cr + flaws.bare_lf > 0, events::BARE_LINE_ENDS),
            (flaws.long_lines > 0, events::LONG_LINES),
        ];
        for (_, event) in oddities.into_iter().filter(|(found, _)| *found) {
            books.count(event);
        }
        if let Some(store) = &settings.store
            && let Err(error) = store.save(self.session.take_content()).await
        {
            debug!(%error, "message not stored");
            books.count(events::NOT_STORED);
        }
        decision
    }

    fn count_cut_off(&self) {
        if self.session.is_receiving_data() {
            self.shared.books.count(events::ABORTED);
        }
    }

    /// The session leaves less pending than the buffer holds, so there is always room.
    async fn read<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<usize> {
        let room = &mut self.input[self.pending..];
        within(self.shared.settings.idle_timeout, stream.read(room)).await
    }

    async fn send_replies<S>(&mut self, stream: &mut S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if let Some(misdeed) = self.session.take_misdeed() {
            self.send(stream, 0..misdeed.from).await?;
            let last = misdeed.from..self.replies.len();
            self.wait(stream, misdeed.decision.delay).await?;
            self.send_badly(stream, last, misdeed.decision.effect)
                .await?;
        } else {
            self.send(stream, 0..self.replies.len()).await?;
        }
        self.replies.clear();
        Ok(())
    }

    async fn send<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        which: Range<usize>,
    ) -> io::Result<()> {
        if which.is_empty() {
            return Ok(());
        }
        let sending = async {
            stream.write_all(&self.replies[which]).await?;
            stream.flush().await
        };
        within(self.shared.settings.idle_timeout, sending).await
    }

    /// Waits as long as a fault has it, unless the client gives up: a connection that nobody holds at
    /// its other end must not keep its place.
    async fn wait<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        delay: Duration,
    ) -> io::Result<()> {
        let mut delay = pin!(sleep(delay));
        loop {
            let room = &mut self.input[self.pending..];
            let has_room = !room.is_empty();
            tokio::select! {
                biased;
                () = &mut delay => return Ok(()),
                read = stream.read(room), if has_room => match read? {
                    0 => return Err(io::ErrorKind::ConnectionAborted.into()),
                    length => self.pending += length,
                },
            }
        }
    }

    /// Sends the reply at `which` as a fault has it.
    async fn send_badly<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        which: Range<usize>,
        effect: Option<Effect>,
    ) -> io::Result<()> {
        let order = match effect {
            None | Some(Effect::Reply { .. } | Effect::Status { .. }) => None,
            Some(Effect::Drop { .. }) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Effect::Truncate(bytes)) => Some(Order::Truncate(bytes)),
            Some(Effect::Slice { bytes, pause }) => Some(Order::Slice { bytes, pause }),
            Some(Effect::Garbage(mut garbage)) => {
                garbage.extend_from_slice(b"\r\n");
                self.replies.truncate(which.start);
                self.replies.append(&mut garbage);
                None
            }
            Some(Effect::Endless) => {
                let code = self.replies.get(which.start..which.start + 3);
                let line = [code.unwrap_or(b"250"), b"-and so on\r\n"].concat();
                let block = line.repeat(FLOOD_LINES);
                Some(Order::Flood { first: line, block })
            }
        };
        // A reply cut after its last byte is followed by the end all the same.
        let is_cut = matches!(order, Some(Order::Truncate(_)));
        self.orders.give(order);
        let sent = self.send(stream, which.start..self.replies.len()).await;
        self.orders.give(None);
        if is_cut && sent.is_ok() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        sent
    }
}

/// Whether a message is entered in the books though a fault decides about its reply.
fn records(decision: &Decision) -> bool {
    match &decision.effect {
        // What the client takes for a receipt must be one.
        Some(Effect::Reply { code, .. }) => *code < 300,
        Some(Effect::Drop { recorded }) => *recorded,
        Some(Effect::Status { .. }) => false,
        Some(Effect::Truncate(_) | Effect::Slice { .. } | Effect::Garbage(_) | Effect::Endless)
        | None => true,
    }
}

impl Drop for Conversation<'_> {
    /// Whatever ends the conversation, even the end of the program, can cut off a message.
    fn drop(&mut self) {
        self.count_cut_off();
    }
}

/// Closes properly. Closing with unread input makes the system discard what the client has not read
/// yet, so a client that has to go is listened to for a moment: it should learn why.
async fn part<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, closing: Closing) {
    let ending = async {
        stream.shutdown().await?;
        let mut ignored = [0; 4096];
        let mut ignored_bytes = 0;
        while closing == Closing::HangUp && ignored_bytes < LINGER_BYTES_MAX {
            match stream.read(&mut ignored).await? {
                0 => break,
                length => ignored_bytes += length,
            }
        }
        Ok(())
    };
    // Nothing depends on it any more.
    let _ = within(LINGER, ending).await;
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|elapsed| Err(elapsed.into()))
}
