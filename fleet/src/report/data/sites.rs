//! Messages by fleet and by site, from the records of a journal.
//!
//! Records of a message's end do not name its device, so what has come into a queue is remembered until
//! it ends: no more than was outstanding at once.

use std::collections::{BTreeMap, HashMap};

use super::{
    facts::{GroupFacts, Statistics},
    inert::inert,
    spread::{Spread, begin_ms},
};
use crate::{
    journal::{Record, block::Heading, record::Key},
    record::{Reading, Step, estimate},
};

/// Most sites that are counted one by one: each takes up to 8 KiB.
pub(crate) const SITES_MAX: u64 = 10_000;

const DELIVERED: u8 = 0;
const FAILED: u8 = 1;
const UNCONFIRMED: u8 = 2;
const OVERSIZE: u8 = 3;

/// The devices of one fleet, and how they are spread.
#[derive(Debug)]
struct Fleet {
    name: String,
    first_device: u32,
    sites: u32,
    /// Number of its first site, counted over all fleets.
    first_site: usize,
}

/// Messages of one site.
#[derive(Clone, Debug, Default)]
struct Site {
    queued: u64,
    dropped: u64,
    delivered: u64,
    failed: u64,
    unconfirmed: u64,
    answered: Spread,
    unanswered: Spread,
    answered_us_max: u64,
    unanswered_us_max: u64,
}

/// Messages by fleet and site.
#[derive(Debug)]
pub(crate) struct Sites {
    warm_up_us: u64,
    fleets: Vec<Fleet>,
    sites: Vec<Site>,
    /// Whether there were more sites than are counted, so that fleets count as one each.
    pub too_many: bool,
    /// The site of each message that has not ended.
    present: HashMap<Key, usize>,
}

/// What became of the messages of each, by names.
pub(crate) type Groups = BTreeMap<String, GroupFacts>;

impl Sites {
    /// Sites of the fleets that `heading` names, each spread over so many as `spread` says.
    pub(crate) fn new(heading: &Heading, spread: &BTreeMap<String, u32>) -> Self {
        let known = |name: &String| spread.get(&inert(name)).copied().unwrap_or(1);
        let all = heading.fleets.iter();
        let all: u64 = all.map(|(name, _)| u64::from(known(name))).sum();
        let too_many = all > SITES_MAX;
        let mut first_site = 0;
        let fleets = heading.fleets.iter().map(|(name, first_device)| {
            let sites = if too_many { 1 } else { known(name) };
            let fleet = Fleet {
                name: inert(name),
                first_device: *first_device,
                sites,
                first_site,
            };
            first_site += sites as usize;
            fleet
        });
        Self {
            warm_up_us: heading.warm_up_us,
            fleets: fleets.collect(),
            sites: vec![Site::default(); first_site],
            too_many,
            present: HashMap::new(),
        }
    }

    /// The number of the site of device number `device`.
    fn site_of(&self, device: u32) -> Option<usize> {
        let fleets = &self.fleets;
        let before = fleets.partition_point(|fleet| fleet.first_device <= device);
        let fleet = fleets.get(before.checked_sub(1)?)?;
        // Devices are dealt out to the sites in turn.
        let within = (device - fleet.first_device) % fleet.sites;
        Some(fleet.first_site + within as usize)
    }

    /// Enters one record.
    pub(crate) fn enter(&mut self, record: &Record) {
        match *record {
            Record::Dropped { device, .. } => {
                let site = self.site_of(device);
                if let Some(site) = site.and_then(|site| self.sites.get_mut(site)) {
                    site.dropped += 1;
                }
            }
            Record::Queued { device, key, .. } => {
                if let Some(number) = self.site_of(device)
                    && let Some(site) = self.sites.get_mut(number)
                {
                    site.queued += 1;
                    self.present.insert(key, number);
                }
            }
            Record::Settled {
                settlement,
                unanswered,
                key,
                due_us,
                stayed_us,
                ..
            } => {
                let measured = due_us >= self.warm_up_us;
                if let Some(site) = self.leave(key) {
                    site.settle(settlement);
                    if measured && settlement == DELIVERED {
                        site.answer(stayed_us);
                    } else if measured && unanswered {
                        site.wait(stayed_us);
                    }
                }
            }
            Record::Outstanding {
                key,
                due_us,
                stayed_us,
                ..
            } => {
                let measured = due_us >= self.warm_up_us;
                if let Some(site) = self.leave(key).filter(|_| measured) {
                    site.wait(stayed_us);
                }
            }
            Record::Event { .. }
            | Record::Deadline { .. }
            | Record::Trigger { .. }
            | Record::Attempt(_)
            | Record::Received { .. }
            | Record::Unheard { .. } => {}
        }
    }

