//! Files on servers that really exist: what sessions and events ask for, how they wait, and what they
//! make of what comes. Reference licensing, sections 2.3, 4.5 and 7.4.

use std::sync::Arc;

use crate::desk::{Desk, privileged};
use crate::lab::Lab;
use crate::license_files::{license_file, permission};
use emulator::{
    Asker, Errand, FileServers, Input, LicenseEvent, LicenseFileOutcome, Output, Served,
    SystemEvent, Transfer, TransferId, TransferOutcome,
    cli::{Arrival, Session},
    device::files::{Protocol, WhyNot},
    license::install::InstallOutcome,
    template::Template,
};
use jiff::SignedDuration;

/// A router that reaches the server `files` by TFTP and HTTP, and `table` without a network.
fn desk() -> Desk {
    let lab = Lab::seeded(7).on("CISCO2951");
    let mut servers = FileServers::default();
    servers.reach(Protocol::Tftp, "files");
    servers.reach(Protocol::Http, "files");
    let bytes = license_file("permanent uck9", &lab.device.udis());
    servers.put("table", "a.lic", Served::Bytes(bytes.into()));
    let mut desk = Desk {
        lab: lab.with_servers(servers),
        session: Session::open(privileged()),
    };
    desk.start();
    desk
}

fn file(desk: &Desk, text: &str) -> Vec<u8> {
    license_file(text, &desk.lab.device.udis())
}

/// The transfer that was asked for last.
fn asked(desk: &Desk) -> Transfer {
    let mut outputs = desk.lab.outputs.iter().rev();
    let found = outputs.find_map(|output| {
        if let Output::Transfer(transfer) = output {
            Some(transfer.clone())
        } else {
            None
        }
    });
    found.unwrap()
}

fn license_files(desk: &Desk) -> Vec<LicenseFileOutcome> {
    let outputs = desk.lab.outputs.iter();
    let told = outputs.filter_map(|output| {
        if let Output::LicenseFile(outcome) = output {
            Some(*outcome)
        } else {
            None
        }
    });
    told.collect()
}

#[test]
fn a_license_comes_from_a_server_that_exists() {
    let mut desk = desk();
    let bytes = file(&desk, "permanent securityk9");
    let text = desk.press(b"license install tftp://files/dir/a.lic\r");
    assert!(text.ends_with("Installing licenses from \"tftp://files/dir/a.lic\"\n"));
    let transfer = asked(&desk);
    assert_eq!(transfer.url.to_string(), "tftp://files/dir/a.lic");
    assert_eq!(transfer.errand, Errand::Fetch);
    // What is typed meanwhile is taken up afterwards.
    assert_eq!(desk.press(b"show privilege\r"), "");
    let (text, result) = desk.transferred(Ok(&bytes));
    assert!(!result.rejected);
    assert!(
        text.contains("Loading dir/a.lic from files (via GigabitEthernet0/0): !\n[OK - "),
        "{text}"
    );
    assert!(
        text.contains("1/1 licenses were successfully installed\n"),
        "{text}"
    );
    assert!(
        text.ends_with("Current privilege level is 15\nlab-00000#"),
        "{text}"
    );
}

#[test]
fn what_a_server_says_is_printed_and_the_line_is_refused() {
    for (why, words) in [
        (WhyNot::TimedOut, "Timed out"),
        (WhyNot::NotFound, "File not found"),
        (WhyNot::ReadOnly, "Permission denied"),
        (WhyNot::TooLarge, "File too large"),
        (WhyNot::Refused, "Undefined error"),
        (WhyNot::Broken, "I/O error"),
    ] {
        let mut desk = desk();
        let before = desk.lab.show("show license all");
        desk.press(b"license install https://files/a.lic\r");
        let (text, result) = desk.transferred(Err(why));
        let line = format!("%Error opening https://files/a.lic ({words})\n");
        assert!(text.starts_with(&line) && result.rejected, "{text}");
        assert_eq!(desk.lab.show("show license all"), before);
    }
}

