//! A sink under test, and a client that sends exactly the bytes it is given.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mock_tac::{Devices, ENDPOINT, Settings};
use sink::{Books, Receipt, TestAuthority, Totals};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) const SYSLOG: &str = include_str!("../data/syslog.xml");
pub(crate) const TEST: &str = include_str!("../data/test.xml");
pub(crate) const INVENTORY: &str = include_str!("../data/inventory.xml");

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

/// A running sink.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) devices: Arc<Devices>,
    pub(crate) receipts: Arc<Mutex<Vec<Receipt>>>,
    authority: TestAuthority,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Totals>,
}

impl Server {
    /// Starts a sink that speaks TLS.
    pub(crate) async fn secure(mut settings: Settings) -> Self {
        let authority = TestAuthority::generate().unwrap();
        settings.tls = Some(authority.server_config(&[]).unwrap());
        Self::start(settings, authority).await
    }

    /// Starts a sink that speaks plain HTTP.
    pub(crate) async fn plain(settings: Settings) -> Self {
        Self::start(settings, TestAuthority::generate().unwrap()).await
    }

    async fn start(mut settings: Settings, authority: TestAuthority) -> Self {
        // No verdict may depend on the speed of the machine: these two only ever cut a client
        // short.
        settings.timeouts.linger = LONG;
        settings.timeouts.drain = LONG;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receipts = Arc::new(Mutex::new(Vec::new()));
        let observed = Arc::clone(&receipts);
        let books = Arc::new(Books::with_observer(Box::new(move |receipt| {
            observed.lock().unwrap().push(receipt);
        })));
        let devices = Arc::clone(&settings.devices);
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(mock_tac::run(listener, settings, books, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            devices,
            receipts,
            authority,
            stop,
            running,
        }
    }

    pub(crate) async fn connect_plain(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A plain connection on which bytes wait for the sink before it has accepted it.
    ///
    /// The runtime of a test has one thread, so that the sink does nothing before the test waits
    /// for it.
    pub(crate) fn connect_having_sent(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        stream.write_all(bytes.as_ref()).unwrap();
        stream.set_nonblocking(true).unwrap();
        TcpStream::from_std(stream).unwrap()
    }

    pub(crate) async fn connect(&self) -> TlsStream<TcpStream> {
        TlsConnector::from(self.authority.client_config().unwrap())
            .connect("localhost".try_into().unwrap(), self.connect_plain().await)
            .await
            .unwrap()
    }

    /// Sends bytes over a new TLS connection and reads to its end.
    pub(crate) async fn exchange(&self, request: impl AsRef<[u8]>) -> Reply {
        exchange(self.connect().await, request.as_ref()).await
    }

    /// Sends bytes over a new plain connection and reads to its end.
    pub(crate) async fn exchange_plain(&self, request: impl AsRef<[u8]>) -> Reply {
        exchange(self.connect_plain().await, request.as_ref()).await
    }

    /// Stops the sink and gives what it returns.
    pub(crate) async fn stop(self) -> Totals {
        self.stop.send(()).unwrap();
        self.running.await.unwrap()
    }
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> Reply {
    stream.write_all(request).await.unwrap();
    rest(&mut stream).await
}

/// Reads all replies up to the end of the connection, which has to be in order.
pub(crate) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> Reply {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    Reply(String::from_utf8(bytes).unwrap())
}

/// Reads one reply and leaves the connection open.
pub(crate) async fn one_reply(stream: &mut (impl AsyncRead + Unpin)) -> Reply {
    let mut bytes = Vec::new();
    loop {
        bytes.push(stream.read_u8().await.unwrap());
        if bytes.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(bytes.clone()).unwrap();
    let length = Reply(head)
        .header("content-length")
        .unwrap()
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    bytes.extend_from_slice(&body);
    Reply(String::from_utf8(bytes).unwrap())
}

/// What a client read.
#[derive(Debug)]
pub(crate) struct Reply(pub(crate) String);

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.0
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| self.0.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .unwrap_or_else(|| panic!("no reply in {:?}", self.0))
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n").unwrap();
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The text between `<...:Status>` and its end.
    pub(crate) fn message_status(&self) -> &str {
        let (_, rest) = self.body().split_once("<aml-block:Status>").unwrap();
        rest.split_once('<').unwrap().0
    }
}

/// A request for the Call Home endpoint, the last of its connection.
pub(crate) fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    post_with(
        "Content-Type: text/xml; charset=\"utf-8\"\r\nConnection: close\r\n",
        body,
    )
}

/// A request for the Call Home endpoint with headers of one's own besides host and length.
pub(crate) fn post_with(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let mut request = format!(
        "POST {ENDPOINT} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}
