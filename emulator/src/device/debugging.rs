//! `debug call-home`: what the device logs about the stages of its own messages.
//!
//! The documents name the command and not its lines; there is one for every stage, behind
//! `CALL-HOME:`. Debugging belongs to the device, whoever turned it on. Reference, section 6.5.

use jiff::Timestamp;

use super::Device;
use crate::{
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
}

impl DebugKind {
    /// Every kind, in the order in which outputs name them.
    pub(crate) const ALL: [Self; 3] = [Self::Detail, Self::Error, Self::Event];

    /// The keyword of the command line.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Error => "error",
            Self::Event => "event",
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
            Output::Probe(_) | Output::Trap(_) | Output::LicenseFile(_) | Output::Unheard => {
                return None;
            }
        })
    }
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
