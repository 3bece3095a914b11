//! Who vouches for a license line: issuers and the keys that devices trust, and the seal of the
//! lines that come with an image.
//!
//! A line of an issuer ends in 132 characters, a line of an image in 66, as real ones do; behind them
//! stands the block. Source: reference licensing, sections 7.2, 7.3 and 7.6.

use base64::{
    Engine,
    alphabet::Alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD},
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384};

use super::line::{BLOCK_BYTES, Block, Lock, ParsedLine, Terms};

/// Bytes of an issuer's signature in a line: version, key, SHA-256, Ed25519.
const ISSUER_SEAL_BYTES: usize = 1 + 2 + 32 + 64;
/// Bytes of an image's seal: version, HMAC-SHA-384.
const IMAGE_SEAL_BYTES: usize = 1 + 48;
const SEAL_VERSION: u8 = 1;
const LINE_DOMAIN: &[u8] = b"EMU-CSL-LINE-V1\0";
/// The key that images seal their own lines with. Such lines are never taken from a file, so that
/// it is known does no harm.
const IMAGE_KEY: &[u8] = b"emulated image";

/// Base64 as lines spell it: `:` and `,` in the places of `+` and `/`.
const LINE_ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:,";

fn line_base64() -> Option<GeneralPurpose> {
    let alphabet = Alphabet::new(LINE_ALPHABET).ok()?;
    Some(GeneralPurpose::new(&alphabet, NO_PAD))
}

/// What a line ends with, before its block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Signature {
    /// Signed by an issuer.
    Issuer {
        key_id: u16,
        digest: [u8; 32],
        signature: [u8; 64],
    },
    /// Sealed by the image it came with.
    Image([u8; 48]),
}

/// Reads the last token of a line.
pub(crate) fn parse_seal(token: &str) -> Option<(Signature, Block)> {
    let (signature, block) = token.split_once("$<WLC>")?;
    let block = STANDARD.decode(block.strip_suffix("</WLC>")?).ok()?;
    let block = Block::decode(block.as_slice().try_into().ok()?)?;
    let bytes = line_base64()?.decode(signature).ok()?;
    let signature = match bytes.as_slice() {
        [SEAL_VERSION, rest @ ..] if bytes.len() == ISSUER_SEAL_BYTES => Signature::Issuer {
            key_id: u16::from_be_bytes([rest[0], rest[1]]),
            digest: rest[2..34].try_into().ok()?,
            signature: rest[34..].try_into().ok()?,
        },
        [SEAL_VERSION, rest @ ..] if bytes.len() == IMAGE_SEAL_BYTES => {
            Signature::Image(rest.try_into().ok()?)
        }
        _ => return None,
    };
    Some((signature, block))
}

/// The whole line of `terms` for `lock`, ended by `signature` and `block`.
pub(crate) fn line(terms: &Terms, lock: &Lock, signature: &Signature, block: &Block) -> String {
    let mut line = String::with_capacity(640);
    terms.push_body(&mut line, lock);
    let mut bytes = vec![SEAL_VERSION];
    match signature {
        Signature::Issuer {
            key_id,
            digest,
            signature,
        } => {
            bytes.extend(key_id.to_be_bytes());
            bytes.extend(digest);
            bytes.extend(signature);
        }
        Signature::Image(seal) => bytes.extend(seal),
    }
    line.push(' ');
    if let Some(engine) = line_base64() {
        engine.encode_string(bytes, &mut line);
    }
    line.push_str("$<WLC>");
    STANDARD.encode_string(block.encode(), &mut line);
    line.push_str("</WLC>");
    line
}

/// What is signed of a line.
fn message(body: &str, block: &[u8; BLOCK_BYTES]) -> Vec<u8> {
    [LINE_DOMAIN, body.as_bytes(), b"\0", block].concat()
}

/// SHA-256 of what is signed of a line with `body` and `block`.
pub(crate) fn digest(body: &str, block: &Block) -> [u8; 32] {
    Sha256::digest(message(body, &block.encode())).into()
}

/// The line of `terms` that comes with an image.
pub(crate) fn image_line(terms: &Terms, right_to_use: bool, block: &Block) -> String {
    let lock = Lock::Image { right_to_use };
    let mut body = String::new();
    terms.push_body(&mut body, &lock);
    let mut seal = [0; 48];
    // Every length is a key length to HMAC.
    if let Ok(mut mac) = Hmac::<Sha384>::new_from_slice(IMAGE_KEY) {
        mac.update(&message(&body, &block.encode()));
        seal.copy_from_slice(&mac.finalize().into_bytes());
    }
    line(terms, &lock, &Signature::Image(seal), block)
}

