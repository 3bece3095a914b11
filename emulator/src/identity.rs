//! Who a device is: serial numbers, host name and site, all derived from its position.
//!
//! Nothing of an identity is stored but two numbers and a reference to what its fleet shares, so a
//! million devices cost no strings.

use std::{fmt, sync::Arc};

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

use crate::{
    template::{Slot, SlotValues, Template},
    text::{push, push_padded},
};

/// Serial numbers a single chassis may give out: its own and those of its cards.
const SERIALS_PER_CHASSIS: u64 = 64;
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Values of the last four characters of a hardware serial number.
const UNITS_PER_WEEK: u64 = 36 * 36 * 36 * 36;
/// Manufacturing weeks in use: 12 years of 52 weeks from 2006 (year code 10).
const WEEKS: u64 = 12 * 52;
const FIRST_YEAR_CODE: u64 = 10;

/// How the serial numbers of a platform are formed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SerialStyle {
    /// `LLLYYWWSSSS`: manufacturing site, year since 1996, week, unit.
    Hardware {
        /// Code of the manufacturing site, three letters.
        location: [u8; 3],
    },
    /// `9` and ten characters, as virtual routers draw them at first boot.
    Virtual,
}

/// An eleven-character serial number, as every supported platform uses.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SerialNumber([u8; 11]);

impl SerialNumber {
    /// The serial number of chassis `device` (its index over all fleets of a scenario).
    ///
    /// Different devices, whatever their platforms, have different numbers: for hardware the map
    /// from index to week and unit is one to one below 16 million devices.
    pub fn of_chassis(style: SerialStyle, device: u32) -> Self {
        Self::nth(style, u64::from(device) * SERIALS_PER_CHASSIS)
    }

    /// The serial number of card `card` (0 to 62) of chassis `device`.
    pub fn of_card(style: SerialStyle, device: u32, card: u8) -> Self {
        let number = 1 + u64::from(card) % (SERIALS_PER_CHASSIS - 1);
        Self::nth(style, u64::from(device) * SERIALS_PER_CHASSIS + number)
    }

    /// A token that stands in for the serial number in anonymous messages, drawn from `draw`.
    pub fn anonymous(mut draw: u64) -> Self {
        let mut text = [b'A'; 11];
        for character in &mut text {
            *character = b'A' + (draw % 26) as u8;
            draw /= 26;
        }
        Self(text)
    }

    fn nth(style: SerialStyle, number: u64) -> Self {
        match style {
            SerialStyle::Hardware { location } => Self::hardware(location, number),
            SerialStyle::Virtual => Self::drawn(number),
        }
    }

    fn hardware(location: [u8; 3], number: u64) -> Self {
        let (low, high) = (number % UNITS_PER_WEEK, number / UNITS_PER_WEEK);
        // The factor is prime to 36, so this permutes the units: neighbours do not look alike.
        let unit = (low * 1_103_515_243 + 12_345) % UNITS_PER_WEEK;
        let week = (low * 7 + low / 624 + high) % WEEKS;
        let mut text = [0; 11];
        text[..3].copy_from_slice(&location);
        write_digits(&mut text[3..5], FIRST_YEAR_CODE + week / 52, 10);
        write_digits(&mut text[5..7], 1 + week % 52, 10);
        write_digits(&mut text[7..], unit, 36);
        Self(text)
    }

    fn drawn(number: u64) -> Self {
        const DRAWS: u64 = 36_u64.pow(10);
        let draw = (u128::from(number) * 2_654_435_761_000_003 + 987_654_321) % u128::from(DRAWS);
        let mut text = [b'9'; 11];
        write_digits(&mut text[1..], draw as u64, 36);
        Self(text)
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn write_digits(out: &mut [u8], mut number: u64, base: u64) {
    for place in out.iter_mut().rev() {
        *place = ALPHABET[(number % base) as usize];
        number /= base;
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The scenario's seed; all chance in a device comes from it, the device's index and a purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seed(pub u64);

impl Seed {
    /// A number that depends on the seed, `device`, `purpose` and `occasion` only.
    pub fn draw(self, device: u32, purpose: &str, occasion: u64) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.0, u64::from(device));
        hasher.write(purpose.as_bytes());
        hasher.write_u64(occasion);
        hasher.finish()
    }

    /// A generator that depends on the seed, `device` and `purpose` only.
    pub fn generator(self, device: u32, purpose: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.draw(device, purpose, 0))
    }
}

/// How the devices of one fleet are named.
#[derive(Clone, Debug)]
pub struct Naming {
    /// Pattern of the host names, for instance `branch-{index:05}`.
    pub hostname: Template,
    /// Number of sites the fleet is spread over, at least 1.
    pub sites: u32,
}

impl Naming {
    /// The names of fleet `fleet`: `FLEET-00017`, spread over `sites` sites.
    pub fn of_fleet(fleet: &str, sites: u32) -> Self {
        Self {
            hostname: Template::of_identity(&format!("{fleet}-{{index:05}}")),
            sites: sites.max(1),
        }
    }
}

/// Which device this is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Position over all fleets of the scenario, from 0; decides serial numbers and chance.
    pub device: u32,
    /// Position in its fleet, from 0; decides host name and site.
    pub index: u32,
    /// What the fleet's devices have in common.
    pub naming: Arc<Naming>,
}

