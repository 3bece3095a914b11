//! `show tech-support`: the outputs that support asks for, one below the other.
//!
//! Guide: Cisco IOS Software Activation, `show tech-support`, for the license part.

use crate::{
    cli::{
        call::{Call, Next, Typed},
        interpreter,
    },
    config::{
        PrivacyLevel,
        grammar::{Row, Token::Word},
        scrub,
    },
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("show"), Word("tech-support")], tech_support, "").with_help(&[("tech-support", "Show system information for Tech-Support")]),
];

/// The commands, in order. A device leaves out those that its family does not have.
const SECTIONS: &[&str] = &[
    "show clock",
    "show version",
    "show license udi",
    "show license feature",
    "show license file",
    "show license detail",
    "show license status",
    "show license statistics",
    "show license all",
    "show running-config",
    "show stack",
    "show interfaces",
    "show ip interface brief",
    "show inventory",
    "show module",
    "show platform",
    "show switch detail",
    "show redundancy",
    "show redundancy states",
    "show environment",
    "show diag",
    "show diag all eeprom detail",
    "show diagnostic result module all",
    "show diagnostic result slot all",
    "show processes cpu",
    "show memory statistics",
    "show region",
    "show buffers",
    "show file systems",
    "show boot",
    "show bootvar",
    "dir",
    "dir nvram:",
    "show call-home detail",
    "show call-home profile all",
    "show call-home statistics",
    "show logging",
];

fn tech_support(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    for line in SECTIONS {
        if !interpreter::has_exec(call, line) {
            continue;
        }
        call.print(&format!("\n------------------ {line} ------------------\n"));
        let start = call.out.len();
        interpreter::print_exec(call, line);
        if *line == "show running-config" {
            scrub(call.out, start, PrivacyLevel::Normal, false);
        }
    }
    Next::Prompt
}
