//! Where a collector is.

use std::{fmt, str::FromStr};

use hyper::Uri;

use crate::scenario::{Endpoint, split_authority};

/// The port of OTLP over HTTP.
const PORT_DEFAULT: u16 = 4318;
/// Where metrics are taken.
const PATH: &str = "/v1/metrics";

/// The address of a collector, with the path of its metrics.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CollectorUrl {
    endpoint: Endpoint,
    /// Host and port as a URL has them.
    authority: String,
    path: String,
}

/// Why an address is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UrlError {
    /// Not of a known form.
    #[error("write a URL such as http://127.0.0.1:4318")]
    Form,
    /// What would take TLS.
    #[error("figures are pushed by http:// alone; a collector on this machine can pass them on")]
    Secured,
}

impl CollectorUrl {
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for CollectorUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Form)?;
        if scheme.eq_ignore_ascii_case("https") {
            return Err(UrlError::Secured);
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(UrlError::Form);
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = split_authority(authority).ok_or(UrlError::Form)?;
        let endpoint = Endpoint {
            host: host.to_owned(),
            port: port.unwrap_or(PORT_DEFAULT),
        };
        let path = path.trim_end_matches('/');
        let path = match path.ends_with(PATH) {
            true => path.to_owned(),
            false => format!("{path}{PATH}"),
        };
        let authority = match host.contains(':') {
            true => format!("[{host}]:{}", endpoint.port),
            false => format!("{host}:{}", endpoint.port),
        };
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        let sound = !host.is_empty()
            && host.bytes().all(known)
            && endpoint.port != 0
            && !path.contains(['?', '#'])
            && path.parse::<Uri>().is_ok();
        let url = Self {
            endpoint,
            authority,
            path,
        };
        sound.then_some(url).ok_or(UrlError::Form)
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "http://{}{}", self.authority, self.path)
    }
}
