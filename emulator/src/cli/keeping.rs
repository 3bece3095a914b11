//! Keeping lines in the running configuration that the emulator does not interpret.

use super::{
    call::{Call, Next, Typed},
    commands::sections,
};
use crate::config::{
    apply::{Position, Section},
    grammar::{Argument, Token},
    matching::{self, Form, Value},
    words::{self, Word},
};

/// Keeps a line that the emulator does not interpret in the running configuration.
pub(super) fn keep(call: &mut Call<'_>, typed: &Typed<'_>, mut position: Position) -> Next {
    let line = kept_text(typed);
    let form = typed.command.form;
    let header = position
        .section
        .as_ref()
        .map(|section| section.header.clone());
    let opened = if header.is_none() {
        sections::opened_by(&line)
    } else {
        None
    };
    let kept = call
        .device
        .change_configuration(call.now, |configuration| match &opened {
            Some(opened) if form == Form::Set => configuration.open_section(&opened.header),
            Some(opened) => configuration.keep(None, form, &opened.header),
            None => configuration.keep(header.as_deref(), form, &line),
        });
    if let Some(opened) = opened
        && form == Form::Set
    {
        position = Position {
            section: Some(Section {
                header: opened.header.into(),
                prompt: opened.prompt,
            }),
            ..Position::at(opened.mode)
        };
    }
    call.terminal.position = Some(position);
    match kept {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
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
