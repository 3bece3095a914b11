//! `fleet license issue`: license files for single devices, or for all of a scenario.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::Path,
};

use anyhow::Context;
use emulator::license::{
    Udi,
    issue::{Delivery, Flaw},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{complain_of, issuer, terms, write};
use crate::{
    arguments::license::IssueArguments,
    clock,
    commands::{print, print_findings},
    exit::Exit,
    report::Style,
    scenario::{Fleet, Overrides, Scenario, Source},
    simulation,
};

/// Runs the command.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn execute(arguments: &IssueArguments) -> anyhow::Result<Exit> {
    let features = arguments.feature.iter();
    let granted = features.map(|feature| terms(&arguments.terms, feature));
    let Some(granted) = granted.collect::<Option<Vec<_>>>() else {
        return Ok(Exit::Usage);
    };
    let scenario = match arguments.scenario.as_deref().map(load) {
        None => None,
        Some(Some(scenario)) => Some(scenario),
        Some(None) => return Ok(Exit::ScenarioInvalid),
    };
    let issued_at = arguments.issuer.issued_at.unwrap_or_else(|| {
        let starts_at = scenario.as_ref().map(|scenario| scenario.clock.start);
        starts_at.unwrap_or_else(clock::calendar_now)
    });
    let Ok(issued_at_s) = u64::try_from(issued_at.as_second()) else {
        complain_of(
            "no license was issued before 1970",
            "give a later --issued-at",
        );
        return Ok(Exit::Usage);
    };
    let Some(issuer) = issuer(&arguments.issuer) else {
        return Ok(Exit::ScenarioInvalid);
    };
    let delivery = Delivery {
        issuer,
        terms: granted,
        pak: arguments.pak,
        issued_at_s,
        flaw: arguments.flaw.as_deref().and_then(Flaw::from_keyword),
    };
    let out = arguments.out.as_deref();
    match &scenario {
        None => deliver(arguments.udi.iter().cloned(), &delivery, issued_at, out),
        Some(scenario) => match devices(scenario, arguments.fleet.as_deref()) {
            Some(udis) => deliver(udis, &delivery, issued_at, out),
            None => Ok(Exit::Usage),
        },
    }
}

/// The scenario in `path`; `None` when it is invalid, which has been said.
fn load(path: &Path) -> Option<Scenario> {
    let color = Style::detect(false, false, false).color_errors;
    match Scenario::load(&Source::File(path.to_owned()), &Overrides::default()) {
        Ok(loaded) => {
            print_findings(&loaded.warnings, color);
            Some(loaded.scenario)
        }
        Err(findings) => {
            print_findings(&findings, color);
            None
        }
    }
}

/// What licenses know the devices of `scenario` by, or those of its fleet `fleet`; `None` when there
/// is no such fleet, which has been said.
fn devices<'s>(
    scenario: &'s Scenario,
    fleet: Option<&str>,
) -> Option<impl Iterator<Item = Udi> + use<'s>> {
    let range = match fleet {
        None => 0..scenario.device_count(),
        Some(name) => {
            let found = scenario.fleets.iter().find(|fleet| fleet.name == name);
            let Some(Fleet {
                first_device,
                count,
                ..
            }) = found
            else {
                let known = scenario.fleets.iter().map(|fleet| fleet.name.as_str());
                complain_of(
                    format!("there is no fleet `{name}`"),
                    format!("known are {}", known.collect::<Vec<_>>().join(", ")),
                );
                return None;
            };
            *first_device..first_device + count
        }
    };
    let devices = simulation::devices(scenario, range);
    Some(devices.flat_map(|device| device.udis()))
}

/// Makes a file for each of `udis`, in the folder `out` or on standard output.
fn deliver(
    mut udis: impl Iterator<Item = Udi>,
    delivery: &Delivery,
    issued_at: Timestamp,
    out: Option<&Path>,
) -> anyhow::Result<Exit> {
    let Some(folder) = out else {
        let (only, further) = (udis.next(), udis.next());
        if further.is_some() {
            complain_of(
                "standard output has room for one license file",
                "name a folder for several by --out DIR",
            );
            return Ok(Exit::Usage);
        }
        let file = only.map(|udi| delivery.file(&udi)).unwrap_or_default();
        // A reader that has gone away is no reason to fail.
        let _ = io::stdout().write_all(&file);
        return Ok(Exit::Passed);
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut names = BTreeSet::new();
    for udi in udis {
        let mut name = file_name(&udi, issued_at);
        // Serial numbers are one model's; two models may have the same.
        if !names.insert(name.clone()) {
            name = format!("{}_{name}", udi.pid.replace('/', "-"));
            names.insert(name.clone());
        }
        write(&folder.join(name), &delivery.file(&udi))?;
    }
    let count = names.len();
    let files = if count == 1 { "file" } else { "files" };
    print(&format!(
        "{count} license {files} in {}\n",
        folder.display()
    ));
    Ok(Exit::Passed)
}

/// The name that portals give a license file: serial number and time of issue.
fn file_name(udi: &Udi, issued_at: Timestamp) -> String {
    let issued_at = issued_at.to_zoned(TimeZone::UTC);
    let stamp = issued_at.strftime("%Y%m%d%H%M%S");
    let serial = udi.serial.replace('/', "-");
    format!("{serial}_{stamp}{:03}.lic", issued_at.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_serial_number_and_time() {
        let udi = Udi::new("CISCO2951/K9", "FTX1000A001");
        let issued_at: Timestamp = "2024-01-05T10:15:02.123Z".parse().unwrap();
        assert_eq!(
            file_name(&udi, issued_at),
            "FTX1000A001_20240105101502123.lic"
        );
    }
}
