//! Lines that Call Home does not interpret: where they stand, and how a terminal changes them one by
//! one.
//!
//! A device keeps such lines as they were entered. A command replaces the line that it can only have
//! once, `no` takes away what begins like it, and a header goes with the lines below it.

use super::{Configuration, Refusal, Verbatim, matching::Form};
use crate::{certificate::Certificate, template::Template};

/// Where a line that is kept verbatim belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Before the host name.
    BeforeHostname,
    /// Between the host name and the call-home block.
    BeforeCallHome,
    /// Behind the call-home block.
    AfterCallHome,
}

impl Place {
    /// The place of the global command `line`, as devices order their configuration.
    pub(crate) fn of(line: &str) -> Self {
        let command = line.strip_prefix("no ").unwrap_or(line);
        let first = command.split_whitespace().next().unwrap_or_default();
        match first {
            "version" | "service" | "platform" => Self::BeforeHostname,
            "boot-start-marker" | "boot-end-marker" | "boot" | "logging" | "enable" | "aaa"
            | "security" => Self::BeforeCallHome,
            _ => Self::AfterCallHome,
        }
    }
}

/// Most lines that a terminal can make a device keep.
pub(crate) const KEPT_LINES_MAX: usize = 4096;

/// Commands that a part of the configuration has once: a new one takes the place of the old.
const ONCE: &[&str] = &[
    "bandwidth",
    "crypto key",
    "delay",
    "description",
    "duplex",
    "enable password",
    "enable secret",
    "encapsulation",
    "enrollment",
    "exec-timeout",
    "history size",
    "ip address",
    "ip default-gateway",
    "ip domain retry",
    "ip domain timeout",
    "ip http max-connections",
    "ip http port",
    "length",
    "load-interval",
    "location",
    "logging console",
    "logging facility",
    "logging monitor",
    "logging queue-limit",
    "logging rate-limit",
    "logging source-interface",
    "logging synchronous",
    "logging trap",
    "login",
    "mode",
    "mtu",
    "ntp master",
    "ntp source",
    "password",
    "privilege level",
    "revocation-check",
    "service timestamps debug",
    "session-timeout",
    "snmp-server chassis-id",
    "snmp-server contact",
    "snmp-server location",
    "snmp-server packetsize",
    "snmp-server queue-length",
    "speed",
    "switchport mode",
    "transport input",
    "transport output",
    "transport preferred",
    "version",
    "width",
];

/// Commands that it has once for each name behind them.
const ONCE_EACH: &[&str] = &["ntp peer", "ntp server", "snmp-server community"];

/// Commands whose `no` form is printed, because they are in force without a line of their own.
const ON_BY_DEFAULT: &[&str] = &[
    "cdp enable",
    "cdp run",
    "exec",
    "ip domain lookup",
    "ip domain-lookup",
    "ip gratuitous-arps",
    "ip redirects",
    "ip route-cache",
    "ip routing",
    "ip source-route",
    "ip unreachables",
    "keepalive",
    "lldp run",
    "logging console",
    "logging monitor",
    "mop enabled",
];

/// Commands that are printed in either form.
const PRINTED_BOTH_WAYS: &[&str] = &[
    "aaa new-model",
    "exec-timeout",
    "ip address",
    "ip bootp server",
    "ip http secure-server",
    "ip http server",
    "ipv6 cef",
    "service pad",
];

/// What the header of a trustpoint begins with.
pub(crate) const TRUSTPOINT: &str = "crypto pki trustpoint ";
/// What the header of a trustpoint's certificates begins with.
pub(crate) const CHAIN: &str = "crypto pki certificate chain ";
/// What a certificate of an authority begins with, below such a header.
const AUTHORITY: &str = "certificate ca ";

