//! The `[[traffic]]` tables as they are written: what happens to the devices, and when.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{LicenseTable, whole::whole_if_any};
use crate::{
    scenario::traffic::{BURST_MAX, PER_DEVICE_MAX},
    units::{Period, Rate, Share},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct TrafficTable {
    /// Chance is drawn by name.
    #[schemars(with = "String")]
    pub(in crate::scenario) name: Spanned<String>,
    /// Whose devices.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) fleet: Option<Spanned<String>>,
    /// When it begins, in real time.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) at: Option<Spanned<Period>>,
    /// How long it lasts.
    #[serde(default, rename = "for")]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) lasts: Option<Spanned<Period>>,
    /// Part of the sites, chosen by the seed.
    #[serde(default)]
    pub(in crate::scenario) sites: Option<Share>,
    /// Part of the devices there, chosen by the seed.
    #[serde(default)]
    pub(in crate::scenario) share: Option<Share>,
    /// Instead of `arrival`: one event on every device concerned, at random instants within this
    /// time from `at`.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) within: Option<Spanned<Period>>,
    /// How those instants are spread over `within`: each as likely as any other, exponential with a
    /// third of the time as mean, or normal with a sixth of it as standard deviation.
    #[serde(default)]
    #[schemars(with = "Option<SpreadWord>")]
    pub(in crate::scenario) spread: Option<Spanned<SpreadWord>>,
    /// When events come; exactly one of `arrival` and `within`.
    #[serde(default)]
    #[schemars(with = "Option<ArrivalTable>")]
    pub(in crate::scenario) arrival: Option<Spanned<ArrivalTable>>,
    /// Instead of `arrival`, `within`, `syslog` and `event`: lines that were logged, at their
    /// instants from `at` on, made by `fleet replay`; every source is a device, in order, and
    /// further devices play the sources again in turn.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) recording: Option<Spanned<String>>,
    /// How much later those further devices play their source, at most.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) stagger: Option<Spanned<Period>>,
    /// A log line; `{0..3}` draws a number, `{up|down}` one of the words.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) syslog: Option<Spanned<String>>,
    /// See below; exactly one of `syslog` and `event`.
    #[serde(default)]
    #[schemars(with = "Option<EventWord>")]
    pub(in crate::scenario) event: Option<Spanned<EventWord>>,
    /// What `environment-alarm` is about.
    #[serde(default)]
    #[schemars(with = "Option<SensorWord>")]
    pub(in crate::scenario) sensor: Option<Spanned<SensorWord>>,
    /// Severity of a `diagnostic-failure`.
    #[serde(default)]
    #[schemars(schema_with = "crate::scenario::schema::severities")]
    pub(in crate::scenario) severity: Option<Spanned<String>>,
    /// Position of a card, from 0: `card-removed`, `card-inserted`, `diagnostic-failure`,
    /// `card-failure`.
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 0, { u8::MAX as u64 }>"
    )]
    #[schemars(with = "Option<u8>", range(min = 0, max = u8::MAX as u64))]
    pub(in crate::scenario) card: Option<Spanned<u8>>,
    /// Alert group, of `send` and `periodic-herd`.
    #[serde(default)]
    #[schemars(schema_with = "crate::scenario::schema::groups")]
    pub(in crate::scenario) group: Option<Spanned<String>>,
    /// Destination profile, of `test`, `send` and `request`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) profile: Option<Spanned<String>>,
    /// What a `request` asks for.
    #[serde(default)]
    #[schemars(with = "Option<RequestWord>")]
    pub(in crate::scenario) request: Option<Spanned<RequestWord>>,
    /// Text of a `test` message.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) text: Option<Spanned<String>>,
    /// How long until all is well again, after `power-loss` and `card-failure`.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) restore: Option<Spanned<Period>>,
    /// How often, of `link-flap` and `config-push`.
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, 10_000>")]
    #[schemars(with = "Option<u32>", range(min = 1, max = 10_000))]
    pub(in crate::scenario) repeat: Option<Spanned<u32>>,
    /// Time between two changes, of `link-flap` and `config-push`.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) interval: Option<Spanned<Period>>,
    /// The license of a `license-install`.
    #[serde(default)]
    #[schemars(with = "Option<LicenseTable>")]
    pub(in crate::scenario) license: Option<Spanned<LicenseTable>>,
    /// The license file of a `license-install`; `{index}`, `{serial}`, `{hostname}` and `{site}`
    /// are filled in.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) url: Option<Spanned<String>>,
    /// The member of a stack that a `license-install` is for.
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, 9>")]
    #[schemars(with = "Option<u8>", range(min = 1, max = 9))]
    pub(in crate::scenario) member: Option<Spanned<u8>>,
    /// The feature of `license-clear`, `license-expiry-wave` and `license-users`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) feature: Option<Spanned<String>>,
    /// How many users there are, of `license-users`.
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 0, { u32::MAX as u64 }>"
    )]
    #[schemars(with = "Option<u32>", range(min = 0, max = u32::MAX as u64))]
    pub(in crate::scenario) users: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct ArrivalTable {
    /// How events follow each other.
    pub(in crate::scenario) process: ProcessWord,
    /// Events per time: `constant`, `poisson`, `spike`, `on-off`.
    #[schemars(with = "Option<Rate>")]
    pub(in crate::scenario) rate: Option<Spanned<Rate>>,
    /// Rates that change.
    #[schemars(with = "Option<Rate>")]
    pub(in crate::scenario) from: Option<Spanned<Rate>>,
    /// Last rate of a `ramp`.
    #[schemars(with = "Option<Rate>")]
    pub(in crate::scenario) to: Option<Spanned<Rate>>,
    /// Rates of `steps`, one after the other.
    #[schemars(with = "Option<Vec<Rate>>")]
    pub(in crate::scenario) rates: Option<Spanned<Vec<Rate>>>,
    /// How long each of the `steps` lasts.
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) every: Option<Spanned<Period>>,
    /// Rate of the peak of a `spike`.
    #[schemars(with = "Option<Rate>")]
    pub(in crate::scenario) peak: Option<Spanned<Rate>>,
    /// When the peak of a `spike` begins.
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) after: Option<Spanned<Period>>,
    /// How long the peak of a `spike` lasts.
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) lasts: Option<Spanned<Period>>,
    /// How long the rate of `on-off` holds.
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) on: Option<Spanned<Period>>,
    /// How long there is silence then.
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) off: Option<Spanned<Period>>,
    /// File of the instants of `recorded`: seconds behind `at`, one on each line.
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) times: Option<Spanned<String>>,
    /// How events whose rate changes keep apart.
    #[schemars(with = "Option<SpacingWord>")]
    pub(in crate::scenario) spacing: Option<Spanned<SpacingWord>>,
    /// How the instants of a `burst` are spread over `within`.
    #[schemars(with = "Option<SpreadWord>")]
    pub(in crate::scenario) spread: Option<Spanned<SpreadWord>>,
    /// Whose rate it is.
    #[schemars(with = "Option<PerWord>")]
    pub(in crate::scenario) per: Option<Spanned<PerWord>>,
    /// Events of a `burst`, each on a device drawn at random.
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, BURST_MAX>")]
    #[schemars(with = "Option<u32>", range(min = 1, max = BURST_MAX))]
    pub(in crate::scenario) count: Option<Spanned<u32>>,
    /// Events of a `burst` on every device.
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 1, { PER_DEVICE_MAX as u64 }>"
    )]
    #[schemars(with = "Option<u32>", range(min = 1, max = PER_DEVICE_MAX as u64))]
    pub(in crate::scenario) per_device: Option<Spanned<u32>>,
    /// The time that a `burst` takes.
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) within: Option<Spanned<Period>>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, JsonSchema)]
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

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum SpreadWord {
    Even,
    Early,
    Middle,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum SpacingWord {
    Equal,
    Random,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum PerWord {
    Fleet,
    Site,
    Device,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, JsonSchema)]
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

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum SensorWord {
    Fan,
    PowerSupply,
    Temperature,
    Voltage,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", expecting = "a word")]
pub(in crate::scenario) enum RequestWord {
    ConfigSanity,
    BugsList,
    CommandReference,
    ProductAdvisory,
}
