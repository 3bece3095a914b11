//! One license line: the terms it states, and their one canonical spelling.
//!
//! A line has 22 tokens, or 25 where the time of use is limited; the last one is the signature with
//! the block that carries what the readable tokens have no place for. Everything that is read is
//! spelled again and compared, so there is exactly one accepted text for the same terms.
//! Source: reference licensing, sections 1.2, 7.2 and 7.3; the order and the constants of the tokens
//! are those of the lines printed in the guide's chapter 2.

mod block;
pub(crate) mod parse;

use std::{fmt, sync::Arc};

pub use block::{BLOCK_BYTES, Block, LicenseId, Pak};
use jiff::civil::Date;
pub use parse::is_feature;
pub(crate) use parse::{ParsedLine, parse};
use sha2::{Digest, Sha256};

use super::kind::LicenseKind;

/// Longest feature name, as the MIB has it.
pub const FEATURE_BYTES_MAX: usize = 128;
/// The only version that is known of features and lines.
pub const FEATURE_VERSION: &str = "1.0";
/// Digits of lock codes.
const LOCK_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a lock code behind its `*1`.
const LOCK_CHARACTERS: usize = 17;
/// Seconds of an hour.
const HOUR_S: u64 = 3600;

/// Product identifier and serial number, by which licenses know a device.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Udi {
    /// Product identifier.
    pub pid: Arc<str>,
    /// Serial number.
    pub serial: Arc<str>,
}

impl Udi {
    /// The device `serial` of model `pid`.
    pub fn new(pid: &str, serial: &str) -> Self {
        Self {
            pid: pid.into(),
            serial: serial.into(),
        }
    }

    /// `PID:SN` taken apart; `None` if one of them is missing or has characters that neither may have.
    pub fn parse(text: &str) -> Option<Self> {
        let (pid, serial) = text.split_once(':')?;
        let is_name = |text: &str| {
            (1..=32).contains(&text.len())
                && text.bytes().all(|byte| {
                    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"./+-".contains(&byte)
                })
        };
        (is_name(pid) && is_name(serial)).then(|| Self::new(pid, serial))
    }

    /// SHA-256 of both, by which the block of a line names the device.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.pid.as_bytes())
            .chain_update([0])
            .chain_update(self.serial.as_bytes())
            .finalize()
            .into()
    }

    /// The lock code that stands in node-locked lines of this device.
    pub(crate) fn lock_code(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"EMU-LOCK-V1\0")
            .chain_update(self.pid.as_bytes())
            .chain_update([0])
            .chain_update(self.serial.as_bytes())
            .finalize();
        let mut code = String::from("*1");
        let (mut bits, mut held) = (0_u32, 0_u32);
        let mut bytes = digest.iter();
        while code.len() < 2 + LOCK_CHARACTERS {
            if held < 5 {
                bits = (bits << 8) | u32::from(bytes.next().copied().unwrap_or(0));
                held += 8;
            }
            held -= 5;
            code.push(char::from(LOCK_ALPHABET[((bits >> held) & 31) as usize]));
        }
        code
    }
}

impl fmt::Display for Udi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.pid, self.serial)
    }
}

/// What a license adds to others of its feature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Addition {
    /// Its count is added to theirs.
    Additive,
    /// It stands alone.
    Exclusive,
}

/// Which devices a license is good for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Lock {
    /// For one device.
    Node(Udi),
    /// For all that run the image it comes with.
    Image {
        /// A right to use rather than a demonstration.
        right_to_use: bool,
    },
}

/// What a license grants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// The feature, without blanks, at most [`FEATURE_BYTES_MAX`] bytes.
    pub feature: Arc<str>,
    /// The kind of license.
    pub kind: LicenseKind,
    /// What it adds to others.
    pub addition: Addition,
    /// How many users, channels or sessions; `None` does not count.
    pub count: Option<u32>,
    /// Time of use in hours, for metered kinds.
    pub hours: Option<u32>,
    /// The first day of a subscription.
    pub start: Option<Date>,
    /// The last day of a subscription.
    pub end: Option<Date>,
}

impl Terms {
    /// A permanent, exclusive, uncounted license for `feature`.
    pub fn permanent(feature: &str) -> Self {
        Self {
            feature: feature.into(),
            kind: LicenseKind::Permanent,
            addition: Addition::Exclusive,
            count: None,
            hours: None,
            start: None,
            end: None,
        }
    }

