//! What all devices of one model have in common: identity of the model, cards, software, what it
//! prints, and which commands each alert group runs.
//!
//! Models are data files under `platforms/`, compiled in; a new model is a new file.

mod alarm;
mod diagnostics;
mod file;
mod storage;

use std::{collections::BTreeMap, sync::Arc};

pub(crate) use alarm::Alarm;
pub use alarm::AlarmClass;
pub use storage::{Disk, Storage};

use crate::{
    alert_group::{AlertGroup, AlertGroupSet},
    identity::SerialStyle,
    license::image::LicensedImage,
    show::{call_home::Page, license},
    template::Template,
};

/// Generation of the Call Home feature, which decides the layout of outputs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vintage {
    /// 12.2SX, 12.4T, early IOS XE: five alert groups.
    Legacy,
    /// 15M&T, IOS XE 3: data privacy, throttling, AAA.
    V2,
    /// IOS XE 16 and later, `Call-Home Version 3.0`.
    #[default]
    V3,
}

/// How a model is licensed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LicensingFamily {
    /// Cisco software activation with license lines bound to the UDI.
    Classic,
    /// Smart Licensing.
    Smart,
}

/// Whether a model routes or switches, which decides a few commands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// Slots are named by `slot`, hardware by `show platform`.
    Router,
    /// Slots are named by `module`, hardware by `show module`.
    Switch,
}

/// The operating system of a model, which decides the layout of some outputs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Software {
    /// IOS on a router.
    Ios,
    /// IOS on a Catalyst switch, alone or above a Linux kernel.
    Catalyst,
    /// IOS XE on a router.
    IosXe,
}

/// Where the route processors or supervisors of a model sit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redundancy {
    /// The active one, as `show redundancy` names its place.
    pub active: String,
    /// The place of the other, which may be empty.
    pub standby: String,
    /// The position of the card that stands by; `None` where the model has none.
    pub peer: Option<u8>,
}

/// A field-replaceable unit of a model.
#[derive(Clone, Debug)]
pub struct Card {
    /// `NAME` of `show inventory`.
    pub name: String,
    /// `DESCR` of `show inventory`.
    pub description: String,
    /// Where it sits, as messages name it.
    pub slot: String,
    /// Product identifier.
    pub pid: String,
    /// Version identifier, `V01` and so on.
    pub vid: String,
    /// Part number.
    pub part_number: String,
    /// Hardware version.
    pub hardware_version: String,
    /// Software version, empty where the card runs none.
    pub software_version: String,
    /// How its serial number is formed.
    pub serial_style: SerialStyle,
}

/// A log line of the boot.
#[derive(Clone, Debug)]
pub struct BootLine {
    /// When it is logged, in milliseconds after the boot began.
    pub after_ms: u32,
    /// The line without its stamp.
    pub text: String,
}

/// Where the output of a command comes from.
#[derive(Clone, Debug)]
pub enum CommandSource {
    /// The device's log buffer.
    Logging,
    /// The running configuration, with or without defaults.
    RunningConfig {
        /// `show running-config all`.
        all: bool,
    },
    /// The startup configuration.
    StartupConfig,
    /// Chassis and cards.
    Inventory,
    /// The device's clock.
    Clock,
    /// `show call-home` and its variants.
    CallHome(CallHomePage),
    /// `show license` and its variants.
    License(LicensePage),
    /// The model's own text.
    Text(Template),
    /// Not a command of this model.
    Unknown,
}

/// A variant of `show call-home`.
#[derive(Clone, Debug)]
pub struct CallHomePage(pub(crate) Page);

/// A variant of `show license`.
#[derive(Clone, Debug)]
pub struct LicensePage(pub(crate) license::Page);

/// A command that an alert group runs.
#[derive(Clone, Debug)]
pub struct TriggerCommand {
    /// The command line, exactly.
    pub line: Arc<str>,
    /// Where its output comes from.
    pub source: CommandSource,
}

/// Message content that runs commands of its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TriggerRow {
    /// The commands of an alert group.
    Group(AlertGroup),
    /// The commands of a test message.
    Test,
    /// The commands of every `call-home request`.
    Request,
}

