//! The outputs of `show license` and of what `show version` says of licenses.
//!
//! Source: the guide's chapter 2; reference licensing, section 3, which settles blanks and tabs that
//! the guide lost.

mod listing;
mod version;

use std::fmt::Write;

pub(crate) use listing::push_choice;
pub(crate) use version::push_version;

use crate::license::{
    image::AgreementStyle,
    kind::LicenseKind,
    period,
    shelf::{Line, LineState, Shelf},
};

/// A variant of `show license`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Page {
    /// `show license`.
    Features,
    /// `show license all`.
    All,
    /// `show license detail`, of one feature or of all.
    Detail(Option<String>),
    /// `show license feature`.
    Table,
    /// `show license file`.
    File,
    /// `show license statistics`.
    Statistics,
    /// `show license status`.
    Status,
    /// `show license udi`.
    Udi,
    /// `show license in-use` and other selections of the detailed listing.
    Selected(Selection),
}

/// Which lines a listing is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Selection {
    Evaluation,
    Expiring,
    InUse,
    Permanent,
    Subscription,
}

impl Selection {
    const ALL: [(&'static str, Self); 5] = [
        ("evaluation", Self::Evaluation),
        ("expiring", Self::Expiring),
        ("in-use", Self::InUse),
        ("permanent", Self::Permanent),
        ("subscription", Self::Subscription),
    ];

    fn selects(self, line: &Line) -> bool {
        match self {
            Self::Evaluation => {
                line.kind.is_metered() || line.kind == LicenseKind::EvaluationSubscription
            }
            Self::Expiring => line.kind.is_limited() && line.is_in_use(),
            Self::InUse => line.is_in_use(),
            Self::Permanent => line.kind == LicenseKind::Permanent,
            Self::Subscription => line.kind.is_subscription(),
        }
    }
}

impl Page {
    /// The page that the full command `line` shows.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("show license")?;
        Some(match rest {
            "" => Self::Features,
            " all" => Self::All,
            " detail" => Self::Detail(None),
            " feature" => Self::Table,
            " file" => Self::File,
            " statistics" => Self::Statistics,
            " status" => Self::Status,
            " udi" => Self::Udi,
            _ => match rest.strip_prefix(" detail ") {
                Some(feature) => Self::Detail(Some(feature.to_owned())),
                None => {
                    let name = rest.strip_prefix(' ')?;
                    let mut selections = Selection::ALL.into_iter();
                    let (_, selection) = selections.find(|(own, _)| *own == name)?;
                    Self::Selected(selection)
                }
            },
        })
    }
}

/// Appends `page` of the licenses of stack member `member`.
pub(crate) fn push_page(out: &mut Vec<u8>, shelf: &Shelf<'_>, page: &Page, member: u8) {
    let mut text = String::new();
    let lines = shelf.lines(member);
    match page {
        Page::Features => listing::features(&mut text, shelf, &lines),
        Page::All => listing::stores(&mut text, shelf, &lines),
        Page::Detail(feature) => listing::detail(&mut text, shelf, &lines, feature.as_deref()),
        Page::Table => listing::table(&mut text, shelf, &lines),
        Page::File => file(&mut text, shelf, &lines),
        Page::Statistics => statistics(&mut text, shelf),
        Page::Status => status(&mut text),
        Page::Udi => udi(&mut text, shelf, member),
        Page::Selected(selection) => {
            let lines: Vec<Line> = lines
                .into_iter()
                .filter(|line| selection.selects(line))
                .collect();
            listing::detail(&mut text, shelf, &lines, None);
        }
    }
    out.extend_from_slice(text.as_bytes());
}

/// As `License State:` shows it. Images without rights to use say nothing of activity where an
/// agreement is open.
pub(super) fn state(shelf: &Shelf<'_>, line: &Line) -> String {
    let active = match shelf.image.right_to_use {
        true => "Active, ",
        false => "",
    };
    match line.state {
        LineState::Inactive => "Inactive".to_owned(),
        LineState::InUse => "Active, In Use".to_owned(),
        LineState::ExpiredInUse => "Expired, In Use".to_owned(),
        LineState::ExpiredNotInUse => "Expired, Not in Use".to_owned(),
        LineState::NotInUse if !line.kind.asks_for_agreement() => "Active, Not in Use".to_owned(),
        LineState::NotInUse if line.is_accepted() => "Active, Not in Use, EULA accepted".to_owned(),
        LineState::NotInUse => format!("{active}Not in Use, EULA not accepted"),
    }
}

/// As `License Count:` shows it.
pub(super) fn count(shelf: &Shelf<'_>, line: &Line) -> String {
    let feature = shelf.image.feature(&line.terms.feature);
    let users = feature.map_or(0, |(place, _)| shelf.licenses.users(place));
    let counted = feature.is_some_and(|(_, feature)| feature.counted);
    let used = if line.is_in_use() { users } else { 0 };
    match line.terms.count {
        Some(count) => {
            let (in_use, violation) = shared_out(shelf, line, users);
            format!("{count}/{in_use}/{violation}  (Active/In-use/Violation)")
        }
        None if counted && !line.is_node_locked() => format!("{used}/0  (In-use/Violation)"),
        None => "Non-Counted".to_owned(),
    }
}

