//! `show call-home mail-server status`, which asks the servers. Reference, section 5.5.

use crate::{
    cli::{
        Waiting,
        call::{Call, Next, Typed},
    },
    config::grammar::{Row, Token::Word},
    output::Output,
    probe::Probe,
    show::call_home::mail_server,
};

#[rustfmt::skip]
pub(in super::super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("call-home"), Word("mail-server"), Word("status")], status, "").with_help(&[("status", "Ask the mail servers whether they answer")]),
];

fn status(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let view = call.device.view(call.now);
    let settings = &view.running().call_home;
    let names = view.identity_values();
    let servers: Vec<_> = settings
        .mail_servers
        .iter()
        .map(|server| server.address(&names))
        .collect();
    let lines: Vec<_> = (0..servers.len())
        .map(|position| mail_server(&view, position, "  "))
        .collect();
    if servers.is_empty() {
        call.print("No mail server configured.");
        return Next::Prompt;
    }
    call.print("Please wait. Checking for mail server status ...\n");
    let id = call.terminal.next_probe();
    call.outputs.push(Output::Probe(Probe { id, servers }));
    Next::Wait(Waiting::for_probe(id, move |call, outcome| {
        for (position, line) in lines.iter().enumerate() {
            call.print(&format!("{line} [{}]", outcome.state(position).words()));
        }
        Next::Prompt
    }))
}
