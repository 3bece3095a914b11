//! Installing licenses: the checks of every line of a file, in their order, and storing what passed.
//!
//! It has two steps, because an agreement may have to be accepted between them. Source: reference
//! licensing, sections 2.3 and 7.4.

use jiff::civil::Date;

use super::{
    document::{self, FileEntry, InvalidFile},
    installed::Installed,
    kind::LicenseKind,
    line::{Addition, Block, Pak, ParsedLine, Terms, Udi, is_feature, parse},
    log::{LicenseLog, LineEvent},
    shelf::{Ground, Line, Shelf},
    signature::Signature,
    space,
    store::{Licenses, LineKey, Mark, StoreName, Usage},
};

/// Why a line is not installed. The numbers and texts are what the device prints; only 137 is
/// known from real ones.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum InstallError {
    /// It has not the structure of a line.
    #[error("Invalid license line")]
    InvalidLine,
    /// No trusted key signed it.
    #[error("License line verification failed")]
    NotVerified,
    /// The file says of it what it does not say.
    #[error("License file is inconsistent")]
    Inconsistent,
    /// It is for another device.
    #[error("License is not valid for this device")]
    OtherDevice,
    /// It has been revoked on this device.
    #[error("License has been revoked")]
    Revoked,
    /// It counts nothing.
    #[error("Invalid count")]
    InvalidCount,
    /// It is for no time.
    #[error("Invalid period")]
    InvalidPeriod,
    /// The agreement was not accepted.
    #[error("EULA was not accepted")]
    NotAccepted,
    /// There is no room for it.
    #[error("License store is full.")]
    StoreFull,
}

impl InstallError {
    /// Every reason, in the order of the checks.
    pub const ALL: [Self; 9] = [
        Self::InvalidLine,
        Self::NotVerified,
        Self::Inconsistent,
        Self::OtherDevice,
        Self::Revoked,
        Self::InvalidCount,
        Self::InvalidPeriod,
        Self::NotAccepted,
        Self::StoreFull,
    ];

    /// The number in `Error[NUMBER]`.
    pub fn code(self) -> u16 {
        match self {
            Self::InvalidLine => 102,
            Self::NotVerified => 103,
            Self::Inconsistent => 104,
            Self::OtherDevice => 105,
            Self::Revoked => 106,
            Self::InvalidCount => 107,
            Self::InvalidPeriod => 108,
            Self::NotAccepted => 109,
            Self::StoreFull => 137,
        }
    }

    /// The cause of failure in CISCO-LICENSE-MGMT-MIB.
    pub fn mib_cause(self) -> (u8, &'static str) {
        match self {
            Self::InvalidLine | Self::NotVerified => (8, "invalidLicenseLine"),
            Self::Inconsistent => (7, "invalidLicenseFile"),
            Self::OtherDevice | Self::Revoked => (10, "licenseNotValidForDevice"),
            Self::InvalidCount => (11, "invalidLicenseCount"),
            Self::InvalidPeriod => (12, "invalidLicensePeriod"),
            Self::NotAccepted => (2, "generalFailure"),
            Self::StoreFull => (15, "licenseStorageFull"),
        }
    }
}

/// What became of a line of a file.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum InstallOutcome {
    /// It is stored, and the image knows its feature.
    Supported,
    /// It is stored, but the image does not know its feature.
    NotSupported,
    /// It was stored before, or a better one excludes it.
    Duplicate,
    /// It is not stored.
    Failed(InstallError),
}

/// A line of a file behind the checks that need no answer.
#[derive(Clone, Debug)]
struct Checked {
    feature: String,
    verdict: Result<Ready, InstallOutcome>,
}

#[derive(Clone, Debug)]
struct Ready {
    installed: Installed,
    kind: LicenseKind,
    member: u8,
    comment: String,
    pak: Option<Pak>,
    /// Bytes of the line.
    bytes: usize,
}

/// A file whose lines have been checked, up to the agreement.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    lines: Vec<Checked>,
    /// The agreement has been accepted for everything.
    accepted: bool,
}

