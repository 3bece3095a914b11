//! A request and its response on an open connection.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use emulator::AttemptOutcome;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncReadExt, time::timeout};

use super::{
    super::{
        Log,
        failure::{ErrorKind, Failure},
        stream::{Trace, TracedStream},
    },
    Outgoing,
};
use crate::clock;

/// Longest body of a response that is read to its end, in bytes.
pub(super) const RESPONSE_BYTES_MAX: usize = 1024 * 1024;

/// Longest head of a response, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

type Wire = Connection<TokioIo<TracedStream>, Full<Bytes>>;

/// An open connection.
pub(in super::super) struct HttpConnection {
    sender: SendRequest<Full<Bytes>>,
    wire: Wire,
    trace: Arc<Trace>,
}

/// There is no complete response.
pub(super) enum Broken {
    /// Nothing of the request was written.
    Untouched,
    /// Something was, or the time is up.
    Other(Failure),
}

impl HttpConnection {
    pub(super) async fn begin(stream: TracedStream) -> Result<Self, Failure> {
        let trace = stream.trace();
        let (sender, wire) = Builder::new()
            .title_case_headers(true)
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::protocol(&error.to_string()))?;
        Ok(Self {
            sender,
            wire,
            trace,
        })
    }

    /// Sends a request and reads its response, within `limit`. The inner result is the server's
    /// verdict.
    pub(super) async fn post(
        &mut self,
        outgoing: Outgoing,
        limit: Duration,
        log: &mut Log,
    ) -> Result<Result<(), Failure>, Broken> {
        let Outgoing {
            request,
            head_bytes,
            body_bytes,
        } = outgoing;
        let begun = clock::now();
        self.trace.watch(head_bytes + body_bytes);
        let answer = timeout(
            limit,
            drive(&mut self.wire, converse(&mut self.sender, request)),
        );
        let answer = answer.await;
        let ended = clock::now();
        let sent = self.trace.reached();
        log.bytes = self
            .trace
            .handed()
            .saturating_sub(head_bytes)
            .min(body_bytes);
        log.phases.request = sent.map(|sent| sent.saturating_duration_since(begun));
        let failure = match answer {
            Ok(Ok(status)) => {
                log.phases.reply = sent.map(|sent| ended.saturating_duration_since(sent));
                return Ok(verdict(status));
            }
            Ok(Err(_)) if self.trace.is_untouched() => return Err(Broken::Untouched),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::no_reply("response"),
        };
        Err(Broken::Other(match sent {
            Some(_) => failure.after_the_last_byte(),
            None => failure,
        }))
    }

    /// Whether a connection at rest has not been closed meanwhile, as far as is known here.
    pub(super) async fn lives(&mut self) -> bool {
        let wire = &mut self.wire;
        poll_fn(|cx| Poll::Ready(Pin::new(&mut *wire).poll(cx).is_pending())).await
    }

    /// Whether another request may follow at once, which the server decides with its response.
    pub(super) async fn rests(&mut self) -> bool {
        self.lives().await && self.sender.is_ready()
    }

    /// Lets the server close the connection.
    pub(super) async fn close(self) {
        if let Ok(parts) = self.wire.without_shutdown().await {
            let mut stream = parts.io.into_inner();
            let mut scrap = [0; 512];
            while stream.read(&mut scrap).await.is_ok_and(|count| count > 0) {}
        }
    }
}

/// Runs `exchange`, for which the connection has to be polled.
async fn drive<T>(wire: &mut Wire, exchange: impl Future<Output = T>) -> T {
    let mut exchange = pin!(exchange);
    let result = tokio::select! {
        biased;
        result = &mut exchange => Some(result),
        // The connection is over; the exchange learns of it, or has its result already.
        _ = wire => None,
    };
    match result {
        Some(result) => result,
        None => exchange.await,
    }
}

/// The status of a response that was read to its end.
async fn converse(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, Failure> {
    sender.ready().await.map_err(|error| broken(&error))?;
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| broken(&error))?;
    let status = response.status();
    let mut body = response.into_body();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        seen += frame.data_ref().map_or(0, Bytes::len);
        if seen > RESPONSE_BYTES_MAX {
            return Err(Failure::protocol(&format!(
                "{status}: the response is longer than {RESPONSE_BYTES_MAX} bytes"
            )));
        }
    }
    Ok(status)
}

fn verdict(status: StatusCode) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let code = status.as_u16();
    Err(Failure::refused(
        ErrorKind::Reply,
        code,
        &status.to_string(),
    ))
}

fn broken(error: &hyper::Error) -> Failure {
    use std::error::Error as _;
    let detail = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    if error.is_parse() {
        Failure::new(AttemptOutcome::Failed, ErrorKind::Protocol, &detail)
    } else {
        Failure::lost("response", &detail)
    }
}
