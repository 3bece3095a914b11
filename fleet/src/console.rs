//! Consoles: people and programs that log in to single devices while a run goes on.
//!
//! | module | its one job |
//! |---|---|
//! | `ssh` | consoles by SSH, for many at once |
//! | `local` | the console of one device on standard input and output |

pub mod local;
pub mod ssh;

use std::{collections::BTreeMap, pin::Pin, sync::Arc, time::Duration};

use actix::Recipient;
use emulator::{
    Probe, ProbeOutcome, ServerState, Transfer, TransferOutcome,
    cli::{Arrival, LineResult, Session, Settings},
};
use tokio::sync::Notify;

use crate::{
    actors::{RunningDevice, Said, Talk, Told, Wanted},
    courier::CourierSettings,
};

/// The devices of a run by host name, in any case of its letters.
#[derive(Debug, Default)]
pub struct Directory {
    devices: BTreeMap<Arc<str>, RunningDevice>,
}

impl Directory {
    /// Of devices with one name, the first has it, and the others have it with a dot and their number
    /// behind it.
    pub(crate) fn new(mut introduced: Vec<RunningDevice>) -> Self {
        introduced.sort_by_key(|device| device.number);
        let mut devices = BTreeMap::new();
        for device in introduced {
            let mut name = lower(&device.hostname);
            if devices.contains_key(&name) {
                name = format!("{name}.{}", device.number).into();
            }
            devices.insert(name, device);
        }
        Self { devices }
    }

    /// The device that was called `hostname` when it started.
    pub(crate) fn find(&self, hostname: &str) -> Option<&RunningDevice> {
        self.devices.get(&lower(hostname))
    }

    /// The only device, or one of several.
    pub(crate) fn any(&self) -> Option<&RunningDevice> {
        self.devices.values().next()
    }
}

fn lower(hostname: &str) -> Arc<str> {
    hostname.to_ascii_lowercase().into()
}

/// One terminal session on one device.
pub(crate) struct Console {
    device: Recipient<Talk>,
    /// `None` once the device has gone with it.
    session: Option<Box<Session>>,
    /// After how long without input the session is to end.
    idle_timeout: Option<Duration>,
    /// Number of the device over all fleets.
    number: u32,
    couriers: Arc<CourierSettings>,
    /// What is being done for the session, which waits for it.
    awaited: Option<Awaited>,
    /// The device has logged something that the session may show.
    news: Arc<Notify>,
}

type Awaited = Pin<Box<dyn Future<Output = Arrival> + Send>>;

/// What came of something said on a console.
#[derive(Debug)]
pub(crate) struct Shown {
    /// For the terminal.
    pub(crate) bytes: Vec<u8>,
    /// What became of a [`Said::Line`].
    pub(crate) line: LineResult,
    /// Whether the session is over.
    pub(crate) ended: bool,
}

impl Console {
    /// A session on `device` that has not said anything yet.
    pub(crate) fn open(device: &RunningDevice, settings: Settings) -> Self {
        Self {
            device: device.console(),
            session: Some(Box::new(Session::open(settings))),
            idle_timeout: None,
            number: device.number,
            couriers: Arc::clone(&device.couriers),
            awaited: None,
            news: Arc::default(),
        }
    }

    /// Says something to the device; `None` when the run is over for it.
    pub(crate) async fn say(&mut self, said: Said) -> Option<Shown> {
        let session = self.session.take()?;
        let news = Arc::clone(&self.news);
        let talk = Talk {
            session,
            said,
            news,
        };
        let told = self.device.send(talk).await;
        let Told {
            session,
            shown,
            line,
            wanted,
            idle_timeout,
        } = told.ok().flatten()?;
        self.idle_timeout = idle_timeout;
        let (couriers, number) = (Arc::clone(&self.couriers), self.number);
        match wanted {
            Some(Wanted::Probe(probe)) => {
                self.awaited = Some(Box::pin(run_probe(couriers, probe)));
            }
            Some(Wanted::Transfer(transfer)) => {
                self.awaited = Some(Box::pin(run_transfer(couriers, number, transfer)));
            }
            None => {}
        }
        let ended = session.is_ended();
        self.session = Some(session);
        Some(Shown {
            bytes: shown,
            line,
            ended,
        })
    }

    /// Whether the session waits for something that takes a network.
    pub(crate) fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    /// Waits for what the session waits for, to be said; for ever where that is nothing.
    pub(crate) async fn arrived(&mut self) -> Said {
        let Some(awaited) = &mut self.awaited else {
            return std::future::pending().await;
        };
        let arrival = awaited.await;
        self.awaited = None;
        Said::Arrived(arrival)
    }

    /// Waits for something that nobody typed and that is to be said: what the session waits for, or that
    /// the device has logged something.
    pub(crate) async fn unasked(&mut self) -> Said {
        let news = Arc::clone(&self.news);
        tokio::select! {
            arrived = self.arrived() => arrived,
            () = news.notified() => Said::News,
        }
    }

    /// After how long without input the session is to end; `None` is never.
    pub(crate) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }
}

/// Connects to all servers of `probe` at once.
async fn run_probe(couriers: Arc<CourierSettings>, probe: Probe) -> Arrival {
    let mut running = tokio::task::JoinSet::new();
    for (position, server) in probe.servers.iter().enumerate() {
        let (couriers, server) = (Arc::clone(&couriers), Arc::clone(server));
        running.spawn(async move { (position, couriers.greets(&server).await) });
    }
    let mut servers = vec![ServerState::Unknown; probe.servers.len()];
    for (position, greets) in running.join_all().await {
        servers[position] = if greets {
            ServerState::Available
        } else {
            ServerState::NotAvailable
        };
    }
    Arrival::Probe(ProbeOutcome {
        id: probe.id,
        servers,
    })
}

/// Fetches or stores a file for device number `device`.
async fn run_transfer(couriers: Arc<CourierSettings>, device: u32, transfer: Transfer) -> Arrival {
    let permit = couriers.file_permit().await;
    Arrival::Transfer(TransferOutcome {
        asker: transfer.asker,
        result: couriers.transfer(&permit, device, &transfer).await,
    })
}
