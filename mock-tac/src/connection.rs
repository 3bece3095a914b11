//! One connection from its first byte to its last: TLS, HTTP, and an end that lets the client read
//! its reply.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sink::fault::{FaultyStream, Handshake, Manners, Orders, Stage, spoil_handshake};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::fault::{self, Dropped};
use crate::service::Service;
use crate::stream::WatchedStream;

/// Bytes of one request head; above it 431.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Bytes buffered of one connection.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Bytes read at a time while a connection that ended early is drained.
const DRAIN_BYTES: usize = 4 * 1024;

/// Serves one connection until it ends or, told to `stop`, until its current request is answered.
pub(crate) async fn serve(
    stream: TcpStream,
    service: Arc<Service>,
    stop: watch::Receiver<bool>,
    manners: Manners,
) {
    // A reply is one small write: held back for an acknowledgement, it would cost the client 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "connection lost before its first byte");
        return;
    }
    let faults = Arc::clone(&service.settings.faults);
    faults.moving().await;
    if fault::pass_with(&faults, Stage::Accept, &stream)
        .await
        .is_err()
    {
        return;
    }
    let Some(tls) = service.settings.tls.clone() else {
        return converse(stream, service, stop, manners).await;
    };
    let tls = match faults.handshake() {
        None => tls,
        Some(Handshake::With(tls)) => tls,
        Some(spoilt) => {
            let error = spoil_handshake(stream, &spoilt).await;
            debug!(%error, "handshake failed");
            return service.books.count("handshake_failed");
        }
    };
    let handshake = TlsAcceptor::from(tls).accept(stream);
    match timeout(service.settings.timeouts.handshake, handshake).await {
        Ok(Ok(stream)) => {
            let tcp = stream.get_ref().0;
            if fault::pass_with(&faults, Stage::Handshake, tcp)
                .await
                .is_ok()
            {
                converse(stream, service, stop, manners).await;
            }
        }
        Ok(Err(error)) => {
            debug!(%error, "handshake failed");
            service.books.count("handshake_failed");
        }
        Err(_) => service.books.count("handshake_timeout"),
    }
}

async fn converse<S>(
    stream: S,
    service: Arc<Service>,
    mut stop: watch::Receiver<bool>,
    manners: Manners,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let timeouts = service.settings.timeouts;
    let ends_early = Arc::new(AtomicBool::new(false));
    let dropped = Arc::new(AtomicBool::new(false));
    let orders = Orders::default();
    let answers = service_fn(|request: Request<Incoming>| {
        let service = Arc::clone(&service);
        let (ends_early, dropped) = (Arc::clone(&ends_early), Arc::clone(&dropped));
        let orders = orders.clone();
        // To be asked for its stream at the end, the connection has to be movable, and so has this.
        Box::pin(async move {
            let answer = service.answer(request, &orders).await;
            match &answer {
                Ok(answer) if answer.headers().contains_key(header::CONNECTION) => {
                    ends_early.store(true, Ordering::Relaxed);
                }
                Ok(_) => {}
                Err(Dropped) => dropped.store(true, Ordering::Relaxed),
            }
            answer
        })
    });
    let stream = WatchedStream::new(stream, timeouts.write_stall);
    let faults = Arc::clone(&service.settings.faults);
    let stream = FaultyStream::new(stream, faults, manners, orders.clone());
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        // A client that has sent everything may say so and still wait for its reply. With faults it
        // is taken for gone: replies that take an hour would keep the places of those who are.
        .half_close(service.settings.faults.is_quiet())
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), answers);
    let outcome = tokio::select! {
        outcome = poll_fn(|context| connection.poll_without_shutdown(context)) => Some(outcome),
        () = told(&mut stop) => None,
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    if let Err(error) = &outcome {
        account_for(error, &service);
    }
    if dropped.load(Ordering::Relaxed) {
        // Without a farewell.
        return;
    }
    let drains = outcome.is_err() || ends_early.load(Ordering::Relaxed);
    let stream = connection.into_parts().io.into_inner();
    let stream = stream.into_inner().into_inner();
    // However it goes, the connection is over.
    let _ = timeout(timeouts.linger, finish(stream, drains)).await;
}

/// Ends once the sink is told to stop, or is gone.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn account_for(error: &hyper::Error, service: &Service) {
    debug!(%error, "connection ended early");
    if error.is_parse() {
        service.books.count("bad_request");
    } else if error.is_timeout() {
        service.books.count("head_timeout");
    }
}

/// Ends the stream in order. A socket closed with input unread resets the connection, and the reset
/// overtakes the reply: so what the client still sends is read first and thrown away.
async fn finish(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    drains: bool,
) -> std::io::Result<()> {
    stream.shutdown().await?;
    if drains {
        let mut unread = [0; DRAIN_BYTES];
        while stream.read(&mut unread).await? > 0 {}
    }
    Ok(())
}
