//! `show call-home` and its variants that show settings.
//!
//! Texts and white space follow the reference, sections 5.1 to 5.4, 5.8 and 5.9, for each vintage.

mod events;
mod profile;
mod statistics;

use crate::{
    alert_group::AlertGroup,
    config::{AAA_USERNAME_DEFAULT, CallHomeSettings, Configuration, PrivacyLevel, Profile},
    device::DeviceView,
    platform::Vintage,
    template::Template,
    text::{push, push_line},
};

/// What stands for a value that nobody has set.
const UNSET: &str = "Not yet set up";

/// The variants of `show call-home`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Page {
    /// `show call-home`.
    Summary,
    /// `show call-home detail`.
    Detail,
    /// `show call-home alert-group`.
    AlertGroups,
    /// `show call-home events`.
    Events,
    /// `show call-home profile all`.
    Profiles,
    /// `show call-home profile NAME`.
    Profile(String),
    /// `show call-home statistics`.
    Statistics,
    /// `show call-home version`.
    Version,
    /// `show call-home smart-licensing`.
    SmartLicensing,
    /// `show call-home diagnostic-signature`.
    DiagnosticSignature,
}

impl Page {
    /// The variant that the command `line`, with its keywords in full, asks for.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("show call-home")?;
        Some(match rest.trim_start() {
            "" => Self::Summary,
            "detail" => Self::Detail,
            "alert-group" => Self::AlertGroups,
            "events" => Self::Events,
            "profile all" => Self::Profiles,
            "statistics" => Self::Statistics,
            "version" => Self::Version,
            "smart-licensing" => Self::SmartLicensing,
            "diagnostic-signature" => Self::DiagnosticSignature,
            rest => Self::Profile(rest.strip_prefix("profile ")?.to_owned()),
        })
    }

    /// Whether devices of `vintage` have the variant.
    pub(crate) fn is_known_to(&self, vintage: Vintage) -> bool {
        match self {
            Self::Events | Self::Version | Self::SmartLicensing | Self::DiagnosticSignature => {
                vintage == Vintage::V3
            }
            Self::Summary
            | Self::Detail
            | Self::AlertGroups
            | Self::Profiles
            | Self::Profile(_)
            | Self::Statistics => true,
        }
    }
}

/// Appends the output of `page`.
pub(super) fn push_page(out: &mut Vec<u8>, view: &DeviceView<'_>, page: &Page) {
    let mut writer = Writer { out, view };
    match page {
        Page::Summary => writer.summary(),
        Page::Detail => writer.detail(),
        Page::AlertGroups => writer.alert_groups(),
        Page::Events => writer.events(),
        Page::Profiles => writer.profiles(),
        Page::Profile(name) => match view.running().call_home.profile(name) {
            Some(profile) => writer.profile(profile),
            None => writer.line(&format!("% Profile {name} does not exist")),
        },
        Page::Statistics => writer.statistics(),
        Page::Version => writer
            .line("Call-Home Version 3.0\nComponent Version:\n call-home: UNKNOWN\n eem-call-home: UNKNOWN"),
        Page::SmartLicensing => writer.smart_licensing(),
        Page::DiagnosticSignature => writer.diagnostic_signature(),
    }
}

/// Writes one output.
struct Writer<'w, 'v> {
    out: &'w mut Vec<u8>,
    view: &'w DeviceView<'v>,
}

impl Writer<'_, '_> {
    fn line(&mut self, line: &str) {
        push_line(self.out, line);
    }

    fn vintage(&self) -> Vintage {
        self.view.platform().vintage
    }

    /// `value` with its slots filled, or what stands for none.
    fn value(&self, value: Option<&Template>) -> String {
        match value {
            Some(value) => value.fill(&self.view.identity_values()).to_string(),
            None => UNSET.to_owned(),
        }
    }

    fn settings(&self) -> &CallHomeSettings {
        &self.view.device.configuration().call_home
    }

    /// The profiles in the order in which outputs list them.
    fn sorted(settings: &CallHomeSettings) -> Vec<&Profile> {
        let mut profiles: Vec<_> = settings.profiles.iter().collect();
        profiles.sort_by_key(|profile| profile.name.to_ascii_lowercase());
        profiles
    }

    fn summary(&mut self) {
        self.overview();
        self.line("\nProfiles:");
        let settings = &self.view.running().call_home;
        for profile in Self::sorted(settings) {
            self.line(&format!("    Profile Name: {}", profile.name));
        }
    }

    fn detail(&mut self) {
        self.overview();
        // The blank behind the colon is the device's own.
        self.line("\nProfiles: \n");
        self.profiles();
    }

    fn profiles(&mut self) {
        let settings = &self.view.running().call_home;
        for profile in Self::sorted(settings) {
            self.profile(profile);
        }
    }

