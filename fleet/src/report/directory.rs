//! The run directory: where the files of one run are.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{clock, console::ssh::HOST_KEY_FILE, journal::JOURNAL_FILE, scenario::Scenario};

use super::Summary;

/// How many bytes must be writable before a run begins.
const ROOM_BYTES: usize = 256 * 1024;
/// Files that exist before anything has been sent, besides the configurations.
const WRITTEN_BEFORE_THE_RUN: [&str; 5] = [
    "scenario.toml",
    "timeline.csv",
    "latency.hlog",
    JOURNAL_FILE,
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
    /// Folders that did not exist before, the deepest first.
    made: Vec<PathBuf>,
    /// Configurations that have been copied.
    copied: Vec<PathBuf>,
}

impl RunDirectory {
    /// Makes the directory `out`, or one named after the scenario and the time, and writes the
    /// scenario as run into it, with its device configurations. On failure nothing of it stays.
    ///
    /// # Errors
    /// When it cannot be made, is not empty, or has no room for the results.
    pub fn create(out: Option<&Path>, scenario: &Scenario) -> Result<Self, DirectoryError> {
        let mut directory = match out {
            Some(path) => Self::claim(path)?,
            None => Self::claim_new(&scenario.name)?,
        };
        match directory.fill(scenario) {
            Ok(()) => Ok(directory),
            Err(error) => {
                // The first failure is the one to tell.
                let _ = directory.discard();
                Err(error)
            }
        }
    }

    fn claim(path: &Path) -> Result<Self, DirectoryError> {
        let directory = Self {
            path: path.to_owned(),
            made: missing(path),
            copied: Vec::new(),
        };
        let claimed = fs::create_dir_all(path).and_then(|()| fs::read_dir(path));
        // Whatever is there already is not ours to write over, nor to remove.
        let empty = claimed.and_then(|mut content| match content.next() {
            None => Ok(()),
            Some(_) => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it is not empty",
            )),
        });
        empty.map_err(|source| {
            let error = directory.fail(source);
            directory.unmake();
            error
        })?;
        Ok(directory)
    }

    /// Sees to it that there is room, and writes what there is before the run.
    fn fill(&mut self, scenario: &Scenario) -> Result<(), DirectoryError> {
        self.check_room()?;
        for (name, content) in &scenario.kept.files {
            let file = self.path.join(name);
            if let Some(folder) = file.parent() {
                let made = missing(folder);
                self.made.splice(0..0, made);
                fs::create_dir_all(folder).map_err(|source| self.fail(source))?;
            }
            self.write(name, content)?;
            self.copied.push(file);
        }
        self.write("scenario.toml", scenario.kept.text.as_bytes())
    }

    fn claim_new(name: &str) -> Result<Self, DirectoryError> {
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
                Ok(()) => {
                    return Ok(Self {
                        made: vec![path.clone()],
                        path,
                        copied: Vec::new(),
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fail(&path, error)),
            }
        }
        Err(fail(&first, io::ErrorKind::AlreadyExists.into()))
    }

    /// A full disk must be noticed before anything is sent, not after.
    fn check_room(&self) -> Result<(), DirectoryError> {
        const PROBE: &str = ".room";
        self.write(PROBE, &vec![0; ROOM_BYTES])?;
        fs::remove_file(self.path.join(PROBE)).map_err(|source| self.fail(source))
    }

    fn fail(&self, source: io::Error) -> DirectoryError {
        DirectoryError {
            path: self.path.clone(),
            source,
        }
    }

    /// Removes what has been made for a run that did not take place: a directory without results
    /// would only puzzle whoever finds it. One that existed before stays.
    ///
    /// # Errors
    /// When a file or folder cannot be removed.
    pub fn discard(self) -> Result<(), DirectoryError> {
        let written = WRITTEN_BEFORE_THE_RUN.map(|name| self.path.join(name));
        for file in written.iter().chain(&self.copied) {
            match fs::remove_file(file) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(self.fail(source));
                }
                Ok(()) | Err(_) => {}
            }
        }
        self.unmake();
        if self.made.contains(&self.path) && self.path.exists() {
            let source = io::ErrorKind::DirectoryNotEmpty.into();
            return Err(self.fail(source));
        }
        Ok(())
    }

    /// Removes the folders that did not exist before, unless somebody has put something there.
    fn unmake(&self) {
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
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

    /// Writes the whole of file `name` at once: readers see all of it or nothing, and a failure
    /// leaves nothing behind.
    ///
    /// # Errors
    /// When it cannot be written to the disk.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), DirectoryError> {
        write_whole(&self.path.join(name), content).map_err(|source| self.fail(source))
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

/// Writes the whole of the file `path` at once: readers see all of it or nothing, and a failure leaves
/// nothing behind.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

/// The folders up to and including `path` that do not exist, the deepest first.
fn missing(path: &Path) -> Vec<PathBuf> {
    let above = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    above.map(Path::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Source};

    fn scenario() -> Scenario {
        let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default());
        loaded.unwrap().scenario
    }

    fn content(path: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn a_directory_that_existed_is_emptied_and_stays() {
        let folder = tempfile::TempDir::new().unwrap();
        let directory = RunDirectory::create(Some(folder.path()), &scenario()).unwrap();
        assert!(folder.path().join("configs/branch.ios").exists());
        directory.discard().unwrap();
        assert_eq!(content(folder.path()), [""; 0].map(PathBuf::from));
    }

    #[test]
    fn folders_that_were_made_go_with_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let out = folder.path().join("deep/run");
        RunDirectory::create(Some(&out), &scenario())
            .unwrap()
            .discard()
            .unwrap();
        assert!(!folder.path().join("deep").exists());
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = tempfile::TempDir::new().unwrap();
        let out = folder.path().join("deep/run");
        let mut scenario = scenario();
        // A name longer than any file system takes.
        scenario.kept.files[1].0 = format!("configs/{}", "x".repeat(5_000));
        assert!(RunDirectory::create(Some(&out), &scenario).is_err());
        assert_eq!(content(folder.path()), [""; 0].map(PathBuf::from));
        assert!(RunDirectory::create(Some(folder.path()), &scenario).is_err());
        assert_eq!(content(folder.path()), [""; 0].map(PathBuf::from));
    }

    #[test]
    fn a_result_that_cannot_be_written_leaves_no_part_of_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let directory = RunDirectory::create(Some(folder.path()), &scenario()).unwrap();
        fs::create_dir(folder.path().join("summary.json")).unwrap();
        assert!(directory.write("summary.json", b"{}").is_err());
        assert!(!folder.path().join("summary.json.partial").exists());
    }
}
