//! Where a scenario comes from: a file, or the one that is built in.

use std::{
    io,
    path::{Path, PathBuf},
};

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
}

impl Source {
    /// The name to show to the user.
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn => "built-in quickstart".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The text of the scenario.
    pub(super) fn read(&self) -> io::Result<String> {
        match self {
            Self::BuiltIn => Ok(QUICKSTART.to_owned()),
            Self::File(path) => std::fs::read_to_string(path),
        }
    }

    /// The path or name under which `relative` is to be found.
    pub(super) fn resolve(&self, relative: &str) -> PathBuf {
        match self {
            Self::BuiltIn => PathBuf::from(relative),
            Self::File(path) => path.parent().unwrap_or(Path::new("")).join(relative),
        }
    }

    /// The text of a file that the scenario refers to.
    pub(super) fn read_related(&self, relative: &str) -> io::Result<String> {
        match self {
            Self::BuiltIn => BUILT_IN_FILES
                .iter()
                .find(|(name, _)| *name == relative)
                .map(|(_, text)| (*text).to_owned())
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            Self::File(_) => std::fs::read_to_string(self.resolve(relative)),
        }
    }
}
