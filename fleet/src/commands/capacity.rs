//! `fleet capacity`: one load after the other, each a run of its own, until the knee is found.

mod trial;

use std::{path::Path, time::Duration};

use super::{complain, print, print_findings, series};
use crate::{
    arguments::{CapacityArguments, RunArguments},
    capacity::{
        self, CapacityResult, Conclusion, Knee, Load, Outcome, Purpose, SCHEMA, Search,
        SearchSettings, Senders, Step,
    },
    clock,
    exit::Exit,
    report::{self, Style},
    scenario::{Scenario, TargetChoice},
    units::Period,
};
use trial::{Ended, Trials};

/// The file that holds what was found.
const RESULTS_FILE: &str = "capacity.json";
/// The page about it.
const PAGE_FILE: &str = "capacity.html";
/// Shortest time that a load is held: the trend takes some seconds.
const HOLD_MIN: Duration = Duration::from_secs(4);

/// Searches the knee.
///
/// # Errors
/// When a run cannot be started, or the results cannot be written.
pub fn execute(arguments: &CapacityArguments) -> anyhow::Result<Exit> {
    if let Some(exit) = refuse(arguments) {
        return Ok(exit);
    }
    let as_it_is = arguments.as_run(None, arguments.hold.0);
    let Some(scenario) = load(arguments, &as_it_is) else {
        return Ok(Exit::ScenarioInvalid);
    };
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| series::folder_by_default(&as_it_is, "capacity"));
    if !series::is_free(&out) {
        return Ok(Exit::Internal);
    }
    complain(&format!(
        "loads of {} each, one after the other, with what is left of each to end, until the knee is found; in {}",
        Period(arguments.warm_up.0 + arguments.hold.0),
        out.display()
    ));
    let result = match find(arguments, &scenario, &out)? {
        Ok(result) => result,
        Err(exit) => return Ok(exit),
    };
    let results = out.join(RESULTS_FILE);
    super::compare::write(&results, &result)?;
    write_reports(&out, &result, arguments.at_least)?;
    print(&format!(
        "{}results    {}\nreport     {}\n",
        capacity::in_rows(&result),
        results.display(),
        out.join(PAGE_FILE).display()
    ));
    Ok(exit(&result, arguments.at_least))
}

/// Writes what people and CI servers read of `result` into `out`.
fn write_reports(out: &Path, result: &CapacityResult, at_least: Option<f64>) -> anyhow::Result<()> {
    let texts = [
        (PAGE_FILE, report::capacity::page(result)),
        ("summary.md", report::capacity::comment(result)),
        (
            "junit.xml",
            report::capacity::test_results(result, at_least),
        ),
    ];
    for (name, text) in texts {
        super::compare::write_text(&out.join(name), &text)?;
    }
    Ok(())
}

/// Searches the knee of `scenario`, with the runs in `out`.
fn find(
    arguments: &CapacityArguments,
    scenario: &Scenario,
    out: &Path,
) -> anyhow::Result<Result<CapacityResult, Exit>> {
    let (started, begun) = (clock::calendar_now().to_string(), clock::now());
    let mut search = Search::new(SearchSettings {
        from: arguments.from,
        max: arguments.max,
        precision: arguments.precision,
        searches: arguments.searches as usize,
        whole: arguments.search == Load::Devices,
        recovery: !is_made_anew(scenario),
    });
    let (steps, ended) = match Trials::new(arguments, out).run(&mut search)? {
        Ok(all) => all,
        Err(exit) => return Ok(Err(exit)),
    };
    let conclusion = match (ended, search.conclusion()) {
        (Ended::ByItself, Some(conclusion)) => conclusion,
        (Ended::TargetLost, _) => Conclusion::Lost,
        (Ended::ByItself | Ended::BySignal, _) => Conclusion::Interrupted,
    };
    Ok(Ok(CapacityResult {
        schema: SCHEMA,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        started,
        wall_s: clock::now().saturating_duration_since(begun).as_secs_f64(),
        search: arguments.search,
        objectives: objectives(arguments, scenario),
        hold_s: arguments.hold.0.as_secs_f64(),
        warm_up_s: arguments.warm_up.0.as_secs_f64(),
        precision: arguments.precision,
        conclusion,
        knee: search.knee().map(|knee| with_rate(knee, &steps)),
        gave_way: capacity::gave_way(arguments.search, &steps, senders(scenario)),
        recovery: search.recovery().cloned(),
        scalability: match conclusion {
            Conclusion::Found => capacity::scalability(&steps),
            Conclusion::Generator
            | Conclusion::Devices
            | Conclusion::Largest
            | Conclusion::NoneHolds
            | Conclusion::Lost
            | Conclusion::Interrupted => None,
        },
        steps,
    }))
}

