//! File systems: the image in flash, the configurations in NVRAM.

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
/// Bytes of the NVRAM file system.
const NVRAM_BYTES: u64 = 262_136;
/// Bytes of the flash file system.
const FLASH_BYTES: u64 = 512_065_536;
/// Bytes of the software image.
const IMAGE_BYTES: u64 = 97_794_040;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("dir")], directory, "List files on a filesystem"),
    Row::exec(1, &[Word("dir"), Value(PATH)], directory, "").with_help(&[("WORD", "Directory or file name"), ("dir", "List files on a filesystem")]),
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

fn is_flash(system: &str, image_system: &str) -> bool {
    system.is_empty() || system == image_system || matches!(system, "flash" | "bootflash")
}

fn directory(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let path = typed.text(0).unwrap_or_default().to_owned();
    let (system, _) = split(&path);
    let (image_system, image) = call.device.image(call.now);
    if system == "nvram" {
        return nvram(call);
    }
    if !is_flash(system, &image_system) {
        return call.refuse(&format!("%Error opening {path} (No such device)"));
    }
    call.print(&format!("Directory of {image_system}:/\n"));
    call.print(&format!(
        "    1  -rw-  {IMAGE_BYTES:>12}  Feb 10 2016 12:00:00 +00:00  {image}"
    ));
    let free = FLASH_BYTES - IMAGE_BYTES;
    call.print(&format!("\n{FLASH_BYTES} bytes total ({free} bytes free)"));
    Next::Prompt
}

fn nvram(call: &mut Call<'_>) -> Next {
    let mut text = Vec::new();
    let saved = *call.device.startup_configuration() != Configuration::default();
    if saved {
        let view = call.device.view(call.now);
        view.push_configuration(&mut text, view.startup(), false);
    }
    let size = text.len() as u64;
    call.print("Directory of nvram:/\n");
    if saved {
        call.print(&format!(
            "  254  -rw-  {size:>12}                    <no date>  startup-config"
        ));
    }
    call.print("    1  ----             0                    <no date>  rf_cold_starts");
    let free = NVRAM_BYTES.saturating_sub(size);
    call.print(&format!("\n{NVRAM_BYTES} bytes total ({free} bytes free)"));
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
