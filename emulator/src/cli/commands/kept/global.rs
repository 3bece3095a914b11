//! Global commands that are kept and checked: address and name of the device, its log, its users, its
//! clock, its management.

use crate::config::{
    Mode,
    grammar::{
        Argument, Row,
        Token::{self, Argument as Value, Flags, OneOf, Word},
    },
};

const REST: Token = Value(Argument::Line);
const ADDRESS: Token = Value(Argument::Address);
const INTERFACE: Token = Value(Argument::Interface);
const HOST: Token = Value(Argument::Host);
const NAME: Token = Value(Argument::Text { max: 64 });
const LEVEL_NUMBER: Token = Value(Argument::Integer { min: 0, max: 7 });
const LEVEL: Token = OneOf(&[
    "alerts",
    "critical",
    "debugging",
    "emergencies",
    "errors",
    "informational",
    "notifications",
    "warnings",
]);
const LINE_NUMBER: Token = Value(Argument::Integer { min: 0, max: 1869 });
const PRIVILEGE: Token = Value(Argument::Integer { min: 0, max: 15 });
const DISTANCE: Token = Value(Argument::Integer { min: 1, max: 255 });
const SECRET: Token = OneOf(&["password", "secret"]);
const ROUTE_OPTION: Token = OneOf(&["name", "tag", "track"]);
#[rustfmt::skip]
const FACILITY: Token = OneOf(&[
    "auth", "cron", "daemon", "kern", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7", "lpr", "mail", "news", "syslog", "user", "uucp",
]);

const fn row(tokens: &'static [Token]) -> Row {
    Row::checked(Mode::Global, tokens)
}

#[rustfmt::skip]
const LOGGING_HELP: &[(&str, &str)] = &[
    ("console", "Set console logging parameters"),
    ("history", "Configure syslog history table"),
    ("monitor", "Set terminal line (monitor) logging parameters"),
];

#[rustfmt::skip]
pub(in crate::cli::commands) static LOGGING: &[Row] = &[
    row(&[Word("logging"), ADDRESS]),
    row(&[Word("logging"), Word("host"), HOST]),
    row(&[Word("logging"), Word("host"), HOST, OneOf(&["discriminator", "transport", "vrf"]), REST]),
    row(&[Word("logging"), OneOf(&["console", "count", "monitor", "on", "trap", "userinfo"])]).with_help(LOGGING_HELP),
    row(&[Word("logging"), OneOf(&["console", "history", "monitor", "trap"]), LEVEL]).with_help(LOGGING_HELP),
    row(&[Word("logging"), OneOf(&["console", "history", "monitor", "trap"]), LEVEL_NUMBER]).with_help(&[("<0-7>", "Logging severity level")]),
    row(&[Word("logging"), Word("facility"), FACILITY]),
    row(&[Word("logging"), Word("source-interface"), INTERFACE]),
    row(&[Word("logging"), Word("queue-limit"), Value(Argument::Integer { min: 100, max: 2_147_483_647 })]),
    row(&[Word("logging"), Word("rate-limit"), Value(Argument::Integer { min: 1, max: 10_000 })]),
    row(&[Word("logging"), OneOf(&["discriminator", "event", "exception", "message-counter", "origin-id", "persistent"]), REST]),
];

#[rustfmt::skip]
pub(in crate::cli::commands) static USERS: &[Row] = &[
    row(&[Word("username"), NAME]).with_help(&[("WORD", "User name")]),
    row(&[Word("username"), NAME, Word("nopassword")]),
    row(&[Word("username"), NAME, SECRET, REST]).with_help(&[("LINE", "The secret, behind its type where it is encrypted")]),
    row(&[Word("username"), NAME, Word("privilege"), PRIVILEGE]).with_help(&[("<0-15>", "User privilege level")]),
    row(&[Word("username"), NAME, Word("privilege"), PRIVILEGE, Word("nopassword")]),
    row(&[Word("username"), NAME, Word("privilege"), PRIVILEGE, SECRET, REST]),
    row(&[Word("username"), NAME, OneOf(&["access-class", "autocommand", "view"]), REST]),
    row(&[Word("line"), OneOf(&["aux", "console"]), Value(Argument::Integer { min: 0, max: 0 })]).with_help(&[("<0-0>", "First line number")]),
    row(&[Word("line"), OneOf(&["tty", "vty"]), LINE_NUMBER]).with_help(&[("<0-1869>", "First line number")]),
    row(&[Word("line"), OneOf(&["tty", "vty"]), LINE_NUMBER, LINE_NUMBER]).with_help(&[("<0-1869>", "Last line number")]),
    row(&[Word("line"), LINE_NUMBER]).with_help(&[("<0-1869>", "First line number")]),
    row(&[Word("line"), LINE_NUMBER, LINE_NUMBER]).with_help(&[("<0-1869>", "Last line number")]),
];

