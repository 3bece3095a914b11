//! `license clear`, `comment`, `modify priority` and `purge`: what is done to lines that are there.
//! Source: reference licensing, section 2.3.

use super::{FEATURE, LICENSE, MEMBER, SWITCH, licensed, member, stackable, unknown_feature};
use crate::{
    cli::call::{Answer, Call, Dialogue, Next, Typed},
    config::grammar::{
        Argument, Row,
        Token::{Argument as Value, OneOf, Word},
    },
    license::{
        course,
        document::COMMENT_CHARACTERS_MAX,
        install,
        line::LicenseId,
        log::LicenseLog,
        removal,
        shelf::{Line, Origin},
        space,
        store::{LineKey, Mark, StoreName},
    },
    show::license,
};

const HELP: &[(&str, &str)] = &[
    ("clear", "Clear license"),
    ("comment", "Comment on a license"),
    ("add", "Add a comment"),
    ("delete", "Delete a comment"),
    ("modify", "Modify licenses"),
    ("priority", "Priority of the licenses of a feature"),
    ("high", "Higher than all others"),
    ("low", "As the kind of license has it"),
    ("purge", "Clear every installed license of a feature"),
    ("WORD", "Name of the feature, or the comment"),
    ("switch", "Member of the stack"),
    ("<1-9>", "Number of the member"),
    ("license", "Configure license features"),
];
const AGENT_HELP: &[(&str, &str)] = &[
    ("license", "Clear license agent information"),
    ("agent", "License agent"),
    ("counters", "Counters of the license agent"),
    ("sessions", "Sessions of the license agent"),
];
const TEXT: Argument = Argument::Text {
    max: COMMENT_CHARACTERS_MAX,
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("clear"), LICENSE, Word("agent"), OneOf(&["counters", "sessions"])], clear_agent, "Reset functions").with_help(AGENT_HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("clear"), FEATURE], clear, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("clear"), FEATURE, SWITCH, MEMBER], clear, "").with_help(HELP).on(stackable),
    Row::exec(15, &[LICENSE, Word("comment"), Word("add"), FEATURE, Value(TEXT)], comment, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("comment"), Word("add"), FEATURE, Value(TEXT), SWITCH, MEMBER], comment, "").with_help(HELP).on(stackable),
    Row::exec(15, &[LICENSE, Word("comment"), Word("delete"), FEATURE], uncomment, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("comment"), Word("delete"), FEATURE, SWITCH, MEMBER], uncomment, "").with_help(HELP).on(stackable),
    Row::exec(15, &[LICENSE, Word("modify"), Word("priority"), FEATURE, OneOf(&["high", "low"])], priority, "").with_help(HELP).on(licensed),
    Row::exec(15, &[LICENSE, Word("purge"), FEATURE], purge, "").with_help(HELP).on(licensed),
];

/// Nobody talks to the license agent, so there is nothing to clear.
fn clear_agent(_: &mut Call<'_>, _: &Typed<'_>) -> Next {
    Next::Prompt
}

/// The lines of `feature` on stack member `member`.
fn lines_of(call: &Call<'_>, feature: &str, member: u8) -> Vec<Line> {
    let lines = call.device.read_licenses(call.now, |shelf| {
        let lines = shelf.lines(member).into_iter();
        lines
            .filter(|line| *line.terms.feature == *feature)
            .collect()
    });
    lines.unwrap_or_default()
}

