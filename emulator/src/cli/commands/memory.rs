//! Saving the running configuration, compressed where the configuration asks for it.
//!
//! Source: the guide's chapter 6, `service compress-config`.

use crate::{
    cli::call::{Answer, Call, Dialogue, Next, Typed},
    config::grammar::{Row, Token::Word},
    device::licensing::compresses,
    license::space,
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("write")], write, "Write running configuration to memory, network, or terminal"),
    Row::exec(15, &[Word("write"), Word("memory")], write, ""),
    Row::exec(15, &[Word("write"), Word("terminal")], write_terminal, "").with_help(&[("terminal", "Write to terminal")]),
    Row::exec(15, &[Word("write"), Word("erase")], erase, "").with_help(&[("erase", "Erase NV memory"), ("memory", "Write to NV memory")]),
    Row::exec(15, &[Word("copy"), Word("running-config"), Word("startup-config")], copy, "Copy from one file to another").with_help(&[("running-config", "Copy from current system configuration"), ("startup-config", "Copy to startup configuration"), ("copy", "Copy from one file to another")]),
];

fn write(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    save(call)
}

pub(super) fn save(call: &mut Call<'_>) -> Next {
    call.device.save_configuration();
    call.print("Building configuration...");
    if compresses(call.device.startup_configuration()) {
        let mut text = Vec::new();
        let view = call.device.view(call.now);
        view.push_configuration(&mut text, view.startup(), false);
        let (from, to) = (text.len(), space::compressed_bytes(&text));
        call.print(&format!(
            "Compressing configuration from {from} bytes to {to} bytes"
        ));
    }
    call.print("[OK]");
    Next::Prompt
}

fn erase(_: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let question =
        "Erasing the nvram filesystem will remove all configuration files! Continue? [confirm]";
    Next::Ask(Dialogue::new(question, Answer::Confirm, |call, answer| {
        if answer.is_empty() {
            return Next::Prompt;
        }
        call.device.erase_nvram();
        call.print("[OK]\nErase of nvram: complete");
        Next::Prompt
    }))
}

fn write_terminal(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    call.device
        .push_command_output(call.out, "show running-config", call.now);
    Next::Prompt
}

pub(super) fn copy(_: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let then = |call: &mut Call<'_>, answer: &str| match answer.trim() {
        "" | "startup-config" => save(call),
        other => {
            let reply = format!("%Error opening nvram:{other} (Permission denied)");
            call.refuse(&reply)
        }
    };
    let question = "Destination filename [startup-config]? ";
    Next::Ask(Dialogue::new(question, Answer::Line, then))
}
