//! Licenses, who signs them, and the servers that hand them out, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::whole::whole_if_any;
use crate::units::Period;

/// What the devices know of those who license them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a table"
)]
pub(in crate::scenario) struct LicensingTable {
    /// Issuers whom all devices trust besides: a number, 64 hexadecimal digits (`fleet license key`
    /// prints them), and whether the key has been revoked (`false`).
    #[schemars(with = "Vec<TrustedKeyTable>")]
    pub(in crate::scenario) trusted_keys: Vec<Spanned<TrustedKeyTable>>,
    /// The devices' own keys, which sign credentials and rehost tickets, follow from it.
    pub(in crate::scenario) secret: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct TrustedKeyTable {
    /// The number of the issuer.
    pub(in crate::scenario) id: u16,
    /// 64 hexadecimal digits, as `fleet license key` prints them.
    pub(in crate::scenario) public_key: String,
    /// Whether the key has been revoked.
    #[serde(default)]
    pub(in crate::scenario) revoked: bool,
}

/// A license that is granted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct LicenseTable {
    /// The feature, as in `"securityk9"`; one that the image does not know is stored and does
    /// nothing.
    #[schemars(with = "String")]
    pub(in crate::scenario) feature: Spanned<String>,
    /// Kind of license.
    #[serde(default)]
    #[schemars(schema_with = "crate::scenario::schema::license_kinds")]
    pub(in crate::scenario) kind: Option<Spanned<String>>,
    /// Time of use; for evaluation, extension and grace-period licenses, and for no others.
    #[serde(default)]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) period: Option<Spanned<Period>>,
    /// How many users.
    #[serde(
        default,
        deserialize_with = "whole_if_any::<_, _, 1, { u32::MAX as u64 - 1 }>"
    )]
    #[schemars(with = "Option<u32>", range(min = 1, max = u32::MAX as u64 - 1))]
    pub(in crate::scenario) count: Option<Spanned<u32>>,
    /// First day of a subscription, as in `"2026-12-31"`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) start: Option<Spanned<String>>,
    /// Last day of a subscription.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) end: Option<Spanned<String>>,
    /// Adds to other licenses of its feature; one that does not is refused where another such is.
    #[serde(default)]
    pub(in crate::scenario) additive: Option<bool>,
    /// Product authorization key that it was ordered with.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) pak: Option<Spanned<String>>,
    /// Test issuer who signs; devices trust 1 and 2, have revoked 3, and know no others.
    #[serde(default)]
    pub(in crate::scenario) issuer: Option<u16>,
    /// What is wrong with the file: `byte-order-mark`, `tampered`, `truncated`, `doubled-blank`,
    /// `wrong-root`, `inconsistent`, `other-device`, `empty`, `carriage-returns` (which does no
    /// harm).
    #[serde(default)]
    #[schemars(schema_with = "crate::scenario::schema::flaws")]
    pub(in crate::scenario) flaw: Option<Spanned<String>>,
}

/// A file on a server that devices reach without a network.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct FileTable {
    /// A file on a server that devices reach without a network, by `tftp`, `ftp`, `http`, `https`,
    /// `scp` or `rcp`; the path `*` is every path.
    #[schemars(with = "String")]
    pub(in crate::scenario) url: Spanned<String>,
    /// What is in it; up to 4 MiB. Exactly one of `source` and `licenses`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(in crate::scenario) source: Option<Spanned<String>>,
    /// A license file that is made for whoever asks.
    #[serde(default)]
    #[schemars(with = "Vec<LicenseTable>")]
    pub(in crate::scenario) licenses: Vec<Spanned<LicenseTable>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct FileServerTable {
    /// What devices call a file server that really exists; asked for whatever no `[[file]]` names.
    #[schemars(with = "String")]
    pub(in crate::scenario) host: Spanned<String>,
    /// Where it is (ports 69, 80 and 443); one that is neither on this machine nor in a private
    /// network needs `--allow-target`.
    #[schemars(with = "String")]
    pub(in crate::scenario) target: Spanned<String>,
}
