//! Accepting connections, as many as allowed, until told to stop.

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sink::{Books, Totals};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tracing::debug;

use crate::connection::{self, Shared};
use crate::settings::{Settings, Tls};
use crate::{events, reply};

/// Pause after the system could not hand over a connection, so that others can end meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `listener` until `shutdown` ends; gives the totals of `books` then.
///
/// Connections that are open at that moment are cut: a message that is not complete counts as
/// aborted. Runs on a current-thread runtime as well as on a multi-threaded one; the runtime needs
/// I/O and time enabled.
pub async fn run(
    listener: TcpListener,
    settings: Settings,
    books: Arc<Books>,
    shutdown: impl Future<Output = ()>,
) -> Totals {
    let shared = Arc::new(Shared::new(settings, Arc::clone(&books)));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => match books.admit(shared.settings.connections_max) {
                Some(admission) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&shared), admission));
                }
                None => turn_away(stream, &shared.settings.tls),
            },
            Err(error) => {
                debug!(%error, "connection not accepted");
                books.count(events::ACCEPT_FAILED);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    connections.shutdown().await;
    books.totals()
}

/// Says 421 in one attempt: a client that is too many must not cost a task.
fn turn_away(stream: TcpStream, tls: &Tls) {
    if matches!(tls, Tls::Implicit(_)) {
        return;
    }
    let mut text = Vec::new();
    reply::TOO_MANY_CONNECTIONS.write_to(&mut text);
    if let Ok(mut stream) = stream.into_std() {
        // The client may be gone, which is as well.
        let _ = stream.write(&text);
    }
}
