//! An installed line as a device keeps it: its terms, its identity and its signature, from which its text
//! is spelled again on demand. Source: reference licensing, section 7.6.

use std::sync::Arc;

use jiff::{Span, civil::Date};

use super::{
    kind::LicenseKind,
    line::{Addition, Block, LicenseId, Pak, Terms, Udi},
    signature::Signature,
    store::{LineKey, Marks, StoreName, Usage},
};

/// Number of the feature of an installed line: its place in the image, or, behind the features that an
/// image can have, its place among the names that the device alone knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FeatureNumber(pub(super) u16);

/// An installed line. It is packed, because a fleet has millions: with a link to the next one it is to
/// fit into 120 bytes, and so into a piece of 128 with what allocators add.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    signature: [u8; 64],
    id: LicenseId,
    issued_at_s: u32,
    /// Hours of use of a metered license; of another the days that it starts and ends.
    limit: u32,
    /// [`UNCOUNTED`] without a count.
    count: u32,
    used_s: u32,
    since_s: u32,
    /// The first bytes of the hash that [`super::shelf`] works out for the line.
    pub(crate) seal: [u8; 4],
    key_id: u16,
    index: u16,
    feature: FeatureNumber,
    /// The code of the kind, and above it the stack member.
    kind_and_member: u8,
    /// [`Marks`], and above them [`ADDITIVE`].
    marks: u8,
}

const UNCOUNTED: u32 = u32::MAX;
/// Days are counted from 1970; this is no day.
const NEVER: u16 = u16::MAX;
const ADDITIVE: u8 = 1 << 7;
const KIND_BITS: u8 = 4;
const KIND_MASK: u8 = (1 << KIND_BITS) - 1;

impl Installed {
    /// The verified line of `terms` with `block` and `signature`; `None` if a number of it is out of
    /// range: a count of [`UNCOUNTED`], an issue behind 2106, a date that is not between 1970 and 2149, or
    /// a limit that is not of its kind.
    pub(crate) fn new(terms: &Terms, block: &Block, signature: [u8; 64]) -> Option<Self> {
        if terms.count == Some(UNCOUNTED) || terms.hours.is_some() != terms.kind.is_metered() {
            return None;
        }
        let (start, end) = (day_number(terms.start)?, day_number(terms.end)?);
        let limit = match terms.hours {
            Some(hours) if (start, end) == (NEVER, NEVER) => hours,
            Some(_) => return None,
            None => u32::from(start) << 16 | u32::from(end),
        };
        Some(Self {
            signature,
            id: block.id,
            issued_at_s: u32::try_from(block.issued_at_s).ok()?,
            limit,
            count: terms.count.unwrap_or(UNCOUNTED),
            used_s: 0,
            since_s: 0,
            seal: [0; 4],
            key_id: block.key_id,
            index: 0,
            feature: FeatureNumber(0),
            kind_and_member: terms.kind as u8,
            marks: match terms.addition {
                Addition::Additive => ADDITIVE,
                Addition::Exclusive => 0,
            },
        })
    }

    /// Puts the line, whose feature has the number `feature`, at `key`.
    pub(crate) fn place(&mut self, key: LineKey, feature: FeatureNumber) {
        self.index = key.index;
        self.kind_and_member &= KIND_MASK;
        self.kind_and_member |= key.member << KIND_BITS;
        self.feature = feature;
    }

    /// Which feature it is for, once it has its place.
    pub(crate) fn feature(&self) -> FeatureNumber {
        self.feature
    }

    pub(crate) fn key(&self) -> LineKey {
        LineKey {
            member: self.kind_and_member >> KIND_BITS,
            store: StoreName::Primary,
            index: self.index,
        }
    }

    /// What happened to it.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            used_s: self.used_s,
            since_s: self.since_s,
            marks: Marks(self.marks & !ADDITIVE),
        }
    }

    /// Remembers what happened to it.
    pub(crate) fn set_usage(&mut self, usage: Usage) {
        self.used_s = usage.used_s;
        self.since_s = usage.since_s;
        self.marks = self.marks & ADDITIVE | usage.marks.0;
    }

    pub(crate) fn id(&self) -> LicenseId {
        self.id
    }

    /// What it grants; `feature` is the name behind the number.
    pub(crate) fn terms(&self, feature: Arc<str>) -> Terms {
        let kind = self.kind();
        let (hours, days) = match kind.is_metered() {
            true => (Some(self.limit), [NEVER; 2]),
            false => (None, [(self.limit >> 16) as u16, self.limit as u16]),
        };
        let [start, end] = days.map(date);
        Terms {
            feature,
            kind,
            addition: match self.marks & ADDITIVE {
                0 => Addition::Exclusive,
                _ => Addition::Additive,
            },
            count: (self.count != UNCOUNTED).then_some(self.count),
            hours,
            start,
            end,
        }
    }

    fn kind(&self) -> LicenseKind {
        LicenseKind::from_code(self.kind_and_member & KIND_MASK).unwrap_or(LicenseKind::Permanent)
    }

    /// The block and the signature that the line of `terms` for `udi` with `pak` ends with.
    pub(crate) fn ending(&self, terms: &Terms, udi: &Udi, pak: Option<Pak>) -> (Block, [u8; 64]) {
        let block = Block {
            kind: terms.kind,
            key_id: self.key_id,
            id: self.id,
            device: udi.digest(),
            pak: Block::pak_digest(pak),
            issued_at_s: self.issued_at_s.into(),
            period_s: terms.period_s().unwrap_or(0),
            count: terms.count.unwrap_or(0),
        };
        (block, self.signature)
    }

    /// Changes one bit of what is stored, as a fault of the memory does.
    pub(crate) fn damage(&mut self, draw: u64) {
        let place = usize::try_from(draw % 512).unwrap_or_default();
        self.signature[place / 8] ^= 1 << (place % 8);
    }

    /// Whether the line may be the one that ends in `signature`; the rest of it has to be compared.
    pub(crate) fn is_signed(&self, signature: &Signature) -> bool {
        matches!(signature, Signature::Issuer { signature, .. } if *signature == self.signature)
    }
}

fn day_number(date: Option<Date>) -> Option<u16> {
    let Some(date) = date else {
        return Some(NEVER);
    };
    let days = Date::constant(1970, 1, 1).until(date).ok()?.get_days();
    u16::try_from(days).ok().filter(|number| *number != NEVER)
}

fn date(number: u16) -> Option<Date> {
    let epoch = Date::constant(1970, 1, 1);
    (number != NEVER)
        .then(|| epoch.checked_add(Span::new().days(number)).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_kept_over_the_years_a_license_can_name() {
        for text in ["1970-01-01", "2026-11-24", "2149-06-05"] {
            let day: Date = text.parse().unwrap();
            assert_eq!(day_number(Some(day)).and_then(date), Some(day));
        }
        assert_eq!(day_number(None).and_then(date), None);
        for text in ["1969-12-31", "2149-06-06", "9999-12-31"] {
            assert_eq!(day_number(text.parse().ok()), None, "{text}");
        }
    }
}
