//! What events do to licenses: a license manager's deliveries, flipped bits, time that is over, users.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Device, LicenseEvent,
    files::{FileUrl, WhyNot},
};
use crate::{
    license::{
        LicenseCensus, course, ending,
        install::{self, InstallOutcome, Installation},
        log::LicenseLog,
        removal,
        shelf::{Origin, Shelf},
        store::Mark,
    },
    output::{LicenseFileOutcome, Output},
    template::Template,
    transfer::{Asker, Errand, Transfer, TransferOutcome},
};

impl Device {
    pub(super) fn license_event(
        &mut self,
        now: Timestamp,
        event: &LicenseEvent,
        outputs: &mut Vec<Output>,
    ) {
        let noticed = match event {
            LicenseEvent::Install(delivery, member) => {
                match self.udis().get(usize::from(*member)) {
                    Some(udi) => {
                        let file = delivery.file(udi);
                        self.take_license_file(now, &file, outputs);
                        true
                    }
                    None => false,
                }
            }
            LicenseEvent::Fetch(url) => {
                self.fetch_license_file(now, url, outputs);
                true
            }
            LicenseEvent::Clear(feature) => self.clear_licenses(now, feature, outputs),
            LicenseEvent::Tamper => self.tamper(now, outputs),
            LicenseEvent::Expire(feature) => self.expire(now, feature, outputs),
            LicenseEvent::Users { feature, count } => self.set_users(now, feature, *count, outputs),
        };
        if !noticed {
            outputs.push(Output::Unheard);
        }
    }

    /// Installs the license file at `url`, at once or when its server has given it.
    fn fetch_license_file(&mut self, now: Timestamp, url: &Template, outputs: &mut Vec<Output>) {
        let text = url.fill(&self.identity_values());
        let read = match FileUrl::parse(&text) {
            Ok(url) if self.reaches(&url) => {
                return outputs.push(Output::Transfer(Transfer {
                    asker: Asker::Event(self.booted_at),
                    url,
                    errand: Errand::Fetch,
                }));
            }
            Ok(url) => self.read_file(&url, 0),
            Err(error) => Err(error),
        };
        self.take_fetched(now, read.map_err(|error| error.why), outputs);
    }

    /// Takes what came of a transfer that the device itself had asked for.
    pub(super) fn finish_transfer(
        &mut self,
        now: Timestamp,
        outcome: TransferOutcome,
        outputs: &mut Vec<Output>,
    ) {
        let TransferOutcome { asker, result } = outcome;
        if self.is_up() && asker == Asker::Event(self.booted_at) {
            self.take_fetched(now, result, outputs);
        } else {
            outputs.push(Output::LicenseFile(LicenseFileOutcome::Interrupted));
        }
    }

    fn take_fetched(
        &mut self,
        now: Timestamp,
        result: Result<Arc<[u8]>, WhyNot>,
        outputs: &mut Vec<Output>,
    ) {
        match result {
            Ok(bytes) => self.take_license_file(now, &bytes, outputs),
            Err(why) => outputs.push(Output::LicenseFile(LicenseFileOutcome::NotOpened(why))),
        }
    }

    fn take_license_file(&mut self, now: Timestamp, bytes: &[u8], outputs: &mut Vec<Output>) {
        let Some(lines) = self.install_licenses(now, bytes, outputs) else {
            outputs.push(Output::LicenseFile(LicenseFileOutcome::Invalid));
            return;
        };
        let told = lines.into_iter().map(LicenseFileOutcome::Line);
        outputs.extend(told.map(Output::LicenseFile));
    }

    /// Installs the license file `bytes`, whose agreements are accepted; what became of its lines, or
    /// `None` if it is no license file.
    pub fn install_licenses(
        &mut self,
        now: Timestamp,
        bytes: &[u8],
        outputs: &mut Vec<Output>,
    ) -> Option<Vec<InstallOutcome>> {
        let checked = self.read_licenses(now, |shelf| Installation::check(shelf, bytes));
        let installation = checked?.ok()?;
        let report = self.store_licenses(now, installation, outputs)?;
        Some(
            report
                .lines
                .into_iter()
                .map(|(_, outcome)| outcome)
                .collect(),
        )
    }

    /// Stores what passed the checks of `installation`; what it makes better is in force at once.
    pub(crate) fn store_licenses(
        &mut self,
        now: Timestamp,
        installation: Installation,
        outputs: &mut Vec<Output>,
    ) -> Option<install::Report> {
        let wanted = self.wanted_licenses();
        self.change_licenses(now, outputs, |licenses, ground, log| {
            let before = course::next_boot(&ground.shelf(licenses), &wanted);
            let report = install::store(installation, licenses, ground, log);
            log.extend(course::changed_levels(licenses, ground, &wanted, &before));
            course::prefer_better(licenses, ground);
            course::start_wanted(licenses, ground, &wanted);
            report
        })
    }

