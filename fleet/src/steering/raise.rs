//! What can be raised while a run goes on: traffic of the scenario once more, and chains of events.

use std::time::Duration;

use crate::{
    scenario::{Arrival, BurstCount, Chain, Emission, Scenario, Spread, Traffic},
    units::Share,
};

/// Within which time a raised chain begins on all devices concerned.
const WITHIN: Duration = Duration::from_secs(1);

/// Something that can be raised.
#[derive(Clone, Debug)]
pub struct Raisable {
    /// Its name, for a menu.
    pub name: String,
    /// Whether it wants to know on how many devices.
    pub asks_for_share: bool,
    /// What happens; times count from the moment.
    traffic: Traffic,
}

impl Raisable {
    /// The traffic on `share` of the devices, where that is asked for, and what is done in words.
    pub(super) fn now_on(&self, share: Share) -> (Traffic, String) {
        let traffic = self.traffic.clone();
        if self.asks_for_share {
            let what = format!("{} on {share} of the devices", self.name);
            let share = Some(share);
            (Traffic { share, ..traffic }, what)
        } else {
            let what = format!("traffic \"{}\" once more", traffic.name);
            (traffic, what)
        }
    }
}

/// What can be raised in runs of `scenario`.
pub fn raisable(scenario: &Scenario) -> Vec<Raisable> {
    let again = scenario.traffic.iter().map(|traffic| Raisable {
        name: format!("traffic \"{}\" once more", traffic.name),
        asks_for_share: false,
        traffic: Traffic {
            begin: Duration::ZERO,
            end: traffic.end.saturating_sub(traffic.begin),
            ..traffic.clone()
        },
    });
    let chains = Chain::PLAIN.into_iter().map(|(name, chain)| Raisable {
        name: name.to_owned(),
        asks_for_share: true,
        traffic: Traffic {
            name: name.to_owned(),
            fleet: None,
            begin: Duration::ZERO,
            end: 2 * WITHIN,
            site_share: None,
            share: Some(Share::ALL),
            arrival: Arrival::Burst {
                count: BurstCount::PerDevice(1),
                within: WITHIN,
                spread: Spread::Even,
            },
            emission: Emission::Chain(chain),
        },
    });
    chains.chain(again).collect()
}
