//! `debug call-home` and `debug license`: which parts of Call Home and of licensing the device logs the
//! stages of. Reference, section 6.5; reference licensing, section 2.1.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Row,
        Token::{self, OneOf, Word},
    },
    device::{DebugKind, Debugging},
    platform::Platform,
};

const KIND: Token = OneOf(&["all", "detail", "error", "event"]);
const LICENSE_KIND: Token = OneOf(&["all", "core", "errors", "events"]);
const CORE_KIND: Token = OneOf(&["all", "errors", "events"]);
const HELP: &[(&str, &str)] = &[
    ("all", "Everything"),
    ("call-home", "Call Home"),
    ("detail", "Details of the processing"),
    ("error", "Errors"),
    ("event", "Events"),
];
const LICENSE_HELP: &[(&str, &str)] = &[
    ("all", "Everything"),
    ("core", "License stores"),
    ("errors", "Errors"),
    ("events", "Events"),
    ("license", "Licensing"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("debug"), Word("call-home"), KIND], debug, "Debugging functions (see also 'undebug')").with_help(HELP),
    Row::exec(15, &[Word("undebug"), Word("call-home"), KIND], undebug, "Disable debugging functions (see also 'debug')").with_help(HELP),
    Row::exec(15, &[Word("no"), Word("debug"), Word("call-home"), KIND], undebug, "Disable debugging functions").with_help(HELP),
    Row::exec(15, &[Word("debug"), Word("license"), LICENSE_KIND], debug, "Debugging functions (see also 'undebug')").with_help(LICENSE_HELP).on(licensed),
    Row::exec(15, &[Word("undebug"), Word("license"), LICENSE_KIND], undebug, "Disable debugging functions").with_help(LICENSE_HELP).on(licensed),
    Row::exec(15, &[Word("no"), Word("debug"), Word("license"), LICENSE_KIND], undebug, "Disable debugging functions").with_help(LICENSE_HELP).on(licensed),
    // As the command reference has them, where kinds belong to a part.
    Row::exec(15, &[Word("debug"), Word("license"), Word("core"), CORE_KIND], debug, "Debugging functions (see also 'undebug')").with_help(LICENSE_HELP).on(licensed),
    Row::exec(15, &[Word("undebug"), Word("license"), Word("core"), CORE_KIND], undebug, "Disable debugging functions").with_help(LICENSE_HELP).on(licensed),
    Row::exec(15, &[Word("no"), Word("debug"), Word("license"), Word("core"), CORE_KIND], undebug, "Disable debugging functions").with_help(LICENSE_HELP).on(licensed),
    Row::exec(15, &[Word("no"), Word("debug"), Word("all")], undebug_all, "Disable debugging functions").with_help(HELP),
    Row::exec(15, &[Word("undebug"), Word("all")], undebug_all, "Disable debugging functions (see also 'debug')").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("debugging")], show, "").with_help(&[("debugging", "State of each debugging option")]),
];

/// A family of kinds: as its lines begin, and the kinds.
type Family = (&'static str, &'static str, [DebugKind; 3]);
const FAMILIES: [Family; 2] = [
    ("CALL-HOME:", "Call-home", DebugKind::CALL_HOME),
    ("License:", "License", DebugKind::LICENSE),
];

fn licensed(platform: &Platform) -> bool {
    platform.licensed.is_some()
}

/// The family that a command is about.
fn family(typed: &Typed<'_>) -> Family {
    let [call_home, license] = FAMILIES;
    match typed.command.canonical().contains(" license ") {
        true => license,
        false => call_home,
    }
}

fn chosen(typed: &Typed<'_>) -> impl Iterator<Item = DebugKind> {
    let keyword = typed.keyword(0).unwrap_or("all");
    let (.., kinds) = family(typed);
    let kinds = kinds.into_iter();
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
    let (_, name, _) = family(typed);
    for kind in chosen(typed) {
        call.device.debugging.set(kind, on);
        let kind = kind.keyword();
        call.print(&format!("{name} {kind} debugging is {state}"));
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
    for (head, name, kinds) in FAMILIES {
        let on: Vec<_> = kinds
            .into_iter()
            .filter(|kind| debugging.has(*kind))
            .collect();
        if !on.is_empty() {
            call.print(head);
        }
        for kind in on {
            let kind = kind.keyword();
            call.print(&format!("  {name} {kind} debugging is on"));
        }
    }
    Next::Prompt
}
