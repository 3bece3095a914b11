//! `?` and Tab: what can stand at the end of a line that is being typed.

use std::collections::BTreeMap;

use super::{commands::Scope, filter, interpreter::is_vague, terminal::Terminal};
use crate::{
    config::{
        Mode,
        grammar::{Argument, Row, Token},
        keywords,
        matching::{self, Form, Mismatch},
        words::{self, Word},
    },
    device::Device,
};

/// Columns that a list of words fills, whatever the terminal.
const LIST_WIDTH: usize = 78;
/// Columns of a keyword in a list with help at least, without the blanks around it.
const KEYWORD_WIDTH_MIN: usize = 4;

/// What `?` behind `before` prints, line feeds included.
pub(super) fn help(terminal: &Terminal, device: &Device, before: &str) -> String {
    let words = words::split(before);
    let place = Place::of(terminal, before, &words);
    let complete = match place.partial {
        Some(partial) => return word_help(terminal, device, &place, partial),
        None => place,
    };
    if complete.filter {
        return listing(filter_entries(""));
    }
    match entries(terminal, device, &complete) {
        Ok(found) if found.is_empty() => "% Unrecognized command\n".to_owned(),
        Ok(found) => {
            let title = match complete.words {
                [] if complete.form == Form::Set => mode_title(complete.mode),
                _ => "",
            };
            format!("{title}{}", listing(found))
        }
        Err(Mismatch::Ambiguous { .. }) => {
            format!("% Ambiguous command:  \"{before}\"\n")
        }
        Err(Mismatch::Invalid { .. } | Mismatch::Incomplete) => {
            "% Unrecognized command\n".to_owned()
        }
    }
}

/// `before` with its last word completed and a blank behind it, if only one keyword fits.
pub(super) fn complete(terminal: &Terminal, device: &Device, before: &str) -> Option<String> {
    let words = words::split(before);
    let place = Place::of(terminal, before, &words);
    let partial = place.partial?;
    let found = keywords_like(terminal, device, &place, partial);
    let exact = found
        .keys()
        .find(|keyword| keyword.eq_ignore_ascii_case(partial.text));
    let keyword = match (exact, found.len()) {
        (Some(exact), _) => exact,
        (None, 1) => found.keys().next()?,
        (None, _) => return None,
    };
    let start = before.strip_suffix(partial.text)?;
    Some(format!("{start}{keyword} "))
}

/// Where in a line help is asked for.
#[derive(Clone, Copy)]
struct Place<'w, 'a> {
    mode: Mode,
    form: Form,
    /// The words before, without `no`, `do` and the like.
    words: &'w [Word<'a>],
    /// The word that help is asked within.
    partial: Option<&'w Word<'a>>,
    /// Whether the words stand behind `|`.
    filter: bool,
    /// Whether nothing stands before the word.
    at_start: bool,
}

impl<'w, 'a> Place<'w, 'a> {
    fn of(terminal: &Terminal, before: &str, words: &'w [Word<'a>]) -> Self {
        let mut mode = terminal.mode();
        let typing = !before.is_empty() && !before.ends_with(char::is_whitespace);
        let (partial, mut rest) = match words.split_last() {
            Some((last, rest)) if typing => (Some(last), rest),
            _ => (None, words),
        };
        let at_start = rest.is_empty();
        if mode != Mode::Exec
            && let Some((first, behind)) = rest.split_first()
            && first.text.eq_ignore_ascii_case("do")
        {
            (mode, rest) = (Mode::Exec, behind);
        }
        let (mut form, mut own) = (Form::Set, rest);
        if mode != Mode::Exec
            && let Some((first, behind)) = rest.split_first()
        {
            if first.text.eq_ignore_ascii_case("no") {
                (form, own) = (Form::No, behind);
            } else if first.text.eq_ignore_ascii_case("default") {
                (form, own) = (Form::Default, behind);
            }
        }
        let bar = filter::position(own);
        Self {
            mode,
            form,
            words: bar.map_or(own, |bar| &own[bar + 1..]),
            partial,
            filter: bar.is_some() && mode == Mode::Exec,
            at_start,
        }
    }
}

/// Keywords and placeholders with their help, in order.
type Entries = BTreeMap<String, &'static str>;

fn filter_entries(start: &str) -> Entries {
    filter::KEYWORDS
        .iter()
        .filter(|(keyword, _)| keyword.starts_with(start))
        .map(|(keyword, help)| ((*keyword).to_owned(), *help))
        .collect()
}

