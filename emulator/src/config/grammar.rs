//! The configuration grammar: one table of all commands, from which parsing, abbreviation, help
//! and the `no` and `default` forms derive.
//!
//! A row is one complete form of a command, word by word. Optional endings are rows of their own.
//! Ranges follow the Call Home reference, section 1.

pub(crate) use super::row::{
    Action, Argument, Checked, PRIVILEGE_MAX, Row, Token, Verb, every_model,
};

use super::{Mode, matching};
use crate::severity::Severity;

use Argument::{Email, Host, Integer, Line, Pattern, Phone, ProfileName, Text, TimeOfDay, Url};
use Token::{Argument as Value, Flags, OneOf, Word};

const GROUPS: Token = OneOf(&[
    "all",
    "configuration",
    "crash",
    "diagnostic",
    "environment",
    "inventory",
    "snapshot",
    "syslog",
]);
const SCHEDULED: Token = OneOf(&["configuration", "inventory", "snapshot"]);
const SEVERITY: Token = OneOf(&SEVERITIES);
const SEVERITIES: [&str; 10] = [
    "debugging",
    "normal",
    "notification",
    "warning",
    "minor",
    "major",
    "critical",
    "fatal",
    "disaster",
    "catastrophic",
];
const WEEKDAY: Token = OneOf(&[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
]);
const WEEK: Token = OneOf(&["first", "last", "1", "2", "3", "4"]);
const DAY: Token = OneOf(&[
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
]);
pub(crate) const MONTH: Token = OneOf(&[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]);
const LOG_LEVEL: Token = OneOf(&[
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
]);
const INTERFACE: Token = Value(Text { max: 64 });

const fn row(mode: Mode, verb: Verb, tokens: &'static [Token], help: &'static str) -> Row {
    Row {
        mode,
        tokens,
        action: Action::Configure(verb),
        help,
        privilege: PRIVILEGE_MAX,
        word_help: &[],
        models: every_model,
    }
}

/// Every command, in the order of the reference.
pub(crate) static GRAMMAR: &[&[Row]] = &[GLOBAL, CALL_HOME, PROFILE, SNAPSHOT, SIGNATURE];

/// The rows of `mode`.
pub(crate) fn rows(mode: Mode) -> &'static [Row] {
    match mode {
        Mode::Global => GLOBAL,
        Mode::CallHome => CALL_HOME,
        Mode::Profile => PROFILE,
        Mode::Snapshot => SNAPSHOT,
        Mode::DiagnosticSignature => SIGNATURE,
        Mode::Exec
        | Mode::Interface
        | Mode::Line
        | Mode::Trustpoint
        | Mode::CertificateChain
        | Mode::Redundancy
        | Mode::Section => &[],
    }
}

#[rustfmt::skip]
static GLOBAL: &[Row] = &[
    row(Mode::Global, Verb::ServiceCallHome, &[Word("service"), Word("call-home")], "Enable call-home service"),
    row(Mode::Global, Verb::ServiceTimestampsLog, &[Word("service"), Word("timestamps"), Word("log"), Word("datetime"), Flags(&["localtime", "msec", "show-timezone", "year"])], "Modify use of network based services"),
    row(Mode::Global, Verb::EnterCallHome, &[Word("call-home")], "Enter call-home configuration mode"),
    row(Mode::Global, Verb::Hostname, &[Word("hostname"), Value(Text { max: 63 })], "Set system's network name"),
    row(Mode::Global, Verb::ClockTimezone, &[Word("clock"), Word("timezone"), Value(Text { max: 32 }), Value(Integer { min: -23, max: 23 })], "Configure time-of-day clock"),
    row(Mode::Global, Verb::ClockTimezone, &[Word("clock"), Word("timezone"), Value(Text { max: 32 }), Value(Integer { min: -23, max: 23 }), Value(Integer { min: 0, max: 59 })], "Configure time-of-day clock"),
    row(Mode::Global, Verb::ClockSummerTime, &[Word("clock"), Word("summer-time"), Value(Text { max: 32 }), Word("recurring")], "Configure time-of-day clock"),
    row(Mode::Global, Verb::ClockSummerTime, &[Word("clock"), Word("summer-time"), Value(Text { max: 32 }), Word("recurring"), WEEK, DAY, MONTH, Value(TimeOfDay), WEEK, DAY, MONTH, Value(TimeOfDay)], "Configure time-of-day clock"),
    row(Mode::Global, Verb::ClockSummerTime, &[Word("clock"), Word("summer-time"), Value(Text { max: 32 }), Word("recurring"), WEEK, DAY, MONTH, Value(TimeOfDay), WEEK, DAY, MONTH, Value(TimeOfDay), Value(Integer { min: 1, max: 1440 })], "Configure time-of-day clock"),
    row(Mode::Global, Verb::LoggingBuffered, &[Word("logging"), Word("buffered"), Value(Integer { min: 4096, max: 2_147_483_647 })], "Modify message logging facilities"),
    row(Mode::Global, Verb::LoggingBuffered, &[Word("logging"), Word("buffered"), Value(Integer { min: 4096, max: 2_147_483_647 }), LOG_LEVEL], "Modify message logging facilities"),
    row(Mode::Global, Verb::LoggingBuffered, &[Word("logging"), Word("buffered"), LOG_LEVEL], "Modify message logging facilities"),
    row(Mode::Global, Verb::LoggingBuffered, &[Word("logging"), Word("buffered")], "Modify message logging facilities"),
    row(Mode::Global, Verb::Traps, &[Word("snmp-server"), Word("enable"), Word("traps"), Word("call-home"), Flags(&["message-send-fail", "server-fail"])], "Modify SNMP engine parameters"),
    row(Mode::Global, Verb::HttpClientSourceInterface, &[Word("ip"), Word("http"), Word("client"), Word("source-interface"), INTERFACE], "Global IP configuration subcommands"),
    row(Mode::Global, Verb::DomainName, &[Word("ip"), Word("domain"), Word("name"), Value(Text { max: 64 })], "Global IP configuration subcommands"),
    row(Mode::Global, Verb::DomainName, &[Word("ip"), Word("domain-name"), Value(Text { max: 64 })], "Global IP configuration subcommands"),
    row(Mode::Global, Verb::End, &[Word("end")], "Exit from configure mode"),
    row(Mode::Global, Verb::Exit, &[Word("exit")], "Exit from configure mode"),
];