/// Somebody who signs license lines: a licensing portal and its private key.
#[derive(Clone)]
pub struct Issuer {
    key_id: u16,
    key: SigningKey,
}

impl Issuer {
    /// The issuer with the private key `secret`, which devices know by `key_id`.
    pub fn new(key_id: u16, secret: [u8; 32]) -> Self {
        Self {
            key_id,
            key: SigningKey::from_bytes(&secret),
        }
    }

    /// The test issuer number `key_id`, whom every image trusts. Its private key is derived from its
    /// number, and so no secret.
    pub fn for_tests(key_id: u16) -> Self {
        let secret = Sha256::new()
            .chain_update(b"EMU-TEST-ISSUER-V1\0")
            .chain_update(key_id.to_be_bytes())
            .finalize();
        Self::new(key_id, secret.into())
    }

    /// By which number devices know the key.
    pub fn key_id(&self) -> u16 {
        self.key_id
    }

    /// What devices need to trust the issuer.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs `message`; for lines there is [`super::issue::Order::line`].
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The signature under the line with `body` and `block`.
    pub(crate) fn sign_line(&self, body: &str, block: &Block) -> Signature {
        let message = message(body, &block.encode());
        Signature::Issuer {
            key_id: self.key_id,
            digest: Sha256::digest(&message).into(),
            signature: self.sign(&message),
        }
    }
}

impl PartialEq for Issuer {
    fn eq(&self, other: &Self) -> bool {
        (self.key_id, self.public_key()) == (other.key_id, other.public_key())
    }
}

impl Eq for Issuer {}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Issuer({})", self.key_id)
    }
}

/// An issuer as an image knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedKey {
    /// The number that lines give.
    pub key_id: u16,
    /// The public key.
    pub public_key: [u8; 32],
    /// Nothing that it signed is accepted any more.
    pub revoked: bool,
}

impl TrustedKey {
    /// Whether `bytes` are an Ed25519 public key that can verify anything.
    pub fn is_key(bytes: &[u8; 32]) -> bool {
        VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak())
    }
}

/// The issuers an image trusts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRing {
    keys: Vec<TrustedKey>,
}

/// The number of the test issuer who signs unless another is asked for.
pub const TEST_KEY_ID: u16 = 1;
/// The number of the test issuer who follows it, for tests of key rollover.
pub const NEXT_TEST_KEY_ID: u16 = 2;
/// The number of a test issuer whose key has been revoked.
pub const REVOKED_TEST_KEY_ID: u16 = 3;

impl Default for KeyRing {
    /// The keys of the test issuers, one of which is revoked.
    fn default() -> Self {
        let keys = [TEST_KEY_ID, NEXT_TEST_KEY_ID, REVOKED_TEST_KEY_ID];
        Self {
            keys: keys
                .map(|key_id| TrustedKey {
                    key_id,
                    public_key: Issuer::for_tests(key_id).public_key(),
                    revoked: key_id == REVOKED_TEST_KEY_ID,
                })
                .to_vec(),
        }
    }
}

impl KeyRing {
    /// Trusts `key`, in the place of one with the same number.
    pub fn trust(&mut self, key: TrustedKey) {
        self.keys.retain(|own| own.key_id != key.key_id);
        self.keys.push(key);
    }

    fn key(&self, key_id: u16) -> Option<VerifyingKey> {
        let mut keys = self.keys.iter();
        let key = keys.find(|key| key.key_id == key_id && !key.revoked)?;
        VerifyingKey::from_bytes(&key.public_key).ok()
    }

    /// Whether key `key_id` is trusted and signed `message` so.
    pub(crate) fn verify(&self, key_id: u16, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key(key_id)
            .is_some_and(|key| key.verify_strict(message, &signature).is_ok())
    }

    /// Whether a trusted issuer signed `line`. Lines of images are not issued.
    pub(crate) fn vouches_for(&self, line: &ParsedLine<'_>) -> bool {
        let Signature::Issuer {
            key_id,
            digest: said,
            signature,
        } = &line.signature
        else {
            return false;
        };
        let message = message(line.body, &line.block.encode());
        line.device.is_some()
            && *key_id == line.block.key_id
            && *said == <[u8; 32]>::from(Sha256::digest(&message))
            && self.verify(*key_id, &message, signature)
    }
}