#[test]
fn tables_answer_at_once_and_unknown_servers_never() {
    let mut desk = desk();
    let text = desk.press(b"license install tftp://table/a.lic\r");
    assert!(
        text.contains("1/1 licenses were successfully installed\n"),
        "{text}"
    );
    let text = desk.press(b"license install tftp://elsewhere/a.lic\r");
    assert!(
        text.contains("%Error opening tftp://elsewhere/a.lic (Timed out)"),
        "{text}"
    );
    let text = desk.press(b"license install ftp://files/a.lic\r");
    assert!(
        text.contains("%Error opening ftp://files/a.lic (Timed out)"),
        "{text}"
    );
    assert!(
        !desk
            .lab
            .outputs
            .iter()
            .any(|output| matches!(output, Output::Transfer(_)))
    );
}

#[test]
fn agreements_are_asked_for_behind_the_transfer() {
    let mut desk = desk();
    let bytes = file(&desk, "extension gatekeeper 1440");
    desk.press(b"license install tftp://files/a.lic\r");
    let (text, _) = desk.transferred(Ok(&bytes));
    assert!(text.ends_with("ACCEPT? [yes/no]: "), "{text}");
    let text = desk.press(b"yes\r");
    assert!(
        text.contains("1/1 licenses were successfully installed\n"),
        "{text}"
    );
}

#[test]
fn lines_are_saved_to_a_server_and_come_back_as_they_were() {
    let mut desk = desk();
    let bytes = file(&desk, "permanent uck9");
    desk.press(b"license install tftp://files/a.lic\r");
    desk.transferred(Ok(&bytes));
    desk.press(b"license save tftp://files/all.lic\r");
    let Errand::Store(saved) = asked(&desk).errand else {
        panic!("nothing is stored");
    };
    let (text, _) = desk.transferred(Ok(&[]));
    assert!(
        text.starts_with("license lines saved ..... to tftp://files/all.lic\n"),
        "{text}"
    );
    desk.press(b"license install tftp://files/all.lic\r");
    let (text, _) = desk.transferred(Ok(&saved));
    // The license of the factory and the installed one.
    assert!(
        text.contains("2/2 licenses were existing licenses\n"),
        "{text}"
    );
    desk.press(b"license save credential tftp://files/cred.lic\r");
    let (text, result) = desk.transferred(Err(WhyNot::Full));
    assert!(text.starts_with("%Error opening tftp://files/cred.lic (No space left on device)\n"));
    assert!(result.rejected);
    let statistics = desk.lab.show("show license statistics");
    assert!(
        statistics.contains("Save count:                1\n"),
        "{statistics}"
    );
    assert!(
        statistics.contains("Save cred count:           0\n"),
        "{statistics}"
    );
}

#[test]
fn files_are_copied_both_ways() {
    let mut desk = desk();
    desk.press(b"copy tftp://files/a.txt flash:\r");
    desk.press(b"\r");
    let (text, _) = desk.transferred(Ok(b"hello\n"));
    assert!(text.contains("6 bytes copied in 0.100 secs"), "{text}");
    assert!(desk.press(b"more flash:a.txt\r").contains("hello\n"));
    desk.press(b"copy running-config tftp://files/r.cfg\r");
    desk.press(b"\r");
    let Errand::Store(stored) = asked(&desk).errand else {
        panic!("nothing is stored");
    };
    assert!(String::from_utf8_lossy(&stored).contains("hostname lab-00000"));
    let (text, _) = desk.transferred(Ok(&[]));
    assert!(text.starts_with("!!\n"), "{text}");
    desk.press(b"more tftp://files/a.txt\r");
    assert!(desk.transferred(Ok(b"hello\n")).0.starts_with("hello\n"));
    desk.press(b"copy flash:a.txt http://files/a.txt\r");
    let text = desk.press(b"\r");
    assert!(
        text.contains("%Error opening http://files/a.txt (Permission denied)"),
        "{text}"
    );
}

