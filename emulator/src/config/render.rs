//! Values to configuration text: `show running-config` and what is saved by it.
//!
//! The order of the call-home block follows the reference, section 1.9.

mod profile;

use super::{
    AAA_USERNAME_DEFAULT, CallHomeSettings, Changeover, Configuration, DiagnosticSignature,
    LOG_BUFFER_BYTES_DEFAULT, MailServer, PrivacyLevel, RATE_LIMIT_PER_MINUTE_DEFAULT, SummerTime,
    TimeOfDay,
};
use crate::{
    alert_group::AlertGroup,
    call_home::schedule::DerivedMonthly,
    license::Udi,
    template::{SlotNames, SlotValues, Template},
    text::{push, push_decimal, push_line, push_padded},
    time::MONTHS,
};

/// The e-mail address that stands for the one registered with the licensing portal.
pub(super) const PORTAL_CONTACT: &str = "sch-smart-licensing@cisco.com";

/// What one device adds to a configuration that many share.
pub struct View<'a> {
    /// Fills the slots.
    pub values: &'a dyn SlotValues,
    /// The host name in force.
    pub hostname: &'a str,
    /// The schedule that follows from the device's serial number.
    pub derived: DerivedMonthly,
    /// What licenses know the device by, where it has license lines.
    pub udi: Option<&'a Udi>,
}

impl Configuration {
    /// Appends the configuration as `show running-config` prints it, from the first comment to
    /// `end`; with `all`, settings that have their default value too.
    pub fn push(&self, out: &mut Vec<u8>, view: &View<'_>, all: bool) {
        let mut writer = Writer {
            out,
            values: view.values,
            derived: Some(view.derived),
            udi: view.udi,
            all,
        };
        writer.configuration(self, Some(view.hostname));
    }

    /// The configuration as text that [`super::parse::parse`] reads back to an equal one, slots
    /// included.
    pub fn source(&self) -> String {
        let mut out = Vec::new();
        let mut writer = Writer {
            out: &mut out,
            values: &SlotNames,
            derived: None,
            udi: None,
            all: false,
        };
        writer.configuration(self, None);
        String::from_utf8_lossy(&out).into_owned()
    }
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    values: &'a dyn SlotValues,
    derived: Option<DerivedMonthly>,
    udi: Option<&'a Udi>,
    all: bool,
}

