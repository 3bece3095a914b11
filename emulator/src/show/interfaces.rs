//! Interfaces: what state they are in, and the outputs about them.
//!
//! Their state follows from the running configuration: on a router an interface is shut down until
//! somebody configures it, on a switch a port is up unless it is shut down.

use crate::{
    device::DeviceView,
    platform::DeviceKind,
    template::{Slot, SlotValues},
    text::{push, push_line},
};

/// One interface of a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Interface {
    pub(crate) name: String,
    /// Address and mask as configured.
    address: Option<(String, String)>,
    description: Option<String>,
    pub(crate) is_shut_down: bool,
}

impl Interface {
    fn status(&self) -> &'static str {
        if self.is_shut_down {
            "administratively down"
        } else {
            "up"
        }
    }

    fn protocol(&self) -> &'static str {
        if self.is_shut_down { "down" } else { "up" }
    }

    /// Kilobits per second, by the kind of interface.
    fn bandwidth_kbit(&self) -> u32 {
        let kinds = [
            ("TenGigabitEthernet", 10_000_000),
            ("FastEthernet", 100_000),
            ("Serial", 1_544),
            ("Loopback", 8_000_000),
            ("Tunnel", 100),
        ];
        let own = kinds.iter().find(|(kind, _)| self.name.starts_with(kind));
        own.map_or(1_000_000, |(_, bandwidth)| *bandwidth)
    }

    fn is_ethernet(&self) -> bool {
        self.has_socket() || self.name.starts_with("Vlan")
    }

    /// Whether a cable can be put in.
    fn has_socket(&self) -> bool {
        self.name.contains("Ethernet")
    }

    fn encapsulation(&self) -> &'static str {
        if self.is_ethernet() {
            "ARPA"
        } else if self.name.starts_with("Loopback") {
            "LOOPBACK"
        } else if self.name.starts_with("Tunnel") {
            "TUNNEL"
        } else {
            "HDLC"
        }
    }

    /// Whether the interface is up and has the address `address`.
    pub(crate) fn answers_at(&self, address: std::net::Ipv4Addr) -> bool {
        let own = self.address.as_ref().map(|(own, _)| own.parse());
        !self.is_shut_down && own == Some(Ok(address))
    }
}

/// The interfaces of the model and those that the configuration adds, in that order.
pub(crate) fn interfaces(view: &DeviceView<'_>) -> Vec<Interface> {
    let lines: Vec<String> = view.running().verbatim.lines().collect();
    let headers = lines
        .iter()
        .filter_map(|line| line.strip_prefix("interface "));
    let own = view.platform().interfaces.iter().map(String::as_str);
    let mut names: Vec<&str> = own.collect();
    for header in headers {
        if !names.contains(&header) {
            names.push(header);
        }
    }
    let named = names.into_iter();
    named.map(|name| interface(view, &lines, name)).collect()
}

fn interface(view: &DeviceView<'_>, lines: &[String], name: &str) -> Interface {
    let header = format!("interface {name}");
    let position = lines.iter().position(|line| *line == header);
    let values = view.identity_values();
    let below = position.map_or(&[][..], |position| &lines[position + 1..]);
    let section: Vec<String> = below
        .iter()
        .take_while(|line| line.starts_with(' '))
        .map(|line| crate::template::Template::of_identity(line.trim_start()).fill(&values))
        .map(|line| line.to_string())
        .collect();
    let behind = |command: &str| section.iter().find_map(|line| line.strip_prefix(command));
    let address = behind("ip address ").and_then(|address| {
        let (address, mask) = address.split_once(' ')?;
        Some((address.to_owned(), mask.to_owned()))
    });
    let configured = position.is_some() || view.platform().kind == DeviceKind::Switch;
    Interface {
        name: name.to_owned(),
        address,
        description: behind("description ").map(str::to_owned),
        is_shut_down: !configured || section.iter().any(|line| line == "shutdown"),
    }
}

/// Appends `show ip interface brief`.
pub(crate) fn push_brief(out: &mut Vec<u8>, view: &DeviceView<'_>) {
    push_line(
        out,
        "Interface                  IP-Address      OK? Method Status                Protocol",
    );
    let set = if view.running() == view.startup() {
        "NVRAM"
    } else {
        "manual"
    };
    for interface in interfaces(view) {
        let (address, method) = match &interface.address {
            Some((address, _)) => (address.as_str(), set),
            None => ("unassigned", "unset"),
        };
        let (name, status, protocol) = (&interface.name, interface.status(), interface.protocol());
        push_line(
            out,
            &format!("{name:<26} {address:<15} YES {method:<6} {status:<21} {protocol:<8}"),
        );
    }
}

/// Appends `show interfaces description`.
pub(crate) fn push_descriptions(out: &mut Vec<u8>, view: &DeviceView<'_>) {
    push_line(
        out,
        "Interface                      Status         Protocol Description",
    );
    for interface in interfaces(view) {
        let status = if interface.is_shut_down {
            "admin down"
        } else {
            "up"
        };
        let (name, protocol) = (short(&interface.name), interface.protocol());
        let description = interface.description.as_deref().unwrap_or_default();
        let line = format!("{name:<30} {status:<14} {protocol:<8} {description}");
        push_line(out, line.trim_end());
    }
}

