//! When events last became messages, for `show call-home events`. Reference, section 5.7.

use jiff::Timestamp;

use crate::{alert_group::MessageType, config::ProfileId};

/// What an event of a profile is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// Messages of a type, as they happen.
    Normal(MessageType),
    /// Messages of a type, by their schedule.
    Periodic(MessageType),
    /// Log lines that the pattern at this position takes.
    Pattern(usize),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    profile: ProfileId,
    event: Event,
    at: Timestamp,
}

/// The last instants, since boot. Without any it owns no memory; it never holds more than a
/// configuration has events.
#[derive(Debug, Default)]
pub(crate) struct LastTriggered {
    entries: Vec<Entry>,
}

impl LastTriggered {
    /// `event` of `profile` became a message at `at`.
    pub(crate) fn note(&mut self, profile: ProfileId, event: Event, at: Timestamp) {
        let known = self.entries.iter_mut();
        match known
            .rev()
            .find(|own| (own.profile, own.event) == (profile, event))
        {
            Some(entry) => entry.at = at,
            None => {
                // Most devices have one event: the usual growth would reserve four.
                self.entries.reserve_exact(1);
                self.entries.push(Entry { profile, event, at });
            }
        }
    }

    /// When `event` of `profile` last became a message.
    pub(crate) fn last(&self, profile: ProfileId, event: Event) -> Option<Timestamp> {
        let mut entries = self.entries.iter();
        let own = entries.find(|own| (own.profile, own.event) == (profile, event));
        own.map(|entry| entry.at)
    }

    /// Whether nothing was noted.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.capacity() == 0
    }
}