impl Writer<'_> {
    fn configuration(&mut self, configuration: &Configuration, hostname: Option<&str>) {
        let verbatim = &configuration.verbatim;
        push_line(self.out, "!");
        self.template_lines(&verbatim.before_hostname);
        let stamps = configuration.log_timestamps;
        push(self.out, "service timestamps log datetime msec");
        self.push_if(stamps.local_time, " localtime");
        self.push_if(stamps.show_timezone, " show-timezone");
        self.push_if(stamps.year, " year");
        self.end_line();
        self.when(configuration.service_call_home, "service call-home");
        push_line(self.out, "!");
        match (&configuration.hostname, hostname) {
            (Some(name), _) => self.line_with("hostname ", name, ""),
            (None, Some(name)) => {
                push(self.out, "hostname ");
                push_line(self.out, name);
            }
            (None, None) => {}
        }
        push_line(self.out, "!");
        if configuration.log_buffer_bytes != LOG_BUFFER_BYTES_DEFAULT || self.all {
            self.number_line("logging buffered ", configuration.log_buffer_bytes.into());
        }
        self.template_lines(&verbatim.before_call_home);
        self.clock(configuration);
        self.call_home(&configuration.call_home);
        self.lines_around_udi(&verbatim.after_call_home);
        self.optional("ip domain name ", &configuration.domain_name, false);
        self.optional(
            "ip http client source-interface ",
            &configuration.http_client_source_interface,
            false,
        );
        let traps = configuration.traps;
        if traps.message_send_fail || traps.server_fail {
            push(self.out, "snmp-server enable traps call-home");
            self.push_if(traps.message_send_fail, " message-send-fail");
            self.push_if(traps.server_fail, " server-fail");
            self.end_line();
        }
        push_line(self.out, "!");
        push_line(self.out, "end");
    }

    /// Appends `lines` with what licenses know the device by where devices print it: behind voice and
    /// certificates, before everything else.
    fn lines_around_udi(&mut self, lines: &[Template]) {
        let certificates = lines.iter().take_while(|line| {
            let line = line.source();
            let first = line.split_whitespace().next().unwrap_or_default();
            line.starts_with(' ') || matches!(first, "crypto" | "voice" | "!")
        });
        let (above, below) = lines.split_at(certificates.count());
        self.template_lines(above);
        if let Some(udi) = self.udi {
            push(self.out, "license udi pid ");
            push(self.out, &udi.pid);
            push(self.out, " sn ");
            push_line(self.out, &udi.serial);
        }
        self.template_lines(below);
    }

    fn clock(&mut self, configuration: &Configuration) {
        if let Some(zone) = &configuration.clock.zone {
            push(self.out, "clock timezone ");
            push(self.out, &zone.name);
            push(self.out, if zone.hours < 0 { " -" } else { " " });
            push_decimal(self.out, zone.hours.unsigned_abs().into());
            self.out.push(b' ');
            push_decimal(self.out, zone.minutes.into());
            self.end_line();
        }
        if let Some(summer) = &configuration.clock.summer {
            push(self.out, "clock summer-time ");
            push(self.out, &summer.name);
            push(self.out, " recurring");
            let default = SummerTime::recurring(&summer.name);
            if *summer != default {
                self.changeover(summer.begin);
                self.changeover(summer.end);
                if summer.offset_minutes != default.offset_minutes {
                    self.out.push(b' ');
                    push_decimal(self.out, summer.offset_minutes.into());
                }
            }
            self.end_line();
        }
    }

    fn changeover(&mut self, day: Changeover) {
        const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        self.out.push(b' ');
        match day.week {
            5 => push(self.out, "last"),
            week => push_decimal(self.out, week.into()),
        }
        self.out.push(b' ');
        push(self.out, WEEKDAYS[usize::from(day.weekday % 7)]);
        self.out.push(b' ');
        push(self.out, MONTHS[usize::from(day.month.clamp(1, 12)) - 1]);
        self.out.push(b' ');
        self.time(day.at);
    }

    fn call_home(&mut self, settings: &CallHomeSettings) {
        if *settings == CallHomeSettings::default() && !self.all {
            return;
        }
        push_line(self.out, "call-home");
        for group in AlertGroup::ALL {
            let enabled = settings.alert_groups.contains(group);
            if !enabled || self.all {
                push(
                    self.out,
                    if enabled {
                        " alert-group "
                    } else {
                        " no alert-group "
                    },
                );
                push_line(self.out, group.keyword());
            }
        }
        if !settings.snapshot_commands.is_empty() {
            push_line(self.out, " alert-group-config snapshot");
            for command in &settings.snapshot_commands {
                push(self.out, "  add-command \"");
                push(self.out, command);
                push_line(self.out, "\"");
            }
        }
        self.contact(settings);
        self.transport(settings);
        self.policy(settings);
        for profile in &settings.profiles {
            self.profile(profile);
        }
        self.signature(&settings.diagnostic_signature);
        push_line(self.out, "!");
    }

    fn signature(&mut self, signature: &DiagnosticSignature) {
        if *signature == DiagnosticSignature::default() {
            return;
        }
        push_line(self.out, " diagnostic-signature");
        self.when(!signature.active, "  no active");
        if let Some(name) = &signature.profile {
            push(self.out, "  profile \"");
            push(self.out, name);
            push_line(self.out, "\"");
        }
        for line in &signature.environment {
            push(self.out, "  environment ");
            push_line(self.out, line);
        }
    }

    fn contact(&mut self, settings: &CallHomeSettings) {
        let contact = &settings.contact_email;
        if contact
            .as_ref()
            .is_some_and(|contact| contact.source() == PORTAL_CONTACT)
        {
            push_line(
                self.out,
                " ! If contact email address in call-home is configured as sch-smart-licensing@cisco.com",
            );
            push_line(
                self.out,
                " ! the email address configured in Cisco Smart License Portal will be used as contact email address to send SCH notifications.",
            );
        }
        self.optional(" contact-email-addr ", contact, false);
        self.optional(" phone-number ", &settings.phone_number, true);
        self.optional(" street-address ", &settings.street_address, true);
        self.optional(" customer-id ", &settings.customer_id, true);
        self.optional(" contract-id ", &settings.contract_id, true);
        self.optional(" site-id ", &settings.site_id, true);
        self.optional(" sender from ", &settings.sender_from, false);
        self.optional(" sender reply-to ", &settings.sender_reply_to, false);
    }

    fn transport(&mut self, settings: &CallHomeSettings) {
        self.optional(" source-interface ", &settings.source_interface, false);
        self.optional(" source-ip-address ", &settings.source_ip_address, false);
        self.optional(" vrf ", &settings.vrf, false);
        for server in &settings.mail_servers {
            self.mail_server(server);
        }
        if let Some(proxy) = &settings.http_proxy {
            push(self.out, " http-proxy \"");
            proxy.host.push(self.out, self.values);
            self.number_line("\" port ", proxy.port.into());
        }
        self.when(
            settings.http_ipv4_first,
            " http resolve-hostname ipv4-first",
        );
        self.when(
            !settings.http_identity_check,
            " no http secure server-identity-check",
        );
        if self.all && settings.http_identity_check {
            push_line(self.out, " http secure server-identity-check");
        }
    }

    fn mail_server(&mut self, server: &MailServer) {
        push(self.out, " mail-server ");
        server.host.push(self.out, self.values);
        push(self.out, " priority ");
        push_decimal(self.out, server.priority.into());
        push_line(self.out, if server.tls { " secure tls" } else { "" });
    }

    fn policy(&mut self, settings: &CallHomeSettings) {
        if settings.rate_limit_per_minute != RATE_LIMIT_PER_MINUTE_DEFAULT || self.all {
            self.number_line(" rate-limit ", settings.rate_limit_per_minute.into());
        }
        self.when(settings.aaa_authorization, " aaa-authorization");
        self.optional(
            " aaa-authorization username ",
            &settings.aaa_username,
            false,
        );
        if self.all {
            self.when(!settings.aaa_authorization, " no aaa-authorization");
            if settings.aaa_username.is_none() {
                push(self.out, " aaa-authorization username ");
                push_line(self.out, AAA_USERNAME_DEFAULT);
            }
        }
        match settings.privacy_level {
            PrivacyLevel::High => push_line(self.out, " data-privacy level high"),
            PrivacyLevel::Normal => self.when(self.all, " data-privacy level normal"),
        }
        self.when(settings.privacy_hostname, " data-privacy hostname");
        self.when(!settings.syslog_throttling, " no syslog-throttling");
        self.when(self.all && settings.syslog_throttling, " syslog-throttling");
    }

    fn time(&mut self, at: TimeOfDay) {
        push_padded(self.out, at.hour.into(), 2);
        self.out.push(b':');
        push_padded(self.out, at.minute.into(), 2);
    }

    fn optional(&mut self, prefix: &str, value: &Option<Template>, quoted: bool) {
        if let Some(value) = value {
            let quote = if quoted { "\"" } else { "" };
            push(self.out, prefix);
            self.line_with(quote, value, quote);
        }
    }

    fn line_with(&mut self, prefix: &str, value: &Template, suffix: &str) {
        push(self.out, prefix);
        value.push(self.out, self.values);
        push_line(self.out, suffix);
    }

    fn template_lines(&mut self, lines: &[Template]) {
        for line in lines {
            self.line_with("", line, "");
        }
    }

    fn number_line(&mut self, prefix: &str, number: u64) {
        push(self.out, prefix);
        push_decimal(self.out, number);
        self.end_line();
    }

    fn push_if(&mut self, on: bool, text: &str) {
        if on {
            push(self.out, text);
        }
    }

    fn when(&mut self, on: bool, line: &str) {
        if on {
            push_line(self.out, line);
        }
    }

    fn end_line(&mut self) {
        self.out.push(b'\n');
    }
}