#[rustfmt::skip]
static CALL_HOME: &[Row] = &[
    row(Mode::CallHome, Verb::AaaAuthorization, &[Word("aaa-authorization")], "Config aaa authorization"),
    row(Mode::CallHome, Verb::AaaUsername, &[Word("aaa-authorization"), Word("username"), Value(Text { max: 64 })], "Config aaa authorization"),
    row(Mode::CallHome, Verb::AlertGroup, &[Word("alert-group"), GROUPS], "Enable or disable alert-group"),
    row(Mode::CallHome, Verb::EnterSnapshot, &[Word("alert-group-config"), Word("snapshot")], "Configure alert-group"),
    row(Mode::CallHome, Verb::ContactEmail, &[Word("contact-email-addr"), Value(Email)], "System Contact's email address"),
    row(Mode::CallHome, Verb::ContractId, &[Word("contract-id"), Value(Text { max: 64 })], "Contract identification for Cisco Smart Call Home"),
    row(Mode::CallHome, Verb::CopyProfile, &[Word("copy"), Word("profile"), Value(ProfileName), Value(ProfileName)], "Copy a call-home profile"),
    row(Mode::CallHome, Verb::CustomerId, &[Word("customer-id"), Value(Text { max: 64 })], "Customer identification for Cisco Smart Call Home"),
    row(Mode::CallHome, Verb::PrivacyLevel, &[Word("data-privacy"), Word("level"), OneOf(&["normal", "high"])], "Set call-home data-privacy"),
    row(Mode::CallHome, Verb::PrivacyHostname, &[Word("data-privacy"), Word("hostname")], "Set call-home data-privacy"),
    row(Mode::CallHome, Verb::EnterDiagnosticSignature, &[Word("diagnostic-signature")], "Enter diagnostic-signature configuration mode"),
    row(Mode::CallHome, Verb::End, &[Word("end")], "Exit from configure mode"),
    row(Mode::CallHome, Verb::Exit, &[Word("exit")], "Exit from call-home configuration mode"),
    row(Mode::CallHome, Verb::ResolveIpv4First, &[Word("http"), Word("resolve-hostname"), Word("ipv4-first")], "Set parameters for http transport method"),
    row(Mode::CallHome, Verb::ServerIdentityCheck, &[Word("http"), Word("secure"), Word("server-identity-check")], "Set parameters for http transport method"),
    row(Mode::CallHome, Verb::HttpProxy, &[Word("http-proxy"), Value(Host), Word("port"), Value(Integer { min: 1, max: 65535 })], "Specify proxy server for http request"),
    row(Mode::CallHome, Verb::MailServer, &[Word("mail-server"), Value(Host), Word("priority"), Value(Integer { min: 1, max: 100 })], "Configure call-home mail_server"),
    row(Mode::CallHome, Verb::MailServer, &[Word("mail-server"), Value(Host), Word("priority"), Value(Integer { min: 1, max: 100 }), Word("secure"), OneOf(&["none", "tls"])], "Configure call-home mail_server"),
    row(Mode::CallHome, Verb::PhoneNumber, &[Word("phone-number"), Value(Phone)], "Phone number of the contact person"),
    row(Mode::CallHome, Verb::EnterProfile, &[Word("profile"), Value(ProfileName)], "Enter call-home profile configuration mode"),
    row(Mode::CallHome, Verb::RateLimit, &[Word("rate-limit"), Value(Integer { min: 1, max: 60 })], "Configure call-home message rate-limit threshold"),
    row(Mode::CallHome, Verb::RenameProfile, &[Word("rename"), Word("profile"), Value(ProfileName), Value(ProfileName)], "Rename a call-home profile"),
    row(Mode::CallHome, Verb::SenderFrom, &[Word("sender"), Word("from"), Value(Email)], "Call home msg's sender email addresses"),
    row(Mode::CallHome, Verb::SenderReplyTo, &[Word("sender"), Word("reply-to"), Value(Email)], "Call home msg's sender email addresses"),
    row(Mode::CallHome, Verb::SiteId, &[Word("site-id"), Value(Text { max: 200 })], "Site identification for Cisco Smart Call Home"),
    row(Mode::CallHome, Verb::SourceInterface, &[Word("source-interface"), INTERFACE], "Source interface name to send call-home messages"),
    row(Mode::CallHome, Verb::SourceIpAddress, &[Word("source-ip-address"), Value(Text { max: 64 })], "Source ip address to send call-home messages"),
    row(Mode::CallHome, Verb::StreetAddress, &[Word("street-address"), Value(Text { max: 200 })], "Street address for RMA part shipments"),
    row(Mode::CallHome, Verb::SyslogThrottling, &[Word("syslog-throttling")], "Enable or disable call-home syslog message throttling"),
    row(Mode::CallHome, Verb::Vrf, &[Word("vrf"), Value(Text { max: 32 })], "VPN Routing/Forwarding instance name"),
];

