//! The URL of a destination profile, taken apart.

use super::failure::Failure;
use crate::scenario::split_authority;

/// An http or https URL as a device has it configured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct DeviceUrl<'a> {
    pub(super) secured: bool,
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Path and query, with the slash; `/` when there is none.
    pub(super) path: &'a str,
}

impl<'a> DeviceUrl<'a> {
    /// Takes `text` apart. Fragments are left out; user names are refused.
    pub(super) fn parse(text: &'a str) -> Result<Self, Failure> {
        Self::split(text)
            .ok_or_else(|| Failure::protocol(&format!("`{text}` is not an http or https URL")))
    }

    fn split(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let secured = scheme.eq_ignore_ascii_case("https");
        if !secured && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = split_authority(authority)?;
        let path = if path.is_empty() { "/" } else { path };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        // A path that begins with a query needs a slash that the device's text does not have.
        let well_formed = !host.is_empty() && host.bytes().all(is_host) && path.starts_with('/');
        well_formed.then_some(Self {
            secured,
            host,
            port: port.unwrap_or_else(|| default_port(secured)),
            path,
        })
    }
}

/// The port of https or of http.
pub(super) fn default_port(secured: bool) -> u16 {
    if secured { 443 } else { 80 }
}

/// Host and port as a URL has them: addresses of IPv6 in brackets, the port unless it is `implied`.
pub(super) fn authority(host: &str, port: u16, implied: Option<u16>) -> String {
    let (open, close) = if host.contains(':') {
        ("[", "]")
    } else {
        ("", "")
    };
    if implied == Some(port) {
        format!("{open}{host}{close}")
    } else {
        format!("{open}{host}{close}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let url = DeviceUrl::parse("HTTPS://tools.example.com/its/x?y=1#z").unwrap();
        assert_eq!(
            (url.secured, url.host, url.port),
            (true, "tools.example.com", 443)
        );
        assert_eq!(url.path, "/its/x?y=1");
        let url = DeviceUrl::parse("http://[::1]:8080").unwrap();
        assert_eq!(
            (url.secured, url.host, url.port, url.path),
            (false, "::1", 8080, "/")
        );
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "tools.example.com",
            "ftp://x/",
            "http://",
            "http:///x",
            "http://x:99999/",
            "http://user@x/",
            "http://a b/",
            "http://x?y",
        ] {
            assert!(DeviceUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn implied_ports_are_left_out() {
        assert_eq!(authority("x", 443, Some(443)), "x");
        assert_eq!(authority("x", 444, Some(443)), "x:444");
        assert_eq!(authority("::1", 443, None), "[::1]:443");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "(https?://)?\\PC{0,40}") {
            let _ = DeviceUrl::parse(&text);
        }
    }
}
