//! The lines of a device as they stand at one instant: those of the factory, those of the image and
//! those installed, with their states, and which of them a feature runs on.
//!
//! A shelf is derived from what the device remembers and is never kept.
//! Source: reference licensing, sections 1.6 to 1.9 and 7.5.

use std::cmp::Reverse;

use base64::{Engine, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sha2::Sha256;

use super::{
    LicensingModel,
    image::{Feature, LicensedImage, PRIMARY_STORE},
    installed::Installed,
    issue::Order,
    kind::LicenseKind,
    line::{Addition, Block, LicenseId, Lock, Terms, Udi, vendor_info},
    signature::{self, Issuer, Signature, TEST_KEY_ID},
    store::{Licenses, LineKey, Mark, StoreName, Usage},
};

/// When licenses of the factory were issued: the first of January 2015, in seconds since 1970.
const FACTORY_ISSUE_S: u64 = 1_420_070_400;
/// Bytes of a hash that `Hash:` shows.
const HASH_BYTES: usize = 20;

/// Where a line comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// It was on the device when it was sold.
    Factory,
    /// The image brings it.
    Image,
    /// `license install`.
    Installed,
}

/// What a line does. Source: reference licensing, section 1.8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LineState {
    /// Another serves in its place, or it is damaged.
    Inactive,
    /// It could serve, once its agreement is accepted.
    NotInUse,
    /// Its feature runs on it.
    InUse,
    /// Its feature still runs, but it has ended.
    ExpiredInUse,
    /// It has ended.
    ExpiredNotInUse,
}

/// As `License Priority:` shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Priority {
    None,
    Low,
    Medium,
    High,
}

impl Priority {
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

/// A line at one instant.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) key: LineKey,
    pub(crate) origin: Origin,
    pub(crate) terms: Terms,
    pub(crate) usage: Usage,
    /// What it is by now: a right to use once its evaluation is over.
    pub(crate) kind: LicenseKind,
    pub(crate) state: LineState,
    pub(crate) priority: Priority,
    /// For how long it has been used, in seconds, at most its period.
    pub(crate) used_s: u64,
    /// For how long it can still be used, in seconds; `None` without a limit.
    pub(crate) left_s: Option<u64>,
    /// A subscription whose days are not today.
    out_of_days: bool,
}

impl Line {
    /// Whether the agreement it asks for has been accepted; those that ask for none need none.
    pub(crate) fn is_accepted(&self) -> bool {
        !self.kind.asks_for_agreement() || self.usage.has(Mark::Accepted)
    }

    /// Whether its time or its days are over.
    pub(crate) fn is_expired(&self) -> bool {
        self.left_s == Some(0) || self.out_of_days
    }

    /// Whether a feature could run on it.
    pub(crate) fn is_usable(&self) -> bool {
        self.is_accepted() && !self.is_expired() && !self.usage.has(Mark::Damaged)
    }

    pub(crate) fn is_in_use(&self) -> bool {
        matches!(self.state, LineState::InUse | LineState::ExpiredInUse)
    }

    /// Whether an image level may boot on it without having been configured.
    pub(crate) fn serves_unasked(&self) -> bool {
        self.rank() <= 2
    }

    /// Whether it is node locked or comes with an image.
    pub(crate) fn is_node_locked(&self) -> bool {
        self.key.store == StoreName::Primary
    }

    /// Lower serves first.
    fn rank(&self) -> u8 {
        if self.usage.has(Mark::High) {
            return 0;
        }
        match self.kind {
            LicenseKind::Permanent | LicenseKind::PaidSubscription => 1,
            LicenseKind::Extension
            | LicenseKind::GracePeriod
            | LicenseKind::ExtensionSubscription => 2,
            LicenseKind::Evaluation
            | LicenseKind::EvaluationSubscription
            | LicenseKind::EvalRightToUse => 3,
            LicenseKind::RightToUse | LicenseKind::PermanentRightToUse => 4,
        }
    }

    fn preference(&self) -> (u8, Reverse<u64>, LineKey) {
        (
            self.rank(),
            Reverse(self.left_s.unwrap_or(u64::MAX)),
            self.key,
        )
    }
}

