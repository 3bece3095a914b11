//! `fleet replay`: recorded syslog as a scenario, and its run.

use std::{fs, path::Path};

use anyhow::Context;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{complain, run};
use crate::{
    arguments::ReplayArguments,
    clock,
    exit::Exit,
    replay::{Collector, Recording, Rejected},
    scenario::read_replayed,
    units::Period,
};

/// What the devices are configured with unless told otherwise: they report every log line by mail.
const CONFIGURATION: &str = include_str!("../../../scenarios/configs/replay.ios");
/// What a storm is made of.
const FILES: [&str; 3] = ["scenario.toml", "storm.tsv", "device.ios"];
/// How long a run goes on behind the last line, in seconds.
const SECONDS_BEHIND: u64 = 2;

/// Runs the command.
///
/// # Errors
/// When the storm cannot be written.
pub fn execute(arguments: &ReplayArguments) -> anyhow::Result<Exit> {
    let year = arguments.year.unwrap_or_else(clock::year_now);
    let mut collector = Collector::new(year);
    for path in &arguments.files {
        let bytes = match read_replayed(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                complain(&format!("error: cannot read {}: {error}", path.display()));
                return Ok(Exit::ScenarioInvalid);
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        collector.take(&path.display().to_string(), &text);
    }
    let first = collector.first();
    let (recording, rejected) = collector.finish(arguments.speed);
    tell(&recording, &rejected);
    if recording.lines.is_empty() {
        complain("error: no line of any file can be replayed; see above");
        return Ok(Exit::ScenarioInvalid);
    }
    let folder = &arguments.write;
    write(folder, arguments, &recording, first.as_deref())
        .with_context(|| format!("cannot write the storm to {}", folder.display()))?;
    let scenario = folder.join("scenario.toml");
    complain(&format!("storm      {}", scenario.display()));
    if arguments.no_run {
        return Ok(Exit::Passed);
    }
    run::execute(&arguments.as_run(scenario))
}

/// Says what was read and what was not.
fn tell(recording: &Recording, rejected: &Rejected) {
    complain(&format!(
        "recording  {} lines of {} sources in {}",
        recording.lines.len(),
        recording.sources,
        Period(recording.length())
    ));
    for (reason, count) in &rejected.counts {
        complain(&format!("  not read {count} lines: {reason}"));
    }
    for (file, number, line) in &rejected.examples {
        complain(&format!("           {file}:{number}: {line}"));
    }
}

/// Writes the storm to `folder`: scenario, recording, configuration.
fn write(
    folder: &Path,
    arguments: &ReplayArguments,
    recording: &Recording,
    first: Option<&str>,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    if !arguments.force
        && let Some(name) = FILES.iter().find(|name| folder.join(name).exists())
    {
        anyhow::bail!(
            "{name} is there already; name another folder by --write DIR, or say --force"
        );
    }
    let configuration = match &arguments.config {
        Some(path) => fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?,
        None => CONFIGURATION.to_owned(),
    };
    fs::write(folder.join("device.ios"), configuration)?;
    fs::write(folder.join("storm.tsv"), recording.to_text())?;
    fs::write(
        folder.join("scenario.toml"),
        scenario(arguments, recording, first),
    )?;
    Ok(())
}

fn scenario(arguments: &ReplayArguments, recording: &Recording, first: Option<&str>) -> String {
    let seconds = recording.length().as_secs() + 1 + SECONDS_BEHIND;
    let mut document = DocumentMut::new();
    document["version"] = value(1);
    document["name"] = value("replay");
    document["duration"] = value(format!("{seconds}s"));
    if let Some(first) = first {
        document["clock"]["start"] = value(first);
    }
    document["clock"]["speed"] = value(arguments.speed);
    let mut fleet = Table::new();
    fleet["name"] = value("replay");
    fleet["count"] = value(i64::from(recording.sources));
    fleet["platform"] = value(&arguments.platform);
    fleet["config"] = value("device.ios");
    let mut fleets = ArrayOfTables::new();
    fleets.push(fleet);
    document["fleet"] = Item::ArrayOfTables(fleets);
    let mut traffic = Table::new();
    traffic["name"] = value("the storm");
    traffic["recording"] = value("storm.tsv");
    traffic["stagger"] = value(arguments.stagger.to_string());
    let mut all = ArrayOfTables::new();
    all.push(traffic);
    document["traffic"] = Item::ArrayOfTables(all);
    let counted = format!(
        "# {} lines of {} sources, {} times as fast as they were recorded.\n\
         # With more devices than sources, each further device plays one of the sources again, up to\n\
         # `stagger` later: --devices 1000\n",
        recording.lines.len(),
        recording.sources,
        arguments.speed
    );
    counted + &document.to_string()
}
