//! Parts of the configuration with a prompt of their own: what opens them, and what ends them though
//! nobody typed `exit`.

use crate::config::{Mode, matching::starts_with, words::Word};

/// A part that a command opens.
pub(in crate::cli) struct Opened {
    /// The command as the configuration prints it.
    pub(in crate::cli) header: String,
    /// The headers of parts that are opened with it.
    pub(in crate::cli) further: Vec<String>,
    pub(in crate::cli) mode: Mode,
    pub(in crate::cli) prompt: &'static str,
}

/// How a part is opened: its keywords, how many more words it takes at least, the mode, the prompt.
struct Opener {
    keywords: &'static [&'static str],
    words_min: usize,
    mode: Mode,
    prompt: &'static str,
}

const fn opener(
    keywords: &'static [&'static str],
    words_min: usize,
    mode: Mode,
    prompt: &'static str,
) -> Opener {
    Opener {
        keywords,
        words_min,
        mode,
        prompt,
    }
}

/// Longer openers stand before those that they begin like.
#[rustfmt::skip]
static OPENERS: &[Opener] = &[
    opener(&["interface"], 1, Mode::Interface, "config-if"),
    opener(&["line"], 1, Mode::Line, "config-line"),
    opener(&["redundancy"], 0, Mode::Redundancy, "config-red"),
    opener(&["crypto", "pki", "trustpoint"], 1, Mode::Trustpoint, "ca-trustpoint"),
    opener(&["crypto", "ca", "trustpoint"], 1, Mode::Trustpoint, "ca-trustpoint"),
    opener(&["crypto", "pki", "certificate", "chain"], 1, Mode::CertificateChain, "config-cert-chain"),
    opener(&["crypto", "pki", "certificate", "map"], 2, Mode::Section, "ca-certificate-map"),
    opener(&["crypto", "isakmp", "policy"], 1, Mode::Section, "config-isakmp"),
    opener(&["crypto", "ipsec", "transform-set"], 2, Mode::Section, "cfg-crypto-trans"),
    opener(&["crypto", "map"], 2, Mode::Section, "config-crypto-map"),
    opener(&["router"], 1, Mode::Section, "config-router"),
    opener(&["vrf", "definition"], 1, Mode::Section, "config-vrf"),
    opener(&["ip", "vrf"], 1, Mode::Section, "config-vrf"),
    opener(&["ip", "access-list", "standard"], 1, Mode::Section, "config-std-nacl"),
    opener(&["ip", "access-list", "extended"], 1, Mode::Section, "config-ext-nacl"),
    opener(&["ipv6", "access-list"], 1, Mode::Section, "config-ipv6-acl"),
    opener(&["ip", "dhcp", "pool"], 1, Mode::Section, "dhcp-config"),
    opener(&["ip", "sla"], 1, Mode::Section, "config-ip-sla"),
    opener(&["class-map"], 1, Mode::Section, "config-cmap"),
    opener(&["policy-map"], 1, Mode::Section, "config-pmap"),
    opener(&["route-map"], 1, Mode::Section, "config-route-map"),
    opener(&["archive"], 0, Mode::Section, "config-archive"),
    opener(&["aaa", "group", "server"], 2, Mode::Section, "config-sg"),
    opener(&["control-plane"], 0, Mode::Section, "config-cp"),
    opener(&["controller"], 2, Mode::Section, "config-controller"),
    opener(&["dial-peer", "voice"], 2, Mode::Section, "config-dial-peer"),
    opener(&["event", "manager", "applet"], 1, Mode::Section, "config-applet"),
    opener(&["flow", "exporter"], 1, Mode::Section, "config-flow-exporter"),
    opener(&["flow", "monitor"], 1, Mode::Section, "config-flow-monitor"),
    opener(&["flow", "record"], 1, Mode::Section, "config-flow-record"),
    opener(&["gatekeeper"], 0, Mode::Section, "config-gk"),
    opener(&["key", "chain"], 1, Mode::Section, "config-keychain"),
    opener(&["sip-ua"], 0, Mode::Section, "config-sip-ua"),
    opener(&["track"], 2, Mode::Section, "config-track"),
    opener(&["vlan"], 1, Mode::Section, "config-vlan"),
    opener(&["voice", "service"], 1, Mode::Section, "conf-voi-serv"),
    opener(&["voice-card"], 1, Mode::Section, "config-voicecard"),
];

