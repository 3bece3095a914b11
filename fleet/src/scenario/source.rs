//! Where a scenario comes from: a file, or the one that is built in.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Most bytes of a scenario file.
const SCENARIO_BYTES_MAX: u64 = 4 << 20;
/// Most bytes of a file that a scenario refers to: a configuration, a file of authorities.
pub(crate) const RELATED_BYTES_MAX: u64 = 4 << 20;
/// Largest recording, and largest file that one is made of.
const RECORDING_BYTES_MAX: u64 = 256 << 20;

/// The scenario that runs when none is named.
pub const QUICKSTART: &str = include_str!("../../../scenarios/quickstart.toml");

/// Files that the built-in scenario refers to.
const BUILT_IN_FILES: &[(&str, &str)] = &[
    (
        "configs/branch.ios",
        include_str!("../../../scenarios/configs/branch.ios"),
    ),
    (
        "configs/campus.ios",
        include_str!("../../../scenarios/configs/campus.ios"),
    ),
];

/// Where a scenario comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The quickstart.
    BuiltIn,
    /// A file; paths in it are relative to its folder.
    File(PathBuf),
    /// A scenario put together from flags.
    Composed {
        /// What to call it.
        name: &'static str,
        /// Its text.
        text: String,
        /// The files it refers to: name and text.
        files: Vec<(String, String)>,
    },
}

impl Source {
    /// The name to show to the user.
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn => "built-in quickstart".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Composed { name, .. } => (*name).to_owned(),
        }
    }

    /// The text of the scenario.
    pub(super) fn read(&self) -> Result<String, ReadError> {
        match self {
            Self::BuiltIn => Ok(QUICKSTART.to_owned()),
            Self::File(path) => text(read_file(path, SCENARIO_BYTES_MAX)?),
            Self::Composed { text, .. } => Ok(text.clone()),
        }
    }

    /// The path or name under which `relative` is to be found.
    pub(super) fn resolve(&self, relative: &str) -> PathBuf {
        match self {
            Self::BuiltIn | Self::Composed { .. } => PathBuf::from(relative),
            Self::File(path) => path.parent().unwrap_or(Path::new("")).join(relative),
        }
    }

    /// The text of a file that the scenario refers to.
    pub(super) fn read_related(&self, relative: &str) -> Result<String, ReadError> {
        text(self.read_related_bytes(relative)?)
    }

    /// The text of a recording, which is larger than other files.
    pub(super) fn read_recording(&self, relative: &str) -> Result<String, ReadError> {
        text(self.read_kept(relative)?)
    }

    /// The content of any file that the scenario refers to.
    pub(super) fn read_kept(&self, relative: &str) -> Result<Vec<u8>, ReadError> {
        match self {
            Self::BuiltIn | Self::Composed { .. } => self.read_related_bytes(relative),
            Self::File(_) => read_file(&self.resolve(relative), RECORDING_BYTES_MAX),
        }
    }

    /// The content of a file that the scenario refers to.
    pub(super) fn read_related_bytes(&self, relative: &str) -> Result<Vec<u8>, ReadError> {
        let built_in = match self {
            Self::BuiltIn => BUILT_IN_FILES
                .iter()
                .find(|(name, _)| *name == relative)
                .map(|(_, text)| *text),
            Self::Composed { files, .. } => files
                .iter()
                .find(|(name, _)| name == relative)
                .map(|(_, text)| &**text),
            Self::File(_) => None,
        };
        match built_in {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => read_file(&self.resolve(relative), RELATED_BYTES_MAX),
        }
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The system says why.
    #[error("{0}")]
    System(#[from] io::Error),
    /// It has more bytes than any such file needs.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// It is not text.
    #[error("byte {0} is not UTF-8 text")]
    NotText(usize),
}

/// The content of a syslog file that is to be replayed.
pub(crate) fn read_replayed(path: &Path) -> Result<Vec<u8>, ReadError> {
    read_file(path, RECORDING_BYTES_MAX)
}

fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ReadError> {
    read_limited(File::open(path)?, bytes_max)
}

/// Everything that `reader` gives, if that is no more than `bytes_max`.
fn read_limited(reader: impl Read, bytes_max: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let read = reader.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if read as u64 > bytes_max {
        return Err(ReadError::TooLarge(bytes_max));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, ReadError> {
    String::from_utf8(bytes)
        .map_err(|error| ReadError::NotText(error.utf8_error().valid_up_to() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_read_up_to_the_limit_only() {
        let refused = read_limited(io::repeat(b'#'), RELATED_BYTES_MAX).unwrap_err();
        assert_eq!(refused.to_string(), "it is larger than 4 MiB");
        assert_eq!(read_limited(&b"1234"[..], 4).unwrap(), b"1234");
        assert!(read_limited(&b"12345"[..], 4).is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_place() {
        let refused = text(b"name = \"\xff\"".to_vec()).unwrap_err();
        assert_eq!(refused.to_string(), "byte 9 is not UTF-8 text");
    }
}
