//! An HTTPS sink for Call Home that accounts for every message it takes.
//!
//! It stands in for the service that devices post their messages to: it checks every message with a
//! reader of its own, finds duplicates by message id, applies the 10 KB rule, enters the message in
//! the [`sink::Books`] and only then replies. A body that is cut off is never counted as received.
//!
//! | module | its one job |
//! |---|---|
//! | [`settings`] | what an operator can set, with defaults |
//! | [`intake`] | read one message and say what is wrong with it |
//! | [`ten_kb`] | the 10 KB rule |
//! | [`devices`] | the devices heard of |
//! | `framing`, `stream` | refuse ambiguous requests before the HTTP library reads them |
//! | `body` | receive and decompress a body within limits |
//! | `service`, `reply` | decide about a request, and answer it |
//! | `fault` | what faults make of requests |
//! | `connection` | one connection from its first byte to its last |

mod body;
mod connection;
pub mod devices;
mod fault;
mod framing;
pub mod intake;
mod reply;
mod service;
pub mod settings;
mod stream;
pub mod ten_kb;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sink::fault::{Door, Knock, Refusal};
use sink::{Books, Pages, Totals, listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::debug;

pub use devices::Devices;
pub use settings::{ENDPOINT, Limits, Paths, Settings, TenKb, Timeouts};

use service::Service;

/// Waits after the system refused a connection for lack of resources, so that it can recover.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Takes messages on `listener` until `shutdown` ends, and gives the totals of `books`.
///
/// Runs on a current-thread runtime as well as on a multi-threaded one. Each message is in the
/// books, and their observer has heard of it, before the first byte of its reply is written. After
/// `shutdown` no connection is accepted, idle ones end at once, and requests under way have
/// [`Timeouts::drain`] to finish.
///
/// ```
/// # use std::{future, sync::Arc};
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let authority = sink::TestAuthority::generate()?;
/// let settings = mock_tac::Settings {
///     tls: Some(authority.server_config(&[])?),
///     ..Default::default()
/// };
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let books = Arc::new(sink::Books::default());
/// let totals = mock_tac::run(listener, settings, books, future::ready(())).await;
/// assert_eq!(totals.received, 0);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread()
/// #     .enable_all()
/// #     .build()?
/// #     .block_on(example())?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub async fn run(
    listener: TcpListener,
    settings: Settings,
    books: Arc<Books>,
    shutdown: impl Future<Output = ()>,
) -> Totals {
    let drain = settings.timeouts.drain;
    let service = Arc::new(Service::new(settings, Arc::clone(&books)));
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut door = Door::new(listener, Arc::clone(&service.settings.faults));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let knock = tokio::select! {
            () = &mut shutdown => break,
            knock = door.next() => knock,
        };
        match knock {
            Knock::Came(stream) => admit(stream, &service, &stopped, &mut connections),
            Knock::Cut => connections.abort_all(),
            Knock::Failed(error) => {
                debug!(%error, "connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(door);
    stop.send_replace(true);
    let drained = timeout(drain, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        connections.shutdown().await;
    }
    books.totals()
}

/// Begins to serve a client, unless there are too many or a fault has it refused.
fn admit(
    stream: TcpStream,
    service: &Arc<Service>,
    stopped: &watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
) {
    let manners = service.settings.faults.manners();
    match manners.refusal {
        Some(Refusal::Reset) => return listener::reset(&stream),
        Some(Refusal::Close | Refusal::PortClosed) => return,
        None => {}
    }
    // Without a free place the stream is dropped, and with it the connection.
    if let Some(admission) = service.books.admit(service.settings.limits.connections) {
        let service = Arc::clone(service);
        let conversation = connection::serve(stream, service, stopped.clone(), manners);
        connections.spawn(async move {
            conversation.await;
            drop(admission);
        });
    }
}

/// The pages about a sink: those every sink has, its faults, and `/api/devices`.
#[must_use]
pub fn pages(books: Arc<Books>, settings: &Settings) -> Pages {
    let devices = Arc::clone(&settings.devices);
    Pages::new("mock-tac", books)
        .with_faults(Arc::clone(&settings.faults))
        .with_json("/api/devices", Box::new(move || devices.to_json()))
}
