//! Servers that follow a script, and tell what they heard.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

/// What a server does next with a connection.
pub(crate) enum Step {
    /// Sends text.
    Say(&'static str),
    /// Sends text made by the test.
    SayText(String),
    /// Reads a line, which has to begin so.
    Hear(&'static str),
    /// Reads a mail up to its end.
    HearMail,
    /// Reads an HTTP request with its body.
    HearRequest,
    /// Reads one byte.
    HearByte,
    /// Sends text until the client is gone.
    Flood(&'static str),
    /// Says that it is silent, and waits until the client is gone.
    Silence,
    /// Ends its side of the connection, and says that it is silent.
    HangUp,
    /// Says that it is silent, and takes nothing more.
    Halt,
    /// Cuts the connection.
    Reset,
    /// Connects to an address and passes bytes on in both directions.
    Tunnel(SocketAddr),
}

pub(crate) use Step::*;

/// What a server heard on one connection.
pub(crate) struct Heard {
    pub(crate) peer: SocketAddr,
    pub(crate) text: String,
}

/// A server whose connections follow one script each, one after the other.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    silences: mpsc::UnboundedReceiver<()>,
    running: JoinHandle<Vec<Heard>>,
}

impl Server {
    pub(crate) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silent, silences) = mpsc::unbounded_channel();
        let running = tokio::spawn(async move {
            let mut heard = Vec::new();
            for script in scripts {
                let (stream, peer) = listener.accept().await.unwrap();
                let mut conversation = Conversation {
                    stream,
                    heard: Vec::new(),
                };
                for step in script {
                    conversation.take(step, &silent).await;
                }
                heard.push(Heard {
                    peer,
                    text: String::from_utf8(conversation.heard).unwrap(),
                });
            }
            heard
        });
        Self {
            address,
            silences,
            running,
        }
    }

    /// A mail server with one script, in which greeting and EHLO are done with.
    pub(crate) async fn mail(script: impl IntoIterator<Item = Step>) -> Self {
        let mut steps = vec![Say("220 x\r\n"), Hear("EHLO "), Say("250 x\r\n")];
        steps.extend(script);
        Self::start(vec![steps]).await
    }

    /// Waits until the server has fallen silent, and until this process has seen everything that
    /// the server did before.
    pub(crate) async fn fall_silent(&mut self) {
        self.silences.recv().await.unwrap();
        // An event that comes later is seen together with all those that came before.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, connected) = tokio::join!(listener.accept(), TcpStream::connect(address));
        accepted.unwrap();
        connected.unwrap();
    }

    /// Waits until the server has fallen silent, and stops the clock: timeouts end at once then.
    pub(crate) async fn outlast_silence(&mut self) {
        self.silences.recv().await.unwrap();
        tokio::time::pause();
    }

    /// What was heard on each connection, once the script has ended.
    pub(crate) async fn heard(self) -> Vec<Heard> {
        self.running.await.unwrap()
    }
}

/// A mail up to the leave to send its text.
pub(crate) fn envelope() -> [Step; 6] {
    [
        Hear("MAIL FROM:<router@example.com>"),
        Say("250 ok\r\n"),
        Hear("RCPT TO:<noc@example.com>"),
        Say("250 ok\r\n"),
        Hear("DATA"),
        Say("354 go on\r\n"),
    ]
}

struct Conversation {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Conversation {
    async fn take(&mut self, step: Step, silent: &mpsc::UnboundedSender<()>) {
        match step {
            // A client that gave up is no fault of the server's.
            Say(text) => drop(self.stream.write_all(text.as_bytes()).await),
            SayText(text) => drop(self.stream.write_all(text.as_bytes()).await),
            Hear(beginning) => {
                let line = self.read_until(b"\r\n").await;
                assert!(line.starts_with(beginning), "{line:?}, not {beginning:?}");
            }
            HearMail => drop(self.read_until(b"\r\n.\r\n").await),
            HearRequest => {
                let head = self.read_until(b"\r\n\r\n").await;
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok());
                for _ in 0..length.unwrap_or(0) {
                    self.read_byte().await;
                }
            }
            HearByte => self.read_byte().await,
            Flood(text) => while self.stream.write_all(text.as_bytes()).await.is_ok() {},
            Silence => {
                silent.send(()).unwrap();
                let _ = tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await;
            }
            HangUp => {
                self.stream.shutdown().await.unwrap();
                silent.send(()).unwrap();
            }
            Halt => {
                silent.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            Reset => self.stream.set_zero_linger().unwrap(),
            Tunnel(address) => {
                let mut further = TcpStream::connect(address).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut self.stream, &mut further).await;
            }
        }
    }

    async fn read_byte(&mut self) {
        self.heard.push(self.stream.read_u8().await.unwrap());
    }

    async fn read_until(&mut self, end: &[u8]) -> String {
        let start = self.heard.len();
        while !self.heard[start..].ends_with(end) {
            self.read_byte().await;
        }
        String::from_utf8(self.heard[start..].to_vec()).unwrap()
    }
}
