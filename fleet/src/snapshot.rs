//! How a run stands at one moment, for whoever looks on: the terminal's view and the live page.
//!
//! Made a few times a second by the thread that gathers reports, never for a message. All texts in it
//! are inert: what servers said can be shown as it is.

mod observer;

use serde::{Serialize, Serializer};

use crate::record::Reading;

pub use observer::{Facts, Observer};

/// How a run stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Snapshot {
    /// The scenario's name.
    pub name: String,
    /// The seed of all chance. A string in JSON: scripts lose digits of numbers above 2^53.
    #[serde(serialize_with = "as_text")]
    pub seed: u64,
    /// Devices.
    pub devices: u32,
    /// Where messages go.
    pub targets: Vec<String>,
    /// How much of the run has passed, in seconds.
    pub elapsed_s: f64,
    /// How long traffic lasts, in seconds.
    pub duration_s: f64,
    /// How far the run has come.
    pub phase: Phase,
    /// How many times as fast as the scenario says arrivals come.
    pub factor: f64,
    /// What came in the last whole second.
    pub now: Second,
    /// The seconds before, at most a minute of them, the oldest first.
    pub minute: Vec<Second>,
    /// The accounts.
    pub ledger: Accounts,
    /// By transport.
    pub transports: Vec<TransportState>,
    /// The generator itself.
    pub generator: Generator,
    /// Failed attempts by kind, the most frequent first.
    pub errors: Vec<ErrorState>,
    /// What embedded sinks do wrong on request.
    pub faults: Vec<FaultLine>,
    /// What the scenario demands, and how it stands.
    pub thresholds: Vec<ThresholdState>,
    /// What somebody did to the run.
    pub interventions: Vec<Done>,
    /// Pages of embedded sinks and other addresses.
    pub links: Vec<Link>,
    /// What the run came to, when it is over.
    pub verdict: Option<String>,
}

fn as_text<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// There is no traffic yet.
    #[default]
    Starting,
    /// There is traffic.
    Running,
    /// Somebody lets arrivals wait.
    Paused,
    /// Traffic is over; what is outstanding is waited for.
    Draining,
    /// It is over.
    Over,
}

impl Phase {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Over => "over",
        }
    }
}

/// What came in a second, per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Second {
    /// Alerts offered to the devices' policy.
    pub triggers: f64,
    /// Messages that came into being.
    pub messages: f64,
    /// Messages that a server took.
    pub delivered: f64,
    /// Messages that none took.
    pub failed: f64,
}

/// The accounts so far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Accounts {
    /// Events that reached their devices.
    pub events: u64,
    /// Alerts offered to the devices' policy.
    pub triggers: u64,
    /// Candidates that became no message.
    pub dropped: u64,
    /// The same by account, those of nothing left out.
    pub dropped_by: Vec<(&'static str, u64)>,
    /// Messages that came into being.
    pub messages: u64,
    /// Messages that a server took.
    pub delivered: u64,
    /// Messages that none took.
    pub failed: u64,
    /// Messages that none confirmed but one may have.
    pub unconfirmed: u64,
    /// Messages that wait in their devices.
    pub queued: u64,
    /// Messages that are being sent.
    pub in_flight: u64,
    /// Devices with a message that waits or is being sent.
    pub devices_waiting: u64,
}

/// One transport.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TransportState {
    /// Its name in results.
    pub name: &'static str,
    /// Messages that a server took.
    pub delivered: u64,
    /// Due to accepted since the warm-up.
    pub all: Percentiles,
    /// The same of what ended in the last seconds.
    pub lately: Percentiles,
}

/// Intervals in milliseconds; those marked are known to be at least that.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Percentiles {
    /// Half of them are shorter.
    pub p50: Option<Reading>,
    /// Nine of ten are shorter.
    pub p90: Option<Reading>,
    /// 99 of a hundred are shorter.
    pub p99: Option<Reading>,
    /// None is longer.
    pub max: Option<Reading>,
}

impl Percentiles {
    /// With their names, in order.
    pub fn named(&self) -> [(&'static str, Option<Reading>); 4] {
        [
            ("p50", self.p50),
            ("p90", self.p90),
            ("p99", self.p99),
            ("max", self.max),
        ]
    }
}

/// What the generator itself costs.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Generator {
    /// How late events reached their devices, 99 of a hundred at most; in milliseconds.
    pub lag_p99_ms: Option<f64>,
    /// How late they may.
    pub lag_budget_ms: f64,
    /// Processors that were busy in the last whole second, on average; embedded sinks included.
    pub cpus_busy: f64,
    /// Processors there are.
    pub cpus: usize,
    /// Resident memory at most, in bytes.
    pub peak_rss_bytes: u64,
}

/// Failed attempts of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ErrorState {
    /// By which transport.
    pub transport: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// The reply code, if there was one.
    pub code: Option<u16>,
    /// How often.
    pub count: u64,
    /// What the first one said.
    pub example: String,
}

/// How a fault stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FaultLine {
    /// What it concerns.
    pub target: String,
    /// What people call it, else what it does.
    pub name: String,
    /// What it does, in words.
    pub what: String,
    /// `pending`, `active` or `over`.
    pub state: &'static str,
    /// When it begins, in seconds.
    pub at_s: f64,
    /// How long it lasts, in seconds; nothing for those that last to the end.
    pub for_s: Option<f64>,
    /// How often it has happened.
    pub applied: u64,
}

/// How a threshold stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ThresholdState {
    /// The metric, its value and what is wanted, in words.
    pub what: String,
    /// `holds`, `broken`, `not yet` or `unknown`.
    pub state: &'static str,
}

/// What somebody did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Done {
    /// When, in seconds.
    pub at_s: f64,
    /// What.
    pub what: String,
}

/// An address to look at.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Link {
    /// What is there.
    pub name: String,
    /// Where.
    pub url: String,
}
