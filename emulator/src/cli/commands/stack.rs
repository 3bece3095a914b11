//! The stack that a switch is in: alone, until somebody cables another to it.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{Row, Token::Word},
    template::{Slot, SlotValues},
};

use super::startup::stacks;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("switch")], members, "").with_help(&[("switch", "Show information about the stack ring")]).on(stacks),
    Row::exec(1, &[Word("show"), Word("switch"), Word("detail")], detail, "").with_help(&[("detail", "Show detailed information about the stack ring"), ("switch", "Show information about the stack ring")]).on(stacks),
];

/// The priority of a member unless configured otherwise.
const PRIORITY_DEFAULT: &str = "1";

fn members(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    print_members(call);
    Next::Prompt
}

fn print_members(call: &mut Call<'_>) {
    let mut mac = Vec::new();
    let view = call.device.view(call.now);
    view.push_slot(&mut mac, Slot::Mac { offset: 0 });
    let mac = String::from_utf8_lossy(&mac).into_owned();
    let lines: Vec<String> = view.running().verbatim.lines().collect();
    let priority = lines
        .iter()
        .find_map(|line| line.strip_prefix("switch 1 priority "))
        .unwrap_or(PRIORITY_DEFAULT)
        .to_owned();
    let version = view
        .platform()
        .vid
        .trim_start_matches(['V', '0'])
        .to_owned();
    call.print(&format!(
        "Switch/Stack Mac Address : {mac}\n                                           \
         H/W   Current\n\
         Switch#  Role   Mac Address     Priority Version  State \n\
         ----------------------------------------------------------\n\
         *1       Master {mac} {priority:>6} {version:>5}       Ready               "
    ));
}

fn detail(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    print_members(call);
    call.print(
        "\n\n\n         Stack Port Status             Neighbors     \n\
         Switch#  Port 1     Port 2           Port 1   Port 2 \n\
         --------------------------------------------------------\n  \
         1       Down       Down             None     None ",
    );
    Next::Prompt
}
