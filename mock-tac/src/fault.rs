//! What faults make of requests: waits, connections that end, replies that are not what they should
//! be.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use sink::fault::{Decision, Effect, FaultBoard, Order, Stage};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::reply::{self, Answer};

/// The account of messages that a fault refuses.
pub(crate) const FAULT: &str = "fault";

/// The beginning of a reply that does not end.
const ENDLESS_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";

/// Bytes of one chunk of it.
const CHUNK_BYTES: usize = 4 * 1024;

/// A fault has the connection closed, in place of an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed by a fault")]
pub(crate) struct Dropped;

/// How often a connection on which bytes wait is looked at for its end.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Waits at `stage` as long as faults say. Whoever has to wait for long on behalf of a request is
/// stopped by the connection's end.
pub(crate) async fn pass(faults: &FaultBoard, stage: Stage) -> Result<(), Dropped> {
    pass_unless(faults, stage, std::future::pending()).await
}

/// The same before there are requests: the end of `stream` ends the wait.
pub(crate) async fn pass_with(
    faults: &FaultBoard,
    stage: Stage,
    stream: &TcpStream,
) -> Result<(), Dropped> {
    pass_unless(faults, stage, gone(stream)).await
}

async fn pass_unless(
    faults: &FaultBoard,
    stage: Stage,
    gone: impl Future<Output = ()>,
) -> Result<(), Dropped> {
    let Some(Decision { delay, effect }) = faults.at(stage) else {
        return Ok(());
    };
    tokio::select! {
        () = sleep(delay) => {}
        () = gone => return Err(Dropped),
    }
    match effect {
        Some(Effect::Drop { .. }) => Err(Dropped),
        _ => Ok(()),
    }
}

/// Ends when the client has closed its end.
async fn gone(stream: &TcpStream) {
    while let Ok(ready) = stream.ready(Interest::READABLE).await {
        if ready.is_read_closed() {
            return;
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Whether a message is entered in the books though a fault decides about its reply.
pub(crate) fn records(decision: &Decision) -> bool {
    match &decision.effect {
        // What the client takes for a receipt must be one.
        Some(Effect::Status { code, .. }) => (200..300).contains(code),
        Some(Effect::Drop { recorded }) => *recorded,
        Some(Effect::Reply { .. }) => false,
        Some(Effect::Truncate(_) | Effect::Slice { .. } | Effect::Garbage(_) | Effect::Endless)
        | None => true,
    }
}

/// What becomes of an answer: another one, and what is done to its bytes. `right` is `None` for a
/// message that was not looked at.
pub(crate) fn spoil(
    right: Option<Answer>,
    effect: Option<Effect>,
) -> Result<(Answer, Option<Order>), Dropped> {
    let refusal = || status(StatusCode::SERVICE_UNAVAILABLE, None);
    let order = match effect {
        Some(Effect::Status { code, retry_after }) => {
            let code = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let answer = match right {
                // A message that is none stays refused.
                Some(mut right) if code.is_success() => {
                    if right.status().is_success() {
                        *right.status_mut() = code;
                    }
                    right
                }
                Some(_) | None => status(code, retry_after),
            };
            return Ok((answer, None));
        }
        Some(Effect::Drop { .. }) => return Err(Dropped),
        Some(Effect::Truncate(bytes)) => Some(Order::Truncate(bytes)),
        Some(Effect::Slice { bytes, pause }) => Some(Order::Slice { bytes, pause }),
        Some(Effect::Garbage(bytes)) => Some(Order::Replace(bytes)),
        Some(Effect::Endless) => Some(endless()),
        Some(Effect::Reply { .. }) | None => None,
    };
    let answer = right.unwrap_or_else(refusal);
    Ok(match order {
        // What is cut behind the reply's last byte ends with it all the same.
        Some(order @ Order::Truncate(_)) => (reply::ending(answer), Some(order)),
        order => (answer, order),
    })
}

fn status(code: StatusCode, retry_after: Option<Duration>) -> Answer {
    let mut answer = reply::plain(code, format!("{code}, by a fault\n"));
    if let Some(time) = retry_after {
        // Whole seconds; none that is earlier than what is meant.
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        let headers = answer.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

fn endless() -> Order {
    let mut block = format!("{CHUNK_BYTES:x}\r\n").into_bytes();
    block.resize(block.len() + CHUNK_BYTES, b'.');
    block.extend_from_slice(b"\r\n");
    Order::Flood {
        first: ENDLESS_HEAD.to_vec(),
        block,
    }
}
