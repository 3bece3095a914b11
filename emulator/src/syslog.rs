//! Log lines and the log buffer of one device.
//!
//! A line is stored as it will be printed, stamp included, because one `show logging` prints many.
//! The lines of the boot are not stored: platform and boot time give them back.

mod buffer;
pub mod catalogue;

use std::fmt;

pub(crate) use buffer::LogBuffer;

use crate::severity::Severity;

/// The text of a log line: `%FACILITY-LEVEL-MNEMONIC: text`, without a stamp.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SyslogText<'a> {
    line: &'a str,
    level: u8,
    /// Where the text behind `: ` starts.
    text: usize,
}

/// Why a text is no log line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not of the form `%FACILITY-LEVEL-MNEMONIC: text` with a level from 0 to 7")]
pub struct NotSyslog(String);

impl<'a> SyslogText<'a> {
    /// Reads `line`. The facility may have parts of its own (`%A-B-5-C: text`).
    ///
    /// # Errors
    /// When the line does not start with `%`, has no `: ` or no level of one digit from 0 to 7.
    pub fn parse(line: &'a str) -> Result<Self, NotSyslog> {
        Self::find(line).ok_or_else(|| NotSyslog(line.to_owned()))
    }

    fn find(line: &'a str) -> Option<Self> {
        let body = line.strip_prefix('%')?;
        let colon = body.find(':')?;
        let mut level = None;
        let mut parts = body[..colon].split('-');
        if parts.next()?.is_empty() || body[..colon].contains(char::is_whitespace) {
            return None;
        }
        let mut rest = parts.peekable();
        while let Some(part) = rest.next() {
            let digit = part.len() == 1 && part.as_bytes()[0].is_ascii_digit();
            if digit && rest.peek().is_some_and(|mnemonic| !mnemonic.is_empty()) {
                level = part.parse().ok().filter(|level| *level <= 7);
                break;
            }
        }
        let text = colon + 2;
        let skipped = line[text..].len() - line[text..].trim_start().len();
        Some(Self {
            line,
            level: level?,
            text: text + skipped,
        })
    }

    /// The whole line.
    pub fn line(&self) -> &'a str {
        self.line
    }

    /// The level, 0 (emergencies) to 7 (debugging).
    pub fn level(&self) -> u8 {
        self.level
    }

    /// The Call Home severity of the line's level.
    pub fn severity(&self) -> Severity {
        Severity::from_syslog(self.level)
    }

    /// `FACILITY-LEVEL-MNEMONIC`.
    pub fn mnemonic(&self) -> &'a str {
        let end = self.line.find(':').unwrap_or(self.line.len());
        &self.line[1..end]
    }

    /// What follows the colon.
    pub fn text(&self) -> &'a str {
        &self.line[self.text..]
    }
}

impl fmt::Display for SyslogText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn levels_become_the_severities_of_the_guide() {
        for (line, severity) in [
            ("%CLEAR-5-COUNTERS: Clear counter", Severity::Notification),
            ("%LINK-3-UPDOWN: Interface Gi0/1", Severity::Minor),
            ("%SYS-2-MALLOCFAIL: Memory", Severity::Major),
            ("%SYS-5-CONFIG_I: Configured", Severity::Notification),
            ("%CARD-SPA-4-OFF: x", Severity::Warning),
        ] {
            assert_eq!(
                SyslogText::parse(line).unwrap().severity(),
                severity,
                "{line}"
            );
        }
    }

    #[test]
    fn mnemonic_and_text_are_told_apart() {
        let line =
            SyslogText::parse("%LINK-3-UPDOWN: Interface Gi0/1, changed state to up").unwrap();
        assert_eq!(line.mnemonic(), "LINK-3-UPDOWN");
        assert_eq!(line.text(), "Interface Gi0/1, changed state to up");
    }

    #[test]
    fn what_is_no_log_line_is_refused() {
        for line in [
            "",
            "%",
            "LINK-3-UPDOWN: x",
            "%LINK-UPDOWN: x",
            "%LINK-9-UPDOWN: x",
            "%-3-X: x",
            "%A-3-: x",
        ] {
            assert!(SyslogText::parse(line).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(line in "%?[A-Z0-9:é -]{0,40}") {
            if let Ok(read) = SyslogText::parse(&line) {
                prop_assert!(read.line().ends_with(read.text()));
            }
        }
    }
}
