//! Licenses on the command line: showing, installing, managing and configuring them.
//!
//! Source: the guide's chapter 2 and 6; reference licensing, section 2.

mod configure;
mod install;
mod manage;
mod save;

use crate::{
    cli::call::{Answer, Call, Dialogue, Next, Typed},
    config::{
        grammar::{
            Argument, Row,
            Token::{self, Argument as Value, OneOf, Word},
        },
        matching,
    },
    device::files::FileUrl,
    license::{
        image::{AgreementStyle, Packaging},
        kind::LicenseKind,
    },
    platform::Platform,
    show::license::Page,
};

const LICENSE: Token = Word("license");
const SHOW: Token = Word("show");
const FEATURE: Token = Value(Argument::Text { max: 128 });
const FILE: Token = Value(Argument::Text { max: 256 });
const SWITCH: Token = Word("switch");
const MEMBER: Token = Value(Argument::Integer { min: 1, max: 9 });
/// How often a question about the agreement is asked.
const AGREEMENT_TRIES: u8 = 3;

const SELECTIONS: Token = OneOf(&[
    "all",
    "evaluation",
    "expiring",
    "feature",
    "file",
    "in-use",
    "permanent",
    "statistics",
    "status",
    "subscription",
    "udi",
]);
const SHOW_HELP: &[(&str, &str)] = &[
    ("all", "Show license information for all licenses"),
    ("detail", "Show license detail information"),
    ("evaluation", "Show licenses with a limited time of use"),
    ("expiring", "Show licenses in use that will end"),
    ("feature", "Show license feature information"),
    ("file", "Show license lines as they are stored"),
    ("in-use", "Show licenses in use"),
    ("permanent", "Show permanent licenses"),
    ("statistics", "Show license statistics"),
    ("status", "Show which kinds of license are supported"),
    ("subscription", "Show subscriptions"),
    ("udi", "Show the UDI of the device"),
];
const FEATURE_HELP: &[(&str, &str)] = &[("WORD", "Name of the feature")];
const SWITCH_HELP: &[(&str, &str)] = &[
    ("file", "Show license lines as they are stored"),
    ("status", "Show which kinds of license are supported"),
    ("switch", "Member of the stack"),
    ("<1-9>", "Number of the member"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[SHOW, LICENSE], show, "").with_help(&[("license", "Show license information")]).on(licensed),
    Row::exec(1, &[SHOW, LICENSE, SELECTIONS], show, "").with_help(SHOW_HELP).on(licensed),
    Row::exec(1, &[SHOW, LICENSE, OneOf(&["file", "status"]), SWITCH, MEMBER], show, "").with_help(SWITCH_HELP).on(stackable),
    Row::exec(1, &[SHOW, LICENSE, Word("detail")], show, "").with_help(SHOW_HELP).on(licensed),
    Row::exec(1, &[SHOW, LICENSE, Word("detail"), FEATURE], show, "").with_help(FEATURE_HELP).on(licensed),
];

/// The rows of every part of the family.
pub(super) const PARTS: [&[Row]; 4] = [install::ROWS, manage::ROWS, save::ROWS, configure::ROWS];

/// Models with license lines.
fn licensed(platform: &Platform) -> bool {
    platform.licensed.is_some()
}

/// Models that are licensed otherwise, or not at all.
fn otherwise(platform: &Platform) -> bool {
    platform.licensed.is_none()
}

/// Models with license lines that stack.
fn stackable(platform: &Platform) -> bool {
    licensed(platform) && platform.stack_members_max > 1
}

/// Models whose license store can be made larger.
fn expandable(platform: &Platform) -> bool {
    let image = platform.licensed.as_ref();
    image.is_some_and(|image| image.expanded_store_bytes > 0)
}

/// Models whose image has levels.
fn levelled(platform: &Platform) -> bool {
    packaged(platform, Packaging::Levels)
}

/// Stacks whose image has levels.
fn stackable_levelled(platform: &Platform) -> bool {
    levelled(platform) && platform.stack_members_max > 1
}

/// Models with technology packages.
fn modular(platform: &Platform) -> bool {
    packaged(platform, Packaging::TechnologyPackages)
}

fn packaged(platform: &Platform, packaging: Packaging) -> bool {
    let image = platform.licensed.as_ref();
    image.is_some_and(|image| image.packaging == packaging)
}

fn show(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let member = match member(call, typed) {
        Ok(member) => member,
        Err(next) => return next,
    };
    let canonical = typed.command.canonical();
    let line = canonical.split(" switch ").next().unwrap_or_default();
    let Some(page) = Page::of(line) else {
        return Next::Prompt;
    };
    if let Page::Detail(Some(feature)) = &page
        && !has_lines(call, feature, member)
    {
        return unknown_feature(call, feature);
    }
    call.device
        .view(call.now)
        .push_licenses(call.out, &page, member);
    Next::Prompt
}

