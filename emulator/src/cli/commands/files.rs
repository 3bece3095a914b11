//! File systems: the image on a disk, the configurations in NVRAM.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{
    cli::{
        call::{Answer, Call, Dialogue, Next, Typed},
        transfers,
    },
    config::{
        Configuration,
        grammar::{
            Argument, Row,
            Token::{Argument as Value, Word},
        },
    },
    device::files::{FLASH, FileUrl, Written},
};

const PATH: Argument = Argument::Text { max: 128 };
/// Bytes of the software image.
const IMAGE_BYTES: u64 = 97_794_040;
/// Bytes of a file that NVRAM holds without showing it.
const NVRAM_OWN_BYTES: u64 = 1_016;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("dir")], directory, "List files on a filesystem"),
    Row::exec(1, &[Word("dir"), Value(PATH)], directory, "").with_help(&[("WORD", "Directory or file name"), ("dir", "List files on a filesystem")]),
    Row::exec(1, &[Word("show"), Word("file"), Word("systems")], systems, "").with_help(&[("file", "Show filesystem information"), ("systems", "List filesystems")]),
    Row::exec(15, &[Word("more"), Value(PATH)], more, "Display the contents of a file").with_help(&[("WORD", "File to display")]),
    Row::exec(15, &[Word("delete"), Value(PATH)], delete, "Delete a file").with_help(&[("WORD", "File to be deleted")]),
];

/// A file system: its name with a colon, and the file within it.
fn split(path: &str) -> (&str, &str) {
    match path.split_once(':') {
        Some((system, file)) => (system, file.trim_start_matches('/')),
        None => ("", path),
    }
}

/// Bytes of a disk that are free: the image is all that is on the first.
fn free_bytes(position: usize, bytes: u64) -> u64 {
    match position {
        0 => bytes.saturating_sub(IMAGE_BYTES),
        _ => bytes,
    }
}

fn directory(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let path = typed.text(0).unwrap_or_default().to_owned();
    let (system, _) = split(&path);
    if system == "nvram" {
        return nvram(call);
    }
    let storage = call.device.model().platform.storage.clone();
    let Some(disk) = storage.disk(system) else {
        return call.refuse(&format!("%Error opening {path} (No such device)"));
    };
    let position = storage.disks.iter().position(|own| own == disk);
    let position = position.unwrap_or(0);
    let (name, total) = (&disk.name, disk.bytes);
    let mut lines = Vec::new();
    if position == 0 {
        lines.push(format!(
            "    1  -rw-  {IMAGE_BYTES:>12}  Feb 10 2016 12:00:00 +00:00  {}",
            storage.image
        ));
    }
    let mut written_bytes = 0;
    for (own, written) in written(call, name) {
        let (number, size) = (lines.len() + 1, written.bytes.len());
        let at = written.at.to_zoned(TimeZone::UTC);
        let at = at.strftime("%b %e %Y %H:%M:%S +00:00");
        lines.push(format!("{number:>5}  -rw-  {size:>12}  {at}  {own}"));
        written_bytes += size as u64;
    }
    if lines.is_empty() {
        lines.push("No files in directory".to_owned());
    }
    let free = free_bytes(position, total).saturating_sub(written_bytes);
    call.print(&format!("Directory of {name}:/\n"));
    for line in lines {
        call.print(&line);
    }
    call.print(&format!("\n{total} bytes total ({free} bytes free)"));
    Next::Prompt
}

/// The files that the device has written to the disk called `disk`, by name.
fn written<'c>(call: &'c Call<'_>, disk: &'c str) -> impl Iterator<Item = (&'c str, &'c Written)> {
    let system = if FLASH.contains(&disk) {
        FLASH[0]
    } else {
        disk
    };
    call.device
        .files()
        .into_iter()
        .flat_map(move |files| files.of(system))
}

/// The size of the startup configuration in bytes, as it is stored; 0 where there is none.
fn startup_bytes(call: &Call<'_>) -> u64 {
    if *call.device.startup_configuration() == Configuration::default() {
        return 0;
    }
    call.device.nvram(call.now).startup as u64
}

fn nvram(call: &mut Call<'_>) -> Next {
    let (size, total) = (startup_bytes(call), call.device.nvram_total());
    call.print("Directory of nvram:/\n");
    if size > 0 {
        call.print(&format!(
            "  254  -rw-  {size:>12}                    <no date>  startup-config"
        ));
    }
    call.print("    1  ----             0                    <no date>  rf_cold_starts");
    let files = written(call, "nvram").map(|(name, own)| (name.to_owned(), own.bytes.len()));
    let mut written_bytes = 0;
    for (number, (name, size)) in (2..).zip(files.collect::<Vec<_>>()) {
        call.print(&format!(
            "{number:>5}  -rw-  {size:>12}                    <no date>  {name}"
        ));
        written_bytes += size as u64;
    }
    let free = total.saturating_sub(size + written_bytes + NVRAM_OWN_BYTES);
    call.print(&format!("\n{total} bytes total ({free} bytes free)"));
    Next::Prompt
}

