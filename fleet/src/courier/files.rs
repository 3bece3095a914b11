//! Files on servers that really exist: fetched and stored for devices, one transfer at a time each.
//!
//! Which servers there are the scenario says; how a device words what went wrong is the device's affair.

mod http;
mod tftp;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use emulator::{
    Errand, Transfer,
    device::files::{Protocol, WhyNot},
};
use tokio::{
    net::UdpSocket,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{CourierSettings, dial::Caller, directory::Server};
use crate::clock;
use tftp::{Client, Job};

/// Largest file that is fetched, in bytes.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Longest that a transfer may take.
pub const TRANSFER_TIME_MAX: Duration = Duration::from_secs(120);
/// Most transfers at once over all devices; others wait for their turn.
pub const TRANSFERS_MAX: u32 = 128;
/// Largest datagram that is looked at, in bytes.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// The file servers of a scenario, with every name resolved.
#[derive(Debug)]
pub(super) struct FileServers {
    servers: BTreeMap<(Protocol, String), FileServer>,
    permits: Arc<Semaphore>,
}

/// A file server.
#[derive(Debug)]
pub(super) struct FileServer {
    pub(super) server: Server,
    /// Whether it is spoken to by TLS.
    pub(super) secured: bool,
}

impl FileServers {
    pub(super) fn new(servers: BTreeMap<(Protocol, String), FileServer>) -> Self {
        Self {
            servers,
            permits: Arc::new(Semaphore::new(TRANSFERS_MAX as usize)),
        }
    }
}

/// Leave to transfer a file; gives it back when dropped.
#[derive(Debug)]
pub struct FilePermit(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl CourierSettings {
    /// Waits until a file may be transferred; first come, first served, over all threads.
    pub async fn file_permit(&self) -> FilePermit {
        let permits = Arc::clone(&self.files.permits);
        let held = permits.acquire_owned().await;
        FilePermit(held.expect("nobody closes the semaphore"))
    }

    /// Carries out `transfer` for device number `device`: the bytes of a file that was fetched, none of
    /// one that was stored.
    ///
    /// # Errors
    /// With why the file is not opened.
    pub async fn transfer(
        &self,
        _: &FilePermit,
        device: u32,
        transfer: &Transfer,
    ) -> Result<Arc<[u8]>, WhyNot> {
        let url = &transfer.url;
        let Some(protocol) = url.protocol() else {
            return Err(WhyNot::TimedOut);
        };
        let Some(own) = self.files.servers.get(&(protocol, url.server())) else {
            return Err(WhyNot::TimedOut);
        };
        let caller = Caller {
            device,
            sources: self.sources,
        };
        let transferred = async {
            match (protocol, &transfer.errand) {
                (Protocol::Tftp, Errand::Fetch) => {
                    by_tftp(&own.server, caller, url.path(), Job::Read).await
                }
                (Protocol::Tftp, Errand::Store(bytes)) => {
                    let job = Job::Write(Arc::clone(bytes));
                    by_tftp(&own.server, caller, url.path(), job).await
                }
                (Protocol::Http, Errand::Fetch) => self.get(own, caller, url).await,
                (Protocol::Http, Errand::Store(_)) => Err(WhyNot::ReadOnly),
            }
        };
        match tokio::time::timeout(TRANSFER_TIME_MAX, transferred).await {
            Ok(result) => result.map(Arc::from),
            Err(_) => Err(WhyNot::TimedOut),
        }
    }
}

/// Lets the state machine of `job` have a socket.
async fn by_tftp(server: &Server, caller: Caller, path: &str, job: Job) -> Result<Vec<u8>, WhyNot> {
    let Some((_, address)) = server.addresses().next() else {
        return Err(WhyNot::TimedOut);
    };
    let socket = match bind(address, caller).await {
        Ok(socket) => socket,
        Err(_) => return Err(WhyNot::Broken),
    };
    let mut client = Client::new(address, path, job, clock::now());
    let mut datagram = [0; DATAGRAM_BYTES_MAX];
    loop {
        while let Some((to, bytes)) = client.transmit() {
            // As good as lost on the way: it is sent again.
            let _ = socket.send_to(&bytes, to).await;
        }
        if let Some(result) = client.result() {
            return result;
        }
        tokio::select! {
            received = socket.recv_from(&mut datagram) => {
                if let Ok((length, from)) = received {
                    client.receive(from, &datagram[..length], clock::now());
                }
            }
            () = tokio::time::sleep_until(client.deadline().into()) => client.elapse(clock::now()),
        }
    }
}

async fn bind(server: SocketAddr, caller: Caller) -> io::Result<UdpSocket> {
    let any = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = caller.sources.of(caller.device, server.ip());
    UdpSocket::bind((source.unwrap_or(any), 0)).await
}
