//! What a license grants, as scenarios and flags write it: to terms, or to what is wrong with it.

use std::time::Duration;

use emulator::license::{Addition, LicenseKind, Terms, line::is_feature};
use jiff::civil::Date;

use crate::diagnostic::closest;

/// Seconds of an hour, in which lines count the time of use.
const HOUR_S: u64 = 3600;

/// A license as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grant<'g> {
    /// The feature.
    pub feature: &'g str,
    /// The kind; permanent unless given.
    pub kind: Option<&'g str>,
    /// Time of use.
    pub period: Option<Duration>,
    /// How many users; not counted unless given.
    pub count: Option<u32>,
    /// First day of a subscription.
    pub start: Option<&'g str>,
    /// Last day of a subscription.
    pub end: Option<&'g str>,
    /// Whether it adds to others of its feature; permanent ones do not unless told to.
    pub additive: Option<bool>,
}

/// Which part of a license is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GrantKey {
    /// `feature`.
    Feature,
    /// `kind`.
    Kind,
    /// `period`.
    Period,
    /// `start`.
    Start,
    /// `end`.
    End,
    /// How they go together.
    Whole,
}

/// Why a license cannot be granted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct GrantError {
    /// What is wrong.
    pub key: GrantKey,
    /// Why.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Grant<'_> {
    /// What the license grants.
    ///
    /// # Errors
    /// If no license can grant that.
    pub fn terms(&self) -> Result<Terms, GrantError> {
        if !is_feature(self.feature) {
            return Err(wrong(
                GrantKey::Feature,
                format!("`{}` names no feature", self.feature),
                "write up to 128 letters, digits, dashes, underscores, dots and plus signs",
            ));
        }
        let kind = match self.kind {
            None => LicenseKind::Permanent,
            Some(word) => kind(word)?,
        };
        let hours = self.hours(kind)?;
        let (start, end) = self.days(kind)?;
        Ok(Terms {
            addition: match self.additive.unwrap_or(kind != LicenseKind::Permanent) {
                true => Addition::Additive,
                false => Addition::Exclusive,
            },
            count: self.count,
            kind,
            hours,
            start,
            end,
            ..Terms::permanent(self.feature)
        })
    }

    fn hours(&self, kind: LicenseKind) -> Result<Option<u32>, GrantError> {
        if kind.is_metered() != self.period.is_some() {
            return Err(wrong(
                GrantKey::Whole,
                match kind.is_metered() {
                    true => format!("a license of kind {} is for a time of use", kind.keyword()),
                    false => format!("a license of kind {} has no time of use", kind.keyword()),
                },
                "give evaluation, extension and grace-period licenses a period, as in 60d, and no others",
            ));
        }
        let Some(period) = self.period else {
            return Ok(None);
        };
        let hours = u32::try_from(period.as_secs() / HOUR_S).ok();
        let whole = period == Duration::from_secs(period.as_secs() / HOUR_S * HOUR_S);
        match hours.filter(|hours| whole && *hours > 0) {
            Some(hours) => Ok(Some(hours)),
            None => Err(wrong(
                GrantKey::Period,
                "licenses count their time of use in whole hours".to_owned(),
                "write, say, 20h or 60d",
            )),
        }
    }

    fn days(&self, kind: LicenseKind) -> Result<(Option<Date>, Option<Date>), GrantError> {
        let day = |key, text: Option<&str>| match text.map(|text| (text, text.parse::<Date>())) {
            None => Ok(None),
            Some((_, Ok(day))) if (1970..=2148).contains(&day.year()) => Ok(Some(day)),
            Some((text, _)) => Err(wrong(
                key,
                format!("`{text}` is no date between 1970 and 2148"),
                "write, say, 2026-12-31",
            )),
        };
        let (start, end) = (
            day(GrantKey::Start, self.start)?,
            day(GrantKey::End, self.end)?,
        );
        if kind.is_subscription() != end.is_some() || (start.is_some() && end.is_none()) {
            return Err(wrong(
                GrantKey::Whole,
                "a subscription, and nothing else, has an end".to_owned(),
                "write kind paid-subscription, evaluation-subscription or extension-subscription with an end, as in 2026-12-31, or neither",
            ));
        }
        Ok((start, end))
    }
}

fn kind(word: &str) -> Result<LicenseKind, GrantError> {
    let known = LicenseKind::ALL
        .into_iter()
        .filter(|kind| !kind.is_image_only());
    let mut found = known.clone().filter(|kind| kind.keyword() == word);
    found.next().ok_or_else(|| {
        let known: Vec<&str> = known.map(LicenseKind::keyword).collect();
        let help = match closest(word, known.iter().copied()) {
            Some(like) => format!("did you mean `{like}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        wrong(
            GrantKey::Kind,
            format!("there are no `{word}` licenses to be installed"),
            help,
        )
    })
}

fn wrong(key: GrantKey, message: String, help: impl Into<String>) -> GrantError {
    GrantError {
        key,
        message,
        help: help.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECURITY: Grant<'_> = Grant {
        feature: "securityk9",
        kind: None,
        period: None,
        count: None,
        start: None,
        end: None,
        additive: None,
    };

    #[test]
    fn kinds_have_what_belongs_to_them() {
        assert_eq!(SECURITY.terms(), Ok(Terms::permanent("securityk9")));
        let extension = Grant {
            kind: Some("extension"),
            period: Some(Duration::from_secs(60 * 24 * HOUR_S)),
            ..SECURITY
        };
        let expected = Terms::metered("securityk9", LicenseKind::Extension, 1440);
        assert_eq!(extension.terms(), Ok(expected));
        let subscription = Grant {
            kind: Some("paid-subscription"),
            end: Some("2026-12-31"),
            ..SECURITY
        };
        assert!(subscription.terms().is_ok());
    }

    #[test]
    fn what_does_not_belong_together_is_refused_at_its_place() {
        let refused = |change: fn(&mut Grant<'static>)| {
            let mut grant = SECURITY;
            change(&mut grant);
            grant.terms().unwrap_err().key
        };
        let feature = refused(|grant| grant.feature = "two words");
        assert_eq!(feature, GrantKey::Feature);
        for kind in [
            refused(|grant| grant.kind = Some("permanant")),
            refused(|grant| grant.kind = Some("right-to-use")),
        ] {
            assert_eq!(kind, GrantKey::Kind);
        }
        for whole in [
            refused(|grant| grant.kind = Some("extension")),
            refused(|grant| grant.period = Some(Duration::from_secs(HOUR_S))),
            refused(|grant| grant.start = Some("2026-01-01")),
            refused(|grant| grant.end = Some("2026-01-01")),
            refused(|grant| grant.kind = Some("paid-subscription")),
        ] {
            assert_eq!(whole, GrantKey::Whole);
        }
        assert_eq!(refused(|grant| grant.end = Some("soon")), GrantKey::End);
        let start = refused(|grant| grant.start = Some("1969-12-31"));
        assert_eq!(start, GrantKey::Start);
    }

    #[test]
    fn times_of_use_are_whole_hours() {
        let extension = |period_s| Grant {
            kind: Some("extension"),
            period: Some(Duration::from_secs(period_s)),
            ..SECURITY
        };
        for period_s in [0, HOUR_S / 2, HOUR_S * 3 / 2] {
            let refused = extension(period_s).terms().unwrap_err();
            assert_eq!(refused.key, GrantKey::Period, "{period_s} s");
        }
        assert_eq!(extension(HOUR_S).terms().unwrap().hours, Some(1));
    }
}
