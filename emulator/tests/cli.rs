//! The command line: how sessions go, and that no input breaks one. What commands print is in the
//! catalogue of transcripts.
//!
//! What is typed shows in the transcripts because devices echo it. `^H` is the backspace as it goes to
//! the terminal, `^G` the bell.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

use desk::{CONFIGURATION, Desk, privileged, script};
use emulator::cli::{Line, Session, Settings};
use jiff::SignedDuration;
use lab::Lab;
use proptest::prelude::*;

#[test]
fn privilege_is_entered_and_left() {
    let mut desk = Desk::with("hostname edge\nenable secret cisco\n", Settings::default());
    assert!(desk.transcript(&["enable", "cisco"]).ends_with("edge#"));
    assert!(desk.press(b"disable\r").ends_with("edge>"));
    desk.press(b"exit\r");
    assert!(desk.session.is_ended());
    assert_eq!(desk.press(b"show clock\r"), "");
}

#[test]
fn enable_without_a_secret() {
    let mut console = Desk::with("hostname edge\n", Settings::default());
    assert_eq!(console.press(b"enable\r"), "enable\nedge#");
    let vty = Settings {
        line: Line::Vty(0),
        ..Settings::default()
    };
    let mut vty = Desk::with("hostname edge\n", vty);
    assert_eq!(vty.press(b"enable\r"), "enable\n% No password set\nedge>");
}

#[test]
fn configuring_acts_at_once_and_is_saved_by_write_memory() {
    let mut desk = Desk::privileged();
    let limit = |desk: &Desk| {
        let settings = &desk.lab.device.configuration().call_home;
        settings.rate_limit_per_minute
    };
    desk.transcript(&["configure terminal", "call-home", "rate-limit 7", "end"]);
    assert_eq!(limit(&desk), 7);
    desk.transcript(&["write memory", "configure terminal", "no call-home", "end"]);
    assert_eq!(limit(&desk), 20);
    let saved = desk.lab.device.startup_configuration();
    assert_eq!(saved.call_home.rate_limit_per_minute, 7);
}

#[test]
fn tab_completes_what_is_unique() {
    let mut desk = Desk::privileged();
    desk.start();
    assert_eq!(desk.press(b"sh\t"), "sh\nedge#show ");
    assert_eq!(desk.press(b"cl\t"), "cl\nedge#show clock ");
    assert_eq!(
        desk.press(b"\x15e\t"),
        format!("{0}{1}{0}e\nedge#e", "^H".repeat(11), " ".repeat(11))
    );
}

