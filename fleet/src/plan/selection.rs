//! Which devices a traffic concerns, and drawing one of them.

use rand::{Rng, RngExt, seq::SliceRandom};

use crate::{
    scenario::{Scenario, Traffic},
    units::Share,
};

/// Devices, as stretches of equal distance: `first`, `first + step`, and so on.
#[derive(Debug)]
pub(super) struct Selection {
    stretches: Vec<Stretch>,
    /// How many devices there are up to and including each stretch.
    cumulative: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: u32,
    step: u32,
    count: u32,
    /// Sites that its devices stand at, dealt out in turn.
    sites: u32,
}

/// The devices of one site, or one device; at least one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    first: u32,
    step: u32,
    count: u32,
}

impl Group {
    /// The device number `device` alone.
    pub(super) fn of_one(device: u32) -> Self {
        Self {
            first: device,
            step: 1,
            count: 1,
        }
    }

    /// One of its devices, each as likely as any other.
    pub(super) fn draw(&self, random: &mut impl Rng) -> u32 {
        self.first + self.step * random.random_range(0..self.count.max(1))
    }
}

/// The part `share` of the devices of `stretches`, each as likely as any other.
fn part_of(stretches: &[Stretch], share: Share, random: &mut impl Rng) -> Vec<Stretch> {
    let devices = stretches
        .iter()
        .flat_map(|stretch| (0..stretch.count).map(|n| stretch.first + n * stretch.step));
    let mut devices: Vec<u32> = devices.collect();
    let wanted = share.of(u32::try_from(devices.len()).unwrap_or(u32::MAX));
    devices.shuffle(random);
    devices.truncate(wanted as usize);
    devices.sort_unstable();
    let one = |first| Stretch {
        first,
        step: 1,
        count: 1,
        sites: 1,
    };
    devices.into_iter().map(one).collect()
}

impl Selection {
    /// The devices that `traffic` concerns; sites are chosen with `random`.
    pub(super) fn new(scenario: &Scenario, traffic: &Traffic, random: &mut impl Rng) -> Self {
        let mut stretches = Vec::new();
        for (position, fleet) in scenario.fleets.iter().enumerate() {
            if traffic.fleet.is_some_and(|only| only != position) {
                continue;
            }
            let Some(share) = traffic.site_share else {
                stretches.push(Stretch {
                    first: fleet.first_device,
                    step: 1,
                    count: fleet.count,
                    sites: fleet.naming.sites.max(1),
                });
                continue;
            };
            let sites = fleet.naming.sites.max(1);
            let mut chosen: Vec<u32> = (0..sites).collect();
            chosen.shuffle(random);
            chosen.truncate(share.of(sites) as usize);
            chosen.sort_unstable();
            // Devices are dealt out to the sites in turn.
            stretches.extend(chosen.into_iter().map(|site| Stretch {
                first: fleet.first_device + site,
                step: sites,
                count: fleet.count.saturating_sub(site).div_ceil(sites),
                sites: 1,
            }));
        }
        if let Some(share) = traffic.share {
            stretches = part_of(&stretches, share, random);
        }
        let cumulative = stretches
            .iter()
            .scan(0, |total, stretch| {
                *total += u64::from(stretch.count);
                Some(*total)
            })
            .collect();
        Self {
            stretches,
            cumulative,
        }
    }

    /// How many devices there are.
    pub(super) fn len(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        let stretches = self.stretches.iter();
        stretches.flat_map(|stretch| (0..stretch.count).map(|n| stretch.first + n * stretch.step))
    }

    /// The sites they stand at.
    pub(super) fn sites(&self) -> Vec<Group> {
        let stretches = self.stretches.iter();
        let sites = stretches.flat_map(|stretch| {
            (0..stretch.sites).map(|site| Group {
                first: stretch.first + site * stretch.step,
                step: stretch.step * stretch.sites,
                count: stretch.count.saturating_sub(site).div_ceil(stretch.sites),
            })
        });
        sites.filter(|site| site.count > 0).collect()
    }

    /// One of them, each as likely as any other; `None` when there are none.
    pub(super) fn draw(&self, random: &mut impl Rng) -> Option<u32> {
        if self.len() == 0 {
            return None;
        }
        let drawn = random.random_range(0..self.len());
        let position = self.cumulative.partition_point(|total| *total <= drawn);
        let before = position
            .checked_sub(1)
            .map_or(0, |before| self.cumulative[before]);
        let stretch = self.stretches.get(position)?;
        // A stretch holds fewer devices than fit 32 bits, and so does what is left of `drawn`.
        let offset = u32::try_from(drawn - before).ok()?;
        Some(stretch.first + offset * stretch.step)
    }
}
