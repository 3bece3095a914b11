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
    ("crypto isakmp key ", WordAfter("key")),
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
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches('\n');
        let indent = body.len() - body.trim_start().len();
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

/// The range of `line` to hide.
fn hidden_from(line: &str, level: PrivacyLevel, hide_hostname: bool) -> Option<(usize, usize)> {
    if hide_hostname && line.starts_with("hostname ") {
        return Some(("hostname ".len(), line.len()));
    }
    if line.starts_with("mail-server ") {
        let at = line.rfind('@')?;
        return Some(("mail-server ".len(), at));
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
    fn addresses_go_at_the_high_level_and_the_host_name_on_request() {
        let text = scrubbed(SAMPLE, PrivacyLevel::High, true);
        assert!(text.contains("hostname <removed>\n") && text.contains(" ip address <removed>\n"));
    }
}
