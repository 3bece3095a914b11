//! Binding an address, with errors that name the remedy.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

/// Connections the kernel holds until they are accepted: a fleet can connect in one instant.
pub const BACKLOG: i32 = 4096;

/// The exit code of a program whose address is in use.
pub const EXIT_ADDRESS_IN_USE: u8 = 106;

/// The exit code for a command line that asks for something refused.
const EXIT_USAGE: u8 = 2;

/// Why an address could not be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the address.
    #[error(
        "address {address} is already in use: stop the program that has it, or choose another \
         (port 0 lets the system choose)"
    )]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address can be reached from other machines and nobody allowed that.
    #[error(
        "address {address} is not a loopback address: a sink takes anything from anyone, so this \
         needs --allow-remote"
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system refused for another reason.
    #[error("cannot listen on {address}")]
    Io {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl ListenError {
    /// The exit code a program ends with when this stops it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::AddressInUse { .. } => EXIT_ADDRESS_IN_USE,
            Self::NotLoopback { .. } => EXIT_USAGE,
            Self::Io { .. } => 1,
        }
    }
}

/// Who may connect to a sink.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// Programs on this machine only.
    #[default]
    Loopback,
    /// Whoever reaches the address.
    Anyone,
}

/// Listens on `address` with `SO_REUSEADDR` and a backlog of [`BACKLOG`].
///
/// Call it inside a tokio runtime that has I/O enabled.
///
/// # Errors
/// [`ListenError`]: the address is in use, not a loopback address while `reach` asks for one, or
/// refused by the system.
pub fn bind(address: SocketAddr, reach: Reach) -> Result<TcpListener, ListenError> {
    if reach == Reach::Loopback && !address.ip().to_canonical().is_loopback() {
        return Err(ListenError::NotLoopback { address });
    }
    listen(address).map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            ListenError::AddressInUse { address }
        } else {
            ListenError::Io { address, source }
        }
    })
}

/// A port that is taken while nobody listens: connections to it are refused.
#[derive(Debug)]
pub struct HeldPort(Socket);

impl HeldPort {
    /// Takes the port.
    ///
    /// # Errors
    /// What the system says, as when another program has it.
    pub fn hold(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(Self(socket))
    }

    /// Listens with a backlog of [`BACKLOG`]. Call it inside a tokio runtime that has I/O enabled.
    ///
    /// # Errors
    /// What the system says.
    pub fn listen(self) -> io::Result<TcpListener> {
        self.0.listen(BACKLOG)?;
        TcpListener::from_std(self.0.into())
    }
}

/// Makes the end of a connection a reset, which comes when the stream is dropped.
pub fn reset(stream: &TcpStream) {
    // A connection that is gone already needs no reset.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    HeldPort::hold(address)?.listen()
}
