//! Carrying out a configuration command: what each row of the grammar does to the values.

mod call_home;
mod global;
mod notice;
mod profile;
mod signature;

use std::sync::Arc;

pub(crate) use notice::notice;

use super::{
    Configuration,
    grammar::{Action, Verb},
    matching::{Command, Form, Value},
    names,
    profile::TimeOfDay,
};
use crate::template::Template;

/// A configuration mode, which decides the commands that are understood.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Mode {
    /// `(config)#`.
    Global,
    /// `(cfg-call-home)#`.
    CallHome,
    /// `(cfg-call-home-profile)#`.
    Profile,
    /// `(cfg-call-home-snapshot)#`.
    Snapshot,
    /// `(cfg-call-home-diag-sign)#`.
    DiagnosticSignature,
    /// `>` and `#`: no configuration mode; the privilege level decides what is understood.
    Exec,
    /// `(config-if)#`.
    Interface,
    /// `(config-line)#`.
    Line,
    /// `(ca-trustpoint)#`.
    Trustpoint,
    /// `(config-cert-chain)#`.
    CertificateChain,
    /// `(config-red)#`.
    Redundancy,
    /// Any other part of the configuration whose lines are kept as they stand.
    Section,
}

impl Mode {
    /// The mode that `exit` leads to; `None` for the outermost.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Global | Self::Exec => None,
            Self::CallHome
            | Self::Interface
            | Self::Line
            | Self::Trustpoint
            | Self::CertificateChain
            | Self::Redundancy
            | Self::Section => Some(Self::Global),
            Self::Profile | Self::Snapshot | Self::DiagnosticSignature => Some(Self::CallHome),
        }
    }
}

/// Why a well-formed command is not carried out. The texts are what the device prints.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A profile is named that does not exist.
    #[error("% Profile {0} does not exist")]
    NoSuchProfile(String),
    /// The new name is taken.
    #[error("% Profile {0} already exists")]
    ProfileExists(String),
    /// The new name resembles the predefined profile's.
    #[error("% User defined profile name cannot be similar to CiscoTAC-1")]
    ResemblesTac,
    /// The predefined profile cannot be removed.
    #[error(
        "Removal of Cisco TAC profile is not allowed. It can be disabled by issuing 'no active' command"
    )]
    TacStays,
    /// The predefined profile has one format.
    #[error("% CiscoTAC-1 profile allows xml format only")]
    TacIsXml,
    /// The predefined profile's subscriptions are fixed.
    #[error("% CiscoTAC-1 profile cannot be modified")]
    TacIsFixed,
    /// Not a telephone number.
    #[error("% Phone number must start with '+', and contain only digits, space and '-'")]
    Phone,
    /// Not an e-mail address.
    #[error("% Invalid email address")]
    Email,
    /// Not a URL.
    #[error("% Invalid http address")]
    Url,
    /// Not a host.
    #[error("% Invalid host name or address")]
    Host,
    /// Not a regular expression.
    #[error("% Invalid pattern: {0}")]
    Pattern(String),
    /// Longer than the device stores.
    #[error("% String is too long, max {0} characters")]
    TooLong(usize),
    /// Characters that the device does not store.
    #[error("% String may contain printable ASCII characters only")]
    NotPrintable,
    /// Blanks where the device stores one word.
    #[error("% String may not contain blanks")]
    HasBlanks,
    /// One entry of a list too many.
    #[error("% Maximum number of entries ({0}) reached")]
    TooMany(usize),
    /// One mail server too many.
    #[error("% Maximum number of mail servers (5) reached")]
    TooManyMailServers,
    /// Two profiles would report licensing data.
    #[error("% Only one active profile is allowed to report Smart Licensing data")]
    TwoLicensingProfiles,
    /// Anonymous reporting ends only when there is a contact.
    #[error("Please configure contact-email-addr under call-home mode")]
    ContactMissing,
}

/// Where a session of configuration commands stands.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) mode: Mode,
    /// The profile being configured, in profile mode.
    pub(crate) profile: Option<Arc<str>>,
    /// The part of the configuration whose lines are kept as they stand, in the modes of such parts.
    pub(crate) section: Option<Section>,
}

/// A part of the configuration whose lines are kept as they stand: a header with lines below it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Section {
    /// The line that opens it, as the configuration prints it.
    pub(crate) header: Arc<str>,
    /// The headers of further parts that every line goes to as well: `interface range`.
    pub(crate) further: Arc<[Arc<str>]>,
    /// What the prompt shows in brackets.
    pub(crate) prompt: &'static str,
}

