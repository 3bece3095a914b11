//! The course of licenses: what a boot takes into use, what features ask for and give back. What time
//! does to what is in use stands in [`super::ending`].
//!
//! Time of use is the device's: it is counted in seconds while a license is in use, and stands still
//! while the device is down. Source: reference licensing, sections 1.8 to 1.10.

use super::{
    ending::plan,
    image::{Feature, Packaging},
    log::{LicenseLog, LineEvent},
    shelf::{Ground, Line, Shelf},
    store::{Licenses, Mark},
};

/// What a configuration asks of licensing. Source: reference licensing, section 2.2.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Wanted {
    /// `license boot level`.
    pub(crate) level: Option<String>,
    /// `license boot module ... technology-package`, and whether it ends with `disable`.
    pub(crate) packages: Vec<(String, bool)>,
    /// `license feature`.
    pub(crate) features: Vec<String>,
    /// `license accept end user agreement`.
    pub(crate) accepts: bool,
}

impl Wanted {
    /// What the `license` lines of a configuration ask for, each without that first word.
    pub(crate) fn of(lines: impl Iterator<Item = String>) -> Self {
        let mut wanted = Self::default();
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                // Other members of a stack have levels of their own, which show on none of the first.
                ["boot", "level", level] | ["boot", "level", level, "switch", "1"] => {
                    wanted.level = Some((*level).to_owned());
                }
                ["accept", "end", "user", "agreement"] => wanted.accepts = true,
                [
                    "boot",
                    "module",
                    _,
                    "technology-package",
                    package,
                    rest @ ..,
                ] => {
                    let disabled = rest.first() == Some(&"disable");
                    wanted.packages.push(((*package).to_owned(), disabled));
                }
                ["feature", feature] => wanted.features.push((*feature).to_owned()),
                _ => {}
            }
        }
        wanted
    }

    fn asks_for(&self, feature: &Feature) -> bool {
        self.level.as_deref() == Some(&*feature.name)
            || self
                .packages
                .iter()
                .any(|(package, disabled)| !disabled && is_package(feature, package))
    }

    fn forbids(&self, feature: &Feature) -> bool {
        let mut packages = self.packages.iter();
        packages.any(|(package, disabled)| *disabled && is_package(feature, package))
    }
}

fn is_package(feature: &Feature, name: &str) -> bool {
    feature.package.as_deref() == Some(name) || feature.name.eq_ignore_ascii_case(name)
}

/// The image levels and packages that a boot with `wanted` would take into use, with the line each
/// would run on.
pub(crate) fn next_boot(shelf: &Shelf<'_>, wanted: &Wanted) -> Vec<(usize, Option<Line>)> {
    let lines = shelf.lines(0);
    let features = shelf.image.features.iter().enumerate();
    let image_level = features.filter(|(_, feature)| feature.is_image_level());
    let could = image_level.map(|(place, feature)| {
        let line = Shelf::candidate(&lines, &feature.name);
        let wants = wanted.asks_for(feature) || feature.accepted;
        let runs = line.as_ref().is_some_and(|line| {
            // An evaluation is never used unasked.
            line.serves_unasked() || wants
        });
        (place, feature, line, runs && !wanted.forbids(feature))
    });
    let could: Vec<_> = could.collect();
    match shelf.image.packaging {
        Packaging::TechnologyPackages => could
            .into_iter()
            .enumerate()
            // The base package runs whatever happens.
            .filter(|(row, (.., runs))| *row == 0 || *runs)
            .map(|(_, (place, _, line, _))| (place, line))
            .collect(),
        Packaging::Levels => {
            let asked = could.iter().find(|(_, feature, line, _)| {
                wanted.level.as_deref() == Some(&*feature.name) && line.is_some()
            });
            let highest = could.iter().filter(|(.., runs)| *runs);
            let highest = highest.max_by_key(|(_, feature, ..)| feature.level);
            let base = could.iter().min_by_key(|(_, feature, ..)| feature.level);
            let level = asked.or(highest).or(base);
            level
                .map(|(place, _, line, _)| (*place, line.clone()))
                .into_iter()
                .collect()
        }
        Packaging::Features => Vec::new(),
    }
}

