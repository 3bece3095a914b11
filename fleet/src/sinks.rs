//! The sinks within this process, each on a thread of its own so that they disturb the arbiters no
//! more than a server on the same machine would.

mod switch;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use emulator::Transport;
use rustls_pki_types::CertificateDer;
use sink::{
    Books, Disposition, MessageKey, TestAuthority, Totals,
    fault::{FaultBoard, FaultReport, FlawedTls},
    web::Pages,
};
use tokio::sync::oneshot;

use crate::{
    courier::EmbeddedAddresses,
    ledger::Taken,
    scenario::{Scenario, protocol},
};

pub(crate) use switch::FaultSwitch;

/// How many receipts may wait for the conductor, which looks several times a second; a sink waits
/// for room before it replies.
const RECEIPTS_WAITING_MAX: usize = 1 << 18;

/// Keeps the chance of one sink apart from that of another.
const SEED_STEP: u64 = 0xD1B5_4A32_D192_ED03;

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

/// What became of a fault of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultOutcome {
    /// The target as written.
    pub target: String,
    /// How it stands in the end; of several sinks together.
    pub report: FaultReport,
}

/// The embedded sinks of a run.
pub(crate) struct EmbeddedSinks {
    running: Vec<Running>,
    faults: Arc<FaultSwitch>,
    books: Vec<(Transport, Arc<Books>)>,
    received: mpsc::Receiver<Received>,
    authority: CertificateDer<'static>,
}

#[derive(Debug)]
struct Running {
    transport: Transport,
    /// The name of `[hosts]` that has it for itself, if one has.
    host: Option<String>,
    address: SocketAddr,
    board: Arc<FaultBoard>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Totals>,
}

impl EmbeddedSinks {
    /// Starts the sinks that `scenario` sends to. Nothing goes wrong in them before [`Self::begin`].
    ///
    /// # Errors
    /// When an address, a certificate or a thread is not to be had.
    pub(crate) fn start(scenario: &Scenario) -> Result<Self, SinkError> {
        let authority = Arc::new(TestAuthority::generate()?);
        let names = server_names(scenario);
        let tls = authority.server_config(&names)?;
        let (sender, received) = mpsc::sync_channel(RECEIPTS_WAITING_MAX);
        let mut running: Vec<Running> = Vec::new();
        let faults = Arc::new(FaultSwitch::new(scenario));
        let mut all_books = Vec::new();
        for transport in Transport::ALL {
            if !scenario.targets.embeds(transport) {
                continue;
            }
            // One for all sinks of a transport: a message that fails over is the same at each.
            let books = Arc::new(Books::with_observer(observer(transport, sender.clone())));
            all_books.push((transport, Arc::clone(&books)));
            for host in hosts(scenario, transport) {
                let flawed = FlawedTls::new(Arc::clone(&authority), names.clone());
                let seed = scenario.seed ^ (running.len() as u64).wrapping_mul(SEED_STEP);
                let board = FaultBoard::new(protocol(transport), seed).with_tls(flawed);
                let board = Arc::new(board);
                faults.hang_up(transport, host.as_deref(), &board);
                let start = Start {
                    transport,
                    host,
                    board,
                };
                running.push(start.begin(Arc::clone(&tls), Arc::clone(&books))?);
            }
        }
        Ok(Self {
            running,
            faults,
            books: all_books,
            received,
            authority: authority.der(),
        })
    }

    /// From `origin` on, things go wrong as the scenario says.
    pub(crate) fn begin(&self, origin: Instant) {
        for sink in &self.running {
            sink.board.start(origin.into());
        }
    }

    /// Where they listen.
    pub(crate) fn addresses(&self) -> EmbeddedAddresses {
        let mut addresses = EmbeddedAddresses {
            ca: Some(self.authority.clone()),
            ..EmbeddedAddresses::default()
        };
        for sink in &self.running {
            let (smtp, https) = match &sink.host {
                None => (&mut addresses.smtp, &mut addresses.https),
                Some(host) => {
                    let own = addresses.hosts.entry(host.clone()).or_default();
                    (&mut own.smtp, &mut own.https)
                }
            };
            *match sink.transport {
                Transport::Email => smtp,
                Transport::Http => https,
            } = Some(sink.address);
        }
        addresses
    }

    /// What has become of the faults of the scenario so far, in its order.
    pub(crate) fn outcomes(&self) -> Vec<FaultOutcome> {
        self.faults.outcomes()
    }

