//! The web address of a sink: health, metrics, totals, the latest messages, and faults on request.

mod faults;
mod host;
mod metrics;
mod page;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::debug;

use crate::books::Books;
use crate::fault::FaultBoard;

pub use host::{NAME_REFUSED, names_an_address};

/// Largest request head, in bytes.
const REQUEST_HEAD_BYTES_MAX: usize = 16 * 1024;

/// Messages listed when a request names no limit.
const MESSAGES_LISTED_DEFAULT: usize = 100;

/// Messages on the page for people.
const MESSAGES_ON_PAGE: usize = 50;

/// Waits after the system refused a connection for lack of resources, so that it can recover.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// No scripts, no frames, no other origins; the one style sheet is served here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
                                       form-action 'none'; frame-ancestors 'none'";

/// A complete answer.
pub type Answer = Response<Full<Bytes>>;

/// Produces a JSON document on request.
pub type JsonSource = Box<dyn Fn() -> String + Send + Sync>;

/// How much a web address takes upon itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WebLimits {
    /// Connections open at once; more wait in the kernel. Default 64.
    pub connections_max: usize,
    /// Time for a complete request head to arrive. Default 10 s.
    pub head_timeout: Duration,
    /// Time after which a connection is closed whatever it does. Default 60 s.
    pub connection_timeout: Duration,
}

impl Default for WebLimits {
    fn default() -> Self {
        Self {
            connections_max: 64,
            head_timeout: Duration::from_secs(10),
            connection_timeout: Duration::from_secs(60),
        }
    }
}

/// What a web address shows.
pub struct Pages {
    name: &'static str,
    books: Arc<Books>,
    json: Vec<(&'static str, JsonSource)>,
    faults: Option<Arc<FaultBoard>>,
}

impl Pages {
    /// Pages about the books of the sink called `name`, as in `mock-smtp`.
    ///
    /// Metric names begin with the name, its hyphens as underscores.
    #[must_use]
    pub fn new(name: &'static str, books: Arc<Books>) -> Self {
        Self {
            name,
            books,
            json: Vec::new(),
            faults: None,
        }
    }

    /// Adds the faults of the sink, which whoever reaches the web address can change.
    #[must_use]
    pub fn with_faults(mut self, faults: Arc<FaultBoard>) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Adds a JSON document of the sink's own at `path`, as in `/api/devices`.
    #[must_use]
    pub fn with_json(mut self, path: &'static str, source: JsonSource) -> Self {
        self.json.push((path, source));
        self
    }

    /// Answers a GET or HEAD request for one of the pages; `None` when `path` is none of them.
    ///
    /// `query` is what follows the question mark. Other methods get 405. For HEAD the server has to
    /// leave out the body, as hyper does.
    #[must_use]
    pub fn answer(&self, method: &Method, path: &str, query: Option<&str>) -> Option<Answer> {
        let (content_type, text) = self.render(path, query)?;
        if method != Method::GET && method != Method::HEAD {
            let mut answer = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD are answered here\n",
            );
            answer
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(answer);
        }
        Some(finished(StatusCode::OK, content_type, text))
    }

    fn render(&self, path: &str, query: Option<&str>) -> Option<(&'static str, String)> {
        const JSON: &str = "application/json";
        let faults = || self.faults.as_ref().map(|faults| faults.reports());
        Some(match path {
            "/" => {
                let messages = self.books.recent(MESSAGES_ON_PAGE);
                let faults = faults().unwrap_or_default();
                (
                    "text/html; charset=utf-8",
                    page::render(self.name, &self.books.totals(), &faults, &messages),
                )
            }
            "/style.css" => ("text/css; charset=utf-8", page::STYLE.to_owned()),
            "/healthz" => ("text/plain; charset=utf-8", "ok".to_owned()),
            "/metrics" => {
                let prefix = self.name.replace('-', "_");
                let faults = faults().unwrap_or_default();
                (
                    metrics::CONTENT_TYPE,
                    metrics::render(&prefix, &self.books.totals(), &faults),
                )
            }
            faults::PATH => (JSON, to_json(&faults()?)),
            "/api/totals" => (JSON, to_json(&self.books.totals())),
            "/api/messages" => (JSON, to_json(&self.books.recent(listed(query)))),
            _ => {
                let (_, source) = self.json.iter().find(|(own, _)| *own == path)?;
                (JSON, source())
            }
        })
    }
}

/// Serves the pages until `shutdown` ends; open connections are closed then.
///
/// Runs on a current-thread runtime as well as on a multi-threaded one.
pub async fn serve(
    listener: TcpListener,
    pages: Pages,
    limits: WebLimits,
    shutdown: impl Future<Output = ()>,
) {
    let pages = Arc::new(pages);
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let admitted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = &mut shutdown => break,
            (slot, accepted) = admitted => match accepted {
                Ok((stream, _)) => {
                    let pages = Arc::clone(&pages);
                    connections.spawn(async move {
                        let _slot = slot;
                        converse(stream, pages, limits).await;
                    });
                }
                Err(error) => {
                    debug!(%error, "web connection not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, pages: Arc<Pages>, limits: WebLimits) {
    let service = service_fn(move |request: Request<Incoming>| {
        let pages = Arc::clone(&pages);
        async move { Ok::<_, Infallible>(answer(&pages, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(REQUEST_HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = timeout(limits.connection_timeout, connection).await {
        debug!(%error, "web connection ended early");
    }
}

async fn answer(pages: &Pages, request: Request<Incoming>) -> Answer {
    if !names_an_address(&request) {
        // What came of a body is unread.
        return closing(plain(StatusCode::MISDIRECTED_REQUEST, NAME_REFUSED));
    }
    if let Some(board) = &pages.faults
        && faults::is_change(&request)
    {
        return faults::change(board, request).await;
    }
    if !request.body().is_end_stream() {
        return closing(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "a request here has no body\n",
        ));
    }
    pages
        .answer(
            request.method(),
            request.uri().path(),
            request.uri().query(),
        )
        .unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "no such page\n"))
}

/// `answer`, after which the connection is closed.
fn closing(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    finished(status, "text/plain; charset=utf-8", text.to_owned())
}

fn finished(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Numbers and strings always have a JSON form, so the empty object is for the impossible.
fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

/// The `limit` of a query; the default when there is none or it is no number.
fn listed(query: Option<&str>) -> usize {
    query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("limit=")?.parse().ok())
        .unwrap_or(MESSAGES_LISTED_DEFAULT)
}

#[cfg(test)]
mod tests;
