//! `fleet calibrate`: one server again and again, to learn what figures differ by for no reason.

use std::fmt::Write as _;

use super::{
    compare::{refuse, write},
    print, series,
};
use crate::{
    arguments::CalibrateArguments,
    compare::{Metric, Noise, Refusal, Stored, noise, read_run},
    exit::Exit,
};

/// The file that holds what was learned.
const RESULTS_FILE: &str = "noise.json";

/// Noise floors beyond which their size does not matter, as a share.
const FLOOR_SHOWN_MAX: f64 = 10.0;

/// Learns the noise floor.
///
/// # Errors
/// When a run cannot be started, or the results cannot be written.
pub fn execute(arguments: &CalibrateArguments) -> anyhow::Result<Exit> {
    let run = arguments.as_run();
    if let Some(exit) = series::refuse(&run, &[("the scenario", &[])]) {
        return Ok(exit);
    }
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| series::folder_by_default(&run, "noise"));
    if !series::is_free(&out) {
        return Ok(Exit::Internal);
    }
    let steps: Vec<_> = (1..=arguments.runs)
        .map(|number| series::Step {
            label: format!("run {number} of {}", arguments.runs),
            settings: Vec::new(),
            directory: out.join(format!("{number:03}")),
            server: None,
        })
        .collect();
    if let Some(exit) = series::run(&run, &steps, &mut |_| None)? {
        return Ok(exit);
    }
    let learn = || -> Result<Noise, Refusal> {
        let runs = steps
            .iter()
            .map(|step| read_run(&step.directory.join("summary.json")));
        let runs: Vec<Stored> = runs.collect::<Result<_, _>>()?;
        Noise::learn(&runs, arguments.min_effect)
    };
    let noise = match learn() {
        Ok(noise) => noise,
        Err(refusal) => return Ok(refuse(&refusal)),
    };
    let results = out.join(RESULTS_FILE);
    write(&results, &noise)?;
    print(&format!(
        "{}\nresults    {}\n",
        in_rows(&noise, arguments.min_effect),
        results.display()
    ));
    Ok(Exit::Passed)
}

/// What was learned, a line for each metric.
fn in_rows(noise: &Noise, effect: f64) -> String {
    let mut text = format!(
        "{} runs of one server; pairs that find {:.1} % with a power of {}\n\n{:32} {:>10} {:>8} {:>10} {:>8} {:>7}\n",
        noise.runs(),
        effect * 100.0,
        noise::POWER,
        "",
        "median",
        "spread",
        "neighbours",
        "floor",
        "pairs",
    );
    for (name, spread) in noise.spreads() {
        let counted = Metric::parse(name).is_ok_and(Metric::is_counted);
        let pairs = match (counted, spread.pairs_needed) {
            (true, _) => "-".to_owned(),
            (false, Some(pairs)) => pairs.to_string(),
            (false, None) => "never".to_owned(),
        };
        let floor = match spread.floor < FLOOR_SHOWN_MAX {
            true => format!("{:.1} %", spread.floor * 100.0),
            false => format!(">{:.0} %", FLOOR_SHOWN_MAX * 100.0),
        };
        let _ = writeln!(
            text,
            "{name:32} {:>10.3} {:>6.2} % {:>8.2} % {floor:>8} {pairs:>7}",
            spread.median,
            spread.spread * 100.0,
            spread.neighbours * 100.0,
        );
    }
    for (name, why) in noise.unknown() {
        let _ = writeln!(text, "{name:32} nothing learned: {why}");
    }
    text
}
