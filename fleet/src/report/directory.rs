//! The run directory: where the files of one run are.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{clock, console::ssh::HOST_KEY_FILE, scenario::Scenario};

use super::Summary;

/// How many bytes must be writable before a run begins.
const ROOM_BYTES: usize = 256 * 1024;
/// Files that exist before anything has been sent.
const WRITTEN_BEFORE_THE_RUN: [&str; 4] = [
    "scenario.toml",
    "timeline.csv",
    "latency.hlog",
    HOST_KEY_FILE,
];
/// Most run directories of one name and second.
const ATTEMPTS_MAX: u32 = 1000;

/// A run directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the run directory {path}; name another with --out")]
pub struct DirectoryError {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// The directory of one run.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Makes the directory `out`, or one named after the scenario and the time, and writes the
    /// scenario as run into it.
    ///
    /// # Errors
    /// When it cannot be made, is not empty, or has no room for the results.
    pub fn create(out: Option<&Path>, scenario: &Scenario) -> Result<Self, DirectoryError> {
        let path = match out {
            Some(path) => {
                Self::claim(path)?;
                path.to_owned()
            }
            None => Self::claim_new(&scenario.name)?,
        };
        let directory = Self { path };
        directory.check_room()?;
        directory.write("scenario.toml", scenario.text.as_bytes())?;
        Ok(directory)
    }

    fn claim(path: &Path) -> Result<(), DirectoryError> {
        let fail = |source| DirectoryError {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(fail)?;
        // Whatever is there already is not ours to write over, nor to remove.
        match fs::read_dir(path).map_err(fail)?.next() {
            None => Ok(()),
            Some(_) => Err(fail(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it is not empty",
            ))),
        }
    }

    fn claim_new(name: &str) -> Result<PathBuf, DirectoryError> {
        let stamp = clock::calendar_now().strftime("%Y%m%dT%H%M%SZ");
        let first = PathBuf::from("runs").join(format!("{name}-{stamp}"));
        let fail = |path: &Path, source| DirectoryError {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all("runs").map_err(|source| fail(&first, source))?;
        for attempt in 1..ATTEMPTS_MAX {
            let path = match attempt {
                1 => first.clone(),
                _ => PathBuf::from(format!("{}-{attempt}", first.display())),
            };
            match fs::create_dir(&path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fail(&path, error)),
            }
        }
        Err(fail(&first, io::ErrorKind::AlreadyExists.into()))
    }

    /// A full disk must be noticed before anything is sent, not after.
    fn check_room(&self) -> Result<(), DirectoryError> {
        const PROBE: &str = ".room";
        let written = self.write(PROBE, &vec![0; ROOM_BYTES]);
        let removed = fs::remove_file(self.path.join(PROBE));
        written?;
        removed.map_err(|source| self.fail(source))
    }

    fn fail(&self, source: io::Error) -> DirectoryError {
        DirectoryError {
            path: self.path.clone(),
            source,
        }
    }

    /// Removes the directory of a run that did not take place: one without results would only
    /// puzzle whoever finds it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn discard(self) -> Result<(), DirectoryError> {
        for file in WRITTEN_BEFORE_THE_RUN {
            match fs::remove_file(self.path.join(file)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(self.fail(source));
                }
                Ok(()) | Err(_) => {}
            }
        }
        // Fails, as it should, when somebody else has put something there.
        fs::remove_dir(&self.path).map_err(|source| self.fail(source))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file `name` for appending.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn append(&self, name: &str) -> Result<File, DirectoryError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        options
            .open(self.path.join(name))
            .map_err(|source| self.fail(source))
    }

    /// Writes the whole of file `name` at once: readers see all of it or nothing.
    ///
    /// # Errors
    /// When it cannot be written to the disk.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), DirectoryError> {
        let partial = self.path.join(format!("{name}.partial"));
        let write = || {
            let mut file = File::create(&partial)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&partial, self.path.join(name))
        };
        write().map_err(|source| self.fail(source))
    }

    /// Writes `summary.json`.
    ///
    /// # Errors
    /// When it cannot be written to the disk.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), DirectoryError> {
        let mut text = serde_json::to_vec_pretty(summary)
            .map_err(|error| self.fail(io::Error::other(error)))?;
        text.push(b'\n');
        self.write("summary.json", &text)
    }
}