/// Whether `line` is `command` or goes on behind it.
fn is_command(line: &str, command: &str) -> bool {
    let rest = line.strip_prefix(command);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// How the line begins that `line` takes the place of.
fn replaced_by(line: &str) -> Option<&str> {
    if line.ends_with(" secondary") {
        return None;
    }
    let named = ONCE_EACH.iter().find_map(|command| {
        let rest = line.strip_prefix(command)?.strip_prefix(' ')?;
        let name = rest.split(' ').next().filter(|name| *name != "vrf")?;
        line.get(..command.len() + 1 + name.len())
    });
    let mut once = ONCE.iter().copied();
    named.or_else(|| once.find(|command| is_command(line, command)))
}

impl Verbatim {
    /// The lines at `place`.
    pub(crate) fn at(&mut self, place: Place) -> &mut Vec<Template> {
        match place {
            Place::BeforeHostname => &mut self.before_hostname,
            Place::BeforeCallHome => &mut self.before_call_home,
            Place::AfterCallHome => &mut self.after_call_home,
        }
    }

    /// Whether another line can be kept.
    fn check_room(&self) -> Result<(), Refusal> {
        self.check_room_for(1)
    }

    /// Whether `more` lines can be kept.
    fn check_room_for(&self, more: usize) -> Result<(), Refusal> {
        let kept = [
            &self.before_hostname,
            &self.before_call_home,
            &self.after_call_home,
        ];
        let count: usize = kept.iter().map(|lines| lines.len()).sum();
        if count + more <= KEPT_LINES_MAX {
            Ok(())
        } else {
            Err(Refusal::TooMany(KEPT_LINES_MAX))
        }
    }

    /// Every line, as it was written.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.templates().map(Template::source)
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        self.before_hostname
            .iter()
            .chain(&self.before_call_home)
            .chain(&self.after_call_home)
    }

    /// The lines below `header`, without their indentation.
    pub(crate) fn section(&self, header: &str) -> Vec<String> {
        self.lines()
            .skip_while(|line| line != header)
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .map(|line| line.trim_start().to_owned())
            .collect()
    }

    /// What stands behind `prefix` in the lines that begin with it.
    pub(crate) fn named(&self, prefix: &str) -> impl Iterator<Item = String> {
        self.templates()
            .filter(move |line| line.starts_with(prefix))
            .filter_map(move |line| line.source().strip_prefix(prefix).map(str::to_owned))
    }

    /// The certificates of authorities, with the names of their trustpoints. What cannot be read is
    /// left out.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = (String, Certificate)> {
        let chains = self.named(CHAIN);
        chains.filter_map(|name| {
            let lines = self.section(&format!("{CHAIN}{name}"));
            let first = lines.iter().position(|line| line.starts_with(AUTHORITY))?;
            let body = lines[first + 1..].iter().map(String::as_str);
            Some((name, Certificate::from_hexadecimal(body).ok()?))
        })
    }

    /// The lines of the banner `kind`, without its delimiters.
    pub(crate) fn banner(&self, kind: &str) -> Option<Vec<String>> {
        let lines: Vec<_> = self.after_call_home.iter().map(Template::source).collect();
        let (start, length) = banner_place(&lines, kind)?;
        let mut text = lines[start..start + length].join("\n");
        let (_, opened) = text.split_once(BANNER_DELIMITER)?;
        text = opened.strip_suffix(BANNER_DELIMITER)?.to_owned();
        Some(text.split('\n').map(str::to_owned).collect())
    }

    /// Sets the banner `kind`; without lines there is none.
    pub(crate) fn set_banner(&mut self, kind: &str, text: &[String]) {
        let lines: Vec<_> = self.after_call_home.iter().map(Template::source).collect();
        let end = (lines.len(), 0);
        let (start, length) = banner_place(&lines, kind).unwrap_or(end);
        let mut printed = Vec::new();
        if !text.is_empty() {
            let text = text.join("\n");
            let whole = format!("banner {kind} {BANNER_DELIMITER}{text}{BANNER_DELIMITER}");
            printed.extend(whole.split('\n').map(Template::literal));
        }
        self.after_call_home.splice(start..start + length, printed);
    }
}

/// What banners begin and end with in a running configuration.
const BANNER_DELIMITER: &str = "^C";

/// Where the banner `kind` stands among `lines`, and how many lines it takes.
fn banner_place(lines: &[String], kind: &str) -> Option<(usize, usize)> {
    let opening = format!("banner {kind} {BANNER_DELIMITER}");
    let start = lines.iter().position(|line| line.starts_with(&opening))?;
    let ends = |(position, line): (usize, &String)| {
        let text = if position == 0 {
            &line[opening.len()..]
        } else {
            line
        };
        text.ends_with(BANNER_DELIMITER)
    };
    let length = 1 + lines[start..].iter().enumerate().position(ends)?;
    Some((start, length))
}

impl Configuration {
    /// Enters, or takes away, the line `line` below `header`; without a header, a global line.
    ///
    /// # Errors
    /// When the configuration holds [`KEPT_LINES_MAX`] lines already.
    pub(crate) fn keep(
        &mut self,
        header: Option<&str>,
        form: Form,
        line: &str,
    ) -> Result<(), Refusal> {
        self.verbatim.check_room()?;
        let place = Place::of(header.unwrap_or(line));
        let lines = self.verbatim.at(place);
        let (range, indentation) = match header {
            None => (0..lines.len(), ""),
            Some(header) => (below(lines, header), " "),
        };
        let mut part = Part {
            lines,
            range,
            indentation,
        };
        match form {
            Form::Set => part.set(line),
            Form::No => part.negate(line),
            Form::Default => {
                part.remove(line);
                part.remove(&format!("no {line}"));
            }
        }
        Ok(())
    }

    /// Opens the part of the configuration under `header`: a line of its own unless it is there.
    ///
    /// # Errors
    /// When the configuration holds [`KEPT_LINES_MAX`] lines already.
    pub(crate) fn open_section(&mut self, header: &str) -> Result<(), Refusal> {
        self.verbatim.check_room()?;
        let lines = self.verbatim.at(Place::of(header));
        below(lines, header);
        Ok(())
    }
}

