//! The figures of a run while it goes on, by HTTP: for Prometheus (`--metrics ADDR`) and as a page that
//! keeps itself up to date (`--ui ADDR`); and, where it is built in, pushed to a collector of
//! OpenTelemetry (`--otlp URL`).
//!
//! What is served is made a few times a second by the thread that gathers reports, off the path of any
//! message, and served by a thread of its own: whoever looks on cannot slow a run down. Nothing that is
//! asked for changes anything.

mod events;
mod exposition;
mod figures;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "live/without_otlp.rs"]
pub mod otlp;
mod page;
mod server;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use hyper::body::Bytes;
use sink::{
    ListenError, listener,
    web::{self, Pages, WebLimits},
};
use tokio::{
    net::TcpListener,
    runtime::{Handle, Runtime},
    sync::{Semaphore, watch},
};

use crate::{record::Gathered, scenario::Scenario, snapshot::Snapshot};
use events::{FEEDS_MAX, Frame};

/// How often the text for Prometheus is made anew.
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// Why there are no live figures.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No thread or no runtime.
    #[error("cannot start the thread of the live figures")]
    Thread(#[from] std::io::Error),
}

/// What is served.
#[derive(Debug)]
struct Shared {
    /// For Prometheus.
    text: Mutex<Bytes>,
    /// For the page as it is before its script has heard anything.
    snapshot: Mutex<Snapshot>,
    /// For the script.
    frames: watch::Sender<Frame>,
    /// Places of those who listen to frames.
    feeds: Arc<Semaphore>,
}

impl Shared {
    fn text(&self) -> Bytes {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }

    fn snapshot(&self) -> Snapshot {
        let latest = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
    }
}

/// Live figures that are being served.
#[derive(Debug)]
pub struct Live {
    metrics: Option<SocketAddr>,
    page: Option<SocketAddr>,
    shared: Arc<Shared>,
    /// When the text was last made.
    made: Option<Duration>,
    runtime: Handle,
    /// Ends the pages of sinks, and then everything.
    stop_sinks: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Serves figures at `metrics` and a page at `page`, both loopback addresses; at the latter figures,
    /// too. Both may be the same.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub fn start(metrics: Option<SocketAddr>, page: Option<SocketAddr>) -> Result<Self, LiveError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        // A page has everything that figures have.
        let shared_address = metrics.filter(|own| page == Some(*own) && own.port() != 0);
        let apart = metrics.filter(|_| shared_address.is_none());
        let bound_page = page.map(|address| bind(&runtime, address)).transpose()?;
        let bound_metrics = apart.map(|address| bind(&runtime, address)).transpose()?;
        let address = |bound: &Option<TcpListener>| {
            let address = bound.as_ref().map(TcpListener::local_addr);
            address.transpose()
        };
        let page = address(&bound_page)?;
        let metrics = address(&bound_metrics)?.or(shared_address);
        let shared = Arc::new(Shared {
            text: Mutex::default(),
            snapshot: Mutex::default(),
            frames: watch::Sender::default(),
            feeds: Arc::new(Semaphore::new(FEEDS_MAX)),
        });
        let (stop, stop_sinks) = (watch::Sender::new(false), watch::Sender::new(false));
        let listeners = [(bound_page, true), (bound_metrics, false)];
        let served = Arc::clone(&shared);
        let stopped = stop.subscribe();
        let handle = runtime.handle().clone();
        let thread = thread::Builder::new()
            .name("live figures".to_owned())
            .spawn(move || {
                let listeners = listeners.into_iter();
                let listeners = listeners.filter_map(|(bound, paged)| Some((bound?, paged)));
                runtime.block_on(server::serve(listeners.collect(), served, stopped));
            })?;
        Ok(Self {
            metrics,
            page,
            shared,
            made: None,
            runtime: handle,
            stop_sinks,
            stop,
            thread: Some(thread),
        })
    }

    /// Where figures for Prometheus were asked for.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Where the page is.
    pub fn page(&self) -> Option<SocketAddr> {
        self.page
    }

    /// Serves the pages of a sink at an address of their own, until [`Live::end_sinks`].
    ///
    /// # Errors
    /// When the system has no address.
    pub fn serve_sink(&self, pages: Pages) -> Result<SocketAddr, LiveError> {
        let listener = {
            let _within = self.runtime.enter();
            let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
            listener::bind(loopback, listener::Reach::Loopback)?
        };
        let address = listener.local_addr()?;
        let mut stopped = self.stop_sinks.subscribe();
        let shutdown = async move {
            // A sender that is gone has said all.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let limits = WebLimits::default();
        self.runtime
            .spawn(web::serve(listener, pages, limits, shutdown));
        Ok(address)
    }

    /// Lets go of the sinks' books.
    pub fn end_sinks(&self) {
        self.stop_sinks.send_replace(true);
    }

    /// So much of a run of `scenario` has passed, and this has been gathered in all.
    pub fn show(&mut self, scenario: &Scenario, elapsed: Duration, all: &Gathered) {
        let fresh = self
            .made
            .is_some_and(|made| elapsed.saturating_sub(made) < REFRESH_EVERY);
        if fresh {
            return;
        }
        self.made = Some(elapsed);
        let text = exposition::text(scenario, elapsed, all);
        let mut shared = self
            .shared
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *shared = text.into();
    }

    /// Shows how the run stands on the page, if there is one.
    pub fn show_page(&self, snapshot: &Snapshot) {
        if self.page.is_none() {
            return;
        }
        self.shared.frames.send_replace(Frame::of(snapshot));
        let mut latest = self
            .shared
            .snapshot
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        latest.clone_from(snapshot);
    }

    /// Serves nothing any more; whoever listens gets the last frame.
    pub fn close(&mut self) {
        self.end_sinks();
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.close();
    }
}

fn bind(runtime: &Runtime, address: SocketAddr) -> Result<TcpListener, ListenError> {
    let _within = runtime.enter();
    listener::bind(address, listener::Reach::Loopback)
}

#[cfg(test)]
mod tests;
