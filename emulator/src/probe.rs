//! Finding out whether mail servers answer, which takes a network that a device does not have.
//!
//! `show call-home mail-server status` probes every mail server of the device. The contract with
//! whoever holds the [`Session`](crate::cli::Session):
//!
//! 1. The command prints that it checks, and [`Output::Probe`](crate::Output::Probe) comes out of the
//!    very call of [`input`](crate::cli::Session::input) or [`line`](crate::cli::Session::line) that
//!    the command came in with. The session waits from then on: its
//!    [`waits_for`](crate::cli::Session::waits_for) names the probe.
//! 2. Somebody connects to each server as a courier would, takes a greeting of `220` for available and
//!    everything else, a timeout included, for not available, and hangs up. No mail is sent.
//! 3. [`resume`](crate::cli::Session::resume) brings the outcome back, in the order of the servers.
//!    The session prints it and goes on; what was typed meanwhile is taken up.
//!
//! A user may give up waiting, with `^C`, and sessions and devices may end: an outcome that nobody
//! waits for any more is dropped by `resume`, so it may be delivered without looking. Neither the time
//! that a probe takes nor its outcome changes the device, its counters or its log.
//! Reference: Call Home, section 5.5.

use std::sync::Arc;

/// Identifies a probe among those of its session; other sessions have numbers of their own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ProbeId(pub u32);

/// A request to find out which mail servers answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Probe {
    /// Which probe of the session.
    pub id: ProbeId,
    /// Names or addresses of the servers, at most [`crate::config::MAIL_SERVERS_MAX`], in the order
    /// in which the outcome names their states. The port is 25, or wherever couriers dial for it.
    pub servers: Vec<Arc<str>>,
}

/// Whether a mail server answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServerState {
    /// It greeted.
    Available,
    /// It did not, or not in time.
    NotAvailable,
    /// Nobody looked.
    Unknown,
}

impl ServerState {
    /// As the output names it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::NotAvailable => "Not Available",
            Self::Unknown => "Unknown",
        }
    }
}

/// What a probe found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProbeOutcome {
    /// Which probe.
    pub id: ProbeId,
    /// The states of its servers, in their order; one that is missing is unknown.
    pub servers: Vec<ServerState>,
}

impl ProbeOutcome {
    /// The outcome of a probe that was never made.
    pub fn unknown(id: ProbeId) -> Self {
        Self {
            id,
            servers: Vec::new(),
        }
    }

    /// The state of the server at `position`.
    pub fn state(&self, position: usize) -> ServerState {
        let state = self.servers.get(position).copied();
        state.unwrap_or(ServerState::Unknown)
    }
}