/// One model of device.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Product identifier as `show inventory` and every message give it.
    pub pid: String,
    /// Other names under which a scenario may ask for the model.
    pub aliases: Vec<String>,
    /// Product family, the `Builder/Name` and `Source ID` of messages.
    pub family: String,
    /// Product series, `Event/Series`.
    pub series: String,
    /// Whether it routes or switches.
    pub kind: DeviceKind,
    /// Its operating system.
    pub software: Software,
    /// Its file systems.
    pub storage: Storage,
    /// Its route processors; `None` where it has one and no place for another.
    pub redundancy: Option<Redundancy>,
    /// Generation of the Call Home feature.
    pub vintage: Vintage,
    /// How it is licensed.
    pub licensing: LicensingFamily,
    /// What its image knows of license lines; `None` for a model without any.
    pub licensed: Option<LicensedImage>,
    /// sysObjectID, dotted.
    pub sys_object_id: String,
    /// sysDescr, several lines.
    pub sys_description: String,
    /// Software version.
    pub software_version: String,
    /// Chassis part number.
    pub part_number: String,
    /// Chassis hardware version.
    pub hardware_version: String,
    /// Chassis version identifier.
    pub vid: String,
    /// `NAME` of the chassis in `show inventory`.
    pub chassis_name: String,
    /// `DESCR` of the chassis in `show inventory`.
    pub chassis_description: String,
    /// How chassis serial numbers are formed.
    pub serial_style: SerialStyle,
    /// Alert groups the model has.
    pub groups: AlertGroupSet,
    /// How many members a stack may have; 1 where the model does not stack.
    pub stack_members_max: u8,
    /// From power on or reload until the device works again, in seconds of device time.
    pub boot_seconds: u32,
    /// Interfaces, in the order of their lists.
    pub interfaces: Vec<String>,
    /// Log lines of the boot, in order.
    pub boot_log: Vec<BootLine>,
    /// Field-replaceable units, in slot order.
    pub cards: Vec<Card>,
    triggers: BTreeMap<TriggerRow, Arc<[TriggerCommand]>>,
    commands: BTreeMap<String, Template>,
    /// What sensors change in the outputs.
    alarms: Vec<Alarm>,
    diagnostics: diagnostics::Diagnostics,
}

impl Platform {
    /// The commands run for `row`, in the order of the guide's Table 5.
    pub fn trigger_commands(&self, row: TriggerRow) -> Arc<[TriggerCommand]> {
        self.triggers.get(&row).cloned().unwrap_or_default()
    }

    /// `line` as a command of this model. Only full command lines are recognised.
    pub fn command(&self, line: &str) -> TriggerCommand {
        let source = match line {
            "show logging" => CommandSource::Logging,
            "show running-config" => CommandSource::RunningConfig { all: false },
            "show running-config all" => CommandSource::RunningConfig { all: true },
            "show startup-config" => CommandSource::StartupConfig,
            "show inventory" => CommandSource::Inventory,
            "show clock" => CommandSource::Clock,
            // What a device has of licenses is its own, whatever its family prints without lines.
            _ if self.has_license_page(line) => self.license_page(line),
            _ => match (self.commands.get(line), Page::of(line)) {
                (Some(text), _) => CommandSource::Text(text.clone()),
                (None, Some(page)) if page.is_known_to(self.vintage) => {
                    CommandSource::CallHome(CallHomePage(page))
                }
                (None, _) => CommandSource::Unknown,
            },
        };
        TriggerCommand {
            line: line.into(),
            source,
        }
    }

    fn has_license_page(&self, line: &str) -> bool {
        self.licensed.is_some() && license::Page::of(line).is_some()
    }

    fn license_page(&self, line: &str) -> CommandSource {
        license::Page::of(line).map_or(CommandSource::Unknown, |page| {
            CommandSource::License(LicensePage(page))
        })
    }

    /// The commands of a diagnostic message about the card at `position`: its results stand where
    /// those of another card would.
    pub(crate) fn diagnostic_commands(&self, position: u8) -> Arc<[TriggerCommand]> {
        let commands = self.trigger_commands(TriggerRow::Group(AlertGroup::Diagnostic));
        let Some(card) = self.cards.get(usize::from(position)) else {
            return commands;
        };
        let own = diagnostics::detail_command(self.kind, &card.slot);
        let of_a_card =
            |line: &str| line.starts_with("show diagnostic result ") && line.ends_with(" detail");
        commands
            .iter()
            .map(|command| match of_a_card(&command.line) {
                true => self.command(&own),
                false => command.clone(),
            })
            .collect()
    }