    /// Pages about the books of the sinks, without their faults: those are switched by whoever steers the
    /// run, and by nobody else.
    pub(crate) fn pages(&self) -> Vec<(Transport, Pages)> {
        let books = self.books.iter();
        let pages = books.map(|(transport, books)| {
            let pages = Pages::new(program(*transport), Arc::clone(books));
            (*transport, pages)
        });
        pages.collect()
    }

    /// The faults, for whoever switches them.
    pub(crate) fn faults(&self) -> Arc<FaultSwitch> {
        Arc::clone(&self.faults)
    }

    /// What has been received since the last time. A sink records a message before it replies, so
    /// every message whose acceptance is known is in here.
    pub(crate) fn received(&self) -> impl Iterator<Item = Received> {
        self.received.try_iter()
    }

    /// Stops the sinks and shows `take` what came in the meantime; returns their own totals by
    /// transport, none for one of which a sink has failed.
    pub(crate) fn stop(mut self, take: impl FnMut(Received)) -> Vec<(Transport, Option<Totals>)> {
        self.books.clear();
        let stopped = self.running.into_iter().map(|sink| {
            // A sink that has ended by itself needs no telling.
            let _ = sink.stop.send(());
            (sink.transport, sink.thread)
        });
        let stopped: Vec<_> = stopped.collect();
        // Until the last of them has let go of its end.
        self.received.iter().for_each(take);
        let mut ended: BTreeMap<Transport, Option<Totals>> = BTreeMap::new();
        for (transport, thread) in stopped {
            let totals = thread.join().ok();
            let so_far = ended
                .entry(transport)
                .or_insert_with(|| Some(Totals::default()));
            // They share their books: those of the last to end hold everything.
            *so_far = so_far.take().zip(totals).map(|(one, other)| {
                if other.received >= one.received {
                    other
                } else {
                    one
                }
            });
        }
        ended.into_iter().collect()
    }
}

/// The sinks of `transport`: one for all, and one for each host that has faults of its own.
fn hosts(scenario: &Scenario, transport: Transport) -> BTreeSet<Option<String>> {
    let faults = scenario.faults.iter();
    let own = faults.filter(|fault| fault.transport == transport);
    own.map(|fault| fault.host.clone()).chain([None]).collect()
}

/// The name of the program that is a sink of `transport`.
fn program(transport: Transport) -> &'static str {
    match transport {
        Transport::Email => "mock-smtp",
        Transport::Http => "mock-tac",
    }
}

/// Tells the conductor what a sink of `transport` takes.
fn observer(transport: Transport, sender: mpsc::SyncSender<Received>) -> sink::books::Observer {
    Box::new(move |receipt: sink::Receipt| {
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
    })
}

/// A sink that is about to start.
struct Start {
    transport: Transport,
    host: Option<String>,
    board: Arc<FaultBoard>,
}

impl Start {
    fn begin(
        self,
        tls: Arc<rustls::ServerConfig>,
        books: Arc<Books>,
    ) -> Result<Running, SinkError> {
        let Self {
            transport,
            host,
            board,
        } = self;
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let (stop, stopped) = oneshot::channel();
        let (told, address) = mpsc::channel();
        let name = program(transport);
        let own_board = Arc::clone(&board);
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
                    let reach = sink::listener::Reach::Loopback;
                    let listener = match sink::listener::bind(loopback, reach) {
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
                    serve(transport, listener, (tls, own_board), books, shutdown).await
                })
            })?;
        let gone = || SinkError::Thread(std::io::ErrorKind::BrokenPipe.into());
        let address = address.recv().map_err(|_| gone())??;
        Ok(Running {
            transport,
            host,
            address,
            board,
            stop,
            thread,
        })
    }
}

async fn serve(
    transport: Transport,
    listener: tokio::net::TcpListener,
    (tls, faults): (Arc<rustls::ServerConfig>, Arc<FaultBoard>),
    books: Arc<Books>,
    shutdown: impl Future<Output = ()>,
) -> Totals {
    match transport {
        Transport::Email => {
            let settings = mock_smtp::Settings {
                tls: mock_smtp::Tls::StartTls(tls),
                faults,
                ..mock_smtp::Settings::default()
            };
            mock_smtp::run(listener, settings, books, shutdown).await
        }
        Transport::Http => {
            let settings = mock_tac::Settings {
                tls: Some(tls),
                // Profiles may post anywhere.
                paths: mock_tac::Paths::Any,
                faults,
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