/// The part that `line`, whose first keyword is in full, opens.
pub(in crate::cli) fn opened_by(line: &str) -> Option<Opened> {
    let words: Vec<_> = line.split_whitespace().collect();
    let opener = OPENERS.iter().find(|opener| {
        let keywords = opener.keywords.iter().zip(&words);
        words.len() >= opener.keywords.len() + opener.words_min
            && keywords
                .clone()
                .all(|(keyword, word)| starts_with(keyword, word))
    })?;
    let names = &words[opener.keywords.len()..];
    let name = match opener.mode {
        Mode::Interface => interface_name(names),
        Mode::Line => line_name(names),
        Mode::Exec
        | Mode::Global
        | Mode::CallHome
        | Mode::Profile
        | Mode::Snapshot
        | Mode::DiagnosticSignature
        | Mode::Trustpoint
        | Mode::CertificateChain
        | Mode::Redundancy
        | Mode::Section => names.join(" "),
    };
    let header = format!("{} {name}", opener.keywords.join(" "));
    Some(Opened {
        header: header.trim_end().to_owned(),
        further: Vec::new(),
        mode: opener.mode,
        prompt: opener.prompt,
    })
}

/// Kinds of interfaces, in the order in which abbreviations choose among them.
const INTERFACES: &[&str] = &[
    "GigabitEthernet",
    "FastEthernet",
    "TenGigabitEthernet",
    "FortyGigabitEthernet",
    "HundredGigE",
    "TwentyFiveGigE",
    "TwoGigabitEthernet",
    "Ethernet",
    "Embedded-Service-Engine",
    "Serial",
    "Loopback",
    "Tunnel",
    "Port-channel",
    "Vlan",
    "BDI",
    "BVI",
    "Dialer",
    "Multilink",
    "Null",
    "Async",
    "ATM",
    "Cellular",
    "Virtual-Template",
    "AppGigabitEthernet",
];

/// The interface that `words` name, as devices print it: `gi 0/1` is `GigabitEthernet0/1`.
pub(in crate::cli) fn interface_name(words: &[&str]) -> String {
    let joined = words.concat();
    let digits = joined.find(|character: char| character.is_ascii_digit());
    let (kind, number) = joined.split_at(digits.unwrap_or(joined.len()));
    let full = INTERFACES.iter().find(|full| starts_with(full, kind));
    format!("{}{number}", full.unwrap_or(&kind))
}

/// Most interfaces of one range.
const RANGE_MAX: usize = 512;

/// The part that `interface range` opens with `text` behind it, such as `gi0/1 - 3 , gi0/7`; `None`
/// where that is no range.
pub(in crate::cli) fn opened_by_range(text: &str) -> Option<Opened> {
    let mut headers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, ""));
        let words: Vec<_> = first.split_whitespace().collect();
        let first = interface_name(&words);
        // Only the last number differs; a name at the end is the same but for that.
        let number_at = |name: &str| {
            let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
            name.len() - digits
        };
        let (kind, number) = first.split_at(number_at(&first));
        let last = last.trim();
        let from: u32 = number.parse().ok()?;
        let to: u32 = if last.is_empty() {
            from
        } else {
            last[number_at(last)..].parse().ok()?
        };
        let known = INTERFACES.iter().any(|full| kind.starts_with(full));
        let room = RANGE_MAX.saturating_sub(headers.len());
        if !known || to < from || (to - from) as usize >= room {
            return None;
        }
        headers.extend((from..=to).map(|number| format!("interface {kind}{number}")));
    }
    let mut headers = headers.into_iter();
    Some(Opened {
        header: headers.next()?,
        further: headers.collect(),
        mode: Mode::Interface,
        prompt: "config-if-range",
    })
}

