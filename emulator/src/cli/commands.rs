//! The commands of the command line, one file per family.
//!
//! To add a family: write `commands/NAME.rs` with a `pub(super) static ROWS: &[Row]` and the
//! functions that its rows name, and add `NAME::ROWS` to [`FAMILIES`]. Keywords that have no help
//! anywhere yet get it in `config::keywords`, or in the row by `with_help`; a test names
//! those that have none. Its transcripts go into `tests/transcripts`, and a test names
//! the rows that have none. A row that only some models have says so by `on`. Parsing, abbreviation, `?`,
//! Tab and errors follow from the rows.

mod availability;
mod call_home;
mod clock;
mod configure;
mod copy;
mod debug;
mod diag;
mod files;
mod hosts;
mod interfaces;
mod kept;
mod license;
mod memory;
mod pki;
pub(super) mod platform;
mod processes;
mod redundancy;
pub(super) mod sections;
mod session;
mod show;
mod stack;
mod startup;
mod system;
mod tech_support;

use super::terminal::Terminal;
use crate::{
    config::{
        Mode,
        grammar::{self, Action, Row},
    },
    device::Device,
    platform::Platform,
};

/// The rows of every family beside those of the configuration grammar.
static FAMILIES: &[&[Row]] = &[
    session::ROWS,
    availability::ROWS,
    clock::ROWS,
    debug::ROWS,
    call_home::SHOW,
    call_home::MAIL_SERVERS,
    call_home::MESSAGES,
    call_home::REPORTING,
    configure::ROWS,
    show::ROWS,
    interfaces::ROWS,
    files::ROWS,
    pki::ROWS,
    system::ROWS,
    platform::ROWS,
    memory::ROWS,
    copy::ROWS,
    license::ROWS,
    license::PARTS[0],
    license::PARTS[1],
    license::PARTS[2],
    license::PARTS[3],
    processes::ROWS,
    hosts::ROWS,
    startup::ROWS,
    redundancy::ROWS,
    stack::ROWS,
    diag::ROWS,
    tech_support::ROWS,
    kept::ROWS,
    kept::global::LOGGING,
    kept::global::USERS,
    kept::global::SERVICES,
    kept::global::SNMP,
    kept::global::IP,
    kept::parts::INTERFACE,
    kept::parts::LINE,
];

/// Every row of the command line.
pub(super) fn all_rows() -> impl Iterator<Item = &'static Row> + Clone {
    grammar::GRAMMAR
        .iter()
        .chain(FAMILIES)
        .flat_map(|rows| rows.iter())
}

/// What decides which commands are understood.
#[derive(Clone, Copy)]
pub(super) struct Scope<'d> {
    pub(super) mode: Mode,
    privilege: u8,
    platform: &'d Platform,
}

impl<'d> Scope<'d> {
    /// The commands of `mode` for whoever sits at `terminal` of `device`.
    pub(super) fn of(terminal: &Terminal, device: &'d Device, mode: Mode) -> Self {
        Self {
            mode,
            privilege: terminal.privilege,
            platform: &device.model().platform,
        }
    }

    /// The rows that are understood.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static Row> + Clone + use<'d> {
        let Self {
            mode,
            privilege,
            platform,
        } = *self;
        all_rows().filter(move |row| {
            row.mode == mode
                && row.privilege <= privilege
                && (row.models)(platform)
                && (!matches!(row.action, Action::Platform) || platform::prints(platform, row))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{keywords, matching};

    #[test]
    fn every_keyword_has_help() {
        let mut helpless = Vec::new();
        for row in all_rows() {
            for (position, token) in row.tokens.iter().enumerate() {
                for keyword in matching::keywords(token) {
                    let own = row.word_help.iter().any(|(own, _)| own == keyword);
                    let first = position == 0 && !row.help.is_empty();
                    if !own && !first && keywords::help(keyword).is_empty() {
                        helpless.push(*keyword);
                    }
                }
            }
        }
        helpless.sort_unstable();
        helpless.dedup();
        assert!(helpless.is_empty(), "{helpless:?}");
    }

    #[test]
    fn the_rest_of_a_line_is_the_last_token_of_its_row() {
        for row in all_rows() {
            let rest = |token: &grammar::Token| {
                matches!(token, grammar::Token::Argument(grammar::Argument::Line))
            };
            let before = row
                .tokens
                .split_last()
                .map_or(&[][..], |(_, before)| before);
            assert!(!before.iter().any(rest), "{row:?}");
        }
    }
}