    /// Settings and alert groups.
    fn overview(&mut self) {
        self.contact();
        self.transport();
        if self.vintage() == Vintage::V3 {
            self.selected_profiles();
        }
        self.policy();
        self.line("");
        self.alert_groups();
    }

    fn contact(&mut self) {
        let running = self.view.running();
        let settings = &running.call_home;
        let feature = if running.service_call_home {
            "enable"
        } else {
            "disable"
        };
        let text = format!(
            "Current call home settings:\n\
             \x20   call home feature : {feature}\n\
             \x20   call home message's from address: {}\n\
             \x20   call home message's reply-to address: {}\n\n\
             \x20   vrf for call-home messages: {}\n\n\
             \x20   contact person's email address: {}\n\n\
             \x20   contact person's phone number: {}\n\
             \x20   street address: {}\n\
             \x20   customer ID: {}\n\
             \x20   contract ID: {}\n\
             \x20   site ID: {}\n",
            self.value(settings.sender_from.as_ref()),
            self.value(settings.sender_reply_to.as_ref()),
            self.value(settings.vrf.as_ref()),
            self.value(settings.contact_email.as_ref()),
            self.value(settings.phone_number.as_ref()),
            self.value(settings.street_address.as_ref()),
            self.value(settings.customer_id.as_ref()),
            self.value(settings.contract_id.as_ref()),
            self.value(settings.site_id.as_ref()),
        );
        self.line(&text);
    }

    fn transport(&mut self) {
        let settings = &self.view.running().call_home;
        let vintage = self.vintage();
        if vintage != Vintage::Legacy {
            let address = self.value(settings.source_ip_address.as_ref());
            let interface = self.value(settings.source_interface.as_ref());
            self.line(&format!("    source ip address: {address}"));
            self.line(&format!("    source interface: {interface}"));
        }
        self.mail_servers();
        if vintage != Vintage::Legacy {
            let proxy = match &settings.http_proxy {
                Some(proxy) => format!("{}:{}", self.value(Some(&proxy.host)), proxy.port),
                None => UNSET.to_owned(),
            };
            self.line(&format!("    http proxy: {proxy}"));
        }
        if vintage == Vintage::V3 {
            let check = if settings.http_identity_check {
                "enabled"
            } else {
                "disabled"
            };
            let resolve = if settings.http_ipv4_first {
                "ipv4-first"
            } else {
                "default"
            };
            self.line(&format!(
                "    http secure:\n      server identity check: {check}\n    http resolve-hostname: {resolve}"
            ));
        }
        self.line("");
    }

    fn mail_servers(&mut self) {
        let servers = &self.view.running().call_home.mail_servers;
        if servers.is_empty() {
            self.line(&format!("    Mail-server: {UNSET}"));
        }
        for position in 0..servers.len() {
            let line = mail_server(self.view, position, " ");
            self.line(&line);
        }
    }

    fn selected_profiles(&mut self) {
        let settings = &self.view.running().call_home;
        let signature = &settings.diagnostic_signature;
        if signature.active {
            self.line("    Diagnostic signature: enabled");
            let profile = signature_profile(settings);
            self.line(&format!("    Profile: {profile}\n"));
        } else {
            self.line("    Diagnostic signature: disabled\n");
        }
        match licensing_profile(self.view.running()) {
            Some(profile) => {
                self.line("    Smart licensing messages: enabled");
                self.line(&format!("    Profile: {}\n", with_status(profile)));
            }
            None => self.line("    Smart licensing messages: disabled\n"),
        }
    }

    fn policy(&mut self) {
        let settings = &self.view.running().call_home;
        if self.vintage() == Vintage::Legacy {
            self.line(&format!(
                "    Rate-limit: {} message(s) per minute",
                settings.rate_limit_per_minute
            ));
            return;
        }
        let on = |on: bool| if on { "enable" } else { "disable" };
        let username = match &settings.aaa_username {
            Some(username) if username.source() != AAA_USERNAME_DEFAULT => {
                self.value(Some(username))
            }
            Some(_) | None => format!("{AAA_USERNAME_DEFAULT} (default)"),
        };
        let level = match settings.privacy_level {
            PrivacyLevel::Normal => "normal",
            PrivacyLevel::High => "high",
        };
        let hostname = if settings.privacy_hostname {
            ", hostname"
        } else {
            ""
        };
        let text = format!(
            "    aaa-authorization: {}\n    aaa-authorization username: {username}\n\
             \x20   data-privacy: {level}{hostname}\n    syslog throttling: {}\n\n\
             \x20   Rate-limit: {} message(s) per minute\n",
            on(settings.aaa_authorization),
            on(settings.syslog_throttling),
            settings.rate_limit_per_minute,
        );
        self.line(&text);
        if settings.snapshot_commands.is_empty() {
            self.line(&format!("    Snapshot command: {UNSET}"));
        }
        for (position, command) in settings.snapshot_commands.iter().enumerate() {
            self.line(&format!("    Snapshot command[{position}]: {command}"));
        }
    }

