//! The loads of a search, each a run in a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use super::folder;
use crate::{
    arguments::CapacityArguments,
    capacity::{
        Demands, Measured, Objective, Outcome, Probe, Purpose, Search, Step, Window, Yield, judge,
        measure, step_in_words,
    },
    clock,
    commands::{
        child::{self, Signals},
        complain,
    },
    exit::Exit,
    units::Period,
};

/// How long outstanding messages are waited for after an overload: long enough to end in order, too short
/// for the target to come to rest.
const OVERLOAD_DRAIN: Duration = Duration::from_secs(1);

/// How long a target may take to come back that an earlier load brought down.
const BACK_WITHIN: Duration = Duration::from_secs(30);
/// From one attempt to reach it to the next.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Longest that a load is held for more samples.
const HOLD_MAX: Duration = Duration::from_secs(600);

/// What the runs of a search have in common.
pub(super) struct Trials<'a> {
    arguments: &'a CapacityArguments,
    out: &'a Path,
}

/// How the search ended.
pub(super) enum Ended {
    /// Because everything is known.
    ByItself,
    /// Because somebody wanted it to.
    BySignal,
    /// Because the target does not answer any more.
    TargetLost,
}

/// What came of one run.
enum Tried {
    Measured(Box<Measured>),
    /// The target does not answer.
    Gone,
    Interrupted,
    /// There is no going on.
    Useless(Exit),
}

/// What each run sets, as `--set` takes it.
pub(super) fn settings(arguments: &CapacityArguments, purpose: Purpose) -> Vec<String> {
    let mut settings = vec![format!("warm-up={}", arguments.warm_up)];
    if !arguments.slo.is_empty() {
        settings.push(Objective::as_setting(&arguments.slo));
    }
    if purpose == Purpose::Overload {
        settings.push(format!("drain={}", Period(OVERLOAD_DRAIN)));
    }
    settings
}

impl<'a> Trials<'a> {
    pub(super) fn new(arguments: &'a CapacityArguments, out: &'a Path) -> Self {
        Self { arguments, out }
    }

