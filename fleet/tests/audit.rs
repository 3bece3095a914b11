//! The audit of a run finds any single record that was dropped, doubled or altered.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use fleet::{
    audit::{Audit, Opinion, audit},
    journal::{
        JOURNAL_FILE, Page, Record, Writer,
        block::{
            BLOCK_HEADING_BYTES, BlockHeading, BlockKind, DIGEST_BYTES, FILE_HEADING_BYTES, Heading,
        },
    },
};
use proptest::prelude::*;
use tempfile::TempDir;

/// A short run of the quickstart, shared by the tests, none of which changes it.
fn run() -> &'static Path {
    static RUN: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = RUN.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("run");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.args(["run", "--plain", "--quiet", "--devices", "60", "-d", "2s"]);
        command.args(["--set", "warm-up=200ms"]);
        command.args(["--set", "validity.lag-budget=10m"]);
        command.arg("--out").arg(&out).env_clear();
        assert!(command.output().unwrap().status.success());
        (folder, out)
    });
    path
}

/// A journal taken apart.
struct Parts {
    bytes: Vec<u8>,
    heading: Heading,
    /// Where each block begins, and its heading.
    blocks: Vec<(usize, BlockHeading)>,
    records: Vec<Record>,
}

fn parts() -> Parts {
    let bytes = fs::read(run().join(JOURNAL_FILE)).unwrap();
    let length = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let mut at = FILE_HEADING_BYTES + length;
    let heading = serde_json::from_slice(&bytes[FILE_HEADING_BYTES..at]).unwrap();
    let (mut blocks, mut records) = (Vec::new(), Vec::new());
    while at < bytes.len() {
        let payload_at = at + BLOCK_HEADING_BYTES;
        let block = BlockHeading::decode(bytes[at..payload_at].try_into().unwrap()).unwrap();
        let end = payload_at + block.payload_bytes as usize;
        let mut payload = &bytes[payload_at..end];
        while !payload.is_empty() {
            records.push(Record::decode(&mut payload).unwrap());
        }
        blocks.push((at, block));
        at = end + DIGEST_BYTES;
    }
    Parts {
        bytes,
        heading,
        blocks,
        records,
    }
}

/// A copy of the run with the journal `bytes`, audited.
fn audited(bytes: &[u8]) -> Audit {
    let folder = TempDir::new().unwrap();
    fs::copy(
        run().join("summary.json"),
        folder.path().join("summary.json"),
    )
    .unwrap();
    fs::write(folder.path().join(JOURNAL_FILE), bytes).unwrap();
    audit(folder.path()).unwrap()
}

/// A copy of the run whose journal holds `records`, with seals as good as the first: whoever changed
/// it knew how. The audit has nothing but what the records say.
fn forged(heading: &Heading, records: &[Record]) -> Audit {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(JOURNAL_FILE);
    let writer = Writer::begin(fs::File::create(&path).unwrap(), heading, u64::MAX).unwrap();
    let mut page = Page::default();
    records.iter().for_each(|record| page.add(record));
    writer.append(page);
    let closed = writer.close();
    let summary = fs::read_to_string(run().join("summary.json")).unwrap();
    let mut summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    summary["journal"]["records"] = closed.records.into();
    summary["journal"]["bytes"] = closed.bytes.into();
    summary["journal"]["digest"] = closed.digest.into();
    let summary = summary.to_string();
    fs::write(folder.path().join("summary.json"), summary).unwrap();
    audit(folder.path()).unwrap()
}

/// The kinds of record in a run, as numbers.
fn kind(record: &Record) -> usize {
    match record {
        Record::Event { .. } => 0,
        Record::Deadline { .. } => 1,
        Record::Trigger { .. } => 2,
        Record::Dropped { .. } => 3,
        Record::Queued { .. } => 4,
        Record::Attempt(_) => 5,
        Record::Settled { .. } => 6,
        Record::Outstanding { .. } => 7,
        Record::Received { .. } => 8,
        Record::Unheard { .. } => 9,
    }
}

/// The kinds that a run of the quickstart has, lateness of deadlines apart: those leave no trace but a
/// count.
const KINDS: [usize; 7] = [0, 2, 3, 4, 5, 6, 8];

/// The last record of a kind: what is due in the warm-up has no part in the latencies.
fn last_of(records: &[Record], wanted: usize) -> usize {
    let found = records.iter().rposition(|record| kind(record) == wanted);
    found.unwrap_or_else(|| panic!("no record of kind {wanted}"))
}

#[test]
fn a_run_as_it_is_is_sound() {
    let audit = audit(run()).unwrap();
    assert_eq!(audit.opinion, Opinion::Sound, "{}", audit.text());
    assert!(audit.text().contains("summary    agrees in "));
    let parts = parts();
    let again = forged(&parts.heading, &parts.records);
    assert_eq!(again.opinion, Opinion::Sound, "{}", again.text());
}

