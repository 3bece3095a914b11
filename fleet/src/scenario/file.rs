//! The scenario file as it is written: every key, its type and its default.
//!
//! Nothing is checked here beyond single values; [`super::validate`] looks at what they mean
//! together. Keys are documented in `docs/scenario.md`.

mod call_home;
mod traffic;
mod whole;

use std::collections::BTreeMap;

use serde::Deserialize;
use sink::fault::FaultTable;
use toml::Spanned;

pub(super) use self::call_home::CallHomeTable;
pub(super) use self::traffic::{
    ArrivalTable, EventWord, PerWord, ProcessWord, RequestWord, SensorWord, SpacingWord,
    SpreadWord, TrafficTable,
};
use self::whole::{whole, whole_if_any};
use super::{CONNECTIONS_MAX, DEVICES_MAX};
use crate::units::{Period, Size};

/// A whole scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ScenarioFile {
    #[serde(deserialize_with = "whole::<_, _, 1, 1>")]
    pub(super) version: Spanned<u32>,
    pub(super) name: Spanned<String>,
    #[serde(
        default = "seed_default",
        deserialize_with = "whole::<_, _, 0, SEED_MAX>"
    )]
    pub(super) seed: Spanned<u64>,
    pub(super) duration: Spanned<Period>,
    #[serde(default)]
    pub(super) warm_up: Option<Spanned<Period>>,
    #[serde(default = "drain_default")]
    pub(super) drain: Period,
    #[serde(default = "journal_default")]
    pub(super) journal: Size,
    #[serde(default)]
    pub(super) clock: ClockTable,
    #[serde(default)]
    pub(super) targets: TargetsTable,
    #[serde(default)]
    pub(super) hosts: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) smtp: SmtpTable,
    #[serde(default)]
    pub(super) https: HttpsTable,
    #[serde(default)]
    pub(super) sources: SourcesTable,
    #[serde(default)]
    pub(super) validity: ValidityTable,
    #[serde(default)]
    pub(super) ssh: SshTable,
    #[serde(default)]
    pub(super) licensing: LicensingTable,
    #[serde(default)]
    pub(super) call_home: CallHomeTable,
    #[serde(default)]
    pub(super) file: Vec<FileTable>,
    #[serde(default)]
    pub(super) file_server: Vec<FileServerTable>,
    pub(super) fleet: Spanned<Vec<FleetTable>>,
    #[serde(default)]
    pub(super) traffic: Vec<TrafficTable>,
    #[serde(default)]
    pub(super) fault: Vec<Spanned<FaultTable>>,
    #[serde(default)]
    pub(super) threshold: Vec<ThresholdTable>,
}

/// Largest seed: TOML has no larger whole numbers.
const SEED_MAX: u64 = i64::MAX as u64;

fn seed_default() -> Spanned<u64> {
    Spanned::new(0..0, 0)
}

fn drain_default() -> Period {
    Period(std::time::Duration::from_secs(60))
}