    /// Tries what `search` asks for until it asks for nothing more; says each step.
    ///
    /// # Errors
    /// When a process cannot be started or its figures cannot be read.
    pub(super) fn run(
        &self,
        search: &mut Search,
    ) -> anyhow::Result<Result<(Vec<Step>, Ended), Exit>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut signals = Signals::listen()?;
            let mut steps: Vec<Step> = Vec::new();
            while let Some(probe) = search.next() {
                let directory = folder(self.out, steps.len() + 1);
                let (tried, hold) = self.try_enough(probe, &directory, &mut signals).await?;
                let measured = match tried {
                    Tried::Measured(measured) => *measured,
                    Tried::Gone if steps.is_empty() => return Ok(Err(Exit::Unreachable)),
                    Tried::Gone => return Ok(Ok((steps, Ended::TargetLost))),
                    Tried::Interrupted => return Ok(Ok((steps, Ended::BySignal))),
                    Tried::Useless(exit) => return Ok(Err(exit)),
                };
                if steps.is_empty() && refuse_unmeasured(&measured) {
                    return Ok(Err(Exit::ScenarioInvalid));
                }
                let step = self.step(&steps, (probe, hold), &measured, directory);
                complain(&step_in_words(self.arguments.search, &step));
                search.tell(step.outcome);
                steps.push(step);
            }
            Ok(Ok((steps, Ended::ByItself)))
        })
    }

    /// The step that `probe` is, after others.
    fn step(
        &self,
        before: &[Step],
        (probe, hold): (Probe, Duration),
        measured: &Measured,
        directory: PathBuf,
    ) -> Step {
        let calmest = before
            .iter()
            .filter(|step| step.outcome == Outcome::Held)
            .min_by(|one, other| one.load.total_cmp(&other.load));
        let first = calmest.map(|step| Yield {
            load: step.load,
            per_s: step.figures.offered_per_s,
            kept_back_share: step.figures.kept_back_share,
        });
        let demands = Demands {
            undelivered_share_max: self.arguments.undelivered,
            growth_share_max: self.arguments.growth,
        };
        let (outcome, broken) = judge(probe.load, measured, demands, first);
        let name = directory.file_name().unwrap_or_default();
        Step {
            number: before.len() + 1,
            purpose: probe.purpose,
            load: probe.load,
            outcome,
            broken,
            hold_s: hold.as_secs_f64(),
            figures: measured.figures.clone(),
            directory: name.to_string_lossy().into_owned(),
        }
    }

    /// Tries `probe`, once more and for longer where there are too few samples to judge by; returns also for
    /// how long it was held.
    async fn try_enough(
        &self,
        probe: Probe,
        directory: &Path,
        signals: &mut Signals,
    ) -> anyhow::Result<(Tried, Duration)> {
        let hold = self.arguments.hold.0;
        let tried = self.try_load((probe, hold), directory, signals).await?;
        let Tried::Measured(measured) = &tried else {
            return Ok((tried, hold));
        };
        let Some(longer) = longer(measured, probe, hold) else {
            return Ok((tried, hold));
        };
        complain(&format!(
            "    too few samples at {}: held for {} instead",
            self.arguments.search.words(probe.load),
            Period(longer)
        ));
        std::fs::remove_dir_all(directory)?;
        let tried = self.try_load((probe, longer), directory, signals).await?;
        Ok((tried, longer))
    }

    async fn try_load(
        &self,
        (probe, hold): (Probe, Duration),
        directory: &Path,
        signals: &mut Signals,
    ) -> anyhow::Result<Tried> {
        let warm_up = self.arguments.warm_up.0;
        let run = self.arguments.as_run(Some(probe.load), hold);
        let settings = settings(self.arguments, probe.purpose);
        let mut command = child::command(&run, &settings, directory)?;
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut ended = child::run(&mut command, signals).await?;
        let (first, begun) = (directory == folder(self.out, 1), clock::now());
        while ended.exit == Exit::Unreachable
            && !first
            && clock::now().saturating_duration_since(begun) < BACK_WITHIN
        {
            // Somebody may be starting it again.
            tokio::time::sleep(AGAIN_AFTER).await;
            ended = child::run(&mut command, signals).await?;
        }
        Ok(match ended.exit {
            Exit::Passed | Exit::ThresholdFailed | Exit::Invalid => {
                let window = Window {
                    begin: warm_up,
                    end: warm_up + hold,
                };
                Tried::Measured(Box::new(measure(directory, window)?))
            }
            Exit::Interrupted => Tried::Interrupted,
            Exit::Unreachable => {
                complain(ended.errors.trim_end());
                Tried::Gone
            }
            Exit::Unbalanced => {
                complain(&format!(
                    "error: the run in {} does not balance, so the search ends; `fleet audit` says what is missing",
                    directory.display()
                ));
                Tried::Useless(Exit::Unbalanced)
            }
            Exit::Internal
            | Exit::Usage
            | Exit::Regression
            | Exit::ScenarioInvalid
            | Exit::AddressInUse => {
                complain(ended.errors.trim_end());
                Tried::Useless(ended.exit)
            }
        })
    }
}

/// How long to hold `probe` instead of for `hold`, where a percentile takes more samples than that gave.
fn longer(measured: &Measured, probe: Probe, hold: Duration) -> Option<Duration> {
    let (_, samples, needed) = measured.too_few.as_ref()?;
    // Where hardly anything was accepted there is nothing to take a percentile of, and that is broken.
    let figures = &measured.figures;
    let answered = figures.undelivered_share < 0.5 && *samples > 0;
    if !answered || probe.purpose == Purpose::Overload || !measured.invalid.is_empty() {
        return None;
    }
    let times = *needed as f64 / *samples as f64 * 1.2;
    let longer = Duration::from_secs_f64((hold.as_secs_f64() * times).ceil());
    (longer <= HOLD_MAX).then_some(longer)
}

/// Refuses objectives on what the scenario does not do, which no load could hold.
fn refuse_unmeasured(measured: &Measured) -> bool {
    let Some(metric) = &measured.unmeasured else {
        return false;
    };
    // Where nothing was accepted at all, that is the target's doing.
    let refused = measured.figures.undelivered_share < 1.0;
    if refused {
        complain(&format!(
            "error: nothing was measured for {metric}\n  = help: take a metric of what the scenario sends: smtp for \
             mail, https for posts"
        ));
    }
    refused
}
