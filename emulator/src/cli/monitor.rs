//! Log lines on terminals: which of them a session shows, and what becomes of the line being typed.
//!
//! A device keeps no list of terminals. A session knows how many lines it has seen and asks for those
//! behind; whoever owns it calls [`Session::show_log`] after every input and whenever the device has
//! logged something, see [`Device::lines_logged`].

use super::{
    Session, State,
    pager::push_crlf,
    terminal::{Interaction, Line, Terminal},
};
use crate::{device::Device, syslog::SyslogText};

/// The levels of log lines, from 0.
pub(super) const LEVELS: [&str; 8] = [
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
];
/// The level of debugging.
const DEBUGGING: u8 = 7;

impl Session {
    /// Whether the session may have something to show when the device logs: it is a terminal on the
    /// console, or one that asked for it by `terminal monitor`.
    pub fn listens(&self) -> bool {
        let terminal = &self.terminal;
        let wanted = match terminal.line {
            Line::Console => true,
            Line::Vty(_) => terminal.monitor,
        };
        wanted && terminal.interaction == Interaction::Terminal
    }

    /// Appends to `out` what `device` has logged since the session looked last, as far as its line
    /// shows it, and with `logging synchronous` the line being typed behind it. A page that is being
    /// looked at is not disturbed: the lines come behind it.
    pub fn show_log(&mut self, device: &Device, out: &mut Vec<u8>) {
        if matches!(self.state, State::Paging(..) | State::Ended) {
            return;
        }
        let logged = device.lines_logged();
        let seen = std::mem::replace(&mut self.lines_seen, logged);
        if logged <= seen || !self.listens() {
            return;
        }
        let Some(level) = self.terminal.log_level(device) else {
            return;
        };
        let text = device.newest_log_lines(logged - seen);
        let shown: Vec<&str> = text
            .lines()
            .filter(|line| level_of(line) <= level)
            .collect();
        if shown.is_empty() {
            return;
        }
        if !self.behind_log {
            out.extend_from_slice(b"\r\n");
        }
        for line in shown {
            push_crlf(out, line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        let shows_again = matches!(self.state, State::Prompt);
        self.behind_log = !(shows_again && self.terminal.is_synchronous(device));
        if !self.behind_log {
            self.show_prompt(device, out);
            self.editor.show(out);
        }
    }
}

/// The level of a log line with its stamp. What has none is debugging.
fn level_of(line: &str) -> u8 {
    let text = line.find(": %").map_or("", |at| &line[at + 2..]);
    SyslogText::parse(text).map_or(DEBUGGING, |text| text.level())
}

impl Terminal {
    /// The level up to which the line shows what is logged; `None` shows nothing.
    fn log_level(&self, device: &Device) -> Option<u8> {
        let command = match self.line {
            Line::Console => "logging console",
            Line::Vty(_) => "logging monitor",
        };
        let verbatim = &device.configuration().verbatim;
        let off = format!("no {command}");
        if verbatim.named(&off).any(|rest| rest.is_empty()) {
            return None;
        }
        let level = verbatim.named(command).last();
        let level = level.and_then(|words| level_named(words.trim()));
        Some(level.unwrap_or(DEBUGGING))
    }

    /// Whether the line being typed is shown again behind what breaks it.
    fn is_synchronous(&self, device: &Device) -> bool {
        let lines = self.settings(device);
        lines
            .iter()
            .any(|line| line.starts_with("logging synchronous"))
    }
}

/// The level that `name` abbreviates, or that it is as a number.
fn level_named(name: &str) -> Option<u8> {
    let by_name = LEVELS
        .iter()
        .position(|level| !name.is_empty() && level.starts_with(name))
        .and_then(|level| u8::try_from(level).ok());
    by_name.or_else(|| name.parse().ok())
}
