//! Accepting connections, as many as allowed, until told to stop.

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sink::fault::{Door, Knock, Refusal};
use sink::{Books, Totals, listener};
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
    let mut door = Door::new(listener, Arc::clone(&shared.settings.faults));
    let mut shutdown = pin!(shutdown);
    loop {
        let knock = tokio::select! {
            biased;
            () = &mut shutdown => break,
            knock = door.next() => knock,
        };
        match knock {
            Knock::Came(stream) => admit(stream, &shared, &books, &mut connections),
            Knock::Cut => connections.abort_all(),
            Knock::Failed(error) => {
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

/// Begins to serve a client, unless there are too many or a fault has it refused.
fn admit(
    stream: TcpStream,
    shared: &Arc<Shared>,
    books: &Arc<Books>,
    connections: &mut JoinSet<()>,
) {
    let manners = shared.settings.faults.manners();
    match manners.refusal {
        Some(Refusal::Reset) => return listener::reset(&stream),
        Some(Refusal::Close | Refusal::PortClosed) => return,
        None => {}
    }
    match books.admit(shared.settings.connections_max) {
        Some(admission) => {
            let shared = Arc::clone(shared);
            connections.spawn(connection::serve(stream, shared, (manners, admission)));
        }
        None => turn_away(stream, &shared.settings.tls),
    }
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
