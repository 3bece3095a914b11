//! Counterfactuals: the same storm once more with one policy changed, and both side by side.
//!
//! Each variant is a run of its own, in a process of its own, with the same seed. What became of it is
//! read from its run directory: the accounts from `summary.json`, and what arrived when from
//! `journal.bin`.

mod course;
mod table;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::Value;

pub use course::Course;
pub use table::in_columns;

use crate::{
    journal::{JOURNAL_FILE, reader},
    record::Reading,
};

/// Joins the settings of one variant.
const AND: &str = "&&";

/// What is changed in one run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Variant {
    /// As the user wrote it; of the scenario as it is, `as it is`.
    pub label: String,
    /// `KEY=VALUE`, each as `--set` takes it.
    pub settings: Vec<String>,
}

impl Variant {
    /// The scenario as it is.
    pub fn unchanged() -> Self {
        Self {
            label: "as it is".to_owned(),
            settings: Vec::new(),
        }
    }

    /// The variant `text`: settings joined by `&&`.
    ///
    /// # Errors
    /// When a setting has no `=`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let settings: Vec<String> = text.split(AND).map(|part| part.trim().to_owned()).collect();
        let wrong = settings.iter().find(|setting| !setting.contains('='));
        if let Some(wrong) = wrong {
            return Err(format!(
                "`{wrong}` has no `=`; write KEY=VALUE, as in call-home.rate-limit=5, several joined by {AND}"
            ));
        }
        Ok(Self {
            label: settings.join(" && "),
            settings,
        })
    }

    /// The folder of run number `number`, as it is called among those of the others.
    pub fn folder(&self, number: usize) -> String {
        let plain = |character: char| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let words: String = self.label.chars().map(plain).take(40).collect();
        let words: Vec<_> = words.split('-').filter(|word| !word.is_empty()).collect();
        format!("{number}-{}", words.join("-"))
    }
}

/// Why the results of a run cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {reason}")]
pub struct ResultsError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// What became of one variant.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// What was changed.
    pub label: String,
    /// Where its results are.
    pub directory: PathBuf,
    /// The verdict of its run.
    pub verdict: String,
    /// What the devices decided.
    pub fingerprint: String,
    /// Events of the plan: the same for every variant, unless the variant changes the plan.
    pub events: u64,
    /// Messages that came into being.
    pub messages: u64,
    /// Messages that a server took.
    pub delivered: u64,
    /// Messages that none took or confirmed.
    pub failed: u64,
    /// Messages that none confirmed but one may have.
    pub unconfirmed: u64,
    /// Candidates that became no message, by account; accounts without any are left out.
    pub dropped: Vec<(String, u64)>,
    /// The 99th percentile from due to accepted in milliseconds, by transport that was used.
    pub p99_ms: Vec<(&'static str, Reading)>,
    /// What arrived when; nothing where the journal is not complete.
    pub course: Option<Course>,
}

impl Outcome {
    /// Reads what became of `variant` from its run directory.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn read(variant: &Variant, directory: &Path) -> Result<Self, ResultsError> {
        let path = directory.join("summary.json");
        let summary = read_json(&path)?;
        let count = |pointer: &str| {
            summary
                .pointer(pointer)
                .and_then(Value::as_u64)
                .unwrap_or(0)
        };
        let word = |pointer: &str| {
            let word = summary.pointer(pointer).and_then(Value::as_str);
            word.unwrap_or("?").to_owned()
        };
        let dropped = summary
            .pointer("/ledger/dropped")
            .and_then(Value::as_object);
        let dropped = dropped
            .into_iter()
            .flatten()
            .filter_map(|(account, count)| {
                let count = count.as_u64().filter(|count| *count > 0)?;
                Some((account.clone(), count))
            });
        let p99_ms = ["smtp", "https"].into_iter().filter_map(|transport| {
            let response = summary.pointer(&format!("/transports/{transport}/response_ms"))?;
            let count = |name: &str| response.get(name).and_then(Value::as_u64).unwrap_or(0);
            let bounds = response.get("lower_bounds").and_then(Value::as_array);
            let reading = Reading {
                value: response.get("p99")?.as_f64()?,
                at_least: bounds.is_some_and(|bounds| bounds.iter().any(|name| name == "p99")),
            };
            (count("count") + count("unanswered") > 0).then_some((transport, reading))
        });
        Ok(Self {
            label: variant.label.clone(),
            directory: directory.to_owned(),
            verdict: word("/verdict"),
            fingerprint: word("/run/fingerprint"),
            events: count("/ledger/events"),
            messages: count("/ledger/messages"),
            delivered: count("/ledger/delivered"),
            failed: count("/ledger/failed"),
            unconfirmed: count("/ledger/unconfirmed"),
            dropped: dropped.collect(),
            p99_ms: p99_ms.collect(),
            course: read_course(&directory.join(JOURNAL_FILE))?,
        })
    }
}

fn read_json(path: &Path) -> Result<Value, ResultsError> {
    let fail = |reason: String| ResultsError {
        path: path.to_owned(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| fail(error.to_string()))
}

/// What arrived when; nothing where there is no journal, or a part of it is missing.
fn read_course(path: &Path) -> Result<Option<Course>, ResultsError> {
    let fail = |reason: String| ResultsError {
        path: path.to_owned(),
        reason,
    };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error.to_string())),
    };
    let mut steps = course::Steps::default();
    let contents = reader::read(io::BufReader::with_capacity(1 << 20, file), &mut |record| {
        steps.enter(record);
    });
    let contents = contents.map_err(|error| fail(error.to_string()))?;
    let complete = contents.lost == 0 && contents.damage.is_empty();
    Ok(complete.then(|| steps.close()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_joined_by_and() {
        let variant = Variant::parse("call-home.rate-limit=5&&seed = 3").unwrap();
        assert_eq!(variant.settings, ["call-home.rate-limit=5", "seed = 3"]);
        assert_eq!(variant.folder(2), "2-call-home-rate-limit-5-seed-3");
        assert!(
            Variant::parse("call-home.rate-limit")
                .unwrap_err()
                .contains("has no `=`")
        );
        assert!(Variant::parse("").is_err());
        assert_eq!(Variant::unchanged().folder(0), "0-as-it-is");
    }

    #[test]
    fn a_run_without_a_journal_has_figures_and_no_course() {
        let folder = tempfile::TempDir::new().unwrap();
        let summary = r#"{"verdict": "passed", "ledger": {"messages": 7}}"#;
        fs::write(folder.path().join("summary.json"), summary).unwrap();
        let outcome = Outcome::read(&Variant::unchanged(), folder.path()).unwrap();
        assert_eq!((outcome.messages, outcome.course), (7, None));
        assert!(in_columns(&[outcome]).contains("largest backlog                  -"));
    }

    #[test]
    fn a_directory_without_results_is_named() {
        let folder = tempfile::TempDir::new().unwrap();
        let error = Outcome::read(&Variant::unchanged(), folder.path()).unwrap_err();
        assert!(error.to_string().contains("summary.json"), "{error}");
    }
}
