//! Receives the body of a request within limits, and undoes its compression within the same limits.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::bufread::{GzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap};

/// Why there is no body to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is larger than {bytes_max} bytes")]
    TooLarge { bytes_max: usize },
    #[error("too many large bodies are being received at the moment")]
    Busy,
    #[error("the body ended before it was complete")]
    CutOff,
    #[error("the body is not what its Content-Encoding says")]
    Corrupt,
}

/// The compressions a body can come in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    /// The zlib format, as the HTTP standard defines the word.
    Deflate,
}

impl Encoding {
    /// The one encoding that the headers name; `None` for one that is not supported and for
    /// several.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
        let Some(name) = named.next() else {
            return Some(Self::Identity);
        };
        if named.next().is_some() {
            return None;
        }
        match name.to_str().ok()?.trim() {
            name if name.eq_ignore_ascii_case("identity") => Some(Self::Identity),
            name if name.eq_ignore_ascii_case("gzip") => Some(Self::Gzip),
            name if name.eq_ignore_ascii_case("deflate") => Some(Self::Deflate),
            _ => None,
        }
    }

    /// The body as it was before compression.
    pub(crate) fn undo(self, body: Bytes, bytes_max: usize) -> Result<Bytes, BodyError> {
        match self {
            Self::Identity => Ok(body),
            Self::Gzip => {
                let mut decoder = GzDecoder::new(&body[..]);
                let plain = decompressed(&mut decoder, bytes_max)?;
                nothing_left(decoder.into_inner())?;
                Ok(plain)
            }
            Self::Deflate => {
                let mut decoder = ZlibDecoder::new(&body[..]);
                let plain = decompressed(&mut decoder, bytes_max)?;
                nothing_left(decoder.into_inner())?;
                Ok(plain)
            }
        }
    }
}

fn decompressed(decoder: &mut impl Read, bytes_max: usize) -> Result<Bytes, BodyError> {
    let mut plain = Vec::new();
    let read: io::Result<usize> = decoder.take(bytes_max as u64 + 1).read_to_end(&mut plain);
    match read {
        Ok(bytes) if bytes > bytes_max => Err(BodyError::TooLarge { bytes_max }),
        Ok(_) => Ok(plain.into()),
        Err(_) => Err(BodyError::Corrupt),
    }
}

/// Bytes behind the compressed stream would be read by some and ignored by others.
fn nothing_left(rest: &[u8]) -> Result<(), BodyError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(BodyError::Corrupt)
    }
}

/// Memory for bodies, shared by all connections of a sink.
#[derive(Debug)]
pub(crate) struct Budget {
    free_bytes: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            free_bytes: AtomicUsize::new(bytes),
        }
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share<'_> {
        Share {
            budget: self,
            bytes: 0,
        }
    }
}

/// What one request has taken from the budget; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share<'b> {
    budget: &'b Budget,
    bytes: usize,
}

impl Share<'_> {
    /// Takes more. Never waits: whoever waited would let a few slow senders stop all others.
    fn grow(&mut self, bytes: usize) -> Result<(), BodyError> {
        self.budget
            .free_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
                free.checked_sub(bytes)
            })
            .map_err(|_| BodyError::Busy)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Receives a whole body.
    pub(crate) async fn receive(
        &mut self,
        mut body: Incoming,
        bytes_max: usize,
    ) -> Result<Bytes, BodyError> {
        if body.size_hint().lower() > bytes_max as u64 {
            return Err(BodyError::TooLarge { bytes_max });
        }
        let first = self.next_piece(&mut body, bytes_max).await?;
        // Most bodies arrive in one piece, which is then passed on without a copy.
        if body.is_end_stream() {
            return Ok(first.unwrap_or_default());
        }
        let mut whole = first.unwrap_or_default().to_vec();
        while let Some(piece) = self.next_piece(&mut body, bytes_max).await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }

    async fn next_piece(
        &mut self,
        body: &mut Incoming,
        bytes_max: usize,
    ) -> Result<Option<Bytes>, BodyError> {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyError::CutOff)?;
            // Trailers say nothing that counts here.
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            if self.bytes + piece.len() > bytes_max {
                return Err(BodyError::TooLarge { bytes_max });
            }
            self.grow(piece.len())?;
            return Ok(Some(piece));
        }
        Ok(None)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget
            .free_bytes
            .fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 1024 * 1024]);
        let undone = Encoding::Gzip.undo(bomb.into(), 1024 * 1024 - 1);
        assert!(matches!(undone, Err(BodyError::TooLarge { .. })));
    }

    #[test]
    fn a_body_of_exactly_the_limit_is_decompressed() {
        let undone = Encoding::Gzip.undo(gzip(&[7; 1000]).into(), 1000).unwrap();
        assert_eq!(undone, vec![7; 1000]);
    }

    #[test]
    fn deflate_means_the_zlib_format() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"message").unwrap();
        let body = encoder.finish().unwrap();
        let undone = Encoding::Deflate.undo(body.into(), 100).unwrap();
        assert_eq!(undone, "message");
    }

    #[test]
    fn a_truncated_gzip_body_is_corrupt() {
        let mut body = gzip(b"message");
        body.truncate(body.len() - 1);
        let undone = Encoding::Gzip.undo(body.into(), 100);
        assert!(matches!(undone, Err(BodyError::Corrupt)));
    }

    #[test]
    fn bytes_behind_a_gzip_stream_are_refused() {
        let mut body = gzip(b"message");
        body.extend_from_slice(b"more");
        let undone = Encoding::Gzip.undo(body.into(), 100);
        assert!(matches!(undone, Err(BodyError::Corrupt)));
    }

    #[test]
    fn a_budget_is_whole_again_once_its_shares_are_gone() {
        let budget = Budget::new(10);
        let mut first = budget.share();
        first.grow(8).unwrap();
        assert!(matches!(budget.share().grow(3), Err(BodyError::Busy)));
        drop(first);
        budget.share().grow(10).unwrap();
    }
}
