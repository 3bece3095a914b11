//! Reading one platform file.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{
    BootLine, Card, DeviceKind, LicensingFamily, Platform, PlatformError, Redundancy, Software,
    Storage, TriggerRow, Vintage,
    alarm::AlarmFile,
    diagnostics::{self, Diagnostics, DiagnosticsFile},
};
use crate::{
    alert_group::{AlertGroup, AlertGroupSet},
    identity::SerialStyle,
    license::image::LicensedImage,
    template::Template,
};

/// The platform files of this release: name and text.
#[rustfmt::skip]
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    ("cisco2811.toml", include_str!("../../platforms/cisco2811.toml")),
    ("cisco3845.toml", include_str!("../../platforms/cisco3845.toml")),
    ("cisco1941.toml", include_str!("../../platforms/cisco1941.toml")),
    ("cisco2951.toml", include_str!("../../platforms/cisco2951.toml")),
    ("as54xm.toml", include_str!("../../platforms/as54xm.toml")),
    ("csr1000v.toml", include_str!("../../platforms/csr1000v.toml")),
    ("isr4331.toml", include_str!("../../platforms/isr4331.toml")),
    ("asr1006.toml", include_str!("../../platforms/asr1006.toml")),
    ("ws-c3750e.toml", include_str!("../../platforms/ws-c3750e.toml")),
    ("ws-c4507r+e.toml", include_str!("../../platforms/ws-c4507r+e.toml")),
];

