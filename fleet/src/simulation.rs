//! A scenario in virtual time: the same plan, the same devices, and a target that takes everything
//! at once.
//!
//! It says what a run will ask of its targets before anything is sent, and shows in tests that a run
//! is a function of scenario and seed.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use emulator::{
    AttemptOutcome, Device, Identity, Input, Output, Route, Seed, Transmission,
    license::LicenseCensus,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    clock::TimeScale, fingerprint::Fingerprint, ledger::Ledger, plan::Plan, scenario::Scenario,
};

/// What a scenario amounts to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Forecast {
    /// How much of the run has been walked through.
    pub walked: Duration,
    /// Events planned.
    pub events: u64,
    /// What the devices decided.
    pub ledger: Ledger,
    /// The devices' licenses at the end.
    pub licenses: LicenseCensus,
    /// Messages in the queues of the devices at the end.
    pub in_queues: u64,
    /// Digest of it.
    pub fingerprint: Fingerprint,
    /// Most mails that become due within one second of real time.
    pub peak_mails_per_s: u64,
    /// Most requests that become due within one second of real time.
    pub peak_requests_per_s: u64,
}

/// The devices `devices` of `scenario` as they are when the run starts.
///
/// Each has been up for a time of its own, so that what is counted from boot does not happen on all
/// devices at once.
pub fn devices(scenario: &Scenario, devices: std::ops::Range<u32>) -> impl Iterator<Item = Device> {
    let seed = Seed(scenario.seed);
    devices.filter_map(move |number| {
        let fleet = scenario.fleet_of(number)?;
        let identity = Identity {
            device: number,
            index: number - fleet.first_device,
            naming: fleet.naming.clone(),
        };
        Some(Device::new(
            &fleet.model,
            identity,
            seed,
            booted_at(scenario, seed, number),
        ))
    })
}

/// Between an hour and ninety days before the start, to the second. Whatever is due up to the start
/// has happened by then.
fn booted_at(scenario: &Scenario, seed: Seed, device: u32) -> Timestamp {
    const HOUR_S: u64 = 3600;
    const SPREAD_S: u64 = 90 * 24 * HOUR_S - HOUR_S;
    let up = HOUR_S + seed.draw(device, "uptime", 0) % SPREAD_S;
    let up = SignedDuration::from_secs(up.cast_signed());
    scenario
        .clock
        .start
        .checked_sub(up)
        .unwrap_or(Timestamp::MIN)
}

/// Walks through `scenario` with the devices of `range`.
pub fn simulate(scenario: &Scenario, range: std::ops::Range<u32>) -> Forecast {
    simulate_up_to(scenario, range, u64::MAX)
}

/// The same, for `steps_max` steps at most: events of the plan, and inputs of the devices.
pub fn simulate_up_to(
    scenario: &Scenario,
    range: std::ops::Range<u32>,
    steps_max: u64,
) -> Forecast {
    simulate_against(scenario, range, steps_max, &mut |_| {
        Some(AttemptOutcome::Accepted)
    })
}

/// How every attempt ends; `None` when it never does.
pub type Target<'t> = &'t mut dyn FnMut(&Transmission) -> Option<AttemptOutcome>;

/// The same against another target than one that takes everything at once.
pub fn simulate_against(
    scenario: &Scenario,
    range: std::ops::Range<u32>,
    steps_max: u64,
    target: Target<'_>,
) -> Forecast {
    let scale = TimeScale::new(&scenario.clock);
    let end = scale.device_at(scenario.duration);
    let first = range.start;
    let mut walk = Walk {
        devices: devices(scenario, range).collect(),
        first,
        deadlines: BinaryHeap::new(),
        forecast: Forecast::default(),
        outputs: Vec::new(),
        load: Load::new(scale),
        steps_left: steps_max,
        target,
        reached: scenario.clock.start,
    };
    walk.start(scenario.clock.start);
    for event in Plan::new(scenario) {
        walk.until(event.at);
        walk.steps_left = walk.steps_left.saturating_sub(1);
        if walk.steps_left == 0 {
            break;
        }
        if walk.owns(event.device) {
            walk.forecast.events += 1;
            walk.feed(event.device, event.at, Input::Event(event.event));
        }
    }
    walk.until(end);
    walk.forecast.walked = match walk.steps_left {
        0 => scale.elapsed_at(walk.reached),
        _ => scenario.duration,
    };
    let counted_at = match walk.steps_left {
        0 => walk.reached.max(scenario.clock.start),
        _ => end,
    };
    for device in &walk.devices {
        device.count_licenses(counted_at, &mut walk.forecast.licenses);
    }
    let queues = walk.devices.iter().map(Device::queued_messages);
    walk.forecast.in_queues = queues.sum::<usize>() as u64;
    walk.forecast.peak_mails_per_s = walk.load.peaks[0];
    walk.forecast.peak_requests_per_s = walk.load.peaks[1];
    walk.forecast
}

struct Walk<'t> {
    devices: Vec<Device>,
    first: u32,
    deadlines: BinaryHeap<Reverse<(Timestamp, u32)>>,
    forecast: Forecast,
    outputs: Vec<Output>,
    load: Load,
    steps_left: u64,
    target: Target<'t>,
    /// When the last step was taken.
    reached: Timestamp,
}