impl Configuration {
    /// Puts `lines` in the place of all that stands below `header`; without lines, the header goes as
    /// well.
    ///
    /// # Errors
    /// When the configuration would hold more than [`KEPT_LINES_MAX`] lines.
    pub(crate) fn replace_section(
        &mut self,
        header: &str,
        lines: &[String],
    ) -> Result<(), Refusal> {
        if lines.is_empty() {
            return self.keep(None, Form::No, header);
        }
        self.verbatim.check_room_for(lines.len())?;
        let place = self.verbatim.at(Place::of(header));
        let range = below(place, header);
        let lines = lines
            .iter()
            .map(|line| Template::literal(&format!(" {line}")));
        place.splice(range, lines);
        Ok(())
    }
}

/// Where the lines below `header` stand; the header is added where it is missing.
fn below(lines: &mut Vec<Template>, header: &str) -> std::ops::Range<usize> {
    let found = lines.iter().position(|line| line.source() == header);
    let at = found.unwrap_or_else(|| {
        lines.push(Template::literal(header));
        lines.len() - 1
    });
    let rest = lines.iter().skip(at + 1);
    let count = rest
        .take_while(|line| line.source().starts_with(' '))
        .count();
    at + 1..at + 1 + count
}

/// The lines that a command can change.
struct Part<'c> {
    lines: &'c mut Vec<Template>,
    range: std::ops::Range<usize>,
    indentation: &'static str,
}

impl Part<'_> {
    /// The positions of the lines that `wanted` names by their text without indentation.
    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<usize> {
        self.range.clone().find(|position| {
            let line = self.lines[*position].source();
            let own = line.strip_prefix(self.indentation);
            own.is_some_and(|own| !own.starts_with(' ') && wanted(own))
        })
    }

    /// Takes away all lines that begin with `command`, and what is indented below them.
    fn remove(&mut self, command: &str) -> bool {
        let mut removed = false;
        while let Some(position) = self.find(|line| is_command(line, command)) {
            let deeper = format!("{} ", self.indentation);
            let rest = self.lines.iter().skip(position + 1);
            let children = rest
                .take_while(|line| line.source().starts_with(&deeper))
                .count();
            self.lines.drain(position..=position + children);
            self.range.end = self.range.end.saturating_sub(1 + children);
            removed = true;
        }
        removed
    }

    fn set(&mut self, line: &str) {
        self.remove(&format!("no {line}"));
        if ON_BY_DEFAULT.contains(&line) || self.find(|own| own == line).is_some() {
            return;
        }
        let text = Template::literal(&format!("{}{line}", self.indentation));
        let once = replaced_by(line);
        if let Some(command) = once {
            self.remove(&format!("no {command}"));
        }
        let old = once.and_then(|command| {
            self.find(|own| is_command(own, command) && !own.ends_with(" secondary"))
        });
        match old {
            Some(position) => self.lines[position] = text,
            None => {
                self.lines.insert(self.range.end, text);
                self.range.end += 1;
            }
        }
    }

    fn negate(&mut self, line: &str) {
        self.remove(line);
        let printed = ON_BY_DEFAULT.contains(&line) || PRINTED_BOTH_WAYS.contains(&line);
        if printed
            && self
                .find(|own| own.strip_prefix("no ") == Some(line))
                .is_none()
        {
            let text = Template::literal(&format!("{}no {line}", self.indentation));
            self.lines.insert(self.range.end, text);
            self.range.end += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(commands: &[(Option<&str>, Form, &str)]) -> Vec<String> {
        let mut configuration = Configuration::default();
        for (header, form, line) in commands {
            configuration.keep(*header, *form, line).unwrap();
        }
        configuration.verbatim.lines().collect()
    }

    #[test]
    fn lines_stand_below_their_header_once_each() {
        let gi = Some("interface GigabitEthernet0/1");
        let lines = after(&[
            (gi, Form::Set, "description up"),
            (None, Form::Set, "ip route 0.0.0.0 0.0.0.0 192.0.2.1"),
            (gi, Form::Set, "shutdown"),
            (gi, Form::Set, "description down"),
            (gi, Form::No, "shutdown"),
        ]);
        assert_eq!(
            lines,
            [
                "interface GigabitEthernet0/1",
                " description down",
                "ip route 0.0.0.0 0.0.0.0 192.0.2.1"
            ]
        );
    }

    #[test]
    fn what_is_on_by_default_prints_only_when_it_is_off() {
        let off = (None, Form::No, "logging console");
        assert_eq!(after(&[off, off]), ["no logging console"]);
        assert!(after(&[off, (None, Form::Set, "logging console")]).is_empty());
    }

    #[test]
    fn a_header_goes_with_what_is_below_it() {
        let vty = Some("line vty 0 4");
        let lines = after(&[
            (vty, Form::Set, "login local"),
            (None, Form::Set, "ntp server 192.0.2.1"),
            (None, Form::No, "line vty 0 4"),
        ]);
        assert_eq!(lines, ["ntp server 192.0.2.1"]);
    }
}
