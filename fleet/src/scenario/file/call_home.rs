//! `[call-home]`: what every device does otherwise than its configuration says.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::whole::whole_if_any;
use crate::units::Period;

/// What every device does otherwise than its configuration says.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(in crate::scenario) struct CallHomeTable {
    /// Messages a minute, `rate-limit`.
    #[serde(deserialize_with = "whole_if_any::<_, _, 1, 60>")]
    #[schemars(with = "Option<u8>", range(min = 1, max = 60))]
    pub(in crate::scenario) rate_limit: Option<Spanned<u8>>,
    /// Whether repeated log lines are suppressed, `syslog-throttling`.
    pub(in crate::scenario) syslog_throttling: Option<bool>,
    /// Least severity of the syslog subscriptions of users' profiles.
    #[schemars(schema_with = "crate::scenario::schema::severities")]
    pub(in crate::scenario) severity: Option<Spanned<String>>,
    /// Their pattern.
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) pattern: Option<Spanned<String>>,
    /// Periodic messages come later than scheduled by less than that, each device by a time of its
    /// own that follows from its serial number; `show call-home` shows the nominal time.
    pub(in crate::scenario) schedule_spread: Option<Period>,
}
