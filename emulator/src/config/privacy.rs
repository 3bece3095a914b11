//! Data privacy: hiding secrets in the configurations that messages carry.
//!
//! Applies to the outputs of `show running-config all` and `show startup-config` only. Which lines
//! hold what follows the reference, section 3.14.

use super::PrivacyLevel;
use crate::text::push;

/// What stands in the place of hidden text.
const REMOVED: &str = "<removed>";

/// Where in a line the hidden part begins.
enum Hidden {
    /// The last word.
    LastWord,
    /// Everything behind this word and blank.
    Behind(&'static str),
    /// The word that follows this one.
    WordAfter(&'static str),
}

use Hidden::{Behind, LastWord, WordAfter};

/// Line beginnings (after indentation) and what of such lines is secret at every level.
const SECRETS: &[(&str, Hidden)] = &[
    ("enable secret ", Behind("secret")),
    ("enable password ", Behind("password")),
    ("password ", Behind("password")),
    ("snmp-server community ", WordAfter("community")),
    ("snmp-server host ", LastWord),
    ("tacacs-server key ", Behind("key")),
    ("radius-server key ", Behind("key")),
    ("key-string ", Behind("key-string")),
    ("key ", Behind("key")),
    ("crypto isakmp key ", Behind("key")),
    ("pre-shared-key ", Behind("pre-shared-key")),
    ("ppp chap password ", Behind("password")),
    ("ppp pap sent-username ", Behind("password")),
    ("ip ospf authentication-key ", Behind("authentication-key")),
    ("ip ospf message-digest-key ", Behind("md5")),
    ("ntp authentication-key ", Behind("md5")),
    ("wpa-psk ", LastWord),
];
/// Line beginnings whose secret stands behind a later word.
const SECRETS_INSIDE: &[(&str, &[&str])] = &[
    ("username ", &[" password ", " secret "]),
    ("neighbor ", &[" password "]),
    ("standby ", &[" authentication "]),
    ("snmp-server user ", &[" auth ", " priv "]),
    ("radius-server host ", &[" key "]),
    ("tacacs-server host ", &[" key "]),
];
/// Lines that the high level hides too.
const NAMES_AND_ADDRESSES: &[(&str, Hidden)] = &[
    ("ip domain name ", Behind("name")),
    ("ip domain-name ", Behind("domain-name")),
    ("ip domain list ", Behind("list")),
    ("ip address ", Behind("address")),
    ("ipv6 address ", Behind("address")),
];

/// Replaces, in the configuration text that begins at `from` in `out`, what `level` and
/// `hide_hostname` hide.
pub fn scrub(out: &mut Vec<u8>, from: usize, level: PrivacyLevel, hide_hostname: bool) {
    let text = String::from_utf8_lossy(&out[from.min(out.len())..]).into_owned();
    out.truncate(from);
    let mut certificate = Certificate::Outside;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches('\n');
        let indent = body.len() - body.trim_start().len();
        certificate = certificate.next(&body[indent..]);
        match certificate {
            Certificate::Outside | Certificate::Head => {}
            Certificate::FirstLine => {
                push(out, &body[..indent]);
                push(out, REMOVED);
                push(out, &line[body.len()..]);
                continue;
            }
            Certificate::FurtherLine => continue,
        }
        match hidden_from(&body[indent..], level, hide_hostname) {
            Some((start, end)) => {
                push(out, &body[..indent + start]);
                push(out, REMOVED);
                push(out, &body[indent + end..]);
            }
            None => push(out, body),
        }
        push(out, &line[body.len()..]);
    }
}

/// Where a line stands in the hexadecimal block of a certificate, which is hidden as a whole.
#[derive(Clone, Copy)]
enum Certificate {
    Outside,
    Head,
    FirstLine,
    FurtherLine,
}

impl Certificate {
    /// The place of `line`, the one before it being at `self`.
    fn next(self, line: &str) -> Self {
        let is_hex = !line.is_empty()
            && line
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b' ');
        match self {
            _ if line.starts_with("certificate ") => Self::Head,
            Self::Head if is_hex => Self::FirstLine,
            Self::FirstLine | Self::FurtherLine if is_hex => Self::FurtherLine,
            Self::Outside | Self::Head | Self::FirstLine | Self::FurtherLine => Self::Outside,
        }
    }
}