const STAMP: &[&str] = &["localtime", "msec", "show-timezone", "year"];

#[rustfmt::skip]
pub(in crate::cli::commands) static SERVICES: &[Row] = &[
    row(&[Word("service"), Word("timestamps")]),
    row(&[Word("service"), Word("timestamps"), Word("debug")]).with_help(&[("debug", "Timestamp debug messages")]),
    row(&[Word("service"), Word("timestamps"), Word("debug"), Word("uptime")]).with_help(&[("debug", "Timestamp debug messages")]),
    row(&[Word("service"), Word("timestamps"), Word("debug"), Word("datetime"), Flags(STAMP)]).with_help(&[("debug", "Timestamp debug messages")]),
    row(&[Word("service"), OneOf(&["compress-config", "config", "counters", "dhcp", "finger", "linenumber", "nagle", "pad", "password-encryption", "password-recovery", "prompt", "sequence-numbers", "slave-log", "tcp-keepalives-in", "tcp-keepalives-out", "udp-small-servers", "tcp-small-servers", "unsupported-transceiver"])]),
    row(&[Word("service"), Word("counters"), Word("max"), Word("age"), Value(Argument::Integer { min: 0, max: 60 })]),
    row(&[Word("service"), Word("prompt"), Word("config")]),
    row(&[Word("clock"), OneOf(&["calendar-valid", "initialize"])]),
    row(&[Word("clock"), Word("summer-time"), NAME, Word("date"), REST]),
    row(&[Word("ntp"), OneOf(&["authenticate", "logging", "master", "update-calendar"])]),
    row(&[Word("ntp"), Word("master"), Value(Argument::Integer { min: 1, max: 15 })]).with_help(&[("<1-15>", "Stratum number")]),
    row(&[Word("ntp"), Word("source"), INTERFACE]).with_help(&[("source", "Configure interface for source address")]),
    row(&[Word("ntp"), Word("trusted-key"), Value(Argument::Integer { min: 1, max: 65_535 })]),
    row(&[Word("ntp"), Word("authentication-key"), Value(Argument::Integer { min: 1, max: 65_535 }), REST]),
    row(&[Word("ntp"), OneOf(&["access-group", "allow", "max-associations"]), REST]),
    row(&[Word("ntp"), OneOf(&["peer", "server"]), HOST]).with_help(&[("peer", "Configure NTP peer"), ("server", "Configure NTP server")]),
    row(&[Word("ntp"), OneOf(&["peer", "server"]), HOST, Flags(&["burst", "iburst", "prefer"])]),
    row(&[Word("ntp"), OneOf(&["peer", "server"]), HOST, OneOf(&["key", "maxpoll", "minpoll", "source", "version"]), REST]).with_help(&[("key", "Configure peer authentication key"), ("source", "Interface for source address"), ("version", "Configure NTP version")]),
    row(&[Word("ntp"), OneOf(&["peer", "server"]), Word("vrf"), NAME, HOST]),
    row(&[Word("ntp"), OneOf(&["peer", "server"]), Word("vrf"), NAME, HOST, OneOf(&["burst", "iburst", "key", "maxpoll", "minpoll", "prefer", "source", "version"]), REST]),
];