impl Section {
    /// The headers of all parts that a line goes to.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.header).chain(self.further.iter())
    }
}

impl Position {
    pub(crate) fn start() -> Self {
        Self::at(Mode::Global)
    }

    /// In `mode`, with nothing chosen.
    pub(crate) fn at(mode: Mode) -> Self {
        Self {
            mode,
            profile: None,
            section: None,
        }
    }

    /// The position one level up, if there is one.
    pub(crate) fn parent(&self) -> Option<Self> {
        self.mode.parent().map(Self::at)
    }
}

/// The values of a command, by position.
pub(crate) struct Values<'c, 'a> {
    command: &'c Command<'a>,
}

impl<'a> Values<'_, 'a> {
    fn text(&self, position: usize) -> Option<&'a str> {
        match self.command.values.get(position) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn integer(&self, position: usize) -> Option<i64> {
        match self.command.values.get(position) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    fn keyword(&self, position: usize) -> Option<&'static str> {
        match self.command.values.get(position) {
            Some(Value::Keyword(keyword)) => Some(keyword),
            _ => None,
        }
    }

    fn time_at(&self, position: usize) -> Option<TimeOfDay> {
        match self.command.values.get(position) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        }
    }

    /// The first time among the values.
    fn time(&self) -> Option<TimeOfDay> {
        (0..self.command.values.len()).find_map(|position| self.time_at(position))
    }

    fn has_flag(&self, flag: &'static str) -> bool {
        self.command.values.contains(&Value::Flag(flag))
    }

    fn flags_given(&self) -> bool {
        let mut values = self.command.values.iter();
        values.any(|value| matches!(value, Value::Flag(_)))
    }

    /// Whether the command stands behind `no`; settings that are on by default go off only then.
    fn negates(&self) -> bool {
        self.command.form == Form::No
    }

    /// Whether the command sets rather than removes.
    fn sets(&self) -> bool {
        self.command.form == Form::Set
    }
}

/// Carries `command` out on `configuration`, moving `position` where the command enters a mode.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the mode decides which of the other commands there can be"
)]
pub(crate) fn carry_out(
    configuration: &mut Configuration,
    position: &mut Position,
    command: &Command<'_>,
) -> Result<(), Refusal> {
    let values = Values { command };
    let Action::Configure(verb) = command.row.action else {
        return Ok(());
    };
    match verb {
        Verb::Exit => {
            *position = position.parent().unwrap_or_else(Position::start);
            Ok(())
        }
        Verb::End => {
            *position = Position::start();
            Ok(())
        }
        verb => match command.row.mode {
            Mode::Global => global::carry_out(configuration, position, verb, &values),
            Mode::CallHome => {
                call_home::carry_out(&mut configuration.call_home, position, verb, &values)
            }
            Mode::Profile => {
                profile::carry_out(&mut configuration.call_home, position, verb, &values)
            }
            Mode::Snapshot => call_home::snapshot(&mut configuration.call_home, &values),
            Mode::DiagnosticSignature => {
                signature::carry_out(&mut configuration.call_home, verb, &values)
            }
            Mode::Exec
            | Mode::Interface
            | Mode::Line
            | Mode::Trustpoint
            | Mode::CertificateChain
            | Mode::Redundancy
            | Mode::Section => Ok(()),
        },
    }
}

/// Text of at most `max` printable characters, as a value with slots.
fn checked_text(text: &str, max: usize) -> Result<Template, Refusal> {
    if text.chars().count() > max {
        Err(Refusal::TooLong(max))
    } else if !names::is_text(text) {
        Err(Refusal::NotPrintable)
    } else {
        Ok(Template::of_identity(text))
    }
}

/// A word of at most `max` printable characters, as a value with slots.
fn checked_word(text: &str, max: usize) -> Result<Template, Refusal> {
    let checked = checked_text(text, max)?;
    names::is_word(text)
        .then_some(checked)
        .ok_or(Refusal::HasBlanks)
}

/// `text` as a value with slots if it has the shape that `check` wants.
fn checked(
    text: &str,
    check: impl Fn(&str) -> bool,
    refusal: Refusal,
) -> Result<Template, Refusal> {
    check(text)
        .then(|| Template::of_identity(text))
        .ok_or(refusal)
}
