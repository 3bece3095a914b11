//! `fleet check`: say what is wrong with scenarios, and what sound ones would do.

use std::{path::Path, time::Duration};

use super::{print, print_findings};
use crate::{
    arguments::CheckArguments,
    exit::Exit,
    monitor,
    report::{self, Style},
    scenario::{Loaded, PlannedFault, Scenario, Source, SourceAddresses, TargetChoice},
    simulation::{self, Forecast},
    units::Period,
};

/// Most devices that are walked through; larger fleets are judged by a part of them.
const SIMULATED_MAX: u32 = 20_000;
/// Most steps of such a walk: a few seconds' work, however long the scenario.
const STEPS_MAX: u64 = 1_000_000;
/// Shortest stretch from which figures are extrapolated.
const WALKED_LEAST: Duration = Duration::from_millis(1);
/// Memory of a device with its actor, measured; see `benches/README.md`.
const BYTES_PER_DEVICE: u64 = 1_400;

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
    let forecast = simulation::simulate_up_to(scenario, 0..simulated, STEPS_MAX);
    let walked = forecast.walked.max(WALKED_LEAST);
    let of_devices = f64::from(devices) / f64::from(simulated.max(1));
    let of_time = scenario.duration.as_secs_f64() / walked.as_secs_f64();
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
    for (label, value) in expected(&forecast, of_devices, of_time.max(1.0)) {
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
    for fault in &scenario.faults {
        line("fault", described(fault));
    }
    let licenses = report::licenses::in_words(&forecast.licenses);
    if !licenses.is_empty() {
        let of_all = if simulated == devices {
            ""
        } else {
            " of those walked through"
        };
        line("licenses", format!("{licenses}{of_all}, at the end"));
    }
    line("memory", memory(devices));
    line("ports", ports(scenario));
    let whole_time = forecast.walked >= scenario.duration;
    if whole_time && simulated == devices {
        line("digest", forecast.fingerprint.text());
    } else {
        line(
            "note",
            format!(
                "extrapolated from {simulated} of the devices and {} of the time",
                if whole_time {
                    "all".to_owned()
                } else {
                    Period(rounded(walked)).to_string()
                }
            ),
        );
    }
    text
}

/// A fault with its target.
fn described(PlannedFault { target, fault, .. }: &PlannedFault) -> String {
    let name = fault.name.as_ref();
    let name = name.map_or_else(String::new, |name| format!(" \"{name}\""));
    format!("{target}{name}: {fault}")
}

/// To the second, or to the millisecond where there is no whole one.
fn rounded(time: Duration) -> Duration {
    match time.as_secs() {
        0 => Duration::from_millis(u64::from(time.subsec_millis())),
        seconds => Duration::from_secs(seconds),
    }
}

fn memory(devices: u32) -> String {
    let kibibytes = (u64::from(devices) * BYTES_PER_DEVICE).div_ceil(1 << 10);
    match kibibytes >> 10 {
        0 => format!("about {kibibytes} KiB for the devices"),
        mebibytes => format!("about {mebibytes} MiB for the devices"),
    }
}

/// What a run takes up of the machine's network: addresses, connections, open files.
fn ports(scenario: &Scenario) -> String {
    let addresses = match scenario.sources {
        SourceAddresses::PerDevice => {
            "an address of 127.0.0.0/8 for each device towards loopback targets".to_owned()
        }
        SourceAddresses::System => "from the system's own address".to_owned(),
        SourceAddresses::Range { first, count } => format!("from {count} addresses, {first} on"),
    };
    let connections = scenario.connections();
    let files = u64::from(connections) + u64::from(scenario.console_connections());
    let needed = monitor::files_needed(files, connections.into());
    let allowed = monitor::files_allowed().map_or_else(String::new, |allowed| {
        let short = if needed > allowed { ": TOO FEW" } else { "" };
        format!(" of {allowed} allowed{short}")
    });
    format!("at most {connections} connections at once, {addresses}; {needed} open files{allowed}")
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

/// What is to be expected, so many times what the forecast has seen.
fn expected(forecast: &Forecast, of_devices: f64, of_time: f64) -> [(&'static str, String); 3] {
    let estimate = |count: u64| (count as f64 * of_devices * of_time).round() as u64;
    let at_once = |count: u64| (count as f64 * of_devices).round() as u64;
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
                at_once(forecast.peak_mails_per_s),
                at_once(forecast.peak_requests_per_s)
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
