//! Taking licenses away: clearing what was installed, and revoking what a portal permits to move.
//!
//! Source: reference licensing, sections 1.5, 1.8 (transitions 15 and 16) and 2.3.

use std::collections::BTreeSet;

use super::{
    course,
    document::{self, FileEntry},
    ending,
    install::{self, InstallOutcome, Installation},
    kind::LicenseKind,
    line::{LicenseId, parse},
    log::{LicenseLog, LineEvent},
    shelf::{Ground, Line, Origin},
    store::{Departed, Licenses, LineKey, Mark, Rehosted},
    ticket::{self, InvalidTicket, PermissionTicket},
};

/// Why a line is not cleared.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotCleared {
    /// A feature runs on it.
    #[error("% Error: Could not delete in-use license")]
    InUse,
    /// It was not put there by `license install`.
    #[error("% Error: License cannot be cleared: built-in license")]
    BuiltIn,
    /// There is none.
    #[error("% Error: Invalid index")]
    NoSuchLine,
}

/// Clears the installed line at `key`.
pub(crate) fn clear(
    licenses: &mut Licenses,
    ground: &Ground<'_>,
    key: LineKey,
    log: &mut Vec<LicenseLog>,
) -> Result<(), NotCleared> {
    let line = ground
        .shelf(licenses)
        .find(key)
        .ok_or(NotCleared::NoSuchLine)?;
    if line.origin != Origin::Installed {
        return Err(NotCleared::BuiltIn);
    }
    if line.is_in_use() {
        return Err(NotCleared::InUse);
    }
    depart(licenses, ground, &line, false, log);
    let counters = licenses.counters_mut();
    counters.cleared = counters.cleared.saturating_add(1);
    ending::plan(licenses, ground);
    Ok(())
}

/// Takes `line` out and remembers it.
fn depart(
    licenses: &mut Licenses,
    ground: &Ground<'_>,
    line: &Line,
    revoked: bool,
    log: &mut Vec<LicenseLog>,
) {
    let shelf = ground.shelf(licenses);
    let departed = Departed {
        id: shelf.id(line),
        feature: line.terms.feature.clone(),
        at_s: ground.now_s,
        revoked,
        used_s: line.usage.used_at(ground.now_s),
    };
    if let Some(udi) = shelf.udi(line.key.member) {
        log.push(LicenseLog::Line {
            what: match revoked {
                true => LineEvent::Revoked,
                false => LineEvent::Removed,
            },
            feature: line.terms.feature.to_string(),
            udi: udi.clone(),
            index: line.key.index,
            store: shelf.store_name(line.key.store).to_owned(),
        });
    }
    if licenses.take(line.key).is_none() {
        let mut usage = line.usage;
        usage.stop(ground.now_s);
        usage.set(Mark::Serving, false);
        licenses.set_usage(line.key, usage.with(Mark::Removed));
    }
    licenses.remember(departed);
}

/// A permission ticket that can be applied.
#[derive(Clone, Debug)]
pub(crate) struct Revocation {
    ticket: PermissionTicket,
    /// Lines that go.
    going: Vec<Line>,
    /// Lines that come.
    coming: Option<Installation>,
    grace: Vec<(String, LicenseKind)>,
    /// It was applied before; only its rehost ticket is made again.
    again: Option<Rehosted>,
}

