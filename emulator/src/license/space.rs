//! Room: what a license takes of its store, and how the store is made larger.
//!
//! Source: the guide's chapter 6; reference licensing, sections 4.1 to 4.3.

use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

use super::{
    image::LicensedImage,
    shelf::{Line, Shelf},
    store::{Licenses, StoreName},
};

/// Bytes of a record beside its line and comment.
const RECORD_HEADER_BYTES: usize = 64;
/// Bytes of a record's hash.
const RECORD_HASH_BYTES: usize = 28;
/// Records begin at multiples of this.
const RECORD_ALIGNMENT_BYTES: usize = 16;

/// Bytes that a line of `line` bytes with a comment of `comment` bytes takes.
pub(crate) fn record_bytes(line: usize, comment: usize) -> usize {
    let bytes = RECORD_HEADER_BYTES + line + comment + RECORD_HASH_BYTES;
    bytes.next_multiple_of(RECORD_ALIGNMENT_BYTES)
}

/// Bytes of the primary store of a device with `licenses`.
pub(crate) fn store_bytes(image: &LicensedImage, licenses: &Licenses) -> usize {
    let expanded = licenses.rare().is_some_and(|rare| rare.expanded);
    let bytes = match expanded {
        true => image.expanded_store_bytes,
        false => image.store_bytes,
    };
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl Shelf<'_> {
    /// Bytes that the primary store of stack member `member` holds.
    pub(crate) fn used_bytes(&self, member: u8) -> usize {
        let lines = self.lines(member);
        let stored = lines
            .iter()
            .filter(|line| line.key.store == StoreName::Primary);
        stored.map(|line| self.record_of(line)).sum()
    }

    /// Bytes that are free in the primary store of stack member `member`.
    pub(crate) fn free_bytes(&self, member: u8) -> usize {
        store_bytes(self.image, self.licenses).saturating_sub(self.used_bytes(member))
    }

    fn record_of(&self, line: &Line) -> usize {
        record_bytes(self.text(line).len(), self.licenses.comment(line.key).len())
    }
}

/// What NVRAM holds beside licenses, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Nvram {
    /// The startup configuration, as it is stored.
    pub(crate) startup: usize,
    /// It is stored compressed.
    pub(crate) compressed: bool,
    /// Other configuration files.
    pub(crate) configurations: usize,
    /// Everything else.
    pub(crate) blocks: usize,
}

impl Nvram {
    /// Everything that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.startup + self.configurations + self.blocks
    }
}

/// Bytes that `configuration` takes once it is compressed, as `service compress-config` does.
pub(crate) fn compressed_bytes(configuration: &[u8]) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    // Writing to memory does not fail.
    let written = encoder
        .write_all(configuration)
        .and_then(|()| encoder.finish());
    written.map_or(configuration.len(), |bytes| bytes.len())
}

/// Why a store is not made larger. The texts are those of the guide.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NoExpansion {
    #[error("Error: license storage already expanded to maximum size.")]
    Already,
    #[error(
        "Error: startup-config is too large. Compress the config with \"service compress-config\" followed by \"copy system:running-config nvram:startup-config\" and rerun \"licence expand nvram\"."
    )]
    ConfigurationTooLarge,
    #[error(
        "Error: cannot expand the license storage. Insufficient NVRAM to store compressed configuration."
    )]
    CompressedTooLarge,
    #[error(
        "Error: cannot expand the license storage. Existing block files are too large. Back up existing block files, delete them from nvram and reissue \"license expand nvram\"."
    )]
    BlocksTooLarge,
}

/// Whether the store of a device with `licenses` has its full size, or will have it behind a reload.
pub(crate) fn is_expanded(licenses: &Licenses) -> bool {
    licenses
        .rare()
        .is_some_and(|rare| rare.expanded || rare.expands_at_boot)
}

/// Whether what NVRAM holds leaves room for the larger store.
///
/// # Errors
/// If it does not, with the remedy.
pub(crate) fn check_expansion(image: &LicensedImage, nvram: Nvram) -> Result<(), NoExpansion> {
    let whole = u64::from(image.store_bytes) + u64::from(image.nvram_bytes);
    let room = whole.saturating_sub(image.expanded_store_bytes.into());
    let configurations = (nvram.startup + nvram.configurations) as u64;
    match (configurations > room, nvram.compressed) {
        (true, false) => Err(NoExpansion::ConfigurationTooLarge),
        (true, true) => Err(NoExpansion::CompressedTooLarge),
        (false, _) if configurations + nvram.blocks as u64 > room => {
            Err(NoExpansion::BlocksTooLarge)
        }
        (false, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_lines_fill_stores_as_the_arithmetic_says() {
        assert_eq!(record_bytes(584, 0), 688);
        for (kilobytes, lines) in [(16, 23), (32, 47), (64, 95)] {
            assert_eq!(kilobytes * 1024 / record_bytes(584, 0), lines);
        }
    }
}
