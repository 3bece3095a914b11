//! Where messages really go: what the names in device configurations stand for.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    ops::Range,
};

use emulator::Transport;

/// How a target is spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// SMTP, secured by STARTTLS where the device's configuration asks for it.
    Smtp,
    /// SMTP over TLS from the first byte.
    Smtps,
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
}

/// A server to send to.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Endpoint {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Endpoint {
    /// Whether traffic to it stays on this machine or in a private network.
    pub fn is_safe(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                address.is_loopback() || address.is_private() || address.is_link_local()
            }
            Ok(IpAddr::V6(address)) => {
                address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
            Err(_) => self.host == "localhost",
        }
    }
}

/// What a name or a transport stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TargetChoice {
    /// The sink within this process.
    Embedded,
    /// A server.
    Server {
        /// How it is spoken to; `None` follows the device's configuration.
        scheme: Option<Scheme>,
        /// Where it is.
        endpoint: Endpoint,
    },
}

/// All targets of a scenario.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Where mail goes unless its server is listed in `hosts`.
    pub smtp: TargetChoice,
    /// Where requests go unless their host is listed in `hosts`.
    pub https: TargetChoice,
    /// What names and addresses in device configurations stand for, in lower case.
    pub hosts: BTreeMap<String, TargetChoice>,
    /// Where they are written.
    pub places: TargetPlaces,
}

impl Targets {
    /// Whether something that devices send by `transport` may go to a sink of this process.
    pub fn embeds(&self, transport: Transport) -> bool {
        let default = match transport {
            Transport::Email => &self.smtp,
            Transport::Http => &self.https,
        };
        // A name in `[hosts]` may be a mail server as well as a receiver.
        let mut choices = self.hosts.values().chain([default]);
        choices.any(|choice| *choice == TargetChoice::Embedded)
    }
}

/// Where targets are written in the text of a scenario, in bytes; nothing for those that are not.
#[derive(Clone, Debug, Default)]
pub struct TargetPlaces {
    /// `targets.smtp`.
    pub smtp: Range<usize>,
    /// `targets.https`.
    pub https: Range<usize>,
    /// The targets of `[hosts]`, by name in lower case.
    pub hosts: BTreeMap<String, Range<usize>>,
}

/// Which addresses devices send from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SourceAddresses {
    /// Towards loopback targets each device has an address of its own in 127.0.0.0/8; elsewhere the
    /// system chooses.
    PerDevice,
    /// The system chooses.
    System,
    /// Devices take turns in a range of IPv4 addresses.
    Range {
        /// The first address.
        first: Ipv4Addr,
        /// How many there are.
        count: u32,
    },
}

impl SourceAddresses {
    /// The address that device number `device` sends from towards `target`; `None` for whatever
    /// the system chooses.
    pub fn of(self, device: u32, target: IpAddr) -> Option<IpAddr> {
        let IpAddr::V4(target) = target else {
            return None;
        };
        match self {
            Self::System => None,
            Self::PerDevice if !target.is_loopback() => None,
            // 127.1.0.0 on: 127.0.0.0/16 stays free for servers.
            Self::PerDevice => {
                let first = u32::from(Ipv4Addr::new(127, 1, 0, 0));
                Some(Ipv4Addr::from(first + device % 0x00FE_0000).into())
            }
            Self::Range { first, count } => {
                Some(Ipv4Addr::from(u32::from(first).wrapping_add(device % count.max(1))).into())
            }
        }
    }
}

/// Reads `none`, `per-device` or a range such as `127.8.0.0/16`.
pub(super) fn parse_sources(text: &str) -> Option<SourceAddresses> {
    match text {
        "none" => Some(SourceAddresses::System),
        "per-device" => Some(SourceAddresses::PerDevice),
        _ => {
            let (address, length) = text.split_once('/')?;
            let first: Ipv4Addr = address.parse().ok()?;
            let length: u32 = length
                .parse()
                .ok()
                .filter(|length| (8..=32).contains(length))?;
            let count = 1_u32 << (32 - length);
            (u32::from(first) % count == 0).then_some(SourceAddresses::Range { first, count })
        }
    }
}

/// Why a target is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum TargetError {
    /// Not of a known form.
    #[error(
        "`{0}` is not a target; write \"embedded\", HOST:PORT or a URL such as smtp://127.0.0.1:2525"
    )]
    Form(String),
    /// A scheme of the other transport.
    #[error("`{0}` is not a scheme for this transport; {1}")]
    Scheme(String, &'static str),
    /// Neither loopback nor private.
    #[error("`{0}` is neither a loopback nor a private address")]
    Public(String),
}

/// The transport that a target is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Smtp,
    Https,
    /// A name in `[hosts]`, which may be either.
    Either,
}