/// The device boots with a configuration that asks for `wanted`.
pub(crate) fn boot(
    licenses: &mut Licenses,
    ground: &Ground<'_>,
    wanted: &Wanted,
    log: &mut Vec<LicenseLog>,
) {
    licenses.reset_counters();
    if licenses.rare().is_some_and(|rare| rare.expands_at_boot) {
        let rare = licenses.rare_mut();
        rare.expanded = true;
        rare.expands_at_boot = false;
    }
    licenses.accepted_all |= wanted.accepts;
    check_seals(licenses, ground, log);
    stop_all(licenses, ground);
    licenses.running = 0;
    for (place, line) in next_boot(&ground.shelf(licenses), wanted) {
        licenses.running |= 1 << place;
        log.extend(level(ground, place, line.as_ref()));
        if let Some(line) = line {
            take_into_use(licenses, ground, &line);
        }
    }
    start_wanted(licenses, ground, wanted);
    plan(licenses, ground);
}

/// What is logged of technology package number `place`, which runs on `line` behind a boot.
fn level(ground: &Ground<'_>, place: usize, line: Option<&Line>) -> Option<LicenseLog> {
    let feature = ground.image.features.get(place)?;
    feature.package.as_ref()?;
    Some(LicenseLog::Level {
        module: ground.image.module.clone(),
        level: feature.name.to_string(),
        license: line.map(|line| line.terms.feature.to_string()),
    })
}

/// The lines about the packages that the next boot with `wanted` will run and that were not among
/// `before`, what it would have run.
pub(crate) fn changed_levels(
    licenses: &Licenses,
    ground: &Ground<'_>,
    wanted: &Wanted,
    before: &[(usize, Option<Line>)],
) -> Vec<LicenseLog> {
    let next = next_boot(&ground.shelf(licenses), wanted);
    let new = next
        .iter()
        .filter(|(place, _)| before.iter().all(|(own, _)| own != place));
    new.filter_map(|(place, line)| level(ground, *place, line.as_ref()))
        .collect()
}

/// The device goes down: meters stop.
pub(crate) fn go_down(licenses: &mut Licenses, ground: &Ground<'_>) {
    stop_all(licenses, ground);
    licenses.running = 0;
    licenses.next_s = 0;
}

fn stop_all(licenses: &mut Licenses, ground: &Ground<'_>) {
    for member in ground.members() {
        for line in ground.shelf(licenses).lines(member) {
            let mut usage = line.usage;
            if usage.has(Mark::Serving) {
                usage.stop(ground.now_s);
                usage.set(Mark::Serving, false);
                licenses.set_usage(line.key, usage);
            }
        }
    }
}

/// Works the seals of the installed lines out again; what does not fit is not used any more.
fn check_seals(licenses: &mut Licenses, ground: &Ground<'_>, log: &mut Vec<LicenseLog>) {
    let mut damaged = Vec::new();
    let shelf = ground.shelf(licenses);
    for installed in licenses.installed() {
        let key = installed.key();
        let Some(line) = shelf
            .find(key)
            .filter(|line| !line.usage.has(Mark::Damaged))
        else {
            continue;
        };
        let seal = shelf.seal(key, &shelf.text(&line), licenses.comment(key));
        if installed.seal != seal[..4] {
            log.push(LicenseLog::StoreDamaged {
                feature: line.terms.feature.to_string(),
                index: key.index,
                store: shelf.store_name(key.store).to_owned(),
            });
            damaged.push((key, line.usage));
        }
    }
    for (key, usage) in damaged {
        licenses.set_usage(key, usage.with(Mark::Damaged));
    }
}

/// Feature number `place` asks for a license at run time; whether it got one.
pub(crate) fn request(licenses: &mut Licenses, ground: &Ground<'_>, place: usize) -> bool {
    let granted = take_feature(licenses, ground, place);
    let counters = licenses.counters_mut();
    let counter = match granted {
        true => &mut counters.requests,
        false => &mut counters.requests_failed,
    };
    *counter = counter.saturating_add(1);
    plan(licenses, ground);
    granted
}

/// Features that the configuration asks for and that had no license start if they have one now.
pub(crate) fn start_wanted(licenses: &mut Licenses, ground: &Ground<'_>, wanted: &Wanted) {
    for feature in &wanted.features {
        let known = ground.image.feature(feature);
        if let Some((place, _)) = known.filter(|(place, _)| !licenses.runs(*place)) {
            request(licenses, ground, place);
        }
    }
}

fn take_feature(licenses: &mut Licenses, ground: &Ground<'_>, place: usize) -> bool {
    let Some(feature) = ground.image.features.get(place) else {
        return false;
    };
    let lines = ground.shelf(licenses).lines(0);
    let Some(line) = Shelf::candidate(&lines, &feature.name) else {
        return false;
    };
    licenses.running |= 1 << place;
    take_into_use(licenses, ground, &line);
    true
}