#[test]
fn a_rehost_ticket_that_the_server_refuses_changes_nothing() {
    let mut desk = desk();
    let udis = desk.lab.device.udis();
    let bytes = file(&desk, "permanent uck9");
    desk.press(b"license install tftp://files/a.lic\r");
    desk.transferred(Ok(&bytes));
    let before = desk.lab.show("show license all");
    let ticket = permission("permanent uck9 for extension uck9 1440", &udis);
    let revoke = |desk: &mut Desk| {
        desk.press(b"license revoke tftp://files/pt.lic tftp://files/rt.lic\r");
        let (text, _) = desk.transferred(Ok(&ticket));
        assert!(text.contains("ACCEPT? [yes/no]: "), "{text}");
        desk.press(b"yes\r");
        assert!(matches!(asked(desk).errand, Errand::Store(_)));
    };
    revoke(&mut desk);
    let (text, _) = desk.transferred(Err(WhyNot::TimedOut));
    assert!(
        text.starts_with("%Error opening tftp://files/rt.lic (Timed out)\n"),
        "{text}"
    );
    assert_eq!(desk.lab.show("show license all"), before);
    revoke(&mut desk);
    let (text, _) = desk.transferred(Ok(&[]));
    assert!(
        text.contains("Rehost ticket saved ..... to tftp://files/rt.lic\n"),
        "{text}"
    );
    assert_ne!(desk.lab.show("show license all"), before);
}

#[test]
fn giving_up_and_strangers_outcomes_change_nothing() {
    let mut desk = desk();
    let before = desk.lab.show("show license all");
    let bytes = file(&desk, "permanent securityk9");
    desk.press(b"license install tftp://files/a.lic\r");
    let outcome = |asker| {
        Arrival::Transfer(TransferOutcome {
            asker,
            result: Ok(bytes.clone().into()),
        })
    };
    for asker in [Asker::Session(TransferId(99)), Asker::Event(desk.lab.now)] {
        assert_eq!(desk.arrives(outcome(asker)).0, "");
    }
    desk.press(b"\x03");
    assert_eq!(desk.session.waits_for(), None);
    assert_eq!(desk.arrives(outcome(Asker::Session(TransferId(1)))).0, "");
    assert_eq!(desk.lab.show("show license all"), before);
}

fn fetch(desk: &mut Desk, url: &str) {
    let event = LicenseEvent::Fetch(Arc::new(Template::new(url)));
    desk.lab.raise(SystemEvent::License(event));
}

fn answer(desk: &mut Desk, result: Result<Vec<u8>, WhyNot>) {
    let asker = asked(desk).asker;
    let result = result.map(Arc::from);
    let Lab {
        device,
        now,
        outputs,
        ..
    } = &mut desk.lab;
    let outcome = TransferOutcome { asker, result };
    device.handle(*now, Input::Transferred(outcome), outputs);
}

#[test]
fn an_event_has_a_device_fetch_a_file_of_its_own() {
    let mut desk = desk();
    let serial = desk.lab.device.serial().to_string();
    fetch(&mut desk, "tftp://files/{serial}.lic");
    assert_eq!(
        asked(&desk).url.to_string(),
        format!("tftp://files/{serial}.lic")
    );
    assert_eq!(license_files(&desk), []);
    let bytes = file(&desk, "permanent uck9, extension gatekeeper 1440");
    answer(&mut desk, Ok(bytes));
    let installed = LicenseFileOutcome::Line(InstallOutcome::Supported);
    assert_eq!(license_files(&desk), [installed; 2]);
    answer(&mut desk, Err(WhyNot::TimedOut));
    answer(&mut desk, Ok(b"no license".to_vec()));
    assert_eq!(
        license_files(&desk)[2..],
        [
            LicenseFileOutcome::NotOpened(WhyNot::TimedOut),
            LicenseFileOutcome::Invalid
        ]
    );
    fetch(&mut desk, "tftp://table/a.lic");
    fetch(&mut desk, "tftp://table/b.lic");
    assert_eq!(
        license_files(&desk)[4..],
        [
            LicenseFileOutcome::Line(InstallOutcome::Duplicate),
            LicenseFileOutcome::NotOpened(WhyNot::NotFound)
        ]
    );
}

#[test]
fn a_reload_interrupts_what_the_device_was_fetching() {
    let mut desk = desk();
    let bytes = file(&desk, "permanent uck9");
    fetch(&mut desk, "tftp://files/a.lic");
    desk.lab.raise(SystemEvent::Reload);
    answer(&mut desk, Ok(bytes.clone()));
    desk.lab.advance(SignedDuration::from_mins(15));
    answer(&mut desk, Ok(bytes));
    assert_eq!(license_files(&desk), [LicenseFileOutcome::Interrupted; 2]);
}