/// The short name of an interface, as lists print it.
fn short(name: &str) -> String {
    let digits = name.find(|character: char| character.is_ascii_digit());
    let (kind, number) = name.split_at(digits.unwrap_or(name.len()));
    format!("{}{number}", kind.get(..2).unwrap_or(kind))
}

/// Appends `show interfaces` about `interface`, number `position` on its device.
pub(crate) fn push_interface(
    out: &mut Vec<u8>,
    view: &DeviceView<'_>,
    interface: &Interface,
    position: usize,
) {
    let Interface { name, .. } = interface;
    let (status, protocol) = (interface.status(), interface.protocol());
    push_line(
        out,
        &format!("{name} is {status}, line protocol is {protocol} "),
    );
    push_hardware(out, view, interface, position);
    if let Some(description) = &interface.description {
        push_line(out, &format!("  Description: {description}"));
    }
    if let Some((address, mask)) = &interface.address {
        let prefix = prefix_length(mask);
        push_line(out, &format!("  Internet address is {address}/{prefix}"));
    }
    let bandwidth = interface.bandwidth_kbit();
    let encapsulation = interface.encapsulation();
    push_line(
        out,
        &format!(
            "  MTU 1500 bytes, BW {bandwidth} Kbit/sec, DLY 10 usec, \n     \
             reliability 255/255, txload 1/255, rxload 1/255\n  \
             Encapsulation {encapsulation}, loopback not set\n  \
             Keepalive set (10 sec)"
        ),
    );
    if interface.has_socket() {
        let speed = if bandwidth >= 1_000_000 {
            format!("{}Gbps", bandwidth / 1_000_000)
        } else {
            format!("{}Mbps", bandwidth / 1_000)
        };
        push_line(
            out,
            &format!(
                "  Full Duplex, {speed}, media type is RJ45\n  \
                 output flow-control is unsupported, input flow-control is unsupported"
            ),
        );
    }
    if interface.is_ethernet() {
        push_line(out, "  ARP type: ARPA, ARP Timeout 04:00:00");
    }
    push(out, COUNTERS);
}

/// Counters of an interface that carries nothing: traffic is not emulated.
const COUNTERS: &str = "  Last input never, output never, output hang never
  Last clearing of \"show interface\" counters never
  Input queue: 0/75/0/0 (size/max/drops/flushes); Total output drops: 0
  Queueing strategy: fifo
  Output queue: 0/40 (size/max)
  5 minute input rate 0 bits/sec, 0 packets/sec
  5 minute output rate 0 bits/sec, 0 packets/sec
     0 packets input, 0 bytes, 0 no buffer
     Received 0 broadcasts (0 IP multicasts)
     0 runts, 0 giants, 0 throttles 
     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored
     0 watchdog, 0 multicast, 0 pause input
     0 packets output, 0 bytes, 0 underruns
     0 output errors, 0 collisions, 0 interface resets
     0 unknown protocol drops
     0 babbles, 0 late collision, 0 deferred
     0 lost carrier, 0 no carrier, 0 pause output
     0 output buffer failures, 0 output buffers swapped out
";

fn push_hardware(out: &mut Vec<u8>, view: &DeviceView<'_>, interface: &Interface, position: usize) {
    let kind = match interface
        .name
        .split(|letter: char| letter.is_ascii_digit())
        .next()
    {
        Some("Serial") => return push_line(out, "  Hardware is GT96K Serial"),
        Some("Loopback") => return push_line(out, "  Hardware is Loopback"),
        Some("Tunnel") => return push_line(out, "  Hardware is Tunnel"),
        Some("Vlan") => "EtherSVI",
        Some("FastEthernet") => "Fast Ethernet",
        Some("TenGigabitEthernet") => "Ten Gigabit Ethernet",
        Some(_) | None => "CN Gigabit Ethernet",
    };
    let mut address = Vec::new();
    // A device has sixteen addresses of its own.
    let offset = u8::try_from(position % 16).unwrap_or_default();
    view.push_slot(&mut address, Slot::Mac { offset });
    let address = String::from_utf8_lossy(&address);
    push_line(
        out,
        &format!("  Hardware is {kind}, address is {address} (bia {address})"),
    );
}

/// How many bits of `mask` are set.
fn prefix_length(mask: &str) -> u32 {
    let bytes = mask.split('.').filter_map(|byte| byte.parse::<u8>().ok());
    bytes.map(u8::count_ones).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_as_long_as_it_has_bits() {
        assert_eq!(prefix_length("255.255.255.0"), 24);
        assert_eq!(prefix_length("255.255.255.252"), 30);
        assert_eq!(prefix_length("0.0.0.0"), 0);
    }

    #[test]
    fn short_names_keep_their_numbers() {
        assert_eq!(short("GigabitEthernet0/1"), "Gi0/1");
        assert_eq!(short("Vlan1"), "Vl1");
    }
}
