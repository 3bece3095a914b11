//! Commands whose output is the model's own text, from the `[commands]` table of its file.
//!
//! The rows are those of all models together; a model understands the ones that it prints. A new
//! command in a platform file needs a row here, and a test says so.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Action, Argument, Row,
        Token::{self, Argument as Value, Word},
        every_model,
    },
    platform::Platform,
};

const SLOT: Token = Value(Argument::Text { max: 16 });

const fn user(tokens: &'static [Token]) -> Row {
    row(1, tokens)
}

const fn privileged(tokens: &'static [Token]) -> Row {
    row(15, tokens)
}

const fn row(privilege: u8, tokens: &'static [Token]) -> Row {
    Row {
        mode: crate::config::Mode::Exec,
        tokens,
        action: Action::Platform,
        help: "",
        privilege,
        word_help: &[("WORD", "Number of the card")],
        models: every_model,
    }
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    user(&[Word("show"), Word("buffers")]),
    user(&[Word("show"), Word("diagnostic"), Word("result"), Word("module"), Word("all")]),
    user(&[Word("show"), Word("diagnostic"), Word("result"), Word("module"), SLOT, Word("detail")]),
    user(&[Word("show"), Word("diagnostic"), Word("result"), Word("slot"), Word("all")]),
    user(&[Word("show"), Word("diagnostic"), Word("result"), Word("slot"), SLOT, Word("detail")]),
    user(&[Word("show"), Word("environment")]),
    user(&[Word("show"), Word("license"), Word("all")]),
    user(&[Word("show"), Word("module")]),
    user(&[Word("show"), Word("platform")]),
    privileged(&[Word("show"), Word("platform"), Word("hardware"), Word("qfp"), Word("active"), Word("infrastructure"), Word("chipset"), Value(Argument::Integer { min: 0, max: 3 }), Word("capabilities")]),
    privileged(&[Word("show"), Word("platform"), Word("software"), Word("vnic-if"), Word("interface-mapping")]),
    privileged(&[Word("show"), Word("region")]),
    privileged(&[Word("show"), Word("stack")]),
    user(&[Word("show"), Word("version")]),
];

/// The command lines that `platform` prints, without the filters some of them carry.
fn lines(platform: &Platform) -> impl Iterator<Item = (&str, &str)> {
    platform.own_commands().map(|line| {
        let command = line.split_once(" | ").map_or(line, |(command, _)| command);
        (line, command)
    })
}

/// Whether `platform` has text for a command of this form.
pub(super) fn prints(platform: &Platform, row: &Row) -> bool {
    lines(platform).any(|(_, command)| {
        let mut words = command.split(' ');
        let fits = row.tokens.iter().all(|token| match (token, words.next()) {
            (Word(keyword), Some(word)) => *keyword == word,
            (Token::OneOf(_) | Token::Flags(_) | Token::Argument(_), Some(_)) => true,
            (_, None) => false,
        });
        fits && words.next().is_none()
    })
}

/// Prints the model's text for the command, or points at the value that it has no text for.
pub(in crate::cli) fn show(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let wanted = typed.command.canonical();
    let platform = &call.device.model().platform;
    let found = lines(platform).find(|(_, command)| command.eq_ignore_ascii_case(&wanted));
    match found.map(|(line, _)| line.to_owned()) {
        Some(line) => {
            call.device.push_command_output(call.out, &line, call.now);
            Next::Prompt
        }
        None => Next::Invalid { value: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Catalogue;

    #[test]
    fn every_command_of_every_model_has_a_row() {
        for platform in Catalogue::built_in().unwrap().iter() {
            for (line, command) in lines(platform) {
                let one = |row: &&Row| {
                    let words: Vec<_> = command.split(' ').collect();
                    words.len() == row.tokens.len()
                        && row
                            .tokens
                            .iter()
                            .zip(words)
                            .all(|(token, word)| match token {
                                Word(keyword) => *keyword == word,
                                Token::OneOf(_) | Token::Flags(_) | Token::Argument(_) => true,
                            })
                };
                let mut rows = super::super::all_rows();
                assert!(rows.any(|row| one(&row)), "{}: {line}", platform.pid);
            }
        }
    }
}
