//! The licenses of a fleet in results: how many of which kind are in which state, and what became of
//! license files.

use std::collections::BTreeMap;

use emulator::{
    LicenseFileOutcome,
    device::files::WhyNot,
    license::{LicenseCensus, LineCondition, install::InstallOutcome},
};
use serde::Serialize;

use crate::{ledger::Ledger, record::Gathered};

/// The licenses of a fleet, for scripts.
#[derive(Debug, Default, Serialize)]
pub(super) struct LicenseSection {
    /// How many, by kind and condition.
    census: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Lines and files that events brought, by result.
    files: BTreeMap<String, u64>,
}

impl LicenseSection {
    /// What was `gathered` of licenses. Files that are unfinished were asked for and had not come at the end.
    pub(super) fn new(gathered: &Gathered) -> Self {
        let mut section = Self::default();
        for (kind, condition, count) in gathered.licenses.iter() {
            let kinds = section.census.entry(kind.keyword()).or_default();
            kinds.insert(condition.name(), count);
        }
        for (outcome, count) in &gathered.ledger.license_files {
            *section.files.entry(outcome_name(*outcome)).or_default() += count;
        }
        let unfinished = gathered.unfinished_fetches();
        if unfinished > 0 {
            section.files.insert("unfinished".to_owned(), unfinished);
        }
        section
    }
}

/// The result of a license line or file, with the cause where there is one.
pub(super) fn outcome_name(outcome: LicenseFileOutcome) -> String {
    match outcome {
        LicenseFileOutcome::Invalid => "invalid_file".to_owned(),
        LicenseFileOutcome::NotOpened(WhyNot::TimedOut | WhyNot::Broken) => {
            "not_opened_fileServerNotReachable".to_owned()
        }
        LicenseFileOutcome::NotOpened(_) => "not_opened_invalidLicenseFilePath".to_owned(),
        LicenseFileOutcome::Interrupted => "interrupted".to_owned(),
        LicenseFileOutcome::Line(InstallOutcome::Supported) => "installed".to_owned(),
        LicenseFileOutcome::Line(InstallOutcome::NotSupported) => {
            "installed_not_supported".to_owned()
        }
        LicenseFileOutcome::Line(InstallOutcome::Duplicate) => "duplicate".to_owned(),
        LicenseFileOutcome::Line(InstallOutcome::Failed(error)) => {
            format!("failed_{}_{}", error.code(), error.mib_cause().1)
        }
    }
}

/// The licenses in a line: how many of each kind do what; empty without any.
pub(crate) fn in_words(census: &LicenseCensus) -> String {
    let parts = census.iter().map(|(kind, condition, count)| {
        let condition = match condition {
            LineCondition::InUse => "in use",
            LineCondition::NotInUse => "not in use",
            LineCondition::AgreementOpen => "not accepted",
            LineCondition::Inactive => "inactive",
            LineCondition::ExpiredInUse => "expired in use",
            LineCondition::ExpiredNotInUse => "expired",
            LineCondition::Damaged => "DAMAGED",
        };
        format!("{count} {} {condition}", kind.keyword())
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// What became of license files, in a line; empty if there were none.
pub(super) fn files_in_words(ledger: &Ledger) -> String {
    let mut files: BTreeMap<String, u64> = BTreeMap::new();
    for (outcome, count) in &ledger.license_files {
        *files.entry(outcome_name(*outcome)).or_default() += count;
    }
    let parts = files.iter().map(|(name, count)| format!("{name} {count}"));
    parts.collect::<Vec<_>>().join(", ")
}
