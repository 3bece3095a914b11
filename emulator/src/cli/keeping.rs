//! Keeping lines in the running configuration that the emulator does not interpret.

use super::{
    call::{Call, Next, Typed},
    commands::sections,
};
use crate::config::{
    Refusal,
    apply::{Position, Section},
    grammar::{Argument, Token},
    matching::{self, Form, Value},
    words::{self, Word},
};

/// Keeps a line that the emulator does not interpret in the running configuration.
pub(super) fn keep(call: &mut Call<'_>, typed: &Typed<'_>, mut position: Position) -> Next {
    let line = kept_text(typed);
    let form = typed.command.form;
    let section = position.section.clone();
    let opened = if section.is_none() {
        sections::opened_by(&line)
    } else {
        None
    };
    let kept = call
        .device
        .change_configuration(call.now, |configuration| match &opened {
            Some(opened) if form == Form::Set => configuration.open_section(&opened.header),
            Some(opened) => configuration.keep(None, form, &opened.header),
            None => match &section {
                None => configuration.keep(None, form, &line),
                Some(section) => section
                    .headers()
                    .try_for_each(|header| configuration.keep(Some(header), form, &line)),
            },
        });
    if let Some(opened) = opened
        && form == Form::Set
    {
        position = within(opened);
    }
    call.terminal.position = Some(position);
    match kept {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
    }
}

/// Moves the session into the part `opened`.
///
/// # Errors
/// When the configuration has no room for it.
pub(super) fn open(call: &mut Call<'_>, opened: sections::Opened) -> Result<(), Refusal> {
    call.device
        .change_configuration(call.now, |configuration| {
            let mut headers = std::iter::once(&opened.header).chain(&opened.further);
            headers.try_for_each(|header| configuration.open_section(header))
        })?;
    call.terminal.position = Some(within(opened));
    Ok(())
}

/// The position within the part `opened`.
fn within(opened: sections::Opened) -> Position {
    Position {
        section: Some(Section {
            header: opened.header.into(),
            further: opened.further.into_iter().map(Into::into).collect(),
            prompt: opened.prompt,
        }),
        ..Position::at(opened.mode)
    }
}

/// The line as the configuration keeps it: its keywords in full, values and free text as typed.
fn kept_text(typed: &Typed<'_>) -> String {
    let words = words::split(typed.line);
    let row = typed.command.row;
    let (_, own) = matching::form(row.mode, &words);
    let mut values = typed.command.values.iter();
    let mut text = String::new();
    for (position, word) in own.iter().enumerate() {
        if position > 0 {
            text.push(' ');
        }
        match (matching::token_at(row, position), values.as_slice().first()) {
            (Some(Token::Word(keyword)), _) => text.push_str(keyword),
            (
                Some(Token::OneOf(_) | Token::Flags(_)),
                Some(Value::Keyword(keyword) | Value::Flag(keyword)),
            ) => {
                text.push_str(keyword);
                values.next();
            }
            (Some(Token::Argument(Argument::Line)), _) => {
                text.push_str(as_typed(typed.line, word));
                return text;
            }
            (Some(Token::Argument(Argument::Interface)), _) => {
                text.push_str(&sections::interface_name(&[word.text]));
                values.next();
            }
            (Some(_) | None, _) => {
                text.push_str(word.text);
                values.next();
            }
        }
    }
    text
}

/// The end of `line` that begins with `word`.
fn as_typed<'l>(line: &'l str, word: &Word<'_>) -> &'l str {
    let start = line.char_indices().nth(word.column);
    start.map_or("", |(at, _)| line[at..].trim_end())
}
