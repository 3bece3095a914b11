//! The fingerprint of a run: a digest of everything the devices decided, in no particular order.
//!
//! Two runs of the same scenario with the same seed have the same fingerprint, however many threads
//! or processes they are spread over, because parts add up. What depends on the network stays out:
//! outcomes, and how full a device's queue was.

use std::hash::{Hash, Hasher};

use emulator::{Asker, MessageId, MessageType, Output, Transport, config::ProfileId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use siphasher::sip128::{Hasher128, SipHasher13};

/// A sum of digests.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fingerprint {
    sum: u128,
    count: u64,
}

impl Fingerprint {
    /// Adds what device number `device` said, if it was a decision.
    pub fn observe(&mut self, device: u32, output: &Output) {
        let mut hasher = SipHasher13::new();
        hasher.write_u32(device);
        match output {
            Output::Trigger {
                kind, severity, at, ..
            } => {
                hasher.write_u8(1);
                write_kind(&mut hasher, *kind, *at);
                hasher.write_u8(severity.level());
            }
            Output::Dropped {
                account,
                kind,
                transport,
                destination,
                at,
                id,
            } => {
                // A message that found the queue full was as much decided upon as one that did not.
                match id {
                    Some(id) => write_message(&mut hasher, *id),
                    None => {
                        hasher.write_u8(2);
                        hasher.write(account.name().as_bytes());
                    }
                }
                write_candidate(&mut hasher, *kind, *transport, *destination, *at);
            }
            Output::Queued {
                id,
                kind,
                transport,
                destination,
                due,
            } => {
                write_message(&mut hasher, *id);
                write_candidate(&mut hasher, *kind, *transport, *destination, *due);
            }
            Output::Unheard => hasher.write_u8(4),
            Output::LicenseFile(outcome) => {
                hasher.write_u8(5);
                outcome.hash(&mut hasher);
            }
            Output::Transfer(transfer) => match transfer.asker {
                Asker::Event(_) => {
                    hasher.write_u8(6);
                    hasher.write(transfer.url.to_string().as_bytes());
                }
                // What people ask for is no decision of the device.
                Asker::Session(_) => return,
            },
            Output::Transmit(_) | Output::Settled { .. } | Output::Trap(_) | Output::Probe(_) => {
                return;
            }
        }
        let digest = hasher.finish128();
        self.sum = self
            .sum
            .wrapping_add(u128::from(digest.h1) << 64 | u128::from(digest.h2));
        self.count += 1;
    }

    /// Adds what another part of the same run has observed.
    pub fn merge(&mut self, other: Self) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.count += other.count;
    }

    /// The fingerprint as reports print it, `sha256:` and 64 hexadecimal digits.
    pub fn text(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.sum.to_be_bytes());
        hash.update(self.count.to_be_bytes());
        let mut text = String::from("sha256:");
        for byte in hash.finalize() {
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }
}

fn write_message(hasher: &mut SipHasher13, id: MessageId) {
    hasher.write_u8(3);
    hasher.write(id.to_string().as_bytes());
}

fn write_kind(hasher: &mut SipHasher13, kind: MessageType, at: Timestamp) {
    hasher.write_usize(kind.index());
    hasher.write_i128(at.as_nanosecond());
}

fn write_candidate(
    hasher: &mut SipHasher13,
    kind: MessageType,
    transport: Transport,
    destination: Option<ProfileId>,
    at: Timestamp,
) {
    write_kind(hasher, kind, at);
    hasher.write_u8(transport as u8);
    hasher.write_u32(destination.map_or(u32::MAX, |profile| u32::from(profile.0)));
}

#[cfg(test)]
mod tests {
    use emulator::Severity;

    use super::*;

    fn trigger(second: i64) -> Output {
        Output::Trigger {
            kind: MessageType::Test,
            severity: Severity::Normal,
            at: Timestamp::from_second(second).unwrap(),
            candidates: 1,
        }
    }

    #[test]
    fn order_and_parts_do_not_matter_but_content_does() {
        let whole = |seconds: &[i64]| {
            let mut fingerprint = Fingerprint::default();
            seconds
                .iter()
                .for_each(|second| fingerprint.observe(1, &trigger(*second)));
            fingerprint
        };
        let mut parts = whole(&[3]);
        parts.merge(whole(&[1, 2]));
        assert_eq!(parts.text(), whole(&[1, 2, 3]).text());
        assert_ne!(whole(&[1, 2]).text(), whole(&[1, 2, 3]).text());
        assert_ne!(whole(&[1, 2, 4]).text(), whole(&[1, 2, 3]).text());
    }
}
