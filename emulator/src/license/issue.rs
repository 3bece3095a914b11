//! Issuing licenses: what a licensing portal does, for tests and for users who test against devices.
//!
//! Source: reference licensing, sections 1.3 and 7.2.

use super::{
    document::{self, FileEntry},
    line::{Block, LicenseId, Lock, Pak, Terms, Udi},
    signature::{self, Issuer},
};

/// What is to be licensed, to whom, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// What is granted.
    pub terms: Terms,
    /// The device it is for.
    pub udi: Udi,
    /// The identity of the license. The same identity is the same license.
    pub id: LicenseId,
    /// The product authorization key it was ordered with.
    pub pak: Option<Pak>,
    /// When it is issued, in seconds since 1970.
    pub issued_at_s: u64,
}

impl Order {
    /// An order of `terms` for `udi` at `issued_at_s`, whose identity follows from them.
    pub fn new(terms: Terms, udi: Udi, issued_at_s: u64) -> Self {
        let mut body = String::new();
        terms.push_body(&mut body, &Lock::Node(udi.clone()));
        let id = LicenseId::derived(&[
            b"order",
            body.as_bytes(),
            &[terms.kind as u8],
            &issued_at_s.to_be_bytes(),
        ]);
        Self {
            terms,
            udi,
            id,
            pak: None,
            issued_at_s,
        }
    }

    /// The license line, signed by `issuer`.
    pub fn line(&self, issuer: &Issuer) -> String {
        let lock = Lock::Node(self.udi.clone());
        let block = self.block(issuer.key_id());
        let mut body = String::with_capacity(320);
        self.terms.push_body(&mut body, &lock);
        let signature = issuer.sign_line(&body, &block);
        signature::line(&self.terms, &lock, &signature, &block)
    }

    pub(crate) fn block(&self, key_id: u16) -> Block {
        Block {
            kind: self.terms.kind,
            key_id,
            id: self.id,
            device: self.udi.digest(),
            pak: Block::pak_digest(self.pak),
            issued_at_s: self.issued_at_s,
            period_s: self.terms.period_s().unwrap_or(0),
            count: self.terms.count.unwrap_or(0),
        }
    }
}

/// A flaw that a license file is given on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// A byte order mark before the file.
    ByteOrderMark,
    /// One bit of a line is wrong.
    Tampered,
    /// The line is cut off.
    Truncated,
    /// Two blanks in the place of one.
    DoubledBlank,
    /// Another root element.
    WrongRoot,
    /// The file says another feature than the line.
    Inconsistent,
    /// The line is for another device.
    OtherDevice,
    /// An empty file.
    Empty,
    /// Line ends with carriage returns, which do no harm.
    CarriageReturns,
}

impl Flaw {
    /// Every flaw with the keyword that asks for it.
    pub const ALL: [(&'static str, Self); 9] = [
        ("byte-order-mark", Self::ByteOrderMark),
        ("tampered", Self::Tampered),
        ("truncated", Self::Truncated),
        ("doubled-blank", Self::DoubledBlank),
        ("wrong-root", Self::WrongRoot),
        ("inconsistent", Self::Inconsistent),
        ("other-device", Self::OtherDevice),
        ("empty", Self::Empty),
        ("carriage-returns", Self::CarriageReturns),
    ];

    /// The flaw that `keyword` asks for.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(own, _)| *own == keyword).map(|(_, flaw)| flaw)
    }
}

/// Licenses that are issued to whoever asks, all on the same terms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// Who signs.
    pub issuer: Issuer,
    /// What each device is granted.
    pub terms: Vec<Terms>,
    /// The product authorization key they were ordered with.
    pub pak: Option<Pak>,
    /// When they are issued, in seconds since 1970.
    pub issued_at_s: u64,
    /// What is wrong with the file.
    pub flaw: Option<Flaw>,
}

impl Delivery {
    /// The license file for `udi`.
    pub fn file(&self, udi: &Udi) -> Vec<u8> {
        let locked = match self.flaw {
            Some(Flaw::OtherDevice) => Udi::new(&udi.pid, "FTX0000ZZZZ"),
            _ => udi.clone(),
        };
        let entries: Vec<FileEntry> = (1..)
            .zip(&self.terms)
            .map(|(number, terms)| {
                let order = Order {
                    pak: self.pak,
                    ..Order::new(terms.clone(), locked.clone(), self.issued_at_s)
                };
                self.entry(number, &order)
            })
            .collect();
        let file = document::write(&entries);
        match self.flaw {
            Some(Flaw::ByteOrderMark) => [b"\xEF\xBB\xBF", file.as_slice()].concat(),
            Some(Flaw::Empty) => Vec::new(),
            Some(Flaw::WrongRoot) => replaced(&file, "CISCO_WT_LICENSES", "CISCO_LICENSES"),
            Some(Flaw::CarriageReturns) => replaced(&file, "\n", "\r\n"),
            Some(
                Flaw::Tampered
                | Flaw::Truncated
                | Flaw::DoubledBlank
                | Flaw::Inconsistent
                | Flaw::OtherDevice,
            )
            | None => file,
        }
    }