/// The stack member that a command names, from 0; the first one unless it names one.
fn member(call: &mut Call<'_>, typed: &Typed<'_>) -> Result<u8, Next> {
    let values = typed.command.values.iter();
    let mut numbers = values.filter_map(|value| match value {
        matching::Value::Integer(number) => Some(*number),
        matching::Value::Keyword(_)
        | matching::Value::Flag(_)
        | matching::Value::Text(_)
        | matching::Value::Time(_) => None,
    });
    let Some(number) = numbers.next() else {
        return Ok(0);
    };
    let member = u8::try_from(number - 1).unwrap_or(u8::MAX);
    if usize::from(member) < call.device.udis().len() {
        return Ok(member);
    }
    Err(call.refuse(&format!(
        "% Error: Switch {number} is not a member of the stack"
    )))
}

fn has_lines(call: &Call<'_>, feature: &str, member: u8) -> bool {
    let found = call.device.read_licenses(call.now, |shelf| {
        let mut lines = shelf.lines(member).into_iter();
        lines.any(|line| *line.terms.feature == *feature)
    });
    found.unwrap_or(false)
}

fn unknown_feature(call: &mut Call<'_>, feature: &str) -> Next {
    call.refuse(&format!("% Error: No license for feature {feature} found"))
}

/// The file that a command names, or the refusal that names what is wrong.
fn file_url(call: &mut Call<'_>, text: &str) -> Result<FileUrl, Next> {
    FileUrl::parse(text).map_err(|error| call.refuse(&error.to_string()))
}

/// What stands in the place of the vendor's agreement, whose text belongs to the vendor.
const AGREEMENT: &str = "PLEASE  READ THE  FOLLOWING TERMS  CAREFULLY.\n\
    \n\
    This text stands where a device prints the end user license agreement. The device\n\
    is emulated, and so is what is agreed to: nothing is bought, owed or granted.\n\
    \n\
    Whoever accepts lets the emulated device use the feature for the time that its\n\
    license names; whoever refuses leaves the device as it is.\n";

/// Asks for the agreement to the licenses of `features`, and goes on with whether it was given.
fn ask_agreement(
    call: &mut Call<'_>,
    features: &[String],
    then: impl FnOnce(&mut Call<'_>, bool) -> Next + Send + Sync + 'static,
) -> Next {
    let style = call.device.model().platform.licensed.as_ref();
    let style = style.map_or(AgreementStyle::Ios, |image| image.agreement);
    call.print(AGREEMENT);
    let question = match style {
        AgreementStyle::Ios => "ACCEPT? [yes/no]: ".to_owned(),
        AgreementStyle::Xe => {
            let names = features.iter();
            let names: String = names
                .map(|feature| format!("\t Feature Name:{feature}\n"))
                .collect();
            format!("{names}ACCEPT? (yes/[no]): ")
        }
    };
    ask_until_answered(question, style, AGREEMENT_TRIES, Box::new(then))
}

type Agreed = Box<dyn FnOnce(&mut Call<'_>, bool) -> Next + Send + Sync>;

fn ask_until_answered(question: String, style: AgreementStyle, tries: u8, then: Agreed) -> Next {
    let again = question.clone();
    Next::Ask(Dialogue::new(
        question,
        Answer::Line,
        move |call, answer| {
            let answer = answer.trim().to_ascii_lowercase();
            match (answer.as_str(), style) {
                ("y" | "ye" | "yes", _) => then(call, true),
                ("n" | "no", _) | ("", AgreementStyle::Xe) => then(call, false),
                _ if tries <= 1 => then(call, false),
                _ => ask_until_answered(again, style, tries - 1, then),
            }
        },
    ))
}

/// The features of `accepted` by kind, as the agreement is introduced.
fn by_kind(accepted: &[(String, LicenseKind)]) -> Vec<(LicenseKind, Vec<&str>)> {
    let mut kinds: Vec<(LicenseKind, Vec<&str>)> = Vec::new();
    for (feature, kind) in accepted {
        match kinds.iter_mut().find(|(own, _)| own == kind) {
            Some((_, features)) => features.push(feature),
            None => kinds.push((*kind, vec![feature])),
        }
    }
    kinds
}

/// What a license is called where the agreement is introduced: what comes in the time of a move is
/// an extension to the guide.
fn introduced(kind: LicenseKind) -> &'static str {
    match kind {
        LicenseKind::GracePeriod => LicenseKind::Extension.shown(),
        LicenseKind::Evaluation
        | LicenseKind::Extension
        | LicenseKind::Permanent
        | LicenseKind::PaidSubscription
        | LicenseKind::EvaluationSubscription
        | LicenseKind::ExtensionSubscription
        | LicenseKind::EvalRightToUse
        | LicenseKind::RightToUse
        | LicenseKind::PermanentRightToUse => kind.shown(),
    }
}

/// Tells how the accepted features that are no image levels are enabled.
fn tell_how_to_enable(call: &mut Call<'_>, features: &[(String, LicenseKind)]) {
    for (feature, _) in features {
        let image = call.device.model().platform.licensed.as_ref();
        let known = image.and_then(|image| image.feature(feature));
        if known.is_some_and(|(_, feature)| !feature.is_image_level()) {
            call.print(&format!(
                "Issue 'license feature {feature}' command to enable the license"
            ));
        }
    }
}
