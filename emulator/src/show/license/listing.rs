//! Listings of license lines: by feature, by store, in detail, as a table, and to choose from.
//!
//! Source: reference licensing, sections 2.3 and 3.1 to 3.4.

use std::fmt::Write;

use super::{count, line, periods, state};
use crate::license::{
    line::{Addition, FEATURE_VERSION},
    period,
    shelf::{Line, Shelf},
    store::StoreName,
};

/// The stores, in the order in which outputs name them.
pub(super) const STORES: [StoreName; 2] = [StoreName::Primary, StoreName::BuiltIn];

/// How lines are marked that an issuer made, and those that come with an image.
fn generation(line: &Line) -> &'static str {
    match line.is_node_locked() {
        true => "0x8100000",
        false => "0x8200000",
    }
}

/// Of every feature the line that matters most: what it runs on, or would run on.
fn representative<'l>(lines: &'l [Line], feature: &str) -> Option<&'l Line> {
    let own = lines.iter().filter(|line| *line.terms.feature == *feature);
    own.min_by_key(|line| {
        let idle = !line.is_in_use();
        let inactive = line.priority == crate::license::shelf::Priority::None;
        (idle, inactive, line.key)
    })
}

/// `show license`.
pub(super) fn features(text: &mut String, shelf: &Shelf<'_>, lines: &[Line]) {
    let known = shelf.image.features.iter().map(|feature| &feature.name);
    let others = lines
        .iter()
        .map(|line| &line.terms.feature)
        .filter(|name| shelf.image.feature(name).is_none());
    for (number, name) in (1..).zip(known.chain(others)) {
        line!(text, "Index {number} Feature: {name:<31}");
        let Some(own) = representative(lines, name) else {
            continue;
        };
        let left = match own.left_s {
            None => "Life time".to_owned(),
            Some(_) if own.used_s == 0 && !own.is_in_use() => "Not Activated".to_owned(),
            Some(left_s) => period::long(left_s),
        };
        line!(text, "\tPeriod left: {left}");
        if own.kind.is_metered() {
            line!(text, "\tPeriod Used: {}", period::long(own.used_s));
        }
        line!(text, "\tLicense Type: {}", own.kind.shown());
        line!(text, "\tLicense State: {}", state(shelf, own));
        line!(text, "\tLicense Count: {}", count(shelf, own));
        line!(text, "\tLicense Priority: {}", own.priority.shown());
    }
}

/// `show license all`.
pub(super) fn stores(text: &mut String, shelf: &Shelf<'_>, lines: &[Line]) {
    for store in STORES {
        line!(text, "License Store: {}", shelf.store_name(store));
        for own in lines.iter().filter(|line| line.key.store == store) {
            let (index, feature) = (own.key.index, &own.terms.feature);
            line!(
                text,
                "StoreIndex: {index}\tFeature: {feature:<34}Version: {FEATURE_VERSION}"
            );
            line!(text, "\tLicense Type: {}", own.kind.shown());
            dates(text, own);
            line!(text, "\tLicense State: {}", state(shelf, own));
            periods(text, own, "\t    ");
            line!(text, "\tLicense Count: {}", count(shelf, own));
            line!(text, "\tLicense Priority: {}", own.priority.shown());
        }
    }
}

/// The days of a subscription.
fn dates(text: &mut String, own: &Line) {
    for (name, date) in [("Start", own.terms.start), ("End", own.terms.end)] {
        if let Some(date) = date {
            line!(text, "\t{name} Date: {}", date.strftime("%b %d %Y"));
        }
    }
}

