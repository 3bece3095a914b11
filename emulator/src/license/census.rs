//! How many licenses of a fleet are of which kind and in which state.

use std::collections::BTreeMap;

use super::{
    kind::LicenseKind,
    shelf::{Line, LineState},
    store::Mark,
};

/// What a license does, as a fleet counts it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LineCondition {
    /// A feature runs on it.
    InUse,
    /// It could serve.
    NotInUse,
    /// It could serve once its agreement is accepted.
    AgreementOpen,
    /// Another serves in its place.
    Inactive,
    /// It has ended while a feature runs on it.
    ExpiredInUse,
    /// It has ended.
    ExpiredNotInUse,
    /// Somebody changed the store, and the device noticed.
    Damaged,
}

impl LineCondition {
    /// The condition's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::NotInUse => "not_in_use",
            Self::AgreementOpen => "agreement_open",
            Self::Inactive => "inactive",
            Self::ExpiredInUse => "expired_in_use",
            Self::ExpiredNotInUse => "expired_not_in_use",
            Self::Damaged => "damaged",
        }
    }
}

/// Licenses by kind and condition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LicenseCensus {
    lines: BTreeMap<(LicenseKind, LineCondition), u64>,
}

impl LicenseCensus {
    /// Counts `line`.
    pub(crate) fn count(&mut self, line: &Line) {
        let condition = match line.state {
            _ if line.usage.has(Mark::Damaged) => LineCondition::Damaged,
            LineState::Inactive => LineCondition::Inactive,
            LineState::InUse => LineCondition::InUse,
            LineState::ExpiredInUse => LineCondition::ExpiredInUse,
            LineState::ExpiredNotInUse => LineCondition::ExpiredNotInUse,
            LineState::NotInUse if line.is_accepted() => LineCondition::NotInUse,
            LineState::NotInUse => LineCondition::AgreementOpen,
        };
        *self.lines.entry((line.kind, condition)).or_default() += 1;
    }

    /// Adds what another part of the fleet has.
    pub fn merge(&mut self, other: &Self) {
        for (place, count) in &other.lines {
            *self.lines.entry(*place).or_default() += count;
        }
    }

    /// Every kind and condition that there is, with how many licenses are so.
    pub fn iter(&self) -> impl Iterator<Item = (LicenseKind, LineCondition, u64)> {
        let lines = self.lines.iter();
        lines.map(|((kind, condition), count)| (*kind, *condition, *count))
    }

    /// Whether there are no licenses at all.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