    /// An additive license of `kind` for `hours` of use of `feature`.
    pub fn metered(feature: &str, kind: LicenseKind, hours: u32) -> Self {
        Self {
            kind,
            addition: Addition::Additive,
            hours: Some(hours),
            ..Self::permanent(feature)
        }
    }

    /// The time of use in seconds, for metered kinds.
    pub fn period_s(&self) -> Option<u64> {
        self.hours.map(|hours| u64::from(hours) * HOUR_S)
    }

    /// Appends the first 21 tokens of the line that locks these terms to `lock`.
    pub(crate) fn push_body(&self, out: &mut String, lock: &Lock) {
        use fmt::Write;
        let (addition, node, code) = match (self.addition, lock) {
            (Addition::Additive, Lock::Node(udi)) => ("ADD", "CL_ND_LCK", udi.lock_code()),
            (Addition::Exclusive, Lock::Node(udi)) => ("EXCL", "CL_ND_LCK", udi.lock_code()),
            (Addition::Additive, Lock::Image { .. }) => ("ADD", "DEMO", "NiL".to_owned()),
            (Addition::Exclusive, Lock::Image { .. }) => ("EXCL", "DEMO", "NiL".to_owned()),
        };
        let duration = match self.hours {
            Some(hours) => format!("TRIAL DISABLED {hours} DISABLED"),
            None => "NORMAL".to_owned(),
        };
        let count = match self.count {
            Some(count) => format!("{count}_KEYS"),
            None => "INFINITE_KEYS".to_owned(),
        };
        let day = |date: Option<Date>| date.map_or("NEVER".to_owned(), |date| date.to_string());
        let vendor = vendor_info(lock);
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "11 {} {FEATURE_VERSION} LONG {duration} STANDALONE {addition} {count} {count} {} {} NiL \
             SLM_CODE {node} NiL {code} NiL NiL NiL 5_MINS {vendor}",
            self.feature,
            day(self.start),
            day(self.end),
        );
    }
}

/// What `Vendor info:` shows.
pub(crate) fn vendor_info(lock: &Lock) -> String {
    match lock {
        Lock::Node(udi) => format!("<UDI><PID>{}</PID><SN>{}</SN></UDI>", udi.pid, udi.serial),
        Lock::Image { right_to_use: true } => {
            "<UDI><PID>NOTLOCKED</PID><SN>NOTLOCKED</SN></UDI><T>RTU</T>".to_owned()
        }
        Lock::Image {
            right_to_use: false,
        } => "NiL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_codes_look_like_those_of_devices_and_tell_devices_apart() {
        let one = Udi::new("CISCO2951/K9", "FTX1000A001").lock_code();
        let other = Udi::new("CISCO2951/K9", "FTX1000A002").lock_code();
        assert_eq!(one.len(), 19);
        assert!(one.starts_with("*1"));
        assert!(!one.contains(['I', 'L', 'O', 'U']));
        assert_ne!(one, other);
    }

    #[test]
    fn a_udi_is_a_pid_and_a_serial_number() {
        let udi = Udi::new("CISCO2951/K9", "FTX1000A001");
        assert_eq!(Udi::parse(&udi.to_string()), Some(udi));
        for wrong in [
            "",
            "CISCO2951",
            ":FTX",
            "CISCO2951:",
            "a b:FTX",
            "<x>:FTX1000A001",
        ] {
            assert_eq!(Udi::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bodies_have_the_tokens_of_the_guide() {
        let lock = Lock::Node(Udi::new("AS54XM-AC-RPS", "JAE0948QXKD"));
        let mut body = String::new();
        Terms::metered("gsmamrnb-codec-pack", LicenseKind::Extension, 1440)
            .push_body(&mut body, &lock);
        assert_eq!(body.split(' ').count(), 24);
        assert!(body.starts_with("11 gsmamrnb-codec-pack 1.0 LONG TRIAL DISABLED 1440 DISABLED STANDALONE ADD INFINITE_KEYS INFINITE_KEYS NEVER NEVER NiL SLM_CODE CL_ND_LCK NiL *1"));
        assert!(body.ends_with(
            " NiL NiL NiL 5_MINS <UDI><PID>AS54XM-AC-RPS</PID><SN>JAE0948QXKD</SN></UDI>"
        ));
        body.clear();
        Terms::permanent("ipbasek9").push_body(&mut body, &lock);
        assert_eq!(body.split(' ').count(), 21);
    }
}
