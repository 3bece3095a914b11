//! `debug call-home`: which parts of Call Home a session wants to hear of. Reference, section 6.5.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Row,
        Token::{self, OneOf, Word},
    },
};

/// The kinds of debugging, in the order in which outputs name them.
const KINDS: &[&str] = &["detail", "error", "event"];
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
    Row::exec(15, &[Word("undebug"), Word("all")], undebug_all, "Disable debugging functions (see also 'debug')").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("debugging")], show, "").with_help(&[("debugging", "State of each debugging option")]),
];

fn chosen(typed: &Typed<'_>) -> impl Iterator<Item = &'static str> {
    let keyword = typed.keyword(0).unwrap_or("all");
    let kinds = KINDS.iter().copied();
    kinds.filter(move |kind| keyword == "all" || *kind == keyword)
}

fn debug(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    for kind in chosen(typed) {
        call.terminal.debugging.insert(kind);
        call.print(&format!("Call-home {kind} debugging is on"));
    }
    Next::Prompt
}

fn undebug(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    for kind in chosen(typed) {
        call.terminal.debugging.remove(kind);
        call.print(&format!("Call-home {kind} debugging is off"));
    }
    Next::Prompt
}

fn undebug_all(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    call.terminal.debugging.clear();
    call.print("All possible debugging has been turned off");
    Next::Prompt
}

fn show(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let kinds = call.terminal.debugging.clone();
    if !kinds.is_empty() {
        call.print("CALL-HOME:");
    }
    for kind in kinds {
        call.print(&format!("  Call-home {kind} debugging is on"));
    }
    Next::Prompt
}