/// File systems without a size, with their type and what may be done with them; the disks and NVRAM
/// stand between those of [`OPAQUE`] and [`NETWORK`].
const OPAQUE: &[(&str, &str, &str)] = &[
    ("opaque", "rw", "system:"),
    ("opaque", "rw", "tmpsys:"),
    ("opaque", "rw", "null:"),
    ("opaque", "ro", "tar:"),
    ("network", "rw", "tftp:"),
];
const NETWORK: &[(&str, &str, &str)] = &[
    ("opaque", "wo", "syslog:"),
    ("network", "rw", "rcp:"),
    ("network", "rw", "ftp:"),
    ("network", "rw", "http:"),
    ("network", "rw", "scp:"),
    ("network", "rw", "https:"),
    ("opaque", "ro", "cns:"),
];

fn systems(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let storage = call.device.model().platform.storage.clone();
    let mut lines = Vec::new();
    let mut add = |mark: char, size: &str, free: &str, (kind, flags, name): (&str, &str, &str)| {
        lines.push(format!(
            "{mark}{size:>13} {free:>13} {kind:>9} {flags:>6}   {name}"
        ));
    };
    for system in OPAQUE {
        add(' ', "-", "-", *system);
    }
    for (position, disk) in storage.disks.iter().enumerate() {
        let mark = if position == 0 { '*' } else { ' ' };
        let own: u64 = written(call, &disk.name)
            .map(|(_, own)| own.bytes.len() as u64)
            .sum();
        let free = free_bytes(position, disk.bytes)
            .saturating_sub(own)
            .to_string();
        let flags = if disk.name == "webui" { "ro" } else { "rw" };
        // `flash:` means the numbered disk with the image.
        let alias = if disk.name == "flash0" {
            " flash:#"
        } else {
            ""
        };
        let name = format!("{}:{alias}", disk.name);
        add(mark, &disk.bytes.to_string(), &free, ("disk", flags, &name));
    }
    let total = call.device.nvram_total();
    let own: u64 = written(call, "nvram")
        .map(|(_, own)| own.bytes.len() as u64)
        .sum();
    let free = total.saturating_sub(startup_bytes(call) + own + NVRAM_OWN_BYTES);
    add(
        ' ',
        &total.to_string(),
        &free.to_string(),
        ("nvram", "rw", "nvram:"),
    );
    for system in NETWORK {
        add(' ', "-", "-", *system);
    }
    call.print("File Systems:\n\n       Size(b)       Free(b)      Type  Flags  Prefixes");
    for line in lines {
        call.print(&line);
    }
    Next::Prompt
}

fn more(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let path = typed.text(0).unwrap_or_default().to_owned();
    let print = |call: &mut Call<'_>, bytes: &[u8]| {
        call.print(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        Next::Prompt
    };
    if let Ok(url) = FileUrl::parse(&path)
        && call.device.reaches(&url)
    {
        return transfers::read(call, url, move |call, _, bytes| print(call, &bytes));
    }
    match contents(call, &path) {
        Some(bytes) => print(call, &bytes),
        None => call.refuse(&format!(
            "%Error opening {path} (No such file or directory)"
        )),
    }
}

/// What is in the file called `path`: one that the device has written, or a configuration.
pub(super) fn contents(call: &Call<'_>, path: &str) -> Option<Arc<[u8]>> {
    let view = call.device.view(call.now);
    let mut text = Vec::new();
    match split(path) {
        ("nvram", "startup-config") => {
            view.push_configuration(&mut text, view.startup(), false);
        }
        ("system", "running-config") => {
            view.push_configuration(&mut text, view.running(), false);
        }
        _ => return call.device.read_file(&FileUrl::parse(path).ok()?, 0).ok(),
    }
    Some(text.into())
}

fn delete(_: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let path = typed.text(0).unwrap_or_default().to_owned();
    let (_, file) = split(&path);
    let question = format!("Delete filename [{file}]? ");
    Next::Ask(Dialogue::new(question, Answer::Line, move |_, answer| {
        let path = match (answer.trim(), split(&path)) {
            ("", _) => path,
            (other, ("", _)) => other.to_owned(),
            (other, (system, _)) => format!("{system}:{other}"),
        };
        let question = format!("Delete {path}? [confirm]");
        Next::Ask(Dialogue::new(
            question,
            Answer::Confirm,
            move |call, answer| {
                if answer.is_empty() {
                    return Next::Prompt;
                }
                delete_file(call, &path)
            },
        ))
    }))
}

fn delete_file(call: &mut Call<'_>, path: &str) -> Next {
    if split(path) == ("nvram", "startup-config") {
        call.device.erase_configuration();
        return Next::Prompt;
    }
    let deleted = FileUrl::parse(path).is_ok_and(|url| call.device.delete_file(&url));
    if deleted {
        return Next::Prompt;
    }
    call.refuse(&format!(
        "%Error deleting {path} (No such file or directory)"
    ))
}
