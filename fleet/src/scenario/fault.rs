//! What goes wrong in embedded sinks, and which of them it concerns.

use emulator::Transport;
use sink::fault::{Fault, Protocol};

/// A fault of a scenario in the sinks of one transport.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFault {
    /// The target as written.
    pub target: String,
    /// The host of `[hosts]` whose sink it is about, in lower case; `None` for all of the transport.
    pub host: Option<String>,
    /// The transport.
    pub transport: Transport,
    /// What goes wrong.
    pub fault: Fault,
}

impl PlannedFault {
    /// Whether it concerns the sink of `transport` for `host`, or for whatever has none of its own.
    pub fn concerns(&self, transport: Transport, host: Option<&str>) -> bool {
        self.transport == transport && (self.host.is_none() || self.host.as_deref() == host)
    }
}

/// What a sink of `transport` speaks.
pub fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Email => Protocol::Smtp,
        Transport::Http => Protocol::Https,
    }
}
