//! What is installed and what is not: nothing but what a trusted issuer signed for this device, whole
//! and once, whatever was done to the file. Reference licensing, sections 4, 7.4 and 7.7.

use crate::lab::Lab;
use crate::license_bench::Bench;
use crate::license_files::{license_file, permission};
use base64::{Engine, engine::general_purpose::STANDARD};
use emulator::{
    device::files::{FileServers, Served},
    license::{
        document::{self, FileEntry},
        install::{InstallError, InstallOutcome},
    },
};
use proptest::prelude::*;

const MODEL: &str = "CISCO2951";

fn outcomes(text: &str) -> Vec<InstallOutcome> {
    let mut bench = Bench::on(MODEL, 0);
    let file = bench.file(text);
    bench.install(&file).unwrap()
}

const SUPPORTED: InstallOutcome = InstallOutcome::Supported;
const DUPLICATE: InstallOutcome = InstallOutcome::Duplicate;

fn failed(error: InstallError) -> InstallOutcome {
    InstallOutcome::Failed(error)
}

#[test]
fn a_file_with_any_byte_changed_installs_nothing_but_what_was_signed() {
    let mut bench = Bench::on(MODEL, 0);
    let file = bench.file("extension gatekeeper 1440");
    let signed = document::read(&file).unwrap().remove(0).line;
    let before = (bench.lab.show("show license all"), bench.state());
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 7);
        let stored = bench
            .install(&changed)
            .is_some_and(|lines| lines.contains(&SUPPORTED));
        if !stored {
            let after = bench.lab.show("show license all");
            assert_eq!(after, before.0, "byte {at} changed the store");
            continue;
        }
        // What is not signed may change: names of foreign elements, the comment, white space.
        let shown = bench.lab.show("show license file");
        let shown: String = shown
            .lines()
            .map(|line| line.get(13..).unwrap_or(""))
            .collect();
        assert!(shown.contains(&signed), "byte {at} changed the line");
        bench = Bench::on(MODEL, 0);
    }
    assert_eq!(bench.state(), before.1);
}

#[test]
fn a_signature_under_another_text_is_worth_nothing_even_where_the_line_is_stored() {
    let mut bench = Bench::on(MODEL, 0);
    let file = bench.file("permanent SSL_VPN count 10");
    assert_eq!(bench.install(&file), Some(vec![SUPPORTED]));
    let before = bench.state();
    let mut entry = document::read(&file).unwrap().remove(0);
    for (old, new) in [
        ("10_KEYS 10_KEYS", "99_KEYS 99_KEYS"),
        ("SSL_VPN", "hseck9"),
    ] {
        entry.line = entry.line.replace(old, new);
        let forged = with_block(&entry.line, |block| {
            // Another identity, so that it is no duplicate, and the count that the text says.
            block[8] ^= 1;
            block[104..108].copy_from_slice(&99_u32.to_be_bytes());
        });
        let entry = FileEntry {
            line: forged,
            ..FileEntry::default()
        };
        let outcome = bench.install(&document::write(&[entry]));
        assert_eq!(outcome, Some(vec![failed(InstallError::NotVerified)]));
    }
    assert_eq!(bench.state(), before);
}

/// `line` with its opaque block changed.
fn with_block(line: &str, change: impl FnOnce(&mut [u8])) -> String {
    let (head, block) = line.split_once("<WLC>").unwrap();
    let mut block = STANDARD
        .decode(block.strip_suffix("</WLC>").unwrap())
        .unwrap();
    change(&mut block);
    format!("{head}<WLC>{}</WLC>", STANDARD.encode(block))
}

#[test]
fn a_license_of_another_device_is_refused_whatever_the_file_says() {
    let other = Bench::on(MODEL, 1);
    let mut bench = Bench::on(MODEL, 0);
    let file = other.file("permanent uck9");
    let refused = Some(vec![failed(InstallError::OtherDevice)]);
    assert_eq!(bench.install(&file), refused);
    let (own, foreign) = (bench.lab.device.udis(), other.lab.device.udis());
    let text = String::from_utf8(file).unwrap();
    // In the file, then also in the line.
    let claimed = text.replacen(&foreign[0].serial.to_string(), &own[0].serial, 1);
    let refused = Some(vec![failed(InstallError::Inconsistent)]);
    assert_eq!(bench.install(claimed.as_bytes()), refused);
    let mut entry = document::read(text.as_bytes()).unwrap().remove(0);
    entry.line = entry.line.replace(&*foreign[0].serial, &own[0].serial);
    entry.hash = None;
    let refused = Some(vec![failed(InstallError::NotVerified)]);
    assert_eq!(bench.install(&document::write(&[entry])), refused);
}