#[rustfmt::skip]
static PROFILE: &[Row] = &[
    row(Mode::Profile, Verb::Active, &[Word("active")], "Activate the current profile"),
    row(Mode::Profile, Verb::Anonymous, &[Word("anonymous-reporting-only")], "Send only crash, inventory and test messages, without identity"),
    row(Mode::Profile, Verb::DestinationEmail, &[Word("destination"), Word("address"), Word("email"), Value(Email)], "Message destination related configuration"),
    row(Mode::Profile, Verb::DestinationUrl, &[Word("destination"), Word("address"), Word("http"), Value(Url)], "Message destination related configuration"),
    row(Mode::Profile, Verb::SizeLimit, &[Word("destination"), Word("message-size-limit"), Value(Integer { min: 50, max: 3_145_728 })], "Message destination related configuration"),
    row(Mode::Profile, Verb::Format, &[Word("destination"), Word("preferred-msg-format"), OneOf(&["long-text", "short-text", "xml"])], "Message destination related configuration"),
    row(Mode::Profile, Verb::Transport, &[Word("destination"), Word("transport-method"), OneOf(&["email", "http"])], "Message destination related configuration"),
    row(Mode::Profile, Verb::End, &[Word("end")], "Exit from configure mode"),
    row(Mode::Profile, Verb::Exit, &[Word("exit")], "Exit from call-home profile configuration mode"),
    row(Mode::Profile, Verb::Reporting, &[Word("reporting"), OneOf(&["all", "smart-call-home-data", "smart-licensing-data"])], "Choose what data to report"),
    row(Mode::Profile, Verb::SubscribeAll, &[Word("subscribe-to-alert-group"), Word("all")], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeGroup, &[Word("subscribe-to-alert-group"), OneOf(&["configuration", "crash", "inventory", "snapshot"])], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeSeverity, &[Word("subscribe-to-alert-group"), OneOf(&["diagnostic", "environment"])], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeSeverity, &[Word("subscribe-to-alert-group"), OneOf(&["diagnostic", "environment"]), Word("severity"), SEVERITY], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeSyslog, &[Word("subscribe-to-alert-group"), Word("syslog")], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeSyslog, &[Word("subscribe-to-alert-group"), Word("syslog"), Word("severity"), SEVERITY], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeSyslog, &[Word("subscribe-to-alert-group"), Word("syslog"), Word("severity"), SEVERITY, Word("pattern"), Value(Pattern)], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::SubscribeSyslog, &[Word("subscribe-to-alert-group"), Word("syslog"), Word("pattern"), Value(Pattern)], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::Periodic, &[Word("subscribe-to-alert-group"), SCHEDULED, Word("periodic"), Word("daily"), Value(TimeOfDay)], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::Periodic, &[Word("subscribe-to-alert-group"), SCHEDULED, Word("periodic"), Word("weekly"), WEEKDAY, Value(TimeOfDay)], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::Periodic, &[Word("subscribe-to-alert-group"), SCHEDULED, Word("periodic"), Word("monthly"), Value(Integer { min: 1, max: 31 }), Value(TimeOfDay)], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::Periodic, &[Word("subscribe-to-alert-group"), OneOf(&["snapshot"]), Word("periodic"), Word("hourly"), Value(Integer { min: 0, max: 59 })], "Subscribe to alert-group"),
    row(Mode::Profile, Verb::Periodic, &[Word("subscribe-to-alert-group"), OneOf(&["snapshot"]), Word("periodic"), Word("interval"), Value(Integer { min: 1, max: 60 })], "Subscribe to alert-group"),
];

