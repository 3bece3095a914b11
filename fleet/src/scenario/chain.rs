//! Chains of device events: what happens to a device over a while, one thing following the other.
//!
//! A chain begins where a traffic's arrival says, and goes on by itself: power that fails comes back,
//! the device boots, its interfaces come up. Times are real, like everything in a scenario, but a
//! boot takes the device's own time. Chance is drawn from the traffic's generator.

use std::{sync::Arc, time::Duration};

use emulator::{AlertGroup, Platform, Severity, SystemEvent};
use rand::{Rng, RngExt};

/// Interfaces that come up one after the other behind a boot; devices with more keep quiet of them.
const INTERFACES_UP_MAX: usize = 4;
/// Device time between the end of a boot and the first interface that comes up.
const LINK_UP_AFTER_MS: u64 = 2_000;
/// Device time from one interface to the next, and from a link to its line protocol.
const LINK_UP_EVERY_MS: u64 = 1_000;
/// How much of the time to `restore` its end is spread over, so that devices do not come back as one.
const RESTORE_SPREAD: f64 = 0.1;

/// Until power is back, unless the scenario says otherwise.
pub(super) const POWER_RESTORE_DEFAULT: Duration = Duration::from_secs(30);
/// Until a card is replaced.
pub(super) const CARD_RESTORE_DEFAULT: Duration = Duration::from_secs(60);
/// How often an interface flaps.
pub(super) const FLAPS_DEFAULT: u32 = 3;
/// From one change to the next.
pub(super) const INTERVAL_DEFAULT: Duration = Duration::from_secs(2);

/// A chain of events on one device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chain {
    /// The power fails, and comes back after a time: boot, inventory, interfaces.
    PowerLoss {
        /// From the failure until power is back.
        restore: Duration,
    },
    /// An interface goes down and comes up again, several times.
    LinkFlap {
        /// How often.
        flaps: u32,
        /// From one change to the next.
        interval: Duration,
    },
    /// Somebody reloads the device: boot, inventory, interfaces.
    ReloadWave,
    /// The software crashes: boot, crash report, inventory, interfaces.
    CrashWave,
    /// Diagnostics find a card faulty; it is taken out and replaced.
    CardFailure {
        /// Position of the card.
        card: u8,
        /// From the failure until the new card is in.
        restore: Duration,
    },
    /// A management system changes the configuration, several times in a row.
    ConfigPush {
        /// How often.
        changes: u32,
        /// From one change to the next.
        interval: Duration,
    },
    /// The periodic messages of an alert group come due.
    PeriodicHerd {
        /// The group.
        group: AlertGroup,
    },
}

/// Something that follows in a chain: how long after its beginning, and what.
pub type Following = (Duration, SystemEvent);

impl Chain {
    /// The chains that every device can go through, as the scenario calls them, with what they are
    /// unless it says otherwise.
    pub const PLAIN: [(&'static str, Self); 6] = [
        (
            "power-loss",
            Self::PowerLoss {
                restore: POWER_RESTORE_DEFAULT,
            },
        ),
        (
            "link-flap",
            Self::LinkFlap {
                flaps: FLAPS_DEFAULT,
                interval: INTERVAL_DEFAULT,
            },
        ),
        ("reload-wave", Self::ReloadWave),
        ("crash-wave", Self::CrashWave),
        (
            "config-push",
            Self::ConfigPush {
                changes: 1,
                interval: INTERVAL_DEFAULT,
            },
        ),
        (
            "periodic-herd",
            Self::PeriodicHerd {
                group: AlertGroup::Inventory,
            },
        ),
    ];

    /// What happens to a device of `platform`, the first thing at once. A second of device time takes
    /// `1 / speed` seconds.
    pub fn events(self, platform: &Platform, speed: f64, random: &mut impl Rng) -> Vec<Following> {
        let boot = device_time(u64::from(platform.boot_seconds) * 1_000, speed);
        match self {
            Self::PowerLoss { restore } => {
                let back = spread(restore, random);
                let mut events = vec![
                    (Duration::ZERO, SystemEvent::PowerLost),
                    (back, SystemEvent::PowerRestored),
                ];
                events.extend(interfaces_up(platform, back + boot, speed));
                events
            }
            Self::ReloadWave => {
                let mut events = vec![(Duration::ZERO, SystemEvent::Reload)];
                events.extend(interfaces_up(platform, boot, speed));
                events
            }
            Self::CrashWave => {
                let mut events = vec![(Duration::ZERO, SystemEvent::Crash)];
                events.extend(interfaces_up(platform, boot, speed));
                events
            }
            Self::LinkFlap { flaps, interval } => {
                let count = platform.interfaces.len().max(1);
                let interface = platform.interfaces.get(random.random_range(0..count));
                let name = interface.map_or("GigabitEthernet0/0", String::as_str);
                let changes = (0..flaps.saturating_mul(2)).flat_map(|number| {
                    let after = interval.saturating_mul(number);
                    link_change(name, number % 2 == 1).map(|line| (after, line))
                });
                changes.collect()
            }
            Self::CardFailure { card, restore } => {
                let back = spread(restore, random);
                let severity = Severity::Major;
                vec![
                    (
                        Duration::ZERO,
                        SystemEvent::DiagnosticFailure { card, severity },
                    ),
                    (back / 2, SystemEvent::CardRemoved(card)),
                    (back, SystemEvent::CardInserted(card)),
                ]
            }
            Self::ConfigPush { changes, interval } => (0..changes)
                .map(|number| {
                    let by = "manager on vty0 (192.0.2.10)".into();
                    let event = SystemEvent::ConfigurationChanged { by };
                    (interval.saturating_mul(number), event)
                })
                .collect(),
            Self::PeriodicHerd { group } => {
                vec![(Duration::ZERO, SystemEvent::PeriodicDue(group))]
            }
        }
    }
}

/// Real time in which `milliseconds` of device time pass.
fn device_time(milliseconds: u64, speed: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds as f64 / 1e3 / speed).unwrap_or(Duration::MAX)
}

