//! An independent recount of a run from its journal, and a comparison with its summary.
//!
//! Nothing here knows the ledger, the histograms or the reconciliation that a run keeps: what they
//! made of the events is worked out once more, one by one, from the records alone. Only the format of
//! the records is shared.

mod books;
mod compare;
mod fleets;
mod latency;
mod message;

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use books::{Books, Recount};

use crate::journal::{
    JOURNAL_FILE,
    reader::{self, Contents, ReadError},
};

/// Why there is nothing to audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No journal can be read.
    #[error("cannot read {path}; is this a run directory, and was its journal kept?")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no journal.
    #[error("{path} is no journal: {source}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// The summary is there, and cannot be understood.
    #[error("{path} cannot be read: {reason}")]
    Summary {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What an audit came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opinion {
    /// Everything adds up, and the summary says the same.
    Sound,
    /// The run has no end: it was killed. What was recorded until then adds up.
    Cut,
    /// The run could not write all of its records. What is there adds up.
    Incomplete,
    /// Something was lost, doubled or altered, does not add up, or is told differently by the summary.
    Unsound,
}

/// The findings of an audit.
#[derive(Debug)]
pub struct Audit {
    contents: Contents,
    recount: Recount,
    /// Figures that are the same in the summary; `None` without one.
    agreements: Option<usize>,
    /// What is wrong, in words.
    pub findings: Vec<String>,
    /// What it came to.
    pub opinion: Opinion,
}

/// Audits the run directory `directory`.
///
/// # Errors
/// When there is no journal, or what is there is none.
pub fn audit(directory: &Path) -> Result<Audit, AuditError> {
    let path = directory.join(JOURNAL_FILE);
    let file = fs::File::open(&path).map_err(|source| AuditError::Open {
        path: path.clone(),
        source,
    })?;
    let mut books = Books::default();
    let contents = reader::read(io::BufReader::with_capacity(1 << 20, file), &mut |record| {
        books.enter(record);
    })
    .map_err(|source| AuditError::Foreign { path, source })?;
    let complete = contents.ended && contents.lost == 0 && contents.damage.is_empty();
    let recount = books.close(&contents.heading, complete);
    let mut findings = contents.damage.clone();
    findings.extend(recount.contradictions.iter().cloned());
    let summary = read_summary(&directory.join("summary.json"))?;
    if summary.is_some() && !contents.ended {
        findings.push("summary.json tells of an end of the run that the journal lacks".to_owned());
        findings.extend(contents.torn.clone());
    }
    let mut agreements = None;
    if let Some(summary) = &summary {
        let comparison = compare::compare(&contents, &recount, summary);
        agreements = Some(comparison.agreements);
        findings.extend(comparison.differences);
    } else if contents.ended {
        findings.push("the run came to its end, but summary.json is missing".to_owned());
    }
    let opinion = match (findings.is_empty(), contents.ended, contents.lost) {
        (false, _, _) => Opinion::Unsound,
        (true, false, _) => Opinion::Cut,
        (true, true, 0) => Opinion::Sound,
        (true, true, _) => Opinion::Incomplete,
    };
    Ok(Audit {
        contents,
        recount,
        agreements,
        findings,
        opinion,
    })
}

/// How deep below a folder runs are looked for: those of a comparison are two deep.
const DEPTH_MAX: usize = 3;

/// The run directories in `path`: itself, or, where it holds no journal, the folders below it that do,
/// as those of variants and comparisons.
pub fn run_directories(path: &Path) -> Vec<PathBuf> {
    let mut runs = Vec::new();
    find_runs(path, DEPTH_MAX, &mut runs);
    if runs.is_empty() {
        // To be told that there is none.
        runs.push(path.to_owned());
    }
    runs
}

fn find_runs(path: &Path, depth: usize, runs: &mut Vec<PathBuf>) {
    if path.join(JOURNAL_FILE).exists() {
        runs.push(path.to_owned());
        return;
    }
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    for folder in folders {
        find_runs(&folder, depth, runs);
    }
}

/// The summary of the run; `None` when there is none.
fn read_summary(path: &Path) -> Result<Option<serde_json::Value>, AuditError> {
    let fail = |reason: String| AuditError::Summary {
        path: path.to_owned(),
        reason,
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error.to_string())),
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| fail(error.to_string()))
}

impl Audit {
    /// The audit in words.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let contents = &self.contents;
        let verdict = match self.opinion {
            Opinion::Sound => "SOUND",
            Opinion::Cut => "CUT SHORT",
            Opinion::Incomplete => "INCOMPLETE",
            Opinion::Unsound => "NOT SOUND",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{verdict}  {}  seed {}  {} devices  begun {}\n",
            contents.heading.name,
            contents.heading.seed,
            contents.heading.devices,
            contents.heading.begun,
        );
        let _ = writeln!(
            text,
            "journal    {} records in {} blocks, {} bytes, the last written {:.1} s after the first",
            contents.records,
            contents.blocks,
            contents.bytes,
            contents.last_written_ms as f64 / 1e3,
        );
        if contents.lost > 0 {
            let _ = writeln!(
                text,
                "  lost     {} records that the run could not write; figures are recounted without them",
                contents.lost
            );
        }
        if self.opinion == Opinion::Cut {
            let _ = writeln!(
                text,
                "  cut      the run was killed: of what happened later, and in the half second before, nothing is known"
            );
            if let Some(torn) = &contents.torn {
                let _ = writeln!(text, "  torn     {torn}");
            }
        }
        self.recount
            .describe(&mut text, contents.ended && contents.lost == 0);
        match self.agreements {
            Some(count) => {
                let _ = writeln!(text, "summary    agrees in {count} figures");
            }
            None => {
                let _ = writeln!(text, "summary    none was written");
            }
        }
        for finding in &self.findings {
            let _ = writeln!(text, "FINDING    {finding}");
        }
        text
    }
}
