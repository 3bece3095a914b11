//! Commands of interfaces and lines that are kept and checked.

use crate::config::{
    Mode,
    grammar::{
        Argument, Row,
        Token::{self, Argument as Value, Flags, OneOf, Word},
    },
};

const REST: Token = Value(Argument::Line);
const ADDRESS: Token = Value(Argument::Address);

const fn number(min: i64, max: i64) -> Token {
    Value(Argument::Integer { min, max })
}

const fn interface(tokens: &'static [Token]) -> Row {
    Row::checked(Mode::Interface, tokens)
}

const fn line(tokens: &'static [Token]) -> Row {
    Row::checked(Mode::Line, tokens)
}

#[rustfmt::skip]
const BEHIND_IP: &[&str] = &[
    "access-group", "authentication", "bandwidth-percent", "dhcp", "flow", "helper-address", "igmp", "mtu", "nat",
    "ospf", "pim", "policy", "rip", "summary-address", "tcp", "unnumbered", "verify", "vrf",
];

#[rustfmt::skip]
const BEHIND_IP_ALONE: &[&str] = &[
    "directed-broadcast", "mask-reply", "mroute-cache", "proxy-arp", "redirects", "route-cache", "split-horizon",
    "unreachables", "virtual-reassembly",
];

#[rustfmt::skip]
pub(in crate::cli::commands) static INTERFACE: &[Row] = &[
    interface(&[Word("ip"), Word("address"), ADDRESS, ADDRESS]).with_help(&[("address", "Set the IP address of an interface")]),
    interface(&[Word("ip"), Word("address"), ADDRESS, ADDRESS, Word("secondary")]),
    interface(&[Word("ip"), Word("address"), OneOf(&["dhcp", "negotiated"])]).with_help(&[("address", "Set the IP address of an interface"), ("dhcp", "IP address negotiated via DHCP")]),
    interface(&[Word("ip"), OneOf(BEHIND_IP_ALONE)]),
    interface(&[Word("ip"), OneOf(BEHIND_IP), REST]),
    interface(&[Word("description"), REST]).with_help(&[("LINE", "Up to 200 characters describing this interface")]),
    interface(&[Word("duplex"), OneOf(&["auto", "full", "half"])]),
    interface(&[Word("speed"), OneOf(&["10", "100", "1000", "10000", "auto"])]),
    interface(&[Word("bandwidth"), number(1, 10_000_000)]).with_help(&[("<1-10000000>", "Bandwidth in kilobits")]),
    interface(&[Word("delay"), number(1, 16_777_215)]).with_help(&[("<1-16777215>", "Throughput delay (tens of microseconds)")]),
    interface(&[Word("load-interval"), number(30, 600)]).with_help(&[("<30-600>", "Load interval delay in seconds")]),
    interface(&[Word("mtu"), number(64, 18_000)]).with_help(&[("<64-18000>", "MTU size in bytes")]),
];

#[rustfmt::skip]
pub(in crate::cli::commands) static LINE: &[Row] = &[
    line(&[Word("exec-timeout"), number(0, 35_791)]).with_help(&[("<0-35791>", "Timeout in minutes")]),
    line(&[Word("exec-timeout"), number(0, 35_791), number(0, 2_147_483)]).with_help(&[("<0-2147483>", "Timeout in seconds")]),
    line(&[Word("session-timeout"), number(0, 35_791)]).with_help(&[("<0-35791>", "Session timeout interval in minutes")]),
    line(&[Word("history"), Word("size"), number(0, 256)]).with_help(&[("<0-256>", "Size of history buffer"), ("history", "Enable and control the command history function")]),
    line(&[Word("length"), number(0, 512)]).with_help(&[("<0-512>", "Number of lines on screen (0 for no pausing)")]),
    line(&[Word("width"), number(0, 512)]).with_help(&[("<0-512>", "Number of characters on a screen line")]),
    line(&[Word("location"), REST]),
    line(&[Word("logging"), Word("synchronous")]),
    line(&[Word("logging"), Word("synchronous"), OneOf(&["level", "limit"]), REST]),
    line(&[Word("login")]),
    line(&[Word("login"), Word("local")]),
    line(&[Word("login"), Word("authentication"), Value(Argument::Text { max: 64 })]),
    line(&[Word("password"), REST]).with_help(&[("LINE", "The password, behind its type where it is encrypted")]),
    line(&[Word("privilege"), Word("level"), number(0, 15)]).with_help(&[("<0-15>", "Default privilege level for line")]),
    line(&[Word("access-class"), Value(Argument::Text { max: 64 }), OneOf(&["in", "out"])]),
    line(&[Word("access-class"), Value(Argument::Text { max: 64 }), Word("in"), Word("vrf-also")]),
    line(&[Word("transport"), Word("preferred"), OneOf(&["none", "ssh", "telnet"])]),
    line(&[Word("transport"), OneOf(&["input", "output"]), OneOf(&["all", "none"])]),
    line(&[Word("transport"), OneOf(&["input", "output"]), Flags(&["ssh", "telnet", "rlogin"])]),
];