/// What surrounds the licenses of a device at one instant.
#[derive(Clone)]
pub(crate) struct Ground<'a> {
    pub(crate) image: &'a LicensedImage,
    pub(crate) model: &'a LicensingModel,
    /// Of every member of the stack, the first one first; one for a device without.
    pub(crate) udis: Vec<Udi>,
    /// Seconds since 1970, by the time that meters run on.
    pub(crate) now_s: u32,
    /// How far the clock that users see is ahead of it, in seconds: subscriptions go by that clock.
    pub(crate) ahead_s: i64,
    /// The device's zone, whose midnights begin and end subscriptions.
    pub(crate) zone: &'a TimeZone,
}

impl Ground<'_> {
    /// `licenses` on this ground.
    pub(crate) fn shelf<'l>(&'l self, licenses: &'l Licenses) -> Shelf<'l> {
        let wall_s = i64::from(self.now_s).saturating_add(self.ahead_s);
        let now = Timestamp::from_second(wall_s).unwrap_or_default();
        Shelf {
            image: self.image,
            model: self.model,
            udis: &self.udis,
            licenses,
            now_s: self.now_s,
            today: self.zone.to_datetime(now).date(),
        }
    }

    /// Stack members, from 0.
    pub(crate) fn members(&self) -> impl Iterator<Item = u8> {
        (0_u8..).take(self.udis.len())
    }
}

/// The lines of a device.
#[derive(Clone, Copy)]
pub(crate) struct Shelf<'a> {
    pub(crate) image: &'a LicensedImage,
    pub(crate) model: &'a LicensingModel,
    pub(crate) udis: &'a [Udi],
    pub(crate) licenses: &'a Licenses,
    pub(crate) now_s: u32,
    /// The day on the device's calendar.
    pub(crate) today: Date,
}

impl<'a> Shelf<'a> {
    /// The lines of stack member `member`, store by store, in the order of their indexes.
    pub(crate) fn lines(&self, member: u8) -> Vec<Line> {
        let factory = (0..).zip(&self.model.factory).map(|(index, terms)| {
            let key = LineKey {
                member,
                store: StoreName::Primary,
                index,
            };
            self.line(key, Origin::Factory, terms.clone(), Usage::default())
        });
        let installed = self.licenses.installed();
        let installed = installed
            .filter(|line| line.key().member == member)
            .map(|line| {
                self.line(
                    line.key(),
                    Origin::Installed,
                    self.terms(line),
                    line.usage(),
                )
            });
        let features = self.image.features.iter();
        let built_in = features.filter_map(|feature| Some((feature, feature.built_in()?)));
        let built_in = (0..).zip(built_in).map(|(index, (feature, terms))| {
            let key = LineKey {
                member,
                store: StoreName::BuiltIn,
                index,
            };
            self.line(key, Origin::Image, terms, as_shipped(feature))
        });
        let mut lines: Vec<Line> = factory.chain(installed).chain(built_in).collect();
        lines.retain(|line| !line.usage.has(Mark::Removed));
        for position in 0..lines.len() {
            let state = self.state(&lines, &lines[position]);
            let line = &mut lines[position];
            line.state = state;
            line.priority = match (state, line.rank()) {
                (LineState::Inactive, _) => Priority::None,
                _ if !line.is_accepted() => Priority::None,
                (_, 0) => Priority::High,
                (_, 1) => Priority::Medium,
                _ => Priority::Low,
            };
        }
        lines
    }

    /// What the installed `line` grants.
    fn terms(&self, line: &Installed) -> Terms {
        line.terms(self.licenses.feature_name(self.image, line.feature()))
    }

    /// The line at `key`.
    pub(crate) fn find(&self, key: LineKey) -> Option<Line> {
        let mut lines = self.lines(key.member).into_iter();
        lines.find(|line| line.key == key)
    }

