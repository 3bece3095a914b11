//! A sink to talk to, and a client to talk with.

use std::net::SocketAddr;
use std::sync::Arc;

use mock_smtp::Settings;
use sink::{Books, Totals};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the client calls a message that is on its way.
pub(crate) const ENVELOPE: &str = "MAIL FROM:<router@example.com>\r\nRCPT TO:<noc@example.com>\r\n";

pub(crate) struct TestSink {
    pub(crate) address: SocketAddr,
    pub(crate) books: Arc<Books>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Totals>,
}

impl TestSink {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::start_with(settings, Books::default()).await
    }

    pub(crate) async fn start_with(settings: Settings, books: Books) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let books = Arc::new(books);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(mock_smtp::run(
            listener,
            settings,
            Arc::clone(&books),
            shutdown,
        ));
        Self {
            address,
            books,
            stop,
            task,
        }
    }

    pub(crate) async fn stop(self) -> Totals {
        drop(self.stop);
        self.task.await.unwrap()
    }

    /// A client that has read the greeting.
    pub(crate) async fn client(&self) -> Client<TcpStream> {
        let mut client = Client::new(TcpStream::connect(self.address).await.unwrap());
        assert_eq!(client.reply().await, "220 localhost ESMTP mock-smtp\r\n");
        client
    }
}

pub(crate) struct Client<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn into_stream(self) -> S {
        assert!(self.stream.buffer().is_empty(), "replies were left unread");
        self.stream.into_inner()
    }

    pub(crate) async fn send(&mut self, text: impl AsRef<[u8]>) {
        self.stream
            .get_mut()
            .write_all(text.as_ref())
            .await
            .unwrap();
        self.stream.get_mut().flush().await.unwrap();
    }

    /// One reply with all its lines.
    pub(crate) async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let before = reply.len();
            let read = self.stream.read_line(&mut reply).await.unwrap();
            assert!(read > 0, "the connection ended behind {reply:?}");
            if reply.as_bytes().get(before + 3) != Some(&b'-') {
                return reply;
            }
        }
    }

    /// Sends lines and gives the code of each reply; as many are waited for as there are `codes`.
    pub(crate) async fn expect(&mut self, text: impl AsRef<[u8]>, codes: &[u16]) {
        self.send(&text).await;
        for (at, code) in codes.iter().enumerate() {
            let reply = self.reply().await;
            let sent = String::from_utf8_lossy(text.as_ref());
            assert_eq!(
                reply.get(..3),
                Some(&*code.to_string()),
                "{at}: {reply:?} to {sent:?}"
            );
        }
    }

    /// All that comes until the sink closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).await.unwrap();
        rest
    }
}

/// A message as a device sends it, with its number in its id.
pub(crate) fn message(number: u32) -> String {
    format!(
        "Subject: System Notification From CSR - syslog - 2013-06-05 03:11:36 GMT+00:00\r\n\
         Message-ID: <M{number}.9S1NMSF22DW.51AEAC68@CSR>\r\n\r\nDevice Id : CSR\r\n"
    )
}
