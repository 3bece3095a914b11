//! What a device remembers of its licenses, kept small: a fleet has a million devices.
//!
//! Lines that come from the factory or with the image are derived, so only what happened to them is
//! kept; an installed line is kept as its terms, its identity and its signature, from which its text
//! is spelled again on demand. Reading and changing go through [`super::shelf`] and its neighbours.
//! Source: reference licensing, sections 1.4, 1.5 and 7.6.

use std::sync::Arc;

use super::{
    image::{FEATURES_MAX, LicensedImage},
    installed::{FeatureNumber, Installed},
    line::{LicenseId, Pak},
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
    pub(super) marks: Marks,
}

/// All that is true of a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Marks(pub(super) u8);

impl Usage {
    /// Whether `mark` is true of the line.
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks.0 & (1 << mark as u8) != 0
    }

    /// Makes `mark` true of the line, or not.
    pub(crate) fn set(&mut self, mark: Mark, holds: bool) {
        let bit = 1 << mark as u8;
        self.marks.0 = if holds {
            self.marks.0 | bit
        } else {
            self.marks.0 & !bit
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

/// Counters of `show license statistics`, since boot. A device that is counted
/// beyond what they hold shows the most they hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counters {
    pub(crate) installed: u16,
    pub(crate) install_failed: u16,
    pub(crate) duplicates: u16,
    pub(crate) comments_added: u16,
    pub(crate) comments_deleted: u16,
    pub(crate) cleared: u16,
    pub(crate) saved: u16,
    pub(crate) credentials_saved: u16,
    pub(crate) requests: u16,
    pub(crate) requests_failed: u16,
    pub(crate) releases: u16,
    pub(crate) notifications: u16,
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

/// Most licenses that are remembered when they are gone. Beyond, those that were cleared longest ago
/// are forgotten, and never those that were revoked.
const DEPARTED_MAX: usize = 1024;

/// A permission ticket that was applied, so that its rehost ticket can be made again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rehosted {
    pub(crate) permission: Box<str>,
    pub(crate) ticket: Box<[u8]>,
}

/// What a device has once something was done to its licenses.
#[derive(Clone, Debug, Default)]
struct Extra {
    installed: Option<Box<Link>>,
    counters: Counters,
    rare: Option<Box<Rare>>,
}

/// An installed line, and the next one. Lists that grow in one piece leave holes behind that nothing else
/// fits into; small pieces of one size fill those that others left.
#[derive(Clone, Debug)]
struct Link {
    line: Installed,
    next: Option<Box<Self>>,
}

/// What few devices have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    /// What happened to lines of the factory and of the image.
    pub(crate) derived: Vec<(LineKey, Usage)>,
    pub(crate) comments: Vec<(LineKey, Box<str>)>,
    pub(crate) paks: Vec<(LineKey, Pak)>,
    pub(crate) departed: Vec<Departed>,
    pub(crate) rehosted: Option<Rehosted>,
    /// Names of features that licenses are for and the image does not know.
    foreign: Vec<Arc<str>>,
    /// How many users counted features have, by the feature's place in the image.
    pub(crate) users: Vec<(usize, u32)>,
    /// The store has its expanded size.
    pub(crate) expanded: bool,
    /// The store will have its expanded size behind the next boot.
    pub(crate) expands_at_boot: bool,
}

/// The licenses of one device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Licenses {
    extra: Option<Box<Extra>>,
    /// The features that run, one bit each, by their position in the image.
    pub(crate) running: u64,
    /// The agreement was accepted for everything, which it stays.
    pub(crate) accepted_all: bool,
    /// When something happens by itself next, in seconds since 1970; 0 for never.
    pub(crate) next_s: u32,
}

impl Licenses {
    /// The installed lines, in the order of their places.
    pub(crate) fn installed(&self) -> impl Iterator<Item = &Installed> {
        let first = self
            .extra
            .as_ref()
            .and_then(|extra| extra.installed.as_deref());
        std::iter::successors(first, |link| link.next.as_deref()).map(|link| &link.line)
    }

    /// Where the link hangs, or would hang, whose line is the first at `key` or behind it.
    fn hook(&mut self, key: LineKey) -> &mut Option<Box<Link>> {
        let mut hook = &mut self.extra.get_or_insert_default().installed;
        while hook.as_ref().is_some_and(|link| link.line.key() < key) {
            // The link was there a moment ago.
            hook = match hook {
                Some(link) => &mut link.next,
                None => break,
            };
        }
        hook
    }

