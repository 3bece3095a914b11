//! What commands about the device itself do to it: interfaces, reload.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, privileged};
use jiff::SignedDuration;

const ROUTER: &str = "service call-home\nhostname edge\nip domain name example.net\ncall-home\n \
     contact-email-addr noc@example.com\n mail-server smtp.example.com priority 1\n profile noc\n  \
     destination address email noc@example.com\n  \
     subscribe-to-alert-group syslog severity notification pattern LINK\n\
     interface GigabitEthernet0/0\n description uplink of {site}\n \
     ip address 192.0.2.1 255.255.255.0\n\
     interface GigabitEthernet0/1\n ip address 198.51.100.1 255.255.255.252\n shutdown\n\
     interface Loopback0\n ip address 203.0.113.1 255.255.255.255\n";

fn router() -> Desk {
    Desk::with(ROUTER, privileged())
}

#[test]
fn shutting_an_interface_down_is_reported() {
    let mut desk = router();
    desk.transcript(&[
        "configure terminal",
        "interface gi0/0",
        "shutdown",
        "shutdown",
        "no shutdown",
        "end",
    ]);
    let queued = |output: &&emulator::Output| matches!(output, emulator::Output::Queued { .. });
    let messages = desk.lab.outputs.iter().filter(queued).count();
    // LINK-5-CHANGED and LINK-3-UPDOWN are subscribed to, LINEPROTO is not.
    assert_eq!(messages, 2, "{:?}", desk.lab.outputs);
}

#[test]
fn a_reload_asks_first_and_forgets_what_was_not_saved() {
    let mut desk = router();
    desk.transcript(&[
        "configure terminal",
        "hostname other",
        "end",
        "reload",
        "perhaps",
        "no",
        "n",
        "reload",
        "no",
        "",
    ]);
    assert!(desk.session.is_ended() && !desk.lab.device.is_up());
    desk.lab.advance(SignedDuration::from_mins(10));
    assert_eq!(&*desk.lab.device.hostname(), "edge");
}

#[test]
fn a_supervisor_that_is_taken_out_no_longer_stands_by() {
    let mut desk = Desk::on("ASR1006", "hostname edge\n");
    let shown = |desk: &mut Desk| desk.transcript(&["show redundancy", "show bootvar"]);
    assert!(shown(&mut desk).contains("Standby Location = slot 7"));
    let platform = &desk.lab.device.model().platform;
    let peer = platform.card_in("R1").unwrap();
    desk.lab.raise(emulator::SystemEvent::CardRemoved(peer));
    let text = shown(&mut desk);
    assert!(text.contains("Hardware Mode = Simplex"), "{text}");
    assert!(text.contains("Standby not ready to show bootvar"), "{text}");
}

#[test]
fn what_differs_from_device_to_device_is_filled_in() {
    let configuration = "hostname edge\nip name-server 192.0.2.{index}\n\
         interface GigabitEthernet0/1\n ip address 198.51.100.{index} 255.255.255.0\n\
         interface GigabitEthernet0/2\n ip address 203.0.113.1 255.255.255.0\n shutdown\n";
    let mut desk = Desk::with(configuration, desk::privileged());
    desk.start();
    let index = desk.lab.device.identity().index;
    let hosts = desk.press(b"show hosts\r");
    assert!(
        hosts.contains(&format!("Name servers are 192.0.2.{index}\n")),
        "{hosts}"
    );
    let own = desk.press(format!("ping 198.51.100.{index}\r").as_bytes());
    assert!(own.contains("100 percent"), "{own}");
    let down = desk.press(b"ping 203.0.113.1\r");
    assert!(down.contains("0 percent (0/5)"), "{down}");
}

#[test]
fn interfaces_without_a_socket_have_no_media() {
    let configuration = "hostname edge\ninterface Loopback0\n ip address 192.0.2.1 \
         255.255.255.255\ninterface Tunnel0\ninterface Vlan1\n";
    let mut desk = Desk::with(configuration, desk::privileged());
    desk.start();
    for (name, encapsulation) in [
        ("Loopback0", "LOOPBACK"),
        ("Tunnel0", "TUNNEL"),
        ("Vlan1", "ARPA"),
    ] {
        let shown = desk.press(format!("show interfaces {name}\r").as_bytes());
        assert!(
            shown.contains(&format!("Encapsulation {encapsulation},")),
            "{shown}"
        );
        assert!(!shown.contains("media type"), "{shown}");
    }
}
