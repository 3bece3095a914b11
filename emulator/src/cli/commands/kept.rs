//! Commands that the emulator does not interpret: the running configuration keeps them as they are
//! typed. What begins with none of these words is refused.

use crate::config::{
    Mode,
    grammar::{
        Argument, Row,
        Token::{Argument as Value, OneOf},
    },
};

#[rustfmt::skip]
const GLOBAL: &[&str] = &[
    "aaa", "access-list", "alias", "arp", "boot", "card", "cdp", "class-map", "clock", "config-register",
    "controller", "crypto", "diagnostic", "dial-peer", "dot1x", "enable", "errdisable", "event", "exception",
    "flow", "frame-relay", "hw-module", "interface", "ip", "ipv6", "isdn", "key", "line", "lldp",
    "logging", "mac", "memory", "memory-size", "mls", "module", "mpls", "multilink", "network-clock", "ntp",
    "object-group", "parser", "platform", "policy-map", "port-channel", "power", "privilege", "radius",
    "radius-server", "route-map", "router", "scheduler", "security", "service", "snmp-server",
    "spanning-tree", "subscriber", "switch", "system", "tacacs", "tacacs-server", "tftp-server", "track",
    "transceiver", "udld", "username", "version", "vlan", "voice", "voice-card", "vrf", "vtp", "zone",
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
    "arp", "authentication", "bandwidth", "carrier-delay", "cdp", "channel-group", "clock", "crypto",
    "delay", "description", "dialer", "dot1x", "duplex", "encapsulation", "hold-queue", "ip", "ipv6",
    "keepalive", "lldp", "load-interval", "logging", "media-type", "mls", "mpls", "mtu", "negotiation", "ntp",
    "peer", "power", "ppp", "service-policy", "snmp", "spanning-tree", "speed", "standby", "storm-control",
    "switchport", "tunnel", "udld", "vrf", "vrrp", "zone-member",
];
const INTERFACE_ALONE: &[&str] = &["fair-queue", "keepalive", "mab", "switchport"];

#[rustfmt::skip]
const LINE: &[&str] = &[
    "access-class", "authorization", "databits", "escape-character", "exec-timeout", "flowcontrol",
    "history", "ipv6", "length", "location", "logging", "login", "password", "privilege", "rotary",
    "session-timeout", "speed", "stopbits", "transport", "width",
];
const LINE_ALONE: &[&str] = &["exec", "exec-timeout", "login", "monitor"];

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
    Row::kept(Mode::Line, &[OneOf(LINE_ALONE)]),
    Row::kept(Mode::Trustpoint, &[OneOf(TRUSTPOINT), REST]),
    Row::kept(Mode::Redundancy, &[OneOf(REDUNDANCY), REST]),
    Row::kept(Mode::Section, &[REST]),
];
