//! The stores of licenses: their room, two terminals at once, stacks, and what a boot finds.
//! Reference licensing, sections 2.3, 2.5 and 4.

use crate::desk::{Desk, privileged};
use crate::lab::Lab;
use crate::license_bench::Bench;
use crate::license_files::{license_file, permission};
use emulator::{
    cli::Session,
    device::files::{FileServers, Served},
    license::install::InstallOutcome,
};
use proptest::prelude::*;

/// A bench of model `platform` and a server that has `files`: a name, and what is in it.
fn bench(platform: &str, files: &[(&str, &str)]) -> Bench {
    let bench = Bench::on(platform, 0);
    let udis = bench.lab.device.udis();
    let mut servers = FileServers::default();
    for (name, text) in files {
        let bytes = match text.strip_prefix("ticket ") {
            Some(ticket) => permission(ticket, &udis),
            None => license_file(text, &udis),
        };
        servers.put("files", name, Served::Bytes(bytes.into()));
    }
    Bench {
        lab: bench.lab.with_servers(servers),
    }
}

/// Bytes that the records of the primary store take, by what `show license file` shows of them.
fn used_bytes(bench: &Bench) -> usize {
    let shown = bench.lab.show("show license file");
    let (primary, _) = shown.split_once("License Store: Eval").unwrap();
    let entries = primary.split("  Store Index: ").skip(1);
    let record = |entry: &str| {
        let (line, rest) = entry.split_once("    Comment:").unwrap();
        let pieces = line.lines().skip(1).filter_map(|piece| piece.get(13..));
        let comment = rest.lines().next().unwrap().trim_start();
        let line: usize = pieces.map(str::len).sum();
        (64 + line + comment.len() + 28).next_multiple_of(16)
    };
    entries.map(record).sum()
}

#[test]
fn a_grace_license_without_room_leaves_everything_as_it_was() {
    let long = "x".repeat(128);
    let ticket = format!("ticket permanent pack-1 for grace-period {long} 1440");
    let bench = bench(
        "CISCO2811",
        &[("many", "permanent pack*30"), ("pt", &ticket)],
    );
    let (bench, _) = bench.types(&["license install tftp://files/many"]);
    let before = bench.state();
    let (bench, text) = bench.types(&["license revoke tftp://files/pt flash:rt", "more flash:rt"]);
    assert!(
        text.contains("% Error: Error[137]: License store is full."),
        "{text}"
    );
    assert!(text.contains("%Error opening flash:rt"), "{text}");
    assert_eq!(bench.state(), before);
}

#[test]
fn what_two_terminals_install_at_once_is_stored_once() {
    let bench = bench("CISCO2951", &[("a", "extension gatekeeper 1440")]);
    let mut desk = Desk {
        lab: bench.lab,
        session: Session::open(privileged()),
    };
    let mut other = Session::open(privileged());
    desk.transcript(&["license install tftp://files/a"]);
    std::mem::swap(&mut desk.session, &mut other);
    desk.transcript(&["license install tftp://files/a"]);
    let first = desk.press(b"yes\r");
    std::mem::swap(&mut desk.session, &mut other);
    let second = desk.press(b"yes\r");
    assert!(first.contains("Successful:Supported"), "{first}");
    assert!(second.contains("Skipped:Duplicate"), "{second}");
}

#[test]
fn members_of_a_stack_have_levels_of_their_own() {
    let lab = Lab::seeded(7).on("WS-C3750E").stacked(2);
    let (bench, _) = Bench { lab }.types(&[
        "configure terminal",
        "license boot level ipbase",
        "license boot level lanbase switch 2",
        "license boot level ipservices switch 2",
    ]);
    let kept = bench.lab.device.configuration().source();
    let levels: Vec<_> = kept
        .lines()
        .filter(|line| line.contains("boot level"))
        .collect();
    let wanted = [
        "license boot level ipbase",
        "license boot level ipservices switch 2",
    ];
    assert_eq!(levels, wanted);
    let shown = bench.lab.show("show version");
    assert!(
        shown.contains("Next reload license Level: ipbase"),
        "{shown}"
    );
}

#[test]
fn an_agreement_in_the_startup_configuration_lets_packages_boot() {
    let package = "license boot module c2951 technology-package uck9\n";
    let row = |configuration: &str| {
        let lab = Lab::seeded(7).on("CISCO2951").with_config(configuration);
        let shown = lab.show("show version");
        shown
            .lines()
            .find(|line| line.starts_with("uc "))
            .unwrap()
            .trim_end()
            .to_owned()
    };
    assert_eq!(
        row(package),
        "uc            None          None           None"
    );
    let accepted = format!("license accept end user agreement\n{package}");
    assert_eq!(
        row(&accepted),
        "uc            uck9          EvalRightToUse uck9"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is installed, commented on and cleared: the records never take more than the region,
    /// and what does not fit changes nothing.
    #[test]
    fn records_never_take_more_than_the_store_has(
        names in proptest::collection::vec("[a-z]{1,120}", 20..30),
        comment in "[a-z]{1,99}",
    ) {
        let mut bench = Bench::on("CISCO2811", 0);
        for (number, name) in names.iter().enumerate() {
            let before = used_bytes(&bench);
            let file = bench.file(&format!("permanent {name}"));
            let outcome = bench.install(&file).unwrap()[0];
            let after = used_bytes(&bench);
            prop_assert!(after <= 16 * 1024, "{} bytes", after);
            let stored = outcome == InstallOutcome::NotSupported;
            prop_assert_eq!(after > before, stored);
            if number % 3 == 0 {
                let note = format!("license comment add {name} \"{comment}\"");
                bench = bench.types(&[&note]).0;
            }
            if number % 7 == 6 {
                bench = bench.types(&[&format!("license purge {name}"), "yes"]).0;
            }
            prop_assert!(used_bytes(&bench) <= 16 * 1024);
        }
    }
}
