//! The plan of a run: every event, on which device and when, as a pure function of the scenario.
//!
//! Chance is drawn from the seed and the name of the traffic, never from what happens during the
//! run, and the whole plan is the same whoever walks it: a process that runs a part of the devices
//! walks all of it and keeps its own events.

mod arrivals;
mod intensity;
mod selection;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::Arc,
    time::Duration,
};

use emulator::{Seed, SystemEvent};
use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;

use crate::{
    clock::TimeScale,
    scenario::{Chain, Emission, Scenario},
};
use arrivals::Arrivals;
use selection::Selection;

/// Something that is to happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedEvent {
    /// When, in real time after the start.
    pub elapsed: Duration,
    /// When, in device time.
    pub at: Timestamp,
    /// To which device.
    pub device: u32,
    /// What.
    pub event: SystemEvent,
}

/// The events of a scenario in the order of time.
pub struct Plan<'a> {
    scale: TimeScale,
    streams: Vec<Stream<'a>>,
    /// The next event of each stream, by time and then by position.
    next: BinaryHeap<Reverse<(Duration, usize)>>,
    /// What follows in chains that have begun: when, in which order it was planned, what.
    following: BTreeMap<(Duration, u64), (u32, SystemEvent)>,
    /// How much has followed so far.
    followed: u64,
    scenario: &'a Scenario,
}

struct Stream<'a> {
    arrivals: Arrivals,
    selection: Selection,
    emission: &'a Emission,
    random: ChaCha8Rng,
}

impl<'a> Plan<'a> {
    /// The plan of `scenario`.
    pub fn new(scenario: &'a Scenario) -> Self {
        let mut streams: Vec<Stream<'a>> = scenario
            .traffic
            .iter()
            .map(|traffic| {
                let mut random =
                    Seed(scenario.seed).generator(0, &format!("traffic {}", traffic.name));
                let selection = Selection::new(scenario, traffic, &mut random);
                Stream {
                    arrivals: Arrivals::new(traffic, &selection, &mut random),
                    selection,
                    emission: &traffic.emission,
                    random,
                }
            })
            .collect();
        let next = streams
            .iter_mut()
            .enumerate()
            .filter_map(|(position, stream)| {
                Some(Reverse((
                    stream.arrivals.peek(&mut stream.random)?,
                    position,
                )))
            })
            .collect();
        Self {
            scale: TimeScale::new(&scenario.clock),
            streams,
            next,
            following: BTreeMap::new(),
            followed: 0,
            scenario,
        }
    }

    /// What follows in a chain and is due before the next event of any stream.
    fn take_following(&mut self) -> Option<PlannedEvent> {
        let entry = self.following.first_entry()?;
        let (elapsed, _) = *entry.key();
        let next = self.next.peek().map(|Reverse((elapsed, _))| *elapsed);
        if next.is_some_and(|next| next < elapsed) {
            return None;
        }
        let (device, event) = entry.remove();
        Some(self.planned(elapsed, device, event))
    }

    fn planned(&self, elapsed: Duration, device: u32, event: SystemEvent) -> PlannedEvent {
        PlannedEvent {
            elapsed,
            at: self.scale.device_at(elapsed),
            device,
            event,
        }
    }

    /// Begins `chain` on `device` at `elapsed`; returns what happens at once. What would follow
    /// behind the end of the run does not.
    fn begin(
        &mut self,
        chain: Chain,
        device: u32,
        elapsed: Duration,
        position: usize,
    ) -> Option<SystemEvent> {
        let fleet = self.scenario.fleet_of(device)?;
        let speed = self.scenario.clock.speed;
        let random = &mut self.streams.get_mut(position)?.random;
        let mut events = chain
            .events(&fleet.model.platform, speed, random)
            .into_iter();
        let (_, first) = events.next()?;
        for (after, event) in events {
            let at = elapsed.saturating_add(after);
            if at < self.scenario.duration {
                self.followed += 1;
                self.following.insert((at, self.followed), (device, event));
            }
        }
        Some(first)
    }
}

