//! The instants of a traffic's events.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rand::{Rng, RngExt, seq::IndexedRandom};

use super::{
    intensity::Intensity,
    selection::{Group, Selection},
};
use crate::replay::Recording;
use crate::scenario::{Arrival, BurstCount, Per, RateProfile, Spacing, Spread, Traffic};

/// The instants of one traffic, one after the other.
#[derive(Debug)]
pub(super) struct Arrivals {
    process: Process,
    begin: Duration,
    end: Duration,
    /// The event that has been shown but not taken.
    next: Option<(Duration, Taken)>,
}

/// What an arrival fixes of an event beside its instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// The device.
    pub(super) device: Option<u32>,
    /// What is logged.
    pub(super) line: Option<Arc<str>>,
}

impl From<Option<u32>> for Taken {
    fn from(device: Option<u32>) -> Self {
        Self { device, line: None }
    }
}

#[derive(Debug)]
enum Process {
    /// Equal distances on all devices together.
    Equal {
        intensity: Intensity,
        taken: u64,
    },
    /// Equal distances on each of these groups, each with a phase of its own, in the order of the
    /// phases. A group is a site, or a single device.
    Phased {
        intensity: Intensity,
        groups: Vec<(f64, Group)>,
        taken: u64,
    },
    /// Chance, on all devices together or evenly on groups.
    Random {
        intensity: Intensity,
        asked: f64,
        /// `asked` has not been answered: it lies behind the limit.
        open: bool,
        groups: Vec<Group>,
    },
    Burst(VecDeque<(Duration, Option<u32>)>),
    Recorded {
        instants: Arc<[Duration]>,
        taken: usize,
    },
    /// Lines of a recording by their place in it: when, and on which device.
    Recording {
        recording: Arc<Recording>,
        played: VecDeque<(Duration, u32, u32)>,
    },
}

impl Arrivals {
    pub(super) fn new(traffic: &Traffic, selection: &Selection, random: &mut impl Rng) -> Self {
        let process = match &traffic.arrival {
            Arrival::Rate {
                profile,
                spacing,
                per,
            } => at_rate(profile, *spacing, *per, selection, random),
            Arrival::Burst {
                count,
                within,
                spread,
            } => Process::Burst(burst(*count, *within, *spread, selection, random)),
            Arrival::Recording { recording, stagger } => Process::Recording {
                played: play(recording, *stagger, selection, random),
                recording: Arc::clone(recording),
            },
            Arrival::Recorded(instants) => Process::Recorded {
                instants: Arc::clone(instants),
                taken: 0,
            },
        };
        Self {
            process,
            begin: traffic.begin,
            end: traffic.end,
            next: None,
        }
    }

    /// The next instant; `None` when there are no more.
    pub(super) fn peek(&mut self, random: &mut impl Rng) -> Option<Duration> {
        if self.next.is_none() {
            let (begin, end) = (self.begin, self.end);
            let limit = end.saturating_sub(begin);
            let following = self.process.following(limit, random);
            self.next = following.map(|(after, taken)| (begin.saturating_add(after), taken));
        }
        let next = self.next.as_ref().map(|(at, _)| *at);
        next.filter(|at| *at < self.end)
    }

    /// Lets what would go on to `before` go on to `end`.
    pub(super) fn lengthen(&mut self, before: Duration, end: Duration) {
        if self.end >= before {
            self.end = end;
        }
    }

    /// Takes the event whose instant [`Arrivals::peek`] has shown.
    pub(super) fn take(&mut self) -> Taken {
        self.next.take().map(|(_, taken)| taken).unwrap_or_default()
    }
}

