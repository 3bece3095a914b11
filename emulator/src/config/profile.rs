//! Destination profiles: where messages go, in which form, and which events they are for.

use std::sync::Arc;

use jiff::civil::Weekday;
use regex::Regex;

use super::TAC_PROFILE;
use crate::{
    alert_group::{AlertGroup, AlertGroupSet},
    severity::Severity,
    template::Template,
};

/// Largest message a profile may ask for, in bytes; also the default.
pub const MESSAGE_SIZE_LIMIT_MAX: u32 = 3_145_728;
/// Smallest limit a profile may ask for, in bytes.
pub const MESSAGE_SIZE_LIMIT_MIN: u32 = 50;

/// Identifies a profile for as long as it exists, whatever it is renamed to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ProfileId(pub u16);

/// Whether a profile is predefined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProfileKind {
    /// `CiscoTAC-1`.
    Tac,
    /// Made by a user.
    User,
}

/// The form of a profile's messages (`destination preferred-msg-format`).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum MessageFormat {
    /// Everything, as labelled lines.
    LongText,
    /// Four lines for a pager.
    ShortText,
    /// AML/XML.
    Xml,
}

impl MessageFormat {
    /// The keyword of the command line.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::LongText => "long-text",
            Self::ShortText => "short-text",
            Self::Xml => "xml",
        }
    }

    /// The format with this keyword.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        [Self::LongText, Self::ShortText, Self::Xml]
            .into_iter()
            .find(|format| format.keyword() == keyword)
    }
}

/// A time on the device's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// When a periodic message is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Schedule {
    /// Every day.
    Daily(TimeOfDay),
    /// Once a week.
    Weekly(Weekday, TimeOfDay),
    /// Once a month; a date past the end of a month means its last day.
    Monthly {
        /// 1 to 31.
        date: u8,
        /// When on that day.
        at: TimeOfDay,
    },
    /// Every hour at this minute, 0 to 59.
    Hourly(u8),
    /// Every so many minutes, 1 to 60, counted from the boot.
    Interval(u8),
    /// Once a month on the day and at the time that follow from the chassis serial number, plus
    /// so many minutes: the schedule that `CiscoTAC-1` ships with.
    DerivedMonthly(u8),
}

/// Most memory that a compiled pattern, and each of its caches, may take.
const PATTERN_PROGRAM_BYTES_MAX: usize = 1 << 20;

/// A pattern of `subscribe-to-alert-group syslog`.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Arc<str>,
    /// `None` for `.*`, which matches every line and needs no search.
    regex: Option<Regex>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Compiles `source`, which is searched for anywhere in a line.
    ///
    /// # Errors
    /// When it is no regular expression, or one too large to be kept.
    pub fn new(source: &str) -> Result<Self, regex::Error> {
        let regex = match source {
            ".*" => None,
            _ => Some(
                regex::RegexBuilder::new(source)
                    .size_limit(PATTERN_PROGRAM_BYTES_MAX)
                    .dfa_size_limit(PATTERN_PROGRAM_BYTES_MAX)
                    .build()?,
            ),
        };
        Ok(Self {
            source: source.into(),
            regex,
        })
    }

    /// Whether the pattern occurs in `line`.
    pub fn matches(&self, line: &str) -> bool {
        self.regex.as_ref().is_none_or(|regex| regex.is_match(line))
    }

    /// The pattern as it was typed.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// A subscription to log lines.
#[derive(Clone, Debug, PartialEq)]
pub struct SyslogSubscription {
    /// What a line must contain.
    pub pattern: Pattern,
    /// The least urgent severity that is sent.
    pub severity: Severity,
}

/// The events a profile is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subscriptions {
    /// Groups without a threshold that are subscribed for events: configuration, crash, inventory.
    pub normal: AlertGroupSet,
    /// Threshold of the diagnostic group.
    pub diagnostic: Option<Severity>,
    /// Threshold of the environment group.
    pub environment: Option<Severity>,
    /// Periodic messages; one schedule for a group at most, in alphabetical order of the groups.
    pub periodic: Vec<(AlertGroup, Schedule)>,
    /// Patterns, in the order they were entered.
    pub syslog: Vec<SyslogSubscription>,
}

impl Subscriptions {
    /// The schedule of `group`.
    pub fn schedule(&self, group: AlertGroup) -> Option<Schedule> {
        let found = self
            .periodic
            .iter()
            .find(|(scheduled, _)| *scheduled == group);
        found.map(|(_, schedule)| *schedule)
    }

    /// Sets or removes the schedule of `group`.
    pub(super) fn set_schedule(&mut self, group: AlertGroup, schedule: Option<Schedule>) {
        self.periodic.retain(|(scheduled, _)| *scheduled != group);
        self.periodic
            .extend(schedule.map(|schedule| (group, schedule)));
        self.periodic.sort_by_key(|(scheduled, _)| *scheduled);
    }

    /// Subscribes to `pattern` from `severity` on; the same pattern again changes its severity.
    pub(super) fn add_pattern(&mut self, pattern: Pattern, severity: Severity) {
        match self
            .syslog
            .iter_mut()
            .find(|entry| entry.pattern == pattern)
        {
            Some(entry) => entry.severity = severity,
            None => self.syslog.push(SyslogSubscription { pattern, severity }),
        }
    }

