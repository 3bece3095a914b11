//! What a device remembers of its licenses, kept small: a fleet has a million devices.
//!
//! Lines that come from the factory or with the image are derived, so only what happened to them is
//! kept; an installed line is kept as its terms, its identity and its signature, from which its text
//! is spelled again on demand. Reading and changing go through [`super::shelf`] and its neighbours.
//! Source: reference licensing, sections 1.4, 1.5 and 7.6.

use std::sync::Arc;

use jiff::{Span, civil::Date};

use super::{
    kind::LicenseKind,
    line::{Addition, Block, LicenseId, Pak, Terms, Udi},
    signature::Signature,
};

/// Which of a device's stores.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum StoreName {
    /// Everything installed.
    Primary,
    /// What comes with the image.
    BuiltIn,
}

/// The place of a line: stack member (0 for the first), store, index.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct LineKey {
    pub(crate) member: u8,
    pub(crate) store: StoreName,
    pub(crate) index: u16,
}

/// Something that is true of a line, or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    /// Its agreement was accepted.
    Accepted,
    /// Its feature runs on it. Lines without a meter may serve without this mark.
    Serving,
    /// `license modify priority FEATURE high`.
    High,
    /// It has been revoked; nothing shows it any more.
    Removed,
    /// The store's seal does not fit: somebody changed the store.
    Damaged,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Usage {
    /// For how long it had been used when it was last taken into use, in seconds.
    pub(crate) used_s: u32,
    /// Since when it is in use, in seconds since 1970; 0 while it is not, or is not metered.
    pub(crate) since_s: u32,
    marks: u8,
}

impl Usage {
    /// Whether `mark` is true of the line.
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks & (1 << mark as u8) != 0
    }

    /// Makes `mark` true of the line, or not.
    pub(crate) fn set(&mut self, mark: Mark, holds: bool) {
        let bit = 1 << mark as u8;
        self.marks = if holds {
            self.marks | bit
        } else {
            self.marks & !bit
        };
    }

    /// The same, with `mark`.
    pub(crate) fn with(mut self, mark: Mark) -> Self {
        self.set(mark, true);
        self
    }

    /// Seconds of use up to `now_s`.
    pub(crate) fn used_at(&self, now_s: u32) -> u32 {
        match self.since_s {
            0 => self.used_s,
            since => self.used_s.saturating_add(now_s.saturating_sub(since)),
        }
    }

    /// Stops the meter at `now_s`.
    pub(crate) fn stop(&mut self, now_s: u32) {
        self.used_s = self.used_at(now_s);
        self.since_s = 0;
    }
}

/// An installed line.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    signature: [u8; 64],
    id: LicenseId,
    pub(super) feature: Arc<str>,
    issued_at_s: u32,
    /// 0 without a limited time of use.
    hours: u32,
    /// [`UNCOUNTED`] without a count.
    count: u32,
    /// Days since 1970, [`NEVER`] without a date.
    start_day: u16,
    end_day: u16,
    pub(crate) usage: Usage,
    /// The first bytes of the hash that [`super::shelf`] works out for the line.
    pub(crate) seal: [u8; 4],
    key_id: u16,
    index: u16,
    kind: LicenseKind,
    addition: Addition,
    member: u8,
}

const UNCOUNTED: u32 = u32::MAX;
const NEVER: u16 = u16::MAX;

impl Installed {
    /// The verified line of `terms` with `block` and `signature`; `None` if a number of it is out of
    /// range: a count of [`UNCOUNTED`], an issue behind 2106, or a date that is not between 1970 and 2149.
    pub(crate) fn new(terms: &Terms, block: &Block, signature: [u8; 64]) -> Option<Self> {
        if terms.count == Some(UNCOUNTED) {
            return None;
        }
        Some(Self {
            signature,
            id: block.id,
            feature: Arc::clone(&terms.feature),
            issued_at_s: u32::try_from(block.issued_at_s).ok()?,
            hours: terms.hours.unwrap_or(0),
            count: terms.count.unwrap_or(UNCOUNTED),
            start_day: day_number(terms.start)?,
            end_day: day_number(terms.end)?,
            usage: Usage::default(),
            seal: [0; 4],
            key_id: block.key_id,
            index: 0,
            kind: terms.kind,
            addition: terms.addition,
            member: 0,
        })
    }

    pub(crate) fn key(&self) -> LineKey {
        LineKey {
            member: self.member,
            store: StoreName::Primary,
            index: self.index,
        }
    }

