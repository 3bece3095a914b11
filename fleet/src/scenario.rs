//! What to run, validated: fleets, clock, targets, traffic, thresholds.
//!
//! A [`Scenario`] only exists when it makes sense. A file that is not TOML, or has a key or a value
//! of the wrong kind, is reported with the first such place; whatever is wrong beyond that is
//! reported at once, each with its place.

mod chain;
mod fault;
mod file;
mod file_servers;
mod kept;
mod overrides;
mod schema;
mod servers;
mod source;
mod syslog_pattern;
mod targets;
mod traffic;
mod validate;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use emulator::{DeviceModel, Naming};
use jiff::{Timestamp, tz::TimeZone};

pub use chain::{Chain, Following};
pub use fault::{PlannedFault, protocol};
pub use file_servers::FileServer;
pub use kept::Kept;
pub use overrides::Overrides;
pub use schema::schema;
pub use source::{QUICKSTART, Source};
pub(crate) use source::{RELATED_BYTES_MAX, read_replayed};
pub use syslog_pattern::SyslogPattern;
pub(crate) use targets::split_authority;
pub use targets::{Endpoint, Scheme, SourceAddresses, TargetChoice, TargetPlaces, Targets};
pub use traffic::{
    Arrival, BurstCount, Emission, Per, RateProfile, RateStretch, Spacing, Spread, Traffic,
};

use crate::{courier::TRANSFERS_MAX, diagnostic::Diagnostic, threshold::Threshold};

/// Most devices one process runs.
pub const DEVICES_MAX: u32 = 5_000_000;
/// Most connections at once to one transport's targets.
pub const CONNECTIONS_MAX: u32 = 20_000;
/// Connections at once to one transport's targets unless configured otherwise.
pub const CONNECTIONS_DEFAULT: u32 = 100;

/// A validated scenario.
#[derive(Debug)]
pub struct Scenario {
    /// Name, also of the run directory.
    pub name: String,
    /// All chance comes from it.
    pub seed: u64,
    /// How long traffic lasts, in real time.
    pub duration: Duration,
    /// How much of the beginning is left out of the figures, by due time.
    pub warm_up: Duration,
    /// How long to wait for outstanding messages after the end.
    pub drain: Duration,
    /// Largest journal, in bytes; 0 where none is kept.
    pub journal_bytes_max: u64,
    /// Device time.
    pub clock: ClockSettings,
    /// Where messages go.
    pub targets: Targets,
    /// File servers that really exist.
    pub file_servers: Vec<FileServer>,
    /// Which addresses they come from.
    pub sources: SourceAddresses,
    /// How mail is sent.
    pub smtp: SmtpSettings,
    /// How HTTP requests are sent.
    pub https: HttpsSettings,
    /// Largest p99 of the generator's own lag with which the figures are still worth something.
    pub lag_budget: Duration,
    /// How people log in to single devices.
    pub ssh: SshSettings,
    /// The devices.
    pub fleets: Vec<Fleet>,
    /// What happens to them.
    pub traffic: Vec<Traffic>,
    /// What goes wrong in embedded sinks.
    pub faults: Vec<PlannedFault>,
    /// What the results must satisfy.
    pub thresholds: Vec<Threshold>,
    /// The file it comes from, as the user knows it.
    pub file: String,
    /// The text of the scenario as run, overrides included.
    pub text: String,
    /// The same as a run directory keeps it.
    pub kept: Kept,
}

impl Scenario {
    /// Reads and validates a scenario.
    ///
    /// # Errors
    /// With every finding when at least one is fatal.
    pub fn load(source: &Source, overrides: &Overrides) -> Result<Loaded, Vec<Diagnostic>> {
        validate::load(source, overrides)
    }

    /// How many devices there are in all fleets.
    pub fn device_count(&self) -> u32 {
        self.fleets.iter().map(|fleet| fleet.count).sum()
    }

    /// Most connections at once by all transports, and for files.
    pub fn connections(&self) -> u32 {
        let transfers = match self.file_servers.as_slice() {
            [] => 0,
            _ => TRANSFERS_MAX,
        };
        self.smtp.connections + self.https.connections + transfers
    }

    /// Most connections of people to consoles at once.
    pub fn console_connections(&self) -> u32 {
        self.ssh.listen.map_or(0, |_| self.ssh.sessions)
    }

    /// The fleet that device number `device` belongs to.
    pub fn fleet_of(&self, device: u32) -> Option<&Fleet> {
        let following = self
            .fleets
            .partition_point(|fleet| fleet.first_device <= device);
        self.fleets.get(following.checked_sub(1)?)
    }
}

/// A scenario and what should be said about it.
#[derive(Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Findings that do not keep it from running.
    pub warnings: Vec<Diagnostic>,
}

/// Device time: where it starts and how fast it passes.
#[derive(Clone, Debug)]
pub struct ClockSettings {
    /// Device time at the start of the run.
    pub start: Timestamp,
    /// Zone of devices that have none configured.
    pub zone: TimeZone,
    /// Device seconds per real second.
    pub speed: f64,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Most connections at once.
    pub connections: u32,
    /// Whether a connection carries more than one message.
    pub reuse: bool,
    /// Whether the envelope goes out in one piece where the server offers PIPELINING.
    pub pipelining: bool,
    /// For connecting and the TLS handshake.
    pub connect_timeout: Duration,
    /// For each reply.
    pub reply_timeout: Duration,
}

/// How HTTP requests are sent.
#[derive(Clone, Debug)]
pub struct HttpsSettings {
    /// Most connections at once.
    pub connections: u32,
    /// Whether a connection carries more than one request.
    pub keep_alive: bool,
    /// Whether TLS sessions are resumed.
    pub resumption: bool,
    /// For connecting and the TLS handshake.
    pub connect_timeout: Duration,
    /// For the response.
    pub response_timeout: Duration,
    /// Where the certificates of acceptable authorities are; the system's unless given.
    pub ca: Option<PathBuf>,
    /// Certificates are not verified at all.
    pub insecure: bool,
}

/// How people log in to single devices.
#[derive(Clone, Debug)]
pub struct SshSettings {
    /// Where to listen; nowhere unless given.
    pub listen: Option<SocketAddr>,
    /// The password of every device; `None` when only keys are accepted.
    pub password: Option<String>,
    /// File of public keys that open every device.
    pub authorized_keys: Option<PathBuf>,
    /// Privilege level after the login, 1 or 15.
    pub privilege: u8,
    /// Most connections at once.
    pub sessions: u32,
}

/// Devices of one kind.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Name, also the beginning of the host names.
    pub name: String,
    /// How many.
    pub count: u32,
    /// Number of the first, counted over all fleets.
    pub first_device: u32,
    /// Model and configuration.
    pub model: Arc<DeviceModel>,
    /// Host names and sites.
    pub naming: Arc<Naming>,
}
