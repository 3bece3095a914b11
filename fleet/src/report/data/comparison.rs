//! The comparison with a baseline, as `comparison.json` beside a summary holds it, read back.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use super::inert::{inert, make_inert};

/// The file.
const COMPARISON_FILE: &str = "comparison.json";
/// The schema that is understood here.
const SCHEMA: u64 = 1;

/// What a comparison says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ComparisonFacts {
    /// What the run was compared with.
    pub base: Vec<String>,
    /// The smallest change that matters, as a share.
    pub min_effect: f64,
    /// One row for each metric.
    pub metrics: Vec<MetricFacts>,
    /// The worst of all.
    pub verdict: String,
}

/// What it says of one metric.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetricFacts {
    pub metric: String,
    pub base_median: Option<f64>,
    pub new_median: Option<f64>,
    pub ratio: Option<f64>,
    pub interval: Option<(f64, f64)>,
    pub verdict: String,
    pub note: Option<String>,
}

impl MetricFacts {
    /// The worse, the larger.
    fn rank(&self) -> u8 {
        match self.verdict.as_str() {
            "regression" => 3,
            "inconclusive" => 2,
            "improvement" => 1,
            _ => 0,
        }
    }
}

impl ComparisonFacts {
    /// The rows, the worst first.
    pub(crate) fn worst_first(&self) -> Vec<&MetricFacts> {
        let mut rows: Vec<_> = self.metrics.iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.rank()));
        rows
    }

    /// Reads the comparison in `folder`; `None` when there is none that can be read, and in words why a
    /// file that is there cannot.
    pub(super) fn read(folder: &Path) -> (Option<Self>, Option<String>) {
        let bytes = match fs::read(folder.join(COMPARISON_FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (None, None),
            Err(error) => return (None, Some(unread(&error.to_string()))),
        };
        let value = serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string());
        let facts = value.and_then(|mut value| {
            if value["schema"].as_u64() != Some(SCHEMA) {
                return Err("it is of another schema".to_owned());
            }
            make_inert(&mut value);
            serde_json::from_value(value).map_err(|error| error.to_string())
        });
        match facts {
            Ok(facts) => (Some(facts), None),
            Err(reason) => (None, Some(unread(&reason))),
        }
    }
}

fn unread(reason: &str) -> String {
    format!(
        "{COMPARISON_FILE} is left out, for it cannot be understood: {}",
        inert(reason)
    )
}