/// How many of `users` the counted `line` takes, and how many are beyond what it grants: lines whose
/// counts add up are filled one behind the other, and what is left over violates the last.
fn shared_out(shelf: &Shelf<'_>, line: &Line, users: u32) -> (u32, u32) {
    let lines = shelf.lines(line.key.member);
    let mut counted = lines
        .iter()
        .filter(|own| own.terms.feature == line.terms.feature && own.is_in_use())
        .filter_map(|own| Some((own.key, own.terms.count?)))
        .peekable();
    let mut left = users;
    while let Some((key, count)) = counted.next() {
        let taken = left.min(count);
        left -= taken;
        if key == line.key {
            let beyond = if counted.peek().is_none() { left } else { 0 };
            return (taken, beyond);
        }
    }
    (0, 0)
}

/// Writing to a string does not fail.
macro_rules! line {
    ($out:expr, $($part:tt)*) => {{
        let _ = writeln!($out, $($part)*);
    }};
}
use line;

/// Characters of a license line that stand on one line.
const FILE_COLUMNS: usize = 65;

fn file(text: &mut String, shelf: &Shelf<'_>, lines: &[Line]) {
    for store in listing::STORES {
        line!(text, "License Store: {}", shelf.store_name(store));
        for own in lines.iter().filter(|line| line.key.store == store) {
            line!(text, "  Store Index:   {}", own.key.index);
            let license = shelf.text(own);
            let pieces = license.as_bytes().chunks(FILE_COLUMNS);
            for (number, piece) in pieces.enumerate() {
                let before = if number == 0 {
                    "    License: "
                } else {
                    "             "
                };
                line!(text, "{before}{}", String::from_utf8_lossy(piece));
            }
            let comment = format!("    Comment: {}", shelf.licenses.comment(own.key));
            line!(text, "{}", comment.trim_end());
            line!(text, "       Hash: {}", shelf.hash(own));
            line!(text, "");
        }
    }
}

fn statistics(text: &mut String, shelf: &Shelf<'_>) {
    let counters = shelf.licenses.counters();
    let administrative = [
        ("Install success count:", counters.installed),
        ("Install failure count:", counters.install_failed),
        ("Install duplicate count:", counters.duplicates),
        ("Comment add count:", counters.comments_added),
        ("Comment delete count:", counters.comments_deleted),
        ("Clear count:", counters.cleared),
        ("Save count:", counters.saved),
        ("Save cred count:", counters.credentials_saved),
    ];
    let client = [
        ("Request success count:", counters.requests),
        ("Request failure count:", counters.requests_failed),
        ("Release count:", counters.releases),
        ("Global Notify count:", counters.notifications),
    ];
    line!(text, "\nAdministrative statistics");
    for (name, count) in administrative {
        line!(text, "\t{name:<27}{count}");
    }
    line!(text, "\nClient statistics");
    for (name, count) in client {
        line!(text, "\t{name:<27}{count}");
    }
}

fn status(text: &mut String) {
    line!(text, "License Type Supported");
    for (name, meaning) in [
        ("permanent", "Non-expiring node locked license"),
        ("extension", "Expiring node locked license"),
        ("evaluation", "Expiring non node locked license"),
        (
            "paid subscription",
            "Expiring node locked subscription license\n\t                       with valid end date",
        ),
        (
            "extension subscription",
            "Expiring node locked subscription license",
        ),
        (
            "evaluation subscription",
            "Expiring node locked subscription license",
        ),
    ] {
        line!(text, "\t{name:<22} {meaning}");
    }
}

fn udi(text: &mut String, shelf: &Shelf<'_>, served: u8) {
    if shelf.image.agreement == AgreementStyle::Xe {
        line!(
            text,
            "SlotID   PID                    SN                      UDI"
        );
    } else {
        line!(text, "{:<10}{:<22}{:<16}UDI", "Device#", "PID", "SN");
    }
    line!(text, "{}", "-".repeat(77));
    for (number, udi) in (0_u8..).zip(shelf.udis) {
        let stacked = shelf.udis.len() > 1;
        let shown = u16::from(number) + u16::from(stacked);
        let mark = if number == served { '*' } else { ' ' };
        if shelf.image.agreement == AgreementStyle::Xe {
            let slot = format!("{mark}{shown}");
            line!(text, "{slot:<9}{:<23}{:<24}{udi}", udi.pid, udi.serial);
        } else {
            let device = format!("{mark}{shown}");
            line!(text, "{device:<10}{:<22}{:<16}{udi}", udi.pid, udi.serial);
        }
    }
}

/// The periods of a metered line, each behind `indent`.
pub(super) fn periods(text: &mut String, line: &Line, indent: &str) {
    let Some(total_s) = line.terms.period_s().filter(|_| line.kind.is_metered()) else {
        return;
    };
    let left_s = line.left_s.unwrap_or(0);
    line!(
        text,
        "{indent}Evaluation total period: {}",
        period::long(total_s)
    );
    line!(
        text,
        "{indent}Evaluation period left: {}",
        period::long(left_s)
    );
    if line.kind == LicenseKind::EvalRightToUse {
        line!(text, "{indent}Period used: {}", period::long(line.used_s));
    }
}