impl Iterator for Plan<'_> {
    type Item = PlannedEvent;

    fn next(&mut self) -> Option<PlannedEvent> {
        loop {
            if let Some(following) = self.take_following() {
                return Some(following);
            }
            let Reverse((elapsed, position)) = self.next.pop()?;
            // An arrival that makes no event is not the end of the plan.
            let planned = self.arrive(elapsed, position);
            let stream = self.streams.get_mut(position)?;
            if let Some(following) = stream.arrivals.peek(&mut stream.random) {
                self.next.push(Reverse((following, position)));
            }
            if planned.is_some() {
                return planned;
            }
        }
    }
}

impl Plan<'_> {
    /// What the arrival of stream number `position` at `elapsed` makes.
    fn arrive(&mut self, elapsed: Duration, position: usize) -> Option<PlannedEvent> {
        let stream = self.streams.get_mut(position)?;
        let random = &mut stream.random;
        let taken = stream.arrivals.take();
        let device = match taken.device {
            Some(device) => device,
            None => stream.selection.draw(random)?,
        };
        let event = match stream.emission {
            Emission::Recorded => SystemEvent::Syslog(taken.line?),
            Emission::Syslog(pattern) => SystemEvent::Syslog(Arc::from(pattern.draw(random))),
            Emission::Event(event) => event.clone(),
            Emission::Chain(chain) => self.begin(*chain, device, elapsed, position)?,
        };
        Some(self.planned(elapsed, device, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Source};

    fn quickstart(set: &[&str]) -> Scenario {
        let overrides = Overrides {
            set: set.iter().map(|setting| (*setting).to_owned()).collect(),
            ..Overrides::default()
        };
        Scenario::load(&Source::BuiltIn, &overrides)
            .unwrap()
            .scenario
    }

    #[test]
    fn the_same_scenario_has_the_same_plan_and_another_seed_another() {
        let plan = |set: &[&str]| Plan::new(&quickstart(set)).collect::<Vec<_>>();
        assert_eq!(plan(&[]), plan(&[]));
        assert_ne!(plan(&[]), plan(&["seed=8"]));
    }

    #[test]
    fn events_come_in_order_and_within_the_run() {
        let scenario = quickstart(&[]);
        let events: Vec<_> = Plan::new(&scenario).collect();
        assert!(events.is_sorted_by_key(|event| event.elapsed));
        assert!(events.iter().all(|event| event.elapsed < scenario.duration));
        assert!(
            events
                .iter()
                .all(|event| event.device < scenario.device_count())
        );
    }

    #[test]
    fn a_constant_arrival_is_exact_and_a_poisson_one_right_on_average() {
        let scenario = quickstart(&["duration=100s"]);
        let count = |name: &str| {
            let only = Scenario {
                traffic: scenario
                    .traffic
                    .iter()
                    .filter(|traffic| traffic.name == name)
                    .cloned()
                    .collect(),
                ..quickstart(&["duration=100s"])
            };
            Plan::new(&only).count() as f64
        };
        assert_eq!(count("somebody configures"), 2_000.0);
        // 25,000 expected; five standard deviations are 790.
        assert!((count("links flap") - 25_000.0).abs() < 790.0);
    }

    #[test]
    fn a_burst_per_device_hits_every_device_of_the_chosen_sites_once() {
        let scenario = quickstart(&[]);
        let alarms: Vec<_> = Plan::new(&scenario)
            .filter(|event| matches!(event.event, SystemEvent::EnvironmentAlarm(_)))
            .collect();
        let mut devices: Vec<_> = alarms.iter().map(|event| event.device).collect();
        devices.sort_unstable();
        devices.dedup();
        assert_eq!(devices.len(), alarms.len());
        // A quarter of the sites of each fleet: 10 of 40 with 15 devices, 5 of 20 with 20.
        assert_eq!(devices.len(), 10 * 15 + 5 * 20);
    }
}