#[test]
fn a_cleared_license_may_come_back_and_a_revoked_one_never() {
    let bench = Bench::on(MODEL, 0);
    let udis = bench.lab.device.udis();
    let mut servers = FileServers::default();
    let license = license_file("permanent gatekeeper", &udis);
    let ticket = permission("permanent gatekeeper", &udis);
    servers.put("files", "a.lic", Served::Bytes(license.clone().into()));
    servers.put("files", "pt", Served::Bytes(ticket.into()));
    let bench = Bench {
        lab: bench.lab.with_servers(servers),
    };
    let install = "license install tftp://files/a.lic";
    let (bench, text) = bench.types(&[install, "license clear gatekeeper", "1", "yes", install]);
    assert_eq!(text.matches("Successful:Supported").count(), 2, "{text}");
    let (mut bench, text) = bench.types(&["license revoke tftp://files/pt flash:rt", install]);
    assert!(text.contains("Rehost ticket saved"), "{text}");
    assert!(
        text.contains("Error[106]: License has been revoked"),
        "{text}"
    );
    let revoked = Some(vec![failed(InstallError::Revoked)]);
    assert_eq!(bench.install(&license), revoked);
}

#[test]
fn a_file_that_comes_twice_changes_nothing_the_second_time() {
    let mut bench = Bench::on(MODEL, 0);
    let file = bench.file("permanent uck9, extension gatekeeper 1440, permanent teleport");
    assert!(bench.install(&file).is_some());
    let before = bench.state();
    assert_eq!(bench.install(&file), Some(vec![DUPLICATE; 3]));
    assert_eq!(bench.state(), before);
    assert_eq!(bench.statistic("Install success"), 3);
    assert_eq!(bench.statistic("Install duplicate"), 3);
    // A file that has the same line twice.
    let twice = document::read(&bench.file("permanent datak9")).unwrap();
    let twice = document::write(&[twice.clone(), twice].concat());
    assert_eq!(bench.install(&twice), Some(vec![SUPPORTED, DUPLICATE]));
}

#[test]
fn a_store_takes_what_fits_and_reports_the_rest() {
    let mut bench = Bench::on("CISCO2811", 0);
    let file = bench.file("permanent a-feature-with-a-name-of-some-length*30");
    let lines = bench.install(&file).unwrap();
    let stored = lines
        .iter()
        .filter(|line| **line == InstallOutcome::NotSupported)
        .count();
    let full = failed(InstallError::StoreFull);
    let records: usize = document::read(&file)
        .unwrap()
        .iter()
        .take(stored)
        .map(|entry| (64 + entry.line.len() + 28).next_multiple_of(16))
        .sum();
    let next = (64 + document::read(&file).unwrap()[stored].line.len() + 28).next_multiple_of(16);
    assert!(
        records <= 16 * 1024 && records + next > 16 * 1024,
        "{stored} lines in {records}"
    );
    assert_eq!(lines[stored..], vec![full; 30 - stored]);
    assert_eq!(bench.statistic("Install failure") as usize, 30 - stored);
}

#[test]
fn exclusive_and_additive_licenses_keep_their_manners() {
    let exclusive = "permanent SSL_VPN count 10, permanent SSL_VPN count 20";
    assert_eq!(outcomes(exclusive).len(), 2);
    let mut bench = Bench::on(MODEL, 0);
    for (text, outcome) in [
        ("permanent SSL_VPN count 10", SUPPORTED),
        // An exclusive one of the same rank is there.
        ("permanent SSL_VPN count 20", DUPLICATE),
        ("permanent SSL_VPN additive count 20", SUPPORTED),
        ("permanent SSL_VPN additive count 30", SUPPORTED),
    ] {
        let file = bench.file(text);
        assert_eq!(bench.install(&file), Some(vec![outcome]), "{text}");
    }
}

#[test]
fn keys_are_rolled_over() {
    for (key, outcome) in [
        (1, SUPPORTED),
        (2, SUPPORTED),
        (3, failed(InstallError::NotVerified)),
        (9, failed(InstallError::NotVerified)),
    ] {
        assert_eq!(outcomes(&format!("permanent uck9 key {key}")), [outcome]);
    }
}

#[test]
fn damaged_ends_and_copied_built_in_lines_are_no_lines() {
    let mut bench = Bench::on(MODEL, 0);
    let good = document::read(&bench.file("permanent uck9"))
        .unwrap()
        .remove(0)
        .line;
    let cut = good.replace("</WLC>", "");
    let short = format!("{}</WLC>", &good[..good.len() - 10]);
    let shown = bench.lab.show("show license file");
    let (_, built_in) = shown.split_once("Built-In License Storage").unwrap();
    let lines = built_in
        .lines()
        .skip(2)
        .take_while(|line| !line.contains("Comment"));
    let built_in: String = lines.map(|line| &line[13..]).collect();
    assert!(
        built_in.starts_with("11 securityk9 1.0 LONG TRIAL"),
        "{built_in}"
    );
    for (line, error) in [
        (cut, InstallError::InvalidLine),
        (short, InstallError::InvalidLine),
        (good.replacen(' ', "  ", 1), InstallError::InvalidLine),
        (built_in, InstallError::NotVerified),
    ] {
        let entry = FileEntry {
            line,
            ..FileEntry::default()
        };
        let outcome = bench.install(&document::write(&[entry]));
        assert_eq!(outcome, Some(vec![failed(error)]));
    }
}