/// The lines that `words` name, as devices print them: `console 0` is `con 0`.
fn line_name(words: &[&str]) -> String {
    let kinds = [
        ("console", "con"),
        ("vty", "vty"),
        ("aux", "aux"),
        ("tty", "tty"),
    ];
    match words.split_first() {
        Some((first, rest)) => {
            let kind = kinds.iter().find(|(full, _)| starts_with(full, first));
            let kind = kind.map_or(*first, |(_, printed)| printed);
            format!("{kind} {}", rest.join(" "))
        }
        None => String::new(),
    }
}

/// First words of global commands that begin no line of any part.
const GLOBAL_ONLY: &[&str] = &[
    "aaa",
    "access-list",
    "alias",
    "banner",
    "boot",
    "call-home",
    "class-map",
    "control-plane",
    "controller",
    "dial-peer",
    "enable",
    "hostname",
    "interface",
    "license",
    "line",
    "policy-map",
    "redundancy",
    "route-map",
    "router",
    "service",
    "snmp-server",
    "username",
    "voice-card",
];
/// First words that begin global commands and lines of parts, with the second words of the former.
const GLOBAL_PAIRS: &[(&str, &[&str])] = &[
    ("clock", &["summer-time", "timezone"]),
    ("crypto", &["ca", "ikev2", "ipsec", "isakmp", "key", "pki"]),
    ("ip", GLOBAL_BEHIND_IP),
    ("ipv6", GLOBAL_BEHIND_IP),
    ("key", &["chain"]),
    ("logging", &["buffered", "console", "host", "trap"]),
    ("ntp", &["peer", "server", "source"]),
    ("spanning-tree", &["extend", "mode"]),
    ("vrf", &["definition"]),
];
const GLOBAL_BEHIND_IP: &[&str] = &[
    "access-list",
    "domain",
    "domain-name",
    "forward-protocol",
    "host",
    "http",
    "name-server",
    "prefix-list",
    "route",
    "scp",
    "ssh",
];

/// Whether the command `words`, typed in a part whose lines are kept, can only be a global one.
pub(in crate::cli) fn ends_section(words: &[Word<'_>]) -> bool {
    let is = |position: usize, wanted: &[&str]| {
        words.get(position).is_some_and(|word: &Word<'_>| {
            wanted.iter().any(|own| own.eq_ignore_ascii_case(word.text))
        })
    };
    let is_pair = |(first, second): &(&str, &[&str])| is(0, &[first]) && is(1, second);
    is(0, GLOBAL_ONLY) || GLOBAL_PAIRS.iter().any(is_pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_printed_in_full() {
        for (line, header) in [
            ("interface gi 0/1", "interface GigabitEthernet0/1"),
            (
                "interface te1/0/1.20",
                "interface TenGigabitEthernet1/0/1.20",
            ),
            ("line console 0", "line con 0"),
            ("line vty 0 4", "line vty 0 4"),
            ("crypto pk trust T1", "crypto pki trustpoint T1"),
            ("redundancy", "redundancy"),
        ] {
            assert_eq!(
                opened_by(line).map(|opened| opened.header).as_deref(),
                Some(header)
            );
        }
        let range = opened_by_range("gi 0/1 - 3 , te1/1").unwrap();
        assert_eq!(range.header, "interface GigabitEthernet0/1");
        assert_eq!(
            range.further,
            [
                "interface GigabitEthernet0/2",
                "interface GigabitEthernet0/3",
                "interface TenGigabitEthernet1/1"
            ]
        );
        for text in [
            "",
            "gi",
            "gi0/3 - 1",
            "gi0/1 - 4000000000",
            "x1",
            "gi0/1 -é",
        ] {
            assert!(opened_by_range(text).is_none(), "{text}");
        }
        assert!(opened_by("ip route 0.0.0.0 0.0.0.0 192.0.2.1").is_none());
    }
}
