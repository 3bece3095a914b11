//! `fleet compare`: a verdict on runs.

pub(super) mod baseline;
mod interleave;

use std::path::Path;

use anyhow::Context;

use super::{complain, print};
use crate::{
    arguments::CompareArguments,
    compare::{Comparison, Demands, Noise, Pairing, Refusal, Verdict, in_rows, read_side},
    exit::Exit,
    report,
};

/// The page about a comparison, beside what was compared.
const PAGE_FILE: &str = "comparison.html";
/// Its test results, beside interleaved runs; those of a run have a file of that name of their own.
const TESTS_FILE: &str = "junit.xml";

/// Compares what `arguments` name.
///
/// # Errors
/// When results cannot be written, or a run cannot be started.
pub fn execute(arguments: &CompareArguments) -> anyhow::Result<Exit> {
    let demands = match demands(arguments) {
        Ok(demands) => demands,
        Err(refusal) => return Ok(refuse(&refusal)),
    };
    let compared = match arguments.interleave {
        Some(pairs) => interleave::execute(arguments, &demands, pairs)?,
        None => stored(arguments, &demands),
    };
    match compared {
        Ok(comparisons) => conclude(arguments, &comparisons),
        Err(exit) => Ok(exit),
    }
}

fn demands(arguments: &CompareArguments) -> Result<Demands, Refusal> {
    let noise = arguments.noise.as_deref().map(Noise::read).transpose()?;
    Ok(Demands {
        metrics: arguments.metric.clone(),
        effect: arguments.min_effect,
        noise,
    })
}

/// Compares stored runs, each side with the first.
fn stored(arguments: &CompareArguments, demands: &Demands) -> Result<Vec<Comparison>, Exit> {
    let Some((base, others)) = arguments
        .runs
        .split_first()
        .filter(|(_, new)| !new.is_empty())
    else {
        complain(
            "error: name a base and what to compare with it, or a scenario and --interleave N\n  = help: fleet compare runs/before runs/after",
        );
        return Err(Exit::Usage);
    };
    if arguments.changes_scenario() {
        complain(
            "warning: these runs are over: what changes a scenario changes nothing without --interleave",
        );
    }
    let compare = || -> Result<Vec<Comparison>, Refusal> {
        let base = read_side(base)?;
        let compare = |path: &std::path::PathBuf| {
            Comparison::new(&base, &read_side(path)?, Pairing::Independent, demands)
        };
        others.iter().map(compare).collect()
    };
    compare().map_err(|refusal| refuse(&refusal))
}

/// Says why runs are not compared.
pub(super) fn refuse(refusal: &Refusal) -> Exit {
    complain(&format!("error: {refusal}\n  = help: {}", refusal.remedy));
    Exit::ScenarioInvalid
}

/// Prints `comparisons`, writes them where that is wanted, and says what they come to.
fn conclude(arguments: &CompareArguments, comparisons: &[Comparison]) -> anyhow::Result<Exit> {
    let texts: Vec<_> = comparisons.iter().map(in_rows).collect();
    print(&texts.join("\n"));
    if let Some(path) = &arguments.json {
        write(path, comparisons)?;
    }
    if let Some(path) = &arguments.html {
        write_text(path, &report::comparison::page(comparisons))?;
    }
    let mut verdicts = comparisons.iter().map(|one| one.verdict);
    let worse = verdicts.any(|verdict| verdict == Verdict::Regression);
    Ok(match worse && !arguments.exit_zero {
        true => Exit::Regression,
        false => Exit::Passed,
    })
}

/// Writes the page and the test results of `comparison` into `folder`, beside what was compared.
fn write_reports(folder: &Path, comparison: &Comparison) -> anyhow::Result<()> {
    let comparisons = std::slice::from_ref(comparison);
    write_text(
        &folder.join(PAGE_FILE),
        &report::comparison::page(comparisons),
    )?;
    let results = report::comparison::test_results(comparisons);
    write_text(&folder.join(TESTS_FILE), &results)
}

/// Writes `text` to `path`.
pub(super) fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes `value` as JSON.
pub(super) fn write(path: &Path, value: &(impl serde::Serialize + ?Sized)) -> anyhow::Result<()> {
    let json = serde_json::to_vec_pretty(value)?;
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}
