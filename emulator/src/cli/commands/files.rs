//! File systems: the image on a disk, the configurations in NVRAM.

use crate::{
    cli::call::{Answer, Call, Dialogue, Next, Typed},
    config::{
        Configuration,
        grammar::{
            Argument, Row,
            Token::{Argument as Value, Word},
        },
    },
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
    let free = free_bytes(position, total);
    call.print(&format!("Directory of {name}:/\n"));
    call.print(&match position {
        0 => format!(
            "    1  -rw-  {IMAGE_BYTES:>12}  Feb 10 2016 12:00:00 +00:00  {}",
            storage.image
        ),
        _ => "No files in directory".to_owned(),
    });
    call.print(&format!("\n{total} bytes total ({free} bytes free)"));
    Next::Prompt
}

/// The size of the startup configuration in bytes; 0 where there is none.
fn startup_bytes(call: &Call<'_>) -> u64 {
    if *call.device.startup_configuration() == Configuration::default() {
        return 0;
    }
    let mut text = Vec::new();
    let view = call.device.view(call.now);
    view.push_configuration(&mut text, view.startup(), false);
    text.len() as u64
}

fn nvram(call: &mut Call<'_>) -> Next {
    let (size, total) = (
        startup_bytes(call),
        call.device.model().platform.storage.nvram_bytes,
    );
    call.print("Directory of nvram:/\n");
    if size > 0 {
        call.print(&format!(
            "  254  -rw-  {size:>12}                    <no date>  startup-config"
        ));
    }
    call.print("    1  ----             0                    <no date>  rf_cold_starts");
    let free = total.saturating_sub(size + NVRAM_OWN_BYTES);
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
        let free = free_bytes(position, disk.bytes).to_string();
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
    let total = storage.nvram_bytes;
    let free = total.saturating_sub(startup_bytes(call) + NVRAM_OWN_BYTES);
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
    let view = call.device.view(call.now);
    match split(&path) {
        ("nvram", "startup-config") => {
            view.push_configuration(call.out, view.startup(), false);
            Next::Prompt
        }
        ("system", "running-config") => {
            view.push_configuration(call.out, view.running(), false);
            Next::Prompt
        }
        _ => call.refuse(&format!(
            "%Error opening {path} (No such file or directory)"
        )),
    }
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
    call.refuse(&format!(
        "%Error deleting {path} (No such file or directory)"
    ))
}
