//! `fleet check`: say what is wrong with scenarios, and what sound ones would do.

use std::path::Path;

use super::{print, print_findings};
use crate::{
    arguments::CheckArguments,
    exit::Exit,
    report::Style,
    scenario::{Loaded, Scenario, Source, TargetChoice},
    simulation::{self, Forecast},
};

/// Most devices that are walked through; larger fleets are judged by a part of them.
const SIMULATED_MAX: u32 = 20_000;
/// Memory of a device with its actor, measured; see `benches/README.md`.
const BYTES_PER_DEVICE: u64 = 1_200;

/// Runs the command.
///
/// # Errors
/// Never; the signature is that of every command.
pub fn execute(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let style = Style::detect(false, false, arguments.no_color);
    let mut exit = Exit::Passed;
    for path in &arguments.scenarios {
        match Scenario::load(&Source::File(path.clone()), &arguments.overrides()) {
            Ok(Loaded { scenario, warnings }) => {
                print_findings(&warnings, style.color_errors);
                print(&format!("{}\n", describe(path, &scenario)));
            }
            Err(findings) => {
                print_findings(&findings, style.color_errors);
                exit = Exit::ScenarioInvalid;
            }
        }
    }
    Ok(exit)
}

/// What `scenario` would do.
fn describe(path: &Path, scenario: &Scenario) -> String {
    let devices = scenario.device_count();
    let simulated = devices.min(SIMULATED_MAX);
    let forecast = simulation::simulate(scenario, 0..simulated);
    let mut text = format!("{}: sound\n", path.display());
    let mut line = |label: &str, value: String| text.push_str(&format!("  {label:<9} {value}\n"));
    line("devices", format!("{devices}: {}", fleets(scenario)));
    line(
        "time",
        format!(
            "{:.1} s, from {} at {} device seconds per second",
            scenario.duration.as_secs_f64(),
            scenario.clock.start,
            scenario.clock.speed
        ),
    );
    for (label, value) in expected(&forecast, f64::from(devices) / f64::from(simulated.max(1))) {
        line(label, value);
    }
    line(
        "targets",
        format!(
            "smtp {}, https {}",
            target(&scenario.targets.smtp),
            target(&scenario.targets.https)
        ),
    );
    line(
        "memory",
        format!(
            "about {} MiB for the devices",
            u64::from(devices) * BYTES_PER_DEVICE / (1 << 20)
        ),
    );
    line(
        "ports",
        format!(
            "at most {} connections at once",
            scenario.smtp.connections + scenario.https.connections
        ),
    );
    if simulated < devices {
        line("note", format!("estimated from {simulated} of the devices"));
    } else {
        line("digest", forecast.fingerprint.text());
    }
    text
}

fn fleets(scenario: &Scenario) -> String {
    let fleets: Vec<String> = scenario
        .fleets
        .iter()
        .map(|fleet| {
            format!(
                "{} {} ({})",
                fleet.count, fleet.name, fleet.model.platform.pid
            )
        })
        .collect();
    fleets.join(", ")
}

/// What is to be expected, `scale` times what the forecast has seen.
fn expected(forecast: &Forecast, scale: f64) -> [(&'static str, String); 3] {
    let estimate = |count: u64| (count as f64 * scale).round() as u64;
    let ledger = &forecast.ledger;
    [
        (
            "traffic",
            format!(
                "{} events, {} triggers",
                estimate(forecast.events),
                estimate(ledger.triggers)
            ),
        ),
        (
            "messages",
            format!(
                "{} messages, {} candidates dropped by the devices' policy",
                estimate(ledger.messages()),
                estimate(ledger.dropped_in_all())
            ),
        ),
        (
            "peak",
            format!(
                "{} mails/s, {} requests/s, if the targets keep up",
                estimate(forecast.peak_mails_per_s),
                estimate(forecast.peak_requests_per_s)
            ),
        ),
    ]
}

fn target(choice: &TargetChoice) -> String {
    match choice {
        TargetChoice::Embedded => "embedded".to_owned(),
        TargetChoice::Server { endpoint, .. } => format!("{}:{}", endpoint.host, endpoint.port),
    }
}
