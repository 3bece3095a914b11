//! One connection: bytes between the socket and the session, time limits, TLS, the books.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use sink::{Admission, Arrival, Books, Disposition};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
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
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>, _admission: Admission) {
    if let Err(error) = converse(stream, &shared).await {
        debug!(%error, "connection lost");
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    // Replies are small and somebody waits for each.
    stream.set_nodelay(true)?;
    match &shared.settings.tls {
        Tls::Off => {
            let mut conversation = Conversation::new(shared, Encryption::NotOffered);
            conversation
                .run(&mut stream, Opening::Greet)
                .await
                .map(drop)
        }
        Tls::Implicit(config) => {
            let mut stream = secure(stream, config, shared).await?;
            let mut conversation = Conversation::new(shared, Encryption::Active);
            conversation
                .run(&mut stream, Opening::Greet)
                .await
                .map(drop)
        }
        Tls::StartTls(config) => {
            let mut conversation = Conversation::new(shared, Encryption::Offered);
            if conversation.run(&mut stream, Opening::Greet).await? == Ending::StartTls {
                conversation.forget_input();
                let mut stream = secure(stream, config, shared).await?;
                conversation.session.secured();
                conversation.run(&mut stream, Opening::Continue).await?;
            }
            Ok(())
        }
    }
}

async fn secure(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    shared: &Shared,
) -> io::Result<TlsStream<TcpStream>> {
    let handshake = TlsAcceptor::from(Arc::clone(config)).accept(stream);
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
            self.session.greet(&mut self.replies);
            self.send_replies(stream).await?;
        }
        loop {
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
            let step = self.feed().await;
            // One write for all the replies to what came in together.
            self.send_replies(stream).await?;
            match step {
                Step::Close(closing) => {
                    part(stream, closing).await;
                    return Ok(Ending::Over);
                }
                Step::StartTls => return Ok(Ending::StartTls),
                Step::NeedInput | Step::MessageComplete | Step::MessageRefused(_) => {}
            }
        }
    }

    /// Feeds the session all that is pending; gives the step that only the caller can do.
    async fn feed(&mut self) -> Step {
        let mut consumed = 0;
        let step = loop {
            let pending = &self.input[consumed..self.pending];
            let progress = self.session.feed(pending, &mut self.replies);
            consumed += progress.consumed;
            match progress.step {
                Step::MessageComplete => self.take_message().await,
                Step::MessageRefused(refusal) => self.shared.books.reject(refusal.name()),
                step @ (Step::NeedInput | Step::StartTls | Step::Close(_)) => break step,
            }
        };
        self.input.copy_within(consumed..self.pending, 0);
        self.pending -= consumed;
        step
    }

    /// Enters the message in the books, stores it if asked to, and only then has it confirmed.
    async fn take_message(&mut self) {
        let received = Instant::now();
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
        self.session.conclude(&mut self.replies);
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

    async fn send_replies<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let sending = async {
            stream.write_all(&self.replies).await?;
            stream.flush().await
        };
        within(self.shared.settings.idle_timeout, sending).await?;
        self.replies.clear();
        Ok(())
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
