//! The opening of a mail session: greeting, EHLO or HELO, STARTTLS.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::ClientConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    Log,
    dial::{self, Budget, Caller},
    directory::Server,
    failure::{ErrorKind, Failure},
    reply::{NoReply, Reply, ReplyReader},
    stream::TracedStream,
    tls,
};
use crate::clock;

/// When a mail session is secured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Security {
    /// Never.
    Clear,
    /// With the STARTTLS command, or there is no session.
    StartTls,
    /// Before the first byte.
    Implicit,
}

/// What an opening needs to know.
pub(super) struct Opening<'a> {
    pub(super) server: &'a Server,
    pub(super) caller: Caller,
    pub(super) security: Security,
    pub(super) tls: &'a Arc<ClientConfig>,
    pub(super) tls_name: &'a str,
    pub(super) hello_name: &'a str,
    pub(super) connect_timeout: Duration,
    pub(super) reply_timeout: Duration,
}

impl Opening<'_> {
    /// Opens a session up to the server's answer to EHLO or HELO.
    pub(super) async fn run(&self, log: &mut Log) -> Result<(TracedStream, Reply), Failure> {
        let begun = clock::now();
        let budget = Budget::starting_now(self.connect_timeout);
        let stream = dial::connect(self.server, self.caller, budget).await?;
        log.opened = true;
        let connected = clock::now();
        log.phases.connect = Some(connected - begun);
        match self.security {
            Security::Clear => {
                let mut stream = stream;
                let hello = self.greet(&mut stream).await?;
                log.phases.greeting = Some(clock::now() - connected);
                Ok((TracedStream::plain(stream), hello))
            }
            Security::Implicit => {
                let (mut stream, secured) = self.secure(stream, budget, log).await?;
                let hello = self.greet(&mut stream).await?;
                log.phases.greeting = Some(clock::now() - secured);
                Ok((TracedStream::secured(stream), hello))
            }
            Security::StartTls => self.start_tls(stream, connected, log).await,
        }
    }

    async fn start_tls(
        &self,
        mut stream: TcpStream,
        connected: Instant,
        log: &mut Log,
    ) -> Result<(TracedStream, Reply), Failure> {
        let hello = self.greet(&mut stream).await?;
        if !hello.offers("STARTTLS") {
            return Err(Failure::failed(
                ErrorKind::Tls,
                "the server does not offer STARTTLS",
            ));
        }
        let mut reader = ReplyReader::default();
        let leave = self
            .exchange(&mut stream, &mut reader, "STARTTLS", "STARTTLS\r\n")
            .await?;
        if !leave.is_positive() {
            return Err(refusal(ErrorKind::Tls, "STARTTLS", &leave));
        }
        let in_clear = clock::now() - connected;
        let budget = Budget::starting_now(self.connect_timeout);
        let (mut stream, secured) = self.secure(stream, budget, log).await?;
        // What the server offered in clear may have been put there by others (RFC 3207, 4.2).
        let hello = self.hello(&mut stream, &mut ReplyReader::default()).await?;
        log.phases.greeting = Some(in_clear + (clock::now() - secured));
        Ok((TracedStream::secured(stream), hello))
    }

    async fn secure(
        &self,
        stream: TcpStream,
        budget: Budget,
        log: &mut Log,
    ) -> Result<(tokio_rustls::client::TlsStream<TcpStream>, Instant), Failure> {
        let begun = clock::now();
        let (stream, resumed) = tls::secure(stream, self.tls, self.tls_name, budget).await?;
        let secured = clock::now();
        log.phases.tls = Some(secured - begun);
        log.resumed = Some(resumed);
        Ok((stream, secured))
    }

    /// Reads the greeting and introduces the device.
    async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
    ) -> Result<Reply, Failure> {
        let mut reader = ReplyReader::default();
        read_greeting(stream, &mut reader, self.reply_timeout).await?;
        self.hello(stream, &mut reader).await
    }

    /// Says EHLO, and HELO to a server that does not know it.
    async fn hello<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        reader: &mut ReplyReader,
    ) -> Result<Reply, Failure> {
        let name = self.hello_name;
        let command = format!("EHLO {name}\r\n");
        let mut reply = self.exchange(stream, reader, "EHLO", &command).await?;
        if reply.code >= 500 {
            let command = format!("HELO {name}\r\n");
            reply = self.exchange(stream, reader, "HELO", &command).await?;
        }
        if reply.is_positive() {
            Ok(reply)
        } else {
            Err(refusal(ErrorKind::Greeting, "EHLO", &reply))
        }
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        reader: &mut ReplyReader,
        stage: &str,
        command: &str,
    ) -> Result<Reply, Failure> {
        // A reply that came before its command was not meant for it.
        if reader.has_more() {
            return Err(out_of_turn());
        }
        let exchange = async {
            stream
                .write_all(command.as_bytes())
                .await
                .map_err(NoReply::Broken)?;
            stream.flush().await.map_err(NoReply::Broken)?;
            reader.read(stream).await
        };
        let reply = timeout(self.reply_timeout, exchange).await;
        let reply = unwrap_reply(stage, reply)?;
        if reader.has_more() {
            return Err(out_of_turn());
        }
        Ok(reply)
    }
}

/// Reads the greeting; refused is any but a positive one.
pub(super) async fn read_greeting<S: AsyncRead + Unpin>(
    stream: &mut S,
    reader: &mut ReplyReader,
    limit: Duration,
) -> Result<(), Failure> {
    let greeting = timeout(limit, reader.read(stream)).await;
    let greeting = unwrap_reply("greeting", greeting)?;
    if greeting.is_positive() {
        Ok(())
    } else {
        Err(refusal(ErrorKind::Greeting, "greeting", &greeting))
    }
}

fn unwrap_reply(
    stage: &str,
    reply: Result<Result<Reply, NoReply>, tokio::time::error::Elapsed>,
) -> Result<Reply, Failure> {
    match reply {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(NoReply::Broken(error))) => Err(Failure::lost(stage, &error.to_string())),
        Ok(Err(NoReply::Closed)) => Err(Failure::lost(stage, "the server closed the connection")),
        Ok(Err(NoReply::Malformed(what))) => Err(Failure::protocol(&format!("{stage}: {what}"))),
        Err(_) => Err(Failure::no_reply(stage)),
    }
}

fn refusal(kind: ErrorKind, stage: &str, reply: &Reply) -> Failure {
    Failure::refused(kind, reply.code, &format!("{stage}: {}", reply.text))
}

fn out_of_turn() -> Failure {
    Failure::protocol("the server speaks before it is spoken to")
}
