//! Licenses of a scenario: what is granted, by whom, with which flaw, and which file servers hand it out.

use std::{collections::BTreeSet, sync::Arc};

use emulator::{
    FileServers, Platform, Served,
    license::{
        Issuer, KeyRing, LicenseKind, LicensingModel, Pak, Terms, TrustedKey,
        issue::{Delivery, Flaw},
        signature::TEST_KEY_ID,
    },
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::Findings;
use crate::{
    grant::{Grant, GrantKey},
    issuer_key,
    scenario::{
        Source,
        file::{FileTable, FleetTable, LicenseTable, LicensingTable},
        source::ReadError,
    },
};

/// What the devices of all fleets know of those who license them.
#[derive(Default)]
pub(super) struct Trust {
    ring: KeyRing,
    secret: [u8; 32],
}

/// What `licensing` says.
pub(super) fn trust(licensing: &LicensingTable, findings: &mut Findings) -> Trust {
    let mut trust = Trust::default();
    for trusted in &licensing.trusted_keys {
        let key = trusted.get_ref();
        match issuer_key::public_key(&key.public_key) {
            Some(public_key) => trust.ring.trust(TrustedKey {
                key_id: key.id,
                public_key,
                revoked: key.revoked,
            }),
            None => findings.add(
                trusted.span(),
                "`public-key` is no Ed25519 key",
                "write its 32 bytes as 64 hexadecimal digits; `fleet license key` prints them",
            ),
        }
    }
    if let Some(secret) = &licensing.secret {
        trust.secret = Sha256::digest(secret).into();
    }
    trust
}

/// What devices of `platform` have from the start, with what the fleet `table` adds.
pub(super) fn model(
    platform: &Platform,
    table: &FleetTable,
    trust: &Trust,
    findings: &mut Findings,
) -> LicensingModel {
    let mut model = LicensingModel {
        ring: trust.ring.clone(),
        secret: trust.secret,
        ..LicensingModel::of(platform.licensed.as_ref())
    };
    for license in &table.licenses {
        add_factory_license(&mut model, platform, license, findings);
    }
    if let Some(members) = &table.stack_members {
        model.members = *members.get_ref();
        if model.members > platform.stack_members_max {
            let (message, help) = match platform.stack_members_max {
                0 | 1 => (
                    format!("a {} does not stack", platform.pid),
                    "remove `stack-members`",
                ),
                most => (
                    format!("a stack of {} has at most {most} members", platform.pid),
                    "lower `stack-members`",
                ),
            };
            findings.add(members.span(), message, help);
        }
    }
    model
}

/// Lets devices of `model` have `license` from the start.
fn add_factory_license(
    model: &mut LicensingModel,
    platform: &Platform,
    license: &Spanned<LicenseTable>,
    findings: &mut Findings,
) {
    let Some(terms) = terms(license, findings) else {
        return;
    };
    let table = license.get_ref();
    let mut refuse = |message: String, help: &str| findings.add(license.span(), message, help);
    if platform.licensed.is_none() {
        refuse(
            format!("a {} has no license lines", platform.pid),
            "remove `licenses`, or choose a model with classic licensing",
        );
    }
    let is_plain = table.flaw.is_none() && table.issuer.is_none() && table.pak.is_none();
    if !is_plain || terms.kind != LicenseKind::Permanent {
        refuse(
            "devices leave the factory with plain, sound permanent licenses only".to_owned(),
            "install others by an event license-install",
        );
    }
    let mut own = model.factory.iter();
    if own.any(|own| own.feature == terms.feature) {
        refuse(
            format!(
                "the devices have a license for `{}` from the factory already",
                terms.feature
            ),
            "remove this one",
        );
    }
    model.factory.push(terms);
}

/// The file servers that devices reach without a network.
pub(super) fn servers(
    source: &Source,
    tables: &[FileTable],
    issued_at: Timestamp,
    findings: &mut Findings,
) -> FileServers {
    let mut servers = FileServers::default();
    let mut named = BTreeSet::new();
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
        if !named.insert((host.to_owned(), parsed.path().to_owned())) {
            findings.add(
                table.url.span(),
                format!("there are two files `{}` on {host}", parsed.path()),
                "remove one; the scheme makes no difference",
            );
        }
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

/// The licenses of `tables`, as one file for whoever asks. The first says who issues the file, what it
/// was ordered with, and what is wrong with it.
pub(super) fn delivery(
    tables: &[&Spanned<LicenseTable>],
    issued_at: Timestamp,
    findings: &mut Findings,
) -> Option<Delivery> {
    let (first, further) = tables.split_first()?;
    for license in further {
        let table = license.get_ref();
        if table.pak.is_some() || table.issuer.is_some() || table.flaw.is_some() {
            findings.add(
                license.span(),
                "`pak`, `issuer` and `flaw` are those of the whole file",
                "write them in its first license",
            );
        }
    }
    let first = first.get_ref();
    let flaw = first.flaw.as_ref().and_then(|word| flaw(word, findings));
    let pak = first.pak.as_ref().and_then(|text| pak(text, findings));
    let terms: Vec<Option<Terms>> = tables.iter().map(|table| terms(table, findings)).collect();
    Some(Delivery {
        issuer: Issuer::for_tests(first.issuer.unwrap_or(TEST_KEY_ID)),
        terms: terms.into_iter().collect::<Option<_>>()?,
        pak,
        issued_at_s: u64::try_from(issued_at.as_second()).unwrap_or(0),
        flaw,
    })
}

fn flaw(word: &Spanned<String>, findings: &mut Findings) -> Option<Flaw> {
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

fn pak(text: &Spanned<String>, findings: &mut Findings) -> Option<Pak> {
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

/// What a license table grants.
fn terms(license: &Spanned<LicenseTable>, findings: &mut Findings) -> Option<Terms> {
    let table = license.get_ref();
    let text = |value: &'_ Option<Spanned<String>>| value.as_ref().map(|own| own.get_ref().clone());
    let (kind, start, end) = (text(&table.kind), text(&table.start), text(&table.end));
    let grant = Grant {
        feature: table.feature.get_ref(),
        kind: kind.as_deref(),
        period: table.period.as_ref().map(|period| period.get_ref().0),
        count: table.count.as_ref().map(|count| *count.get_ref()),
        start: start.as_deref(),
        end: end.as_deref(),
        additive: table.additive,
    };
    let error = match grant.terms() {
        Ok(terms) => return Some(terms),
        Err(error) => error,
    };
    let span = match error.key {
        GrantKey::Feature => Some(table.feature.span()),
        GrantKey::Kind => table.kind.as_ref().map(Spanned::span),
        GrantKey::Period => table.period.as_ref().map(Spanned::span),
        GrantKey::Start => table.start.as_ref().map(Spanned::span),
        GrantKey::End => table.end.as_ref().map(Spanned::span),
        GrantKey::Whole => None,
    };
    findings.add(
        span.unwrap_or_else(|| license.span()),
        error.message,
        error.help,
    );
    None
}