/// `time`, or up to a tenth more.
fn spread(time: Duration, random: &mut impl Rng) -> Duration {
    time.mul_f64(1.0 + RESTORE_SPREAD * random.random::<f64>())
}

/// The interfaces of `platform` come up behind a boot that ends `booted` after the beginning.
fn interfaces_up(platform: &Platform, booted: Duration, speed: f64) -> Vec<Following> {
    let interfaces = platform.interfaces.iter().take(INTERFACES_UP_MAX);
    let first = booted.saturating_add(device_time(LINK_UP_AFTER_MS, speed));
    let every = device_time(LINK_UP_EVERY_MS, speed);
    (0..)
        .zip(interfaces)
        .flat_map(|(number, name)| {
            let [link, protocol] = link_change(name, true);
            let at = first.saturating_add(every.saturating_mul(2 * number));
            [(at, link), (at.saturating_add(every), protocol)]
        })
        .collect()
}

/// What a device logs of `interface` that comes up or goes down.
fn link_change(interface: &str, up: bool) -> [SystemEvent; 2] {
    let state = if up { "up" } else { "down" };
    let line = |text: String| SystemEvent::Syslog(Arc::from(text));
    [
        line(format!(
            "%LINK-3-UPDOWN: Interface {interface}, changed state to {state}"
        )),
        line(format!(
            "%LINEPROTO-5-UPDOWN: Line protocol on Interface {interface}, changed state to {state}"
        )),
    ]
}

#[cfg(test)]
mod tests {
    use emulator::{Catalogue, Seed};

    use super::*;

    fn events(chain: Chain) -> Vec<Following> {
        let platform = Catalogue::built_in().unwrap().find("CISCO2951").unwrap();
        let mut random = Seed(3).generator(0, "chain");
        let events = chain.events(&platform, 10.0, &mut random);
        assert!(events.is_sorted_by_key(|(after, _)| *after));
        assert_eq!(events[0].0, Duration::ZERO);
        events
    }

    #[test]
    fn power_comes_back_and_interfaces_come_up_behind_the_boot() {
        let restore = Duration::from_secs(30);
        let events = events(Chain::PowerLoss { restore });
        let [
            (_, SystemEvent::PowerLost),
            (back, SystemEvent::PowerRestored),
            rest @ ..,
        ] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert!((restore..restore.mul_f64(1.1)).contains(back));
        assert_eq!(rest.len(), 2 * INTERFACES_UP_MAX);
        let platform = Catalogue::built_in().unwrap().find("CISCO2951").unwrap();
        let booted = *back + Duration::from_secs(platform.boot_seconds.into()) / 10;
        assert!(rest.iter().all(|(after, _)| *after > booted));
    }

    #[test]
    fn an_interface_that_flaps_ends_up() {
        let flap = Chain::LinkFlap {
            flaps: 3,
            interval: Duration::from_secs(2),
        };
        let events = events(flap);
        assert_eq!(events.len(), 3 * 2 * 2);
        let (after, SystemEvent::Syslog(last)) = &events[11] else {
            panic!("{events:?}");
        };
        assert_eq!(*after, Duration::from_secs(10));
        assert!(last.ends_with("changed state to up"), "{last}");
    }

    #[test]
    fn a_card_that_fails_is_replaced() {
        let restore = Duration::from_secs(60);
        let events = events(Chain::CardFailure { card: 1, restore });
        assert!(matches!(events[1].1, SystemEvent::CardRemoved(1)));
        assert!(matches!(events[2].1, SystemEvent::CardInserted(1)));
    }
}
