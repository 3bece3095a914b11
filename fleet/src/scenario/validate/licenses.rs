//! Licenses of a scenario: what is granted, by whom, with which flaw, and which file servers hand it out.

use std::sync::Arc;

use emulator::{
    FileServers, Served,
    license::{
        Addition, Issuer, LicenseKind, LicensingModel, Pak, Terms, TrustedKey,
        issue::{Delivery, Flaw},
        signature::TEST_KEY_ID,
    },
};
use jiff::Timestamp;
use toml::Spanned;

use super::Findings;
use crate::{
    diagnostic::closest,
    scenario::{
        Source,
        file::{FileTable, FleetTable, LicenseTable, LicensingTable},
        source::ReadError,
    },
};

/// Seconds of an hour.
const HOUR_S: u64 = 3600;

/// What devices of `platform` have from the start, with what the fleet `table` adds.
pub(super) fn model(
    platform: &emulator::Platform,
    table: &FleetTable,
    licensing: &LicensingTable,
    findings: &mut Findings,
) -> LicensingModel {
    let mut model = LicensingModel::of(platform.licensed.as_ref());
    for license in &table.licenses {
        let Some(terms) = terms(license, findings) else {
            continue;
        };
        if platform.licensed.is_none() {
            findings.add(
                license.span(),
                format!("a {} has no license lines", platform.pid),
                "remove `licenses`, or choose a model with classic licensing",
            );
        }
        if license.get_ref().flaw.is_some() || terms.kind != LicenseKind::Permanent {
            findings.add(
                license.span(),
                "devices leave the factory with sound permanent licenses only",
                "install others by an event license-install",
            );
        }
        model.factory.push(terms);
    }
    if let Some(members) = &table.stack_members {
        model.members = *members.get_ref();
        if model.members > platform.stack_members_max {
            findings.add(
                members.span(),
                format!(
                    "a stack of {} has at most {} members",
                    platform.pid, platform.stack_members_max
                ),
                "lower `stack-members`",
            );
        }
    }
    for trusted in &licensing.trusted_keys {
        let key = trusted.get_ref();
        match public_key(&key.public_key) {
            Some(public_key) => model.ring.trust(TrustedKey {
                key_id: key.id,
                public_key,
                revoked: key.revoked,
            }),
            None => findings.add(
                trusted.span(),
                "`public-key` is no Ed25519 key",
                "write its 32 bytes as 64 hexadecimal digits; `fleet license issue` prints them",
            ),
        }
    }
    if let Some(secret) = &licensing.secret {
        let bytes = secret.as_bytes();
        for (place, byte) in bytes.iter().enumerate() {
            model.secret[place % 32] = model.secret[place % 32].rotate_left(3) ^ byte;
        }
    }
    model
}

fn public_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

/// The file servers that devices reach without a network.
pub(super) fn servers(
    source: &Source,
    tables: &[FileTable],
    issued_at: Timestamp,
    findings: &mut Findings,
) -> FileServers {
    let mut servers = FileServers::default();
    for table in tables {
        let url = table.url.get_ref();
        let Ok(parsed) = emulator::FileUrl::parse(url) else {
            findings.add(
                table.url.span(),
                format!("`{url}` names no file on a server"),
                "write, say, \"tftp://files/licenses.lic\"; \"*\" in the place of the path is every path",
            );
            continue;
        };
        let Some(host) = parsed.host() else {
            findings.add(
                table.url.span(),
                format!("`{url}` is on the device itself"),
                "name a server: tftp, ftp, http, https, scp or rcp",
            );
            continue;
        };
        if let Some(served) = served(source, table, issued_at, findings) {
            servers.put(host, parsed.path(), served);
        }
    }
    servers
}

fn served(
    source: &Source,
    table: &FileTable,
    issued_at: Timestamp,
    findings: &mut Findings,
) -> Option<Served> {
    match (&table.source, table.licenses.as_slice()) {
        (Some(path), []) => match source.read_related_bytes(path.get_ref()) {
            Ok(bytes) => Some(Served::Bytes(bytes.into())),
            Err(error) => {
                let help = match error {
                    ReadError::TooLarge(_) => "files on servers have at most 4 MiB",
                    ReadError::System(_) | ReadError::NotText(_) => {
                        "paths are relative to the scenario"
                    }
                };
                let message = format!("cannot read {}: {error}", path.get_ref());
                findings.add(path.span(), message, help);
                None
            }
        },
        (None, [_, ..]) => {
            let licenses: Vec<&Spanned<LicenseTable>> = table.licenses.iter().collect();
            delivery(&licenses, issued_at, findings)
                .map(|delivery| Served::Licenses(Arc::new(delivery)))
        }
        _ => {
            findings.add(
                table.url.span(),
                format!("{} must have either `source` or `licenses`", table.url.get_ref()),
                "write source = \"PATH\" for a file, or licenses = [{ feature = \"securityk9\" }] for one that is made for each device",
            );
            None
        }
    }
}

