//! What a model's outputs read while a sensor alarms.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{device::Sensor, template::Template};

/// How bad the environment monitor finds an alarm, where the model counts them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlarmClass {
    /// The device may shut down.
    Critical,
    /// It works, but not for long.
    Major,
    /// It is to be looked at.
    Minor,
}

/// A part of an output that a sensor changes.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    pub(crate) sensor: Sensor,
    /// Counted under this class in `{alarms:CLASS}`.
    pub(crate) class: Option<AlarmClass>,
    /// The command whose output changes.
    pub(crate) command: String,
    pub(crate) normal: String,
    pub(crate) alarmed: String,
}

/// An `[[alarm]]` table of a platform file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AlarmFile {
    sensor: SensorWord,
    class: Option<AlarmClass>,
    #[serde(default = "show_environment")]
    command: String,
    normal: String,
    alarmed: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SensorWord {
    Fan,
    PowerSupply,
    Temperature,
    Voltage,
}

fn show_environment() -> String {
    "show environment".to_owned()
}

impl AlarmFile {
    /// The alarm, if its fragment occurs in the output of its command.
    pub(super) fn checked(self, commands: &BTreeMap<String, Template>) -> Result<Alarm, String> {
        let output = commands.get(&self.command).map(Template::source);
        // An empty fragment occurs everywhere and says nothing.
        if self.normal.is_empty() || !output.is_some_and(|text| text.contains(&self.normal)) {
            return Err(format!(
                "`{}` does not print `{}`",
                self.command, self.normal
            ));
        }
        Ok(Alarm {
            sensor: match self.sensor {
                SensorWord::Fan => Sensor::Fan,
                SensorWord::PowerSupply => Sensor::PowerSupply,
                SensorWord::Temperature => Sensor::Temperature,
                SensorWord::Voltage => Sensor::Voltage,
            },
            class: self.class,
            command: self.command,
            normal: self.normal,
            alarmed: self.alarmed,
        })
    }
}
