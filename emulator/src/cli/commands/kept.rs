//! Commands that the emulator does not interpret: the running configuration keeps them. Those that
//! clients and people type most are checked word by word ([`global`], [`parts`]); of the others only
//! the first word is known, and what begins with none of these words is refused.

pub(super) mod global;
pub(super) mod parts;

use crate::config::{
    Mode,
    grammar::{
        Argument, Row,
        Token::{Argument as Value, OneOf},
    },
};

#[rustfmt::skip]
const GLOBAL: &[&str] = &[
    "aaa", "access-list", "alias", "arp", "boot", "card", "cdp", "class-map", "config-register",
    "controller", "crypto", "diagnostic", "dial-peer", "dot1x", "enable", "errdisable", "event", "exception",
    "flow", "frame-relay", "hw-module", "interface", "ipv6", "isdn", "key", "lldp",
    "mac", "memory", "memory-size", "mls", "module", "mpls", "multilink", "network-clock",
    "object-group", "parser", "platform", "policy-map", "port-channel", "power", "privilege", "radius",
    "radius-server", "route-map", "router", "scheduler", "security",
    "spanning-tree", "subscriber", "switch", "system", "tacacs", "tacacs-server", "tftp-server", "track",
    "transceiver", "udld", "version", "vlan", "voice", "voice-card", "vrf", "vtp", "zone",
    "zone-pair",
];
const GLOBAL_ALONE: &[&str] = &[
    "archive",
    "control-plane",
    "gatekeeper",
    "redundancy",
    "sip-ua",
];

#[rustfmt::skip]
const INTERFACE: &[&str] = &[
    "arp", "authentication", "carrier-delay", "cdp", "channel-group", "clock", "crypto",
    "dialer", "dot1x", "encapsulation", "hold-queue", "ipv6",
    "keepalive", "lldp", "logging", "media-type", "mls", "mpls", "negotiation", "ntp",
    "peer", "power", "ppp", "service-policy", "snmp", "spanning-tree", "standby", "storm-control",
    "switchport", "tunnel", "udld", "vrf", "vrrp", "zone-member",
];
const INTERFACE_ALONE: &[&str] = &["fair-queue", "keepalive", "mab", "switchport"];

#[rustfmt::skip]
const LINE: &[&str] = &[
    "authorization", "databits", "escape-character", "flowcontrol", "ipv6", "rotary", "speed", "stopbits",
];
const LINE_ALONE: &[&str] = &["exec", "monitor"];

const TRUSTPOINT: &[&str] = &[
    "auto-enroll",
    "crl",
    "enrollment",
    "fingerprint",
    "fqdn",
    "ip-address",
    "password",
    "revocation-check",
    "rsakeypair",
    "serial-number",
    "source",
    "subject-name",
    "usage",
    "vrf",
];
const REDUNDANCY: &[&str] = &["main-cpu", "mode"];

const REST: crate::config::grammar::Token = Value(Argument::Line);

pub(super) static ROWS: &[Row] = &[
    Row::kept(Mode::Global, &[OneOf(GLOBAL), REST]),
    Row::kept(Mode::Global, &[OneOf(GLOBAL_ALONE)]),
    Row::kept(Mode::Interface, &[OneOf(INTERFACE), REST]),
    Row::kept(Mode::Interface, &[OneOf(INTERFACE_ALONE)]),
    Row::kept(Mode::Line, &[OneOf(LINE), REST]),
    Row::checked(Mode::Line, &[OneOf(LINE_ALONE)]),
    Row::kept(Mode::Trustpoint, &[OneOf(TRUSTPOINT), REST]),
    Row::kept(Mode::Redundancy, &[OneOf(REDUNDANCY), REST]),
    Row::kept(Mode::Section, &[REST]),
];