/// Refuses what makes no sense before anything is read.
fn refuse(arguments: &CapacityArguments) -> Option<Exit> {
    if arguments.hold.0 < HOLD_MIN {
        complain(&format!(
            "error: --hold {} is too short to tell a target that falls behind from one that does not\n  = help: \
             hold loads for 4s or longer",
            arguments.hold
        ));
        return Some(Exit::Usage);
    }
    if let Some((flag, instead)) = arguments.decided() {
        complain(&format!(
            "error: {flag} is what the search decides itself\n  = help: {instead}"
        ));
        return Some(Exit::Usage);
    }
    if arguments.max < arguments.from {
        complain(
            "error: --max is below --from\n  = help: exchange them, or leave one to its default",
        );
        return Some(Exit::Usage);
    }
    None
}

/// The scenario at the load to begin with; `None` when it makes no sense, which has been said.
fn load(arguments: &CapacityArguments, as_it_is: &RunArguments) -> Option<Scenario> {
    let style = Style::detect(true, true, false);
    let first = arguments.as_run(Some(arguments.from), arguments.hold.0);
    // What is wrong at the load to begin with is wrong at all.
    for run in [as_it_is, &first] {
        let settings = trial::settings(arguments, Purpose::Bracket);
        let mut overrides = run.overrides();
        overrides.set.extend(settings);
        match Scenario::load(&run.source(), &overrides) {
            Ok(loaded) if std::ptr::eq(run, &first) => {
                print_findings(&loaded.warnings, style.color_errors);
                return Some(loaded.scenario);
            }
            Ok(_) => {}
            Err(findings) => {
                print_findings(&findings, style.color_errors);
                return None;
            }
        }
    }
    None
}

/// All objectives, also those that always hold.
fn objectives(arguments: &CapacityArguments, scenario: &Scenario) -> Vec<String> {
    let mut objectives: Vec<String> = match arguments.slo.is_empty() {
        false => arguments.slo.iter().map(ToString::to_string).collect(),
        true => {
            let thresholds = scenario.thresholds.iter();
            thresholds
                .map(|threshold| format!("threshold on {}", threshold.name))
                .collect()
        }
    };
    objectives.push(format!(
        "growth of the backlog <= {} %",
        arguments.growth * 100.0
    ));
    objectives.push(format!(
        "undelivered <= {} %",
        arguments.undelivered * 100.0
    ));
    objectives
}

/// Whether every server is a sink of the run's own process, and so has no load behind it.
fn is_made_anew(scenario: &Scenario) -> bool {
    let targets = &scenario.targets;
    let all = targets
        .hosts
        .values()
        .chain([&targets.smtp, &targets.https]);
    all.into_iter()
        .all(|choice| *choice == TargetChoice::Embedded)
}

fn senders(scenario: &Scenario) -> Senders {
    Senders {
        smtp: scenario.smtp.connections,
        https: scenario.https.connections,
        devices: scenario.device_count(),
    }
}

/// `knee` with what was accepted per second at the highest load that held.
fn with_rate(knee: Knee, steps: &[Step]) -> Knee {
    let held = steps.iter();
    let held = held.filter(|step| step.outcome == Outcome::Held && step.load <= knee.load);
    let best = held.max_by(|one, other| one.load.total_cmp(&other.load));
    Knee {
        delivered_per_s: best.map_or(0.0, |step| step.figures.delivered_per_s),
        delivered_at: best.map_or(knee.low, |step| step.load),
        ..knee
    }
}

/// What `result` comes to, where the knee is to be `at_least` so high.
fn exit(result: &CapacityResult, at_least: Option<f64>) -> Exit {
    let low = result.knee.as_ref().map_or(0.0, |knee| knee.low);
    match result.conclusion {
        Conclusion::Interrupted => Exit::Interrupted,
        Conclusion::Lost => Exit::Unreachable,
        Conclusion::NoneHolds => Exit::ThresholdFailed,
        Conclusion::Found | Conclusion::Largest => match at_least {
            Some(wanted) if low < wanted => {
                complain(&format!(
                    "error: the knee may be as low as {}, wanted {} at least",
                    result.search.words(low),
                    result.search.words(wanted)
                ));
                Exit::ThresholdFailed
            }
            Some(_) | None => Exit::Passed,
        },
        // What was wanted may have been shown all the same.
        Conclusion::Generator | Conclusion::Devices => match at_least {
            Some(wanted) if low >= wanted => Exit::Passed,
            Some(_) | None => Exit::Invalid,
        },
    }
}

/// The folder of step `number`.
fn folder(out: &Path, number: usize) -> std::path::PathBuf {
    out.join(format!("{number:03}"))
}
