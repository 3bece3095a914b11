//! Which keys of a traffic belong to which event.

use toml::Spanned;

use super::super::Findings;
use crate::scenario::file::{EventWord, TrafficTable};

/// Refuses keys that mean nothing to the event, or to a log line.
pub(super) fn check(table: &TrafficTable, findings: &mut Findings) {
    let event = table.event.as_ref().map(|event| *event.get_ref());
    if event.is_none() && table.syslog.is_none() {
        return;
    }
    let span = |key| match key {
        Key::Sensor => table.sensor.as_ref().map(Spanned::span),
        Key::Severity => table.severity.as_ref().map(Spanned::span),
        Key::Card => table.card.as_ref().map(Spanned::span),
        Key::Group => table.group.as_ref().map(Spanned::span),
        Key::Profile => table.profile.as_ref().map(Spanned::span),
        Key::Request => table.request.as_ref().map(Spanned::span),
        Key::Restore => table.restore.as_ref().map(Spanned::span),
        Key::Repeat => table.repeat.as_ref().map(Spanned::span),
        Key::Interval => table.interval.as_ref().map(Spanned::span),
        Key::Member => table.member.as_ref().map(Spanned::span),
        Key::Url => table.url.as_ref().map(Spanned::span),
        Key::License => table.license.as_ref().map(Spanned::span),
        Key::Feature => table.feature.as_ref().map(Spanned::span),
        Key::Users => table.users.as_ref().map(Spanned::span),
        Key::Text => table.text.as_ref().map(Spanned::span),
    };
    let meant = event.map_or(&[][..], keys_of);
    for key in Key::ALL {
        let Some(span) = span(key).filter(|_| !meant.contains(&key)) else {
            continue;
        };
        let (name, events) = key.describe();
        findings.add(
            span,
            format!(
                "`{name}` means nothing to the {} of `{}`",
                if event.is_some() { "event" } else { "log line" },
                table.name.get_ref()
            ),
            format!("remove it; it belongs to {events}"),
        );
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Key {
    Sensor,
    Severity,
    Card,
    Group,
    Profile,
    Request,
    Text,
    Restore,
    Repeat,
    Interval,
    License,
    Url,
    Member,
    Feature,
    Users,
}

impl Key {
    const ALL: [Self; 15] = [
        Self::Sensor,
        Self::Severity,
        Self::Card,
        Self::Group,
        Self::Profile,
        Self::Request,
        Self::Text,
        Self::Restore,
        Self::Repeat,
        Self::Interval,
        Self::License,
        Self::Url,
        Self::Member,
        Self::Feature,
        Self::Users,
    ];

    /// Its name, and the events that it belongs to.
    fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::Sensor => ("sensor", "environment-alarm"),
            Self::Severity => ("severity", "diagnostic-failure"),
            Self::Card => (
                "card",
                "card-removed, card-inserted, diagnostic-failure and card-failure",
            ),
            Self::Group => ("group", "send and periodic-herd"),
            Self::Profile => ("profile", "test, send and request"),
            Self::Request => ("request", "request"),
            Self::Text => ("text", "test"),
            Self::Restore => ("restore", "power-loss and card-failure"),
            Self::Repeat => ("repeat", "link-flap and config-push"),
            Self::Interval => ("interval", "link-flap and config-push"),
            Self::License => ("license", "license-install"),
            Self::Url => ("url", "license-install"),
            Self::Member => ("member", "license-install"),
            Self::Feature => (
                "feature",
                "license-clear, license-expiry-wave and license-users",
            ),
            Self::Users => ("users", "license-users"),
        }
    }
}

fn keys_of(event: EventWord) -> &'static [Key] {
    match event {
        EventWord::EnvironmentAlarm => &[Key::Sensor],
        EventWord::CardRemoved | EventWord::CardInserted => &[Key::Card],
        EventWord::DiagnosticFailure => &[Key::Card, Key::Severity],
        EventWord::Test => &[Key::Profile, Key::Text],
        EventWord::Send => &[Key::Group, Key::Profile],
        EventWord::Request => &[Key::Request, Key::Profile],
        EventWord::PowerLoss => &[Key::Restore],
        EventWord::CardFailure => &[Key::Card, Key::Restore],
        EventWord::LinkFlap | EventWord::ConfigPush => &[Key::Repeat, Key::Interval],
        EventWord::PeriodicHerd => &[Key::Group],
        EventWord::LicenseInstall => &[Key::License, Key::Url, Key::Member],
        EventWord::LicenseClear | EventWord::LicenseExpiryWave => &[Key::Feature],
        EventWord::LicenseUsers => &[Key::Feature, Key::Users],
        EventWord::LicenseTamper
        | EventWord::Crash
        | EventWord::ReloadWave
        | EventWord::CrashWave
        | EventWord::Traceback
        | EventWord::ConfigurationChange
        | EventWord::Reload
        | EventWord::PowerOff
        | EventWord::PowerOn => &[],
    }
}
