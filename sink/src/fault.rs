//! Faults on request: what a sink does wrong, when, how often, and whether it happened.
//!
//! A [`Fault`] is one action within a window of time. A [`FaultSet`] decides, for an instant and an
//! occasion, what is to be done; it reads no clock and opens no socket, and its chance comes from a
//! seed. Sinks ask a [`FaultBoard`], which is the same behind a lock and with a clock.
//!
//! | module | its one job |
//! |---|---|
//! | `stage` | the places of a dialogue where something can go wrong |
//! | `delay` | how long a delay is |
//! | `table`, `check` | faults as people write them, and what is wrong with those |
//! | `file` | a file of faults |
//! | `describe` | a fault in words |
//! | `set` | the decisions, in virtual time |
//! | `board` | the decisions, for the connections of a sink |
//! | `door` | a port that closes and opens again |
//! | `workers` | a server of so many workers |
//! | `wire` | what is done to the bytes of a connection |
//! | `tls` | certificates that no client should accept |

mod board;
mod check;
mod delay;
mod describe;
mod door;
mod file;
mod set;
mod stage;
mod table;
mod tls;
mod wire;
mod workers;

use std::time::Duration;

pub use board::{FaultBoard, Handshake};
pub use check::{FaultError, FaultErrors, TlsAbility};
pub use delay::Delay;
pub use door::{Door, Knock};
pub use file::{FaultFileError, read_file};
pub use set::{Decision, Effect, FaultId, FaultReport, FaultSet, FaultState, Manners, PortWish};
pub use stage::{Protocol, Stage};
pub use table::FaultTable;
pub use tls::{FlawedTls, spoil_handshake};
pub use wire::{FaultyStream, Order, Orders};

/// Most faults of one sink at a time.
pub const FAULTS_MAX: usize = 100;

/// Longest reply that a truncated reply is cut to, or that garbage stands in for, in bytes.
pub const REPLY_BYTES_MAX: usize = 64 * 1024;

/// One thing that a sink does wrong within a window of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What people call it.
    pub name: Option<String>,
    /// From the start of the run, or for a fault given at run time from then, to its beginning.
    pub at: Duration,
    /// How long it lasts; `None` to the end.
    pub lasts: Option<Duration>,
    /// The part of the connections or messages that it concerns, above 0 and at most 1.
    pub share: f64,
    /// What it does.
    pub action: Action,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Connections come to nothing.
    Refuse(Refusal),
    /// Something takes longer.
    Delay {
        /// Before which step.
        stage: Stage,
        /// How much longer.
        delay: Delay,
    },
    /// Nothing moves.
    Stall {
        /// For how long each time; `None` as long as the fault lasts.
        time: Option<Duration>,
        /// From the beginning of one time to that of the next; `None` for once.
        every: Option<Duration>,
    },
    /// A reply of SMTP in place of the right one.
    Reply {
        /// To what.
        stage: Stage,
        /// 200 to 599.
        code: u16,
        /// What follows the code.
        text: Option<String>,
    },
    /// A status of HTTP in place of the right one.
    Status {
        /// 200 to 599.
        code: u16,
        /// The Retry-After header.
        retry_after: Option<Duration>,
    },
    /// Messages above a rate are refused: 421 to MAIL, or 503 with Retry-After.
    Limit {
        /// Messages per second in the long run.
        per_second: f64,
        /// Messages that may come at once.
        burst: u32,
    },
    /// So many workers do the messages, each one at a time; the answer to a message comes when it is done.
    Workers {
        /// How many, 1 to 10,000.
        count: u32,
        /// How long a message takes.
        time: Delay,
    },
    /// The connection is closed.
    Drop {
        /// In place of the answer to what.
        stage: Stage,
        /// Whether the message is in the books all the same.
        recorded: bool,
    },
    /// A reply ends early, and the connection with it.
    Truncate {
        /// To what.
        stage: Stage,
        /// After so many bytes.
        bytes: usize,
    },
    /// A reply comes in slices.
    Slice {
        /// To what.
        stage: Stage,
        /// Of so many bytes.
        bytes: usize,
        /// With so much time between them.
        pause: Duration,
    },
    /// Bytes that mean nothing come in place of a reply.
    Garbage {
        /// To what.
        stage: Stage,
        /// How many.
        bytes: usize,
    },
    /// A reply that begins and never ends.
    Endless {
        /// To what.
        stage: Stage,
    },
    /// A handshake that a client must not accept.
    Tls(TlsFlaw),
    /// The sink reads no more than so many bytes per second of a connection.
    SlowRead(u64),
    /// The sink writes no more than so many bytes per second to a connection.
    SlowWrite(u64),
    /// The port is closed and all connections are cut; at the end of the window it listens again.
    Restart,
}

/// How connections come to nothing.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, schemars::JsonSchema, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Nobody listens, so the system refuses them; those that are open go on.
    PortClosed,
    /// They are reset as soon as they are there.
    Reset,
    /// They are closed as soon as they are there.
    Close,
}

/// What is wrong with a handshake.
#[derive(
    Clone,
    Copy,
    Debug,
    Eq,
    Ord,
    PartialEq,
    PartialOrd,
    schemars::JsonSchema,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum TlsFlaw {
    /// The certificate is not valid any more.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate is for another name.
    WrongName,
    /// The certificate is from an authority that nobody knows.
    UnknownCa,
    /// The connection is reset when the handshake has begun.
    Reset,
    /// The handshake begins and does not go on.
    Stall,
}

impl TlsFlaw {
    /// Whether it takes a certificate made for the purpose.
    #[must_use]
    pub fn needs_certificate(self) -> bool {
        match self {
            Self::Expired | Self::NotYetValid | Self::WrongName | Self::UnknownCa => true,
            Self::Reset | Self::Stall => false,
        }
    }
}

impl Action {
    /// Where in the dialogue it happens, for those that happen at one place.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        match self {
            Self::Delay { stage, .. }
            | Self::Reply { stage, .. }
            | Self::Drop { stage, .. }
            | Self::Truncate { stage, .. }
            | Self::Slice { stage, .. }
            | Self::Garbage { stage, .. }
            | Self::Endless { stage } => Some(*stage),
            Self::Status { .. } => Some(Stage::Reply),
            Self::Refuse(_)
            | Self::Stall { .. }
            | Self::Limit { .. }
            | Self::Workers { .. }
            | Self::Tls(_)
            | Self::SlowRead(_)
            | Self::SlowWrite(_)
            | Self::Restart => None,
        }
    }

    /// Whether it makes something take longer.
    #[must_use]
    pub fn takes_time(&self) -> bool {
        matches!(self, Self::Delay { .. } | Self::Workers { .. })
    }

    /// Whether nobody listens while it lasts.
    #[must_use]
    pub fn closes_port(&self) -> bool {
        matches!(self, Self::Refuse(Refusal::PortClosed) | Self::Restart)
    }
}
