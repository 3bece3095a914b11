//! `debug call-home` and `debug license`: what the device logs about the stages of its own messages,
//! and about its licenses.
//!
//! The documents name the commands and not their lines; there is one for every stage, behind
//! `CALL-HOME:` or `LICENSE:`. Debugging belongs to the device, whoever turned it on. Reference, section
//! 6.5; reference licensing, section 2.1.

use jiff::Timestamp;

use super::Device;
use crate::{
    license::store::{Counters, StoreName},
    output::Output,
    transport::{MessageId, Route, Settlement, Transport},
};

/// A kind of debugging.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DebugKind {
    /// How alerts are judged and messages are sent, step by step.
    Detail,
    /// What fails.
    Error,
    /// Alerts, and what becomes of their messages.
    Event,
    /// The license stores behind every change.
    LicenseCore,
    /// Licenses that are not stored, and features that get none.
    LicenseErrors,
    /// What happens to licenses.
    LicenseEvents,
}

impl DebugKind {
    /// The kinds of Call Home, in the order in which outputs name them.
    pub(crate) const CALL_HOME: [Self; 3] = [Self::Detail, Self::Error, Self::Event];
    /// The kinds of licensing, in the order in which outputs name them.
    pub(crate) const LICENSE: [Self; 3] =
        [Self::LicenseCore, Self::LicenseErrors, Self::LicenseEvents];

    /// The keyword of the command line.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Error => "error",
            Self::Event => "event",
            Self::LicenseCore => "core",
            Self::LicenseErrors => "errors",
            Self::LicenseEvents => "events",
        }
    }
}

/// The kinds of debugging that are on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Debugging(u8);

impl Debugging {
    /// Turns `kind` on or off.
    pub(crate) fn set(&mut self, kind: DebugKind, on: bool) {
        let bit = 1 << kind as u8;
        if on {
            self.0 |= bit;
        } else {
            self.0 &= !bit;
        }
    }

    /// Whether `kind` is on.
    pub(crate) fn has(self, kind: DebugKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// Whether nothing is on.
    pub(crate) fn is_off(self) -> bool {
        self.0 == 0
    }
}

impl Device {
    /// Logs what debugging has to say of `outputs`.
    pub(super) fn debug(&mut self, now: Timestamp, outputs: &[Output]) {
        if self.debugging.is_off() {
            return;
        }
        for output in outputs {
            if let Some((kind, text)) = self.stage(output)
                && self.debugging.has(kind)
            {
                self.log(now, &format!("CALL-HOME: {text}"));
            }
        }
    }

    /// Logs what debugging has to say of a change of the licenses, whose counters were `before`.
    pub(super) fn debug_licenses(&mut self, now: Timestamp, before: Counters) {
        if self.debugging.is_off() {
            return;
        }
        let mut stages = license_stages(before, self.licenses.counters());
        let core = self.read_licenses(now, |shelf| {
            let name = shelf.store_name(StoreName::Primary);
            let used: usize = (0_u8..)
                .take(shelf.udis.len())
                .map(|member| shelf.used_bytes(member))
                .sum();
            format!("{used} bytes of {name} are used")
        });
        if let Some(core) = core.filter(|_| !stages.is_empty()) {
            stages.push((DebugKind::LicenseCore, core));
        }
        for (kind, text) in stages {
            if self.debugging.has(kind) {
                self.log(now, &format!("LICENSE: {text}"));
            }
        }
    }

    /// What there is to say of one output, and who wants to hear it.
    fn stage(&self, output: &Output) -> Option<(DebugKind, String)> {
        let name = |id| match id {
            None => "the destination of the request".to_owned(),
            Some(id) => {
                let profile = self.running.call_home.profile_by_id(id);
                let name = profile.map_or("", |profile| &profile.name);
                format!("profile {name}")
            }
        };
        Some(match output {
            Output::Trigger {
                kind,
                severity,
                candidates,
                ..
            } => {
                let kind = kind.word();
                let text = format!("{kind} alert, severity {severity}, {candidates} candidates");
                (DebugKind::Event, text)
            }
            Output::Dropped {
                account,
                kind,
                transport,
                destination,
                ..
            } => {
                let (kind, by) = (kind.word(), word(*transport));
                let reason = account.name().replace('_', " ");
                let text = format!("{kind} to {} by {by} dropped: {reason}", name(*destination));
                (DebugKind::Detail, text)
            }
            Output::Queued {
                id,
                kind,
                transport,
                destination,
                ..
            } => {
                let (kind, by) = (kind.word(), word(*transport));
                let text = format!("{kind} to {} by {by} queued as {id}", name(*destination));
                (DebugKind::Event, text)
            }
            Output::Transmit(transmission) => {
                let (id, attempt) = (transmission.id, transmission.attempt + 1);
                let to: &str = match &transmission.route {
                    Route::Mail { host, .. } => host,
                    Route::Http { url, .. } => url,
                };
                (
                    DebugKind::Detail,
                    format!("{id} to {to}, attempt {attempt}"),
                )
            }
            Output::Settled { id, settlement, .. } => ended(*id, *settlement),
            Output::Probe(_)
            | Output::Transfer(_)
            | Output::Trap(_)
            | Output::LicenseFile(_)
            | Output::Unheard => return None,
        })
    }
}

/// A counter: who wants to hear of it, what it counts, and its value.
type Counted = (DebugKind, &'static str, fn(&Counters) -> u16);

#[rustfmt::skip]
const COUNTED: [Counted; 12] = [
    (DebugKind::LicenseEvents, "licenses installed", |counters| counters.installed),
    (DebugKind::LicenseErrors, "licenses not installed", |counters| counters.install_failed),
    (DebugKind::LicenseEvents, "licenses there already", |counters| counters.duplicates),
    (DebugKind::LicenseEvents, "comments added", |counters| counters.comments_added),
    (DebugKind::LicenseEvents, "comments deleted", |counters| counters.comments_deleted),
    (DebugKind::LicenseEvents, "licenses cleared", |counters| counters.cleared),
    (DebugKind::LicenseEvents, "files of licenses saved", |counters| counters.saved),
    (DebugKind::LicenseEvents, "credentials saved", |counters| counters.credentials_saved),
    (DebugKind::LicenseEvents, "requests granted", |counters| counters.requests),
    (DebugKind::LicenseErrors, "requests refused", |counters| counters.requests_failed),
    (DebugKind::LicenseEvents, "licenses released", |counters| counters.releases),
    (DebugKind::LicenseEvents, "moves to a better license", |counters| counters.notifications),
];

/// What the counters say happened between `before` and `after`.
fn license_stages(before: Counters, after: Counters) -> Vec<(DebugKind, String)> {
    let moved = COUNTED.iter().filter_map(|(kind, what, value)| {
        let more = value(&after).saturating_sub(value(&before));
        (more > 0).then(|| (*kind, format!("{what}: {more}")))
    });
    moved.collect()
}

/// What there is to say of a message that has ended.
fn ended(id: MessageId, settlement: Settlement) -> (DebugKind, String) {
    match settlement {
        Settlement::Delivered => (DebugKind::Event, format!("{id} delivered")),
        Settlement::Failed => (DebugKind::Error, format!("{id} failed")),
        Settlement::Unconfirmed => (DebugKind::Error, format!("{id} not confirmed")),
        Settlement::Oversize => (DebugKind::Error, format!("{id} is too large")),
    }
}

fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Email => "email",
        Transport::Http => "http",
    }
}