#[test]
fn a_record_that_is_gone_is_missed() {
    let parts = parts();
    for wanted in KINDS {
        let mut records = parts.records.clone();
        let gone = records.remove(last_of(&parts.records, wanted));
        let audit = forged(&parts.heading, &records);
        assert_eq!(audit.opinion, Opinion::Unsound, "{gone:?}");
    }
}

#[test]
fn a_record_that_is_there_twice_is_noticed() {
    let parts = parts();
    for wanted in KINDS {
        let mut records = parts.records.clone();
        let twice = records[last_of(&parts.records, wanted)];
        records.push(twice);
        let audit = forged(&parts.heading, &records);
        assert_eq!(audit.opinion, Opinion::Unsound, "{twice:?}");
    }
}

#[test]
fn a_record_that_says_something_else_is_noticed() {
    let parts = parts();
    let altered = |wanted: usize, alter: &dyn Fn(&mut Record)| {
        let mut records = parts.records.clone();
        let at = last_of(&records, wanted);
        alter(&mut records[at]);
        assert_ne!(records[at], parts.records[at]);
        let audit = forged(&parts.heading, &records);
        assert_eq!(audit.opinion, Opinion::Unsound, "{:?}", records[at]);
        audit.findings.join("\n")
    };
    let found = altered(2, &|record| {
        if let Record::Trigger { candidates, .. } = record {
            *candidates += 1;
        }
    });
    assert!(found.contains("candidates"), "{found}");
    altered(3, &|record| {
        if let Record::Dropped { account, .. } = record {
            *account ^= 1;
        }
    });
    let found = altered(4, &|record| {
        if let Record::Queued { due_us, .. } = record {
            *due_us += 1_000;
        }
    });
    assert!(found.contains("due instant"), "{found}");
    let found = altered(5, &|record| {
        if let Record::Attempt(attempt) = record {
            attempt.ended_us += 1_000;
        }
    });
    assert!(found.contains("did not end when its last"), "{found}");
    altered(5, &|record| {
        if let Record::Attempt(attempt) = record {
            attempt.outcome = 1;
        }
    });
    altered(6, &|record| {
        if let Record::Settled { settlement, .. } = record {
            *settlement = 1;
        }
    });
    let found = altered(8, &|record| {
        if let Record::Received { key, .. } = record {
            *key ^= 1;
        }
    });
    assert!(found.contains("sinks took 1 messages"), "{found}");
}

#[test]
fn blocks_that_are_gone_doubled_or_swapped_are_named() {
    let parts = parts();
    let [.., (first, _), (second, _), (end, last)] = parts.blocks[..] else {
        panic!("too few blocks");
    };
    assert_eq!(last.kind, BlockKind::End);
    let (before, one) = (&parts.bytes[..first], &parts.bytes[first..second]);
    let (two, rest) = (&parts.bytes[second..end], &parts.bytes[end..]);
    for (wanted, sequence) in [
        ("blocks are missing", vec![before, one, rest]),
        ("comes again", vec![before, one, two, two, rest]),
        ("does not fit its seal", vec![before, two, one, rest]),
        ("follow after the end", vec![before, one, two, rest, rest]),
    ] {
        let audit = audited(&sequence.concat());
        let findings = audit.findings.join("\n");
        assert!(findings.contains(wanted), "{wanted}: {findings}");
        assert_eq!(audit.opinion, Opinion::Unsound);
    }
}

#[test]
fn a_journal_that_breaks_off_is_told_from_a_run_that_was_killed() {
    let parts = parts();
    let (end, _) = *parts.blocks.last().unwrap();
    let folder = TempDir::new().unwrap();
    for cut in [end, end - 1, end - 40] {
        // With a summary something has been cut off; without one the run has been killed.
        let audit_of_cut = audited(&parts.bytes[..cut]);
        assert_eq!(audit_of_cut.opinion, Opinion::Unsound);
        fs::write(folder.path().join(JOURNAL_FILE), &parts.bytes[..cut]).unwrap();
        let audit = audit(folder.path()).unwrap();
        assert_eq!(audit.opinion, Opinion::Cut, "{}", audit.text());
        assert_eq!(audit.text().contains("is incomplete"), cut != end);
    }
}

