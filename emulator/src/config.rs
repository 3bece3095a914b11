//! A device's configuration as values.
//!
//! Text becomes values in [`parse`], values become text in `render`; both follow the one table in
//! `grammar`. Values that contain slots such as `{serial}` stay unfilled here, so that a fleet
//! shares one configuration; see [`crate::template`].
//! Guide: Configuring Call Home; command reference, Call Home commands.

pub(crate) mod apply;
mod diagnostic;
pub(crate) mod grammar;
pub(crate) mod keywords;
pub(crate) mod matching;
pub(crate) mod names;
pub mod parse;
mod privacy;
pub mod profile;
mod render;
mod row;
pub(crate) mod verbatim;
pub(crate) mod words;
mod zone;

use std::sync::Arc;

pub use apply::{Mode, Refusal};
pub use parse::{Diagnostic, Level, Parsed};
pub use privacy::scrub;
pub use profile::{
    MessageFormat, Pattern, Profile, ProfileId, ProfileKind, Schedule, Subscriptions,
    SyslogSubscription, TimeOfDay,
};
pub use render::View;
pub use zone::{Changeover, ClockSettings, SummerTime, TimeZoneSetting};

use crate::{
    alert_group::AlertGroupSet,
    template::{SlotValues, Template},
};

/// Most mail servers a device accepts.
pub const MAIL_SERVERS_MAX: usize = 5;
/// Most messages one device sends in a minute unless configured otherwise.
pub const RATE_LIMIT_PER_MINUTE_DEFAULT: u8 = 20;
/// Largest rate limit a device accepts.
pub const RATE_LIMIT_PER_MINUTE_MAX: u8 = 60;
const _: () = assert!(RATE_LIMIT_PER_MINUTE_DEFAULT <= RATE_LIMIT_PER_MINUTE_MAX);
/// Size of the log buffer unless configured otherwise, in bytes.
pub const LOG_BUFFER_BYTES_DEFAULT: u32 = 4096;
/// Most destination profiles a device accepts, the predefined one included.
pub const PROFILES_MAX: usize = 64;
/// Most entries of each list in a configuration: addresses and patterns of a profile, snapshot
/// commands.
pub const LIST_ENTRIES_MAX: usize = 256;
/// Name of the predefined profile.
pub const TAC_PROFILE: &str = "CiscoTAC-1";
/// User name under which commands run for Call Home unless configured otherwise.
pub const AAA_USERNAME_DEFAULT: &str = "callhome";

/// The configuration of one device, or of many that differ only in their identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// `hostname`; without it a device is called as its fleet names it.
    pub hostname: Option<Template>,
    /// `service call-home`.
    pub service_call_home: bool,
    /// `service timestamps log datetime`.
    pub log_timestamps: LogTimestamps,
    /// `logging buffered`: size of the log buffer in bytes.
    pub log_buffer_bytes: u32,
    /// `clock timezone` and `clock summer-time`.
    pub clock: ClockSettings,
    /// `snmp-server enable traps call-home`.
    pub traps: TrapSettings,
    /// `ip http client source-interface`.
    pub http_client_source_interface: Option<Template>,
    /// `ip domain name`.
    pub domain_name: Option<Template>,
    /// The `call-home` block.
    pub call_home: CallHomeSettings,
    /// `license udi`: the device that the text was written for, as `PID:SN`. A device that boots another's
    /// configuration warns, and writes its own when it saves.
    pub udi: Option<Template>,
    /// Lines that Call Home does not interpret.
    pub verbatim: Verbatim,
}

/// Lines that Call Home does not interpret, with their indentation, where devices print them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verbatim {
    /// Before the host name: versions and services.
    pub before_hostname: Vec<Template>,
    /// Between the host name and the call-home block: boot, passwords, authentication.
    pub before_call_home: Vec<Template>,
    /// Everything else.
    pub after_call_home: Vec<Template>,
}

/// How log lines are stamped (`service timestamps log datetime ...`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LogTimestamps {
    /// Stamps show local time rather than UTC.
    pub local_time: bool,
    /// Stamps end with the name of the zone.
    pub show_timezone: bool,
    /// Stamps show the year.
    pub year: bool,
}

/// Which Call Home traps are sent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TrapSettings {
    /// All mail servers failed.
    pub message_send_fail: bool,
    /// One mail server failed.
    pub server_fail: bool,
}

/// How much of a configuration is hidden in messages (`data-privacy level`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PrivacyLevel {
    /// Passwords and other secrets.
    #[default]
    Normal,
    /// Also domain names and addresses.
    High,
}

/// One mail server.
#[derive(Clone, Debug, PartialEq)]
pub struct MailServer {
    /// Name or address, with `user:password@` before it when the server wants authentication.
    pub host: Template,
    /// 1 to 100; the lowest is tried first.
    pub priority: u8,
    /// Whether the connection is secured by STARTTLS.
    pub tls: bool,
}

impl MailServer {
    /// Its name or address, without what it is logged in to with.
    pub(crate) fn address(&self, values: &dyn SlotValues) -> Arc<str> {
        let host = self.host.fill(values);
        match host.rsplit_once('@') {
            Some((_, address)) => address.into(),
            None => host,
        }
    }
}

/// The HTTP proxy.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpProxy {
    /// Name or address.
    pub host: Template,
    /// TCP port.
    pub port: u16,
}

/// The `diagnostic-signature` part of the `call-home` block. Signatures are never fetched: what is
/// configured is kept and shown.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagnosticSignature {
    /// `active`.
    pub active: bool,
    /// `profile`: what signatures would be fetched by, unless it is the predefined profile.
    pub profile: Option<Arc<str>>,
    /// `environment`: names with values, as they were typed.
    pub environment: Vec<Arc<str>>,
}

