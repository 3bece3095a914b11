//! One push: a request by HTTP, on a connection of its own, and what the collector says to it.

use std::{io, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use prost::Message as _;
use tokio::net::TcpStream;

use super::CollectorUrl;

/// Most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// What messages and answers are.
const CONTENT_TYPE: &str = "application/x-protobuf";

/// Why figures were not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum PushError {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("the connection broke: {0}")]
    Connection(hyper::Error),
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("it answered {0}")]
    Refused(StatusCode),
    #[error("it answered something that is no OTLP; is it a collector?")]
    Nonsense,
    #[error("it left out {count} values{}{words}", if .words.is_empty() { "" } else { ": " })]
    Rejected { count: i64, words: String },
}

/// Pushes `message` to `collector`.
pub(super) async fn push(
    collector: &CollectorUrl,
    message: ExportMetricsServiceRequest,
) -> Result<(), PushError> {
    let endpoint = collector.endpoint();
    let stream = TcpStream::connect((&*endpoint.host, endpoint.port)).await;
    let stream = TokioIo::new(stream.map_err(PushError::Connect)?);
    let (mut client, connection) = http1::handshake(stream)
        .await
        .map_err(PushError::Connection)?;
    let request = Request::post(collector.path())
        .header(header::HOST, collector.authority())
        .header(header::CONTENT_TYPE, CONTENT_TYPE)
        .header(
            header::USER_AGENT,
            concat!("fleet/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(message.encode_to_vec())))
        // The path was looked at when it was given.
        .map_err(|_| PushError::Nonsense)?;
    let exchange = async {
        let answer = client.send_request(request).await;
        judge(answer.map_err(PushError::Connection)?).await
    };
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        outcome = &mut exchange => outcome,
        // It ends with the last byte of an answer, too, which is yet to be judged.
        _ = connection => exchange.await,
    }
}

/// What `answer` says.
async fn judge(answer: hyper::Response<Incoming>) -> Result<(), PushError> {
    // Elsewhere is nowhere that anybody allowed.
    if !answer.status().is_success() {
        return Err(PushError::Refused(answer.status()));
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX);
    let body = body.collect().await.map_err(|_| PushError::Nonsense)?;
    let body = body.to_bytes();
    let fits = kind.is_none_or(|kind| kind.as_bytes().starts_with(CONTENT_TYPE.as_bytes()));
    // Some say nothing, which is a message with nothing in it.
    if !fits && !body.is_empty() {
        return Err(PushError::Nonsense);
    }
    let answer = ExportMetricsServiceResponse::decode(body).map_err(|_| PushError::Nonsense)?;
    let partial = answer.partial_success.unwrap_or_default();
    match partial.rejected_data_points {
        0 => Ok(()),
        count => Err(PushError::Rejected {
            count,
            words: partial.error_message,
        }),
    }
}
