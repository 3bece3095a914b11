//! The server of live figures: connections, and what is answered.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::{Either, Full, channel::Channel};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use sink::web;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Shared,
    events::{self, FEEDS_MAX, Listener},
    page,
};

/// Connections open at once at one address, besides those that frames go to; more wait in the kernel.
const CONNECTIONS_MAX: usize = 16;
/// Time for a request to arrive, and for a connection in all.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// Waits after the system refused a connection for lack of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long connections may take for what they are being told when all is over.
const CLOSING_TIMEOUT: Duration = Duration::from_millis(500);

/// Only what is served here, nothing within the page, no frames around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TEXT: &str = "text/plain; charset=utf-8";

type Body = Either<Full<Bytes>, Channel<Bytes, Infallible>>;

/// Serves `shared` at all of `listeners`, those with a page and those with figures only, until `stop`.
pub(super) async fn serve(
    listeners: Vec<(TcpListener, bool)>,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) {
    let mut accepting = JoinSet::new();
    for (listener, paged) in listeners {
        accepting.spawn(accept(listener, paged, Arc::clone(&shared), stop.clone()));
    }
    while accepting.join_next().await.is_some() {}
}

async fn accept(
    listener: TcpListener,
    paged: bool,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX + FEEDS_MAX));
    let mut connections = JoinSet::new();
    let mut stopped = stop.clone();
    loop {
        let admitted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            admitted = admitted => admitted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Ok((stream, _)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (shared, stop) = (Arc::clone(&shared), stop.clone());
        connections.spawn(async move {
            converse(stream, paged, &shared, stop).await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let rest = async { while connections.join_next().await.is_some() {} };
    // Whoever takes longer is cut off.
    let _ = timeout(CLOSING_TIMEOUT, rest).await;
}

/// Answers what comes by `stream`. A client that goes away, or stays too long, is no business of the
/// run's.
async fn converse(
    stream: TcpStream,
    paged: bool,
    shared: &Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let listener = Arc::new(Listener::default());
    let fed = Arc::clone(&listener);
    let answers = service_fn(move |request: Request<Incoming>| {
        let answer = answer(&request, paged, shared, &fed);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answers);
    let mut connection = std::pin::pin!(connection);
    let mut closing = false;
    loop {
        tokio::select! {
            _ = &mut connection => return,
            () = listener.given_up.notified() => return,
            () = sleep(CONNECTION_TIMEOUT) => {
                if !listener.is_fed() {
                    return;
                }
            }
            _ = stop.wait_for(|stopped| *stopped), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn answer(
    request: &Request<Incoming>,
    paged: bool,
    shared: &Arc<Shared>,
    listener: &Arc<Listener>,
) -> Response<Body> {
    if !web::names_an_address(request) {
        return plain(StatusCode::MISDIRECTED_REQUEST, web::NAME_REFUSED);
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let text = "only GET and HEAD are answered here\n";
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, text);
        let allowed = HeaderValue::from_static("GET, HEAD");
        answer.headers_mut().insert(header::ALLOW, allowed);
        return answer;
    }
    match (request.uri().path(), paged) {
        ("/metrics", _) => {
            let content_type = "text/plain; version=0.0.4; charset=utf-8";
            finished(StatusCode::OK, content_type, shared.text())
        }
        ("/healthz", _) => plain(StatusCode::OK, "ok"),
        ("/", true) => {
            let html = page::render(&shared.snapshot());
            finished(StatusCode::OK, "text/html; charset=utf-8", html.into())
        }
        ("/live.js", true) => {
            let script = Bytes::from_static(page::SCRIPT.as_bytes());
            finished(StatusCode::OK, "text/javascript; charset=utf-8", script)
        }
        ("/live.css", true) => {
            let style = Bytes::from_static(page::STYLE.as_bytes());
            finished(StatusCode::OK, "text/css; charset=utf-8", style)
        }
        ("/events", true) => frames(request.method() == Method::GET, shared, listener),
        (_, true) => plain(
            StatusCode::NOT_FOUND,
            "there are /, /metrics and /healthz\n",
        ),
        (_, false) => plain(StatusCode::NOT_FOUND, "there are /metrics and /healthz\n"),
    }
}

/// The stream of frames, while there is a place; its head alone where nobody would listen.
fn frames(wanted: bool, shared: &Arc<Shared>, listener: &Arc<Listener>) -> Response<Body> {
    const STREAM: &str = "text/event-stream; charset=utf-8";
    if !wanted {
        return finished(StatusCode::OK, STREAM, Bytes::new());
    }
    let Ok(place) = Arc::clone(&shared.feeds).try_acquire_owned() else {
        let text = "so many look on already that nobody else can; close a page\n";
        return plain(StatusCode::SERVICE_UNAVAILABLE, text);
    };
    let body = events::feed(shared.frames.subscribe(), listener, place);
    with_headers(StatusCode::OK, STREAM, Either::Right(body))
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    finished(status, TEXT, Bytes::from_static(text.as_bytes()))
}

fn finished(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Body> {
    with_headers(status, content_type, Either::Left(Full::new(body)))
}

fn with_headers(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        let headers = response.headers_mut();
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