    pub(crate) fn id(&self) -> LicenseId {
        self.id
    }

    pub(crate) fn feature(&self) -> &Arc<str> {
        &self.feature
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms {
            feature: Arc::clone(&self.feature),
            kind: self.kind,
            addition: self.addition,
            count: (self.count != UNCOUNTED).then_some(self.count),
            hours: (self.hours > 0).then_some(self.hours),
            start: date(self.start_day),
            end: date(self.end_day),
        }
    }

    /// The block and the signature that the line for `udi` with `pak` ends with.
    pub(crate) fn ending(&self, udi: &Udi, pak: Option<Pak>) -> (Block, [u8; 64]) {
        let terms = self.terms();
        let block = Block {
            kind: self.kind,
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

    /// Whether this is the line that ends in `signature`.
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

/// Counters of `show license statistics`, since boot.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counters {
    pub(crate) installed: u32,
    pub(crate) install_failed: u32,
    pub(crate) duplicates: u32,
    pub(crate) comments_added: u32,
    pub(crate) comments_deleted: u32,
    pub(crate) cleared: u32,
    pub(crate) saved: u32,
    pub(crate) credentials_saved: u32,
    pub(crate) requests: u32,
    pub(crate) requests_failed: u32,
    pub(crate) releases: u32,
    pub(crate) notifications: u32,
}

/// What became of a license that is gone; survives reload, erasing and a change of the image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Departed {
    pub(crate) id: LicenseId,
    pub(crate) feature: Arc<str>,
    pub(crate) at_s: u32,
    /// Revoked rather than cleared: it can never be installed again.
    pub(crate) revoked: bool,
    /// How long it had been used, which counts on when it comes back.
    pub(crate) used_s: u32,
}

/// A permission ticket that was applied, so that its rehost ticket can be made again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rehosted {
    pub(crate) permission: Box<str>,
    pub(crate) ticket: Box<[u8]>,
}

/// What few devices have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    pub(crate) counters: Counters,
    /// What happened to lines of the factory and of the image.
    pub(crate) derived: Vec<(LineKey, Usage)>,
    pub(crate) comments: Vec<(LineKey, Box<str>)>,
    pub(crate) paks: Vec<(LineKey, Pak)>,
    pub(crate) departed: Vec<Departed>,
    pub(crate) rehosted: Option<Rehosted>,
    /// How many users counted features have, by the feature's place in the image.
    pub(crate) users: Vec<(usize, u32)>,
    /// The agreement of all features was accepted at once.
    pub(crate) accepted_all: bool,
    /// The store has its expanded size.
    pub(crate) expanded: bool,
    /// The store will have its expanded size behind the next boot.
    pub(crate) expands_at_boot: bool,
}

/// The licenses of one device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Licenses {
    installed: Box<[Installed]>,
    rare: Option<Box<Rare>>,
    /// The features that run, one bit each, by their position in the image.
    pub(crate) running: u64,
    /// When something happens by itself next, in seconds since 1970; 0 for never.
    pub(crate) next_s: u32,
}

impl Licenses {
    pub(crate) fn installed(&self) -> &[Installed] {
        &self.installed
    }

    /// The same with everything that ran since `from_s` running since `to_s`; only lines that come
    /// with the image may be in use.
    pub(crate) fn moved(mut self, from_s: u32, to_s: u32) -> Self {
        if self.next_s > 0 {
            self.next_s = (self.next_s - from_s).saturating_add(to_s);
        }
        if let Some(rare) = &mut self.rare {
            for (_, usage) in &mut rare.derived {
                if usage.since_s > 0 {
                    usage.since_s = to_s.max(1);
                }
            }
        }
        self
    }

    /// Puts `line` at the place `key` of the primary store.
    pub(crate) fn insert(&mut self, mut line: Installed, key: LineKey) {
        line.index = key.index;
        line.member = key.member;
        let mut lines = std::mem::take(&mut self.installed).into_vec();
        lines.reserve_exact(1);
        let place = lines.partition_point(|own| own.key() < key);
        lines.insert(place, line);
        self.installed = lines.into_boxed_slice();
    }