    /// The site of a message that has ended.
    fn leave(&mut self, key: Key) -> Option<&mut Site> {
        let number = self.present.remove(&key)?;
        self.sites.get_mut(number)
    }

    /// What became of the messages of each fleet.
    pub(crate) fn by_fleet(&self) -> Groups {
        let fleets = self.fleets.iter().map(|fleet| {
            let mut all = Site::default();
            let own = self.sites.iter().skip(fleet.first_site);
            own.take(fleet.sites as usize)
                .for_each(|site| all.merge(site));
            (fleet.name.clone(), all.facts())
        });
        fleets.collect()
    }

    /// The same of each site, where a fleet stands at more than one.
    pub(crate) fn by_site(&self) -> Groups {
        let several = self.fleets.len() > 1;
        let fleets = self.fleets.iter().filter(|fleet| fleet.sites > 1);
        let sites = fleets.flat_map(|fleet| {
            let own = self.sites.iter().skip(fleet.first_site);
            let own = own.take(fleet.sites as usize).enumerate();
            own.map(move |(number, site)| {
                // As `{site}` in configurations has it.
                let name = format!("site-{number:03}");
                let name = match several {
                    true => format!("{} {name}", fleet.name),
                    false => name,
                };
                (name, site.facts())
            })
        });
        sites.collect()
    }
}

impl Site {
    fn settle(&mut self, settlement: u8) {
        match settlement {
            DELIVERED => self.delivered += 1,
            FAILED => self.failed += 1,
            UNCONFIRMED => self.unconfirmed += 1,
            OVERSIZE => self.dropped += 1,
            _ => {}
        }
    }

    fn answer(&mut self, us: u64) {
        self.answered.add(us);
        self.answered_us_max = self.answered_us_max.max(us);
    }

    fn wait(&mut self, us: u64) {
        self.unanswered.add(us);
        self.unanswered_us_max = self.unanswered_us_max.max(us);
    }

    fn merge(&mut self, other: &Self) {
        self.queued += other.queued;
        self.dropped += other.dropped;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.unconfirmed += other.unconfirmed;
        self.answered.merge(&other.answered);
        self.unanswered.merge(&other.unanswered);
        self.answered_us_max = self.answered_us_max.max(other.answered_us_max);
        self.unanswered_us_max = self.unanswered_us_max.max(other.unanswered_us_max);
    }

    fn facts(&self) -> GroupFacts {
        GroupFacts {
            queued: self.queued,
            delivered: self.delivered,
            failed: self.failed,
            unconfirmed: self.unconfirmed,
            dropped: self.dropped,
            response_ms: self.response(),
        }
    }

    /// Responses, with those that never came.
    fn response(&self) -> Statistics {
        let answered = self.answered.steps().map(|(step, count)| (step, count, 0));
        let silent = self
            .unanswered
            .steps()
            .map(|(step, count)| (step, 0, count));
        let steps = answered.chain(silent);
        let mut steps: Vec<Step> = steps
            .map(|(step, answered, silent)| (step as u64, answered, silent))
            .collect();
        let longest_us = self.answered_us_max.max(self.unanswered_us_max);
        let longest = Reading {
            value: longest_us as f64 / 1e3,
            at_least: self.unanswered_us_max > 0,
        };
        let mut statistics = Statistics {
            count: self.answered.count(),
            unanswered: self.unanswered.count(),
            ..Statistics::default()
        };
        if steps.is_empty() {
            return statistics;
        }
        let mut quantile = |quantile| match estimate(&mut steps, quantile) {
            // The middle of a step may be beyond all that is in it.
            Some(step) => Reading::exact(middle_ms(step as usize).min(longest.value)),
            None => longest,
        };
        for (name, reading, figure) in [
            ("p50", quantile(0.5), &mut statistics.p50),
            ("p99", quantile(0.99), &mut statistics.p99),
            ("max", longest, &mut statistics.max),
        ] {
            *figure = reading.value;
            if reading.at_least {
                statistics.lower_bounds.push(name.to_owned());
            }
        }
        statistics
    }
}

