//! `license install` and `license revoke`: licenses that come, and licenses that go to another
//! device. Source: reference licensing, section 2.3.

use std::sync::Arc;

use super::{
    FILE, LICENSE, ask_agreement, by_kind, file_url, introduced, licensed, tell_how_to_enable,
};
use crate::{
    cli::{
        call::{Call, Next, Typed},
        transfers,
    },
    config::grammar::{Row, Token::Word},
    device::files::FileUrl,
    license::{
        install::{InstallError, InstallOutcome, Installation},
        kind::LicenseKind,
        removal::Revocation,
    },
};

const HELP: &[(&str, &str)] = &[
    ("install", "Install license"),
    ("revoke", "Revoke licenses and make a rehost ticket"),
    (
        "WORD",
        "File: flash:, nvram:, usbflash0:, tftp:, ftp:, http: and others",
    ),
    ("license", "Configure license features"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[LICENSE, Word("install"), FILE], install_file, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("revoke"), FILE, FILE], revoke, "").with_help(HELP).on(licensed),
];

fn install_file(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let named = typed.text(0).unwrap_or_default().to_owned();
    let url = match file_url(call, &named) {
        Ok(url) => url,
        Err(next) => return next,
    };
    call.print(&format!("Installing licenses from \"{named}\""));
    transfers::load(call, url, |call, bytes| install(call, &bytes))
}

fn install(call: &mut Call<'_>, bytes: &[u8]) -> Next {
    let checked = call
        .device
        .read_licenses(call.now, |shelf| Installation::check(shelf, bytes));
    let Some(Ok(installation)) = checked else {
        return call.refuse("% Error: Invalid license file");
    };
    let open = installation.to_be_accepted().into_iter();
    let open: Vec<(String, LicenseKind)> = open
        .map(|(feature, kind)| (feature.to_owned(), kind))
        .collect();
    if open.is_empty() {
        return store(call, installation);
    }
    let udi = call.device.udis().into_iter().next();
    let udi = udi.map(|udi| udi.to_string()).unwrap_or_default();
    for (kind, features) in by_kind(&open) {
        let kind = introduced(kind);
        call.print(&format!(
            "{kind} licenses are being installed in the device with UDI \"{udi}\""
        ));
        call.print("for the following features:");
        for feature in features {
            call.print(&format!("Feature Name: {feature}"));
        }
    }
    let names: Vec<String> = open.iter().map(|(feature, _)| feature.clone()).collect();
    ask_agreement(call, &names, move |call, agreed| {
        if agreed {
            tell_how_to_enable(call, &open);
            return store(call, installation);
        }
        let refused = call
            .device
            .change_licenses(call.now, call.outputs, |licenses, _, _| {
                installation.refuse(licenses)
            });
        let lines = refused.map(|report| report.lines).unwrap_or_default();
        summary(call, &lines);
        Next::Refused
    })
}

fn store(call: &mut Call<'_>, installation: Installation) -> Next {
    let report = call
        .device
        .store_licenses(call.now, installation, call.outputs);
    let lines = report.map(|report| report.lines).unwrap_or_default();
    for (feature, outcome) in &lines {
        print_outcome(call, feature, *outcome);
    }
    summary(call, &lines);
    let failed = lines
        .iter()
        .any(|(_, outcome)| matches!(outcome, InstallOutcome::Failed(_)));
    match failed {
        true => Next::Refused,
        false => Next::Prompt,
    }
}

fn print_outcome(call: &mut Call<'_>, feature: &str, outcome: InstallOutcome) {
    let line = |end: &str| format!("Installing...Feature:{feature}...{end}");
    match outcome {
        InstallOutcome::Supported => call.print(&line("Successful:Supported")),
        InstallOutcome::NotSupported => call.print(&line("Successful:Not Supported")),
        InstallOutcome::Duplicate => call.print(&line("Skipped:Duplicate")),
        // The one failure that is known from devices is printed in a way of its own.
        InstallOutcome::Failed(error @ InstallError::StoreFull) => {
            call.print(&format!("Installing...Feature {feature}...Failed"));
            call.print(&format!("%Error: Error[{}]: {error}", error.code()));
        }
        InstallOutcome::Failed(error) => {
            call.print(&line("Failed:"));
            call.print(&format!("% Error: Error[{}]: {error}", error.code()));
        }
    }
}