    /// The same with everything that ran since `from_s` running since `to_s`; only lines that come
    /// with the image may be in use.
    pub(crate) fn moved(mut self, from_s: u32, to_s: u32) -> Self {
        if self.next_s > 0 {
            self.next_s = (self.next_s - from_s).saturating_add(to_s);
        }
        if let Some(rare) = self.rare_if_any() {
            for (_, usage) in &mut rare.derived {
                if usage.since_s > 0 {
                    usage.since_s = to_s.max(1);
                }
            }
        }
        self
    }

    /// Puts `line`, which is for the feature called `name`, at the place `key` of the primary store.
    pub(crate) fn insert(
        &mut self,
        mut line: Installed,
        key: LineKey,
        image: &LicensedImage,
        name: &str,
    ) {
        line.place(key, self.number_feature(image, name));
        let hook = self.hook(key);
        let next = hook.take();
        *hook = Some(Box::new(Link { line, next }));
    }

    /// Takes the installed line at `key` out.
    pub(crate) fn take(&mut self, key: LineKey) -> Option<Installed> {
        self.installed_mut(key)?;
        let hook = self.hook(key);
        let link = *hook.take()?;
        *hook = link.next;
        if let Some(rare) = self.rare_if_any() {
            rare.comments.retain(|(own, _)| *own != key);
            rare.paks.retain(|(own, _)| *own != key);
        }
        Some(link.line)
    }

    /// Loses every installed line and the room it had, as a boot of an image does that does not know of
    /// the larger store. What is gone is not forgotten, nor for how long it was used.
    pub(crate) fn lose_installed(&mut self, image: &LicensedImage, now_s: u32) {
        let extra = self.extra.as_mut();
        let mut lost = extra.and_then(|extra| extra.installed.take());
        while let Some(link) = lost {
            let line = link.line;
            lost = link.next;
            self.remember(Departed {
                id: line.id(),
                feature: self.feature_name(image, line.feature()),
                at_s: now_s,
                revoked: false,
                used_s: line.usage().used_at(now_s),
            });
        }
        if let Some(rare) = self.rare_if_any() {
            rare.comments
                .retain(|(own, _)| own.store == StoreName::BuiltIn);
            rare.paks.clear();
            rare.foreign.clear();
            rare.expanded = false;
            rare.expands_at_boot = false;
        }
    }

    /// The number of the feature called `name`. A name that the image does not have is kept for as long
    /// as a line has it.
    fn number_feature(&mut self, image: &LicensedImage, name: &str) -> FeatureNumber {
        let number = |place: usize| FeatureNumber(u16::try_from(place).unwrap_or(u16::MAX));
        if let Some((place, _)) = image.feature(name) {
            return number(place);
        }
        let known = self.rare().map_or(&[][..], |rare| &rare.foreign);
        let used = |place| {
            let wanted = number(FEATURES_MAX + place);
            self.installed().any(|own| own.feature() == wanted)
        };
        let place = known.iter().position(|own| **own == *name);
        let place = place.or_else(|| (0..known.len()).find(|place| !used(*place)));
        let place = place.unwrap_or(known.len());
        let foreign = &mut self.rare_mut().foreign;
        match foreign.get_mut(place) {
            Some(own) => *own = name.into(),
            None => foreign.push(name.into()),
        }
        number(FEATURES_MAX + place)
    }

