//! Keys of license issuers: private ones as files that OpenSSL reads, public ones as digits.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use emulator::license::{Issuer, TrustedKey};

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Largest file that is looked at, in bytes; a key has 119.
const FILE_BYTES_MAX: u64 = 16 << 10;

/// A key is not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuerKeyError {
    /// The file cannot be read or written.
    #[error("cannot use the key file {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no private Ed25519 key", path.display())]
    NotAKey {
        /// Which.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// The issuer number `key_id` whose private key is in the file `path`.
pub(crate) fn read(path: &Path, key_id: u16) -> Result<Issuer, IssuerKeyError> {
    let failed = |source| IssuerKeyError::File {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(failed)?;
    let mut limited = io::Read::take(file, FILE_BYTES_MAX);
    let read = io::Read::read_to_string(&mut limited, &mut text);
    match read {
        Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(failed(error)),
        Ok(_) | Err(_) => {}
    }
    match secret(&text) {
        Some(secret) => Ok(Issuer::new(key_id, secret)),
        None => Err(IssuerKeyError::NotAKey {
            path: path.to_owned(),
        }),
    }
}

/// Makes the issuer number `key_id` and writes its private key to `path`, which must not be there.
pub(crate) fn make(path: &Path, key_id: u16) -> Result<Issuer, IssuerKeyError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(IssuerKeyError::Random)?;
    let failed = |source| IssuerKeyError::File {
        path: path.to_owned(),
        source,
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(pem(&secret).as_bytes()).map_err(failed)?;
    Ok(Issuer::new(key_id, secret))
}

fn pem(secret: &[u8; 32]) -> String {
    let body = STANDARD.encode([&PKCS8_HEAD[..], secret].concat());
    format!("{BEGIN}\n{body}\n{END}\n")
}

fn secret(text: &str) -> Option<[u8; 32]> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    let body: String = body.split_whitespace().collect();
    let bytes = STANDARD.decode(body).ok()?;
    bytes.strip_prefix(&PKCS8_HEAD)?.try_into().ok()
}

/// The public key `key` as 64 hexadecimal digits.
pub(crate) fn digits(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The Ed25519 public key that is written as `text`.
pub(crate) fn public_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    TrustedKey::is_key(&key).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_never_overwritten() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("issuer.pem");
        let made = make(&path, 100).unwrap();
        assert_eq!(read(&path, 100).unwrap(), made);
        assert!(matches!(make(&path, 100), Err(IssuerKeyError::File { .. })));
        assert_eq!(
            public_key(&digits(&made.public_key())),
            Some(made.public_key())
        );
    }

    #[test]
    fn keys_of_openssl_are_read() {
        // The private key of RFC 8410, section 10.3.
        let text = "-----BEGIN PRIVATE KEY-----\n\
                    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                    -----END PRIVATE KEY-----\n";
        let issuer = Issuer::new(7, secret(text).unwrap());
        assert_eq!(
            digits(&issuer.public_key()),
            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for wrong in [
            "",
            "zz",
            &"0g".repeat(32),
            &"00".repeat(32),
            &"ab".repeat(33),
        ] {
            assert_eq!(public_key(wrong), None, "{wrong}");
        }
        let text = pem(&[7; 32]);
        assert_eq!(secret(&text), Some([7; 32]));
        for wrong in ["", BEGIN, &text[..60], &text.replace("MC4", "MC5")] {
            assert_eq!(secret(wrong), None, "{wrong}");
        }
    }
}