#[test]
fn the_lines_of_one_file_find_their_stack_members() {
    let lab = Lab::seeded(7).on("WS-C3750E").stacked(2);
    let mut bench = Bench { lab };
    let file = bench.file("permanent extra member 2, permanent extra member 1");
    assert_eq!(
        bench.install(&file),
        Some(vec![InstallOutcome::NotSupported; 2])
    );
    let (_, text) = bench.types(&["show license file", "show license file switch 2"]);
    assert_eq!(text.matches(" extra 1.0 LONG NORMAL").count(), 2, "{text}");
}

/// Something done to the licenses of a device.
#[derive(Clone, Debug)]
enum Deed {
    Install(usize),
    Clear(usize),
    SaveAndRestore,
    Comment(usize),
}

const FILES: [(&str, &str); 4] = [
    ("gatekeeper", "extension gatekeeper 1440"),
    ("SNASw", "permanent SNASw"),
    ("teleport", "permanent teleport"),
    ("SSL_VPN", "permanent SSL_VPN count 25"),
];

fn deed() -> impl Strategy<Value = Deed> {
    let file = 0..FILES.len();
    prop_oneof![
        file.clone().prop_map(Deed::Install),
        file.clone().prop_map(Deed::Clear),
        Just(Deed::SaveAndRestore),
        file.prop_map(Deed::Comment),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bytes_of_any_kind_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut bench = Bench::on(MODEL, 0);
        let before = bench.state();
        prop_assert_eq!(bench.install(&bytes), None);
        prop_assert_eq!(bench.state(), before);
    }

    #[test]
    fn lines_of_any_kind_are_refused_quietly(line in "(11 )?[ -~]{0,400}(\\$<WLC>[A-Za-z0-9+/]{0,204}=?</WLC>)?") {
        let mut bench = Bench::on(MODEL, 0);
        let before = bench.state();
        let entry = FileEntry { line, ..FileEntry::default() };
        let outcome = bench.install(&document::write(&[entry]));
        prop_assert!(outcome.is_none_or(|lines| lines == [failed(InstallError::InvalidLine)]));
        prop_assert_eq!(bench.state(), before);
    }

    /// Counters say what happened; what is there is what was installed and not cleared; saving and
    /// restoring changes nothing.
    #[test]
    fn stores_hold_what_was_done_to_them(deeds in proptest::collection::vec(deed(), 1..12)) {
        let mut bench = Bench::on(MODEL, 0);
        let (mut there, mut commented) = ([false; FILES.len()], [false; FILES.len()]);
        let (mut installed, mut duplicates, mut cleared, mut comments) = (0, 0, 0, 0);
        for deed in deeds {
            match deed {
                Deed::Install(file) => {
                    let bytes = bench.file(FILES[file].1);
                    let outcome = bench.install(&bytes).unwrap()[0];
                    prop_assert_eq!(outcome == DUPLICATE, there[file]);
                    match there[file] {
                        true => duplicates += 1,
                        false => installed += 1,
                    }
                    there[file] = true;
                }
                Deed::Clear(file) => {
                    let purge = format!("license purge {}", FILES[file].0);
                    let (next, _) = bench.types(&[&purge, "yes"]);
                    bench = next;
                    cleared += u32::from(there[file]);
                    (there[file], commented[file]) = (false, false);
                }
                Deed::SaveAndRestore => {
                    let before = bench.state();
                    let all = 1 + there.iter().filter(|there| **there).count();
                    let (next, text) = bench.types(&["license save flash:all", "license install flash:all"]);
                    bench = next;
                    prop_assert_eq!(bench.state(), before);
                    prop_assert_eq!(text.matches("Skipped:Duplicate").count(), all, "{}", text);
                    duplicates += u32::try_from(all).unwrap();
                }
                Deed::Comment(file) => {
                    let comment = format!("license comment add {} \"rack 4\"", FILES[file].0);
                    let (next, _) = bench.types(&[&comment]);
                    bench = next;
                    comments += u32::from(there[file]);
                    commented[file] = there[file];
                }
            }
        }
        let shown = bench.lab.show("show license all");
        let (primary, _) = shown.split_once("Built-In").unwrap();
        for (file, (feature, _)) in FILES.iter().enumerate() {
            prop_assert_eq!(primary.contains(&format!("Feature: {feature} ")), there[file]);
        }
        let file = bench.lab.show("show license file");
        let noted = commented.iter().filter(|noted| **noted).count();
        prop_assert_eq!(file.matches("Comment: rack 4").count(), noted);
        prop_assert_eq!(bench.statistic("Install success"), installed);
        prop_assert_eq!(bench.statistic("Install duplicate"), duplicates);
        prop_assert_eq!(bench.statistic("Clear count"), cleared);
        prop_assert_eq!(bench.statistic("Comment add"), comments);
    }
}
