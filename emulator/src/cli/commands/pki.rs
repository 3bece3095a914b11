//! Trustpoints: declaring an authority, authenticating it by its pasted certificate, and what shows
//! both. Guide: Declare and Authenticate a CA Trustpoint. Reference: Call Home, section 1.8.
//!
//! Certificates are lines of the running configuration, as on a device: they are saved, shown, pasted
//! back and removed with it.

use crate::{
    certificate::{Certificate, NotCertificate, QUIT},
    cli::{
        call::{Answer, Call, Dialogue, Next, Typed},
        commands::sections::opened_by,
        keeping::open,
    },
    config::{
        Configuration, Mode, Refusal,
        grammar::{
            Argument, Row,
            Token::{self, Argument as Value, Word},
        },
        matching::Form,
        verbatim::{CHAIN, TRUSTPOINT},
    },
};

/// Most lines of a certificate that is pasted.
const PASTED_LINES_MAX: usize = 1_000;

const NAME: Token = Value(Argument::Text { max: 64 });
const HELP: &[(&str, &str)] = &[
    ("WORD", "CA Server Name"),
    ("authenticate", "Get the CA certificate"),
    ("ca", "Certification authority"),
    ("certificate", "Actions on certificates"),
    ("certificates", "Show certificates"),
    ("chain", "Identify certificates"),
    ("crypto", "Encryption module"),
    ("pki", "Public Key components"),
    ("status", "Show trustpoint status"),
    ("trustpoint", "Define a CA trustpoint"),
    ("trustpoints", "Show trustpoints"),
];
const CHAIN_HELP: &[(&str, &str)] = &[
    ("WORD", "Certificate serial number (hexadecimal)"),
    ("ca", "Enter a CA certificate"),
    ("certificate", "Enter a certificate"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::configuration(Mode::Global, &[Word("crypto"), Word("pki"), Word("trustpoint"), NAME], trustpoint, "Encryption module").with_help(HELP),
    Row::configuration(Mode::Global, &[Word("crypto"), Word("ca"), Word("trustpoint"), NAME], trustpoint, "Encryption module").with_help(HELP),
    Row::configuration(Mode::Global, &[Word("crypto"), Word("pki"), Word("authenticate"), NAME], authenticate, "Encryption module").with_help(HELP),
    Row::configuration(Mode::Global, &[Word("crypto"), Word("ca"), Word("authenticate"), NAME], authenticate, "Encryption module").with_help(HELP),
    Row::configuration(Mode::Global, &[Word("crypto"), Word("pki"), Word("certificate"), Word("chain"), NAME], chain, "Encryption module").with_help(HELP),
    Row::configuration(Mode::Global, &[Word("crypto"), Word("ca"), Word("certificate"), Word("chain"), NAME], chain, "Encryption module").with_help(HELP),
    Row::configuration(Mode::CertificateChain, &[Word("certificate"), Word("ca"), NAME], certificate, "").with_help(CHAIN_HELP),
    Row::exec(1, &[Word("show"), Word("crypto"), Word("pki"), Word("trustpoints")], trustpoints, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("crypto"), Word("pki"), Word("trustpoints"), Word("status")], statuses, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("crypto"), Word("pki"), Word("trustpoints"), NAME], trustpoints, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("crypto"), Word("pki"), Word("certificates")], certificates, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("crypto"), Word("pki"), Word("certificates"), NAME], certificates, "").with_help(HELP),
];

/// The name that a command ends with.
fn name<'s>(typed: &Typed<'s>) -> Option<&'s str> {
    typed.text(0)
}

fn trustpoint(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let name = name(typed).unwrap_or_default();
    if typed.command.form == Form::Set {
        return enter(call, &format!("{TRUSTPOINT}{name}"));
    }
    if configured(call.device.configuration(), name).is_none() {
        return remove(call, name, true);
    }
    let name = name.to_owned();
    call.print(
        "% Removing an enrolled trustpoint will destroy all certificates\n \
         received from the related Certificate Authority.\n",
    );
    ask(
        "Are you sure you want to do this? [yes/no]: ",
        move |call, yes| {
            if yes {
                remove(call, &name, true)
            } else {
                Next::Prompt
            }
        },
    )
}

fn chain(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let name = name(typed).unwrap_or_default();
    if typed.command.form == Form::Set {
        return enter(call, &format!("{CHAIN}{name}"));
    }
    if configured(call.device.configuration(), name).is_none() {
        return Next::Prompt;
    }
    let name = name.to_owned();
    call.print(&format!(
        "This will remove all certificates for trustpoint {name}"
    ));
    ask(
        "Are you sure you want to do this? [yes/no]: ",
        move |call, yes| {
            if yes {
                remove(call, &name, false)
            } else {
                Next::Prompt
            }
        },
    )
}