/// What became of a file: each line's feature and outcome, in the order of the file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Report {
    pub(crate) lines: Vec<(String, InstallOutcome)>,
}

impl Installation {
    /// Checks the lines of the license file `bytes` against `shelf`.
    ///
    /// # Errors
    /// If it is no license file.
    pub(crate) fn check(shelf: &Shelf<'_>, bytes: &[u8]) -> Result<Self, InvalidFile> {
        let entries = document::read(bytes)?;
        let mut lines: Vec<Checked> = Vec::with_capacity(entries.len());
        for entry in &entries {
            let mut checked = check(shelf, entry);
            // A file may repeat itself.
            if let Ok(ready) = &checked.verdict
                && lines
                    .iter()
                    .filter_map(|own| own.verdict.as_ref().ok())
                    .any(|own| {
                        own.installed.id() == ready.installed.id() && own.member == ready.member
                    })
            {
                checked.verdict = Err(InstallOutcome::Duplicate);
            }
            lines.push(checked);
        }
        let accepted = shelf.licenses.accepted_all;
        Ok(Self { lines, accepted })
    }

    /// The features and kinds of the lines whose agreement has to be accepted first.
    pub(crate) fn to_be_accepted(&self) -> Vec<(&str, LicenseKind)> {
        if self.accepted {
            return Vec::new();
        }
        let ready = self.lines.iter().filter_map(|line| {
            let ready = line.verdict.as_ref().ok()?;
            let asks = ready.kind.asks_for_agreement();
            asks.then_some((line.feature.as_str(), ready.kind))
        });
        ready.collect()
    }

    /// Whether every line passed the checks.
    pub(crate) fn is_sound(&self) -> bool {
        self.lines.iter().all(|line| line.verdict.is_ok())
    }

    /// The agreement was refused: nothing is stored, and nothing is printed of the lines.
    pub(crate) fn refuse(self, licenses: &mut Licenses) -> Report {
        let counters = licenses.counters_mut();
        counters.install_failed = counters
            .install_failed
            .saturating_add(count(self.lines.len()));
        let refused = InstallOutcome::Failed(InstallError::NotAccepted);
        Report {
            lines: self
                .lines
                .into_iter()
                .map(|line| (line.feature, refused))
                .collect(),
        }
    }
}

/// Stores what passed the checks of `installation`, as far as there is room.
pub(crate) fn store(
    installation: Installation,
    licenses: &mut Licenses,
    ground: &Ground<'_>,
    log: &mut Vec<LicenseLog>,
) -> Report {
    let mut report = Report::default();
    for Checked { feature, verdict } in installation.lines {
        let outcome = match verdict {
            Ok(ready) => store_line(ready, &feature, licenses, ground, log),
            Err(outcome) => outcome,
        };
        let counters = licenses.counters_mut();
        let counter = match outcome {
            InstallOutcome::Supported | InstallOutcome::NotSupported => &mut counters.installed,
            InstallOutcome::Duplicate => &mut counters.duplicates,
            InstallOutcome::Failed(_) => &mut counters.install_failed,
        };
        *counter = counter.saturating_add(1);
        report.lines.push((feature, outcome));
    }
    report
}

