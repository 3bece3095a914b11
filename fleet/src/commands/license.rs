//! `fleet license`: what licensing portals and license managers make, without either.

mod issue;
mod pak;
mod show;
mod ticket;

use std::{fs, path::Path};

use anyhow::Context;
use emulator::license::{Issuer, Terms, signature::TEST_KEY_ID};

use super::{print, print_findings};
use crate::{
    arguments::license::{
        IssuerArguments, KeyArguments, LicenseCommand, OWN_KEY_ID, TermsArguments,
    },
    diagnostic::Diagnostic,
    exit::Exit,
    grant::Grant,
    issuer_key::{self, IssuerKeyError},
    report::Style,
};

/// Runs the command.
///
/// # Errors
/// When a file cannot be written.
pub fn execute(command: &LicenseCommand) -> anyhow::Result<Exit> {
    match command {
        LicenseCommand::Issue(arguments) => issue::execute(arguments),
        LicenseCommand::Ticket(arguments) => ticket::execute(arguments),
        LicenseCommand::Pak(arguments) => Ok(pak::execute(arguments)),
        LicenseCommand::Key(arguments) => make_key(arguments),
        LicenseCommand::Show(arguments) => Ok(show::execute(arguments)),
    }
}

/// Says what is wrong, and what to do.
fn complain_of(message: impl Into<String>, help: impl Into<String>) {
    let finding = Diagnostic {
        file: String::new(),
        text: "".into(),
        span: 0..0,
        message: message.into(),
        label: String::new(),
        help: help.into(),
        fatal: true,
    };
    print_findings(&[finding], Style::detect(false, false, false).color_errors);
}

/// What `arguments` grant for `feature`; `None` when they make no sense, which has been said.
fn terms(arguments: &TermsArguments, feature: &str) -> Option<Terms> {
    let grant = Grant {
        feature,
        kind: Some(&arguments.kind),
        period: arguments.period.map(|period| period.0),
        count: arguments.count,
        start: arguments.start.as_deref(),
        end: arguments.end.as_deref(),
        additive: arguments.additive.then_some(true),
    };
    let terms = grant.terms();
    terms
        .map_err(|error| complain_of(error.message, error.help))
        .ok()
}

/// Who signs; `None` when the key is not to be had, which has been said.
fn issuer(arguments: &IssuerArguments) -> Option<Issuer> {
    match &arguments.key {
        None => Some(Issuer::for_tests(arguments.issuer.unwrap_or(TEST_KEY_ID))),
        Some(path) => issuer_key::read(path, arguments.issuer.unwrap_or(OWN_KEY_ID))
            .map_err(|error| complain_of(error.to_string(), "`fleet license key FILE` makes one"))
            .ok(),
    }
}

fn make_key(arguments: &KeyArguments) -> anyhow::Result<Exit> {
    let issuer = match issuer_key::make(&arguments.file, arguments.issuer) {
        Ok(issuer) => issuer,
        Err(IssuerKeyError::File { path, source })
            if source.kind() == std::io::ErrorKind::AlreadyExists =>
        {
            complain_of(
                format!("{} is there already", path.display()),
                "keys are not overwritten: name another file, or remove it yourself",
            );
            return Ok(Exit::Usage);
        }
        Err(error) => return Err(error.into()),
    };
    let (id, key) = (arguments.issuer, issuer_key::digits(&issuer.public_key()));
    print(&format!(
        "[licensing]\ntrusted-keys = [{{ id = {id}, public-key = \"{key}\" }}]\n"
    ));
    Ok(Exit::Passed)
}

/// Writes `bytes` to the file `path`.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
