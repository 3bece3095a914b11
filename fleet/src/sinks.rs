//! The sinks within this process, each on a thread of its own so that they disturb the arbiters no
//! more than a server on the same machine would.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use emulator::Transport;
use rustls_pki_types::CertificateDer;
use sink::{Books, Disposition, MessageKey, TestAuthority, Totals};
use tokio::sync::oneshot;

use crate::{
    courier::EmbeddedAddresses,
    ledger::Taken,
    scenario::{Scenario, TargetChoice},
};

/// How many receipts may wait for the conductor, which looks several times a second; a sink waits
/// for room before it replies.
const RECEIPTS_WAITING_MAX: usize = 1 << 18;

/// A message that an embedded sink has taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// Which message.
    pub key: MessageKey,
    /// By which transport it came.
    pub transport: Transport,
    /// What became of it.
    pub taken: Taken,
    /// When its last byte had come.
    pub at: Instant,
}

/// Why the embedded sinks do not start.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// No address to listen on.
    #[error(transparent)]
    Listen(#[from] sink::ListenError),
    /// No certificate.
    #[error(transparent)]
    Certificate(#[from] sink::CertificateError),
    /// No thread or no runtime.
    #[error("cannot start the thread of an embedded sink")]
    Thread(#[from] std::io::Error),
}

/// The embedded sinks of a run.
#[derive(Debug)]
pub(crate) struct EmbeddedSinks {
    running: Vec<Running>,
    received: mpsc::Receiver<Received>,
    authority: CertificateDer<'static>,
}

#[derive(Debug)]
struct Running {
    transport: Transport,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Totals>,
}

impl EmbeddedSinks {
    /// Starts the sinks that `scenario` sends to.
    ///
    /// # Errors
    /// When an address, a certificate or a thread is not to be had.
    pub(crate) fn start(scenario: &Scenario) -> Result<Self, SinkError> {
        let authority = TestAuthority::generate()?;
        let tls = authority.server_config(&server_names(scenario))?;
        let (sender, received) = mpsc::sync_channel(RECEIPTS_WAITING_MAX);
        let mut running = Vec::new();
        for transport in Transport::ALL {
            if embeds(scenario, transport) {
                running.push(start(transport, Arc::clone(&tls), sender.clone())?);
            }
        }
        Ok(Self {
            running,
            received,
            authority: authority.der(),
        })
    }

    /// Where they listen.
    pub(crate) fn addresses(&self) -> EmbeddedAddresses {
        let address = |transport| {
            let found = self.running.iter().find(|sink| sink.transport == transport);
            found.map(|sink| sink.address)
        };
        EmbeddedAddresses {
            smtp: address(Transport::Email),
            https: address(Transport::Http),
            ca: Some(self.authority.clone()),
        }
    }

    /// What has been received since the last time. A sink records a message before it replies, so
    /// every message whose acceptance is known is in here.
    pub(crate) fn received(&self) -> impl Iterator<Item = Received> {
        self.received.try_iter()
    }

    /// Stops the sinks and shows `take` what came in the meantime; returns their own totals, none for
    /// a sink that has failed.
    pub(crate) fn stop(self, take: impl FnMut(Received)) -> Vec<(Transport, Option<Totals>)> {
        let stopped = self.running.into_iter().map(|sink| {
            // A sink that has ended by itself needs no telling.
            let _ = sink.stop.send(());
            (sink.transport, sink.thread)
        });
        let stopped: Vec<_> = stopped.collect();
        // Until the last of them has let go of its end.
        self.received.iter().for_each(take);
        let ended = stopped.into_iter();
        ended
            .map(|(transport, thread)| (transport, thread.join().ok()))
            .collect()
    }
}

fn embeds(scenario: &Scenario, transport: Transport) -> bool {
    let targets = &scenario.targets;
    let default = match transport {
        Transport::Email => &targets.smtp,
        Transport::Http => &targets.https,
    };
    // A name in `[hosts]` may be a mail server as well as a receiver.
    *default == TargetChoice::Embedded
        || targets
            .hosts
            .values()
            .any(|choice| *choice == TargetChoice::Embedded)
}

fn start(
    transport: Transport,
    tls: Arc<rustls::ServerConfig>,
    sender: mpsc::SyncSender<Received>,
) -> Result<Running, SinkError> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let observer = Box::new(move |receipt: sink::Receipt| {
        // Nobody listens once the run is over; what comes then is nobody's.
        let _ = sender.send(Received {
            key: receipt.key,
            transport,
            taken: match (receipt.duplicate, receipt.disposition) {
                (true, _) => Taken::Again,
                (false, Disposition::Accepted) => Taken::Kept,
                (false, Disposition::Dropped(_)) => Taken::Dropped,
            },
            at: receipt.received,
        });
    });
    let books = Arc::new(Books::with_observer(observer));
    let (stop, stopped) = oneshot::channel();
    let (told, address) = mpsc::channel();
    let name = match transport {
        Transport::Email => "mock-smtp",
        Transport::Http => "mock-tac",
    };
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = told.send(Err(SinkError::Thread(error)));
                    return Totals::default();
                }
            };
            runtime.block_on(async {
                let listener = match sink::listener::bind(loopback, sink::listener::Reach::Loopback)
                {
                    Ok(listener) => listener,
                    Err(error) => {
                        let _ = told.send(Err(error.into()));
                        return Totals::default();
                    }
                };
                let _ = told.send(listener.local_addr().map_err(SinkError::Thread));
                let shutdown = async {
                    let _ = stopped.await;
                };
                serve(transport, listener, tls, books, shutdown).await
            })
        })?;
    let gone = || SinkError::Thread(std::io::ErrorKind::BrokenPipe.into());
    let address = address.recv().map_err(|_| gone())??;
    Ok(Running {
        transport,
        address,
        stop,
        thread,
    })
}

async fn serve(
    transport: Transport,
    listener: tokio::net::TcpListener,
    tls: Arc<rustls::ServerConfig>,
    books: Arc<Books>,
    shutdown: impl Future<Output = ()>,
) -> Totals {
    match transport {
        Transport::Email => {
            let settings = mock_smtp::Settings {
                tls: mock_smtp::Tls::StartTls(tls),
                ..mock_smtp::Settings::default()
            };
            mock_smtp::run(listener, settings, books, shutdown).await
        }
        Transport::Http => {
            let settings = mock_tac::Settings {
                tls: Some(tls),
                // Profiles may post anywhere.
                paths: mock_tac::Paths::Any,
                ..mock_tac::Settings::default()
            };
            mock_tac::run(listener, settings, books, shutdown).await
        }
    }
}

/// The host names in the URLs and mail servers of all fleets, which the sinks' certificate must
/// carry.
fn server_names(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = scenario.targets.hosts.keys().cloned().collect();
    for fleet in &scenario.fleets {
        // A host with a slot differs from device to device; no certificate can name them all.
        names.extend(fleet.receivers().chain(fleet.mail_servers()).flatten());
    }
    names.sort_unstable();
    names.dedup();
    names
}