    /// Ends every subscription to `group`.
    pub(super) fn remove_group(&mut self, group: AlertGroup) {
        self.normal.remove(group);
        self.set_schedule(group, None);
        match group {
            AlertGroup::Diagnostic => self.diagnostic = None,
            AlertGroup::Environment => self.environment = None,
            AlertGroup::Syslog => self.syslog.clear(),
            AlertGroup::Configuration
            | AlertGroup::Crash
            | AlertGroup::Inventory
            | AlertGroup::Snapshot => {}
        }
    }
}

/// A destination profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Identifies it within its configuration.
    pub id: ProfileId,
    /// Name, up to 31 characters; case does not distinguish names.
    pub name: Arc<str>,
    /// Predefined or a user's.
    pub kind: ProfileKind,
    /// Whether events are sent to it.
    pub active: bool,
    /// `anonymous-reporting-only`.
    pub anonymous: bool,
    /// `reporting smart-call-home-data`.
    pub reports_call_home: bool,
    /// `reporting smart-licensing-data`.
    pub reports_licensing: bool,
    /// `destination preferred-msg-format`.
    pub format: MessageFormat,
    /// `destination message-size-limit` in bytes.
    pub size_limit_bytes: u32,
    /// Mail is a transport.
    pub email: bool,
    /// HTTP is a transport.
    pub http: bool,
    /// `destination address email`.
    pub email_addresses: Vec<Template>,
    /// `destination address http`.
    pub http_url: Option<Template>,
    /// Whether the predefined profile still uses its predefined URL.
    pub default_url: bool,
    /// The events it is for.
    pub subscriptions: Subscriptions,
}

/// The URL that `CiscoTAC-1` ships with.
pub const TAC_URL: &str = "https://tools.cisco.com/its/service/oddce/services/DDCEService";
/// The address that `CiscoTAC-1` ships with.
pub const TAC_EMAIL: &str = "callhome@cisco.com";

impl Profile {
    /// A user's profile as it is when made.
    pub fn user(name: &str) -> Self {
        Self {
            id: ProfileId(0),
            name: name.into(),
            kind: ProfileKind::User,
            active: true,
            anonymous: false,
            reports_call_home: true,
            reports_licensing: false,
            format: MessageFormat::Xml,
            size_limit_bytes: MESSAGE_SIZE_LIMIT_MAX,
            email: true,
            http: false,
            email_addresses: Vec::new(),
            http_url: None,
            default_url: false,
            subscriptions: Subscriptions::default(),
        }
    }

    /// `CiscoTAC-1` as every device ships with it.
    pub fn tac() -> Self {
        let mut subscriptions = Subscriptions {
            diagnostic: Some(Severity::Minor),
            environment: Some(Severity::Warning),
            periodic: vec![
                (AlertGroup::Configuration, Schedule::DerivedMonthly(15)),
                (AlertGroup::Inventory, Schedule::DerivedMonthly(0)),
            ],
            ..Subscriptions::default()
        };
        subscriptions.normal.insert(AlertGroup::Crash);
        subscriptions.normal.insert(AlertGroup::Inventory);
        for (source, severity) in [("APF-.-WLC_.*", Severity::Warning), (".*", Severity::Major)] {
            if let Ok(pattern) = Pattern::new(source) {
                subscriptions.add_pattern(pattern, severity);
            }
        }
        Self {
            kind: ProfileKind::Tac,
            active: false,
            reports_licensing: true,
            default_url: true,
            subscriptions,
            ..Self::user(TAC_PROFILE)
        }
    }

    /// Where its mail goes: its own addresses, or the predefined one.
    pub fn mail_recipients(&self) -> Vec<Template> {
        if self.email_addresses.is_empty() && self.kind == ProfileKind::Tac {
            vec![Template::literal(TAC_EMAIL)]
        } else {
            self.email_addresses.clone()
        }
    }

    /// Where it posts to: its own URL, or the predefined one.
    pub fn url(&self) -> Option<Template> {
        match &self.http_url {
            Some(url) => Some(url.clone()),
            None if self.default_url => Some(Template::literal(TAC_URL)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_searched_for_and_anchors_anchor() {
        let line = "*Jun  5 03:11:36.041: %CLEAR-5-COUNTERS: Clear counter";
        for (source, expected) in [
            (".*", true),
            ("CLEAR.*", true),
            ("^CLEAR", false),
            ("clear-5", false),
            ("counter$", true),
        ] {
            assert_eq!(
                Pattern::new(source).unwrap().matches(line),
                expected,
                "{source}"
            );
        }
        assert!(Pattern::new("(").is_err());
    }

    #[test]
    fn entering_a_pattern_again_changes_its_severity() {
        let mut subscriptions = Subscriptions::default();
        for severity in [Severity::Major, Severity::Minor] {
            subscriptions.add_pattern(Pattern::new("LINK").unwrap(), severity);
        }
        assert_eq!(subscriptions.syslog.len(), 1);
        assert_eq!(subscriptions.syslog[0].severity, Severity::Minor);
    }
}
