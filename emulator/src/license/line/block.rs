//! The opaque block at the end of a line: 152 bytes of what the readable tokens cannot say.
//!
//! Real lines end in a block of the same size whose content is not public; this one's layout is our
//! own. Source: reference licensing, section 7.2.

use std::fmt;

use sha2::{Digest, Sha256};

use super::super::kind::LicenseKind;

/// Bytes of the block.
pub const BLOCK_BYTES: usize = 152;
const MAGIC: &[u8; 4] = b"EMUL";
const VERSION: u8 = 1;
/// Characters of a product authorization key.
const PAK_CHARACTERS: usize = 11;

/// The identity of a license, which outlives its text.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LicenseId(pub [u8; 16]);

impl LicenseId {
    /// The identity that follows from `parts`, joined in order.
    pub fn derived(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&digest.finalize()[..16]);
        Self(id)
    }

    /// The identity that is written as `text`, 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(id))
    }
}

impl fmt::Display for LicenseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for LicenseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A product authorization key: eleven capital letters and digits.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Pak([u8; PAK_CHARACTERS]);

impl Pak {
    /// The key written as `text`.
    pub fn parse(text: &str) -> Option<Self> {
        let characters: [u8; PAK_CHARACTERS] = text.as_bytes().try_into().ok()?;
        let good = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        characters.iter().all(good).then_some(Self(characters))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Pak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What the block says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Block {
    /// The kind of license.
    pub kind: LicenseKind,
    /// The key that signed the line.
    pub key_id: u16,
    /// The license's identity.
    pub id: LicenseId,
    /// SHA-256 of the device it is locked to; zero for lines of an image.
    pub device: [u8; 32],
    /// SHA-256 of the product authorization key, or of nothing.
    pub pak: [u8; 32],
    /// When it was issued, in seconds since 1970.
    pub issued_at_s: u64,
    /// Time of use in seconds, 0 without one.
    pub period_s: u64,
    /// Count, 0 where nothing is counted.
    pub count: u32,
}

impl Block {
    /// What stands for `pak` in the block.
    pub fn pak_digest(pak: Option<Pak>) -> [u8; 32] {
        Sha256::digest(pak.as_ref().map_or(&[][..], |pak| &pak.0)).into()
    }

    /// The bytes of the block.
    pub fn encode(&self) -> [u8; BLOCK_BYTES] {
        let mut bytes = [0; BLOCK_BYTES];
        let mut at = 0;
        let mut put = |part: &[u8]| {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        put(MAGIC);
        put(&[VERSION, self.kind as u8]);
        put(&self.key_id.to_be_bytes());
        put(&self.id.0);
        put(&self.device);
        put(&self.pak);
        put(&self.issued_at_s.to_be_bytes());
        put(&self.period_s.to_be_bytes());
        put(&self.count.to_be_bytes());
        bytes
    }

    /// The block in `bytes`; `None` if they are none of ours.
    pub fn decode(bytes: &[u8; BLOCK_BYTES]) -> Option<Self> {
        let kind = LicenseKind::from_code(bytes[5])?;
        let block = Self {
            kind,
            key_id: u16::from_be_bytes(field(bytes, 6)),
            id: LicenseId(field(bytes, 8)),
            device: field(bytes, 24),
            pak: field(bytes, 56),
            issued_at_s: u64::from_be_bytes(field(bytes, 88)),
            period_s: u64::from_be_bytes(field(bytes, 96)),
            count: u32::from_be_bytes(field(bytes, 104)),
        };
        // Magic, version and padding have one right value each.
        (block.encode() == *bytes).then_some(block)
    }
}

/// The `N` bytes of a block at `at`, which the callers keep inside it.
fn field<const N: usize>(bytes: &[u8; BLOCK_BYTES], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        Block {
            kind: LicenseKind::Permanent,
            key_id: 1,
            id: LicenseId::derived(&[b"test"]),
            device: [7; 32],
            pak: Block::pak_digest(Pak::parse("3XPXR9E7D30")),
            issued_at_s: 1_704_449_702,
            period_s: 0,
            count: 25,
        }
    }

    #[test]
    fn a_block_reads_back_as_it_was_written() {
        assert_eq!(Block::decode(&block().encode()), Some(block()));
    }

    #[test]
    fn foreign_blocks_are_no_blocks() {
        let good = block().encode();
        for at in [0, 4, 5, 108, BLOCK_BYTES - 1] {
            let mut bytes = good;
            bytes[at] ^= 0x80;
            assert_eq!(Block::decode(&bytes), None, "byte {at}");
        }
    }

    #[test]
    fn identities_and_keys_are_read_as_they_are_shown() {
        let id = block().id;
        assert_eq!(LicenseId::parse(&id.to_string()), Some(id));
        assert_eq!(LicenseId::parse("xyz"), None);
        assert_eq!(Pak::parse("3XPXR9E7D30").unwrap().as_str(), "3XPXR9E7D30");
        assert_eq!(Pak::parse("3xpxr9e7d30"), None);
        assert_eq!(Pak::parse("3XPXR9E7D3"), None);
    }
}
