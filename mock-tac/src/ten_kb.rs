//! The 10 KB rule: a message that even DEFLATE leaves above ten kilobytes is too large for the real
//! service.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Largest message, plain or compressed, that the rule lets pass.
pub const TEN_KB_BYTES: usize = 10_240;

/// The level at which the rule compresses.
const LEVEL: u32 = 6;

/// Whether the body is above [`TEN_KB_BYTES`] both as it is and compressed (zlib, level 6).
///
/// Costs nothing for a body that is small enough as it is, and stops compressing once the answer is
/// known.
#[must_use]
pub fn exceeds(body: &[u8]) -> bool {
    if body.len() <= TEN_KB_BYTES {
        return false;
    }
    let room = Room(TEN_KB_BYTES);
    let mut encoder = ZlibEncoder::new(room, Compression::new(LEVEL));
    encoder
        .write_all(body)
        .and_then(|()| encoder.try_finish())
        .is_err()
}

/// Takes so many bytes, keeps none, and fails on the next.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes that do not compress: a linear congruential generator's upper bits.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[test]
    fn ten_kilobytes_of_noise_pass_and_one_byte_more_does_not() {
        assert!(!exceeds(&noise(TEN_KB_BYTES)));
        assert!(exceeds(&noise(TEN_KB_BYTES + 1)));
    }

    #[test]
    fn a_large_body_that_compresses_well_passes() {
        assert!(!exceeds(&vec![b'a'; 1024 * 1024]));
    }

    proptest! {
        #[test]
        fn the_verdict_is_that_of_the_whole_compressed_body(
            noisy in 0_usize..30_000, plain in 0_usize..30_000,
        ) {
            let mut body = noise(noisy);
            body.resize(noisy + plain, b'x');
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
            encoder.write_all(&body).unwrap();
            let compressed = encoder.finish().unwrap().len();
            prop_assert_eq!(exceeds(&body), body.len().min(compressed) > TEN_KB_BYTES);
        }
    }
}
