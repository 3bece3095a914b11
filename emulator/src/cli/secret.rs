//! Secrets as configurations hold them, and whether what somebody types is one: plain, of type 7,
//! or known by a digest of type 5, 8 or 9.
//!
//! A digest of type 9 is meant to be slow: checking an answer takes some milliseconds, which the other
//! devices of its thread wait. Only `enable` asks, three times at most.

use base64::{Engine as _, alphabet, engine::general_purpose};
use md5::{Digest as _, Md5};
use scrypt::Params;
use sha2::Sha256;

/// Rounds of a digest of type 8.
const PBKDF2_ROUNDS: u32 = 20_000;
/// Costs of a digest of type 9: the binary logarithm of N, r and p.
const SCRYPT_COSTS: (u8, u32, u32) = (14, 1, 1);
/// Rounds of a digest of type 5.
const MD5_ROUNDS: usize = 1_000;
/// Most characters of the salt of a digest of type 5.
const MD5_SALT_MAX: usize = 8;
/// What a text of type 7 is masked with.
const MASK: &[u8] = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
/// Digests of type 5, 8 and 9 are written in this alphabet.
const CRYPT: general_purpose::GeneralPurpose =
    general_purpose::GeneralPurpose::new(&alphabet::CRYPT, general_purpose::NO_PAD);

/// A secret of a configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Secret {
    /// This text.
    Plain(String),
    /// Type 5, MD5: what it is all in all.
    Md5(String),
    /// Type 8, PBKDF2.
    Pbkdf2(Salted),
    /// Type 9, scrypt.
    Scrypt(Salted),
    /// Of a type that is not known here: nothing opens it.
    Unknown,
}

/// A digest and its salt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Salted {
    salt: String,
    digest: Vec<u8>,
}

impl Salted {
    /// Reads what stands behind `$8$` or `$9$`.
    fn parse(text: &str) -> Option<Self> {
        let (salt, digest) = text.split_once('$')?;
        let digest = CRYPT.decode(digest).ok()?;
        (digest.len() == 32).then(|| Self {
            salt: salt.to_owned(),
            digest,
        })
    }
}

impl Secret {
    /// Reads what stands behind `enable secret` or `enable password`, and the like: a type and a
    /// text, or a plain text alone.
    pub(super) fn parse(text: &str) -> Self {
        let words: Vec<_> = text.split_whitespace().collect();
        let read = match words.as_slice() {
            ["0", plain] | [plain] => Some(Self::Plain((*plain).to_owned())),
            ["7", masked] => unmask(masked).map(Self::Plain),
            ["5", digest] => Some(Self::Md5((*digest).to_owned())),
            ["8", digest] => digest
                .strip_prefix("$8$")
                .and_then(Salted::parse)
                .map(Self::Pbkdf2),
            ["9", digest] => digest
                .strip_prefix("$9$")
                .and_then(Salted::parse)
                .map(Self::Scrypt),
            _ => None,
        };
        read.unwrap_or(Self::Unknown)
    }

    /// Whether `answer` is the secret.
    pub(super) fn accepts(&self, answer: &str) -> bool {
        match self {
            Self::Plain(plain) => plain == answer,
            Self::Md5(digest) => md5_crypt(answer, digest).as_ref() == Some(digest),
            Self::Pbkdf2(Salted { salt, digest }) => {
                let mut computed = [0; 32];
                pbkdf2::pbkdf2_hmac::<Sha256>(
                    answer.as_bytes(),
                    salt.as_bytes(),
                    PBKDF2_ROUNDS,
                    &mut computed,
                );
                computed == **digest
            }
            Self::Scrypt(Salted { salt, digest }) => {
                let (log_n, r, p) = SCRYPT_COSTS;
                let mut computed = [0; 32];
                let done = Params::new(log_n, r, p).ok().and_then(|costs| {
                    let (answer, salt) = (answer.as_bytes(), salt.as_bytes());
                    scrypt::scrypt(answer, salt, &costs, &mut computed).ok()
                });
                done.is_some() && computed == **digest
            }
            Self::Unknown => false,
        }
    }
}