/// Whether `line` names a key rather than holding one: `key chain NAME`, `key 1`.
fn names_a_key(line: &str) -> bool {
    line.strip_prefix("key ").is_some_and(|rest| {
        rest.starts_with("chain ") || rest.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The range of `line` to hide.
fn hidden_from(line: &str, level: PrivacyLevel, hide_hostname: bool) -> Option<(usize, usize)> {
    if hide_hostname && line.starts_with("hostname ") {
        return Some(("hostname ".len(), line.len()));
    }
    if line.starts_with("mail-server ") {
        let at = line.rfind('@')?;
        return Some(("mail-server ".len(), at));
    }
    if names_a_key(line) {
        return None;
    }
    for (start, inside) in SECRETS_INSIDE {
        if line.starts_with(start) {
            let found = inside
                .iter()
                .filter_map(|word| Some(line.find(word)? + word.len()))
                .min();
            return found.map(|at| (at, line.len()));
        }
    }
    let high = (level == PrivacyLevel::High).then_some(NAMES_AND_ADDRESSES);
    SECRETS
        .iter()
        .chain(high.into_iter().flatten())
        .find(|(start, _)| line.starts_with(start))
        .and_then(|(_, hidden)| hidden.range(line))
}

impl Hidden {
    fn range(&self, line: &str) -> Option<(usize, usize)> {
        let behind = |word: &str| {
            let at = line.find(&format!("{word} "))? + word.len() + 1;
            Some(at)
        };
        match self {
            Self::LastWord => Some((line.trim_end().rfind(' ')? + 1, line.len())),
            Self::Behind(word) => Some((behind(word)?, line.len())),
            Self::WordAfter(word) => {
                let start = behind(word)?;
                let length = line[start..].find(' ').unwrap_or(line.len() - start);
                Some((start, start + length))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str, level: PrivacyLevel, hide_hostname: bool) -> String {
        let mut out = text.as_bytes().to_vec();
        scrub(&mut out, 0, level, hide_hostname);
        String::from_utf8(out).unwrap()
    }

    const SAMPLE: &str = "hostname edge\nusername admin privilege 15 secret 5 $1$abc\n ip address 10.0.0.1 255.255.255.0\nsnmp-server community public RO\n mail-server me:pw@smtp priority 1\nline vty 0 4\n password 7 0822455D0A16\n";

    #[test]
    fn secrets_are_hidden_at_every_level() {
        let text = scrubbed(SAMPLE, PrivacyLevel::Normal, false);
        for secret in ["$1$abc", "public", "me:pw", "0822455D0A16"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("hostname edge\n") && text.contains("10.0.0.1"));
        assert!(text.contains("snmp-server community <removed> RO\n"));
        assert!(text.contains(" mail-server <removed>@smtp priority 1\n"));
        assert_eq!(text.lines().count(), SAMPLE.lines().count());
    }

    #[test]
    fn keys_and_certificates_are_hidden_but_not_their_names() {
        let text = scrubbed(
            "key chain EIGRP\n key 1\n  key-string s3cret1\nradius server ONE\n key 7 s3cret2\n\
             tacacs-server host 192.0.2.1 key s3cret3\ncrypto isakmp key 6 s3cret4 address 192.0.2.9\n\
             standby 1 authentication s3cret5\ncrypto pki certificate chain CA\n certificate ca 01\n  \
             30820229 30820192\n  A0030201 02020101\n  \tquit\nend\n",
            PrivacyLevel::Normal,
            false,
        );
        assert!(!text.contains("s3cret"), "{text}");
        for kept in [
            "key chain EIGRP\n",
            " key 1\n",
            " certificate ca 01\n  <removed>\n  \tquit\nend\n",
        ] {
            assert!(text.contains(kept), "{kept:?} in {text}");
        }
    }

    #[test]
    fn addresses_go_at_the_high_level_and_the_host_name_on_request() {
        let text = scrubbed(SAMPLE, PrivacyLevel::High, true);
        assert!(text.contains("hostname <removed>\n") && text.contains(" ip address <removed>\n"));
    }
}