impl Walk<'_> {
    /// Takes every device to the start of the run; what is due before it is none of the run's.
    fn start(&mut self, start: Timestamp) {
        for (number, device) in (self.first..).zip(self.devices.iter_mut()) {
            device.skip_to(start);
            if let Some(deadline) = device.next_deadline() {
                self.deadlines.push(Reverse((deadline, number)));
            }
        }
    }

    fn owns(&self, device: u32) -> bool {
        device >= self.first && ((device - self.first) as usize) < self.devices.len()
    }

    /// Lets everything happen that is due up to `now`.
    fn until(&mut self, now: Timestamp) {
        while let Some(&Reverse((deadline, number))) = self.deadlines.peek() {
            if deadline > now || self.steps_left == 0 {
                return;
            }
            self.deadlines.pop();
            let device = &self.devices[(number - self.first) as usize];
            if device.next_deadline() == Some(deadline) {
                self.feed(number, deadline, Input::DeadlineReached);
            }
        }
    }

    fn feed(&mut self, number: u32, now: Timestamp, input: Input) {
        let device = &mut self.devices[(number - self.first) as usize];
        self.steps_left = self.steps_left.saturating_sub(1);
        self.reached = now;
        let before = device.next_deadline();
        device.handle(now, input, &mut self.outputs);
        let mut handled = 0;
        // Answering an attempt appends further outputs.
        while let Some(output) = self.outputs.get(handled).cloned() {
            handled += 1;
            self.forecast.ledger.observe(&output);
            self.forecast.fingerprint.observe(number, &output);
            if let Output::Transmit(transmission) = output {
                self.load.count(&transmission.route, transmission.due);
                let id = transmission.id;
                if let Some(outcome) = (self.target)(&transmission) {
                    device.handle(now, Input::Outcome { id, outcome }, &mut self.outputs);
                }
            }
        }
        self.outputs.clear();
        let after = device.next_deadline();
        if let Some(deadline) = after.filter(|_| after != before) {
            self.deadlines.push(Reverse((deadline, number)));
        }
    }
}

/// Messages that become due in each second of real time.
struct Load {
    scale: TimeScale,
    second: [u64; 2],
    in_second: [u64; 2],
    peaks: [u64; 2],
}

impl Load {
    fn new(scale: TimeScale) -> Self {
        Self {
            scale,
            second: [0; 2],
            in_second: [0; 2],
            peaks: [0; 2],
        }
    }

    fn count(&mut self, route: &Route, due: Timestamp) {
        let transport = match route {
            Route::Mail { .. } => 0,
            Route::Http { .. } => 1,
        };
        let second = self.scale.elapsed_at(due).as_secs();
        if second != self.second[transport] {
            self.second[transport] = second;
            self.in_second[transport] = 0;
        }
        self.in_second[transport] += 1;
        self.peaks[transport] = self.peaks[transport].max(self.in_second[transport]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Source};

    fn forecast(set: &[&str], range: impl Fn(u32) -> std::ops::Range<u32>) -> Forecast {
        let overrides = Overrides {
            set: set.iter().map(|setting| (*setting).to_owned()).collect(),
            ..Overrides::default()
        };
        let scenario = Scenario::load(&Source::BuiltIn, &overrides)
            .unwrap()
            .scenario;
        simulate(&scenario, range(scenario.device_count()))
    }

    #[test]
    fn a_run_is_a_function_of_scenario_and_seed() {
        let once = forecast(&[], |all| 0..all);
        assert_eq!(once, forecast(&[], |all| 0..all));
        assert_ne!(
            once.fingerprint,
            forecast(&["seed=8"], |all| 0..all).fingerprint
        );
        assert!(once.ledger.triggers > 5_000 && once.ledger.outstanding() == 0);
    }

    #[test]
    fn any_split_of_the_devices_adds_up_to_the_whole() {
        let whole = forecast(&[], |all| 0..all);
        let mut sum = forecast(&[], |_| 0..137);
        for part in [forecast(&[], |_| 137..600), forecast(&[], |all| 600..all)] {
            sum.events += part.events;
            sum.ledger.merge(&part.ledger);
            sum.fingerprint.merge(part.fingerprint);
        }
        assert_eq!(sum.fingerprint.text(), whole.fingerprint.text());
        assert_eq!((sum.events, sum.ledger), (whole.events, whole.ledger));
    }

    #[test]
    fn a_walk_of_so_many_steps_ends_before_a_run_of_any_length() {
        let overrides = Overrides {
            set: vec!["duration=3650d".to_owned()],
            ..Overrides::default()
        };
        let loaded = Scenario::load(&Source::BuiltIn, &overrides).unwrap();
        let forecast = simulate_up_to(&loaded.scenario, 0..100, 10_000);
        assert!(forecast.events < 10_000 && forecast.ledger.triggers > 0);
        let walked = forecast.walked.as_secs();
        // 270 events a second are planned for all devices.
        assert!((10..60).contains(&walked), "{walked} s");
    }

    #[test]
    fn a_month_of_schedules_passes_in_virtual_time_twice_alike() {
        let month = ["clock.speed=89280", "duration=30s", "traffic=[]"];
        let once = forecast(&month, |all| 0..all);
        assert_eq!(once, forecast(&month, |all| 0..all));
        // Each campus device reports inventory and configuration to the vendor once a month.
        assert_eq!(once.ledger.triggers, 2 * 400);
    }
}
