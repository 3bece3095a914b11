//! What a row of the grammar is made of.

use super::Mode;
use crate::{cli::Run, platform::Platform};

/// Privilege level of a session that may do everything.
pub(crate) const PRIVILEGE_MAX: u8 = 15;

/// One word of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token {
    /// This keyword.
    Word(&'static str),
    /// One of these keywords.
    OneOf(&'static [&'static str]),
    /// Any number of these keywords, each once, to the end of the line.
    Flags(&'static [&'static str]),
    /// A value.
    Argument(Argument),
}

/// A value in a command and what it may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Argument {
    /// A whole number in a range.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Text of 1 to `max` printable characters, in quotes where it holds blanks.
    Text {
        /// Most characters.
        max: usize,
    },
    /// Text of 1 to `max` characters that stands in quotes, blanks or not.
    Quoted {
        /// Most characters.
        max: usize,
    },
    /// A host name, an address, or `user:password@` and either.
    Host,
    /// An address or a mask, `A.B.C.D`.
    Address,
    /// An interface in one word: letters, then numbers.
    Interface,
    /// `name@domain`.
    Email,
    /// `http://` or `https://` and more.
    Url,
    /// `+` and digits.
    Phone,
    /// Name of a destination profile.
    ProfileName,
    /// `HH:MM`.
    TimeOfDay,
    /// Regular expression.
    Pattern,
    /// The rest of the line, as it stands, at least one word of it. The last token of its row.
    Line,
}

/// What a configuration command does; its values stand in the order of the row's arguments and
/// choices. Named after the commands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verb {
    ServiceCallHome,
    ServiceTimestampsLog,
    EnterCallHome,
    Hostname,
    ClockTimezone,
    ClockSummerTime,
    LoggingBuffered,
    Traps,
    HttpClientSourceInterface,
    DomainName,
    AaaAuthorization,
    AaaUsername,
    AlertGroup,
    EnterSnapshot,
    ContactEmail,
    ContractId,
    CopyProfile,
    CustomerId,
    PrivacyLevel,
    PrivacyHostname,
    ResolveIpv4First,
    ServerIdentityCheck,
    HttpProxy,
    MailServer,
    PhoneNumber,
    EnterProfile,
    RateLimit,
    RenameProfile,
    SenderFrom,
    SenderReplyTo,
    SiteId,
    SourceInterface,
    SourceIpAddress,
    StreetAddress,
    SyslogThrottling,
    Vrf,
    Active,
    Anonymous,
    DestinationEmail,
    DestinationUrl,
    SizeLimit,
    Format,
    Transport,
    Reporting,
    SubscribeAll,
    SubscribeGroup,
    SubscribeSeverity,
    SubscribeSyslog,
    Periodic,
    AddCommand,
    EnterDiagnosticSignature,
    SignatureActive,
    SignatureEnvironment,
    SignatureProfile,
    Exit,
    End,
}

/// Who carries a command out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// The configuration: [`super::apply::carry_out`].
    Configure(Verb),
    /// A function of the command's family, see [`crate::cli`].
    Run(Run),
    /// The model, whose own text it prints; the row exists only where the model has one.
    Platform,
    /// The session keeps the line in the running configuration.
    Keep(Checked),
}

/// How far a line that is kept is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Checked {
    /// To its end, or to where free text begins.
    Whole,
    /// Its first word alone: another command may begin in the same way.
    FirstWord,
}

/// One form of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Where it is typed.
    pub(crate) mode: Mode,
    /// Its words.
    pub(crate) tokens: &'static [Token],
    /// Who carries it out.
    pub(crate) action: Action,
    /// Help for its first word; empty where [`super::keywords`] has it.
    pub(crate) help: &'static str,
    /// The lowest privilege level that may type it, 0 to 15.
    pub(crate) privilege: u8,
    /// Help for words of this row that mean something else here than [`super::keywords`] says: the
    /// keyword, or the placeholder of an argument, and the text.
    pub(crate) word_help: &'static [(&'static str, &'static str)],
    /// Whether a model has the command.
    pub(crate) models: fn(&Platform) -> bool,
}

/// Every model.
pub(crate) const fn every_model(_: &Platform) -> bool {
    true
}

impl Row {
    /// A command of the exec modes for sessions of `privilege` and above, carried out by `run`.
    pub(crate) const fn exec(
        privilege: u8,
        tokens: &'static [Token],
        run: Run,
        help: &'static str,
    ) -> Self {
        Self {
            mode: Mode::Exec,
            tokens,
            action: Action::Run(run),
            help,
            privilege,
            word_help: &[],
            models: every_model,
        }
    }

    /// A command of the configuration mode `mode`, carried out by `run`.
    pub(crate) const fn configuration(
        mode: Mode,
        tokens: &'static [Token],
        run: Run,
        help: &'static str,
    ) -> Self {
        Self {
            mode,
            tokens,
            action: Action::Run(run),
            help,
            privilege: PRIVILEGE_MAX,
            word_help: &[],
            models: every_model,
        }
    }

    /// A command of `mode` that the running configuration keeps, checked word by word.
    pub(crate) const fn checked(mode: Mode, tokens: &'static [Token]) -> Self {
        Self {
            action: Action::Keep(Checked::Whole),
            ..Self::kept(mode, tokens)
        }
    }

    /// A command of `mode` that the running configuration keeps as it stands.
    pub(crate) const fn kept(mode: Mode, tokens: &'static [Token]) -> Self {
        Self {
            mode,
            tokens,
            action: Action::Keep(Checked::FirstWord),
            help: "",
            privilege: PRIVILEGE_MAX,
            word_help: &[],
            models: every_model,
        }
    }

    /// The same row with help of its own for some of its words.
    pub(crate) const fn with_help(
        self,
        word_help: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { word_help, ..self }
    }

    /// The same row for the models that `models` picks.
    pub(crate) const fn on(self, models: fn(&Platform) -> bool) -> Self {
        Self { models, ..self }
    }
}