/// Feature number `place`, which runs, goes on with the best license there is, or stops.
pub(crate) fn resume(licenses: &mut Licenses, ground: &Ground<'_>, place: usize) {
    let lines = ground.shelf(licenses).lines(0);
    let Some(feature) = ground.image.features.get(place) else {
        return;
    };
    let mut own = lines
        .iter()
        .filter(|line| line.terms.feature == feature.name);
    if !own.any(Line::is_in_use) && !take_feature(licenses, ground, place) {
        licenses.running &= !(1 << place);
    }
}

/// Starts what has to be remembered of a line in use; lines without a limit need nothing.
fn take_into_use(licenses: &mut Licenses, ground: &Ground<'_>, line: &Line) {
    if !line.kind.is_limited() || line.usage.has(Mark::Serving) {
        return;
    }
    let mut usage = line.usage.with(Mark::Serving);
    if line.kind.is_metered() {
        usage.since_s = ground.now_s.max(1);
    }
    licenses.set_usage(line.key, usage);
}

/// Feature number `place` gives its license back.
pub(crate) fn release(licenses: &mut Licenses, ground: &Ground<'_>, place: usize) {
    let Some(feature) = ground.image.features.get(place) else {
        return;
    };
    if !licenses.runs(place) {
        return;
    }
    for line in ground.shelf(licenses).lines(0) {
        if line.terms.feature == feature.name && line.usage.has(Mark::Serving) {
            let mut usage = line.usage;
            usage.stop(ground.now_s);
            usage.set(Mark::Serving, false);
            licenses.set_usage(line.key, usage);
        }
    }
    licenses.running &= !(1 << place);
    let counters = licenses.counters_mut();
    counters.releases = counters.releases.saturating_add(1);
    plan(licenses, ground);
}

/// A better license for a feature that runs has appeared: features move to it at once, image levels
/// at the next boot.
pub(crate) fn prefer_better(licenses: &mut Licenses, ground: &Ground<'_>) {
    let features = ground.image.features.iter().enumerate();
    for (place, feature) in features.filter(|(_, feature)| !feature.is_image_level()) {
        if !licenses.runs(place) {
            continue;
        }
        let lines = ground.shelf(licenses).lines(0);
        let serving = lines
            .iter()
            .find(|line| line.terms.feature == feature.name && line.usage.has(Mark::Serving));
        let Some(best) = Shelf::candidate(&lines, &feature.name) else {
            continue;
        };
        // What serves without a mark has no limit, and goes on unless one with a limit goes before it.
        let moves = match serving {
            Some(serving) => best.key != serving.key,
            None => best.kind.is_limited(),
        };
        if moves {
            if let Some(serving) = serving {
                let mut usage = serving.usage;
                usage.stop(ground.now_s);
                usage.set(Mark::Serving, false);
                licenses.set_usage(serving.key, usage);
            }
            take_into_use(licenses, ground, &best);
            let counters = licenses.counters_mut();
            counters.notifications = counters.notifications.saturating_add(1);
        }
    }
    plan(licenses, ground);
}

/// The agreement of `feature`'s metered lines is accepted.
pub(crate) fn accept(
    licenses: &mut Licenses,
    ground: &Ground<'_>,
    feature: &str,
    log: &mut Vec<LicenseLog>,
) {
    let shelf = ground.shelf(licenses);
    let lines = shelf.lines(0);
    let open = lines
        .iter()
        .filter(|line| *line.terms.feature == *feature && !line.is_accepted());
    let open: Vec<_> = open.collect();
    if let (Some(line), Some(udi)) = (open.first(), shelf.udi(0)) {
        log.push(LicenseLog::Line {
            what: LineEvent::Accepted,
            feature: feature.to_owned(),
            udi: udi.clone(),
            index: line.key.index,
            store: shelf.store_name(line.key.store).to_owned(),
        });
    }
    let accepted: Vec<_> = open
        .iter()
        .map(|line| (line.key, line.usage.with(Mark::Accepted)))
        .collect();
    for (key, usage) in accepted {
        licenses.set_usage(key, usage);
    }
}

/// The agreement of everything is accepted.
pub(crate) fn accept_all(licenses: &mut Licenses, _: &Ground<'_>, log: &mut Vec<LicenseLog>) {
    licenses.accepted_all = true;
    log.push(LicenseLog::AcceptedAll);
}