/// `show license detail`.
pub(super) fn detail(text: &mut String, shelf: &Shelf<'_>, lines: &[Line], feature: Option<&str>) {
    let mut lines: Vec<&Line> = lines
        .iter()
        .filter(|line| feature.is_none_or(|feature| *line.terms.feature == *feature))
        .collect();
    lines.sort_by(|one, other| {
        let name = |line: &Line| line.terms.feature.to_lowercase();
        (name(one), one.key).cmp(&(name(other), other.key))
    });
    if let (Some(feature), Some(first)) = (feature, lines.first()) {
        let left = first.left_s.map_or("Life time".to_owned(), period::long);
        line!(text, "Feature: {feature:<32}Period left: {left}");
    }
    for (number, own) in (1..).zip(lines) {
        let feature = &own.terms.feature;
        line!(
            text,
            "Index: {number} \tFeature: {feature:<34}Version: {FEATURE_VERSION}"
        );
        line!(text, "\tLicense Type: {}", own.kind.shown());
        dates(text, own);
        line!(text, "\tLicense State: {}", state(shelf, own));
        periods(text, own, "\t    ");
        if shelf.image.right_to_use {
            let lock = match own.is_node_locked() {
                true => "Node locked",
                false => "Non Node locked",
            };
            line!(text, "\tLock type: {lock}");
            line!(text, "\tVendor info: {}", shelf.vendor_info(own));
            line!(text, "\tLicense Addition: {}", addition(own));
            line!(text, "\tLicense Generation version: {}", generation(own));
        }
        line!(text, "\tLicense Count: {}", count(shelf, own));
        line!(text, "\tLicense Priority: {}", own.priority.shown());
        line!(text, "\tStore Index: {}", own.key.index);
        line!(text, "\tStore Name: {}", shelf.store_name(own.key.store));
    }
}

fn addition(own: &Line) -> &'static str {
    match own.terms.addition {
        Addition::Additive => "Additive",
        Addition::Exclusive => "Exclusive",
    }
}

/// `show license feature`.
pub(super) fn table(text: &mut String, shelf: &Shelf<'_>, lines: &[Line]) {
    let rights = shelf.image.right_to_use;
    let word = |holds: bool| if holds { "yes" } else { "no" };
    let row = |name: &str, columns: [&str; 5]| {
        let [enforced, evaluation, subscription, enabled, right] = columns;
        let row = format!("{name:<25}{enforced:<13}{evaluation:<12}{subscription:<15}{enabled:<9}");
        match rights {
            true => format!("{row}{right:<11}"),
            false => row,
        }
    };
    let heads = [
        "Enforcement",
        "Evaluation",
        "Subscription",
        "Enabled",
        "RightToUse",
    ];
    line!(text, "{}", row("Feature name", heads));
    for (place, feature) in shelf.image.features.iter().enumerate() {
        let serves = |line: &Line| line.terms.feature == feature.name && line.is_in_use();
        let enabled = shelf.licenses.runs(place) || lines.iter().any(serves);
        let columns = [
            word(feature.enforced),
            word(feature.evaluation),
            word(feature.subscription),
            word(enabled),
            word(feature.right_to_use),
        ];
        line!(text, "{}", row(&feature.name, columns));
    }
}

/// Appends the lines of `feature` to choose from, numbered from 1.
pub(crate) fn push_choice(out: &mut Vec<u8>, shelf: &Shelf<'_>, feature: &str, lines: &[Line]) {
    let mut text = String::new();
    line!(text, "Feature: {feature}");
    for (number, own) in (1..).zip(lines) {
        line!(text, "    {number} License Type: {}", own.kind.shown());
        line!(text, "      License State: {}", state(shelf, own));
        if own.kind.is_metered() {
            let total_s = own.terms.period_s().unwrap_or(0);
            line!(
                text,
                "          Evaluation total period: {}",
                period::long(total_s)
            );
            line!(
                text,
                "          Evaluation period left: {}",
                period::long(own.left_s.unwrap_or(0))
            );
        }
        line!(text, "      License Addition: {}", addition(own));
        let comment = format!("      Comment: {}", shelf.licenses.comment(own.key));
        line!(text, "{}", comment.trim_end());
        line!(text, "      Store Index: {}", own.key.index);
        line!(
            text,
            "      Store Name: {}",
            shelf.store_name(own.key.store)
        );
    }
    out.extend_from_slice(text.as_bytes());
}
