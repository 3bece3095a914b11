//! What happens to licenses.

use std::sync::Arc;

use emulator::{FileUrl, LicenseEvent, template::Template};
use jiff::Timestamp;
use toml::Spanned;

use super::super::{Findings, licenses};
use crate::scenario::{
    Fleet,
    file::{EventWord, TrafficTable},
};

/// The license event `word` of `table` on the devices of `concerned`, in a run that starts at
/// `starts_at`; `None` for other words, and for what is wrong.
pub(super) fn event(
    table: &TrafficTable,
    word: EventWord,
    concerned: &[&Fleet],
    starts_at: Timestamp,
    findings: &mut Findings,
) -> Option<LicenseEvent> {
    for fleet in concerned {
        if fleet.model.platform.licensed.is_none() {
            findings.add(
                table.event.as_ref().map_or(0..0, Spanned::span),
                format!("the devices of `{}` have no license lines", fleet.name),
                "concern a fleet of a model with classic licensing",
            );
            return None;
        }
    }
    match word {
        EventWord::LicenseTamper => Some(LicenseEvent::Tamper),
        EventWord::LicenseInstall => install(table, concerned, starts_at, findings),
        EventWord::LicenseClear => feature(table, concerned, findings).map(LicenseEvent::Clear),
        EventWord::LicenseExpiryWave => {
            feature(table, concerned, findings).map(LicenseEvent::Expire)
        }
        EventWord::LicenseUsers => users(table, concerned, findings),
        EventWord::EnvironmentAlarm
        | EventWord::Crash
        | EventWord::Traceback
        | EventWord::CardRemoved
        | EventWord::CardInserted
        | EventWord::DiagnosticFailure
        | EventWord::ConfigurationChange
        | EventWord::Reload
        | EventWord::PowerOff
        | EventWord::PowerOn
        | EventWord::Test
        | EventWord::Send
        | EventWord::Request
        | EventWord::PowerLoss
        | EventWord::LinkFlap
        | EventWord::ReloadWave
        | EventWord::CrashWave
        | EventWord::CardFailure
        | EventWord::ConfigPush
        | EventWord::PeriodicHerd => None,
    }
}

fn install(
    table: &TrafficTable,
    concerned: &[&Fleet],
    starts_at: Timestamp,
    findings: &mut Findings,
) -> Option<LicenseEvent> {
    match (&table.license, &table.url) {
        (Some(license), None) => {
            let member = member(table, concerned, findings)?;
            let delivery = licenses::delivery(&[license], starts_at, findings)?;
            Some(LicenseEvent::Install(Arc::new(delivery), member))
        }
        (None, Some(url)) => {
            if let Some(member) = &table.member {
                findings.add(
                    member.span(),
                    "a file says itself which stack member it is for",
                    "remove `member`",
                );
            }
            fetch(url, findings)
        }
        (None, None) => {
            findings.add(
                table.name.span(),
                "a license has to be named",
                "add license = { feature = \"securityk9\" }, or url = \"tftp://files/{serial}.lic\"",
            );
            None
        }
        (Some(_), Some(url)) => {
            findings.add(
                url.span(),
                "a license file is either made or fetched",
                "remove `url` or `license`",
            );
            None
        }
    }
}

/// The URL of a license file, which may name what differs from device to device.
fn fetch(url: &Spanned<String>, findings: &mut Findings) -> Option<LicenseEvent> {
    let template = Template::of_identity(url.get_ref());
    // Names have no blanks and no separators, so they change nothing of how a URL is read.
    if let Err(error) = FileUrl::parse(&template.source()) {
        findings.add(
            url.span(),
            format!("`{}` names no file: {}", url.get_ref(), error.why),
            "write, say, \"tftp://files/{serial}.lic\" or \"flash:licenses.lic\"",
        );
        return None;
    }
    Some(LicenseEvent::Fetch(Arc::new(template)))
}

/// The stack member that a license is for, from 0.
fn member(table: &TrafficTable, concerned: &[&Fleet], findings: &mut Findings) -> Option<u8> {
    let Some(member) = &table.member else {
        return Some(0);
    };
    let number = *member.get_ref();
    let small = concerned
        .iter()
        .find(|fleet| number > fleet.model.licensing.members);
    if let Some(fleet) = small {
        findings.add(
            member.span(),
            format!("`{}` has no stack member {number}", fleet.name),
            "members are counted from 1; `stack-members` of the fleet says how many there are",
        );
        return None;
    }
    Some(number - 1)
}

fn users(
    table: &TrafficTable,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<LicenseEvent> {
    let feature = feature(table, concerned, findings);
    let Some(count) = &table.users else {
        findings.add(
            table.name.span(),
            "the number of users has to be said",
            "add users = 25",
        );
        return None;
    };
    Some(LicenseEvent::Users {
        feature: feature?,
        count: *count.get_ref(),
    })
}

/// The named feature, which the image of every device concerned must know.
fn feature(
    table: &TrafficTable,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Arc<str>> {
    let Some(name) = &table.feature else {
        findings.add(
            table.name.span(),
            "a licensed feature has to be named",
            "add feature = \"securityk9\"",
        );
        return None;
    };
    for fleet in concerned {
        let image = fleet.model.platform.licensed.as_ref()?;
        if image.feature(name.get_ref()).is_none() {
            let features = image.features.iter();
            let known: Vec<&str> = features.map(|feature| &*feature.name).collect();
            findings.add(
                name.span(),
                format!(
                    "the image of `{}` has no feature `{}`",
                    fleet.name,
                    name.get_ref()
                ),
                format!("known are {}", known.join(", ")),
            );
            return None;
        }
    }
    Some(name.get_ref().as_str().into())
}
