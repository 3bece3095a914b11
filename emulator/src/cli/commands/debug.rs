//! `debug call-home`: which parts of Call Home the device logs the stages of. Reference, section 6.5.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Row,
        Token::{self, OneOf, Word},
    },
    device::{DebugKind, Debugging},
};

const KIND: Token = OneOf(&["all", "detail", "error", "event"]);
const HELP: &[(&str, &str)] = &[
    ("all", "Everything"),
    ("call-home", "Call Home"),
    ("detail", "Details of the processing"),
    ("error", "Errors"),
    ("event", "Events"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("debug"), Word("call-home"), KIND], debug, "Debugging functions (see also 'undebug')").with_help(HELP),
    Row::exec(15, &[Word("undebug"), Word("call-home"), KIND], undebug, "Disable debugging functions (see also 'debug')").with_help(HELP),
    Row::exec(15, &[Word("no"), Word("debug"), Word("call-home"), KIND], undebug, "Disable debugging functions").with_help(HELP),
    Row::exec(15, &[Word("no"), Word("debug"), Word("all")], undebug_all, "Disable debugging functions").with_help(HELP),
    Row::exec(15, &[Word("undebug"), Word("all")], undebug_all, "Disable debugging functions (see also 'debug')").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("debugging")], show, "").with_help(&[("debugging", "State of each debugging option")]),
];

fn chosen(typed: &Typed<'_>) -> impl Iterator<Item = DebugKind> {
    let keyword = typed.keyword(0).unwrap_or("all");
    let kinds = DebugKind::ALL.into_iter();
    kinds.filter(move |kind| keyword == "all" || kind.keyword() == keyword)
}

fn debug(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    turn(call, typed, true)
}

fn undebug(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    turn(call, typed, false)
}

fn turn(call: &mut Call<'_>, typed: &Typed<'_>, on: bool) -> Next {
    let state = if on { "on" } else { "off" };
    for kind in chosen(typed) {
        call.device.debugging.set(kind, on);
        let kind = kind.keyword();
        call.print(&format!("Call-home {kind} debugging is {state}"));
    }
    Next::Prompt
}

fn undebug_all(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    call.device.debugging = Debugging::default();
    call.print("All possible debugging has been turned off");
    Next::Prompt
}

fn show(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let debugging = call.device.debugging;
    if !debugging.is_off() {
        call.print("CALL-HOME:");
    }
    for kind in DebugKind::ALL
        .into_iter()
        .filter(|kind| debugging.has(*kind))
    {
        let kind = kind.keyword();
        call.print(&format!("  Call-home {kind} debugging is on"));
    }
    Next::Prompt
}
