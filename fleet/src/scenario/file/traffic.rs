//! The `[[traffic]]` tables as they are written: what happens to the devices, and when.

use serde::Deserialize;
use toml::Spanned;

use super::{LicenseTable, whole::whole_if_any};
use crate::{
    scenario::traffic::{BURST_MAX, PER_DEVICE_MAX},
    units::{Period, Rate, Share},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct TrafficTable {
    pub(in crate::scenario) name: Spanned<String>,
    #[serde(default)]
    pub(in crate::scenario) fleet: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::scenario) at: Option<Spanned<Period>>,
    #[serde(default, rename = "for")]
    pub(in crate::scenario) lasts: Option<Spanned<Period>>,
    #[serde(default)]
    pub(in crate::scenario) sites: Option<Share>,
    #[serde(default)]
    pub(in crate::scenario) share: Option<Share>,
    #[serde(default)]
    pub(in crate::scenario) within: Option<Spanned<Period>>,
    #[serde(default)]
    pub(in crate::scenario) spread: Option<Spanned<SpreadWord>>,
    #[serde(default)]
    pub(in crate::scenario) arrival: Option<Spanned<ArrivalTable>>,
    #[serde(default)]
    pub(in crate::scenario) recording: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::scenario) stagger: Option<Spanned<Period>>,
    #[serde(default)]
    pub(in crate::scenario) syslog: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::scenario) event: Option<Spanned<EventWord>>,
    #[serde(default)]
    pub(in crate::scenario) sensor: Option<Spanned<SensorWord>>,
    #[serde(default)]
    pub(in crate::scenario) severity: Option<Spanned<String>>,
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 0, { u8::MAX as u64 }>"
    )]
    pub(in crate::scenario) card: Option<Spanned<u8>>,
    #[serde(default)]
    pub(in crate::scenario) group: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::scenario) profile: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::scenario) request: Option<Spanned<RequestWord>>,
    #[serde(default)]
    pub(in crate::scenario) text: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::scenario) restore: Option<Spanned<Period>>,
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, 10_000>")]
    pub(in crate::scenario) repeat: Option<Spanned<u32>>,
    #[serde(default)]
    pub(in crate::scenario) interval: Option<Spanned<Period>>,
    #[serde(default)]
    pub(in crate::scenario) license: Option<Spanned<LicenseTable>>,
    #[serde(default)]
    pub(in crate::scenario) url: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, 9>")]
    pub(in crate::scenario) member: Option<Spanned<u8>>,
    #[serde(default)]
    pub(in crate::scenario) feature: Option<Spanned<String>>,
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 0, { u32::MAX as u64 }>"
    )]
    pub(in crate::scenario) users: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct ArrivalTable {
    pub(in crate::scenario) process: ProcessWord,
    pub(in crate::scenario) rate: Option<Spanned<Rate>>,
    /// Rates that change.
    pub(in crate::scenario) from: Option<Spanned<Rate>>,
    pub(in crate::scenario) to: Option<Spanned<Rate>>,
    pub(in crate::scenario) rates: Option<Spanned<Vec<Rate>>>,
    pub(in crate::scenario) every: Option<Spanned<Period>>,
    pub(in crate::scenario) peak: Option<Spanned<Rate>>,
    pub(in crate::scenario) after: Option<Spanned<Period>>,
    pub(in crate::scenario) lasts: Option<Spanned<Period>>,
    pub(in crate::scenario) on: Option<Spanned<Period>>,
    pub(in crate::scenario) off: Option<Spanned<Period>>,
    pub(in crate::scenario) times: Option<Spanned<String>>,
    pub(in crate::scenario) spacing: Option<Spanned<SpacingWord>>,
    pub(in crate::scenario) spread: Option<Spanned<SpreadWord>>,
    pub(in crate::scenario) per: Option<Spanned<PerWord>>,
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, BURST_MAX>")]
    pub(in crate::scenario) count: Option<Spanned<u32>>,
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 1, { PER_DEVICE_MAX as u64 }>"
    )]
    pub(in crate::scenario) per_device: Option<Spanned<u32>>,
    pub(in crate::scenario) within: Option<Spanned<Period>>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum ProcessWord {
    Constant,
    Poisson,
    Ramp,
    Steps,
    Spike,
    OnOff,
    Burst,
    Recorded,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum SpreadWord {
    Even,
    Early,
    Middle,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum SpacingWord {
    Equal,
    Random,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum PerWord {
    Fleet,
    Site,
    Device,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum EventWord {
    EnvironmentAlarm,
    Crash,
    Traceback,
    CardRemoved,
    CardInserted,
    DiagnosticFailure,
    ConfigurationChange,
    Reload,
    PowerOff,
    PowerOn,
    Test,
    Send,
    Request,
    PowerLoss,
    LinkFlap,
    ReloadWave,
    CrashWave,
    CardFailure,
    ConfigPush,
    PeriodicHerd,
    LicenseInstall,
    LicenseClear,
    LicenseTamper,
    LicenseExpiryWave,
    LicenseUsers,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum SensorWord {
    Fan,
    PowerSupply,
    Temperature,
    Voltage,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum RequestWord {
    ConfigSanity,
    BugsList,
    CommandReference,
    ProductAdvisory,
}