    fn clear_licenses(&mut self, now: Timestamp, feature: &str, outputs: &mut Vec<Output>) -> bool {
        let cleared = self.change_licenses(now, outputs, |licenses, ground, log| {
            let mut cleared = false;
            for member in ground.members() {
                for line in ground.shelf(licenses).lines(member) {
                    cleared |= *line.terms.feature == *feature
                        && line.origin == Origin::Installed
                        && removal::clear(licenses, ground, line.key, log).is_ok();
                }
            }
            cleared
        });
        cleared.unwrap_or(false)
    }

    fn tamper(&mut self, now: Timestamp, outputs: &mut Vec<Output>) -> bool {
        let occasion = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let draw = self
            .seed
            .draw(self.identity.device, "license tamper", occasion);
        let damaged = self.change_licenses(now, outputs, |licenses, _, _| {
            let count = licenses.installed().count() as u64;
            let chosen = draw
                .checked_rem(count)
                .and_then(|place| usize::try_from(place).ok());
            let key = chosen
                .and_then(|place| licenses.installed().nth(place))
                .map(|line| line.key());
            let line = key.and_then(|key| licenses.installed_mut(key));
            line.map(|line| line.damage(draw)).is_some()
        });
        damaged.unwrap_or(false)
    }

    fn expire(&mut self, now: Timestamp, feature: &str, outputs: &mut Vec<Output>) -> bool {
        let expired = self.change_licenses(now, outputs, |licenses, ground, log| {
            let lines = ground.shelf(licenses).lines(0);
            let of_feature = lines.iter().filter(|line| *line.terms.feature == *feature);
            // What runs on a license without an end goes on.
            if of_feature
                .clone()
                .any(|line| line.is_in_use() && !line.kind.is_limited())
            {
                return false;
            }
            let mut own = of_feature.filter(|line| line.kind.is_metered());
            let line = match own.clone().find(|line| line.is_in_use()) {
                Some(line) => Some(line.clone()),
                // A license that is not in use is taken into use first, as somebody must have done.
                None => own.find(|line| !line.is_expired()).cloned(),
            };
            let Some(line) = line else {
                return false;
            };
            let period_s = u32::try_from(line.terms.period_s().unwrap_or(0)).unwrap_or(u32::MAX);
            let mut usage = line.usage.with(Mark::Accepted).with(Mark::Serving);
            usage.used_s = period_s;
            usage.since_s = ground.now_s.max(1);
            licenses.set_usage(line.key, usage);
            if let Some((place, _)) = ground.image.feature(feature) {
                licenses.running |= 1 << place;
            }
            ending::come_due(licenses, ground, log);
            true
        });
        expired.unwrap_or(false)
    }

    fn set_users(
        &mut self,
        now: Timestamp,
        feature: &str,
        count: u32,
        outputs: &mut Vec<Output>,
    ) -> bool {
        let set = self.change_licenses(now, outputs, |licenses, ground, log| {
            let Some((place, _)) = ground.image.feature(feature) else {
                return false;
            };
            if !licenses.runs(place) && !course::request(licenses, ground, place) {
                return false;
            }
            let before = licenses.users(place);
            let users = &mut licenses.rare_mut().users;
            users.retain(|(own, _)| *own != place);
            users.push((place, count));
            let granted = granted(&ground.shelf(licenses), feature);
            let reached = granted > 0 && before < granted && count >= granted;
            if let (true, Some(udi)) = (reached, ground.udis.first()) {
                log.push(LicenseLog::CountReached {
                    feature: feature.to_owned(),
                    udi: udi.clone(),
                    count: granted,
                });
            }
            true
        });
        set.unwrap_or(false)
    }

    /// Counts the device's licenses at `now` into `census`.
    pub fn count_licenses(&self, now: Timestamp, census: &mut LicenseCensus) {
        self.read_licenses(now, |shelf| {
            let members = (0_u8..).take(shelf.udis.len());
            for line in members.flat_map(|member| shelf.lines(member)) {
                census.count(&line);
            }
        });
    }
}

/// How many users the licenses of `feature` that are in use grant; 0 where they do not count.
fn granted(shelf: &Shelf<'_>, feature: &str) -> u32 {
    let lines = shelf.lines(0).into_iter();
    let counts = lines
        .filter(|line| *line.terms.feature == *feature && line.is_in_use())
        .filter_map(|line| line.terms.count);
    counts.fold(0, u32::saturating_add)
}
