//! Stored runs: reading them, and refusing what no comparison should rest on.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The file with the figures of a run.
const SUMMARY_FILE: &str = "summary.json";
/// The scenario as run, beside it.
const SCENARIO_FILE: &str = "scenario.toml";
/// Schema of summaries that is understood.
const SCHEMA: u64 = 1;
/// Most runs of one side.
const RUNS_MAX: usize = 60;
/// Most bytes of a summary or a scenario.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Why runs are not compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Refusal {
    /// The file or folder.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl Refusal {
    pub(super) fn new(path: &Path, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            path: path.display().to_string(),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

/// A run whose figures are worth comparing.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its summary.
    pub path: PathBuf,
    /// The scenario's name.
    pub name: String,
    /// What the devices decided.
    pub fingerprint: String,
    /// How many devices.
    pub devices: u64,
    /// When it began, as it says.
    pub started: String,
    /// Processors and kernel, in words.
    pub host: String,
    /// The whole summary.
    pub summary: Value,
    /// The scenario as run, where it is kept.
    pub scenario: Option<toml::Table>,
}

/// Reads one side of a comparison: a run directory, a summary, or a folder of run directories.
///
/// # Errors
/// When there is none, when it is damaged or foreign, or when a run is not to be believed.
pub fn read_side(path: &Path) -> Result<Vec<Stored>, Refusal> {
    if !path.is_dir() {
        return Ok(vec![read_run(path)?]);
    }
    let own = path.join(SUMMARY_FILE).exists();
    let folders = folders(path)?;
    let (runs, others): (Vec<_>, Vec<_>) = folders
        .into_iter()
        .partition(|folder| folder.join(SUMMARY_FILE).exists());
    match (own, runs.is_empty()) {
        (true, true) => return Ok(vec![read_run(&path.join(SUMMARY_FILE))?]),
        (true, false) => {
            return Err(Refusal::new(
                path,
                "it is a run itself, and has runs in its folders",
                "name the one or the others; keep repeated runs in a folder of their own",
            ));
        }
        (false, true) => {
            return Err(Refusal::new(
                path,
                format!("neither it nor any folder in it has a {SUMMARY_FILE}"),
                "name a run directory, its summary.json, or a folder of run directories",
            ));
        }
        (false, false) => {}
    }
    let killed = others
        .iter()
        .find(|folder| folder.join(SCENARIO_FILE).exists());
    if let Some(killed) = killed {
        return Err(Refusal::new(
            killed,
            format!("a run without {SUMMARY_FILE}: it was killed, or goes on"),
            "wait for it, or remove it from the folder",
        ));
    }
    if runs.len() > RUNS_MAX {
        return Err(Refusal::new(
            path,
            format!(
                "{} runs; at most {RUNS_MAX} of a side are compared",
                runs.len()
            ),
            "keep fewer; comparisons gain little from more",
        ));
    }
    let runs = runs
        .iter()
        .map(|folder| read_run(&folder.join(SUMMARY_FILE)));
    runs.collect()
}

/// The folders in `path`, in order.
fn folders(path: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
        entries.collect()
    };
    let entries = read().map_err(|error| unreadable(path, &error))?;
    let mut folders: Vec<_> = entries.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort_unstable();
    Ok(folders)
}

fn unreadable(path: &Path, error: &io::Error) -> Refusal {
    let reason = if error.kind() == io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else {
        format!("cannot be read: {error}")
    };
    Refusal::new(
        path,
        reason,
        "name a run directory, its summary.json, or a folder of run directories",
    )
}

