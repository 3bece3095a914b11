//! The instants of a traffic's events.

use std::{collections::VecDeque, time::Duration};

use rand::{Rng, RngExt};

use super::selection::Selection;
use crate::scenario::{Arrival, BurstCount, Traffic};

/// The instants of one traffic, one after the other.
#[derive(Debug)]
pub(super) struct Arrivals {
    process: Process,
    end: Duration,
    /// The instant that has been shown but not taken, with its device where the burst fixes it.
    next: Option<(Duration, Option<u32>)>,
}

#[derive(Debug)]
enum Process {
    Constant {
        begin: Duration,
        rate: f64,
        taken: u64,
    },
    Poisson {
        rate: f64,
        /// Seconds after the start of the run.
        last_s: f64,
    },
    Burst(VecDeque<(Duration, Option<u32>)>),
}

impl Arrivals {
    pub(super) fn new(traffic: &Traffic, selection: &Selection, random: &mut impl Rng) -> Self {
        let process = match traffic.arrival {
            Arrival::Constant { rate } => Process::Constant {
                begin: traffic.begin,
                rate,
                taken: 0,
            },
            Arrival::Poisson { rate } => Process::Poisson {
                rate,
                last_s: traffic.begin.as_secs_f64(),
            },
            Arrival::Burst { count, within } => {
                Process::Burst(burst(traffic.begin, count, within, selection, random))
            }
        };
        Self {
            process,
            end: traffic.end,
            next: None,
        }
    }

    /// The next instant; `None` when there are no more.
    pub(super) fn peek(&mut self, random: &mut impl Rng) -> Option<Duration> {
        if self.next.is_none() {
            let end = self.end;
            self.next = self.process.following(random).filter(|(at, _)| *at < end);
        }
        self.next.map(|(at, _)| at)
    }

    /// Takes the instant that [`Arrivals::peek`] has shown; returns the device if it is fixed.
    pub(super) fn take(&mut self) -> Option<u32> {
        self.next.take().and_then(|(_, device)| device)
    }
}

impl Process {
    fn following(&mut self, random: &mut impl Rng) -> Option<(Duration, Option<u32>)> {
        match self {
            Self::Constant { begin, rate, taken } => {
                // From the count, not from the last instant: rounding must not add up.
                let after = Duration::from_secs_f64(*taken as f64 / *rate);
                *taken += 1;
                Some((*begin + after, None))
            }
            Self::Poisson { rate, last_s } => {
                let uniform: f64 = random.random();
                *last_s -= (1.0 - uniform).ln() / *rate;
                Some((Duration::try_from_secs_f64(*last_s).ok()?, None))
            }
            Self::Burst(instants) => instants.pop_front(),
        }
    }
}

fn burst(
    begin: Duration,
    count: BurstCount,
    within: Duration,
    selection: &Selection,
    random: &mut impl Rng,
) -> VecDeque<(Duration, Option<u32>)> {
    let mut instant = || begin + within.mul_f64(random.random::<f64>());
    let mut instants: Vec<(Duration, Option<u32>)> = match count {
        BurstCount::Total(_) if selection.len() == 0 => Vec::new(),
        BurstCount::Total(count) => (0..count).map(|_| (instant(), None)).collect(),
        BurstCount::PerDevice(count) => selection
            .iter()
            .flat_map(|device| (0..count).map(move |_| device))
            .map(|device| (instant(), Some(device)))
            .collect(),
    };
    instants.sort_unstable();
    instants.into()
}
