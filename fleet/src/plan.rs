//! The plan of a run: every event, on which device and when, as a pure function of the scenario.
//!
//! Chance is drawn from the seed and the name of the traffic, never from what happens during the
//! run, and the whole plan is the same whoever walks it: a process that runs a part of the devices
//! walks all of it and keeps its own events.

mod arrivals;
mod intensity;
mod selection;

use std::{
    borrow::Cow,
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
    scenario::{Chain, Emission, Scenario, Traffic},
    steering::{Change, Pace},
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
    /// The next event of each stream, by the plan's time and then by position.
    next: BinaryHeap<Reverse<(Duration, usize)>>,
    /// How the plan's time follows from the run's.
    pace: Pace,
    /// The same of streams that somebody has raised, which keep to the run's time.
    raised: BinaryHeap<Reverse<(Duration, usize)>>,
    /// What follows in chains that have begun: when, in which order it was planned, what.
    following: BTreeMap<(Duration, u64), (u32, SystemEvent)>,
    /// How much has followed so far.
    followed: u64,
    scenario: &'a Scenario,
}

struct Stream<'a> {
    arrivals: Arrivals,
    selection: Selection,
    emission: Cow<'a, Emission>,
    random: ChaCha8Rng,
}

impl<'a> Stream<'a> {
    /// The stream of `traffic`, whose chance is drawn from `name`.
    fn new(
        scenario: &Scenario,
        traffic: &Traffic,
        name: &str,
        emission: Cow<'a, Emission>,
    ) -> Self {
        let mut random = Seed(scenario.seed).generator(0, &format!("traffic {name}"));
        let selection = Selection::new(scenario, traffic, &mut random);
        Self {
            arrivals: Arrivals::new(traffic, &selection, &mut random),
            selection,
            emission,
            random,
        }
    }

    /// When its next event is, if there is one.
    fn peek(&mut self) -> Option<Duration> {
        self.arrivals.peek(&mut self.random)
    }
}

/// Where the next event comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// A chain that has begun.
    Chain,
    /// A stream of the scenario.
    Stream,
    /// A stream that somebody has raised.
    Raised,
}

impl<'a> Plan<'a> {
    /// The plan of `scenario`.
    pub fn new(scenario: &'a Scenario) -> Self {
        let traffic = scenario.traffic.iter();
        let mut streams: Vec<Stream<'a>> = traffic
            .map(|traffic| {
                let emission = Cow::Borrowed(&traffic.emission);
                Stream::new(scenario, traffic, &traffic.name, emission)
            })
            .collect();
        let next = streams
            .iter_mut()
            .enumerate()
            .filter_map(|(position, stream)| Some(Reverse((stream.peek()?, position))))
            .collect();
        Self {
            scale: TimeScale::new(&scenario.clock),
            streams,
            next,
            pace: Pace::default(),
            raised: BinaryHeap::new(),
            following: BTreeMap::new(),
            followed: 0,
            scenario,
        }
    }

    /// When there is something to happen next, unless it waits for somebody to let it.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.upcoming().map(|(elapsed, _)| elapsed)
    }

    /// What happens next, if that is not after `now`.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<PlannedEvent> {
        loop {
            let (elapsed, origin) = self.upcoming().filter(|(elapsed, _)| *elapsed <= now)?;
            let planned = match origin {
                Origin::Chain => {
                    let (_, (device, event)) = self.following.pop_first()?;
                    Some(self.planned(elapsed, device, event))
                }
                Origin::Stream => {
                    let Reverse((_, position)) = self.next.pop()?;
                    let planned = self.arrive(elapsed, position);
                    let following = self.streams.get_mut(position)?.peek();
                    self.next
                        .extend(following.map(|at| Reverse((at, position))));
                    planned
                }
                Origin::Raised => {
                    let Reverse((_, position)) = self.raised.pop()?;
                    let planned = self.arrive(elapsed, position);
                    let following = self.streams.get_mut(position)?.peek();
                    self.raised
                        .extend(following.map(|at| Reverse((at, position))));
                    planned
                }
            };
            // An arrival that makes no event is not the end of the plan.
            if planned.is_some() {
                return planned;
            }
        }
    }

    /// Lets `change` have its effect from `now` on; everything that is due by then must have been taken.
    pub(crate) fn steer(&mut self, now: Duration, change: &Change) {
        match change {
            Change::Pace { factor } => {
                self.go_on_behind_the_end();
                self.pace.set(now, *factor);
            }
            Change::Raise(traffic) => {
                let position = self.streams.len();
                let name = format!("{} raised {position}", traffic.name);
                let traffic = Traffic {
                    begin: now.saturating_add(traffic.begin),
                    end: now.saturating_add(traffic.end),
                    ..Traffic::clone(traffic)
                };
                let emission = Cow::Owned(traffic.emission.clone());
                let mut stream = Stream::new(self.scenario, &traffic, &name, emission);
                let first = stream.peek();
                self.raised.extend(first.map(|at| Reverse((at, position))));
                self.streams.push(stream);
            }
        }
    }

    /// A plan that is walked faster than it was written comes to its end before the run does: what
    /// goes on until then goes on.
    fn go_on_behind_the_end(&mut self) {
        let (before, end) = (
            self.scenario.duration,
            self.pace.longest(self.scenario.duration),
        );
        let waiting: Vec<usize> = self.next.iter().map(|Reverse((_, at))| *at).collect();
        let count = self.scenario.traffic.len();
        for (position, stream) in self.streams.iter_mut().enumerate().take(count) {
            stream.arrivals.lengthen(before, end);
            if !waiting.contains(&position) {
                let again = stream.peek();
                self.next.extend(again.map(|at| Reverse((at, position))));
            }
        }
    }

    /// When something happens next, and where it comes from. Nothing happens when the run is over.
    fn upcoming(&self) -> Option<(Duration, Origin)> {
        let chain = self.following.first_key_value();
        let mut upcoming = chain.map(|((elapsed, _), _)| (*elapsed, Origin::Chain));
        let stream = self.next.peek();
        let stream = stream.and_then(|Reverse((at, _))| self.pace.run_at(*at));
        let raised = self.raised.peek().map(|Reverse((at, _))| *at);
        for (elapsed, origin) in [(stream, Origin::Stream), (raised, Origin::Raised)] {
            if let Some(elapsed) = elapsed
                && upcoming.is_none_or(|(earliest, _)| elapsed < earliest)
            {
                upcoming = Some((elapsed, origin));
            }
        }
        upcoming.filter(|(elapsed, _)| *elapsed < self.scenario.duration)
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
        self.take_due(Duration::MAX)
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
        let event = match stream.emission.as_ref() {
            Emission::Recorded => SystemEvent::Syslog(taken.line?),
            Emission::Syslog(pattern) => SystemEvent::Syslog(Arc::from(pattern.draw(random))),
            Emission::Event(event) => event.clone(),
            Emission::Chain(chain) => {
                let chain = *chain;
                self.begin(chain, device, elapsed, position)?
            }
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
