//! The figures of a run while it goes on, for Prometheus: `--metrics ADDR`.
//!
//! The text is made at most once a second by the thread that gathers reports, off the path of any
//! message, and served by a thread of its own: whoever scrapes cannot slow a run down.

mod exposition;

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use sink::{ListenError, listener};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, oneshot},
};

use crate::{record::Gathered, scenario::Scenario};

/// How often the text is made anew.
const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// Connections open at once; more wait in the kernel.
const CONNECTIONS_MAX: usize = 16;
/// Time for a request to arrive, and for a connection in all.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// Waits after the system refused a connection for lack of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

type Text = Arc<Mutex<Bytes>>;

/// Live figures that are being served.
#[derive(Debug)]
pub struct Live {
    address: SocketAddr,
    text: Text,
    /// When the text was last made.
    made: Option<Duration>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Serves figures at `address`, a loopback one.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub fn start(address: SocketAddr) -> Result<Self, LiveError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _within = runtime.enter();
            listener::bind(address, listener::Reach::Loopback)?
        };
        let address = listener.local_addr()?;
        let text = Text::default();
        let served = Arc::clone(&text);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("live figures".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, served) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            text,
            made: None,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where they are.
    pub fn address(&self) -> SocketAddr {
        self.address
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
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that has ended by itself needs no telling.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, text: Text) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let text = Arc::clone(&text);
        tokio::spawn(async move {
            let answers = service_fn(move |request| {
                let answer = answer(&request, &text);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), answers);
            // A client that goes away, or stays too long, is no business of the run's.
            let _ = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, text: &Text) -> Response<Full<Bytes>> {
    let reading = [Method::GET, Method::HEAD].contains(request.method());
    let (status, content_type, body) = match (reading, request.uri().path()) {
        (false, _) => (
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain; charset=utf-8",
            Bytes::from_static(b"only GET and HEAD are answered here\n"),
        ),
        (true, "/metrics") => (
            StatusCode::OK,
            "text/plain; version=0.0.4; charset=utf-8",
            text.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        ),
        (true, "/healthz") => (
            StatusCode::OK,
            "text/plain; charset=utf-8",
            Bytes::from_static(b"ok"),
        ),
        (true, _) => (
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            Bytes::from_static(b"there are /metrics and /healthz\n"),
        ),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;
    use crate::scenario::{Overrides, Source};

    fn fetch(address: SocketAddr, request: &str) -> String {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn figures_are_served_and_nothing_else() {
        let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
        let mut live = Live::start(([127, 0, 0, 1], 0).into()).unwrap();
        let mut all = Gathered::default();
        all.ledger.triggers = 17;
        live.show(&loaded.scenario, Duration::from_secs(3), &all);
        // Within the same second nothing is made anew.
        all.ledger.triggers = 18;
        live.show(&loaded.scenario, Duration::from_millis(3_900), &all);
        let get = |path: &str| {
            fetch(
                live.address(),
                &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            )
        };
        let metrics = get("/metrics");
        assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
        assert!(metrics.contains("\nfleet_triggers_total 17\n"), "{metrics}");
        assert!(get("/healthz").ends_with("ok"));
        assert!(get("/etc/passwd").starts_with("HTTP/1.1 404"));
        let post = "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        assert!(fetch(live.address(), post).starts_with("HTTP/1.1 405"));
    }

    #[test]
    fn an_address_that_is_taken_is_refused() {
        let first = Live::start(([127, 0, 0, 1], 0).into()).unwrap();
        let second = Live::start(first.address());
        assert!(matches!(
            second,
            Err(LiveError::Listen(ListenError::AddressInUse { .. }))
        ));
    }
}