fn summary(call: &mut Call<'_>, lines: &[(String, InstallOutcome)]) {
    let total = lines.len();
    let count = |wanted: fn(InstallOutcome) -> bool| {
        lines.iter().filter(|(_, outcome)| wanted(*outcome)).count()
    };
    let installed = count(|outcome| {
        matches!(
            outcome,
            InstallOutcome::Supported | InstallOutcome::NotSupported
        )
    });
    let existing = count(|outcome| outcome == InstallOutcome::Duplicate);
    let failed = count(|outcome| matches!(outcome, InstallOutcome::Failed(_)));
    call.print(&format!(
        "{installed}/{total} licenses were successfully installed\n\
         {existing}/{total} licenses were existing licenses\n\
         {failed}/{total} licenses were failed to install"
    ));
}

fn revoke(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let urls = [0, 1].map(|position| typed.text(position).unwrap_or_default().to_owned());
    let [permission, ticket] = &urls;
    let (permission, target) = match (file_url(call, permission), FileUrl::parse(ticket)) {
        (Ok(permission), Ok(target)) => (permission, target),
        (Err(next), _) => return next,
        (Ok(_), Err(error)) => return call.refuse(&error.to_string()),
    };
    transfers::load(call, permission, |call, bytes| {
        move_away(call, bytes, target)
    })
}

/// Applies the permission ticket `bytes`; the rehost ticket goes to `target`.
fn move_away(call: &mut Call<'_>, bytes: Arc<[u8]>, target: FileUrl) -> Next {
    let revocation = match check(call, &bytes) {
        Ok(revocation) => revocation,
        Err(next) => return next,
    };
    let going: Vec<(String, LicenseKind)> = revocation
        .going()
        .map(|(feature, kind)| (feature.to_owned(), kind))
        .collect();
    announce(call, &going, "revoked from");
    let grace = revocation.grace().to_vec();
    if grace.is_empty() {
        return apply(call, revocation, bytes, target);
    }
    announce(call, &grace, "installed in");
    let names: Vec<String> = grace.iter().map(|(feature, _)| feature.clone()).collect();
    ask_agreement(call, &names, move |call, agreed| {
        if !agreed {
            return Next::Refused;
        }
        tell_how_to_enable(call, &grace);
        // The licenses may have changed while the agreement was being read.
        match check(call, &bytes) {
            Ok(revocation) => apply(call, revocation, bytes, target),
            Err(next) => next,
        }
    })
}

/// Checks the permission ticket `bytes` against the licenses as they are.
fn check(call: &mut Call<'_>, bytes: &[u8]) -> Result<Revocation, Next> {
    let checked = call
        .device
        .change_licenses(call.now, call.outputs, |licenses, ground, _| {
            let revocation = Revocation::check(licenses, ground, bytes);
            let revocation = revocation.map_err(|error| error.to_string())?;
            match revocation.fits(licenses, ground) {
                true => Ok(revocation),
                false => {
                    let full = InstallError::StoreFull;
                    Err(format!("Error[{}]: {full}", full.code()))
                }
            }
        });
    match checked {
        Some(Ok(revocation)) => Ok(revocation),
        Some(Err(error)) => Err(call.refuse(&format!("% Error: {error}"))),
        None => Err(Next::Refused),
    }
}

fn announce(call: &mut Call<'_>, licenses: &[(String, LicenseKind)], what: &str) {
    for (kind, features) in by_kind(licenses) {
        let kind = introduced(kind);
        call.print(&format!(
            "Following {kind} license(s) will be {what} this device"
        ));
        for feature in features {
            call.print(&format!("Feature Name: {feature}"));
        }
    }
}

/// Writes the rehost ticket of the permission ticket `bytes` to `target`, and only then gives the licenses
/// up.
fn apply(call: &mut Call<'_>, revocation: Revocation, bytes: Arc<[u8]>, target: FileUrl) -> Next {
    let ticket = call
        .device
        .change_licenses(call.now, call.outputs, |licenses, ground, _| {
            revocation.rehost_ticket(licenses, ground)
        })
        .unwrap_or_default();
    let saved = format!("Rehost ticket saved ..... to {target}");
    transfers::write(call, target, ticket.clone().into(), move |call| {
        // The licenses may have changed while a server took the ticket.
        let revocation = match check(call, &bytes) {
            Ok(revocation) => revocation,
            Err(next) => return next,
        };
        call.device
            .change_licenses(call.now, call.outputs, |licenses, ground, log| {
                revocation.apply(licenses, ground, ticket, log)
            });
        call.print(&saved);
        Next::Prompt
    })
}