impl Revocation {
    /// Checks the permission ticket `bytes` against the licenses.
    ///
    /// # Errors
    /// If it is none, is for another device, or names a license that is not there.
    pub(crate) fn check(
        licenses: &Licenses,
        ground: &Ground<'_>,
        bytes: &[u8],
    ) -> Result<Self, InvalidTicket> {
        let ticket = PermissionTicket::verified(bytes, &ground.model.ring)?;
        let shelf = ground.shelf(licenses);
        let member = ground
            .members()
            .find(|member| shelf.udi(*member) == Some(&ticket.udi))
            .ok_or(InvalidTicket::OtherDevice)?;
        let again = licenses
            .rare()
            .and_then(|rare| rare.rehosted.clone())
            .filter(|rehosted| *rehosted.permission == *ticket.id);
        if again.is_some() {
            return Ok(Self {
                ticket,
                going: Vec::new(),
                coming: None,
                grace: Vec::new(),
                again,
            });
        }
        let lines = shelf.lines(member);
        let find = |id: &LicenseId| lines.iter().find(|line| shelf.id(line) == *id).cloned();
        // Named twice, a license goes once.
        let named: BTreeSet<LicenseId> = ticket.remove.iter().copied().collect();
        let going: Option<Vec<Line>> = named.iter().map(find).collect();
        let going = going
            .filter(|going| going.iter().all(|line| line.origin != Origin::Image))
            .ok_or(InvalidTicket::NoSuchLicense)?;
        let entries: Vec<FileEntry> = ticket.add.iter().map(|line| entry(line)).collect();
        let coming = match entries.is_empty() {
            true => None,
            false => Some(
                Installation::check(&shelf, &document::write(&entries))
                    .map_err(|_| InvalidTicket::Malformed)?,
            ),
        };
        let grace: Vec<_> = coming
            .iter()
            .flat_map(Installation::to_be_accepted)
            .collect();
        let grace: Vec<_> = grace
            .iter()
            .map(|(feature, kind)| ((*feature).to_owned(), *kind))
            .collect();
        if coming.as_ref().is_some_and(|coming| !coming.is_sound()) {
            return Err(InvalidTicket::NotVerified);
        }
        Ok(Self {
            ticket,
            going,
            grace,
            coming,
            again: None,
        })
    }

    /// Features that lose a license, with its kind.
    pub(crate) fn going(&self) -> impl Iterator<Item = (&str, LicenseKind)> {
        self.going
            .iter()
            .map(|line| (&*line.terms.feature, line.kind))
    }

    /// Features that get a license for the time of the move, whose agreement has to be accepted.
    pub(crate) fn grace(&self) -> &[(String, LicenseKind)] {
        &self.grace
    }

    /// The rehost ticket, which is to be written before the ticket is applied.
    pub(crate) fn rehost_ticket(&self, licenses: &Licenses, ground: &Ground<'_>) -> Vec<u8> {
        if let Some(again) = &self.again {
            return again.ticket.to_vec();
        }
        let shelf = ground.shelf(licenses);
        let revoked = self
            .going
            .iter()
            .map(|line| (shelf.id(line), shelf.text(line)));
        let revoked: Vec<_> = revoked.collect();
        let member = self.going.first().map_or(0, |line| line.key.member);
        let key = shelf.derived_key(member, b"cred");
        ticket::rehost_ticket(&self.ticket.id, &self.ticket.udi, &revoked, key)
    }

    /// Whether what the ticket grants finds room behind what it takes away.
    pub(crate) fn fits(&self, licenses: &Licenses, ground: &Ground<'_>) -> bool {
        let outcome =
            self.clone()
                .apply(&mut licenses.clone(), ground, Vec::new(), &mut Vec::new());
        let failed = |outcome: &InstallOutcome| matches!(outcome, InstallOutcome::Failed(_));
        !outcome.iter().any(|(_, outcome)| failed(outcome))
    }

    /// Applies the ticket, whose `rehost_ticket` has been written: everything happens, or nothing.
    pub(crate) fn apply(
        self,
        licenses: &mut Licenses,
        ground: &Ground<'_>,
        rehost_ticket: Vec<u8>,
        log: &mut Vec<LicenseLog>,
    ) -> Vec<(String, InstallOutcome)> {
        if self.again.is_some() {
            return Vec::new();
        }
        for line in &self.going {
            depart(licenses, ground, line, true, log);
        }
        licenses.rare_mut().rehosted = Some(Rehosted {
            permission: self.ticket.id.into(),
            ticket: rehost_ticket.into(),
        });
        let report = self
            .coming
            .map(|coming| install::store(coming, licenses, ground, log));
        // A feature that ran goes on, on what came in the place of its license.
        for (place, _) in ground.image.features.iter().enumerate() {
            if licenses.runs(place) {
                course::resume(licenses, ground, place);
            }
        }
        ending::plan(licenses, ground);
        report.map(|report| report.lines).unwrap_or_default()
    }
}

/// What a file that brought `line` would say of it.
fn entry(line: &str) -> FileEntry {
    FileEntry {
        feature: parse(line).ok().map(|line| line.terms.feature.to_string()),
        line: line.to_owned(),
        ..FileEntry::default()
    }
}
