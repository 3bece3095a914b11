//! Certificates of authorities, as trustpoints hold them: from what is pasted or configured to what
//! outputs show.
//!
//! Nothing is verified here: whom a device trusts is what it was told to. A certificate lives in the
//! running configuration, in hexadecimal below `crypto pki certificate chain`; this is only its
//! reading. Guide: Declare and Authenticate a CA Trustpoint.

use base64::{Engine as _, alphabet, engine};
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{DistributionPointName, GeneralName, ParsedExtension},
    prelude::FromDer as _,
    x509::X509Name,
};

/// Largest certificate that a device takes, in bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;
/// Bytes on one line of a certificate in a configuration.
const BYTES_PER_LINE: usize = 32;
/// Bytes of one group of hexadecimal digits.
const BYTES_PER_GROUP: usize = 4;

/// Attributes of names as devices abbreviate them, by object identifier.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.9.1", "e"),
    ("2.5.4.3", "cn"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "c"),
    ("2.5.4.7", "l"),
    ("2.5.4.8", "st"),
    ("2.5.4.10", "o"),
    ("2.5.4.11", "ou"),
    ("0.9.2342.19200300.100.1.25", "dc"),
];

/// The text is no certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a certificate")]
pub struct NotCertificate;

/// The certificate of an authority.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
    /// Serial number in capital hexadecimal digits.
    pub serial: String,
    /// The subject's attributes as `cn=name`, the narrowest first.
    pub subject: Vec<String>,
    /// The issuer's attributes.
    pub issuer: Vec<String>,
    /// The first instant at which it is valid.
    pub begin: Timestamp,
    /// The last one.
    pub end: Timestamp,
    /// Where lists of revoked certificates are.
    pub revocation_lists: Vec<String>,
}

impl Certificate {
    /// Reads `lines` of base 64, with the lines that enclose such a text in a file or without.
    ///
    /// # Errors
    /// When they are not base 64, longer than [`CERTIFICATE_BYTES_MAX`], or no X.509 certificate.
    pub fn from_base64(lines: &[String]) -> Result<Self, NotCertificate> {
        let body: String = lines
            .iter()
            .filter(|line| !line.starts_with("-----"))
            .flat_map(|line| line.split_whitespace())
            .collect();
        let indifferent = engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent);
        let engine = engine::GeneralPurpose::new(&alphabet::STANDARD, indifferent);
        let der = engine.decode(body).map_err(|_| NotCertificate)?;
        Self::from_der(der)
    }

    /// Reads `lines` of hexadecimal digits, up to the word `quit`.
    ///
    /// # Errors
    /// When they are not hexadecimal, longer than [`CERTIFICATE_BYTES_MAX`], or no X.509
    /// certificate.
    pub fn from_hexadecimal<'l>(
        lines: impl IntoIterator<Item = &'l str>,
    ) -> Result<Self, NotCertificate> {
        let mut digits = Vec::new();
        for line in lines {
            if line.trim() == QUIT {
                break;
            }
            for character in line.chars().filter(|character| !character.is_whitespace()) {
                let digit = character
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok());
                digits.push(digit.ok_or(NotCertificate)?);
            }
        }
        let (pairs, []) = digits.as_chunks::<2>() else {
            return Err(NotCertificate);
        };
        Self::from_der(pairs.iter().map(|[high, low]| high << 4 | low).collect())
    }

    fn from_der(der: Vec<u8>) -> Result<Self, NotCertificate> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(NotCertificate);
        }
        let (rest, read) = X509Certificate::from_der(&der).map_err(|_| NotCertificate)?;
        if !rest.is_empty() {
            return Err(NotCertificate);
        }
        let instant = |time: i64| Timestamp::from_second(time).map_err(|_| NotCertificate);
        let mut serial = hexadecimal(read.raw_serial());
        // The sign of the number is none of its digits.
        if serial.len() > 2 && serial.starts_with("00") {
            serial.drain(..2);
        }
        Ok(Self {
            serial,
            subject: name(read.subject()),
            issuer: name(read.issuer()),
            begin: instant(read.validity().not_before.timestamp())?,
            end: instant(read.validity().not_after.timestamp())?,
            revocation_lists: revocation_lists(&read),
            der,
        })
    }

    /// The certificate itself, as X.509 encodes it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The MD5 fingerprint, in groups of eight digits.
    pub fn md5(&self) -> String {
        grouped(&Md5::digest(&self.der))
    }

    /// The SHA1 fingerprint, in groups of eight digits.
    pub fn sha1(&self) -> String {
        grouped(&Sha1::digest(&self.der))
    }

    /// The lines that stand for it below the header of a certificate chain, without the
    /// indentation of that part.
    pub fn configuration(&self) -> Vec<String> {
        let mut lines = vec![format!("certificate ca {}", self.serial)];
        let body = self.der.chunks(BYTES_PER_LINE);
        lines.extend(body.map(|bytes| format!(" {}", grouped(bytes))));
        lines.push(format!(" \t{QUIT}"));
        lines
    }
}

/// What ends a certificate.
pub(crate) const QUIT: &str = "quit";

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn grouped(bytes: &[u8]) -> String {
    let groups: Vec<_> = bytes.chunks(BYTES_PER_GROUP).map(hexadecimal).collect();
    groups.join(" ")
}

/// The attributes of `name`. Encoded names begin with the country, devices end with it.
fn name(name: &X509Name<'_>) -> Vec<String> {
    let mut attributes: Vec<_> = name
        .iter_attributes()
        .map(|attribute| {
            let kind = attribute.attr_type().to_id_string();
            let known = ATTRIBUTES.iter().find(|(id, _)| *id == kind);
            let kind = known.map_or(kind.as_str(), |(_, short)| short);
            let value: String = attribute.as_str().unwrap_or_default().chars().collect();
            // What a certificate says must not draw on the terminal.
            let value = value.replace(char::is_control, " ");
            format!("{kind}={value}")
        })
        .collect();
    attributes.reverse();
    attributes
}

fn revocation_lists(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for extension in certificate.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
            continue;
        };
        for point in points.iter() {
            let Some(DistributionPointName::FullName(names)) = &point.distribution_point else {
                continue;
            };
            for name in names {
                if let GeneralName::URI(uri) = name {
                    found.push(uri.replace(char::is_control, " "));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500
    /// -subj "/C=US/O=Example/CN=Lab Root" -set_serial 0xF00D`.
    const PEM: &str = include_str!("../tests/support/lab-root.pem");

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_pasted_is_what_the_configuration_gives_back() {
        let pasted = Certificate::from_base64(&lines(PEM)).unwrap();
        assert_eq!(pasted.subject, ["cn=Lab Root", "o=Example", "c=US"]);
        assert_eq!(pasted.serial, "F00D");
        let printed = pasted.configuration();
        assert_eq!(printed[0], "certificate ca F00D");
        let body = printed[1..].iter().map(String::as_str);
        assert_eq!(Certificate::from_hexadecimal(body), Ok(pasted));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        for text in ["", "quit", "AAAA", "not base 64!"] {
            assert_eq!(Certificate::from_base64(&lines(text)), Err(NotCertificate));
        }
        let mut cut = lines(PEM);
        cut.remove(3);
        assert_eq!(Certificate::from_base64(&cut), Err(NotCertificate));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(at in 0_usize..400, to in any::<u8>()) {
            let mut der = Certificate::from_base64(&lines(PEM)).unwrap().der;
            let length = der.len();
            der[at % length] = to;
            if let Ok(read) = Certificate::from_der(der.clone()) {
                prop_assert_eq!(read.der(), &der);
            }
        }
    }
}