    fn alert_groups(&mut self) {
        self.line(
            "Available alert groups:\n    Keyword                  State   Description\n    \
             ------------------------ ------- -------------------------------",
        );
        let enabled = self.settings().alert_groups;
        for group in AlertGroup::ALL {
            if self.view.platform().groups.contains(group) {
                let state = if enabled.contains(group) {
                    "Enable"
                } else {
                    "Disable"
                };
                let (keyword, text) = (group.keyword(), group.description());
                self.line(&format!("    {keyword:<24} {state:<7} {text}"));
            }
        }
    }

    fn smart_licensing(&mut self) {
        self.line("Current smart-licensing transport settings:");
        let Some(profile) = licensing_profile(self.view.running()) else {
            return self.line(" Smart-license messages: disabled");
        };
        let url = self.value(profile.url().as_ref());
        self.line(&format!(
            " Smart-license messages: enabled\n Profile: {}\n Destination  URL(s):  {url}",
            with_status(profile)
        ));
    }

    fn diagnostic_signature(&mut self) {
        let settings = &self.view.running().call_home;
        let signature = &settings.diagnostic_signature;
        self.line("Current diagnostic-signature settings:");
        if signature.active {
            let url = settings
                .profile(signature.profile_name())
                .and_then(Profile::url);
            let url = self.value(url.as_ref());
            self.line(&format!(
                " Diagnostic-signature: enabled\n Profile: {}\n Downloading  URL(s):  {url}",
                signature_profile(settings)
            ));
        } else {
            self.line(" Diagnostic-signature: disabled");
        }
        self.line(" Environment variable:");
        if signature.environment.is_empty() {
            self.line(&format!("           {UNSET}"));
        }
        for variable in &signature.environment {
            self.line(&format!("           {variable}"));
        }
        self.line("\nDownloaded DSes:");
        let mut stamp = Vec::new();
        self.view.local(self.view.now).push_stamp(&mut stamp);
        let stamp = String::from_utf8_lossy(&stamp).into_owned();
        let zone = stamp.rsplit(' ').next().unwrap_or_default();
        self.line(&format!(
            "{:61}Last Update\n{:<49}{:<12}({zone})\n\
             -------- ------------------------------- -------- ---------- -------------------",
            "", "DS ID    DS Name                         Revision", " Status"
        ));
    }
}

/// The line of the mail server at `position`, from 0, with `gap` before its security.
pub(crate) fn mail_server(view: &DeviceView<'_>, position: usize, gap: &str) -> String {
    let servers = &view.running().call_home.mail_servers;
    let Some(server) = servers.get(position) else {
        return String::new();
    };
    let host = server.address(&view.identity_values());
    let secure = match (view.platform().vintage, server.tls) {
        (Vintage::Legacy | Vintage::V2, _) => String::new(),
        (Vintage::V3, false) => format!("{gap}Secure: none"),
        (Vintage::V3, true) => format!("{gap}Secure: tls"),
    };
    let (number, priority) = (position + 1, server.priority);
    format!("    Mail-server[{number}]: Address: {host} Priority: {priority}{secure}")
}

/// The profile that carries licensing messages: an active one before others. Without the service,
/// none does.
fn licensing_profile(running: &Configuration) -> Option<&Profile> {
    let settings = Some(&running.call_home).filter(|_| running.service_call_home)?;
    let reporting = || settings.profiles.iter().filter(|own| own.reports_licensing);
    reporting()
        .find(|own| own.active)
        .or_else(|| reporting().next())
}

/// The profile that diagnostic signatures are fetched by.
fn signature_profile(settings: &CallHomeSettings) -> String {
    let name = settings.diagnostic_signature.profile_name();
    settings
        .profile(name)
        .map_or_else(|| name.to_owned(), with_status)
}

fn with_status(profile: &Profile) -> String {
    format!("{} (status: {})", profile.name, status(profile))
}

fn status(profile: &Profile) -> &'static str {
    if profile.active { "ACTIVE" } else { "INACTIVE" }
}

/// The device's wall clock at the instant of a message, as outputs print it.
fn push_stamp(out: &mut Vec<u8>, view: &DeviceView<'_>, at: Option<jiff::Timestamp>) {
    match at {
        Some(at) => view.local(at).push_stamp(out),
        None => push(out, "n/a"),
    }
}