fn read_text(path: &Path) -> Result<String, Refusal> {
    let length = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if length.len() > FILE_BYTES_MAX {
        return Err(Refusal::new(
            path,
            format!("{} bytes are no summary", length.len()),
            "name the summary.json of a run",
        ));
    }
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// Reads the summary at `path`.
///
/// # Errors
/// When it is damaged or foreign, or when its run is not to be believed.
pub fn read_run(path: &Path) -> Result<Stored, Refusal> {
    let text = read_text(path)?;
    let summary: Value = serde_json::from_str(&text).map_err(|error| {
        let reason = match error.is_eof() {
            true => "it is truncated: the JSON ends before its end".to_owned(),
            false => format!("it is no JSON: {error}"),
        };
        Refusal::new(
            path,
            reason,
            "name the summary.json of a run that has ended",
        )
    })?;
    check_schema(path, &summary)?;
    check_worth(path, &summary)?;
    let field = |pointer: &str| {
        let found = summary.pointer(pointer).and_then(Value::as_str);
        found
            .map(str::to_owned)
            .ok_or_else(|| lacking(path, pointer))
    };
    let count = |pointer: &str| summary.pointer(pointer).and_then(Value::as_u64);
    if !summary.get("transports").is_some_and(Value::is_object) {
        return Err(lacking(path, "/transports"));
    }
    Ok(Stored {
        path: path.to_owned(),
        name: field("/run/name")?,
        fingerprint: field("/run/fingerprint")?,
        devices: count("/devices").ok_or_else(|| lacking(path, "/devices"))?,
        started: field("/run/started").unwrap_or_default(),
        host: format!(
            "{} processors, kernel {}",
            count("/host/cpus").unwrap_or(0),
            field("/host/kernel").unwrap_or_default()
        ),
        scenario: read_scenario(&path.with_file_name(SCENARIO_FILE))?,
        summary,
    })
}

fn read_scenario(path: &Path) -> Result<Option<toml::Table>, Refusal> {
    if !path.exists() {
        return Ok(None);
    }
    let scenario = read_text(path)?.parse::<toml::Table>();
    scenario.map(Some).map_err(|error| {
        Refusal::new(
            path,
            format!("it is no scenario: {}", error.message()),
            "restore it as the run wrote it, or remove it to compare by name and fingerprint alone",
        )
    })
}

fn lacking(path: &Path, pointer: &str) -> Refusal {
    let key = pointer.trim_start_matches('/').replace('/', ".");
    Refusal::new(
        path,
        format!("it lacks `{key}`: no summary of a run"),
        "name the summary.json of a run",
    )
}

fn check_schema(path: &Path, summary: &Value) -> Result<(), Refusal> {
    let schema = summary.get("schema").and_then(Value::as_u64);
    match schema {
        Some(SCHEMA) => Ok(()),
        Some(newer) if newer > SCHEMA => Err(Refusal::new(
            path,
            format!("its schema is {newer}, this program knows {SCHEMA}"),
            "compare with the program that wrote it, or a newer one",
        )),
        Some(_) | None => Err(lacking(path, "/schema")),
    }
}

/// A run that somebody steered sent what no scenario says.
fn check_untouched(path: &Path, summary: &Value) -> Result<(), Refusal> {
    let interventions = summary.get("interventions").and_then(Value::as_array);
    let Some(first) = interventions.and_then(|all| all.first()) else {
        return Ok(());
    };
    let what = first.get("what").and_then(Value::as_str).unwrap_or("?");
    let at_s = first.get("at_s").and_then(Value::as_f64).unwrap_or(0.0);
    Err(Refusal::new(
        path,
        format!("somebody intervened in the run, first at {at_s:.1} s: {what}"),
        "run it again and let it be; what was done by hand is in its `interventions`",
    ))
}

/// Invalid figures say nothing, and neither do accounts that do not balance.
fn check_worth(path: &Path, summary: &Value) -> Result<(), Refusal> {
    let flag = |pointer: &str| {
        let flag = summary.pointer(pointer).and_then(Value::as_bool);
        flag.ok_or_else(|| lacking(path, pointer))
    };
    if !flag("/validity/valid")? {
        let reason = summary.pointer("/validity/reasons/0");
        let reason = reason.and_then(Value::as_str).unwrap_or("no reason given");
        return Err(Refusal::new(
            path,
            format!("the run is invalid: {reason}"),
            "run it again; `fleet doctor` says what spoils measurements on this machine",
        ));
    }
    if !flag("/ledger/balanced")? {
        return Err(Refusal::new(
            path,
            "the accounts of the run do not balance",
            "`fleet audit` says what is missing; compare runs that balance",
        ));
    }
    check_untouched(path, summary)?;
    match summary.get("verdict").and_then(Value::as_str) {
        Some("passed" | "failed") => Ok(()),
        Some(verdict) => Err(Refusal::new(
            path,
            format!("the run is {verdict}"),
            "compare runs that went on to their end",
        )),
        None => Err(lacking(path, "/verdict")),
    }
}