fn journal_default() -> Size {
    Size(8 << 30)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ClockTable {
    pub(super) start: Option<Spanned<String>>,
    pub(super) zone: Option<Spanned<String>>,
    pub(super) speed: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct TargetsTable {
    #[serde(default = "embedded")]
    pub(super) smtp: Spanned<String>,
    #[serde(default = "embedded")]
    pub(super) https: Spanned<String>,
    #[serde(default)]
    pub(super) ca: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) insecure: bool,
}

impl Default for TargetsTable {
    fn default() -> Self {
        Self {
            smtp: embedded(),
            https: embedded(),
            ca: None,
            insecure: false,
        }
    }
}

fn embedded() -> Spanned<String> {
    Spanned::new(0..0, "embedded".to_owned())
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct SmtpTable {
    #[serde(deserialize_with = "whole_if_any::<_, _, 1, { CONNECTIONS_MAX as u64 }>")]
    pub(super) connections: Option<Spanned<u32>>,
    pub(super) reuse: bool,
    pub(super) pipelining: bool,
    pub(super) connect_timeout: Period,
    pub(super) reply_timeout: Period,
}

impl Default for SmtpTable {
    fn default() -> Self {
        Self {
            connections: None,
            reuse: false,
            pipelining: true,
            connect_timeout: Period(std::time::Duration::from_secs(10)),
            reply_timeout: Period(std::time::Duration::from_secs(60)),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct HttpsTable {
    #[serde(deserialize_with = "whole_if_any::<_, _, 1, { CONNECTIONS_MAX as u64 }>")]
    pub(super) connections: Option<Spanned<u32>>,
    pub(super) keep_alive: bool,
    pub(super) resumption: bool,
    pub(super) connect_timeout: Period,
    pub(super) response_timeout: Period,
}

impl Default for HttpsTable {
    fn default() -> Self {
        Self {
            connections: None,
            keep_alive: false,
            resumption: true,
            connect_timeout: Period(std::time::Duration::from_secs(10)),
            response_timeout: Period(std::time::Duration::from_secs(30)),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct SourcesTable {
    /// Absent: one address per device towards loopback targets, none of our choosing elsewhere.
    pub(super) addresses: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct ValidityTable {
    pub(super) lag_budget: Period,
}

impl Default for ValidityTable {
    fn default() -> Self {
        Self {
            lag_budget: Period(std::time::Duration::from_millis(50)),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct SshTable {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) password: Option<Spanned<String>>,
    pub(super) authorized_keys: Option<Spanned<String>>,
    pub(super) privilege: Option<Spanned<u8>>,
    pub(super) sessions: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct FleetTable {
    pub(super) name: Spanned<String>,
    #[serde(deserialize_with = "whole::<_, _, 1, { DEVICES_MAX as u64 }>")]
    pub(super) count: Spanned<u32>,
    pub(super) platform: Spanned<String>,
    pub(super) config: Spanned<String>,
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 1, { DEVICES_MAX as u64 }>"
    )]
    pub(super) sites: Option<Spanned<u32>>,
    #[serde(default)]
    pub(super) hostname: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) licenses: Vec<Spanned<LicenseTable>>,
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, 9>")]
    pub(super) stack_members: Option<Spanned<u8>>,
    #[serde(default)]
    pub(super) policy: PolicyTable,
}

/// What the devices know of those who license them.
#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct LicensingTable {
    pub(super) trusted_keys: Vec<Spanned<TrustedKeyTable>>,
    pub(super) secret: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct TrustedKeyTable {
    pub(super) id: u16,
    pub(super) public_key: String,
    #[serde(default)]
    pub(super) revoked: bool,
}

/// A license that is granted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct LicenseTable {
    pub(super) feature: Spanned<String>,
    #[serde(default)]
    pub(super) kind: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) period: Option<Spanned<Period>>,
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 1, { u32::MAX as u64 - 1 }>"
    )]
    pub(super) count: Option<Spanned<u32>>,
    #[serde(default)]
    pub(super) start: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) end: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) additive: Option<bool>,
    #[serde(default)]
    pub(super) pak: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) issuer: Option<u16>,
    #[serde(default)]
    pub(super) flaw: Option<Spanned<String>>,
}

/// A file on a server that devices reach without a network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct FileTable {
    pub(super) url: Spanned<String>,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) licenses: Vec<Spanned<LicenseTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct FileServerTable {
    pub(super) host: Spanned<String>,
    pub(super) target: Spanned<String>,
}

/// Most messages that may be let wait in one device.
const QUEUE_MESSAGES_MAX: u64 = u32::MAX as u64;

#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct PolicyTable {
    pub(super) throttle_window: Option<Period>,
    pub(super) rate_unit: Option<RateUnitWord>,
    #[serde(deserialize_with = "whole_if_any::<_, _, 0, QUEUE_MESSAGES_MAX>")]
    pub(super) queue_messages_max: Option<Spanned<usize>>,
    pub(super) size_policy: Option<SizePolicyWord>,
    pub(super) id_epoch: Option<IdEpochWord>,
    pub(super) scrub_header: bool,
    pub(super) anonymous_keeps_udi: bool,
    pub(super) group_proactive: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "a word")]
pub(super) enum RateUnitWord {
    Message,
    Event,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "a word")]
pub(super) enum SizePolicyWord {
    Truncate,
    Drop,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "a word")]
pub(super) enum IdEpochWord {
    Unix,
    Ntp,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ThresholdTable {
    pub(super) metric: Spanned<String>,
    #[serde(default)]
    pub(super) max: Option<Spanned<BoundValue>>,
    #[serde(default)]
    pub(super) min: Option<Spanned<BoundValue>>,
    #[serde(default, rename = "for")]
    pub(super) lasting: Option<Spanned<Period>>,
    #[serde(default)]
    pub(super) abort: bool,
}

/// A bound of a threshold: a number, or a duration where the metric is a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum BoundValue {
    Number(f64),
    Milliseconds(f64),
}

impl<'de> Deserialize<'de> for BoundValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = BoundValue;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a number, or a duration such as \"500ms\"")
            }

            fn visit_i64<E>(self, number: i64) -> Result<BoundValue, E> {
                Ok(BoundValue::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<BoundValue, E> {
                Ok(BoundValue::Number(number))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<BoundValue, E> {
                let period: Period = text.parse().map_err(E::custom)?;
                Ok(BoundValue::Milliseconds(period.0.as_secs_f64() * 1e3))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
