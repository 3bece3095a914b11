//! Outputs that every model has and that show this device: configurations, log, clock, inventory.

use crate::{
    cli::call::{Call, Next, Typed},
    config::{
        Configuration,
        grammar::{Row, Token::Word},
    },
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("clock")], output, ""),
    Row::exec(1, &[Word("show"), Word("inventory")], output, "").with_help(&[("inventory", "The physical inventory")]),
    Row::exec(1, &[Word("show"), Word("logging")], output, "").with_help(&[("logging", "Contents of logging buffers")]),
    Row::exec(15, &[Word("show"), Word("running-config")], output, ""),
    Row::exec(15, &[Word("show"), Word("running-config"), Word("all")], output, "").with_help(&[("all", "Configuration with defaults")]),
    Row::exec(15, &[Word("show"), Word("startup-config")], startup, ""),
];

fn startup(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    if *call.device.startup_configuration() == Configuration::default() {
        return call.refuse("startup-config is not present");
    }
    output(call, typed)
}

/// Prints what the device prints for the command, which messages carry too.
fn output(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let command = typed.command.canonical();
    call.device
        .push_command_output(call.out, &command, call.now);
    Next::Prompt
}