    /// The name of the feature that has `number`.
    pub(crate) fn feature_name(&self, image: &LicensedImage, number: FeatureNumber) -> Arc<str> {
        let place = usize::from(number.0);
        let name = match place.checked_sub(FEATURES_MAX) {
            None => image.features.get(place).map(|feature| &feature.name),
            Some(place) => self.rare().and_then(|rare| rare.foreign.get(place)),
        };
        name.map_or_else(|| Arc::from(""), Arc::clone)
    }

    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.extra.as_ref()?.rare.as_deref()
    }

    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.extra
            .get_or_insert_default()
            .rare
            .get_or_insert_default()
    }

    fn rare_if_any(&mut self) -> Option<&mut Rare> {
        self.extra.as_mut()?.rare.as_deref_mut()
    }

    pub(crate) fn counters(&self) -> Counters {
        let extra = self.extra.as_ref();
        extra.map_or_else(Counters::default, |extra| extra.counters)
    }

    pub(crate) fn counters_mut(&mut self) -> &mut Counters {
        &mut self.extra.get_or_insert_default().counters
    }

    /// Sets the counters back, as a boot does.
    pub(crate) fn reset_counters(&mut self) {
        if let Some(extra) = &mut self.extra {
            extra.counters = Counters::default();
        }
    }

    /// What happened to the line at `key`, if anything did.
    pub(crate) fn usage(&self, key: LineKey) -> Option<Usage> {
        if let Some(line) = self.installed().find(|line| line.key() == key) {
            return Some(line.usage());
        }
        let derived = self.rare().map_or(&[][..], |rare| &rare.derived);
        let found = derived.iter().find(|(own, _)| *own == key);
        found.map(|(_, usage)| *usage)
    }

    /// Remembers what happened to the line at `key`.
    pub(crate) fn set_usage(&mut self, key: LineKey, usage: Usage) {
        if let Some(line) = self.installed_mut(key) {
            line.set_usage(usage);
            return;
        }
        let derived = &mut self.rare_mut().derived;
        match derived.iter_mut().find(|(own, _)| *own == key) {
            Some((_, own)) => *own = usage,
            None => derived.push((key, usage)),
        }
    }

    /// The installed line at `key`, to be changed.
    pub(crate) fn installed_mut(&mut self, key: LineKey) -> Option<&mut Installed> {
        self.extra.as_ref()?;
        let link = self.hook(key).as_deref_mut()?;
        (link.line.key() == key).then_some(&mut link.line)
    }

    /// The comment on the line at `key`.
    pub(crate) fn comment(&self, key: LineKey) -> &str {
        let comments = self.rare().map_or(&[][..], |rare| &rare.comments);
        let found = comments.iter().find(|(own, _)| *own == key);
        found.map_or("", |(_, comment)| comment)
    }

    /// Writes `comment` on the line at `key`; an empty one takes it away.
    pub(crate) fn set_comment(&mut self, key: LineKey, comment: &str) {
        if let Some(rare) = self.rare_if_any() {
            rare.comments.retain(|(own, _)| *own != key);
        }
        if !comment.is_empty() {
            self.rare_mut().comments.push((key, comment.into()));
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

    /// Remembers that a license is gone.
    pub(crate) fn remember(&mut self, departed: Departed) {
        let gone = &mut self.rare_mut().departed;
        gone.retain(|own| own.id != departed.id);
        if gone.len() >= DEPARTED_MAX
            && let Some(oldest) = gone.iter().position(|own| !own.revoked)
        {
            gone.remove(oldest);
        }
        gone.push(departed);
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
    use crate::license::{Order, Terms, Udi};

    #[test]
    fn what_a_device_keeps_of_licenses_is_small() {
        // With the 8 bytes that an allocator adds, both are multiples of 16.
        assert!(size_of::<Link>() <= 120, "{}", size_of::<Link>());
        assert!(size_of::<Extra>() <= 40, "{}", size_of::<Extra>());
        assert!(size_of::<Licenses>() <= 24, "{}", size_of::<Licenses>());
    }

    fn line(name: &str) -> Installed {
        let udi = Udi::new("CISCO2951/K9", "FTX1000A001");
        let terms = Terms::permanent(name);
        let block = Order::new(terms.clone(), udi, 1_704_449_702).block(1);
        Installed::new(&terms, &block, [0; 64]).unwrap()
    }

    fn key(index: u16) -> LineKey {
        LineKey {
            member: 0,
            store: StoreName::Primary,
            index,
        }
    }

    #[test]
    fn names_that_the_image_does_not_have_are_kept_while_a_line_has_them() {
        let platform = crate::platform::Catalogue::built_in().unwrap();
        let platform = platform.find("CISCO2951").unwrap();
        let image = platform.licensed.as_ref().unwrap();
        let mut licenses = Licenses::default();
        let names = |licenses: &Licenses| -> Vec<String> {
            let lines = licenses.installed();
            lines
                .map(|line| licenses.feature_name(image, line.feature()).to_string())
                .collect()
        };
        for (index, name) in (0..).zip(["securityk9", "one", "two", "one"]) {
            licenses.insert(line(name), key(index), image, name);
        }
        assert_eq!(names(&licenses), ["securityk9", "one", "two", "one"]);
        licenses.take(key(2)).unwrap();
        licenses.insert(line("three"), key(2), image, "three");
        assert_eq!(names(&licenses), ["securityk9", "one", "three", "one"]);
        let foreign = |licenses: &Licenses| licenses.rare().map(|rare| rare.foreign.len());
        assert_eq!(foreign(&licenses), Some(2));
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
