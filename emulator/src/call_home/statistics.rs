//! The counters of `show call-home statistics`.

use crate::{alert_group::MessageType, transport::Transport};

/// What became of a message, as the device counts it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counter {
    /// `Total Success`.
    Success,
    /// `Total Failed`.
    Failed,
    /// `Total Ratelimit -dropped`.
    RateLimited,
}

/// Counters since boot, by outcome, type and transport.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    counts: [[[u32; 2]; MessageType::ALL.len()]; 3],
}

impl Statistics {
    /// Counts one message.
    pub(crate) fn count(&mut self, counter: Counter, kind: MessageType, transport: Transport) {
        let cell = &mut self.counts[counter as usize][kind.index()][transport as usize];
        *cell = cell.saturating_add(1);
    }

    /// How many messages of `kind` by `transport` ended in `counter`.
    pub fn get(&self, counter: Counter, kind: MessageType, transport: Transport) -> u32 {
        self.counts[counter as usize][kind.index()][transport as usize]
    }

    /// How many messages ended in `counter`.
    pub fn total(&self, counter: Counter) -> u32 {
        self.counts[counter as usize].iter().flatten().sum()
    }
}