#[test]
fn what_is_no_journal_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let refused = |content: Option<&[u8]>| {
        if let Some(content) = content {
            fs::write(folder.path().join(JOURNAL_FILE), content).unwrap();
        }
        let error = audit(folder.path()).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    };
    assert!(refused(None).contains("is this a run directory"));
    assert!(refused(Some(b"")).contains("is no journal"));
    assert!(refused(Some(b"PK\x03\x04 something else entirely")).contains("is no journal"));
    let mut newer = parts().bytes;
    newer[8] = 9;
    assert!(refused(Some(&newer)).contains("version 9"));
    newer[8] = 1;
    newer[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(refused(Some(&newer)).contains("heading makes no sense"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_byte_that_is_changed_is_noticed(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = parts().bytes;
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let folder = TempDir::new().unwrap();
        fs::copy(run().join("summary.json"), folder.path().join("summary.json")).unwrap();
        fs::write(folder.path().join(JOURNAL_FILE), &bytes).unwrap();
        // It is no journal any more, or not a sound one.
        prop_assert!(audit(folder.path()).map_or(true, |audit| audit.opinion == Opinion::Unsound));
    }

    #[test]
    fn runs_of_absurd_bytes_are_noticed_without_a_panic(
        place in any::<prop::sample::Index>(),
        length in 8_usize..64,
        byte in prop_oneof![Just(0xff_u8), Just(0x80), Just(0)],
    ) {
        let parts = parts();
        let mut bytes = parts.bytes.clone();
        let at = place.index(bytes.len() - length);
        bytes[at..at + length].fill(byte);
        prop_assume!(bytes != parts.bytes);
        let folder = TempDir::new().unwrap();
        fs::copy(run().join("summary.json"), folder.path().join("summary.json")).unwrap();
        fs::write(folder.path().join(JOURNAL_FILE), &bytes).unwrap();
        prop_assert!(audit(folder.path()).map_or(true, |audit| audit.opinion == Opinion::Unsound));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let parts = parts();
        let mut bytes = parts.bytes[..parts.blocks[0].0].to_vec();
        bytes.extend(tail);
        prop_assert!(audited(&bytes).opinion == Opinion::Unsound);
    }
}

/// Every number, word and flag in `value` that is a leaf, by its path.
fn leaves(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    if let Some(object) = value.as_object() {
        for (name, inner) in object {
            leaves(inner, &format!("{path}/{name}"), found);
        }
    } else if !value.is_array() {
        found.push(path.to_owned());
    }
}

/// What cannot be recounted from a journal; `docs/journal.md` says so.
const NOT_RECOUNTED: [&str; 12] = [
    "/schema",
    "/tool/",
    "/host/",
    "/run/started",
    "/run/wall_s",
    "/run/device_s",
    "/run/fingerprint",
    "/ledger/traps",
    "/licenses/",
    "/validity/",
    "/transports/smtp/phases_ms",
    "/transports/https/phases_ms",
];

#[test]
fn a_figure_of_the_summary_that_is_not_true_is_noticed() {
    let text = fs::read_to_string(run().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut paths = Vec::new();
    leaves(&summary, "", &mut paths);
    let recounted = |path: &&String| {
        let left_out = NOT_RECOUNTED.iter().any(|head| path.starts_with(head));
        let exception = path.ends_with("/resumed");
        let lag = path.starts_with("/validity/lag_ms/") || path.ends_with("/mean_stay_ms");
        (!left_out || lag || *path == "/validity/valid") && !exception
    };
    let folder = TempDir::new().unwrap();
    fs::copy(run().join(JOURNAL_FILE), folder.path().join(JOURNAL_FILE)).unwrap();
    let (mut tried, mut unnoticed) = (0, Vec::new());
    for path in paths.iter().filter(recounted) {
        let mut altered = summary.clone();
        let leaf = altered.pointer_mut(path).unwrap();
        *leaf = if let Some(flag) = leaf.as_bool() {
            (!flag).into()
        } else if let Some(count) = leaf.as_u64() {
            (count + 1).into()
        } else if let Some(number) = leaf.as_f64() {
            // Beyond what is put down to rounding, however long things took on this machine.
            (number * 10.0 + 1_000.0).into()
        } else {
            format!("{leaf}x").into()
        };
        fs::write(folder.path().join("summary.json"), altered.to_string()).unwrap();
        if audit(folder.path()).unwrap().opinion != Opinion::Unsound {
            unnoticed.push(path);
        }
        tried += 1;
    }
    assert_eq!(unnoticed, [""; 0], "altered, and not noticed");
    assert!(tried > 100, "{tried} figures");
}

#[test]
fn runs_in_a_folder_are_found() {
    let above = run().parent().unwrap();
    assert_eq!(fleet::audit::run_directories(above), [run().to_owned()]);
    assert_eq!(fleet::audit::run_directories(run()), [run().to_owned()]);
    let none = TempDir::new().unwrap();
    assert_eq!(fleet::audit::run_directories(none.path()), [none.path()]);
}