impl Default for DiagnosticSignature {
    fn default() -> Self {
        Self {
            active: true,
            profile: None,
            environment: Vec::new(),
        }
    }
}

impl DiagnosticSignature {
    /// The profile that signatures are fetched by.
    pub fn profile_name(&self) -> &str {
        self.profile.as_deref().unwrap_or(TAC_PROFILE)
    }
}

/// The `call-home` block.
#[derive(Clone, Debug, PartialEq)]
pub struct CallHomeSettings {
    /// `aaa-authorization`.
    pub aaa_authorization: bool,
    /// `aaa-authorization username`.
    pub aaa_username: Option<Template>,
    /// Alert groups that are enabled.
    pub alert_groups: AlertGroupSet,
    /// `alert-group-config snapshot`: the commands of snapshot messages.
    pub snapshot_commands: Vec<Arc<str>>,
    /// `contact-email-addr`.
    pub contact_email: Option<Template>,
    /// `phone-number`.
    pub phone_number: Option<Template>,
    /// `street-address`.
    pub street_address: Option<Template>,
    /// `customer-id`.
    pub customer_id: Option<Template>,
    /// `contract-id`.
    pub contract_id: Option<Template>,
    /// `site-id`.
    pub site_id: Option<Template>,
    /// `sender from`.
    pub sender_from: Option<Template>,
    /// `sender reply-to`.
    pub sender_reply_to: Option<Template>,
    /// `source-interface`, for mail.
    pub source_interface: Option<Template>,
    /// `source-ip-address`, for mail.
    pub source_ip_address: Option<Template>,
    /// `vrf`, for mail.
    pub vrf: Option<Template>,
    /// `mail-server`, in the order they are tried.
    pub mail_servers: Vec<MailServer>,
    /// `http-proxy`.
    pub http_proxy: Option<HttpProxy>,
    /// `http resolve-hostname ipv4-first`.
    pub http_ipv4_first: bool,
    /// `http secure server-identity-check`.
    pub http_identity_check: bool,
    /// `rate-limit`, messages a minute.
    pub rate_limit_per_minute: u8,
    /// `data-privacy level`.
    pub privacy_level: PrivacyLevel,
    /// `data-privacy hostname`.
    pub privacy_hostname: bool,
    /// `syslog-throttling`.
    pub syslog_throttling: bool,
    /// `diagnostic-signature`.
    pub diagnostic_signature: DiagnosticSignature,
    /// Destination profiles: `CiscoTAC-1` first, then the others by name.
    pub profiles: Vec<Profile>,
}

impl Default for CallHomeSettings {
    fn default() -> Self {
        Self {
            aaa_authorization: false,
            aaa_username: None,
            alert_groups: AlertGroupSet::ALL,
            snapshot_commands: Vec::new(),
            contact_email: None,
            phone_number: None,
            street_address: None,
            customer_id: None,
            contract_id: None,
            site_id: None,
            sender_from: None,
            sender_reply_to: None,
            source_interface: None,
            source_ip_address: None,
            vrf: None,
            mail_servers: Vec::new(),
            http_proxy: None,
            http_ipv4_first: false,
            http_identity_check: true,
            rate_limit_per_minute: RATE_LIMIT_PER_MINUTE_DEFAULT,
            privacy_level: PrivacyLevel::Normal,
            privacy_hostname: false,
            syslog_throttling: true,
            diagnostic_signature: DiagnosticSignature::default(),
            profiles: vec![Profile::tac()],
        }
    }
}

impl CallHomeSettings {
    /// The profile called `name`, whatever the case.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles
            .iter()
            .find(|profile| profile.name.eq_ignore_ascii_case(name))
    }

    /// The profile with `id`.
    pub fn profile_by_id(&self, id: ProfileId) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }

    fn profile_mut(&mut self, name: &str) -> Option<&mut Profile> {
        self.profiles
            .iter_mut()
            .find(|profile| profile.name.eq_ignore_ascii_case(name))
    }

    /// Adds `profile`, gives it an unused id and keeps the order.
    fn add_profile(&mut self, mut profile: Profile) {
        let used = self.profiles.iter().map(|profile| profile.id.0).max();
        profile.id = ProfileId(used.map_or(0, |id| id.saturating_add(1)));
        self.profiles.push(profile);
        self.sort_profiles();
    }

    /// Numbers the profiles by their order, so that equal configurations are equal however they
    /// were written. Only for a configuration that no device runs yet.
    fn renumber_profiles(&mut self) {
        for (id, profile) in (0..).zip(&mut self.profiles) {
            profile.id = ProfileId(id);
        }
    }

    fn sort_profiles(&mut self) {
        self.profiles.sort_by_key(|profile| {
            let user = profile.kind == ProfileKind::User;
            (user, profile.name.to_ascii_lowercase())
        });
    }
}

impl Default for Configuration {
    /// A device that has never been configured: `CiscoTAC-1` exists, the service is off.
    fn default() -> Self {
        Self {
            hostname: None,
            service_call_home: false,
            log_timestamps: LogTimestamps::default(),
            log_buffer_bytes: LOG_BUFFER_BYTES_DEFAULT,
            clock: ClockSettings::default(),
            traps: TrapSettings::default(),
            http_client_source_interface: None,
            domain_name: None,
            call_home: CallHomeSettings::default(),
            udi: None,
            verbatim: Verbatim::default(),
        }
    }
}
