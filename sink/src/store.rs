//! Keeping messages as files, each complete or absent, up to a limit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a message was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store holds as many files as it may.
    #[error("the store holds its limit of {files_max} files")]
    Full {
        /// The limit.
        files_max: u64,
    },
    /// The file or the directory could not be written or read.
    #[error("cannot use {path}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A directory of numbered files, `00000001.eml` and so on.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    extension: &'static str,
    files_max: u64,
    /// The number of the latest file; a number is never used twice.
    latest: AtomicU64,
}

impl Store {
    /// Opens a store, creating the directory if need be.
    ///
    /// `extension` is without its dot. Files that are there already keep their numbers and count
    /// towards `files_max`: the limit is on the highest number.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the directory cannot be created or read.
    pub fn open(
        directory: impl Into<PathBuf>,
        extension: &'static str,
        files_max: u64,
    ) -> Result<Self, StoreError> {
        let directory = directory.into();
        let latest = fs::create_dir_all(&directory)
            .and_then(|()| highest_number(&directory, extension))
            .map_err(|source| StoreError::Io {
                path: directory.clone(),
                source,
            })?;
        Ok(Self {
            directory,
            extension,
            files_max,
            latest: AtomicU64::new(latest),
        })
    }

    /// Writes a message to the next file and gives its number, without blocking the runtime.
    ///
    /// A reader sees the whole file or none: it is written under another name and then renamed.
    ///
    /// # Errors
    /// [`StoreError::Full`] beyond the limit, [`StoreError::Io`] when writing fails.
    pub async fn save(&self, message: Vec<u8>) -> Result<u64, StoreError> {
        let Some(number) = self.next_number() else {
            return Err(StoreError::Full {
                files_max: self.files_max,
            });
        };
        let path = self
            .directory
            .join(format!("{number:08}.{}", self.extension));
        let partial = self
            .directory
            .join(format!("{number:08}.{}.part", self.extension));
        let target = path.clone();
        let write = move || {
            let written = fs::write(&partial, message).and_then(|()| fs::rename(&partial, target));
            if written.is_err() {
                // Best effort: the partial file is of no use, and the error that matters is known.
                drop(fs::remove_file(&partial));
            }
            written
        };
        tokio::task::spawn_blocking(write)
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(|source| StoreError::Io { path, source })?;
        Ok(number)
    }

    fn next_number(&self) -> Option<u64> {
        self.latest
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |latest| {
                (latest < self.files_max).then_some(latest + 1)
            })
            .ok()
            .map(|previous| previous + 1)
    }
}

fn highest_number(directory: &Path, extension: &str) -> io::Result<u64> {
    let mut highest = 0;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension)
            && let Some(number) = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok())
        {
            highest = highest.max(number);
        }
    }
    Ok(highest)
}