    /// What sensors change in the outputs.
    pub(crate) fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }

    /// The results of the card at `position`, if `line` shows those of all cards and has none for
    /// it: diagnostics look at such parts only when they fail.
    pub(crate) fn unlisted_result(&self, line: &str, position: u8) -> Option<&Template> {
        let position = usize::from(position);
        let listed = self.diagnostics.listed.get(position)?;
        (!listed && line == diagnostics::all_command(self.kind))
            .then(|| self.diagnostics.sections.get(position))?
    }

    /// The position of the card in `slot`.
    pub fn card_in(&self, slot: &str) -> Option<u8> {
        let mut cards = (0..).zip(&self.cards);
        let found = cards.find(|(_, card)| card.slot.eq_ignore_ascii_case(slot));
        found.map(|(position, _)| position)
    }

    /// Every command line whose output is the model's own text.
    pub fn own_commands(&self) -> impl Iterator<Item = &str> {
        self.commands.keys().map(String::as_str)
    }

    /// Whether `line` is a command whose output is the model's own text.
    pub(crate) fn prints(&self, line: &str) -> bool {
        self.commands.contains_key(line)
    }

    /// Whether a scenario's `name` means this model.
    pub fn answers_to(&self, name: &str) -> bool {
        std::iter::once(&self.pid)
            .chain(&self.aliases)
            .any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Why a platform file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The file is not TOML of the expected shape.
    #[error("platform file {file} does not parse: {message}")]
    Syntax {
        /// Name of the file.
        file: String,
        /// What is wrong, with the place.
        message: String,
    },
    /// A value is out of its range.
    #[error("platform file {file}: {what}")]
    Value {
        /// Name of the file.
        file: String,
        /// What is wrong.
        what: String,
    },
}

/// The models a fleet can be made of.
#[derive(Clone, Debug)]
pub struct Catalogue {
    platforms: Vec<Arc<Platform>>,
}

impl Catalogue {
    /// Reads the models that are compiled in.
    ///
    /// # Errors
    /// Never for the files of a release: a test reads them all.
    pub fn built_in() -> Result<Self, PlatformError> {
        let platforms = file::BUILT_IN
            .iter()
            .map(|(name, text)| file::read(name, text).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self { platforms })
    }

    /// The model called `name`, by PID or alias, whatever the case.
    pub fn find(&self, name: &str) -> Option<Arc<Platform>> {
        self.platforms
            .iter()
            .find(|platform| platform.answers_to(name))
            .cloned()
    }

    /// All models, in the order of their files.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Platform>> {
        self.platforms.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_outputs_for_the_commands_its_alert_groups_run() {
        for platform in Catalogue::built_in().unwrap().iter() {
            for (row, commands) in &platform.triggers {
                for command in commands.iter() {
                    assert!(
                        !matches!(command.source, CommandSource::Unknown),
                        "{}: {row:?} runs `{}`, which the model does not print",
                        platform.pid,
                        command.line
                    );
                }
            }
        }
    }

    #[test]
    fn every_alert_group_but_snapshot_runs_commands() {
        for platform in Catalogue::built_in().unwrap().iter() {
            for group in AlertGroup::ALL {
                let commands = platform.trigger_commands(TriggerRow::Group(group));
                let expected = platform.groups.contains(group) && group != AlertGroup::Snapshot;
                assert_eq!(!commands.is_empty(), expected, "{} {group:?}", platform.pid);
            }
        }
    }

    #[test]
    fn models_are_found_by_any_of_their_names() {
        let catalogue = Catalogue::built_in().unwrap();
        for platform in catalogue.iter() {
            for name in std::iter::once(&platform.pid).chain(&platform.aliases) {
                assert_eq!(
                    catalogue.find(&name.to_lowercase()).unwrap().pid,
                    platform.pid
                );
            }
        }
        assert!(catalogue.find("PDP-11").is_none());
    }

    #[test]
    fn boot_lines_are_log_lines_in_order() {
        for platform in Catalogue::built_in().unwrap().iter() {
            assert!(platform.boot_log.is_sorted_by_key(|line| line.after_ms));
            for line in &platform.boot_log {
                assert!(
                    crate::syslog::SyslogText::parse(&line.text).is_ok(),
                    "{}",
                    line.text
                );
            }
        }
    }
}
