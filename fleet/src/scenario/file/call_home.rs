//! `[call-home]`: what every device does otherwise than its configuration says.

use serde::Deserialize;
use toml::Spanned;

use super::whole::whole_if_any;
use crate::units::Period;

/// What every device does otherwise than its configuration says.
#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(in crate::scenario) struct CallHomeTable {
    #[serde(deserialize_with = "whole_if_any::<_, _, 1, 60>")]
    pub(in crate::scenario) rate_limit: Option<Spanned<u8>>,
    pub(in crate::scenario) syslog_throttling: Option<bool>,
    pub(in crate::scenario) severity: Option<Spanned<String>>,
    pub(in crate::scenario) pattern: Option<Spanned<String>>,
    pub(in crate::scenario) schedule_spread: Option<Period>,
}