#[rustfmt::skip]
static SNAPSHOT: &[Row] = &[
    row(Mode::Snapshot, Verb::AddCommand, &[Word("add-command"), Value(Text { max: 128 })], "Add a command to the snapshot"),
    row(Mode::Snapshot, Verb::End, &[Word("end")], "Exit from configure mode"),
    row(Mode::Snapshot, Verb::Exit, &[Word("exit")], "Exit from call-home snapshot configuration mode"),
];

#[rustfmt::skip]
static SIGNATURE: &[Row] = &[
    row(Mode::DiagnosticSignature, Verb::SignatureActive, &[Word("active")], "Fetch and run diagnostic signatures"),
    row(Mode::DiagnosticSignature, Verb::SignatureEnvironment, &[Word("environment"), Value(Line)], "Set a variable of diagnostic signatures"),
    row(Mode::DiagnosticSignature, Verb::SignatureProfile, &[Word("profile"), Value(ProfileName)], "Profile by which diagnostic signatures are fetched"),
    row(Mode::DiagnosticSignature, Verb::End, &[Word("end")], "Exit from configure mode"),
    row(Mode::DiagnosticSignature, Verb::Exit, &[Word("exit")], "Exit from diagnostic-signature configuration mode"),
];

/// Commands of devices that begin like a complete command of the table and go on differently.
const OTHER_COMMANDS: &[&[&str]] = &[
    &["ip", "domain", "name", "vrf"],
    &["ip", "domain-name", "vrf"],
    &["vrf", "definition"],
    &["vrf", "upgrade-cli"],
];

/// Whether `typed` begins a command that the table does not hold, though it holds one like it.
pub(crate) fn begins_another_command(typed: &[super::words::Word<'_>]) -> bool {
    let same = |(word, keyword): (&super::words::Word<'_>, &&str)| {
        !word.quoted && keyword.eq_ignore_ascii_case(word.text)
    };
    OTHER_COMMANDS
        .iter()
        .any(|other| typed.len() >= other.len() && typed.iter().zip(*other).all(same))
}

/// How keywords may be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spelling {
    /// In full, as configurations are printed.
    Full,
    /// Abbreviated, as people type.
    Abbreviated,
}

/// Whether a command of `rows` begins with the words `typed` and expects a value next.
pub(crate) fn expects_value(
    mut rows: impl Iterator<Item = &'static Row>,
    typed: &[super::words::Word<'_>],
    spelling: Spelling,
) -> bool {
    rows.any(|row| {
        let next = row.tokens.get(typed.len());
        begins_with(row, typed, spelling) && matches!(next, Some(OneOf(_) | Flags(_) | Value(_)))
    })
}

/// Whether the words `typed` are a command of `rows`.
pub(crate) fn is_complete(
    mut rows: impl Iterator<Item = &'static Row>,
    typed: &[super::words::Word<'_>],
    spelling: Spelling,
) -> bool {
    rows.any(|row| row.tokens.len() == typed.len() && begins_with(row, typed, spelling))
}

/// Whether the keywords of `row` among its first words are those of `typed`.
fn begins_with(row: &Row, typed: &[super::words::Word<'_>], spelling: Spelling) -> bool {
    let mut pairs = row.tokens.iter().zip(typed);
    pairs.all(|(token, word)| match (token, spelling) {
        (Word(keyword), Spelling::Full) => keyword.eq_ignore_ascii_case(word.text),
        (Word(keyword), Spelling::Abbreviated) => matching::starts_with(keyword, word.text),
        (OneOf(_) | Flags(_) | Value(_), _) => true,
    })
}

/// The severity with this keyword.
pub(crate) fn severity(keyword: &str) -> Option<Severity> {
    Severity::ALL
        .into_iter()
        .find(|severity| severity.keyword() == keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_keywords_of_the_table_are_those_of_the_type() {
        let keywords = Severity::ALL.map(Severity::keyword);
        assert_eq!(SEVERITIES, keywords);
    }

    #[test]
    fn every_row_stands_in_the_list_of_its_mode_and_starts_with_a_keyword() {
        for row in GRAMMAR.iter().flat_map(|rows| rows.iter()) {
            assert!(rows(row.mode).iter().any(|other| std::ptr::eq(other, row)));
            assert!(matches!(row.tokens[0], Word(_)), "{row:?}");
            assert!(!row.help.is_empty());
        }
    }
}
