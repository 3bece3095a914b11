//! `license save`, and `license expand nvram`, which makes room for more.
//! Source: reference licensing, sections 2.3 and 4.3.

use super::{FILE, LICENSE, MEMBER, SWITCH, expandable, file_url, licensed, member, stackable};
use crate::{
    cli::{
        call::{Answer, Call, Dialogue, Next, Typed},
        transfers,
    },
    config::grammar::{Row, Token::Word},
    license::{
        document::{self, FileEntry},
        shelf::Shelf,
        space,
        store::{Counters, StoreName},
        ticket,
    },
};

const HELP: &[(&str, &str)] = &[
    ("save", "Save license lines to a file"),
    ("credential", "Save the credentials of the device to a file"),
    ("WORD", "File to save to"),
    ("expand", "Expand the license storage"),
    ("nvram", "Expand the license storage in NVRAM"),
    ("switch", "Member of the stack"),
    ("<1-9>", "Number of the member"),
    ("license", "Configure license features"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[LICENSE, Word("save"), FILE], save, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("save"), FILE, SWITCH, MEMBER], save, "").with_help(HELP).on(stackable),
    Row::exec(15, &[LICENSE, Word("save"), Word("credential"), FILE], credential, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("save"), Word("credential"), FILE, SWITCH, MEMBER], credential, "").with_help(HELP).on(stackable),
    Row::exec(15, &[LICENSE, Word("expand"), Word("nvram")], expand, "").with_help(HELP).on(expandable),
];

fn save(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let count = |counters: &mut Counters| counters.saved = counters.saved.saturating_add(1);
    write(call, typed, "license lines", license_file, count)
}

fn credential(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let count = |counters: &mut Counters| {
        counters.credentials_saved = counters.credentials_saved.saturating_add(1);
    };
    let make = |shelf: &Shelf<'_>, member| {
        let key = shelf.derived_key(member, b"cred");
        let udi = shelf.udi(member);
        udi.map(|udi| ticket::credential(udi, shelf.now_s, key))
            .unwrap_or_default()
    };
    write(call, typed, "credential", make, count)
}

/// Writes what `make` makes of the licenses of a stack member to the file that is named.
fn write(
    call: &mut Call<'_>,
    typed: &Typed<'_>,
    what: &'static str,
    make: impl FnOnce(&Shelf<'_>, u8) -> Vec<u8>,
    count: impl FnOnce(&mut Counters) + Send + Sync + 'static,
) -> Next {
    let member = match member(call, typed) {
        Ok(member) => member,
        Err(next) => return next,
    };
    let named = typed.text(0).unwrap_or_default().to_owned();
    let url = match file_url(call, &named) {
        Ok(url) => url,
        Err(next) => return next,
    };
    let bytes = call
        .device
        .read_licenses(call.now, |shelf| make(shelf, member))
        .unwrap_or_default();
    transfers::write(call, url, bytes.into(), move |call| {
        call.device
            .change_licenses(call.now, call.outputs, |licenses, _, _| {
                count(licenses.counters_mut());
            });
        call.print(&format!("{what} saved ..... to {named}"));
        Next::Prompt
    })
}

/// Everything in the primary store of `member`, in a form that `license install` takes.
fn license_file(shelf: &Shelf<'_>, member: u8) -> Vec<u8> {
    let lines = shelf.lines(member).into_iter();
    let stored = lines.filter(|line| line.key.store == StoreName::Primary);
    let entries: Vec<FileEntry> = stored
        .map(|line| FileEntry {
            id: shelf.id(&line).to_string(),
            udi: shelf.udi(member).cloned(),
            feature: Some(line.terms.feature.to_string()),
            pak: shelf.licenses.pak(line.key),
            license_type: Some(line.terms.kind.shown().to_uppercase()),
            comment: shelf.licenses.comment(line.key).to_owned(),
            line: shelf.text(&line),
            ..FileEntry::default()
        })
        .collect();
    document::write(&entries)
}

fn expand(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let full = |shelf: &Shelf<'_>| space::is_expanded(shelf.licenses);
    if call.device.read_licenses(call.now, full) == Some(true) {
        return call.refuse(&space::NoExpansion::Already.to_string());
    }
    call.print(
        "Caution: IOS configuration space will be re-partitioned in NVRAM.\n\
         You must back up your IOS configuration before running this command.",
    );
    let question = "Do you wish to continue NVRAM re-partition?[confirm]";
    Next::Ask(Dialogue::new(question, Answer::Confirm, |call, answer| {
        if answer.is_empty() {
            return Next::Prompt;
        }
        call.print("");
        let nvram = call.device.nvram(call.now);
        let expanded =
            call.device
                .change_licenses(call.now, call.outputs, |licenses, ground, _| {
                    if space::is_expanded(licenses) {
                        return Err(space::NoExpansion::Already);
                    }
                    space::check_expansion(ground.image, nvram)?;
                    licenses.rare_mut().expands_at_boot = true;
                    Ok(())
                });
        match expanded {
            Some(Err(error)) => call.refuse(&error.to_string()),
            Some(Ok(())) | None => {
                call.print("License storage expanded successfully.");
                call.print("IOS must be restarted for changes to take effect.");
                Next::Prompt
            }
        }
    }))
}
