//! `fleet run --baseline`: the run that has just ended against a stored one.

use std::path::Path;

use anyhow::Context;

use super::{PAGE_FILE, refuse, write, write_text};
use crate::{
    arguments::RunArguments,
    commands::{complain, print},
    compare::{Comparison, Demands, Noise, Pairing, Refusal, Stored, Verdict, in_rows, read_side},
    exit::Exit,
    report,
    scenario::Scenario,
};

/// The file that holds the comparison, in the run directory.
const RESULTS_FILE: &str = "comparison.json";

/// What a run is compared with.
pub(in crate::commands) struct Baseline {
    runs: Vec<Stored>,
    demands: Demands,
}

impl Baseline {
    /// Reads what `arguments` name, if they name one: before anything is sent.
    pub(in crate::commands) fn read(arguments: &RunArguments) -> Result<Option<Self>, Exit> {
        let Some(baseline) = arguments.baseline() else {
            return Ok(None);
        };
        let read = || -> Result<Self, Refusal> {
            let noise = baseline.noise.as_deref().map(Noise::read).transpose()?;
            Ok(Self {
                runs: read_side(&baseline.path)?,
                demands: Demands {
                    metrics: baseline.metric.clone(),
                    effect: baseline.min_effect,
                    noise,
                },
            })
        };
        read().map(Some).map_err(|refusal| refuse(&refusal))
    }

    /// Refuses `scenario` if its run could not be compared.
    pub(in crate::commands) fn check(&self, scenario: &Scenario) -> Result<(), Exit> {
        let Some(other) = self.runs.iter().find(|run| {
            run.name != scenario.name || run.devices != u64::from(scenario.device_count())
        }) else {
            return Ok(());
        };
        complain(&format!(
            "error: {}: a run of `{}` with {} devices; this would be one of `{}` with {}\n  = help: name a baseline of the same scenario; nothing has been sent",
            other.path.display(),
            other.name,
            other.devices,
            scenario.name,
            scenario.device_count()
        ));
        Err(Exit::ScenarioInvalid)
    }

    /// Compares the run in `directory`, which came to `exit`; returns what both come to.
    ///
    /// # Errors
    /// When the results cannot be written.
    pub(in crate::commands) fn judge(&self, directory: &Path, exit: Exit) -> anyhow::Result<Exit> {
        if !matches!(exit, Exit::Passed | Exit::ThresholdFailed) {
            complain(
                "not compared with the baseline: the figures of this run are not to be believed",
            );
            return Ok(exit);
        }
        let compare = || {
            let new = read_side(directory)?;
            Comparison::new(&self.runs, &new, Pairing::Independent, &self.demands)
        };
        let comparison = match compare() {
            Ok(comparison) => comparison,
            Err(refusal) => return Ok(refuse(&refusal)),
        };
        print(&format!("\n{}", in_rows(&comparison)));
        write(&directory.join(RESULTS_FILE), &comparison)?;
        let page = report::comparison::page(std::slice::from_ref(&comparison));
        write_text(&directory.join(PAGE_FILE), &page)?;
        // The comment and the test results tell of the comparison, too.
        report::rebuild(directory, None).context("the run is over and summary.json is complete")?;
        let worse = comparison.verdict == Verdict::Regression;
        Ok(match worse && exit == Exit::Passed {
            true => Exit::Regression,
            false => exit,
        })
    }
}
