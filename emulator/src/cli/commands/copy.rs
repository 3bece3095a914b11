//! `copy`: files between the file systems of the device, and from servers and to them.
//!
//! Configurations are read like files; only saving writes one. Source: IOS convention; the guide's
//! chapter 6 for `copy system:running-config nvram:startup-config`.

use std::sync::Arc;

use super::{files::contents, memory};
use crate::{
    cli::{
        call::{Answer, Call, Dialogue, Next, Typed},
        transfers,
    },
    config::grammar::{
        Argument, Row,
        Token::{self, Argument as Value, Word},
    },
    device::files::{FileUrl, WhyNot},
};

const FILE: Token = Value(Argument::Text { max: 256 });
/// Fewer characters than these are the name of a file.
const KEYWORD_CHARACTERS_MIN: usize = 3;
/// Bytes that are copied in a second.
const BYTES_PER_SECOND: usize = 100_000;
/// What a copy takes beside its bytes, in milliseconds.
const START_MS: usize = 100;

const HELP: &[(&str, &str)] = &[
    ("WORD", "File to copy from, and file to copy to"),
    ("running-config", "Copy from current system configuration"),
    ("startup-config", "Copy from startup configuration"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("copy"), Word("running-config"), FILE], copy, "Copy from one file to another").with_help(HELP),
    Row::exec(15, &[Word("copy"), Word("startup-config"), FILE], copy, "Copy from one file to another").with_help(HELP),
    Row::exec(15, &[Word("copy"), FILE, FILE], copy, "Copy from one file to another").with_help(HELP),
];

fn copy(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let line = typed.command.canonical();
    let mut names = line.split(' ').skip(1).map(full_name);
    let mut name = || names.next().unwrap_or_default();
    let (source, target) = (name(), name());
    if source == "system:running-config" && target == "nvram:startup-config" {
        // With both files named in full there is nothing to ask.
        return match line.ends_with(":startup-config") {
            true => memory::save(call),
            false => memory::copy(call, typed),
        };
    }
    let name = source
        .rsplit(['/', ':'])
        .next()
        .unwrap_or_default()
        .to_owned();
    // Behind a file system alone the name is asked for.
    let (place, offered) = match target.strip_suffix([':', '/']) {
        Some(_) => (target.clone(), name),
        None => (String::new(), target.clone()),
    };
    let shown = offered.rsplit(['/', ':']).next().unwrap_or_default();
    let question = format!("Destination filename [{shown}]? ");
    Next::Ask(Dialogue::new(
        question,
        Answer::Line,
        move |call, answer| {
            let target = match answer.trim() {
                "" => format!("{place}{offered}"),
                answer => match target.rfind(['/', ':']) {
                    Some(end) => format!("{}{answer}", &target[..=end]),
                    None => answer.to_owned(),
                },
            };
            transfer(call, &source, &target)
        },
    ))
}

/// The two configurations by the file that each is; like all keywords they may be cut short.
fn full_name(text: &str) -> String {
    let means = |name: &str| text.len() >= KEYWORD_CHARACTERS_MIN && name.starts_with(text);
    if means("running-config") {
        "system:running-config".to_owned()
    } else if means("startup-config") {
        "nvram:startup-config".to_owned()
    } else {
        text.to_owned()
    }
}

fn transfer(call: &mut Call<'_>, source: &str, target: &str) -> Next {
    let urls = (FileUrl::parse(source), FileUrl::parse(target));
    let (from, to) = match urls {
        (Ok(from), Ok(to)) => (from, to),
        (Err(error), _) | (_, Err(error)) => return call.refuse(&error.to_string()),
    };
    if from.host().is_some() {
        return transfers::load(call, from, |call, bytes| put(call, to, bytes));
    }
    match contents(call, source) {
        Some(bytes) => put(call, to, bytes),
        None => call.refuse(&format!(
            "%Error opening {source} (No such file or directory)"
        )),
    }
}

/// Asks, where there is a file already, whether it is to go, and writes `bytes` to `to`.
fn put(call: &mut Call<'_>, to: FileUrl, bytes: Arc<[u8]>) -> Next {
    if (to.system(), to.path()) == ("nvram", "startup-config") {
        return call.refuse(&to.not_opened(WhyNot::ReadOnly).to_string());
    }
    if call.device.has_file(&to) {
        let question = "%Warning:There is a file already existing with this name\n\
                        Do you want to over write? [confirm]";
        return Next::Ask(Dialogue::new(
            question,
            Answer::Confirm,
            move |call, answer| {
                if answer.is_empty() {
                    return Next::Prompt;
                }
                call.print("");
                write(call, to, bytes)
            },
        ));
    }
    write(call, to, bytes)
}

fn write(call: &mut Call<'_>, to: FileUrl, bytes: Arc<[u8]>) -> Next {
    let (size, over_network) = (bytes.len(), to.host().is_some());
    transfers::write(call, to, bytes, move |call| {
        if over_network {
            call.print("!!");
        }
        let taken_ms = START_MS + size * 1000 / BYTES_PER_SECOND;
        let (seconds, rest) = (taken_ms / 1000, taken_ms % 1000);
        call.print(&format!(
            "{size} bytes copied in {seconds}.{rest:03} secs ({} bytes/sec)",
            size * 1000 / taken_ms
        ));
        Next::Prompt
    })
}
