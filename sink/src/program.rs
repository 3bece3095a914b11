//! What the binaries share: addresses on the command line, the line they print, signals.

use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use crate::listener::{self, ListenError, Reach};

/// Where the web pages are unless the command line says otherwise.
pub const WEB_ADDRESS_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8025);

/// A command-line value that is no address.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not an address: write ADDRESS:PORT, as in 127.0.0.1:1025 or [::1]:1025")]
pub struct AddressError {
    text: String,
}

/// Reads an address to listen on: `127.0.0.1:1025`, `[::1]:1025`, `localhost:1025`.
///
/// Names other than `localhost` are not looked up.
///
/// # Errors
/// [`AddressError`] when it is none of these.
pub fn parse_address(text: &str) -> Result<SocketAddr, AddressError> {
    let localhost = || {
        let port = text.strip_prefix("localhost:")?.parse().ok()?;
        Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
    };
    text.parse()
        .ok()
        .or_else(localhost)
        .ok_or_else(|| AddressError {
            text: text.to_owned(),
        })
}

/// The value of `--web`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WebChoice {
    /// No web address.
    Off,
    /// This one; being unable to listen on it is an error.
    Address(SocketAddr),
}

impl FromStr for WebChoice {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            address => parse_address(address).map(Self::Address),
        }
    }
}

/// Binds the web address; `None` on the command line means [`WEB_ADDRESS_DEFAULT`].
///
/// The default is a convenience: if another program has it, a warning says so and there is no web
/// address. An address that was asked for is bound or is an error.
///
/// # Errors
/// [`ListenError`] as [`listener::bind`] gives it.
pub fn bind_web(
    choice: Option<WebChoice>,
    reach: Reach,
) -> Result<Option<TcpListener>, ListenError> {
    let (address, reach) = match choice {
        Some(WebChoice::Off) => return Ok(None),
        Some(WebChoice::Address(address)) => (address, reach),
        None => (WEB_ADDRESS_DEFAULT, Reach::Loopback),
    };
    match listener::bind(address, reach) {
        Ok(listener) => {
            let bound = listener.local_addr().unwrap_or(address);
            info!("web pages on http://{bound}/");
            Ok(Some(listener))
        }
        Err(ListenError::AddressInUse { address }) if choice.is_none() => {
            warn!(%address, "default web address is in use, going on without; --web chooses another");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Prints `listening on ADDRESS` to standard output at once, for scripts that wait for it.
///
/// # Errors
/// Standard output is closed.
pub fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    out.flush()
}

/// Starts to listen for SIGINT and SIGTERM; the future ends with the first of them.
///
/// From the call on, not from the first poll, the signals do not kill the program: call it before
/// [`announce`], so that whoever waits for that line can stop the program properly.
///
/// # Errors
/// The signal handlers cannot be installed.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