/// Enters the part that `line` opens.
fn enter(call: &mut Call<'_>, line: &str) -> Next {
    let Some(opened) = opened_by(line) else {
        return Next::Refused;
    };
    match open(call, opened) {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
    }
}

/// Takes away the certificates of trustpoint `name`, and with `whole` the trustpoint.
fn remove(call: &mut Call<'_>, name: &str, whole: bool) -> Next {
    let removed = call.device.change_configuration(call.now, |configuration| {
        configuration.replace_section(&format!("{CHAIN}{name}"), &[])?;
        if whole {
            configuration.replace_section(&format!("{TRUSTPOINT}{name}"), &[])?;
        }
        Ok::<_, Refusal>(())
    });
    match removed {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
    }
}

/// Asks `question` until it is answered by yes or no.
fn ask(
    question: &'static str,
    then: impl FnOnce(&mut Call<'_>, bool) -> Next + Send + Sync + 'static,
) -> Next {
    Next::Ask(Dialogue::new(
        question,
        Answer::Line,
        move |call, answer| {
            let answer = answer.trim().to_ascii_lowercase();
            if !answer.is_empty() && "yes".starts_with(&answer) {
                then(call, true)
            } else if !answer.is_empty() && "no".starts_with(&answer) {
                then(call, false)
            } else {
                call.print("% Please answer 'yes' or 'no'.");
                ask(question, then)
            }
        },
    ))
}

fn authenticate(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let name = name(typed).unwrap_or_default();
    if typed.command.form != Form::Set {
        return call.refuse("% Incomplete command.\n");
    }
    let verbatim = &call.device.configuration().verbatim;
    let Some(name) = verbatim.named(TRUSTPOINT).find(|own| own == name) else {
        return call.refuse(&format!("% CA trustpoint for label {name} is not known"));
    };
    if configured(call.device.configuration(), &name).is_some() {
        return call.refuse(
            "% Please delete your existing CA certificate first.\n\
             % You must use 'no crypto pki trustpoint <trustpoint-name>' to get rid of the old one.",
        );
    }
    let settings = verbatim.section(&format!("{TRUSTPOINT}{name}"));
    let enrollment = settings
        .iter()
        .find_map(|line| line.strip_prefix("enrollment "));
    match enrollment.and_then(|text| text.split_whitespace().next()) {
        Some("terminal") => Pasting {
            name,
            lines: Vec::new(),
        }
        .ask(
            "Enter the base 64 encoded CA certificate.\n\
             End with a blank line or the word \"quit\" on a line by itself\n\n",
        ),
        // The network around a device is not emulated: no authority answers.
        Some(_) => call.refuse(
            "% Error in receiving Certificate Authority certificate: status = FAIL, cert length = 0",
        ),
        None => call.refuse("% Enrollment method is not configured"),
    }
}

/// A certificate that is being pasted.
struct Pasting {
    name: String,
    lines: Vec<String>,
}

impl Pasting {
    fn ask(self, question: &str) -> Next {
        let then = |call: &mut Call<'_>, answer: &str| self.line(call, answer);
        Next::Ask(Dialogue::new(question, Answer::Line, then))
    }

    fn line(mut self, call: &mut Call<'_>, line: &str) -> Next {
        let line = line.trim();
        if !line.is_empty() && line != QUIT {
            if self.lines.len() < PASTED_LINES_MAX {
                self.lines.push(line.to_owned());
            }
            return self.ask("");
        }
        match Certificate::from_base64(&self.lines) {
            Ok(certificate) => accept(call, self.name, certificate),
            Err(NotCertificate) => call.refuse("% Error in saving certificate: status = FAIL"),
        }
    }
}

/// Shows what was pasted and asks whether it is to be trusted.
fn accept(call: &mut Call<'_>, name: String, certificate: Certificate) -> Next {
    call.print(&format!(
        "Certificate has the following attributes:\n       \
         Fingerprint MD5: {}\n      \
         Fingerprint SHA1: {}\n",
        certificate.md5(),
        certificate.sha1(),
    ));
    ask(
        "% Do you accept this certificate? [yes/no]: ",
        move |call, yes| {
            if !yes {
                return call.refuse("% Certificate not accepted.");
            }
            match import(call, &name, &certificate) {
                Ok(()) => {
                    call.print(
                        "Trustpoint CA certificate accepted.\n% Certificate successfully imported\n",
                    );
                    Next::Prompt
                }
                Err(refusal) => call.refuse(&refusal.to_string()),
            }
        },
    )
}

fn import(call: &mut Call<'_>, name: &str, certificate: &Certificate) -> Result<(), Refusal> {
    call.device.change_configuration(call.now, |configuration| {
        configuration.replace_section(&format!("{CHAIN}{name}"), &certificate.configuration())
    })
}

/// Takes a certificate as configurations print it: hexadecimal digits up to `quit`.
fn certificate(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let position = call.terminal.position.as_ref();
    let section = position.and_then(|position| position.section.as_ref());
    let Some(name) = section.and_then(|section| section.header.strip_prefix(CHAIN)) else {
        return Next::Prompt;
    };
    let name = name.to_owned();
    if typed.command.form != Form::Set {
        return remove(call, &name, false);
    }
    call.print("Enter the certificate in hexadecimal representation....\n");
    Next::Ask(hexadecimal(name, Vec::new()))
}

fn hexadecimal(name: String, mut lines: Vec<String>) -> Dialogue {
    Dialogue::new("", Answer::Line, move |call, line| {
        if line.trim() != QUIT {
            if lines.len() < PASTED_LINES_MAX {
                lines.push(line.to_owned());
            }
            return Next::Ask(hexadecimal(name, lines));
        }
        let read = Certificate::from_hexadecimal(lines.iter().map(String::as_str));
        match read.map(|certificate| import(call, &name, &certificate)) {
            Ok(Ok(())) => Next::Prompt,
            Ok(Err(refusal)) => call.refuse(&refusal.to_string()),
            Err(NotCertificate) => call.refuse("% Error in saving certificate: status = FAIL"),
        }
    })
}

/// The certificate of trustpoint `name`, if it is authenticated.
fn configured(configuration: &Configuration, name: &str) -> Option<Certificate> {
    configuration
        .verbatim
        .certificates()
        .find_map(|(own, certificate)| (own == name).then_some(certificate))
}

/// The trustpoints that a command is about, with their certificates.
fn wanted(call: &Call<'_>, typed: &Typed<'_>) -> Vec<(String, Option<Certificate>)> {
    let configuration = call.device.configuration();
    let wanted = name(typed);
    let names = configuration.verbatim.named(TRUSTPOINT);
    names
        .filter(|own| wanted.is_none_or(|wanted| own == wanted))
        .map(|name| {
            let certificate = configured(configuration, &name);
            (name, certificate)
        })
        .collect()
}

fn trustpoints(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    for (name, certificate) in wanted(call, typed) {
        call.print(&format!("Trustpoint {name}:"));
        if let Some(certificate) = certificate {
            call.print("    Subject Name:");
            for attribute in &certificate.subject {
                call.print(&format!("    {attribute}"));
            }
            let serial = &certificate.serial;
            call.print(&format!(
                "          Serial Number (hex): {serial}\n    Certificate configured."
            ));
        }
        call.print("\n");
    }
    Next::Prompt
}

fn statuses(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    for (name, certificate) in wanted(call, typed) {
        call.print(&format!("Trustpoint {name}:"));
        let authenticated = if let Some(certificate) = &certificate {
            call.print(&format!(
                "  Issuing CA certificate configured:\n    \
                 Subject Name:\n     {}\n    \
                 Fingerprint MD5: {} \n    \
                 Fingerprint SHA1: {} ",
                certificate.subject.join(","),
                certificate.md5(),
                certificate.sha1(),
            ));
            "Yes"
        } else {
            "No"
        };
        call.print(&format!(
            "  State:\n    \
             Keys generated ............. No\n    \
             Issuing CA authenticated ....... {authenticated}\n    \
             Certificate request(s) ..... None\n"
        ));
    }
    Next::Prompt
}

fn certificates(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    for (name, certificate) in wanted(call, typed) {
        if let Some(certificate) = certificate {
            print_certificate(call, &name, &certificate);
        }
    }
    Next::Prompt
}

fn print_certificate(call: &mut Call<'_>, name: &str, certificate: &Certificate) {
    call.print(&format!(
        "CA Certificate\n  \
         Status: Available\n  \
         Certificate Serial Number (hex): {}\n  \
         Certificate Usage: Signature\n  \
         Issuer: ",
        certificate.serial
    ));
    for attribute in &certificate.issuer {
        call.print(&format!("    {attribute}"));
    }
    call.print("  Subject: ");
    for attribute in &certificate.subject {
        call.print(&format!("    {attribute}"));
    }
    if !certificate.revocation_lists.is_empty() {
        call.print("  CRL Distribution Points: ");
    }
    for place in &certificate.revocation_lists {
        call.print(&format!("    {place}"));
    }
    call.print("  Validity Date: ");
    for (edge, at) in [("start", certificate.begin), ("end  ", certificate.end)] {
        let view = call.device.view(call.now);
        let shown = view.shown(at);
        let zone = view.device.zone_name(at).to_owned();
        call.out
            .extend_from_slice(format!("    {edge} date: ").as_bytes());
        shown.push_certificate_stamp(call.out, &zone);
        call.out.push(b'\n');
    }
    call.print(&format!("  Associated Trustpoints: {name} \n"));
}
