//! The end of licenses: when devices speak of it, when it comes, and what `reload` warns of.
//!
//! Source: reference licensing, sections 1.8, 2.3 and 8.1.

use jiff::{Timestamp, ToSpan};

use super::{
    kind::LicenseKind,
    log::LicenseLog,
    shelf::{Ground, Line, LineState, Shelf},
    store::{Licenses, Mark},
};

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;
const WEEK_S: i64 = 7 * DAY_S;

/// When a limited line in use ends, in seconds since 1970, and how long before are its marks.
fn end_and_marks(ground: &Ground<'_>, line: &Line) -> Option<(i64, Marks)> {
    // The kind as it was granted: at its end an evaluation is a right to use already.
    let kind = line.terms.kind;
    if kind.is_metered() {
        if line.usage.since_s == 0 {
            return None;
        }
        let period_s = i64::try_from(line.terms.period_s()?).ok()?;
        let end_s = i64::from(line.usage.since_s) + period_s - i64::from(line.usage.used_s);
        let marks = match kind == LicenseKind::EvalRightToUse {
            true => Marks::RightToUse,
            false => Marks::Metered,
        };
        return Some((end_s, marks));
    }
    let after = line.terms.end?.checked_add(1.day()).ok()?;
    let midnight: Timestamp = after.to_zoned(ground.zone.clone()).ok()?.timestamp();
    let end_s = midnight.as_second().saturating_sub(ground.ahead_s);
    Some((end_s, Marks::Subscription))
}

/// When a device speaks of the end of a license. Source: reference licensing, section 8.1, traps 1, 2
/// and 10 to 14.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Marks {
    /// 4, 3 and 2 weeks before, daily in the last week; every week behind the end.
    Metered,
    /// 10 and 5 days before; nothing behind the end, which is none.
    RightToUse,
    /// Weekly for 8 weeks, daily in the last week, hourly on the last day; daily behind the end.
    Subscription,
}

impl Marks {
    /// The first mark behind an instant that is `before_s` seconds before the end, in seconds before
    /// the end; negative behind it.
    fn next(self, before_s: i64) -> Option<i64> {
        // The largest multiple of `step` below `before_s`.
        let below = |step: i64| (before_s - 1).div_euclid(step) * step;
        let behind = match self {
            Self::Metered => Some(WEEK_S),
            Self::RightToUse => None,
            Self::Subscription => Some(DAY_S),
        };
        if before_s <= 0 {
            return behind.map(below);
        }
        let mark = match self {
            Self::RightToUse if before_s > 10 * DAY_S => 10 * DAY_S,
            Self::RightToUse if before_s > 5 * DAY_S => 5 * DAY_S,
            Self::RightToUse => 0,
            Self::Metered if before_s > 4 * WEEK_S => 4 * WEEK_S,
            Self::Subscription if before_s > 8 * WEEK_S => 8 * WEEK_S,
            Self::Metered | Self::Subscription if before_s > WEEK_S => below(WEEK_S),
            Self::Subscription if before_s <= DAY_S => below(HOUR_S),
            Self::Metered | Self::Subscription => below(DAY_S),
        };
        Some(mark)
    }
}

/// Works out when something happens by itself next; what is due now has happened.
pub(crate) fn plan(licenses: &mut Licenses, ground: &Ground<'_>) {
    let now_s = i64::from(ground.now_s);
    let shelf = ground.shelf(licenses);
    let members = ground.members();
    let lines = members.flat_map(|member| shelf.lines(member));
    let next = lines
        .filter(|line| line.usage.has(Mark::Serving) && !line.usage.has(Mark::Damaged))
        .filter_map(|line| {
            let (end_s, marks) = end_and_marks(ground, &line)?;
            Some(end_s - marks.next(end_s - now_s)?)
        })
        .min();
    licenses.next_s = next
        .and_then(|next_s| u32::try_from(next_s).ok())
        .unwrap_or(0);
}

/// What is due at `ground`'s instant happens.
pub(crate) fn come_due(licenses: &mut Licenses, ground: &Ground<'_>, log: &mut Vec<LicenseLog>) {
    let now_s = i64::from(ground.now_s);
    for member in ground.members() {
        let shelf = ground.shelf(licenses);
        let Some(udi) = shelf.udi(member).cloned() else {
            continue;
        };
        for line in shelf.lines(member) {
            let Some((end_s, marks)) =
                end_and_marks(ground, &line).filter(|_| line.usage.has(Mark::Serving))
            else {
                continue;
            };
            if marks.next(end_s - now_s + 1) != Some(end_s - now_s) {
                continue;
            }
            let feature = line.terms.feature.to_string();
            let udi = udi.clone();
            let before_s = u64::try_from(end_s - now_s);
            log.push(match (before_s, marks) {
                (Ok(0), Marks::RightToUse) => {
                    let mut usage = line.usage;
                    usage.stop(ground.now_s);
                    licenses.set_usage(line.key, usage);
                    LicenseLog::RightToUse { feature, udi }
                }
                (Ok(left_s @ 1..), _) => LicenseLog::Expiring {
                    feature,
                    udi,
                    left_s,
                },
                (Ok(0) | Err(_), _) => LicenseLog::Expired {
                    feature,
                    udi,
                    ago_s: now_s.abs_diff(end_s),
                },
            });
        }
    }
    plan(licenses, ground);
}

/// What `reload` warns of: lines in use that have ended, or have less than eight weeks left, the
/// nearest end first. Each with the seconds that are left.
pub(crate) fn ending(shelf: &Shelf<'_>) -> Vec<(String, u64)> {
    let soon_s = 8 * WEEK_S.unsigned_abs();
    let lines = shelf.lines(0);
    let mut ending: Vec<_> = lines
        .iter()
        .filter(|line| line.kind.is_limited() && line.is_in_use())
        .filter_map(|line| {
            let left_s = match line.state {
                LineState::ExpiredInUse => 0,
                LineState::InUse
                | LineState::Inactive
                | LineState::NotInUse
                | LineState::ExpiredNotInUse => line.left_s?,
            };
            (left_s < soon_s).then(|| (line.terms.feature.to_string(), left_s))
        })
        .collect();
    ending.sort_by_key(|(_, left_s)| *left_s);
    ending
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every mark from `before_s` before the end to `behind_s` behind it.
    fn marks(marks: Marks, mut before_s: i64, behind_s: i64) -> Vec<i64> {
        let mut all = Vec::new();
        while let Some(next) = marks.next(before_s).filter(|next| *next >= -behind_s) {
            assert!(next < before_s, "time runs backwards");
            all.push(next);
            before_s = next;
        }
        all
    }

    #[test]
    fn devices_speak_of_the_end_as_often_as_the_mib_says() {
        let days = |seconds: Vec<i64>| seconds.iter().map(|mark| mark / DAY_S).collect::<Vec<_>>();
        assert_eq!(
            days(marks(Marks::Metered, 60 * DAY_S, 14 * DAY_S)),
            [28, 21, 14, 7, 6, 5, 4, 3, 2, 1, 0, -7, -14]
        );
        assert_eq!(
            days(marks(Marks::RightToUse, 60 * DAY_S, DAY_S)),
            [10, 5, 0]
        );
        let subscription = marks(Marks::Subscription, 300 * DAY_S, 2 * DAY_S);
        assert_eq!(subscription.len(), 7 + 7 + 23 + 1 + 2);
        assert_eq!(&subscription[13..16], [DAY_S, 23 * HOUR_S, 22 * HOUR_S]);
    }
}