    /// Takes the installed line at `key` out.
    pub(crate) fn take(&mut self, key: LineKey) -> Option<Installed> {
        let mut lines = std::mem::take(&mut self.installed).into_vec();
        let place = lines.iter().position(|own| own.key() == key);
        let taken = place.map(|place| lines.remove(place));
        self.installed = lines.into_boxed_slice();
        if taken.is_some()
            && let Some(rare) = &mut self.rare
        {
            rare.comments.retain(|(own, _)| *own != key);
            rare.paks.retain(|(own, _)| *own != key);
        }
        taken
    }

    /// Loses every installed line.
    pub(crate) fn lose_installed(&mut self) {
        self.installed = Box::default();
        if let Some(rare) = &mut self.rare {
            rare.comments
                .retain(|(own, _)| own.store == StoreName::BuiltIn);
            rare.paks.clear();
        }
    }

    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.rare()
            .map_or_else(Counters::default, |rare| rare.counters)
    }

    /// Sets the counters back, as a boot does.
    pub(crate) fn reset_counters(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.counters = Counters::default();
        }
    }

    /// What happened to the line at `key`, if anything did.
    pub(crate) fn usage(&self, key: LineKey) -> Option<Usage> {
        if let Some(line) = self.installed.iter().find(|line| line.key() == key) {
            return Some(line.usage);
        }
        let derived = self.rare().map_or(&[][..], |rare| &rare.derived);
        let found = derived.iter().find(|(own, _)| *own == key);
        found.map(|(_, usage)| *usage)
    }

    /// Remembers what happened to the line at `key`.
    pub(crate) fn set_usage(&mut self, key: LineKey, usage: Usage) {
        let installed = self.installed.iter_mut().find(|line| line.key() == key);
        if let Some(line) = installed {
            line.usage = usage;
            return;
        }
        let derived = &mut self.rare_mut().derived;
        match derived.iter_mut().find(|(own, _)| *own == key) {
            Some((_, own)) => *own = usage,
            None => derived.push((key, usage)),
        }
    }

    /// The installed line at `key`, to change how it is sealed.
    pub(crate) fn installed_mut(&mut self, key: LineKey) -> Option<&mut Installed> {
        self.installed.iter_mut().find(|line| line.key() == key)
    }

    /// The comment on the line at `key`.
    pub(crate) fn comment(&self, key: LineKey) -> &str {
        let comments = self.rare().map_or(&[][..], |rare| &rare.comments);
        let found = comments.iter().find(|(own, _)| *own == key);
        found.map_or("", |(_, comment)| comment)
    }

    /// Writes `comment` on the line at `key`; an empty one takes it away.
    pub(crate) fn set_comment(&mut self, key: LineKey, comment: &str) {
        let comments = &mut self.rare_mut().comments;
        comments.retain(|(own, _)| *own != key);
        if !comment.is_empty() {
            comments.push((key, comment.into()));
        }
    }

    /// The product authorization key of the line at `key`.
    pub(crate) fn pak(&self, key: LineKey) -> Option<Pak> {
        let paks = self.rare().map_or(&[][..], |rare| &rare.paks);
        let found = paks.iter().find(|(own, _)| *own == key);
        found.map(|(_, pak)| *pak)
    }

    /// What is remembered of the license `id` that is gone.
    pub(crate) fn departed(&self, id: LicenseId) -> Option<&Departed> {
        let departed = self.rare().map_or(&[][..], |rare| &rare.departed);
        departed.iter().find(|own| own.id == id)
    }

    /// How many users feature number `feature` has.
    pub(crate) fn users(&self, feature: usize) -> u32 {
        let users = self.rare().map_or(&[][..], |rare| &rare.users);
        let found = users.iter().find(|(own, _)| *own == feature);
        found.map_or(0, |(_, count)| *count)
    }

    /// Whether feature number `feature` runs.
    pub(crate) fn runs(&self, feature: usize) -> bool {
        self.running & (1 << feature) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_line_is_small() {
        assert!(size_of::<Installed>() <= 136, "{}", size_of::<Installed>());
        assert!(size_of::<Licenses>() <= 40, "{}", size_of::<Licenses>());
    }

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

    #[test]
    fn a_meter_runs_only_while_a_license_is_in_use() {
        let mut usage = Usage {
            since_s: 1_000,
            ..Usage::default()
        };
        assert_eq!(usage.used_at(1_060), 60);
        usage.stop(1_060);
        assert_eq!(usage.used_at(9_000), 60);
        usage.since_s = 9_000;
        assert_eq!(usage.used_at(8_000), 60, "the clock was set back");
    }
}
