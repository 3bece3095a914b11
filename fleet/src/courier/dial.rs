//! Opening a TCP connection: source address, port, Nagle's algorithm.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{directory::Server, failure::Failure};
use crate::{clock, scenario::SourceAddresses};

/// What is left of the time for connecting and the TLS handshake.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    ends: Instant,
}

impl Budget {
    pub(super) fn starting_now(length: Duration) -> Self {
        Self {
            ends: clock::now() + length,
        }
    }

    /// Runs `work`; `None` when the time is up first.
    pub(super) async fn run<T>(self, work: impl Future<Output = T>) -> Option<T> {
        let left = self.ends.saturating_duration_since(clock::now());
        timeout(left, work).await.ok()
    }
}

/// Who connects, which decides the source address.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) device: u32,
    pub(super) sources: SourceAddresses,
}

impl Caller {
    /// Nobody in particular: the system chooses the source address.
    pub(super) const SYSTEM: Self = Self {
        device: 0,
        sources: SourceAddresses::System,
    };
}

/// Connects to `server` at the first of its addresses that answers.
pub(super) async fn connect(
    server: &Server,
    caller: Caller,
    budget: Budget,
) -> Result<TcpStream, Failure> {
    let attempts = async {
        let mut last = None;
        for (position, address) in server.addresses() {
            let source = caller.sources.of(caller.device, address.ip());
            match open(address, source).await {
                Ok(stream) => {
                    server.prefer(position);
                    return Ok(stream);
                }
                Err(error) => last = Some(Failure::of_connect(&address.to_string(), &error)),
            }
        }
        Err(last.unwrap_or_else(|| Failure::protocol("the server has no address")))
    };
    match budget.run(attempts).await {
        Some(result) => result,
        None => Err(Failure::of_connect(
            &server.authority(),
            &io::ErrorKind::TimedOut.into(),
        )),
    }
}

async fn open(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Without it a small write waits for the acknowledgement of the one before: 40 ms a message.
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        choose_port_late(&socket);
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(address).await
}

/// A port chosen at `bind` is taken for all destinations; one chosen at `connect` for one only. A
/// kernel that cannot do it has fewer ports, which is no reason to fail.
#[cfg(target_os = "linux")]
fn choose_port_late(socket: &TcpSocket) {
    use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
    let _ = setsockopt(socket, IpBindAddressNoPort, &true);
}

#[cfg(not(target_os = "linux"))]
fn choose_port_late(_: &TcpSocket) {}
