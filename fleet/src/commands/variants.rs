//! `--variant`: runs the scenario as it is and with each change, and prints what that made of it.

use std::path::Path;

use anyhow::Context;

use super::{
    child::{self, Signals},
    complain, print, series,
};
use crate::{
    arguments::RunArguments,
    exit::Exit,
    variants::{Outcome, Variant, in_columns},
};

/// The file that holds what was printed, for scripts.
const RESULTS_FILE: &str = "variants.json";

/// Runs every variant in turn, each in a process of its own.
///
/// # Errors
/// When a process cannot be started, or what it left cannot be read.
pub fn execute(arguments: &RunArguments) -> anyhow::Result<Exit> {
    let mut variants = vec![Variant::unchanged()];
    for text in arguments.variants() {
        match Variant::parse(text) {
            Ok(variant) => variants.push(variant),
            Err(message) => {
                complain(&format!("error: --variant: {message}"));
                return Ok(Exit::Usage);
            }
        }
    }
    let labels: Vec<_> = variants
        .iter()
        .map(|variant| format!("variant `{}`", variant.label))
        .collect();
    let sides: Vec<_> = labels
        .iter()
        .zip(&variants)
        .map(|(label, variant)| (label.as_str(), variant.settings.as_slice()))
        .collect();
    if let Some(exit) = series::refuse(arguments, &sides) {
        return Ok(exit);
    }
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => series::folder_by_default(arguments, "variants"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut outcomes = Vec::new();
    let exit = runtime.block_on(run_all(arguments, &variants, &out, &mut outcomes));
    // Whatever has been run is worth telling, however it went on.
    if !outcomes.is_empty() {
        print(&format!(
            "\n{}\nresults    {}\n",
            in_columns(&outcomes),
            out.join(RESULTS_FILE).display()
        ));
    }
    exit
}

/// Runs `variants` into folders of `out` until one cannot be run or a signal ends it. What came of
/// each is written down when it is known.
async fn run_all(
    arguments: &RunArguments,
    variants: &[Variant],
    out: &Path,
    outcomes: &mut Vec<Outcome>,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let mut worst = Exit::Passed;
    for (number, variant) in variants.iter().enumerate() {
        let directory = out.join(variant.folder(number));
        complain(&format!("[{number}] {}", variant.label));
        let mut command = child::command(arguments, &variant.settings, &directory)?;
        let exit = child::run(&mut command, &mut signals).await?.exit;
        worst = graver(worst, exit);
        match exit {
            Exit::Passed | Exit::ThresholdFailed | Exit::Invalid | Exit::Unbalanced => {
                outcomes.push(Outcome::read(variant, &directory)?);
                let results = out.join(RESULTS_FILE);
                std::fs::write(&results, serde_json::to_vec_pretty(outcomes)?)
                    .with_context(|| format!("cannot write {}", results.display()))?;
            }
            Exit::Interrupted => {
                complain("stopped: what has not been run to its end is left out");
                break;
            }
            // Its own words are above.
            Exit::Internal
            | Exit::Usage
            | Exit::Regression
            | Exit::Unreachable
            | Exit::ScenarioInvalid
            | Exit::AddressInUse => return Ok(exit),
        }
    }
    Ok(worst)
}

/// Of two runs the graver exit decides. A threshold that a variant fails is what variants are for, and
/// is told in the table.
fn graver(one: Exit, other: Exit) -> Exit {
    let order = [Exit::Interrupted, Exit::Invalid, Exit::Unbalanced];
    let found = order.into_iter().find(|exit| [one, other].contains(exit));
    found.unwrap_or(Exit::Passed)
}
