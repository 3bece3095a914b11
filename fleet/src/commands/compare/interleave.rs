//! `fleet compare --interleave`: two servers in turn, in the order A B B A, so that a machine that drifts
//! drifts for both.

use std::path::Path;

use super::{refuse, write_reports};
use crate::{
    arguments::CompareArguments,
    commands::{complain, series},
    compare::{Comparison, Demands, Pairing, Refusal, Stored, read_run},
    exit::Exit,
};

/// Runs `pairs` of runs and compares them.
///
/// # Errors
/// When a run cannot be started.
pub(super) fn execute(
    arguments: &CompareArguments,
    demands: &Demands,
    pairs: u32,
) -> anyhow::Result<Result<Vec<Comparison>, Exit>> {
    let run = arguments.as_run();
    if arguments.runs.len() > 1 {
        complain("error: --interleave runs one scenario; what differs is said by --base and --new");
        return Ok(Err(Exit::Usage));
    }
    let sides = [("--base", &arguments.base[..]), ("--new", &arguments.new)];
    if let Some(exit) = series::refuse(&run, &sides) {
        return Ok(Err(exit));
    }
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| series::folder_by_default(&run, "compared"));
    if !series::is_free(&out) {
        return Ok(Err(Exit::Internal));
    }
    let steps = steps(arguments, pairs, &out);
    // What cannot be compared is noticed after the first pair, not after the last.
    let mut after = |number| match number {
        1 => compare(&out, 1, demands)
            .err()
            .map(|refusal| refuse(&refusal)),
        _ => None,
    };
    if let Some(exit) = series::run(&run, &steps, &mut after)? {
        return Ok(Err(exit));
    }
    let compared = compare(&out, pairs, demands);
    if let Ok(comparison) = &compared {
        write_reports(&out, comparison)?;
    }
    Ok(compared
        .map(|comparison| vec![comparison])
        .map_err(|refusal| refuse(&refusal)))
}

/// The runs of the sides in turn: base new, new base, and so on.
fn steps(arguments: &CompareArguments, pairs: u32, out: &Path) -> Vec<series::Step> {
    let sides = [("base", &arguments.base), ("new", &arguments.new)];
    let mut steps = Vec::new();
    for pair in 1..=pairs {
        let mut own = sides;
        if pair % 2 == 0 {
            own.reverse();
        }
        steps.extend(own.map(|(side, settings)| series::Step {
            label: format!("{side}, pair {pair} of {pairs}"),
            settings: settings.clone(),
            directory: folder(out, side, pair),
        }));
    }
    steps
}

fn folder(out: &Path, side: &str, pair: u32) -> std::path::PathBuf {
    out.join(side).join(format!("{pair:03}"))
}

/// Compares the first `pairs` of the runs in `out`.
fn compare(out: &Path, pairs: u32, demands: &Demands) -> Result<Comparison, Refusal> {
    let side = |side: &str| -> Result<Vec<Stored>, Refusal> {
        let runs = (1..=pairs).map(|pair| folder(out, side, pair).join("summary.json"));
        runs.map(|path| read_run(&path)).collect()
    };
    Comparison::new(&side("base")?, &side("new")?, Pairing::Interleaved, demands)
}