#[rustfmt::skip]
pub(in crate::cli::commands) static SNMP: &[Row] = &[
    row(&[Word("snmp-server"), Word("community"), NAME]).with_help(&[("WORD", "SNMP community string")]),
    row(&[Word("snmp-server"), Word("community"), NAME, OneOf(&["ro", "rw"])]),
    row(&[Word("snmp-server"), Word("community"), NAME, OneOf(&["ro", "rw"]), NAME]).with_help(&[("WORD", "Access list or community string")]),
    row(&[Word("snmp-server"), Word("community"), NAME, Word("view"), REST]),
    row(&[Word("snmp-server"), OneOf(&["chassis-id", "contact", "location"]), REST]).with_help(&[("location", "Text for mib object sysLocation")]),
    row(&[Word("snmp-server"), Word("host"), HOST, REST]),
    row(&[Word("snmp-server"), OneOf(&["source-interface", "trap-source"]), INTERFACE]),
    row(&[Word("snmp-server"), Word("source-interface"), OneOf(&["informs", "traps"]), INTERFACE]),
    row(&[Word("snmp-server"), Word("ifindex"), Word("persist")]),
    row(&[Word("snmp-server"), Word("packetsize"), Value(Argument::Integer { min: 484, max: 17_940 })]),
    row(&[Word("snmp-server"), Word("queue-length"), Value(Argument::Integer { min: 1, max: 5_000 })]),
    row(&[Word("snmp-server"), Word("system-shutdown")]),
    row(&[Word("snmp-server"), Word("enable"), Word("informs")]).with_help(&[("enable", "Enable SNMP traps or informs")]),
    row(&[Word("snmp-server"), Word("enable"), Word("traps")]),
    row(&[Word("snmp-server"), Word("enable"), Word("traps"), OneOf(SNMP_TRAPS)]),
    row(&[Word("snmp-server"), Word("enable"), Word("traps"), OneOf(SNMP_TRAPS), REST]),
    row(&[Word("snmp-server"), OneOf(&["engineID", "group", "user", "view"]), REST]),
];

#[rustfmt::skip]
const SNMP_TRAPS: &[&str] = &[
    "aaa_server", "bgp", "bridge", "config", "config-copy", "cpu", "entity", "envmon", "flash", "hsrp",
    "license", "mac-notification", "ospf", "power-ethernet", "rf", "snmp", "stackwise", "syslog", "tty", "vtp",
];

#[rustfmt::skip]
const BEHIND_IP: &[&str] = &[
    "access-list", "accounting-threshold", "arp", "as-path", "community-list", "default-gateway",
    "default-network", "dhcp", "explicit-path", "flow-export", "forward-protocol", "ftp", "host", "icmp", "igmp",
    "local", "multicast-routing", "name-server", "nat", "pim", "prefix-list", "radius", "rsvp", "scp", "sla",
    "ssh", "tacacs", "tcp", "telnet", "tftp", "vrf",
];

#[rustfmt::skip]
const BEHIND_IP_ALONE: &[&str] = &[
    "cef", "classless", "domain-lookup", "gratuitous-arps", "multicast-routing", "routing", "source-route",
    "subnet-zero",
];

#[rustfmt::skip]
pub(in crate::cli::commands) static IP: &[Row] = &[
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, ADDRESS]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, ADDRESS, DISTANCE]).with_help(&[("<1-255>", "Distance metric for this route")]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, ADDRESS, Word("permanent")]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, ADDRESS, ROUTE_OPTION, REST]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, ADDRESS, DISTANCE, ROUTE_OPTION, REST]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, INTERFACE]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, INTERFACE, DISTANCE]).with_help(&[("<1-255>", "Distance metric for this route")]),
    row(&[Word("ip"), Word("route"), ADDRESS, ADDRESS, INTERFACE, ADDRESS]),
    row(&[Word("ip"), Word("route"), Word("vrf"), NAME, ADDRESS, ADDRESS, REST]),
    row(&[Word("ip"), Word("domain"), OneOf(&["lookup", "round-robin"])]),
    row(&[Word("ip"), Word("domain"), Word("lookup"), Word("source-interface"), INTERFACE]),
    row(&[Word("ip"), Word("domain"), Word("list"), NAME]),
    row(&[Word("ip"), Word("domain"), OneOf(&["retry", "timeout"]), Value(Argument::Integer { min: 0, max: 3_600 })]),
    row(&[Word("ip"), OneOf(&["domain-list", "domain-name"]), NAME]),
    row(&[Word("ip"), Word("domain"), Word("name"), Word("vrf"), NAME, NAME]),
    row(&[Word("ip"), Word("domain-name"), Word("vrf"), NAME, NAME]),
    row(&[Word("ip"), Word("http"), OneOf(&["secure-server", "server"])]),
    row(&[Word("ip"), Word("http"), Word("port"), Value(Argument::Integer { min: 1, max: 65_535 })]),
    row(&[Word("ip"), Word("http"), Word("max-connections"), Value(Argument::Integer { min: 1, max: 16 })]),
    row(&[Word("ip"), Word("http"), OneOf(&["access-class", "authentication", "path", "secure-trustpoint", "timeout-policy"]), REST]),
    row(&[Word("ip"), OneOf(BEHIND_IP_ALONE)]),
    row(&[Word("ip"), OneOf(BEHIND_IP), REST]),
];
