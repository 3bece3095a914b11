//! The accounts of single fleets, from the devices that records name.

use std::collections::HashMap;

use super::{
    books::Row,
    latency::Intervals,
    message::{End, Message},
};
use crate::journal::block::Heading;

/// Counts of one fleet.
#[derive(Debug, Default)]
pub(super) struct FleetCounts {
    pub(super) row: Row,
    pub(super) response: Intervals,
}

/// The counts of every fleet, in the order of `heading`, from candidates dropped by device and from all
/// messages.
pub(super) fn count_fleets<'a>(
    heading: &Heading,
    dropped: &HashMap<u32, u64>,
    messages: impl Iterator<Item = &'a Message>,
) -> Vec<FleetCounts> {
    let fleet_of = |device: u32| {
        let fleets = &heading.fleets;
        let before = fleets.partition_point(|(_, first)| *first <= device);
        before.saturating_sub(1)
    };
    let mut fleets = Vec::new();
    fleets.resize_with(heading.fleets.len(), FleetCounts::default);
    for (device, count) in dropped {
        if let Some(fleet) = fleets.get_mut(fleet_of(*device)) {
            fleet.row.dropped += count;
        }
    }
    for message in messages.filter(|message| message.was_queued()) {
        if let Some(fleet) = fleets.get_mut(fleet_of(message.device)) {
            fleet.take(message, heading.warm_up_us);
        }
    }
    for fleet in &mut fleets {
        fleet.response.sort();
    }
    fleets
}

impl FleetCounts {
    fn take(&mut self, message: &Message, warm_up_us: u64) {
        self.row.queued += 1;
        if let Some(End::Settled { settlement, .. }) = message.end
            && let Some(count) = self.row.settled.get_mut(usize::from(settlement))
        {
            *count += 1;
        }
        if let Some(stayed_us) = message.delivered(warm_up_us) {
            self.response.add(stayed_us, true);
        } else if let Some((.., stayed_us)) = message.unanswered(warm_up_us) {
            self.response.add(stayed_us, false);
        }
    }
}
