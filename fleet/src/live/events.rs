//! The stream of frames: one text for all who listen, made once.
//!
//! Whoever reads slowly gets fewer frames, and whoever does not read at all is let go.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http_body_util::channel::{Channel, Sender};
use hyper::body::Bytes;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, watch},
    time::timeout,
};

use crate::snapshot::{Phase, Snapshot};

/// Most who listen at once.
pub(super) const FEEDS_MAX: usize = 8;
/// Frames that wait for one of them.
const FRAMES_WAITING_MAX: usize = 1;
/// How long one may take for a frame.
const FRAME_TIMEOUT: Duration = Duration::from_secs(10);

/// A frame as it is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    bytes: Bytes,
    is_last: bool,
}

impl Frame {
    /// The frame that shows `snapshot`.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let is_last = snapshot.phase == Phase::Over;
        let event = if is_last { "over" } else { "snapshot" };
        // Numbers and strings always have a JSON form, on one line.
        let json = serde_json::to_string(snapshot).unwrap_or_default();
        let bytes = Bytes::from(format!("event: {event}\ndata: {json}\n\n"));
        Self { bytes, is_last }
    }
}

/// A connection that frames go to.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// Whether frames go there.
    feeding: AtomicBool,
    /// It does not read.
    pub(super) given_up: Notify,
}

impl Listener {
    /// Whether frames go there.
    pub(super) fn is_fed(&self) -> bool {
        self.feeding.load(Ordering::Acquire)
    }
}

/// Sends frames to `listener` until the last one; `place` is given back then.
pub(super) fn feed(
    frames: watch::Receiver<Frame>,
    listener: &Arc<Listener>,
    place: OwnedSemaphorePermit,
) -> Channel<Bytes, Infallible> {
    let (sender, body) = Channel::new(FRAMES_WAITING_MAX);
    listener.feeding.store(true, Ordering::Release);
    let listener = Arc::clone(listener);
    tokio::spawn(async move {
        if !send_all(sender, frames).await {
            listener.given_up.notify_one();
        }
        drop(place);
    });
    body
}

/// Whether whoever listens has taken what there was, or left.
async fn send_all(
    mut sender: Sender<Bytes, Infallible>,
    mut frames: watch::Receiver<Frame>,
) -> bool {
    frames.mark_changed();
    while frames.changed().await.is_ok() {
        let Frame { bytes, is_last } = frames.borrow_and_update().clone();
        if bytes.is_empty() {
            continue;
        }
        match timeout(FRAME_TIMEOUT, sender.send_data(bytes)).await {
            Ok(Ok(())) if !is_last => {}
            Ok(_) => return true,
            Err(_) => return false,
        }
    }
    true
}