#[test]
fn long_outputs_are_paged() {
    let settings = Settings {
        length: 5,
        ..privileged()
    };
    let mut desk = Desk::with(CONFIGURATION, settings);
    let mut text = desk.start();
    for keys in ["show version\r", " ", "\r", "q", "show clock\r"] {
        text.push_str(&desk.press(keys.as_bytes()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn lines_are_edited_where_the_cursor_is() {
    let mut desk = Desk::privileged();
    desk.start();
    assert_eq!(desk.press(b"shw\x1b[D"), "shw^H");
    assert_eq!(desk.press(b"o"), "ow^H");
    assert_eq!(
        desk.press(b"\x05 privX\x7f\r").lines().last(),
        Some("edge#")
    );
    assert_eq!(desk.press(b"\x1b[A"), "show priv");
    assert!(desk.press(b"\r").contains("level is 15"));
    assert_eq!(desk.press(b"junk\x03"), "junk\nedge#");
}

#[test]
fn control_z_carries_out_the_line_and_ends_configuration() {
    let mut desk = Desk::privileged();
    desk.press(b"conf t\r");
    assert_eq!(desk.press(b"hostname core\x1a"), "hostname core^Z\ncore#");
    assert_eq!(desk.press(b"\x1a"), "^Z\ncore#");
}

#[test]
fn banners_are_typed_over_several_lines_and_shown_at_the_start() {
    let mut desk = Desk::privileged();
    desk.transcript(&[
        "conf t",
        "banner motd #",
        "Call Center",
        "service desk#",
        "end",
    ]);
    desk.session = Session::open(privileged());
    assert_eq!(desk.start(), "\n\nCall Center\nservice desk\nedge#");
    let running = desk.transcript(&["show running-config | begin banner"]);
    assert!(
        running.contains("banner motd ^C\nCall Center\nservice desk^C\n"),
        "{running}"
    );
}

#[test]
fn idle_timeouts_follow_the_line() {
    let mut desk = Desk::privileged();
    let timeout = |desk: &Desk| desk.session.idle_timeout(&desk.lab.device);
    assert_eq!(timeout(&desk), Some(SignedDuration::from_mins(10)));
    desk.transcript(&["conf t", "line con 0", "exec-timeout 1 30"]);
    assert_eq!(timeout(&desk), Some(SignedDuration::from_secs(90)));
    for never in ["exec-timeout 0", "no exec-timeout"] {
        desk.transcript(&[never]);
        assert_eq!(timeout(&desk), None);
        desk.transcript(&["exec-timeout 2"]);
        assert_eq!(timeout(&desk), Some(SignedDuration::from_mins(2)));
    }
}

#[test]
fn scripts_get_outputs_alone_and_learn_what_was_refused() {
    let mut desk = Desk::with(CONFIGURATION, script());
    assert_eq!(desk.start(), "");
    let (text, result) = desk.line("show privilege");
    assert_eq!(
        (text.as_str(), result.rejected),
        ("Current privilege level is 15\n", false)
    );
    assert!(desk.line("frobnicate").1.rejected);
    assert!(!desk.line("copy run start").1.rejected);
    assert!(desk.session.is_asking());
    assert_eq!(desk.line("").0, "Building configuration...\n[OK]\n");
    for line in ["conf t", "call-home", "contact-email-addr nobody"] {
        assert_eq!(
            desk.line(line).1.rejected,
            line.ends_with("nobody"),
            "{line}"
        );
    }
    assert!(desk.line("end").0.is_empty());
    assert!(desk.line("exit").1.ended);
}

#[test]
fn every_command_of_every_model_is_reached_by_its_name() {
    let catalogue = emulator::Catalogue::built_in().unwrap();
    for platform in catalogue.iter() {
        let mut desk = Desk::with(CONFIGURATION, script());
        desk.lab = Lab::seeded(7).on(&platform.pid).with_config(CONFIGURATION);
        for line in platform.own_commands() {
            let (text, result) = desk.line(line);
            assert!(
                !result.rejected && !text.is_empty(),
                "{}: {line}: {text}",
                platform.pid
            );
        }
    }
}

#[test]
fn a_reload_brings_back_what_was_saved() {
    let mut desk = Desk::privileged();
    desk.transcript(&[
        "conf t",
        "hostname kept",
        "end",
        "write memory",
        "conf t",
        "hostname lost",
        "end",
    ]);
    desk.lab.raise(emulator::SystemEvent::Reload);
    desk.press(b"show clock\r");
    assert!(desk.session.is_ended());
    desk.lab.advance(SignedDuration::from_hours(1));
    assert_eq!(&*desk.lab.device.hostname(), "kept");
}

#[test]
fn a_running_configuration_that_is_pasted_back_changes_nothing() {
    let mut desk = Desk::privileged();
    desk.transcript(&[
        "conf t",
        "interface gi0/1",
        "description uplink",
        "no ip address",
        "line vty 0 4",
        "transport input ssh",
        "logging synchronous",
        "banner login #",
        "authorized use only",
        "#",
        "ntp server 192.0.2.1",
        "no logging console",
        "aaa new-model",
        "end",
    ]);
    let before = desk.lab.device.configuration().clone();
    let shown = desk.transcript(&["show running-config"]);
    let (_, text) = shown.split_once(" bytes\n").unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.ends_with('#')).collect();
    desk.press(b"conf t\r");
    let pasted = desk.press(format!("{}\r", lines.join("\r")).as_bytes());
    assert!(!pasted.contains('%'), "{pasted}");
    assert_eq!(*desk.lab.device.configuration(), before);
    assert_eq!(desk.press(b""), "");
}

#[test]
fn what_clients_send_first_is_accepted_silently() {
    let mut desk = Desk::with("hostname edge\n", Settings::default());
    desk.start();
    for line in [
        "terminal length 0",
        "term length 0",
        "terminal width 511",
        "term width 0",
        "terminal monitor",
        "enable",
        "enable",
    ] {
        let reply = desk.press(format!("{line}\n").as_bytes());
        let silent = [format!("{line}\nedge>"), format!("{line}\nedge#")];
        assert!(silent.contains(&reply), "{reply}");
    }
    assert!(desk.session.is_monitoring());
}

#[test]
fn schedules_that_are_configured_are_in_force_at_once() {
    let mut desk = Desk::privileged();
    assert_eq!(desk.lab.device.next_deadline(), None);
    desk.transcript(&[
        "conf t",
        "call-home",
        "profile noc",
        "subscribe-to-alert-group inventory periodic daily 12:00",
    ]);
    let due = "2026-03-14T12:00:00Z".parse().unwrap();
    assert_eq!(desk.lab.device.next_deadline(), Some(due));
}

#[test]
fn nvram_is_erased_when_that_is_confirmed() {
    let mut desk = Desk::privileged();
    let question = "Erasing the nvram filesystem will remove all configuration files! \
                    Continue? [confirm]";
    assert_eq!(desk.press(b"wr er\r"), format!("wr er\n{question}"));
    assert_eq!(desk.press(b"n"), "\nedge#");
    assert!(desk.press(b"show start\r").contains("call-home"));
    desk.press(b"wr er\r");
    assert_eq!(desk.press(b"\r"), "\n[OK]\nErase of nvram: complete\nedge#");
    assert!(
        desk.press(b"show start\r")
            .contains("startup-config is not present")
    );
}

#[test]
fn a_resized_terminal_pages_by_its_new_size() {
    let mut desk = Desk::privileged();
    desk.session.resize(80, 4);
    assert!(desk.press(b"show version\r").ends_with(" --More-- "));
    assert_eq!(desk.session.prompt(&desk.lab.device), "");
    assert!(desk.press(b"\x03").ends_with("edge#"));
}

#[test]
fn a_session_can_be_handed_to_another_thread() {
    fn is_free<T: Send + Sync>() {}
    is_free::<Session>();
}

/// Bytes as terminals and vandals send them.
fn keys() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "show ",
        "conf t\r",
        "call-home\r",
        "profile x\r",
        "no ",
        "default ",
        "do ",
        "ip ",
        "?",
        "\t",
        "\r\n",
        "\x1b[A",
        "\x1b[",
        "\x1a",
        "\x03",
        "| ",
        "include ",
        "banner motd #",
        "\"",
        "\u{201C}",
        "interface Gi0/1\r",
        "enable\r",
        "exit\r",
        "copy run start\r",
        " ",
        "q",
        "\x17",
        "\x0b",
        "\x01",
        "terminal length 3\r",
        "show run\r",
        "line vty 0 4\r",
    ]);
    let piece = prop_oneof![
        3 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Lines that people type in configuration, those of modes below what opens them.
fn configuration_lines() -> impl Strategy<Value = Vec<String>> {
    let one_of = |lines: &'static [&'static str]| {
        let number = (prop::sample::select(lines), 1_u8..=9);
        number.prop_map(|(line, number)| line.replace('#', &number.to_string()))
    };
    let part = |headers, lines| {
        let body = prop::collection::vec(one_of(lines), 0..6);
        (one_of(headers), body).prop_map(|(header, body)| {
            let mut part = vec![header];
            part.extend(body);
            part.push("exit".to_owned());
            part
        })
    };
    let global = prop::collection::vec(one_of(GLOBAL_LINES), 1..4);
    let parts = prop_oneof![
        global,
        part(&["interface gi0/#", "int Loopback#"], INTERFACE_LINES),
        part(&["line con 0", "line vty 0 #", "line vty #"], LINE_LINES),
        part(
            &["crypto pki trustpoint T#", "crypto ca trust T#"],
            TRUSTPOINT_LINES
        ),
    ];
    prop::collection::vec(parts, 0..8).prop_map(|parts| parts.concat())
}

const GLOBAL_LINES: &[&str] = &[
    "hostname edge-#",
    "ip route 10.#.0.0 255.255.0.0 192.0.2.#",
    "ip route 10.#.0.0 255.255.0.0 gi0/#",
    "ip domain name example#.net",
    "no ip domain lookup",
    "ip domain lookup",
    "ip name-server 192.0.2.#",
    "no ip http server",
    "ip http server",
    "logging host 192.0.2.#",
    "no logging host 192.0.2.#",
    "logging trap warnings",
    "no logging console",
    "logging buffered #0000 errors",
    "service timestamps debug datetime msec",
    "clock timezone CET # 0",
    "username user# privilege # secret 0 a{b}#",
    "no username user#",
    "ntp server 192.0.2.# prefer",
    "snmp-server community public# ro",
    "snmp-server location rack  # of \"the\" lab",
    "banner motd ~text #~",
    "no interface Loopback#",
    "no crypto pki trustpoint T#",
    "boot system flash0:image#.bin",
    "enable secret cisco#",
];
const INTERFACE_LINES: &[&str] = &[
    "description {not a slot}  to rack #",
    "ip address 192.0.2.# 255.255.255.0",
    "ip address 198.51.100.# 255.255.255.0 secondary",
    "no ip address",
    "no ip redirects",
    "shutdown",
    "no shutdown",
    "speed 100",
    "mtu 150#",
    "default mtu",
    "ip helper-address 192.0.2.#",
];
const LINE_LINES: &[&str] = &[
    "exec-timeout # #",
    "no exec-timeout",
    "login local",
    "no login",
    "password cisco#",
    "transport input ssh telnet",
    "privilege level #",
    "logging synchronous",
    "length #",
];
const TRUSTPOINT_LINES: &[&str] = &[
    "enrollment terminal",
    "enrollment url http://ca#.example.com",
    "revocation-check none",
    "subject-name CN=edge#, O=\"Example\"",
    "rsakeypair key#",
    "no enrollment terminal",
];

proptest! {
    #[test]
    fn what_was_typed_is_printed_so_that_a_fresh_device_prints_the_same(
        lines in configuration_lines(),
    ) {
        let mut typed = Desk::with("hostname edge\n", script());
        typed.line("configure terminal");
        for line in &lines {
            let (text, result) = typed.line(line);
            prop_assert!(!result.rejected, "{line}: {text}");
        }
        typed.line("end");
        let printed = typed.line("show running-config").0;
        let mut read = Desk::with(&printed, script());
        prop_assert_eq!(read.line("show running-config").0, printed.clone());
        let mut pasted = Desk::with("", script());
        pasted.line("configure terminal");
        for line in printed.lines().skip(3) {
            pasted.line(line);
        }
        prop_assert_eq!(pasted.line("show running-config").0, printed);
    }

    #[test]
    fn no_line_breaks_a_script(
        lines in prop::collection::vec("(do |no |show |\\| )?\\PC{0,60}|[a-z ?|]{0,30}", 0..8),
        configuring in any::<bool>(),
    ) {
        let mut desk = Desk::with(CONFIGURATION, script());
        if configuring {
            desk.line("conf t");
        }
        for line in lines {
            desk.line(&line);
        }
    }

    #[test]
    fn no_input_breaks_a_session(keys in keys(), cut in 0_usize..100) {
        let settings = Settings { privilege: 15, ..Settings::default() };
        let mut desk = Desk::with(CONFIGURATION, settings);
        desk.start();
        let (first, second) = keys.split_at(cut.min(keys.len()));
        let mut out = Vec::new();
        for part in [first, second] {
            let Lab { device, now, outputs, .. } = &mut desk.lab;
            desk.session.input(device, *now, part, &mut out, outputs);
        }
        // Line ends are whole, and whatever was configured parses back.
        let source = desk.lab.device.configuration().source();
        let parsed = emulator::config::parse::parse(&source);
        prop_assert!(parsed.is_clean(), "{source}");
        prop_assert_eq!(parsed.configuration.source(), source);
    }
}
