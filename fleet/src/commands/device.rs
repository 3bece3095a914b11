//! `fleet device`: the console of one device on standard input and output.

use std::{fs::File, io::Read, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::sync::oneshot;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{print_findings, run::print_refusal};
use crate::{
    arguments::DeviceArguments,
    clock,
    conductor::{self, Interrupts, Watcher},
    console::local,
    courier::Unreachable,
    exit::Exit,
    record::Gathered,
    report::Style,
    scenario::{Loaded, RELATED_BYTES_MAX, Scenario, Source},
};

/// The configuration of a device that is given none.
const CONFIGURATION: &str = include_str!("../../../scenarios/configs/device.ios");
const CONFIGURATION_NAME: &str = "built-in configuration";
const HOSTNAME: &str = "Router";

/// Runs the command.
///
/// # Errors
/// When the configuration cannot be read, or standard input and output fail.
pub fn execute(arguments: &DeviceArguments) -> anyhow::Result<Exit> {
    let source = compose(arguments)?;
    let color = Style::detect(false, false, false).color_errors;
    let loaded = match Scenario::load(&source, &arguments.overrides()) {
        Ok(loaded) => loaded,
        Err(findings) => {
            print_findings(&findings, color);
            return Ok(Exit::ScenarioInvalid);
        }
    };
    let Loaded { scenario, warnings } = loaded;
    print_findings(&warnings, color);
    let (introduce, devices) = oneshot::channel();
    let (result, visit) = actix::System::new().block_on(async {
        let (leave, mut interrupts) = Interrupts::by_hand();
        let visit = async {
            let visit = local::serve(devices).await;
            // The run waits for what the device is still sending.
            let _ = leave.send(());
            visit
        };
        let mut watcher = Silent;
        let run = conductor::conduct(
            Arc::new(scenario),
            &mut watcher,
            &mut interrupts,
            Some(introduce),
        );
        tokio::join!(run, visit)
    });
    if let Err(error) = result {
        return Ok(print_refusal(&error));
    }
    let visit = visit.context("the console ended")?;
    Ok(if arguments.strict && visit.rejected > 0 {
        Exit::ScenarioInvalid
    } else {
        Exit::Passed
    })
}

/// A scenario of one device, in real time, without traffic.
fn compose(arguments: &DeviceArguments) -> anyhow::Result<Source> {
    let (name, mut configuration) = match &arguments.config {
        Some(path) => (path.display().to_string(), read(path)?),
        None => (CONFIGURATION_NAME.to_owned(), CONFIGURATION.to_owned()),
    };
    if let Some(hostname) = &arguments.hostname {
        // The last line that names the device counts.
        configuration.push_str(&format!("\nhostname {hostname}\n"));
    }
    let mut fleet = Table::new();
    fleet["name"] = value("device");
    fleet["count"] = value(1);
    fleet["platform"] = value(&arguments.platform);
    fleet["config"] = value(&name);
    fleet["hostname"] = value(HOSTNAME);
    let mut document = DocumentMut::new();
    document["version"] = value(1);
    document["name"] = value("device");
    document["duration"] = value("8760h");
    document["clock"]["start"] = value(clock::calendar_now().to_string());
    let mut fleets = ArrayOfTables::new();
    fleets.push(fleet);
    document["fleet"] = Item::ArrayOfTables(fleets);
    Ok(Source::Composed {
        name: "fleet device",
        text: document.to_string(),
        files: vec![(name, configuration)],
    })
}

fn read(path: &Path) -> anyhow::Result<String> {
    let read = || {
        let mut text = String::new();
        let mut file = File::open(path)?.take(RELATED_BYTES_MAX);
        file.read_to_string(&mut text).map(|_| text)
    };
    read().with_context(|| format!("cannot read the configuration {}", path.display()))
}

/// Says nothing: the terminal belongs to the device.
struct Silent;

impl Watcher for Silent {
    fn ready(&mut self, _: u32, _: Duration) {}
    fn unreachable_hosts(&mut self, _: &[Unreachable]) {}
    fn progress(&mut self, _: Duration, _: &Gathered, _: &Gathered) {}
    fn draining(&mut self, _: u64) {}
}
