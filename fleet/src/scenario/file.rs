//! The scenario file as it is written: every key, its type and its default.
//!
//! Nothing is checked here beyond single values; [`super::validate`] looks at what they mean
//! together. Keys are documented in `docs/scenario.md`.

mod call_home;
mod licenses;
mod thresholds;
mod traffic;
mod whole;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use sink::fault::FaultTable;
use toml::Spanned;

pub(super) use self::call_home::CallHomeTable;
pub(super) use self::licenses::{FileServerTable, FileTable, LicenseTable, LicensingTable};
pub(super) use self::thresholds::{BoundValue, ThresholdTable};
pub(super) use self::traffic::{
    ArrivalTable, EventWord, PerWord, ProcessWord, RequestWord, SensorWord, SpacingWord,
    SpreadWord, TrafficTable,
};
use self::whole::{whole, whole_if_any};
use super::{CONNECTIONS_MAX, DEVICES_MAX};
use crate::units::{Period, Size};

/// A whole scenario file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ScenarioFile {
    /// Version of this format.
    #[serde(deserialize_with = "whole::<_, _, 1, 1>")]
    #[schemars(with = "u32", range(min = 1, max = 1))]
    pub(super) version: Spanned<u32>,
    /// Name of the run directory; up to 64 letters, digits, `-`, `_`, `.`.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// All chance comes from it.
    #[serde(
        default = "seed_default",
        deserialize_with = "whole::<_, _, 0, SEED_MAX>"
    )]
    #[schemars(with = "u64", range(min = 0, max = SEED_MAX))]
    pub(super) seed: Spanned<u64>,
    /// How long traffic lasts, in real time.
    #[schemars(with = "Period")]
    pub(super) duration: Spanned<Period>,
    /// Beginning that is left out of the figures, by due time; the ledger counts it.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(super) warm_up: Option<Spanned<Period>>,
    /// How long to wait for outstanding messages after the end.
    #[serde(default = "drain_default")]
    pub(super) drain: Period,
    /// Largest `journal.bin`; `"0 B"` keeps none. A message takes about 250 bytes.
    #[serde(default = "journal_default")]
    pub(super) journal: Size,
    /// Device time: where it starts and how fast it passes.
    #[serde(default)]
    pub(super) clock: ClockTable,
    /// Where messages go.
    #[serde(default)]
    pub(super) targets: TargetsTable,
    /// What names and addresses in device configurations really are: `"embedded"` or `HOST:PORT`;
    /// others go to `[targets]`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) hosts: BTreeMap<String, Spanned<String>>,
    /// How mail is sent.
    #[serde(default)]
    pub(super) smtp: SmtpTable,
    /// How HTTP requests are sent.
    #[serde(default)]
    pub(super) https: HttpsTable,
    /// Which addresses messages come from.
    #[serde(default)]
    pub(super) sources: SourcesTable,
    /// What makes a run worthless.
    #[serde(default)]
    pub(super) validity: ValidityTable,
    /// Logging in to devices.
    #[serde(default)]
    pub(super) ssh: SshTable,
    /// What the devices know of those who license them.
    #[serde(default)]
    pub(super) licensing: LicensingTable,
    /// What every device does otherwise than its configuration says.
    #[serde(default)]
    pub(super) call_home: CallHomeTable,
    /// Files on servers that devices reach without a network.
    #[serde(default)]
    pub(super) file: Vec<FileTable>,
    /// File servers that really exist.
    #[serde(default)]
    pub(super) file_server: Vec<FileServerTable>,
    /// Devices.
    #[schemars(with = "Vec<FleetTable>")]
    pub(super) fleet: Spanned<Vec<FleetTable>>,
    /// What happens.
    #[serde(default)]
    pub(super) traffic: Vec<TrafficTable>,
    /// What embedded sinks do wrong.
    #[serde(default)]
    #[schemars(with = "Vec<FaultTable>")]
    pub(super) fault: Vec<Spanned<FaultTable>>,
    /// What must hold.
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

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ClockTable {
    /// Device time at the start of the run.
    #[schemars(with = "Option<String>")]
    pub(super) start: Option<Spanned<String>>,
    /// Zone of devices whose configuration has no `clock timezone`.
    #[schemars(with = "Option<String>")]
    pub(super) zone: Option<Spanned<String>>,
    /// Device seconds per real second.
    #[schemars(with = "Option<f64>")]
    pub(super) speed: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct TargetsTable {
    /// Where mail goes.
    #[serde(default = "embedded")]
    #[schemars(with = "String")]
    pub(super) smtp: Spanned<String>,
    /// Where requests go; the path is the device's own.
    #[serde(default = "embedded")]
    #[schemars(with = "String")]
    pub(super) https: Spanned<String>,
    /// Certificates of acceptable authorities (PEM); a device with trustpoints accepts theirs as
    /// well.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) ca: Option<Spanned<String>>,
    /// Do not verify certificates.
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct SmtpTable {
    /// Most connections at once; waiting for one shows up in `queue`.
    #[serde(deserialize_with = "whole_if_any::<_, _, 1, { CONNECTIONS_MAX as u64 }>")]
    #[schemars(with = "Option<u32>", range(min = 1, max = CONNECTIONS_MAX as u64))]
    pub(super) connections: Option<Spanned<u32>>,
    /// Carry several messages over a connection; devices do not.
    pub(super) reuse: bool,
    /// Send MAIL, RCPT and DATA in one piece where the server offers PIPELINING; `false` waits for
    /// each reply.
    pub(super) pipelining: bool,
    /// For connecting and the TLS handshake.
    pub(super) connect_timeout: Period,
    /// For each reply.
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct HttpsTable {
    /// Most connections at once.
    #[serde(deserialize_with = "whole_if_any::<_, _, 1, { CONNECTIONS_MAX as u64 }>")]
    #[schemars(with = "Option<u32>", range(min = 1, max = CONNECTIONS_MAX as u64))]
    pub(super) connections: Option<Spanned<u32>>,
    /// Carry several requests over a connection; devices do not.
    pub(super) keep_alive: bool,
    /// Resume TLS sessions.
    pub(super) resumption: bool,
    /// For connecting and the TLS handshake.
    pub(super) connect_timeout: Period,
    /// For the response.
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

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct SourcesTable {
    /// Absent: one address per device towards loopback targets, none of our choosing elsewhere.
    #[schemars(with = "Option<String>")]
    pub(super) addresses: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct ValidityTable {
    /// Largest p99 of the generator's own lag; beyond it the run is invalid (exit 90).
    pub(super) lag_budget: Period,
}

impl Default for ValidityTable {
    fn default() -> Self {
        Self {
            lag_budget: Period(std::time::Duration::from_millis(50)),
        }
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct SshTable {
    /// Where consoles are to be had, as in `"127.0.0.1:2222"`; port 0 lets the system choose. Also
    /// `--ssh ADDR`.
    #[schemars(with = "Option<String>")]
    pub(super) listen: Option<Spanned<String>>,
    /// Password of every device; no default with `authorized-keys`, and none towards other
    /// machines.
    #[schemars(with = "Option<String>")]
    pub(super) password: Option<Spanned<String>>,
    /// Public keys that open every device, one a line as in OpenSSH's file of that name.
    #[schemars(with = "Option<String>")]
    pub(super) authorized_keys: Option<Spanned<String>>,
    /// Privilege level after the login: `>` or `#`.
    #[schemars(with = "Option<u8>")]
    pub(super) privilege: Option<Spanned<u8>>,
    /// Most connections at once; further ones are closed.
    #[schemars(with = "Option<u32>")]
    pub(super) sessions: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct FleetTable {
    /// Name, also the beginning of the host names.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// How many devices.
    #[serde(deserialize_with = "whole::<_, _, 1, { DEVICES_MAX as u64 }>")]
    #[schemars(with = "u32", range(min = 1, max = DEVICES_MAX as u64))]
    pub(super) count: Spanned<u32>,
    /// Model; `fleet check` names the known ones when it does not know one.
    #[schemars(with = "String")]
    pub(super) platform: Spanned<String>,
    /// IOS configuration; `{index}`, `{index:05}`, `{serial}`, `{hostname}`, `{site}` are filled
    /// in.
    #[schemars(with = "String")]
    pub(super) config: Spanned<String>,
    /// Devices are dealt out to so many sites in turn; never more sites than devices.
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 1, { DEVICES_MAX as u64 }>"
    )]
    #[schemars(with = "Option<u32>", range(min = 1, max = DEVICES_MAX as u64))]
    pub(super) sites: Option<Spanned<u32>>,
    /// Pattern of the host names, for devices whose configuration has none.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) hostname: Option<Spanned<String>>,
    /// Permanent licenses that each device has from the factory, beside those of its model; only
    /// `feature`, `count` and `additive`.
    #[serde(default)]
    #[schemars(with = "Vec<LicenseTable>")]
    pub(super) licenses: Vec<Spanned<LicenseTable>>,
    /// Members of each stack, on stackable models; each has a license store of its own.
    #[serde(default, deserialize_with = "whole_if_any::<_, _, 1, 9>")]
    #[schemars(with = "Option<u8>", range(min = 1, max = 9))]
    pub(super) stack_members: Option<Spanned<u8>>,
    /// What the vendor's documents leave open.
    #[serde(default)]
    pub(super) policy: PolicyTable,
}

/// Most messages that may be let wait in one device.
const QUEUE_MESSAGES_MAX: u64 = u32::MAX as u64;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(super) struct PolicyTable {
    /// How long a log line suppresses its repetitions.
    pub(super) throttle_window: Option<Period>,
    /// What `rate-limit` counts.
    pub(super) rate_unit: Option<RateUnitWord>,
    /// Most messages waiting in one device.
    #[serde(deserialize_with = "whole_if_any::<_, _, 0, QUEUE_MESSAGES_MAX>")]
    #[schemars(with = "Option<usize>", range(min = 0, max = QUEUE_MESSAGES_MAX))]
    pub(super) queue_messages_max: Option<Spanned<usize>>,
    /// What happens to messages above `message-size-limit`.
    pub(super) size_policy: Option<SizePolicyWord>,
    /// Epoch of the time in message identifiers.
    pub(super) id_epoch: Option<IdEpochWord>,
    /// `data-privacy hostname` also hides the name in message headers.
    pub(super) scrub_header: bool,
    /// Anonymous messages keep serial number and device identifier.
    pub(super) anonymous_keeps_udi: bool,
    /// Long text names periodic and manual messages `proactive`.
    pub(super) group_proactive: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", expecting = "a word")]
pub(super) enum RateUnitWord {
    Message,
    Event,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", expecting = "a word")]
pub(super) enum SizePolicyWord {
    Truncate,
    Drop,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", expecting = "a word")]
pub(super) enum IdEpochWord {
    Unix,
    Ntp,
}
