//! Call Home severities and their bridge to syslog levels.

use std::fmt;

/// Call Home severity, 0 (debugging) to 9 (catastrophic): the larger, the more urgent.
///
/// Syslog levels run the other way; [`Severity::from_syslog`] is the only bridge.
/// Guide: Configuring Call Home, Table 4.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    missing_docs,
    reason = "the keywords of the guide's table say all there is"
)]
pub enum Severity {
    Debugging = 0,
    Normal = 1,
    Notification = 2,
    Warning = 3,
    Minor = 4,
    Major = 5,
    Critical = 6,
    Fatal = 7,
    Disaster = 8,
    Catastrophic = 9,
}

impl Severity {
    /// Every severity, least urgent first; a severity's level is its position.
    pub const ALL: [Self; 10] = [
        Self::Debugging,
        Self::Normal,
        Self::Notification,
        Self::Warning,
        Self::Minor,
        Self::Major,
        Self::Critical,
        Self::Fatal,
        Self::Disaster,
        Self::Catastrophic,
    ];

    /// The severity of a log line of syslog level `level` (0 emergency to 7 debug); larger values
    /// count as debug.
    pub fn from_syslog(level: u8) -> Self {
        Self::ALL[usize::from(7_u8.saturating_sub(level))]
    }

    /// The level printed in messages, 0 to 9.
    pub fn level(self) -> u8 {
        self as u8
    }

    /// The keyword of the command line.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Debugging => "debugging",
            Self::Normal => "normal",
            Self::Notification => "notification",
            Self::Warning => "warning",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
            Self::Fatal => "fatal",
            Self::Disaster => "disaster",
            Self::Catastrophic => "catastrophic",
        }
    }

    /// The help text of the command line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Debugging => "Debugging event",
            Self::Normal => "Normal event",
            Self::Notification => "Notification event",
            Self::Warning => "Warning event",
            Self::Minor => "Minor event",
            Self::Major => "Major event",
            Self::Critical => "Critical event",
            Self::Fatal => "Fatal event",
            Self::Disaster => "Disaster event",
            Self::Catastrophic => "Catastrophic event",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.keyword())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syslog_levels_map_as_the_guide_says() {
        assert_eq!(Severity::from_syslog(5), Severity::Notification);
        assert_eq!(Severity::from_syslog(3), Severity::Minor);
        assert_eq!(Severity::from_syslog(2), Severity::Major);
        assert_eq!(Severity::from_syslog(0), Severity::Fatal);
        assert_eq!(Severity::from_syslog(7), Severity::Debugging);
    }

    #[test]
    fn a_level_is_its_position() {
        for (position, severity) in Severity::ALL.iter().enumerate() {
            assert_eq!(usize::from(severity.level()), position);
        }
    }
}