fn store_line(
    ready: Ready,
    feature: &str,
    licenses: &mut Licenses,
    ground: &Ground<'_>,
    log: &mut Vec<LicenseLog>,
) -> InstallOutcome {
    let member = ready.member;
    let shelf = ground.shelf(licenses);
    let supported = shelf.image.feature(feature).is_some();
    let store = shelf.store_name(StoreName::Primary).to_owned();
    let udi = shelf.udi(member).cloned();
    // While an agreement was being read, somebody else may have stored or revoked the line.
    let id = ready.installed.id();
    if shelf.lines(member).iter().any(|own| shelf.id(own) == id) {
        return InstallOutcome::Duplicate;
    }
    if licenses
        .departed(id)
        .is_some_and(|departed| departed.revoked)
    {
        return InstallOutcome::Failed(InstallError::Revoked);
    }
    if space::record_bytes(ready.bytes, ready.comment.len()) > shelf.free_bytes(member) {
        log.push(LicenseLog::StoreFull { store });
        return InstallOutcome::Failed(InstallError::StoreFull);
    }
    let key = free_key(&shelf, member);
    let mut installed = ready.installed;
    let accepted = ready.kind.asks_for_agreement();
    let mut usage = Usage::default();
    if let Some(before) = licenses.departed(installed.id()) {
        // A meter never runs backwards, whatever was cleared and installed again.
        usage.used_s = before.used_s;
    }
    usage.set(Mark::Accepted, accepted);
    installed.set_usage(usage);
    licenses.insert(installed, key, ground.image, feature);
    licenses.set_comment(key, &ready.comment);
    if let Some(pak) = ready.pak {
        licenses.rare_mut().paks.push((key, pak));
    }
    reseal(licenses, ground, key);
    let events = [
        Some(LineEvent::Installed),
        accepted.then_some(LineEvent::Accepted),
    ];
    if let Some(udi) = udi {
        log.extend(events.into_iter().flatten().map(|what| LicenseLog::Line {
            what,
            feature: feature.to_owned(),
            udi: udi.clone(),
            index: key.index,
            store: store.clone(),
        }));
    }
    match supported {
        true => InstallOutcome::Supported,
        false => InstallOutcome::NotSupported,
    }
}

/// Seals the installed line at `key` as it is now.
pub(crate) fn reseal(licenses: &mut Licenses, ground: &Ground<'_>, key: LineKey) {
    let shelf = ground.shelf(licenses);
    let Some(line) = shelf.find(key) else {
        return;
    };
    let seal = shelf.seal(key, &shelf.text(&line), licenses.comment(key));
    if let Some(installed) = licenses.installed_mut(key) {
        installed.seal.copy_from_slice(&seal[..4]);
    }
}

/// The first free place of the primary store of `member`.
fn free_key(shelf: &Shelf<'_>, member: u8) -> LineKey {
    let lines = shelf.lines(member);
    let key = |index| LineKey {
        member,
        store: StoreName::Primary,
        index,
    };
    let factory = u16::try_from(shelf.model.factory.len()).unwrap_or(u16::MAX);
    let free = (factory..u16::MAX).find(|index| lines.iter().all(|line| line.key != key(*index)));
    key(free.unwrap_or(u16::MAX))
}

/// Checks 3 to 10, and whether the numbers can be kept.
fn check(shelf: &Shelf<'_>, entry: &FileEntry) -> Checked {
    // Nobody has signed what stands beside the line, so it is not printed unless it names a feature.
    let named = entry.feature.clone().filter(|name| is_feature(name));
    let named = named.unwrap_or_else(|| "unknown".to_owned());
    let failed = |feature: &str, error| Checked {
        feature: feature.to_owned(),
        verdict: Err(InstallOutcome::Failed(error)),
    };
    let Ok(line) = parse(&entry.line) else {
        return failed(&named, InstallError::InvalidLine);
    };
    let feature = line.terms.feature.to_string();
    if !(is_stored(shelf, entry, &line) || shelf.model.ring.vouches_for(&line)) {
        return failed(&feature, InstallError::NotVerified);
    }
    if !agrees(entry, &line) {
        return failed(&feature, InstallError::Inconsistent);
    }
    let Some(member) = member_of(shelf, &line) else {
        return failed(&feature, InstallError::OtherDevice);
    };
    let departed = shelf.licenses.departed(line.block.id);
    if departed.is_some_and(|departed| departed.revoked) {
        return failed(&feature, InstallError::Revoked);
    }
    let verdict = match check_terms(&line.terms, shelf.today) {
        Err(error) => Err(InstallOutcome::Failed(error)),
        Ok(()) if is_superfluous(&shelf.lines(member), shelf, &line) => {
            Err(InstallOutcome::Duplicate)
        }
        Ok(()) => {
            ready(entry, &line, member).ok_or(InstallOutcome::Failed(InstallError::InvalidPeriod))
        }
    };
    Checked { feature, verdict }
}

