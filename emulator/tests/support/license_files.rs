//! License files and tickets for the device on the bench, each described by a line of text.
//!
//! `HOST PATH WHAT` puts a file on a server. WHAT is one of
//! `license TERMS, TERMS... [flaw KEYWORD]`, with terms like `permanent uck9`,
//! `extension gatekeeper 1440`, `paid-subscription ios-ips-update 2026-01-01..2026-12-31`; behind them
//! may follow `additive` or `exclusive`, `count N`, `key N` (the issuer) and `member N` (of the stack, from 1), and
//! `feature*30` stands for thirty features. `ticket TERMS... [for TERMS...]` is a permission ticket
//! that takes the first away and grants the second. `text WORDS` is just text, `bytes N`
//! so many bytes.

use emulator::{
    device::files::{FileServers, Served},
    license::{
        Addition, Issuer, LicenseKind, Order, Terms, Udi,
        document::{self, FileEntry},
        issue::{Delivery, Flaw},
        signature::TEST_KEY_ID,
        ticket::PermissionTicket,
    },
};

/// When everything is issued: the day before the devices of the lab boot.
pub(crate) const ISSUED_AT_S: u64 = 1_773_400_000;

/// One license as it is described.
pub(crate) struct Wanted {
    pub(crate) terms: Terms,
    pub(crate) key_id: u16,
    /// From 0.
    pub(crate) member: usize,
}

impl Wanted {
    /// Reads `text`; several where a feature is to be multiplied.
    pub(crate) fn parse(text: &str) -> Vec<Self> {
        let mut words = text.split_whitespace();
        let kind = words.next().unwrap();
        let mut kinds = LicenseKind::ALL.into_iter();
        let kind = kinds.find(|own| own.keyword() == kind);
        let kind = kind.unwrap_or_else(|| panic!("what is `{text}`?"));
        let (feature, copies) = match words.next().unwrap().split_once('*') {
            Some((feature, copies)) => (feature.to_owned(), copies.parse().unwrap()),
            None => (text.split_whitespace().nth(1).unwrap().to_owned(), 0),
        };
        let mut wanted = Self {
            terms: Terms::permanent(&feature),
            key_id: TEST_KEY_ID,
            member: 0,
        };
        wanted.terms.kind = kind;
        if kind.is_metered() {
            wanted.terms.addition = Addition::Additive;
        }
        while let Some(word) = words.next() {
            wanted.qualify(word, &mut words);
        }
        match copies {
            0 => vec![wanted],
            _ => (1..=copies)
                .map(|number: u32| Self {
                    terms: Terms {
                        feature: format!("{feature}-{number}").into(),
                        ..wanted.terms.clone()
                    },
                    ..wanted
                })
                .collect(),
        }
    }

    fn qualify<'t>(&mut self, word: &str, rest: &mut impl Iterator<Item = &'t str>) {
        let mut number = || rest.next().unwrap().parse::<u32>().unwrap();
        match word {
            "additive" => self.terms.addition = Addition::Additive,
            "exclusive" => self.terms.addition = Addition::Exclusive,
            "count" => self.terms.count = Some(number()),
            "key" => self.key_id = number().try_into().unwrap(),
            "member" => self.member = number() as usize - 1,
            _ => match word.split_once("..") {
                Some((start, end)) => {
                    self.terms.start = (!start.is_empty()).then(|| start.parse().unwrap());
                    self.terms.end = Some(end.parse().unwrap());
                }
                None => self.terms.hours = Some(word.parse().unwrap()),
            },
        }
    }

    /// The license as a portal orders it.
    pub(crate) fn order(&self, udis: &[Udi]) -> Order {
        Order::new(self.terms.clone(), udis[self.member].clone(), ISSUED_AT_S)
    }

    fn entries(&self, udis: &[Udi], flaw: Option<Flaw>) -> Vec<FileEntry> {
        document::read(&self.file(udis, flaw)).unwrap()
    }

    fn file(&self, udis: &[Udi], flaw: Option<Flaw>) -> Vec<u8> {
        let delivery = Delivery {
            issuer: Issuer::for_tests(self.key_id),
            terms: vec![self.terms.clone()],
            pak: None,
            issued_at_s: ISSUED_AT_S,
            flaw,
        };
        delivery.file(&udis[self.member])
    }
}

/// Every license of `text`.
pub(crate) fn parse_all(text: &str) -> Vec<Wanted> {
    text.split(',').flat_map(Wanted::parse).collect()
}

/// The license file that `text` describes, for the stack of `udis`.
pub(crate) fn license_file(text: &str, udis: &[Udi]) -> Vec<u8> {
    let (text, flaw) = match text.split_once(" flaw ") {
        Some((text, flaw)) => (text, Some(Flaw::from_keyword(flaw).unwrap())),
        None => (text, None),
    };
    match (parse_all(text).as_slice(), flaw) {
        ([wanted], flaw) => wanted.file(udis, flaw),
        (all, flaw) => {
            let entries = all.iter().flat_map(|wanted| wanted.entries(udis, flaw));
            document::write(&entries.collect::<Vec<_>>())
        }
    }
}

/// The permission ticket that `text` describes.
pub(crate) fn permission(text: &str, udis: &[Udi]) -> Vec<u8> {
    let (gone, granted) = text.split_once(" for ").unwrap_or((text, ""));
    let gone = parse_all(gone);
    let granted: Vec<Wanted> = match granted {
        "" => Vec::new(),
        granted => parse_all(granted),
    };
    let issuer = Issuer::for_tests(TEST_KEY_ID);
    let orders = granted.iter().map(|wanted| wanted.order(udis));
    let ticket = PermissionTicket {
        id: format!("PT-{}", gone[0].order(udis).id),
        udi: udis[gone[0].member].clone(),
        remove: gone.iter().map(|wanted| wanted.order(udis).id).collect(),
        add: orders.map(|order| order.line(&issuer)).collect(),
    };
    ticket.file(&issuer)
}

/// The servers that `lines` describe, for the stack of `udis`.
pub(crate) fn servers<'l>(lines: impl Iterator<Item = &'l str>, udis: &[Udi]) -> FileServers {
    let mut servers = FileServers::default();
    for line in lines {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().unwrap_or_else(|| panic!("what is `{line}`?"));
        let (host, path, what, text) = (part(), part(), part(), part());
        let bytes = match what {
            "license" => license_file(text, udis),
            "ticket" => permission(text, udis),
            "text" => text.as_bytes().to_vec(),
            "bytes" => vec![b'x'; text.parse().unwrap()],
            _ => panic!("what is `{what}`?"),
        };
        servers.put(host, path, Served::Bytes(bytes.into()));
    }
    servers
}
