//! The terminal that a session runs on: who sits there, how large it is, and where in the command
//! line the session stands.

use std::{net::IpAddr, sync::Arc};

use jiff::SignedDuration;

use super::editor::History;
use crate::{
    config::{Mode, apply::Position},
    device::Device,
    probe::ProbeId,
    transfer::TransferId,
};

/// Most characters of the host name in front of a configuration prompt.
const CONFIGURATION_HOST_CHARACTERS_MAX: usize = 20;
/// After how long without a key a session ends, unless its line says otherwise.
const EXEC_TIMEOUT_DEFAULT: SignedDuration = SignedDuration::from_mins(10);
/// The privilege level of whoever may do everything.
pub const PRIVILEGED: u8 = 15;
/// The highest privilege level of `>`.
pub(crate) const USER: u8 = 1;

/// The line that a session comes in on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line {
    /// The console.
    Console,
    /// A virtual terminal, from 0.
    Vty(u8),
}

impl Line {
    /// Its position among all lines of the device.
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Console => 0,
            // The auxiliary line is number 1.
            Self::Vty(vty) => 2 + u16::from(vty),
        }
    }

    /// Whether the configuration line `header` opens the part about this line.
    fn is_opened_by(self, header: &str) -> bool {
        let words: Vec<_> = header.split(' ').collect();
        match (self, words.as_slice()) {
            (Self::Console, ["line", "con", "0"]) => true,
            (Self::Vty(vty), ["line", "vty", first, last @ ..]) => {
                let number = |text: &str| text.parse::<u8>().ok();
                let last = last.first().unwrap_or(first);
                number(first).is_some_and(|first| first <= vty)
                    && number(last).is_some_and(|last| vty <= last)
            }
            (Self::Console | Self::Vty(_), _) => false,
        }
    }
}

/// How a session is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interaction {
    /// Keys come one by one and are echoed; long outputs are paged; lines end with CRLF.
    Terminal,
    /// Lines come whole and nothing is echoed or paged; lines end with `line_end`.
    Script {
        /// What a line ends with.
        line_end: LineEnd,
    },
}

/// What a printed line ends with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineEnd {
    /// A line feed, for pipes.
    Lf,
    /// A carriage return and a line feed, as devices print.
    CrLf,
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The line it comes in on.
    pub line: Line,
    /// Who logged in.
    pub user: Option<Arc<str>>,
    /// Where from.
    pub from: Option<IpAddr>,
    /// Privilege level, 0 to 15: 1 is `>`, 15 is `#`.
    pub privilege: u8,
    /// Columns of the terminal; 0 is without limit.
    pub width: u16,
    /// Rows of the terminal; 0 turns paging off.
    pub length: u16,
    /// How it is used.
    pub interaction: Interaction,
}

impl Default for Settings {
    /// A console of 80 by 24 with nobody logged in, at `>`.
    fn default() -> Self {
        Self {
            line: Line::Console,
            user: None,
            from: None,
            privilege: 1,
            width: 80,
            length: 24,
            interaction: Interaction::Terminal,
        }
    }
}

/// The terminal of a session, as its commands see and change it.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// The line it is on.
    pub(crate) line: Line,
    /// Who sits there.
    pub(crate) user: Option<Arc<str>>,
    /// Where.
    pub(crate) from: Option<IpAddr>,
    /// Privilege level, 0 to 15.
    pub(crate) privilege: u8,
    /// Where in the configuration it stands; `None` outside.
    pub(crate) position: Option<Position>,
    /// Columns.
    pub(crate) width: u16,
    /// Rows.
    pub(crate) length: u16,
    /// What kind it is, if somebody said so.
    pub(crate) kind: String,
    /// The lines typed before.
    pub(crate) history: History,
    /// `terminal monitor`: log lines are wanted.
    pub(crate) monitor: bool,
    pub(super) interaction: Interaction,
    /// How many probes it has asked for.
    probes: u32,
    /// How many files it has asked servers for.
    transfers: u32,
}