/// Lists the lines of the feature that a command names, lets one be chosen where there are several,
/// and goes on with it.
fn choose(
    call: &mut Call<'_>,
    typed: &Typed<'_>,
    verb: &str,
    select: fn(&Line) -> bool,
    then: impl FnOnce(&mut Call<'_>, Line) -> Next + Send + Sync + 'static,
) -> Next {
    let member = match member(call, typed) {
        Ok(member) => member,
        Err(next) => return next,
    };
    let feature = typed.text(0).unwrap_or_default().to_owned();
    let mut lines = lines_of(call, &feature, member);
    lines.retain(select);
    if lines.is_empty() {
        return unknown_feature(call, &feature);
    }
    let mut listing = Vec::new();
    call.device.read_licenses(call.now, |shelf| {
        license::push_choice(&mut listing, shelf, &feature, &lines);
    });
    call.out.append(&mut listing);
    if lines.len() == 1 {
        return then(call, lines.remove(0));
    }
    let question = format!("Select Index to {verb} [1-{}]: ", lines.len());
    Next::Ask(Dialogue::new(
        question,
        Answer::Line,
        move |call, answer| {
            let chosen = answer.trim().parse::<usize>().ok();
            let chosen = chosen.and_then(|number| number.checked_sub(1));
            match chosen.filter(|place| *place < lines.len()) {
                Some(place) => then(call, lines.swap_remove(place)),
                None => call.refuse("% Error: Invalid index"),
            }
        },
    ))
}

fn clear(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    choose(
        call,
        typed,
        "Clear",
        |_| true,
        |call, line| {
            let id = id_of(call, &line);
            let question = "Are you sure you want to clear? (yes/[no]): ";
            Next::Ask(Dialogue::new(
                question,
                Answer::Line,
                move |call, answer| match answer.trim().to_ascii_lowercase().as_str() {
                    "y" | "ye" | "yes" => clear_line(call, &line, id),
                    _ => Next::Prompt,
                },
            ))
        },
    )
}

/// The identity of `line`, by which it is known whatever happens to its place.
fn id_of(call: &Call<'_>, line: &Line) -> Option<LicenseId> {
    call.device.read_licenses(call.now, |shelf| shelf.id(line))
}

/// Clears `line`, whose identity was `id` when it was chosen: somebody else may have put another in
/// its place while a question was open.
fn clear_line(call: &mut Call<'_>, line: &Line, id: Option<LicenseId>) -> Next {
    let now = call.device.read_licenses(call.now, |shelf| {
        let line = shelf.find(line.key)?;
        Some(shelf.id(&line))
    });
    if now.flatten() != id {
        return call.refuse("% Error: Invalid index");
    }
    let key = line.key;
    let cleared = call
        .device
        .change_licenses(call.now, call.outputs, |licenses, ground, log| {
            removal::clear(licenses, ground, key, log)
        });
    match cleared {
        Some(Err(error)) => call.refuse(&error.to_string()),
        Some(Ok(())) | None => Next::Prompt,
    }
}

fn comment(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let text = install::comment(typed.text(1).unwrap_or_default());
    choose(
        call,
        typed,
        "Add Comment",
        |line| line.key.store == StoreName::Primary,
        move |call, line| {
            let written = set_comment(call, line.key, &text);
            if !written {
                return call.refuse("% Error: Error[137]: License store is full.");
            }
            count(call, |counters| {
                counters.comments_added = counters.comments_added.saturating_add(1)
            });
            call.print(&format!("% Success: Adding comment \"{text}\" succeeded"));
            Next::Prompt
        },
    )
}

fn uncomment(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    choose(
        call,
        typed,
        "Delete Comment",
        |line| line.key.store == StoreName::Primary,
        |call, line| {
            let text = call
                .device
                .read_licenses(call.now, |shelf| {
                    shelf.licenses.comment(line.key).to_owned()
                })
                .unwrap_or_default();
            set_comment(call, line.key, "");
            count(call, |counters| {
                counters.comments_deleted = counters.comments_deleted.saturating_add(1)
            });
            call.print(&format!("% Success: Deleting comment \"{text}\" succeeded"));
            Next::Prompt
        },
    )
}

fn count(call: &mut Call<'_>, change: impl FnOnce(&mut crate::license::store::Counters)) {
    call.device
        .change_licenses(call.now, call.outputs, |licenses, _, _| {
            change(licenses.counters_mut());
        });
}

/// Writes `text` on the line at `key` and seals it again; whether there was room.
fn set_comment(call: &mut Call<'_>, key: LineKey, text: &str) -> bool {
    let written = call
        .device
        .change_licenses(call.now, call.outputs, |licenses, ground, _| {
            let before = licenses.comment(key).to_owned();
            licenses.set_comment(key, text);
            let room = space::store_bytes(ground.image, licenses);
            if ground.shelf(licenses).used_bytes(key.member) > room {
                licenses.set_comment(key, &before);
                return false;
            }
            install::reseal(licenses, ground, key);
            true
        });
    written.unwrap_or(false)
}

fn priority(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let feature = typed.text(0).unwrap_or_default().to_owned();
    let high = typed.keyword(1) == Some("high");
    let lines = lines_of(call, &feature, 0);
    if lines.is_empty() {
        return unknown_feature(call, &feature);
    }
    call.device
        .change_licenses(call.now, call.outputs, |licenses, ground, log| {
            // A permanent license serves before all but a high one, so only others are raised.
            for line in lines.iter().filter(|line| line.kind.is_limited()) {
                let mut usage = line.usage;
                usage.set(Mark::High, high);
                licenses.set_usage(line.key, usage);
            }
            if let Some(udi) = ground.udis.first() {
                let (feature, udi) = (feature.clone(), udi.clone());
                log.push(LicenseLog::Priority { feature, udi });
            }
            course::prefer_better(licenses, ground);
        });
    Next::Prompt
}

fn purge(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let feature = typed.text(0).unwrap_or_default().to_owned();
    let mut lines = lines_of(call, &feature, 0);
    lines.retain(|line| line.origin == Origin::Installed);
    if lines.is_empty() {
        return unknown_feature(call, &feature);
    }
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| (id_of(call, &line), line))
        .collect();
    let question = format!(
        "Are you sure you want to clear all {} licenses of feature {feature}? (yes/[no]): ",
        lines.len()
    );
    Next::Ask(Dialogue::new(
        question,
        Answer::Line,
        move |call, answer| {
            if !matches!(
                answer.trim().to_ascii_lowercase().as_str(),
                "y" | "ye" | "yes"
            ) {
                return Next::Prompt;
            }
            let mut next = Next::Prompt;
            for (id, line) in &lines {
                if !matches!(clear_line(call, line, *id), Next::Prompt) {
                    next = Next::Refused;
                }
            }
            next
        },
    ))
}
