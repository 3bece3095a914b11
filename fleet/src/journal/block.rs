//! The blocks of a journal, each sealed by a digest over everything before it.
//!
//! A file is a heading (magic, version, length, JSON) and blocks. A block is its own heading, its
//! payload, and the SHA-256 of the digest before it, the heading, and the payload. The digest before
//! the first block is that of the file's heading.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a journal begins with.
pub const MAGIC: &[u8; 8] = b"FLEETJNL";
/// The version of the format.
pub const VERSION: u32 = 1;
/// Bytes of a file's heading before its JSON.
pub const FILE_HEADING_BYTES: usize = 16;
/// Bytes of a block's heading.
pub const BLOCK_HEADING_BYTES: usize = 32;
/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;
/// Largest payload, in bytes; whatever says it is longer is damaged.
pub const PAYLOAD_BYTES_MAX: usize = 256 << 20;
/// Largest JSON of a file's heading, in bytes.
pub const HEADING_BYTES_MAX: usize = 1 << 20;

/// A SHA-256.
pub type Seal = [u8; DIGEST_BYTES];

/// What a journal says of its run.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Heading {
    /// The scenario's name.
    pub name: String,
    /// The seed of all chance.
    pub seed: u64,
    /// How many devices there are.
    pub devices: u32,
    /// When the file was begun, as RFC 3339 has it.
    pub begun: String,
    /// What is due earlier is left out of the figures; microseconds.
    pub warm_up_us: u64,
    /// The message types, by the numbers that records give them.
    pub types: Vec<String>,
    /// The fleets, each with the number of its first device, in the order of those.
    pub fleets: Vec<(String, u32)>,
}

/// What a block holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlockKind {
    /// Records.
    Records,
    /// A number of records that could not be written.
    Gap,
    /// The number of all records: the run has ended, and nothing follows.
    End,
}

/// The heading of a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlockHeading {
    /// What the block holds.
    pub kind: BlockKind,
    /// How many records; in a gap how many are missing, at the end how many there are in all.
    pub records: u64,
    /// Which block this is, from 0.
    pub number: u64,
    /// Bytes of the payload.
    pub payload_bytes: u32,
    /// When it was written, in milliseconds since the file was begun.
    pub written_ms: u64,
}

impl BlockHeading {
    /// The heading as bytes.
    pub fn encode(&self) -> [u8; BLOCK_HEADING_BYTES] {
        let mut bytes = [0; BLOCK_HEADING_BYTES];
        let kind = match self.kind {
            BlockKind::Records => b'R',
            BlockKind::Gap => b'G',
            BlockKind::End => b'E',
        };
        bytes[0] = kind;
        bytes[4..8].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.records.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.number.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.written_ms.to_le_bytes());
        bytes
    }

    /// The heading that `bytes` are; `None` when they are none.
    pub fn decode(bytes: &[u8; BLOCK_HEADING_BYTES]) -> Option<Self> {
        let kind = match bytes[..4] {
            [b'R', 0, 0, 0] => BlockKind::Records,
            [b'G', 0, 0, 0] => BlockKind::Gap,
            [b'E', 0, 0, 0] => BlockKind::End,
            _ => return None,
        };
        let number = |from: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[from..from + 8]);
            u64::from_le_bytes(field)
        };
        // Four bytes of kind, four of length: the upper half of the first number.
        let payload_bytes = (number(0) >> 32) as u32;
        (payload_bytes as usize <= PAYLOAD_BYTES_MAX).then_some(Self {
            kind,
            records: number(8),
            number: number(16),
            payload_bytes,
            written_ms: number(24),
        })
    }

    /// The seal of a block with this heading and `payload` that follows `before`.
    pub fn seal(&self, before: &Seal, payload: &[u8]) -> Seal {
        let mut digest = Sha256::new();
        digest.update(before);
        digest.update(self.encode());
        digest.update(payload);
        digest.finalize().into()
    }
}

impl Heading {
    /// The heading of a file as bytes.
    pub fn encode(&self) -> Vec<u8> {
        // A struct of plain fields always has a JSON.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(json);
        bytes
    }
}

/// The seal that the first block follows: that of the file's heading, as bytes.
pub fn first_seal(heading: &[u8]) -> Seal {
    Sha256::digest(heading).into()
}

/// A seal in words.
pub fn in_words(seal: &Seal) -> String {
    let digits: String = seal.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_come_back_from_their_bytes() {
        for kind in [BlockKind::Records, BlockKind::Gap, BlockKind::End] {
            let heading = BlockHeading {
                kind,
                records: 1 << 40,
                number: 77,
                payload_bytes: 12_345,
                written_ms: 999,
            };
            assert_eq!(BlockHeading::decode(&heading.encode()), Some(heading));
        }
        assert_eq!(BlockHeading::decode(&[0; BLOCK_HEADING_BYTES]), None);
    }

    #[test]
    fn a_seal_depends_on_everything() {
        let heading = BlockHeading {
            kind: BlockKind::Records,
            records: 1,
            number: 0,
            payload_bytes: 2,
            written_ms: 0,
        };
        let later = BlockHeading {
            written_ms: 1,
            ..heading
        };
        let seals = [
            heading.seal(&[0; 32], b"ab"),
            heading.seal(&[1; 32], b"ab"),
            heading.seal(&[0; 32], b"ac"),
            later.seal(&[0; 32], b"ab"),
        ];
        for (position, seal) in seals.iter().enumerate() {
            assert!(!seals[..position].contains(seal));
        }
        assert!(in_words(&seals[0]).starts_with("sha256:"));
    }
}
