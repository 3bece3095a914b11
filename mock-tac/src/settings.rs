//! What an operator can set: what is accepted, how much of it, how long anything may take.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use sink::Store;
use sink::fault::{FaultBoard, Protocol};

use crate::devices::Devices;
use crate::intake::IntakeLimits;

/// The address a Call Home device posts to unless its configuration names another.
pub const ENDPOINT: &str = "/its/service/oddce/services/DDCEService";

/// Everything an operator can set; the default is what a device expects of the real service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// TLS settings; `None` serves plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    /// Where messages are taken.
    pub paths: Paths,
    /// What happens to messages that stay above ten kilobytes when compressed.
    pub ten_kb: TenKb,
    /// How much one client, and all together, may ask for.
    pub limits: Limits,
    /// How long anything may take.
    pub timeouts: Timeouts,
    /// Where accepted messages are kept as files, if anywhere.
    pub store: Option<Arc<Store>>,
    /// The devices heard of. Keep a clone to see them from outside.
    pub devices: Arc<Devices>,
    /// What goes wrong on request. Nothing does before the board is started.
    pub faults: Arc<FaultBoard>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tls: None,
            paths: Paths::default(),
            ten_kb: TenKb::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            store: None,
            devices: Arc::default(),
            faults: Arc::new(FaultBoard::new(Protocol::Https, 0)),
        }
    }
}

/// Where messages are taken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Paths {
    /// At [`ENDPOINT`] only.
    #[default]
    Endpoint,
    /// At every path: a profile may point anywhere.
    Any,
}

/// What happens to a message above 10,240 bytes that DEFLATE does not bring below that size.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TenKb {
    /// It is confirmed and dropped, as the guide says of the real service.
    #[default]
    Enforce,
    /// It is taken, and counted as `oversize_logged`.
    Log,
    /// It is taken; nothing is measured.
    Off,
}

/// A word that names no [`TenKb`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of enforce, log, off")]
pub struct TenKbError(String);

impl FromStr for TenKb {
    type Err = TenKbError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "enforce" => Ok(Self::Enforce),
            "log" => Ok(Self::Log),
            "off" => Ok(Self::Off),
            _ => Err(TenKbError(word.to_owned())),
        }
    }
}

/// How much one client, and all together, may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections open at once; one more is closed at once. Default 8192.
    pub connections: usize,
    /// Bytes of one body, as sent and as decompressed; above it 413. Default 4 MiB.
    pub body_bytes: usize,
    /// Bytes of all bodies being received at a time; above it 503. Default 256 MiB.
    pub bodies_bytes: usize,
    /// Structure of one message; above it 400.
    pub intake: IntakeLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            body_bytes: 4 * 1024 * 1024,
            bodies_bytes: 256 * 1024 * 1024,
            intake: IntakeLimits::default(),
        }
    }
}

/// How long anything may take. None of these waits keeps another connection waiting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timeouts {
    /// The TLS handshake. Default 10 s.
    pub handshake: Duration,
    /// From a connection being ready for a request to the end of that request's head, so this is
    /// how long a connection may idle as well. Default 30 s.
    pub head: Duration,
    /// From the end of a head to the end of its body; then 408. Default 30 s.
    pub body: Duration,
    /// Without the client taking a byte of a reply. Default 10 s.
    pub write_stall: Duration,
    /// Between a reply that ends the connection early and the client's own end, so that it can read
    /// the reply. Default 1 s.
    pub linger: Duration,
    /// For open connections to finish once the sink is told to stop. Default 2 s.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            write_stall: Duration::from_secs(10),
            linger: Duration::from_secs(1),
            drain: Duration::from_secs(2),
        }
    }
}
