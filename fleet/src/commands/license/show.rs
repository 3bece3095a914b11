//! `fleet license show`: what is in a license file, and whether devices would take it.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use emulator::license::{
    Addition, KeyRing, TrustedKey,
    document::FILE_BYTES_MAX,
    inspect::{InspectedLine, Statement, inspect},
    line::is_feature,
};
use jiff::{Timestamp, tz::TimeZone};

use super::complain_of;
use crate::{arguments::license::ShowArguments, clock, commands::print, exit::Exit};

/// Runs the command.
pub(super) fn execute(arguments: &ShowArguments) -> Exit {
    let file = arguments.file.display();
    let bytes = match read(&arguments.file) {
        Ok(bytes) => bytes,
        Err(error) => {
            complain_of(
                format!("cannot read {file}: {error}"),
                "name a license file, as `fleet license issue` makes them",
            );
            return Exit::ScenarioInvalid;
        }
    };
    let mut ring = KeyRing::default();
    for (key_id, public_key) in &arguments.trust {
        ring.trust(TrustedKey {
            key_id: *key_id,
            public_key: *public_key,
            revoked: false,
        });
    }
    let now = clock::calendar_now().to_zoned(TimeZone::UTC);
    let today = arguments.today.unwrap_or_else(|| now.date());
    let lines = match inspect(&bytes, &ring, arguments.udi.as_ref(), today) {
        Ok(lines) => lines,
        Err(error) => {
            complain_of(
                format!("{file} is no license file: {error}"),
                "devices answer `% Error: Invalid license file`",
            );
            return Exit::ScenarioInvalid;
        }
    };
    let licenses = if lines.len() == 1 {
        "license"
    } else {
        "licenses"
    };
    let (size, count) = (bytes.len(), lines.len());
    let mut text = format!("{file}: {size} bytes, {count} {licenses}\n");
    for (number, line) in (1..).zip(&lines) {
        describe(&mut text, number, line);
    }
    print(&text);
    match lines.iter().all(|line| line.failure.is_none()) {
        true => Exit::Passed,
        false => Exit::ScenarioInvalid,
    }
}

/// Everything in the file `path`, up to one byte more than a license file has.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(FILE_BYTES_MAX as u64 + 1);
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn describe(text: &mut String, number: usize, line: &InspectedLine) {
    let said = line.statement.as_ref().map(|own| &*own.terms.feature);
    // What nobody has signed is shown only where it can be nothing but a name.
    let beside = line.entry.feature.as_deref();
    let feature = said.or(beside.filter(|name| is_feature(name)));
    text.push_str(&format!("  {number}  {}\n", feature.unwrap_or("unknown")));
    let mut say = |label: &str, value: String| {
        text.push_str(&format!("     {label:<8} {value}\n"));
    };
    if let Some(statement) = &line.statement {
        let device = statement.device.as_ref();
        let image = || "any that runs the image".to_owned();
        say("grants", granted(statement));
        say("device", device.map_or_else(image, ToString::to_string));
        say("id", statement.id.to_string());
        let issued_at = i64::try_from(statement.issued_at_s).ok();
        let issued_at = issued_at.and_then(|second| Timestamp::from_second(second).ok());
        let issued_at = issued_at.map_or("at no time".to_owned(), |time| time.to_string());
        say(
            "issued",
            format!("{issued_at}, signed by key {}", statement.key_id),
        );
    }
    if let Some(pak) = &line.entry.pak {
        say("PAK", pak.as_str().to_owned());
    }
    if !line.entry.comment.is_empty() {
        let printable = |c: char| if c.is_control() { '?' } else { c };
        say(
            "comment",
            line.entry.comment.chars().map(printable).collect(),
        );
    }
    let verdict = match line.failure {
        None => "verifies".to_owned(),
        Some(error) => format!("Error[{}]: {error}", error.code()),
    };
    say("verdict", verdict);
}

/// What `statement` grants, in words.
fn granted(statement: &Statement) -> String {
    let terms = &statement.terms;
    let mut parts = vec![terms.kind.shown().to_owned()];
    parts.extend(terms.hours.map(|hours| format!("{hours} hours of use")));
    parts.extend(terms.start.map(|day| format!("from {day}")));
    parts.extend(terms.end.map(|day| format!("to {day}")));
    parts.push(match terms.count {
        Some(count) => format!("counts {count}"),
        None => "not counted".to_owned(),
    });
    parts.push(match terms.addition {
        Addition::Additive => "additive".to_owned(),
        Addition::Exclusive => "exclusive".to_owned(),
    });
    parts.join(", ")
}
