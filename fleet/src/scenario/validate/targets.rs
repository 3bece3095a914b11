//! Targets: what they are, whether devices can use them, and who vouches for them.

use std::collections::BTreeMap;

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use toml::Spanned;

use super::Findings;
use crate::scenario::{
    Fleet, Overrides, Scheme, Source, TargetChoice, Targets,
    file::ScenarioFile,
    targets::{self, Purpose, TargetError, TargetPlaces},
};

pub(super) fn targets(
    file: &ScenarioFile,
    overrides: &Overrides,
    findings: &mut Findings,
) -> Option<Targets> {
    let allowed = &overrides.allowed_targets;
    let mut read = |value: &Spanned<String>, purpose| {
        targets::parse(value.get_ref(), purpose, allowed)
            .map_err(|error| {
                let help = match &error {
                    TargetError::Public(host) => {
                        format!("if you may load it, say --allow-target {host}")
                    }
                    TargetError::Form(_) | TargetError::Scheme(..) => String::new(),
                };
                findings.add(value.span(), error.to_string(), help);
            })
            .ok()
    };
    let smtp = read(&file.targets.smtp, Purpose::Smtp);
    let https = read(&file.targets.https, Purpose::Https);
    let mut hosts: BTreeMap<String, TargetChoice> = BTreeMap::new();
    let mut twice = Vec::new();
    for (name, target) in &file.hosts {
        if let Some(choice) = read(target, Purpose::Either)
            && hosts.insert(name.to_ascii_lowercase(), choice).is_some()
        {
            twice.push((name, target.span()));
        }
    }
    for (name, span) in twice {
        findings.add(
            span,
            format!("`{name}` is listed twice: case does not matter in host names"),
            "remove one of the lines",
        );
    }
    Some(Targets {
        smtp: smtp?,
        https: https?,
        hosts,
        places: TargetPlaces {
            smtp: file.targets.smtp.span(),
            https: file.targets.https.span(),
            hosts: file
                .hosts
                .iter()
                .map(|(name, target)| (name.to_ascii_lowercase(), target.span()))
                .collect(),
        },
    })
}

/// Finds names that devices use for mail but `[hosts]` maps to a receiver of requests, and the
/// other way round. Names that differ from device to device are not looked into.
pub(super) fn check_transports(
    file: &ScenarioFile,
    targets: &Targets,
    fleets: &[Fleet],
    findings: &mut Findings,
) {
    for (name, target) in &file.hosts {
        let Some(TargetChoice::Server {
            scheme: Some(scheme),
            ..
        }) = targets.hosts.get(&name.to_ascii_lowercase())
        else {
            continue;
        };
        let (role, help) = match scheme {
            Scheme::Http | Scheme::Https => ("mail server", "write HOST:PORT or smtp://HOST:PORT"),
            Scheme::Smtp | Scheme::Smtps => ("receiver", "write HOST:PORT or https://HOST:PORT"),
        };
        let is_listed =
            |host: Option<String>| host.is_some_and(|host| host.eq_ignore_ascii_case(name));
        let user = fleets.iter().find(|fleet| match scheme {
            Scheme::Http | Scheme::Https => fleet.mail_servers().any(is_listed),
            Scheme::Smtp | Scheme::Smtps => fleet.receivers().any(is_listed),
        });
        if let Some(fleet) = user {
            findings.add(
                target.span(),
                format!(
                    "`{name}` is a {role} of fleet `{}`, but {} is not how one speaks to it",
                    fleet.name,
                    target.get_ref()
                ),
                help,
            );
        }
    }
}

/// Looks into the file of authorities, which nobody reads when certificates are not verified.
pub(super) fn check_authorities(source: &Source, file: &ScenarioFile, findings: &mut Findings) {
    let Some(path) = file.targets.ca.as_ref().filter(|_| !file.targets.insecure) else {
        return;
    };
    let shown = source.resolve(path.get_ref()).display().to_string();
    let wrong = match source.read_related_bytes(path.get_ref()) {
        Err(error) => Some(format!("cannot read {shown}: {error}")),
        Ok(pem) => wrong_authorities(&pem).map(|what| format!("{shown} {what}")),
    };
    if let Some(wrong) = wrong {
        findings.add(
            path.span(),
            wrong,
            "name a file with certificates of authorities in PEM form",
        );
    }
}

/// What is wrong with a file of authorities.
fn wrong_authorities(pem: &[u8]) -> Option<&'static str> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let Ok(certificate) = certificate else {
            return Some("is not well-formed PEM");
        };
        if roots.add(certificate).is_err() {
            return Some("holds a certificate that cannot be an authority's");
        }
    }
    roots.is_empty().then_some("holds no certificate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_usable_certificates_are_told_apart() {
        let begin = "-----BEGIN CERTIFICATE-----\n";
        let end = "-----END CERTIFICATE-----\n";
        for (text, part) in [
            (String::new(), "holds no certificate"),
            ("hello".to_owned(), "holds no certificate"),
            (format!("{begin}AAAA\n"), "well-formed"),
            (format!("{begin}AAAA\n{end}"), "cannot be an authority's"),
        ] {
            let found = wrong_authorities(text.as_bytes()).unwrap_or_default();
            assert!(found.contains(part), "{text}: {found}");
        }
    }
}