impl Terminal {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            line: settings.line,
            user: settings.user,
            from: settings.from,
            privilege: settings.privilege.min(PRIVILEGED),
            position: None,
            width: settings.width,
            length: settings.length,
            kind: String::new(),
            history: History::default(),
            monitor: false,
            interaction: settings.interaction,
            probes: 0,
            transfers: 0,
        }
    }

    /// The identifier of the next probe.
    pub(crate) fn next_probe(&mut self) -> ProbeId {
        self.probes = self.probes.wrapping_add(1);
        ProbeId(self.probes)
    }

    /// The identifier of the next transfer of a file.
    pub(crate) fn next_transfer(&mut self) -> TransferId {
        self.transfers = self.transfers.wrapping_add(1);
        TransferId(self.transfers)
    }

    /// The mode whose commands are understood first.
    pub(crate) fn mode(&self) -> Mode {
        self.position
            .as_ref()
            .map_or(Mode::Exec, |position| position.mode)
    }

    /// What stands before the line being typed.
    pub(super) fn prompt(&self, device: &Device) -> String {
        let hostname = device.hostname();
        let Some(position) = &self.position else {
            let end = if self.privilege > USER { '#' } else { '>' };
            return format!("{hostname}{end}");
        };
        let host: String = hostname
            .chars()
            .take(CONFIGURATION_HOST_CHARACTERS_MAX)
            .collect();
        format!("{host}({})#", position_prompt(position))
    }

    /// Who configures, as the device's log puts it.
    pub(crate) fn configured_by(&self) -> String {
        let user = self.user.as_deref();
        match (self.line, user) {
            (Line::Console, None) => "console".to_owned(),
            (Line::Console, Some(user)) => format!("{user} on console"),
            (Line::Vty(vty), user) => {
                let by = user.map_or_else(String::new, |user| format!("{user} on "));
                let from = self
                    .from
                    .map_or_else(String::new, |from| format!(" ({from})"));
                format!("{by}vty{vty}{from}")
            }
        }
    }

    /// What is configured for the line.
    pub(super) fn settings(&self, device: &Device) -> Vec<String> {
        let verbatim = &device.configuration().verbatim;
        let header = verbatim.lines().find(|line| self.line.is_opened_by(line));
        header.map_or_else(Vec::new, |header| verbatim.section(&header))
    }

    /// After how long without a key the session is to end; `None` is never.
    pub(super) fn idle_timeout(&self, device: &Device) -> Option<SignedDuration> {
        let lines = self.settings(device);
        let mut lines = lines.iter().rev();
        let configured = lines.find_map(|line| exec_timeout(line));
        let timeout = configured.unwrap_or(EXEC_TIMEOUT_DEFAULT);
        (!timeout.is_zero()).then_some(timeout)
    }
}

/// What `exec-timeout MINUTES [SECONDS]` says.
fn exec_timeout(line: &str) -> Option<SignedDuration> {
    if line == "no exec-timeout" {
        return Some(SignedDuration::ZERO);
    }
    let mut numbers = line.strip_prefix("exec-timeout ")?.split_whitespace();
    let minutes: i32 = numbers.next()?.parse().ok()?;
    let seconds: i32 = numbers.next().map_or(Ok(0), str::parse).ok()?;
    Some(SignedDuration::from_secs(
        i64::from(minutes) * 60 + i64::from(seconds),
    ))
}

/// What the prompt shows in brackets.
fn position_prompt(position: &Position) -> &'static str {
    if let Some(section) = &position.section {
        return section.prompt;
    }
    match position.mode {
        Mode::Global | Mode::Exec | Mode::Section => "config",
        Mode::CallHome => "cfg-call-home",
        Mode::Profile => "cfg-call-home-profile",
        Mode::Snapshot => "cfg-call-home-snapshot",
        Mode::DiagnosticSignature => "cfg-call-home-diag-sign",
        Mode::Interface => "config-if",
        Mode::Line => "config-line",
        Mode::Trustpoint => "ca-trustpoint",
        Mode::CertificateChain => "config-cert-chain",
        Mode::Redundancy => "config-red",
    }
}
