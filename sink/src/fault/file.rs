//! A file of faults: `[[fault]]` tables in TOML, as in a scenario.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{FaultBoard, FaultErrors, FaultTable};

/// Largest file, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a file of faults is of no use.
#[derive(Debug, thiserror::Error)]
pub enum FaultFileError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any file of faults.
    #[error("{} is larger than 1 MiB, which no file of faults is", path.display())]
    Large {
        /// Which file.
        path: PathBuf,
    },
    /// The file is not TOML, or a key or a value is not one of those there are.
    #[error("{} is no file of faults", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        source: toml::de::Error,
    },
    /// A fault makes no sense.
    #[error("{}:{line}: {errors}", path.display())]
    Sense {
        /// Which file.
        path: PathBuf,
        /// The line in which the fault begins.
        line: usize,
        /// What is wrong.
        errors: FaultErrors,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFile {
    #[serde(default)]
    fault: Vec<Spanned<FaultTable>>,
}

impl FaultFileError {
    /// The exit code a program ends with when this stops it: its configuration is invalid.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        104
    }
}

/// Gives the faults of a file to a sink.
///
/// # Errors
/// [`FaultFileError`] for the first thing that is wrong.
pub fn read_file(path: &Path, board: &FaultBoard) -> Result<(), FaultFileError> {
    let read = |source| FaultFileError::Read {
        path: path.to_owned(),
        source,
    };
    // What a device file holds cannot be told beforehand.
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read)?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(FaultFileError::Large {
            path: path.to_owned(),
        });
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| read(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    let file: FaultFile = toml::from_str(&text).map_err(|source| FaultFileError::Form {
        path: path.to_owned(),
        source,
    })?;
    for table in &file.fault {
        board
            .add_written(table.get_ref())
            .map_err(|errors| FaultFileError::Sense {
                path: path.to_owned(),
                line: text[..table.span().start.min(text.len())]
                    .matches('\n')
                    .count()
                    + 1,
                errors,
            })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Protocol;
    use super::*;

    /// What comes of a file with this text.
    fn read(text: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.toml");
        std::fs::write(&path, text).unwrap();
        let board = FaultBoard::new(Protocol::Smtp, 7);
        let result = read_file(&path, &board);
        match result {
            Ok(()) => Ok(board.reports().len()),
            Err(error) => {
                // As the programs show it: with what caused it.
                let cause = std::error::Error::source(&error);
                let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
                Err(format!("{error}{cause}"))
            }
        }
    }

    #[test]
    fn a_file_has_tables_as_a_scenario_has() {
        let text = "[[fault]]\ntarget = \"smtp\"\nat = \"30s\"\nfor = \"5s\"\n\
                    reply = { stage = \"data\", code = 421 }\n\n[[fault]]\nstall = {}\n";
        assert_eq!(read(text), Ok(2));
        assert_eq!(read(""), Ok(0));
    }

    #[test]
    fn mistakes_are_shown_with_their_line() {
        let error = read("[[fault]]\nstall = {}\n\n[[fault]]\nstatus = { code = 503 }\n");
        let error = error.unwrap_err();
        assert!(
            error.contains(".toml:4: `status` is about replies of HTTP; write reply"),
            "{error}"
        );
        let error = read("[[fault]]\nstahl = {}\n").unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("unknown field `stahl`"),
            "{error}"
        );
        let missing = read_file(Path::new("/no/such"), &FaultBoard::new(Protocol::Smtp, 7));
        assert_eq!(missing.unwrap_err().to_string(), "cannot read /no/such");
    }
}