/// The text of type 7 behind `masked`: two digits that say where the mask begins, then the masked
/// bytes in hexadecimal.
fn unmask(masked: &str) -> Option<String> {
    let start: usize = masked.get(..2)?.parse().ok()?;
    let digits = masked.as_bytes().get(2..)?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs.iter().enumerate().map(|(position, pair)| {
        let pair = std::str::from_utf8(pair).ok()?;
        let byte = u8::from_str_radix(pair, 16).ok()?;
        Some(byte ^ MASK[(start + position) % MASK.len()])
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// The digest of `password` by MD5-crypt, with the salt of `like`, in the form `$1$salt$digest`.
fn md5_crypt(password: &str, like: &str) -> Option<String> {
    let salt = like.strip_prefix("$1$")?.split('$').next()?;
    let salt = salt.get(..MD5_SALT_MAX).unwrap_or(salt);
    let (key, salted) = (password.as_bytes(), salt.as_bytes());
    let inner = Md5::new()
        .chain_update(key)
        .chain_update(salted)
        .chain_update(key)
        .finalize();
    let mut begun = Md5::new()
        .chain_update(key)
        .chain_update(b"$1$")
        .chain_update(salted);
    for piece in key.chunks(inner.len()) {
        begun.update(&inner[..piece.len()]);
    }
    let mut bits = key.len();
    while bits > 0 {
        let byte = if bits & 1 == 1 {
            0
        } else {
            key.first().copied().unwrap_or(0)
        };
        begun.update([byte]);
        bits >>= 1;
    }
    let mut digest = begun.finalize();
    for round in 0..MD5_ROUNDS {
        let mut next = Md5::new();
        let odd = round % 2 == 1;
        if odd {
            next.update(key);
        } else {
            next.update(digest);
        }
        if round % 3 != 0 {
            next.update(salted);
        }
        if round % 7 != 0 {
            next.update(key);
        }
        if odd {
            next.update(digest);
        } else {
            next.update(key);
        }
        digest = next.finalize();
    }
    Some(format!("$1${salt}${}", md5_text(&digest.into())))
}

/// The bytes of an MD5-crypt digest in the order of that format, lowest bits first.
fn md5_text(digest: &[u8; 16]) -> String {
    const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const GROUPS: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];
    let mut text = String::with_capacity(22);
    let mut push = |mut value: u32, characters: usize| {
        for _ in 0..characters {
            text.push(char::from(ALPHABET[(value & 63) as usize]));
            value >>= 6;
        }
    };
    for group in GROUPS {
        let [high, middle, low] = group.map(|position| u32::from(digest[position]));
        push(high << 16 | middle << 8 | low, 4);
    }
    push(digest[11].into(), 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Public test vectors of the formats.
    const KNOWN: [(&str, &str); 6] = [
        ("0 cisco", "cisco"),
        ("cisco", "cisco"),
        ("7 094F471A1A0A", "cisco"),
        ("5 $1$28772684$iEwNOgGugqO9.bIz5sk8k/", "hashcat"),
        (
            "8 $8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk",
            "hashcat",
        ),
        (
            "9 $9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6",
            "hashcat",
        ),
    ];

    #[test]
    fn the_right_answer_opens_and_no_other() {
        for (text, answer) in KNOWN {
            let secret = Secret::parse(text);
            assert!(secret.accepts(answer), "{text}: {secret:?}");
            assert!(!secret.accepts("Cisco"), "{text}");
            assert!(!secret.accepts(""), "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_opens_to_nobody() {
        for text in [
            "", "7 0", "7 zz", "5 x", "8 $8$x$y", "9 $9$", "4 abc", "a b c",
        ] {
            let secret = Secret::parse(text);
            assert!(!secret.accepts("") && !secret.accepts("cisco"), "{text}");
        }
    }
}