impl Process {
    /// The instant behind the beginning of the next event, if it is before `limit`, and what is
    /// fixed of it.
    fn following(&mut self, limit: Duration, random: &mut impl Rng) -> Option<(Duration, Taken)> {
        match self {
            Self::Equal { intensity, taken } => {
                // From the count, not from the last instant: rounding must not add up.
                let after = intensity.instant_of(*taken as f64, limit)?;
                *taken += 1;
                Some((after, Taken::default()))
            }
            Self::Phased {
                intensity,
                groups,
                taken,
            } => {
                let count = groups.len() as u64;
                let (round, place) = (taken.checked_div(count)?, *taken % count);
                let (phase, group) = groups.get(usize::try_from(place).ok()?)?;
                let after = intensity.instant_of(round as f64 + phase, limit)?;
                *taken += 1;
                Some((after, Some(group.draw(random)).into()))
            }
            Self::Random {
                intensity,
                asked,
                open,
                groups,
            } => {
                if !*open {
                    let uniform: f64 = random.random();
                    *asked -= (1.0 - uniform).ln();
                }
                *open = true;
                let after = intensity.instant_of(*asked, limit)?;
                *open = false;
                let device = groups.choose(random).map(|group| group.draw(random));
                Some((after, device.into()))
            }
            Self::Burst(instants) => {
                let (after, device) = instants.pop_front()?;
                Some((after, device.into()))
            }
            Self::Recording { recording, played } => {
                let (after, device, place) = played.pop_front()?;
                let line = recording.lines.get(place as usize)?;
                let taken = Taken {
                    device: Some(device),
                    line: Some(Arc::clone(&line.line)),
                };
                Some((after, taken))
            }
            Self::Recorded { instants, taken } => {
                let after = *instants.get(*taken)?;
                *taken += 1;
                Some((after, Taken::default()))
            }
        }
    }
}

fn at_rate(
    profile: &RateProfile,
    spacing: Spacing,
    per: Per,
    selection: &Selection,
    random: &mut impl Rng,
) -> Process {
    let groups = match per {
        Per::All => Vec::new(),
        Per::Site => selection.sites(),
        Per::Device => selection.iter().map(Group::of_one).collect(),
    };
    match (spacing, per) {
        (Spacing::Equal, Per::All) => Process::Equal {
            intensity: Intensity::new(profile, 1.0),
            taken: 0,
        },
        (Spacing::Equal, Per::Site | Per::Device) => {
            let mut groups: Vec<(f64, Group)> = groups
                .into_iter()
                .map(|group| (random.random(), group))
                .collect();
            groups.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            Process::Phased {
                intensity: Intensity::new(profile, 1.0),
                groups,
                taken: 0,
            }
        }
        (Spacing::Random, Per::All) => Process::Random {
            intensity: Intensity::new(profile, 1.0),
            asked: 0.0,
            open: false,
            groups,
        },
        // Many independent processes of one rate are one process of their sum.
        (Spacing::Random, Per::Site) => Process::Random {
            intensity: Intensity::new(profile, groups.len() as f64),
            asked: 0.0,
            open: false,
            groups,
        },
        (Spacing::Random, Per::Device) => Process::Random {
            intensity: Intensity::new(profile, selection.len() as f64),
            asked: 0.0,
            open: false,
            groups: Vec::new(),
        },
    }
}

/// Every device of `selection` plays a source of `recording`: the first ones each their own, further
/// ones the same sources in turn, each as a whole and up to `stagger` later. Without enough devices,
/// several sources are one device.
fn play(
    recording: &Recording,
    stagger: Duration,
    selection: &Selection,
    random: &mut impl Rng,
) -> VecDeque<(Duration, u32, u32)> {
    let devices: Vec<u32> = selection.iter().collect();
    let sources = (recording.sources as usize).max(1);
    let late: Vec<Duration> = (0..devices.len())
        .map(|place| match place < sources {
            true => Duration::ZERO,
            false => stagger.mul_f64(random.random::<f64>()),
        })
        .collect();
    let mut played = Vec::new();
    for (place, line) in (0_u32..).zip(&recording.lines) {
        if devices.is_empty() {
            break;
        }
        let first = line.source as usize % devices.len();
        for number in (first..devices.len()).step_by(sources) {
            played.push((
                line.after.saturating_add(late[number]),
                devices[number],
                place,
            ));
        }
    }
    played.sort_unstable();
    played.into()
}

/// Where in the time of a burst an event falls, 0 to 1.
fn place(spread: Spread, random: &mut impl Rng) -> f64 {
    match spread {
        Spread::Even => random.random(),
        // What falls behind the end is drawn again.
        Spread::Early => loop {
            let place = -(1.0 - random.random::<f64>()).ln() / 3.0;
            if place < 1.0 {
                return place;
            }
        },
        // Twelve even numbers add up to what is normal for every practical purpose.
        Spread::Middle => {
            let sum: f64 = (0..12).map(|_| random.random::<f64>()).sum();
            (0.5 + (sum - 6.0) / 6.0).clamp(0.0, 1.0)
        }
    }
}

fn burst(
    count: BurstCount,
    within: Duration,
    spread: Spread,
    selection: &Selection,
    random: &mut impl Rng,
) -> VecDeque<(Duration, Option<u32>)> {
    let mut instant = || within.mul_f64(place(spread, random));
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