/// The licenses of `tables`, as one file for whoever asks.
pub(super) fn delivery(
    tables: &[&Spanned<LicenseTable>],
    issued_at: Timestamp,
    findings: &mut Findings,
) -> Option<Delivery> {
    let first = tables.first()?.get_ref();
    let flaw = match first.flaw.as_ref() {
        None => None,
        Some(word) => {
            let found = Flaw::from_keyword(word.get_ref());
            if found.is_none() {
                let known: Vec<&str> = Flaw::ALL.iter().map(|(keyword, _)| *keyword).collect();
                findings.add(
                    word.span(),
                    format!("there is no flaw `{}`", word.get_ref()),
                    format!("known are {}", known.join(", ")),
                );
            }
            found
        }
    };
    let pak = match first.pak.as_ref() {
        None => None,
        Some(text) => {
            let pak = Pak::parse(text.get_ref());
            if pak.is_none() {
                findings.add(
                    text.span(),
                    format!("`{}` is no product authorization key", text.get_ref()),
                    "it has eleven capital letters and digits",
                );
            }
            pak
        }
    };
    let terms: Option<Vec<Terms>> = tables.iter().map(|table| terms(table, findings)).collect();
    Some(Delivery {
        issuer: Issuer::for_tests(first.issuer.unwrap_or(TEST_KEY_ID)),
        terms: terms?,
        pak,
        issued_at_s: u64::try_from(issued_at.as_second()).unwrap_or(0),
        flaw,
    })
}

/// What a license table grants.
fn terms(table: &Spanned<LicenseTable>, findings: &mut Findings) -> Option<Terms> {
    let license = table.get_ref();
    let known: Vec<&str> = LicenseKind::ALL.iter().map(|kind| kind.keyword()).collect();
    let kind = match license.kind.as_ref() {
        None => Some(LicenseKind::Permanent),
        Some(word) => {
            let found = LicenseKind::ALL
                .into_iter()
                .find(|kind| kind.keyword() == word.get_ref() && !kind.is_image_only());
            if found.is_none() {
                let help = match closest(word.get_ref(), known.iter().copied()) {
                    Some(like) => format!("did you mean \"{like}\"?"),
                    None => format!("known are {}", known[..7].join(", ")),
                };
                let message = format!("`{}` licenses are not installed", word.get_ref());
                findings.add(word.span(), message, help);
            }
            found
        }
    }?;
    let hours = license.period.as_ref().map(|period| {
        let seconds = period.get_ref().0.as_secs();
        u32::try_from(seconds / HOUR_S).unwrap_or(u32::MAX)
    });
    if kind.is_metered() != hours.is_some() {
        findings.add(
            table.span(),
            match kind.is_metered() {
                true => format!("a license of kind {} is for a time of use", kind.keyword()),
                false => format!("a license of kind {} has no time of use", kind.keyword()),
            },
            "write period = \"60d\" for evaluation, extension and grace-period licenses, and for no others",
        );
        return None;
    }
    let mut day = |text: &Option<Spanned<String>>| {
        let text = text.as_ref()?;
        let day = text.get_ref().parse::<jiff::civil::Date>().ok();
        if day.is_none() {
            findings.add(
                text.span(),
                format!("`{}` is no date", text.get_ref()),
                "write, say, \"2026-12-31\"",
            );
        }
        day
    };
    let (start, end) = (day(&license.start), day(&license.end));
    if kind.is_subscription() != end.is_some() {
        findings.add(
            table.span(),
            "a subscription, and nothing else, has an `end`",
            "write kind = \"paid-subscription\" with end = \"2026-12-31\", or neither",
        );
        return None;
    }
    Some(Terms {
        addition: match license.additive.unwrap_or(kind != LicenseKind::Permanent) {
            true => Addition::Additive,
            false => Addition::Exclusive,
        },
        count: license.count.as_ref().map(|count| *count.get_ref()),
        kind,
        hours,
        start,
        end,
        ..Terms::permanent(license.feature.get_ref())
    })
}