    /// A line before it is known what it does.
    fn line(&self, key: LineKey, origin: Origin, terms: Terms, untouched: Usage) -> Line {
        let mut usage = self.licenses.usage(key).unwrap_or(untouched);
        if self.licenses.accepted_all {
            usage.set(Mark::Accepted, true);
        }
        let used_s = u64::from(usage.used_at(self.now_s));
        let period_s = terms.period_s();
        let over = period_s.is_some_and(|period_s| used_s >= period_s);
        let turned = over && terms.kind == LicenseKind::EvalRightToUse;
        let not_yet = terms.start.is_some_and(|start| self.today < start);
        let no_more = terms.end.is_some_and(|end| self.today > end);
        Line {
            key,
            origin,
            usage,
            kind: if turned {
                LicenseKind::RightToUse
            } else {
                terms.kind
            },
            state: LineState::NotInUse,
            priority: Priority::None,
            used_s: period_s.map_or(used_s, |period_s| used_s.min(period_s)),
            left_s: period_s
                .filter(|_| !turned)
                .map(|period_s| period_s.saturating_sub(used_s)),
            terms,
            out_of_days: not_yet || no_more,
        }
    }

    fn state(&self, lines: &[Line], line: &Line) -> LineState {
        if line.usage.has(Mark::Damaged) {
            return LineState::Inactive;
        }
        if self.serves(lines, line) {
            return match line.is_expired() {
                true => LineState::ExpiredInUse,
                false => LineState::InUse,
            };
        }
        if line.is_expired() {
            return LineState::ExpiredNotInUse;
        }
        let same = |other: &&Line| other.terms.feature == line.terms.feature;
        let superseded = line.rank() >= 3
            && lines
                .iter()
                .filter(same)
                .any(|other| other.rank() == 1 && other.is_usable());
        match superseded {
            true => LineState::Inactive,
            false => LineState::NotInUse,
        }
    }

    /// Whether the feature of `line` runs on it.
    fn serves(&self, lines: &[Line], line: &Line) -> bool {
        if line.usage.has(Mark::Serving) {
            return true;
        }
        let feature = self.image.feature(&line.terms.feature);
        if line.kind.is_limited() || !feature.is_some_and(|(place, _)| self.licenses.runs(place)) {
            return false;
        }
        let same = lines
            .iter()
            .filter(|other| other.terms.feature == line.terms.feature);
        if same.clone().any(|other| other.usage.has(Mark::Serving)) {
            return false;
        }
        // What runs without a mark runs on a license without a limit, whatever else might serve.
        let Some(best) = same
            .filter(|other| other.is_usable() && !other.kind.is_limited())
            .min_by_key(|other| other.preference())
        else {
            return false;
        };
        // Counts of additive licenses add up, so all of them are in use.
        let adds =
            |line: &Line| line.terms.count.is_some() && line.terms.addition == Addition::Additive;
        best.key == line.key || (adds(best) && adds(line) && line.is_usable())
    }

    /// The line that `feature` would run on if it asked now.
    pub(crate) fn candidate(lines: &[Line], feature: &str) -> Option<Line> {
        lines
            .iter()
            .filter(|line| *line.terms.feature == *feature && line.is_usable())
            .min_by_key(|line| line.preference())
            .cloned()
    }