/// The middle of a step of a spread, in milliseconds.
fn middle_ms(step: usize) -> f64 {
    (begin_ms(step) * begin_ms(step + 1)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading() -> Heading {
        Heading {
            name: "test".to_owned(),
            seed: 0,
            devices: 10,
            begun: String::new(),
            warm_up_us: 1_000_000,
            types: Vec::new(),
            fleets: vec![("a".to_owned(), 0), ("b".to_owned(), 6)],
        }
    }

    fn message(sites: &mut Sites, device: u32, due_us: u64, (settlement, silent): (u8, bool)) {
        let key = u128::from(due_us) << 32 | u128::from(device);
        let (kind, transport) = (0, 0);
        sites.enter(&Record::Queued {
            device,
            kind,
            transport,
            key,
            due_us,
        });
        sites.enter(&Record::Settled {
            kind,
            transport,
            settlement,
            at_sink: 0,
            unanswered: silent,
            key,
            due_us,
            stayed_us: 10_000 * u64::from(device + 1),
        });
    }

    fn counted() -> Sites {
        let spread = BTreeMap::from([("a".to_owned(), 2)]);
        let mut sites = Sites::new(&heading(), &spread);
        for device in 0..10 {
            message(&mut sites, device, 2_000_000, (DELIVERED, false));
        }
        // Not measured: due within the warm-up.
        message(&mut sites, 1, 5, (DELIVERED, false));
        message(&mut sites, 3, 3_000_000, (FAILED, true));
        message(&mut sites, 5, 3_000_000, (OVERSIZE, false));
        sites
    }

    #[test]
    fn messages_belong_to_the_site_that_devices_are_dealt_to_in_turn() {
        let sites = counted().by_site();
        let names: Vec<_> = sites.keys().collect();
        assert_eq!(names, ["a site-000", "a site-001"]);
        let (even, odd) = (&sites["a site-000"], &sites["a site-001"]);
        assert_eq!((even.queued, even.delivered, even.dropped), (3, 3, 0));
        let counts = (odd.queued, odd.delivered, odd.failed, odd.dropped);
        assert_eq!(counts, (6, 4, 1, 1));
        // Devices 0, 2 and 4 took 10, 30 and 50 ms.
        assert!((even.response_ms.p50 / 30.0 - 1.0).abs() < 0.03);
        assert_eq!((even.response_ms.count, even.response_ms.max), (3, 50.0));
        assert!(even.response_ms.lower_bounds.is_empty());
        // Devices 1, 3 and 5 took 20, 40 and 60 ms, and device 3 waited for 40 ms in vain.
        assert_eq!((odd.response_ms.count, odd.response_ms.unanswered), (3, 1));
        assert_eq!(odd.response_ms.lower_bounds, ["max"]);
    }

    #[test]
    fn fleets_are_the_sums_of_their_sites() {
        let fleets = counted().by_fleet();
        assert_eq!((fleets["a"].queued, fleets["a"].delivered), (9, 7));
        assert_eq!((fleets["b"].queued, fleets["b"].delivered), (4, 4));
        assert_eq!(fleets["b"].response_ms.max, 100.0);
    }

    #[test]
    fn too_many_sites_are_not_counted_and_that_is_known() {
        let spread = BTreeMap::from([("a".to_owned(), u32::MAX)]);
        let sites = Sites::new(&heading(), &spread);
        assert!(sites.too_many && sites.by_site().is_empty());
        assert_eq!(sites.by_fleet().len(), 2);
    }

    #[test]
    fn ends_of_messages_that_nobody_saw_begin_do_no_harm() {
        let mut sites = Sites::new(&heading(), &BTreeMap::new());
        sites.enter(&Record::Outstanding {
            kind: 0,
            transport: 0,
            key: 7,
            due_us: u64::MAX,
            stayed_us: u64::MAX,
        });
        assert_eq!(sites.by_fleet()["a"].response_ms.unanswered, 0);
    }
}