/// What can stand behind the words of `place`.
fn entries(
    terminal: &Terminal,
    device: &Device,
    place: &Place<'_, '_>,
) -> Result<Entries, Mismatch> {
    let (rows, mode) = begun(terminal, device, place)?;
    let position = place.words.len();
    let mut found = Entries::new();
    for row in rows {
        if position > 0 && matching::is_enough(row, place.form, position) {
            found.insert("<cr>".to_owned(), "");
            if mode == Mode::Exec {
                found.insert("|".to_owned(), "Output modifiers");
            }
        }
        let Some(token) = matching::token_at(row, position) else {
            continue;
        };
        for (word, help) in token_entries(row, position, &token) {
            let entry = found.entry(word).or_insert(help);
            if entry.is_empty() {
                *entry = help;
            }
        }
    }
    if position == 0 && place.form == Form::Set && mode != Mode::Exec {
        for (keyword, help) in FORMS {
            found.insert((*keyword).to_owned(), help);
        }
    }
    Ok(found)
}

/// What stands before commands in configuration modes.
const FORMS: &[(&str, &str)] = &[
    ("default", "Set a command to its defaults"),
    ("do", "To run exec commands in config mode"),
    ("no", "Negate a command or set its defaults"),
];

/// The rows that the words of `place` begin in the present mode or in one around it.
fn begun(
    terminal: &Terminal,
    device: &Device,
    place: &Place<'_, '_>,
) -> Result<(Vec<&'static Row>, Mode), Mismatch> {
    let mut mode = place.mode;
    loop {
        let scope = Scope::of(terminal, device, mode);
        match begun_in(&scope, place.words) {
            Ok(rows) => return Ok((rows, mode)),
            Err(mismatch @ Mismatch::Invalid { first: true, .. }) => match mode.parent() {
                Some(parent) => mode = parent,
                None => return Err(mismatch),
            },
            Err(mismatch) => return Err(mismatch),
        }
    }
}

fn begun_in(scope: &Scope<'_>, words: &[Word<'_>]) -> Result<Vec<&'static Row>, Mismatch> {
    matching::begun_by(scope.rows(), words.get(..1).unwrap_or_default())?;
    let first = match words.first() {
        Some(word) => matching::first_keyword(scope.rows(), word)?,
        None => None,
    };
    let rows = scope
        .rows()
        .filter(|row| words.is_empty() || matching::is_begun_by(row, first));
    let known = rows.clone().filter(|row| !is_vague(row.action));
    let kept = rows.filter(|row| is_vague(row.action));
    let known = matching::begun_by(known, words);
    let kept = matching::begun_by(kept, words).unwrap_or_default();
    match known {
        Ok(mut rows) => {
            rows.extend(kept);
            Ok(rows)
        }
        Err(_) if !kept.is_empty() => Ok(kept),
        Err(mismatch) => Err(mismatch),
    }
}

fn token_entries(row: &Row, position: usize, token: &Token) -> Vec<(String, &'static str)> {
    if let Token::Argument(argument) = token {
        let placeholder = placeholder(*argument);
        let help = own_help(row, &placeholder).unwrap_or(argument_help(*argument));
        return vec![(placeholder, help)];
    }
    let help = |keyword: &&'static str| {
        let help = match own_help(row, keyword) {
            Some(own) => own,
            None if position == 0 && !row.help.is_empty() => row.help,
            None => keywords::help(keyword),
        };
        ((*keyword).to_owned(), help)
    };
    matching::keywords(token).iter().map(help).collect()
}

fn own_help(row: &Row, word: &str) -> Option<&'static str> {
    let own = row.word_help.iter().find(|(own, _)| *own == word);
    own.map(|(_, help)| *help)
}

/// What stands for an argument in a list.
pub(super) fn placeholder(argument: Argument) -> String {
    match argument {
        Argument::Integer { min, max } => format!("<{min}-{max}>"),
        Argument::Host => "Hostname or A.B.C.D".to_owned(),
        Argument::Address => "A.B.C.D".to_owned(),
        Argument::Interface => "Interface".to_owned(),
        Argument::TimeOfDay => "hh:mm".to_owned(),
        Argument::Line => "LINE".to_owned(),
        Argument::Quoted { .. } => "\"LINE\"".to_owned(),
        Argument::Text { .. }
        | Argument::Email
        | Argument::Url
        | Argument::Phone
        | Argument::ProfileName
        | Argument::Pattern => "WORD".to_owned(),
    }
}

fn argument_help(argument: Argument) -> &'static str {
    match argument {
        Argument::Integer { .. } => "Number",
        Argument::Host => "Name or address of the host",
        Argument::Address => "Address or mask",
        Argument::Interface => "Name of an interface",
        Argument::TimeOfDay => "Time of day",
        Argument::Line => "The rest of the command",
        Argument::Quoted { .. } => "Text in quotes",
        Argument::Text { .. } => "Text, in quotes where it holds blanks",
        Argument::Email => "E-mail address",
        Argument::Url => "URL that begins with http:// or https://",
        Argument::Phone => "Phone number that begins with +",
        Argument::ProfileName => "Profile name",
        Argument::Pattern => "Regular expression",
    }
}

