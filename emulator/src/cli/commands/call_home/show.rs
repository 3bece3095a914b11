//! `show call-home` and its variants. Reference, section 5.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Argument, Row,
        Token::{self, Argument as Value, OneOf, Word},
    },
    device::RejectedRequest,
    platform::CommandSource,
};

const SHOW: Token = Word("show");
const CALL_HOME: Token = Word("call-home");
/// Variants of one word.
const PAGES: Token = OneOf(&[
    "alert-group",
    "detail",
    "diagnostic-signature",
    "events",
    "smart-licensing",
    "statistics",
    "version",
]);
const HELP: &[(&str, &str)] = &[
    ("alert-group", "Alert groups and whether they are enabled"),
    ("detail", "Settings with all profiles"),
    ("diagnostic-signature", "Settings of diagnostic signatures"),
    ("events", "Events that active profiles are for"),
    ("smart-licensing", "Transport of Smart Licensing messages"),
    ("statistics", "Counters of messages"),
    ("version", "Versions of Call Home"),
];

#[rustfmt::skip]
pub(in super::super) static ROWS: &[Row] = &[
    Row::exec(1, &[SHOW, CALL_HOME], page, "").with_help(&[("call-home", "Call Home settings and state")]),
    Row::exec(1, &[SHOW, CALL_HOME, PAGES], page, "").with_help(HELP),
    Row::exec(1, &[SHOW, CALL_HOME, Word("profile"), Word("all")], page, "").with_help(&[("all", "Every profile")]),
    Row::exec(1, &[SHOW, CALL_HOME, Word("profile"), Value(Argument::ProfileName)], profile, ""),
];

fn page(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let command = typed.command.canonical();
    let platform = &call.device.model().platform;
    if matches!(platform.command(&command).source, CommandSource::Unknown) {
        // The model's software is older than the command.
        return Next::Invalid { value: 0 };
    }
    call.device
        .push_command_output(call.out, &command, call.now);
    Next::Prompt
}

fn profile(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let name = typed.text(0).unwrap_or_default();
    if call
        .device
        .configuration()
        .call_home
        .profile(name)
        .is_none()
    {
        let unknown = RejectedRequest::NoSuchProfile(name.to_owned());
        return call.refuse(&unknown.to_string());
    }
    page(call, typed)
}