    fn entry(&self, number: u32, order: &Order) -> FileEntry {
        let mut line = order.line(&self.issuer);
        let mut feature = order.terms.feature.to_string();
        match self.flaw {
            Some(Flaw::Tampered) => line = tampered(&line),
            Some(Flaw::Truncated) => line.truncate(line.len() / 2),
            Some(Flaw::DoubledBlank) => line = line.replacen(' ', "  ", 1),
            Some(Flaw::Inconsistent) => feature.push('x'),
            Some(
                Flaw::ByteOrderMark
                | Flaw::WrongRoot
                | Flaw::OtherDevice
                | Flaw::Empty
                | Flaw::CarriageReturns,
            )
            | None => {}
        }
        FileEntry {
            id: format!("{}.{number}", order.issued_at_s),
            udi: Some(order.udi.clone()),
            feature: Some(feature),
            pak: order.pak,
            license_type: Some(order.terms.kind.keyword().to_uppercase().replace('-', " ")),
            hash: None,
            line,
            ..FileEntry::default()
        }
    }
}

/// `line` with another letter in its signature.
fn tampered(line: &str) -> String {
    let at = line.rfind(' ').map_or(0, |at| at + 40);
    let letter = if line.as_bytes().get(at) == Some(&b'A') {
        "B"
    } else {
        "A"
    };
    let mut line = line.to_owned();
    if line.is_char_boundary(at) && line.is_char_boundary(at + 1) {
        line.replace_range(at..=at, letter);
    }
    line
}

fn replaced(file: &[u8], old: &str, new: &str) -> Vec<u8> {
    String::from_utf8_lossy(file).replace(old, new).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::{
        kind::LicenseKind,
        line::parse,
        signature::{KeyRing, NEXT_TEST_KEY_ID, REVOKED_TEST_KEY_ID, TEST_KEY_ID},
    };

    fn order(terms: Terms) -> Order {
        Order::new(
            terms,
            Udi::new("CISCO2951/K9", "FTX1000A001"),
            1_704_449_702,
        )
    }

    fn accepted(line: &str) -> bool {
        parse(line).is_ok_and(|line| KeyRing::default().vouches_for(&line))
    }

    #[test]
    fn lines_look_like_those_of_the_guide() {
        let issuer = Issuer::for_tests(TEST_KEY_ID);
        let permanent = order(Terms::permanent("gsmamrnb-codec-pack")).line(&issuer);
        assert_eq!(permanent.split(' ').count(), 22);
        let extension = Terms::metered("gsmamrnb-codec-pack", LicenseKind::Extension, 1440);
        let extension = order(extension).line(&issuer);
        assert_eq!(extension.split(' ').count(), 25);
        for line in [permanent, extension] {
            let (signature, block) = line.rsplit(' ').next().unwrap().split_once('$').unwrap();
            assert_eq!(signature.len(), 132);
            assert_eq!(block.len(), "<WLC></WLC>".len() + 204);
            assert!(accepted(&line));
        }
    }

    #[test]
    fn a_line_with_any_byte_changed_is_refused() {
        let issuer = Issuer::for_tests(TEST_KEY_ID);
        let line = order(Terms::metered("uc", LicenseKind::Extension, 1440)).line(&issuer);
        assert!(accepted(&line));
        for at in 0..line.len() {
            for flip in [1, 2, 0x20] {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= flip;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(!accepted(&changed), "byte {at}: {changed}");
            }
        }
    }

    #[test]
    fn cut_or_doubled_lines_are_refused() {
        let line = order(Terms::permanent("uc")).line(&Issuer::for_tests(TEST_KEY_ID));
        for at in 0..line.len() {
            assert!(!accepted(&line[..at]), "the first {at} bytes");
        }
        for wrong in [
            line.replacen(' ', "  ", 1),
            format!("{line} "),
            format!(" {line}"),
            format!("{line}{line}"),
            format!("{line} {line}"),
        ] {
            assert!(!accepted(&wrong), "{wrong}");
        }
    }

    #[test]
    fn keys_are_rolled_over_and_revoked() {
        for (key_id, trusted) in [
            (TEST_KEY_ID, true),
            (NEXT_TEST_KEY_ID, true),
            (REVOKED_TEST_KEY_ID, false),
            (9, false),
        ] {
            let line = order(Terms::permanent("uc")).line(&Issuer::for_tests(key_id));
            assert_eq!(accepted(&line), trusted, "key {key_id}");
        }
        let mut block = order(Terms::permanent("uc")).block(TEST_KEY_ID);
        block.key_id = 2;
        assert!(!accepted(&signature::image_line(
            &Terms::permanent("uc"),
            true,
            &block
        )));
    }
}