impl Identity {
    /// The number of the device's site, from 0. Devices are dealt out to the sites in turn.
    pub fn site(&self) -> u32 {
        self.index % self.naming.sites.max(1)
    }
}

/// Fills the slots that an identity alone decides; others become empty.
pub(crate) struct IdentityValues<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) serial: SerialNumber,
}

impl SlotValues for IdentityValues<'_> {
    fn push_slot(&self, out: &mut Vec<u8>, slot: Slot) {
        match slot {
            Slot::Index { width } => {
                push_padded(out, u64::from(self.identity.index), width.into());
            }
            Slot::Serial => push(out, self.serial.as_str()),
            Slot::Hostname => {
                // A host name pattern that names itself has no value; leave that slot empty.
                let pattern = &self.identity.naming.hostname;
                pattern.push(out, &WithoutHostname(self));
            }
            Slot::Site => {
                push(out, "site-");
                push_padded(out, u64::from(self.identity.site()), 3);
            }
            Slot::Pid
            | Slot::CardSerial(_)
            | Slot::Uptime
            | Slot::Age
            | Slot::Returned
            | Slot::Restarted
            | Slot::Clock
            | Slot::License(_)
            | Slot::Mac { .. }
            | Slot::MacColons
            | Slot::Alarms(_)
            | Slot::Diagnostic { .. } => {}
        }
    }
}

struct WithoutHostname<'a>(&'a IdentityValues<'a>);

impl SlotValues for WithoutHostname<'_> {
    fn push_slot(&self, out: &mut Vec<u8>, slot: Slot) {
        if slot != Slot::Hostname {
            self.0.push_slot(out, slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const FTX: SerialStyle = SerialStyle::Hardware { location: *b"FTX" };

    #[test]
    fn a_million_chassis_have_a_million_well_formed_serial_numbers() {
        for style in [FTX, SerialStyle::Virtual] {
            let mut seen: Vec<_> = (0..1_000_000)
                .map(|device| SerialNumber::of_chassis(style, device))
                .collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 1_000_000);
        }
    }

    #[test]
    fn hardware_serials_name_a_possible_year_and_week() {
        for device in (0..1_000_000).step_by(997) {
            let serial = SerialNumber::of_chassis(FTX, device);
            let text = serial.as_str();
            assert_eq!(&text[..3], "FTX");
            assert!((10..22).contains(&text[3..5].parse::<u32>().unwrap()));
            assert!((1..=52).contains(&text[5..7].parse::<u32>().unwrap()));
            assert!(
                text[7..]
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            );
        }
    }

    #[test]
    fn cards_and_chassis_never_share_a_serial_number() {
        let mut seen = BTreeSet::new();
        for device in 0..2_000 {
            assert!(seen.insert(SerialNumber::of_chassis(FTX, device)));
            for card in 0..8 {
                assert!(seen.insert(SerialNumber::of_card(FTX, device, card)));
            }
        }
    }

    #[test]
    fn host_names_and_sites_follow_from_the_index() {
        let identity = Identity {
            device: 1_017,
            index: 17,
            naming: Arc::new(Naming::of_fleet("branch", 5)),
        };
        let values = IdentityValues {
            serial: SerialNumber::of_chassis(FTX, identity.device),
            identity: &identity,
        };
        assert_eq!(&*identity.naming.hostname.fill(&values), "branch-00017");
        assert_eq!(
            &*Template::of_identity("{hostname}@{site}").fill(&values),
            "branch-00017@site-002"
        );
    }

    #[test]
    fn chance_depends_on_seed_device_and_purpose() {
        let draw = |seed, device, purpose| Seed(seed).draw(device, purpose, 0);
        assert_eq!(draw(7, 1, "a"), draw(7, 1, "a"));
        assert_ne!(draw(7, 1, "a"), draw(8, 1, "a"));
        assert_ne!(draw(7, 1, "a"), draw(7, 2, "a"));
        assert_ne!(draw(7, 1, "a"), draw(7, 1, "b"));
    }
}
