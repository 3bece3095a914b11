//! Writes the reports of a run directory: `report.html`, `summary.md`, `junit.xml`.

use std::path::{Path, PathBuf};

use super::{
    data::{ReportError, RunData},
    directory::write_whole,
    html, junit, markdown,
};

/// The name of the page.
const PAGE: &str = "report.html";

/// What was written.
#[derive(Debug)]
pub struct Rebuilt {
    /// Where the page is.
    pub page: PathBuf,
    /// What the run came to, in a word.
    pub verdict: String,
    /// What the reports lack, and why.
    pub notes: Vec<String>,
}

/// Writes the reports of the run in `directory` from what it left there; arrivals are folded onto
/// `period_s` device seconds, if given.
///
/// # Errors
/// When there is nothing to report on, it cannot be understood, or a report cannot be written.
pub fn rebuild(directory: &Path, period_s: Option<f64>) -> Result<Rebuilt, ReportError> {
    let data = RunData::read(directory, period_s)?;
    let reports = [
        (PAGE, html::page(&data)),
        ("summary.md", markdown::text(&data)),
        ("junit.xml", junit::text(&data)),
    ];
    for (name, text) in reports {
        let path = directory.join(name);
        write_whole(&path, text.as_bytes())
            .map_err(|source| ReportError::Write { path, source })?;
    }
    Ok(Rebuilt {
        page: directory.join(PAGE),
        verdict: data.facts.verdict,
        notes: data.notes,
    })
}