fn keywords_like(
    terminal: &Terminal,
    device: &Device,
    place: &Place<'_, '_>,
    partial: &Word<'_>,
) -> Entries {
    if partial.quoted {
        return Entries::new();
    }
    if place.filter {
        return filter_entries(partial.text);
    }
    let mut found = entries(terminal, device, place).unwrap_or_default();
    if !place.at_start {
        for (keyword, _) in FORMS {
            found.remove(*keyword);
        }
    }
    found.retain(|keyword, _| {
        keyword.starts_with(|first: char| first.is_ascii_alphanumeric())
            && !keyword.contains(' ')
            && !matches!(
                keyword.as_str(),
                "WORD" | "LINE" | "hh:mm" | "A.B.C.D" | "Interface"
            )
            && matching::starts_with(keyword, partial.text)
    });
    found
}

fn word_help(
    terminal: &Terminal,
    device: &Device,
    place: &Place<'_, '_>,
    partial: &Word<'_>,
) -> String {
    let found = keywords_like(terminal, device, place, partial);
    if !found.is_empty() {
        return columns(found.keys());
    }
    // Within a value its placeholder is all there is to say.
    let values = entries(terminal, device, place).unwrap_or_default();
    let placeholder = values
        .keys()
        .find(|word| {
            matches!(
                word.as_str(),
                "WORD" | "LINE" | "hh:mm" | "A.B.C.D" | "Interface"
            ) || word.contains(['<', ' '])
        })
        .filter(|word| *word != "<cr>");
    match placeholder {
        Some(word) => format!("{word}  \n"),
        None => "% Unrecognized command\n".to_owned(),
    }
}

fn columns<'k>(words: impl Iterator<Item = &'k String> + Clone) -> String {
    let width = 2 + words.clone().map(String::len).max().unwrap_or(0);
    let each_row = (LIST_WIDTH / width).max(1);
    let mut out = String::new();
    for (position, word) in words.enumerate() {
        if position > 0 && position % each_row == 0 {
            out.push('\n');
        }
        out.push_str(&format!("{word:width$}"));
    }
    out.push('\n');
    out
}

/// Two columns; `|` and `<cr>` come last.
fn listing(found: Entries) -> String {
    let last = |word: &str| matches!(word, "<cr>" | "|");
    let width = found.keys().map(String::len).max().unwrap_or(0);
    let width = width.max(KEYWORD_WIDTH_MIN);
    let words = found.iter().filter(|(word, _)| !last(word));
    let ends = found.iter().rev().filter(|(word, _)| last(word));
    let mut out = String::new();
    for (word, help) in words.chain(ends) {
        let line = format!("  {word:width$}  {help}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The line above the list of all commands.
fn mode_title(mode: Mode) -> &'static str {
    match mode {
        Mode::Exec => "Exec commands:\n",
        Mode::Global => "Configure commands:\n",
        Mode::CallHome => "Call-home configuration commands:\n",
        Mode::Profile => "Call-home profile configuration commands:\n",
        Mode::Snapshot => "Call-home snapshot configuration commands:\n",
        Mode::DiagnosticSignature => "Diagnostic-signature configuration commands:\n",
        Mode::Interface => "Interface configuration commands:\n",
        Mode::Line => "Line configuration commands:\n",
        Mode::Trustpoint => "CA Trustpoint configuration commands:\n",
        Mode::CertificateChain => "Certificate configuration commands:\n",
        Mode::Redundancy => "Redundancy configuration commands:\n",
        Mode::Section => "Configuration commands:\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{commands::all_rows, terminal::Settings},
        config::apply::Position,
        device::DeviceModel,
        identity::Seed,
        platform::Catalogue,
    };

    #[test]
    fn every_beginning_of_every_command_has_help() {
        let platform = Catalogue::built_in().unwrap().find("ISR4331").unwrap();
        let model = DeviceModel::new(platform, crate::Configuration::default()).shared();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let device = Device::in_fleet(&model, "lab", 0, Seed(7), at);
        let mut terminal = Terminal::new(Settings {
            privilege: 15,
            ..Settings::default()
        });
        for row in all_rows() {
            terminal.position = (row.mode != Mode::Exec).then(|| Position::at(row.mode));
            let words = row.tokens.iter().map(|token| match token {
                Token::Word(keyword) => *keyword,
                Token::OneOf(keywords) | Token::Flags(keywords) => keywords[0],
                Token::Argument(Argument::Integer { .. }) => "1",
                Token::Argument(_) => "x",
            });
            let line = words.collect::<Vec<_>>().join(" ");
            for end in 0..=line.len() {
                for form in ["", "no ", "do ", "default "] {
                    let before = format!("{form}{}", &line[..end]);
                    assert!(!help(&terminal, &device, &before).is_empty());
                    if let Some(completed) = complete(&terminal, &device, &before) {
                        assert!(completed.len() > before.len(), "{before} -> {completed}");
                    }
                }
            }
        }
    }
}