/// Command outputs that the models of one software family have in common: name and text.
#[rustfmt::skip]
const SHARED_COMMANDS: &[(&str, Software, &str)] = &[
    ("ios", Software::Ios, include_str!("../../platforms/shared/ios.toml")),
    ("catalyst", Software::Catalyst, include_str!("../../platforms/shared/catalyst.toml")),
    ("ios-xe", Software::IosXe, include_str!("../../platforms/shared/ios-xe.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PlatformFile {
    pid: String,
    #[serde(default)]
    aliases: Vec<String>,
    family: String,
    series: String,
    kind: DeviceKind,
    vintage: Vintage,
    licensing: LicensingFamily,
    sys_object_id: String,
    sys_description: String,
    software_version: String,
    boot_seconds: u32,
    #[serde(default = "one")]
    stack_members_max: u8,
    #[serde(default)]
    groups: Option<Vec<String>>,
    redundancy: Option<RedundancyFile>,
    /// Names, each with one `{first..last}` at its end where there are several in a row.
    interfaces: Vec<String>,
    chassis: Unit,
    /// Absent where nothing is licensed by lines.
    license: Option<LicensedImage>,
    #[serde(default)]
    card: Vec<Unit>,
    #[serde(default)]
    boot_line: Vec<BootLineFile>,
    triggers: BTreeMap<String, Vec<String>>,
    /// Whose outputs stand in where the file has none of its own.
    shared_commands: String,
    commands: BTreeMap<String, String>,
    /// What sensors change in the outputs.
    #[serde(default)]
    alarm: Vec<AlarmFile>,
    /// Absent where the model has no online diagnostics.
    diagnostics: Option<DiagnosticsFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Unit {
    name: String,
    description: String,
    #[serde(default)]
    slot: String,
    #[serde(default)]
    pid: String,
    vid: String,
    part_number: String,
    hardware_version: String,
    #[serde(default)]
    software_version: String,
    /// What online diagnostics test on it.
    #[serde(default)]
    tests: Vec<String>,
    /// Three letters of the manufacturing site; absent for virtual devices.
    location: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BootLineFile {
    after_ms: u32,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RedundancyFile {
    active: String,
    standby: String,
    /// The slot of the card that stands by.
    peer: Option<String>,
}

impl RedundancyFile {
    fn checked(self, cards: &[Card]) -> Result<Redundancy, String> {
        let position = |slot: String| {
            let mut cards = (0..).zip(cards);
            let found = cards.find(|(_, card)| card.slot == slot);
            let found = found.map(|(position, _)| position);
            found.ok_or_else(|| format!("no card is in slot `{slot}`"))
        };
        Ok(Redundancy {
            active: self.active,
            standby: self.standby,
            peer: self.peer.map(position).transpose()?,
        })
    }
}

fn one() -> u8 {
    1
}

/// Reads the platform file `text`; `file` names it in errors.
pub(super) fn read(file: &str, text: &str) -> Result<Platform, PlatformError> {
    let parsed: PlatformFile = toml::from_str(text).map_err(|error| PlatformError::Syntax {
        file: file.to_owned(),
        message: error.to_string(),
    })?;
    let wrong = |what: String| PlatformError::Value {
        file: file.to_owned(),
        what,
    };
    check_license(&parsed).map_err(wrong)?;
    let groups = groups(parsed.groups.as_deref()).map_err(wrong)?;
    let cards = parsed.card.iter().map(|unit| unit.card().map_err(wrong));
    let cards = cards.collect::<Result<Vec<_>, _>>()?;
    let tests: Vec<_> = parsed.card.into_iter().map(|unit| unit.tests).collect();
    let (software, mut commands) =
        commands(&parsed.shared_commands, &parsed.commands).map_err(wrong)?;
    let redundancy = parsed.redundancy.map(|file| file.checked(&cards));
    let redundancy = redundancy.transpose().map_err(wrong)?;
    let diagnostics = parsed
        .diagnostics
        .map_or_else(Diagnostics::default, |file| {
            diagnostics::add(&file, parsed.kind, (&cards, &tests), &mut commands)
        });
    let alarms = parsed
        .alarm
        .into_iter()
        .map(|alarm| alarm.checked(&commands));
    let mut platform = Platform {
        alarms: alarms.collect::<Result<_, _>>().map_err(wrong)?,
        diagnostics,
        software,
        storage: storage(&commands),
        redundancy,
        cards,
        serial_style: parsed.chassis.serial_style().map_err(wrong)?,
        pid: parsed.pid,
        aliases: parsed.aliases,
        family: parsed.family,
        series: parsed.series,
        kind: parsed.kind,
        vintage: parsed.vintage,
        licensing: parsed.licensing,
        licensed: parsed.license,
        sys_object_id: parsed.sys_object_id,
        sys_description: parsed.sys_description.trim_end().to_owned(),
        software_version: parsed.software_version,
        part_number: parsed.chassis.part_number,
        hardware_version: parsed.chassis.hardware_version,
        vid: parsed.chassis.vid,
        chassis_name: parsed.chassis.name,
        chassis_description: parsed.chassis.description,
        groups,
        stack_members_max: parsed.stack_members_max,
        boot_seconds: parsed.boot_seconds,
        interfaces: interfaces(&parsed.interfaces).map_err(wrong)?,
        boot_log: parsed.boot_line.into_iter().map(BootLine::from).collect(),
        triggers: BTreeMap::new(),
        commands,
    };
    add_triggers(&mut platform, parsed.triggers).map_err(wrong)?;
    Ok(platform)
}

/// Whether what the file says of licenses holds together.
fn check_license(parsed: &PlatformFile) -> Result<(), String> {
    if let Some(fault) = parsed.license.as_ref().and_then(LicensedImage::fault) {
        return Err(fault);
    }
    match parsed.license.is_some() == (parsed.licensing == LicensingFamily::Classic) {
        true => Ok(()),
        false => Err("license lines belong to classic licensing, and only to it".to_owned()),
    }
}

/// Reads which commands each kind of message runs, once the model knows its commands.
fn add_triggers(
    platform: &mut Platform,
    triggers: BTreeMap<String, Vec<String>>,
) -> Result<(), String> {
    for (row, lines) in triggers {
        let row = trigger_row(&row).ok_or_else(|| format!("`{row}` triggers nothing"))?;
        let commands: Vec<_> = lines.iter().map(|line| platform.command(line)).collect();
        platform.triggers.insert(row, Arc::from(commands));
    }
    Ok(())
}

/// The alert groups called `names`; all without a list.
fn groups(names: Option<&[String]>) -> Result<AlertGroupSet, String> {
    let Some(names) = names else {
        return Ok(AlertGroupSet::ALL);
    };
    let mut groups = AlertGroupSet::default();
    for name in names {
        let group = AlertGroup::from_keyword(name);
        groups.insert(group.ok_or_else(|| format!("`{name}` is no alert group"))?);
    }
    Ok(groups)
}

/// The names that `patterns` stand for.
fn interfaces(patterns: &[String]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for pattern in patterns {
        let Some((stem, range)) = pattern.split_once('{') else {
            names.push(pattern.clone());
            continue;
        };
        let (first, last) = range
            .strip_suffix('}')
            .and_then(|range| range.split_once(".."))
            .and_then(|(first, last)| Some((first.parse::<u8>().ok()?, last.parse::<u8>().ok()?)))
            .ok_or_else(|| format!("`{pattern}` is no row of interfaces"))?;
        names.extend((first..=last).map(|number| format!("{stem}{number}")));
    }
    Ok(names)
}

/// The outputs of a model: those of the software family `shared`, and its `own` over them.
fn commands(
    shared: &str,
    own: &BTreeMap<String, String>,
) -> Result<(Software, BTreeMap<String, Template>), String> {
    let (_, software, text) = SHARED_COMMANDS
        .iter()
        .find(|(name, ..)| *name == shared)
        .ok_or_else(|| format!("`{shared}` names no shared commands"))?;
    let family: BTreeMap<String, String> =
        toml::from_str(text).map_err(|error| format!("shared commands `{shared}`: {error}"))?;
    let outputs = family.iter().chain(own);
    let compiled = outputs
        .map(|(line, output)| (line.clone(), Template::new(output.trim_end_matches('\n'))))
        .collect();
    Ok((*software, compiled))
}

/// What the model's `show version` says of its file systems.
fn storage(commands: &BTreeMap<String, Template>) -> Storage {
    let version = commands.get("show version").map(Template::source);
    Storage::of_version(&version.unwrap_or_default())
}

fn trigger_row(name: &str) -> Option<TriggerRow> {
    match name {
        "test" => Some(TriggerRow::Test),
        "request" => Some(TriggerRow::Request),
        _ => AlertGroup::from_keyword(name).map(TriggerRow::Group),
    }
}

impl Unit {
    fn serial_style(&self) -> Result<SerialStyle, String> {
        match &self.location {
            None => Ok(SerialStyle::Virtual),
            Some(letters) => match letters.as_bytes() {
                &[first, second, third] if letters.bytes().all(|b| b.is_ascii_uppercase()) => {
                    Ok(SerialStyle::Hardware {
                        location: [first, second, third],
                    })
                }
                _ => Err(format!("location `{letters}` is not three capital letters")),
            },
        }
    }

    fn card(&self) -> Result<Card, String> {
        Ok(Card {
            name: self.name.clone(),
            description: self.description.clone(),
            slot: self.slot.clone(),
            pid: self.pid.clone(),
            vid: self.vid.clone(),
            part_number: self.part_number.clone(),
            hardware_version: self.hardware_version.clone(),
            software_version: self.software_version.clone(),
            serial_style: self.serial_style()?,
        })
    }
}

impl From<BootLineFile> for BootLine {
    fn from(line: BootLineFile) -> Self {
        Self {
            after_ms: line.after_ms,
            text: line.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with_alarm(alarm: &str) -> Result<Platform, PlatformError> {
        let (name, text) = BUILT_IN[0];
        read(
            name,
            &text.replacen("[triggers]", &format!("[[alarm]]\n{alarm}\n[triggers]"), 1),
        )
    }

    #[test]
    fn an_alarm_names_a_sensor_and_a_fragment_of_an_output() {
        let alarm = "sensor = \"fan\"\nnormal = \"Fan 2 OK\"\nalarmed = \"Fan 2 failed\"";
        assert!(read_with_alarm(alarm).is_ok());
        for (old, new) in [
            ("Fan 2 OK", "Fan 9 OK"),
            ("Fan 2 OK", ""),
            ("\"fan\"", "\"door\""),
            ("sensor", "command = \"show fans\"\nsensor"),
        ] {
            let wrong = read_with_alarm(&alarm.replacen(old, new, 1));
            assert!(wrong.is_err(), "{new} is accepted");
        }
    }
}
