//! The key of a message: a short, fixed-size stand-in for its id.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// A 128-bit digest of a message id.
///
/// The keys are fixed, so two programs agree on it: the sink that received a message and the
/// generator that sent it. It tells ids apart; it protects nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageKey(pub u128);

impl MessageKey {
    /// Stands for "no message id"; no id is known to have this digest.
    pub const NONE: Self = Self(0);

    /// The digest of an id in its canonical text, `M<n>:<serial>:<HEX>`, byte for byte.
    #[must_use]
    pub fn of(id: &str) -> Self {
        let mut hasher = SipHasher13::new_with_keys(0x6d65_7373_6167_6520, 0x6964_206b_6579_2031);
        hasher.write(id.as_bytes());
        Self(hasher.finish128().as_u128())
    }
}