/// Whether the very line is stored: what has been verified needs no second look. A signature alone
/// proves nothing, for anybody can copy it under another text.
fn is_stored(shelf: &Shelf<'_>, entry: &FileEntry, line: &ParsedLine<'_>) -> bool {
    let mut signed = shelf.licenses.installed();
    let signed = signed.find(|own| own.is_signed(&line.signature));
    let stored = signed.and_then(|own| shelf.find(own.key()));
    stored.is_some_and(|stored| shelf.text(&stored) == entry.line)
}

fn ready(entry: &FileEntry, line: &ParsedLine<'_>, member: u8) -> Option<Ready> {
    let Signature::Issuer { signature, .. } = &line.signature else {
        return None;
    };
    Some(Ready {
        installed: Installed::new(&line.terms, &line.block, *signature)?,
        kind: line.terms.kind,
        member,
        comment: comment(&entry.comment),
        pak: entry.pak,
        bytes: entry.line.len(),
    })
}

/// A comment as it is stored: plain characters, no more than fit.
pub(crate) fn comment(text: &str) -> String {
    let plain = text
        .chars()
        .filter(|character| (' '..='~').contains(character));
    plain.take(document::COMMENT_CHARACTERS_MAX).collect()
}

/// Whether what the file says of the line is what the line says.
pub(super) fn agrees(entry: &FileEntry, line: &ParsedLine<'_>) -> bool {
    let hash = entry.hash.as_ref();
    hash.is_none_or(|hash| *hash == document::line_hash(&entry.line))
        && entry
            .feature
            .as_ref()
            .is_none_or(|feature| **feature == *line.terms.feature)
        && entry
            .udi
            .as_ref()
            .is_none_or(|udi| Some(udi) == line.device.as_ref())
        && line.block.pak == Block::pak_digest(entry.pak)
}

/// The stack member that the line is locked to.
fn member_of(shelf: &Shelf<'_>, line: &ParsedLine<'_>) -> Option<u8> {
    let member = shelf.udis.iter().position(|udi| is_locked_to(line, udi))?;
    u8::try_from(member).ok()
}

/// Whether everything in the line that names a device names `udi`.
pub(super) fn is_locked_to(line: &ParsedLine<'_>, udi: &Udi) -> bool {
    line.device.as_ref() == Some(udi)
        && line.lock_code == udi.lock_code()
        && line.block.device == udi.digest()
}

/// Whether `terms` grant anything on the day `today`.
pub(super) fn check_terms(terms: &Terms, today: Date) -> Result<(), InstallError> {
    if terms.kind.is_image_only() {
        return Err(InstallError::NotVerified);
    }
    if matches!(terms.count, Some(0 | u32::MAX)) {
        return Err(InstallError::InvalidCount);
    }
    let ordered = match (terms.start, terms.end) {
        (Some(start), Some(end)) => start <= end && end >= today,
        (None, Some(end)) => end >= today,
        (_, None) => true,
    };
    match ordered && terms.hours != Some(0) {
        true => Ok(()),
        false => Err(InstallError::InvalidPeriod),
    }
}

/// Whether the line is there already, or an exclusive one of its rank or a higher one is.
fn is_superfluous(lines: &[Line], shelf: &Shelf<'_>, line: &ParsedLine<'_>) -> bool {
    let worth = |kind: LicenseKind| match kind {
        LicenseKind::Permanent => 2,
        LicenseKind::PaidSubscription => 1,
        LicenseKind::Evaluation
        | LicenseKind::Extension
        | LicenseKind::GracePeriod
        | LicenseKind::EvaluationSubscription
        | LicenseKind::ExtensionSubscription
        | LicenseKind::EvalRightToUse
        | LicenseKind::RightToUse
        | LicenseKind::PermanentRightToUse => 0,
    };
    let mut stored = lines
        .iter()
        .filter(|own| own.key.store == StoreName::Primary);
    stored.any(|own| {
        shelf.id(own) == line.block.id
            || (own.terms.feature == line.terms.feature
                && own.terms.addition == Addition::Exclusive
                && line.terms.addition == Addition::Exclusive
                && worth(own.kind) >= worth(line.terms.kind)
                && !own.is_expired())
    })
}

fn count(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
