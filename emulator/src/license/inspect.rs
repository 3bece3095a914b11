//! Looking at a license file without a device: what its lines say, and whether they pass the checks
//! that need none.
//!
//! Source: reference licensing, section 7.4, checks 1 to 6 and 8.

use jiff::civil::Date;

use super::{
    document::{self, FileEntry, InvalidFile},
    install::{self, InstallError},
    line::{LicenseId, Terms, Udi, parse},
    signature::KeyRing,
};

/// A line of a license file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InspectedLine {
    /// What the file says of it.
    pub entry: FileEntry,
    /// What it says itself; `None` if it has not the structure of a line.
    pub statement: Option<Statement>,
    /// The first check that it fails.
    pub failure: Option<InstallError>,
}

/// What a line says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    /// What it grants.
    pub terms: Terms,
    /// The device it is locked to; `None` for a line that comes with an image.
    pub device: Option<Udi>,
    /// The identity of the license.
    pub id: LicenseId,
    /// By which number devices know the key that signed it.
    pub key_id: u16,
    /// When it was issued, in seconds since 1970.
    pub issued_at_s: u64,
}

/// Looks at the license file `bytes` as a device that trusts `ring` would on the day `today`: as the
/// device `udi`, or as whichever device each line is for.
///
/// # Errors
/// If it is no license file.
pub fn inspect(
    bytes: &[u8],
    ring: &KeyRing,
    udi: Option<&Udi>,
    today: Date,
) -> Result<Vec<InspectedLine>, InvalidFile> {
    let entries = document::read(bytes)?.into_iter();
    Ok(entries.map(|entry| line(entry, ring, udi, today)).collect())
}

fn line(entry: FileEntry, ring: &KeyRing, udi: Option<&Udi>, today: Date) -> InspectedLine {
    let Ok(parsed) = parse(&entry.line) else {
        return InspectedLine {
            entry,
            statement: None,
            failure: Some(InstallError::InvalidLine),
        };
    };
    let is_locked = match udi.or(parsed.device.as_ref()) {
        Some(udi) => install::is_locked_to(&parsed, udi),
        None => false,
    };
    let failure = if !ring.vouches_for(&parsed) {
        Some(InstallError::NotVerified)
    } else if !install::agrees(&entry, &parsed) {
        Some(InstallError::Inconsistent)
    } else if !is_locked {
        Some(InstallError::OtherDevice)
    } else {
        install::check_terms(&parsed.terms, today).err()
    };
    let statement = Some(Statement {
        terms: parsed.terms.clone(),
        device: parsed.device.clone(),
        id: parsed.block.id,
        key_id: parsed.block.key_id,
        issued_at_s: parsed.block.issued_at_s,
    });
    InspectedLine {
        entry,
        statement,
        failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::{
        Issuer, LicenseKind,
        issue::{Delivery, Flaw},
        signature::{REVOKED_TEST_KEY_ID, TEST_KEY_ID},
    };

    const TODAY: Date = jiff::civil::date(2026, 3, 2);

    fn file(terms: Terms, key_id: u16, flaw: Option<Flaw>) -> Vec<u8> {
        let delivery = Delivery {
            issuer: Issuer::for_tests(key_id),
            terms: vec![terms],
            pak: None,
            issued_at_s: 1_772_400_000,
            flaw,
        };
        delivery.file(&Udi::new("CISCO2951/K9", "FTX1000A001"))
    }

    fn failure(file: &[u8], udi: Option<&Udi>) -> Result<Option<InstallError>, InvalidFile> {
        let lines = inspect(file, &KeyRing::default(), udi, TODAY)?;
        assert_eq!(lines.len(), 1);
        Ok(lines[0].failure)
    }

    #[test]
    fn every_flaw_is_found_without_a_device_but_the_one_that_needs_it() {
        for (name, flaw) in Flaw::ALL {
            let file = file(Terms::permanent("uck9"), TEST_KEY_ID, Some(flaw));
            let expected = match flaw {
                Flaw::ByteOrderMark | Flaw::WrongRoot | Flaw::Empty => {
                    assert!(failure(&file, None).is_err(), "{name}");
                    continue;
                }
                Flaw::Tampered => Some(InstallError::NotVerified),
                Flaw::Truncated | Flaw::DoubledBlank => Some(InstallError::InvalidLine),
                Flaw::Inconsistent => Some(InstallError::Inconsistent),
                Flaw::OtherDevice | Flaw::CarriageReturns => None,
            };
            assert_eq!(failure(&file, None), Ok(expected), "{name}");
        }
    }

    #[test]
    fn a_line_is_for_one_device_and_from_an_issuer_that_is_trusted() {
        let own = Udi::new("CISCO2951/K9", "FTX1000A001");
        let other = Udi::new("CISCO2951/K9", "FTX1000A002");
        let good = file(Terms::permanent("uck9"), TEST_KEY_ID, None);
        assert_eq!(failure(&good, Some(&own)), Ok(None));
        let refused = Ok(Some(InstallError::OtherDevice));
        assert_eq!(failure(&good, Some(&other)), refused);
        let revoked = file(Terms::permanent("uck9"), REVOKED_TEST_KEY_ID, None);
        let refused = Ok(Some(InstallError::NotVerified));
        assert_eq!(failure(&revoked, None), refused);
    }

    #[test]
    fn a_subscription_is_good_to_its_last_day() {
        let until = |end| Terms {
            kind: LicenseKind::PaidSubscription,
            end: Some(end),
            ..Terms::permanent("uck9")
        };
        let last_day = file(until(TODAY), TEST_KEY_ID, None);
        assert_eq!(failure(&last_day, None), Ok(None));
        let over = file(until(jiff::civil::date(2026, 3, 1)), TEST_KEY_ID, None);
        assert_eq!(failure(&over, None), Ok(Some(InstallError::InvalidPeriod)));
    }
}
