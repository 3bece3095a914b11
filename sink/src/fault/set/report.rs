//! How a fault stands, for people and for scripts.

use std::time::Duration;

use serde::Serialize;

use super::{Entry, FaultId};

/// How far a fault has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultState {
    /// Its window has not begun.
    Pending,
    /// It is on.
    Active,
    /// Its window is over.
    Over,
}

impl FaultState {
    /// As it is shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Over => "over",
        }
    }
}

/// How a fault stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultReport {
    /// Which one.
    pub id: FaultId,
    /// What people call it.
    pub name: Option<String>,
    /// The key that its action is written with.
    pub kind: &'static str,
    /// Where in the dialogue it happens, for those that happen at one place.
    pub stage: Option<&'static str>,
    /// What it does, in words.
    pub what: String,
    /// When it begins, in seconds from the start of the run.
    pub at_s: f64,
    /// How long it lasts, in seconds; nothing for those that last to the end.
    pub for_s: Option<f64>,
    /// The part of connections or messages that it concerns, at most 1.
    pub share: f64,
    /// How far it has come.
    pub state: FaultState,
    /// How long it has been on, in seconds, as measured.
    pub active_s: f64,
    /// How often it has happened.
    pub applied: u64,
}

impl Entry {
    /// How it stands `now`; `None` before the start of the run.
    pub(super) fn report(&self, now: Option<Duration>) -> FaultReport {
        let Fields { state, active } = self.fields(now);
        FaultReport {
            id: self.id,
            name: self.fault.name.clone(),
            kind: self.fault.action.kind(),
            stage: self.fault.action.stage().map(super::Stage::name),
            what: self.fault.action.to_string(),
            at_s: self.starts.as_secs_f64(),
            for_s: self.fault.lasts.map(|lasts| lasts.as_secs_f64()),
            share: self.fault.share,
            state,
            active_s: active.as_secs_f64(),
            applied: self.applied,
        }
    }

    fn fields(&self, now: Option<Duration>) -> Fields {
        let Some(now) = now.filter(|now| *now >= self.starts) else {
            return Fields {
                state: FaultState::Pending,
                active: Duration::ZERO,
            };
        };
        let active = match self.closed {
            Some((closed, opened)) => opened.unwrap_or(now).saturating_sub(closed),
            // A port is closed when somebody has closed it, not when it should be.
            None if self.fault.action.closes_port() => Duration::ZERO,
            None => self.ends.map_or(now, |ends| ends.min(now)) - self.starts,
        };
        Fields {
            state: if self.is_active(now) {
                FaultState::Active
            } else {
                FaultState::Over
            },
            active,
        }
    }
}

struct Fields {
    state: FaultState,
    active: Duration,
}
