//! File servers that really exist: what the names in the URLs of files stand for.

use emulator::device::files::Protocol;

use super::targets::{Endpoint, split_authority};

/// A file server that really exists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileServer {
    /// What devices call it, in lower case.
    pub host: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Whether it is spoken to by TLS.
    pub secured: bool,
    /// Where it is.
    pub endpoint: Endpoint,
}

/// Why a target is no file server.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum FileServerError {
    /// Not of a known form.
    #[error(
        "`{0}` is not a file server; write, say, tftp://127.0.0.1:6969 or http://127.0.0.1:8080"
    )]
    Form(String),
    /// A scheme that nobody speaks here.
    #[error("devices do not reach real file servers by `{0}`")]
    Scheme(String),
    /// Neither loopback nor private.
    #[error("`{0}` is neither a loopback nor a private address")]
    Public(String),
}

/// Reads where the server `host` is; `allowed` names hosts that are fine though they are public.
pub(super) fn parse(
    host: &str,
    target: &str,
    allowed: &[String],
) -> Result<FileServer, FileServerError> {
    let wrong = || FileServerError::Form(target.to_owned());
    let (scheme, rest) = target.split_once("://").ok_or_else(wrong)?;
    let (protocol, secured, default_port) = match scheme {
        "tftp" => (Protocol::Tftp, false, 69),
        "http" => (Protocol::Http, false, 80),
        "https" => (Protocol::Http, true, 443),
        _ => return Err(FileServerError::Scheme(scheme.to_owned())),
    };
    // The path is the device's.
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (name, port) = split_authority(authority)
        .filter(|(name, _)| !name.is_empty() && !name.contains(['/', '?', '#', '@']))
        .ok_or_else(wrong)?;
    let endpoint = Endpoint {
        host: name.to_owned(),
        port: port.unwrap_or(default_port),
    };
    if endpoint.port == 0 {
        return Err(wrong());
    }
    if !endpoint.is_safe() && !allowed.iter().any(|own| own == name) {
        return Err(FileServerError::Public(endpoint.host));
    }
    Ok(FileServer {
        host: host.to_ascii_lowercase(),
        protocol,
        secured,
        endpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_server_is_a_scheme_and_a_place() {
        let place = |text| {
            let own = parse("Files", text, &[])?;
            Ok((own.protocol, own.secured, own.endpoint.port))
        };
        assert_eq!(place("tftp://127.0.0.1"), Ok((Protocol::Tftp, false, 69)));
        assert_eq!(
            place("http://10.1.1.1:8080/"),
            Ok((Protocol::Http, false, 8080))
        );
        assert_eq!(place("https://[::1]"), Ok((Protocol::Http, true, 443)));
        assert_eq!(
            place("ftp://127.0.0.1"),
            Err(FileServerError::Scheme("ftp".into()))
        );
        let public = FileServerError::Public("files.example.com".into());
        assert_eq!(place("tftp://files.example.com"), Err(public));
        assert!(
            parse(
                "f",
                "tftp://files.example.com",
                &["files.example.com".into()]
            )
            .is_ok()
        );
        for text in [
            "127.0.0.1:69",
            "tftp://",
            "tftp://127.0.0.1/a",
            "tftp://127.0.0.1:0",
        ] {
            assert_eq!(
                place(text),
                Err(FileServerError::Form(text.into())),
                "{text}"
            );
        }
    }
}
