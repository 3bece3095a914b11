//! The server's own key, and the keys of users.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use russh::keys::{
    Algorithm, PrivateKey, PublicKey, ssh_key,
    ssh_key::{LineEnding, rand_core::UnwrapErr},
};

/// A key is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("cannot use the key file {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{} line {line} is no OpenSSH public key", path.display())]
    NotPublic {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
    },
    /// A file holds no key at all.
    #[error("{} holds no public key; without one nobody can log in", path.display())]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// The host key cannot be made, or the file that should hold it holds something else.
    #[error("{} holds no private key that can be used; remove it for a new one", path.display())]
    Host {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: ssh_key::Error,
    },
}

/// The host key in `path`; one is made where there is none.
pub(super) fn host_key(path: &Path) -> Result<PrivateKey, KeyError> {
    let of_file = |source| KeyError::File {
        path: path.to_owned(),
        source,
    };
    let of_key = |source| KeyError::Host {
        path: path.to_owned(),
        source,
    };
    match fs::read_to_string(path) {
        Ok(text) => return PrivateKey::from_openssh(text).map_err(of_key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(of_file(error)),
    }
    let key = PrivateKey::random(&mut UnwrapErr(getrandom::SysRng), Algorithm::Ed25519)
        .map_err(of_key)?;
    let text = key.to_openssh(LineEnding::LF).map_err(of_key)?;
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(of_file)?;
    file.write_all(text.as_bytes()).map_err(of_file)?;
    Ok(key)
}

/// The public keys in `path`, one a line as in OpenSSH's `authorized_keys`, without options.
pub(super) fn authorized_keys(path: &Path) -> Result<Vec<PublicKey>, KeyError> {
    let text = fs::read_to_string(path).map_err(|source| KeyError::File {
        path: path.to_owned(),
        source,
    })?;
    let mut keys = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = PublicKey::from_openssh(line).map_err(|_| KeyError::NotPublic {
            path: path.to_owned(),
            line: number + 1,
        })?;
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(KeyError::NoKey {
            path: path.to_owned(),
        });
    }
    Ok(keys)
}