    /// What a store is called.
    pub(crate) fn store_name(&self, store: StoreName) -> &'a str {
        match store {
            StoreName::Primary => PRIMARY_STORE,
            StoreName::BuiltIn => &self.image.built_in_store,
        }
    }

    /// The device that licenses of stack member `member` are locked to.
    pub(crate) fn udi(&self, member: u8) -> Option<&'a Udi> {
        self.udis.get(usize::from(member))
    }

    /// What `Vendor info:` shows of `line`.
    pub(crate) fn vendor_info(&self, line: &Line) -> String {
        match (line.origin, self.udi(line.key.member)) {
            (Origin::Factory | Origin::Installed, Some(udi)) => {
                vendor_info(&Lock::Node(udi.clone()))
            }
            (Origin::Factory | Origin::Installed, None) | (Origin::Image, _) => {
                vendor_info(&Lock::Image {
                    right_to_use: self.is_right_to_use(line),
                })
            }
        }
    }

    /// The text of `line`.
    pub(crate) fn text(&self, line: &Line) -> String {
        let udi = self.udi(line.key.member);
        let installed = self.licenses.installed();
        let mut installed = installed.filter(|own| own.key() == line.key);
        match (line.origin, udi, installed.next()) {
            (Origin::Installed, Some(udi), Some(own)) => {
                let (block, sealed) = own.ending(&line.terms, udi, self.licenses.pak(line.key));
                let lock = Lock::Node(udi.clone());
                let mut body = String::new();
                line.terms.push_body(&mut body, &lock);
                let signature = Signature::Issuer {
                    key_id: block.key_id,
                    digest: signature::digest(&body, &block),
                    signature: sealed,
                };
                signature::line(&line.terms, &lock, &signature, &block)
            }
            (Origin::Factory, Some(udi), _) => {
                factory_order(&line.terms, udi).line(&Issuer::for_tests(TEST_KEY_ID))
            }
            (Origin::Factory | Origin::Image | Origin::Installed, ..) => signature::image_line(
                &line.terms,
                self.is_right_to_use(line),
                &image_block(&line.terms),
            ),
        }
    }

    fn is_right_to_use(&self, line: &Line) -> bool {
        line.terms.kind == LicenseKind::EvalRightToUse
    }

    /// The identity of `line`.
    pub(crate) fn id(&self, line: &Line) -> LicenseId {
        let mut installed = self.licenses.installed();
        let installed = installed.find(|own| own.key() == line.key);
        match (installed, line.origin, self.udi(line.key.member)) {
            (Some(own), ..) => own.id(),
            (None, Origin::Factory, Some(udi)) => factory_order(&line.terms, udi).id,
            (None, ..) => image_block(&line.terms).id,
        }
    }

    /// What the store seals the line at `key` with `text` and `comment` by: a keyed hash, of which
    /// `Hash:` shows the beginning.
    pub(crate) fn seal(&self, key: LineKey, text: &str, comment: &str) -> [u8; 32] {
        let mut seal = [0; 32];
        let store_key = self.derived_key(key.member, b"store");
        // Every length is a key length to HMAC.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&store_key) {
            mac.update(&key.index.to_be_bytes());
            mac.update(text.as_bytes());
            mac.update(comment.as_bytes());
            seal.copy_from_slice(&mac.finalize().into_bytes());
        }
        seal
    }

    /// As `Hash:` shows it.
    pub(crate) fn hash(&self, line: &Line) -> String {
        let comment = self.licenses.comment(line.key);
        let seal = self.seal(line.key, &self.text(line), comment);
        STANDARD.encode(&seal[..HASH_BYTES])
    }

    /// A key of stack member `member` that nobody else has.
    pub(crate) fn derived_key(&self, member: u8, purpose: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        let udi = self.udi(member).map(Udi::to_string).unwrap_or_default();
        let expander = Hkdf::<Sha256>::new(None, &self.model.secret);
        // 32 bytes are always within what the function can give.
        let _ = expander.expand_multi_info(&[purpose, b"\0", udi.as_bytes()], &mut key);
        key
    }
}

/// What became of the built-in license of `feature` before the device came into the fleet.
fn as_shipped(feature: &Feature) -> Usage {
    let mut usage = Usage {
        used_s: feature.used_hours.saturating_mul(3600),
        ..Usage::default()
    };
    usage.set(Mark::Accepted, feature.accepted);
    usage
}

fn factory_order(terms: &Terms, udi: &Udi) -> Order {
    let id = LicenseId::derived(&[
        b"factory",
        udi.to_string().as_bytes(),
        terms.feature.as_bytes(),
    ]);
    Order {
        id,
        ..Order::new(terms.clone(), udi.clone(), FACTORY_ISSUE_S)
    }
}

fn image_block(terms: &Terms) -> Block {
    Block {
        kind: terms.kind,
        key_id: 0,
        id: LicenseId::derived(&[b"image", terms.feature.as_bytes()]),
        device: [0; 32],
        pak: Block::pak_digest(None),
        issued_at_s: 0,
        period_s: terms.period_s().unwrap_or(0),
        count: terms.count.unwrap_or(0),
    }
}