/// Reads a target; `allowed` names hosts that are fine though they are public.
pub(super) fn parse(
    text: &str,
    purpose: Purpose,
    allowed: &[String],
) -> Result<TargetChoice, TargetError> {
    if text == "embedded" {
        return Ok(TargetChoice::Embedded);
    }
    let wrong = || TargetError::Form(text.to_owned());
    let (scheme, rest) = match text.split_once("://") {
        None => (None, text),
        Some((name, rest)) => (Some(scheme(name, purpose)?), rest),
    };
    // Only scheme, host and port of a URL are the target's; the path is the device's.
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let default_port = match scheme {
        Some(Scheme::Smtp) => Some(25),
        Some(Scheme::Smtps) => Some(465),
        Some(Scheme::Http) => Some(80),
        Some(Scheme::Https) => Some(443),
        None => None,
    };
    let (host, port) = split_authority(authority).ok_or_else(wrong)?;
    let endpoint = Endpoint {
        host: host.to_owned(),
        port: port
            .or(default_port)
            .filter(|port| *port != 0)
            .ok_or_else(wrong)?,
    };
    if host.is_empty() {
        return Err(wrong());
    }
    if !endpoint.is_safe() && !allowed.iter().any(|name| name == host) {
        return Err(TargetError::Public(endpoint.host));
    }
    Ok(TargetChoice::Server { scheme, endpoint })
}

fn scheme(name: &str, purpose: Purpose) -> Result<Scheme, TargetError> {
    match (name, purpose) {
        ("smtp", Purpose::Smtp | Purpose::Either) => Ok(Scheme::Smtp),
        ("smtps", Purpose::Smtp | Purpose::Either) => Ok(Scheme::Smtps),
        ("http", Purpose::Https | Purpose::Either) => Ok(Scheme::Http),
        ("https", Purpose::Https | Purpose::Either) => Ok(Scheme::Https),
        (_, Purpose::Smtp) => Err(TargetError::Scheme(
            name.to_owned(),
            "write smtp:// or smtps://",
        )),
        (_, Purpose::Https | Purpose::Either) => Err(TargetError::Scheme(
            name.to_owned(),
            "write https:// or http://",
        )),
    }
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`; `None` for a port that is none.
pub(crate) fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None if after.is_empty() => Some((host, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        None => Some((authority, None)),
        Some((_, rest)) if rest.contains(':') => Some((authority, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str, purpose: Purpose) -> Option<(String, u16)> {
        match parse(text, purpose, &[]).ok()? {
            TargetChoice::Server { endpoint, .. } => Some((endpoint.host, endpoint.port)),
            TargetChoice::Embedded => None,
        }
    }

    #[test]
    fn targets_are_urls_or_host_and_port() {
        assert_eq!(
            server("127.0.0.1:2525", Purpose::Smtp),
            Some(("127.0.0.1".into(), 2525))
        );
        assert_eq!(
            server("smtp://localhost", Purpose::Smtp),
            Some(("localhost".into(), 25))
        );
        assert_eq!(
            server("https://[::1]:8443/x/y", Purpose::Https),
            Some(("::1".into(), 8443))
        );
        assert_eq!(
            server("10.1.2.3:1", Purpose::Either),
            Some(("10.1.2.3".into(), 1))
        );
    }

    #[test]
    fn nonsense_and_the_other_transport_are_refused() {
        for text in [
            "",
            "127.0.0.1",
            "127.0.0.1:x",
            "127.0.0.1:0",
            "http://127.0.0.1:1",
            "smtp://",
        ] {
            assert!(parse(text, Purpose::Smtp, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn devices_have_addresses_of_their_own_on_loopback_only() {
        let loopback = "127.0.0.1".parse().unwrap();
        let per_device = SourceAddresses::PerDevice;
        assert_eq!(
            per_device.of(258, loopback),
            Some("127.1.1.2".parse().unwrap())
        );
        assert_eq!(per_device.of(0, "10.0.0.1".parse().unwrap()), None);
        assert_eq!(per_device.of(0, "::1".parse().unwrap()), None);
        let range = parse_sources("127.8.0.0/30").unwrap();
        assert_eq!(range.of(5, loopback), Some("127.8.0.1".parse().unwrap()));
        assert!(parse_sources("127.8.0.1/30").is_none() && parse_sources("x/8").is_none());
    }

    #[test]
    fn public_hosts_need_leave() {
        let public = "smtp://mail.example.com:25";
        assert!(matches!(
            parse(public, Purpose::Smtp, &[]),
            Err(TargetError::Public(_))
        ));
        assert!(parse(public, Purpose::Smtp, &["mail.example.com".to_owned()]).is_ok());
        assert!(matches!(
            parse("8.8.8.8:25", Purpose::Smtp, &[]),
            Err(TargetError::Public(_))
        ));
    }
}
