//! From a line to what it does: which mode understands it, who carries it out, and what the device
//! answers where nobody can.
//!
//! A line that does not fit the present configuration mode is tried in the modes around it, and the
//! session moves there: people paste global commands into whatever mode they are in.
//! Reference: Call Home, sections 1.1, 1.2, 10.1.

use super::{
    call::{Call, Next, Typed},
    commands::{Scope, platform, sections},
    filter::{self, Filter, NoFilter},
};
use crate::{
    config::{
        Mode, Refusal,
        apply::{Position, Section, notice},
        grammar::{Action, Spelling, Verb},
        matching::{self, Command, Form, Mismatch},
        parse::is_other_command,
        words::{self, Word},
    },
    text::push,
};

/// Why a line is not carried out.
#[derive(Debug)]
enum Failure {
    /// The caret stands below this column of the line.
    Invalid {
        column: usize,
    },
    Incomplete,
    Ambiguous,
    /// The device says so.
    Reply(&'static str),
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Invalid { column, agrees, .. } => Self::Invalid {
                column: column + agrees,
            },
            Mismatch::Incomplete => Self::Incomplete,
            Mismatch::Ambiguous { .. } => Self::Ambiguous,
        }
    }
}

impl From<NoFilter> for Failure {
    fn from(no_filter: NoFilter) -> Self {
        match no_filter {
            NoFilter::Invalid { column, agrees } => Self::Invalid {
                column: column + agrees,
            },
            NoFilter::Incomplete => Self::Incomplete,
            NoFilter::Ambiguous => Self::Ambiguous,
            NoFilter::Pattern => Self::Reply("% Failed to compile regular expression"),
            NoFilter::Redirection => Self::Reply("% Output redirection is not supported"),
        }
    }
}

/// Whether a line asks to be carried out at all: blank lines and comments do not.
pub(super) fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('!')
}

/// Carries `line` out; what it prints is appended to the output of `call`.
pub(super) fn run(call: &mut Call<'_>, line: &str) -> Next {
    let words = words::split(line);
    let done = match do_command(call, &words) {
        Some(exec) => exec_line(call, line, exec),
        None if call.terminal.position.is_none() => exec_line(call, line, &words),
        None => configuration_line(call, line, &words),
    };
    match done {
        Ok(next) => next,
        Err(failure) => {
            print(call, line, &failure);
            Next::Refused
        }
    }
}

/// The exec command behind `do`, which configuration modes understand.
fn do_command<'w, 'a>(call: &Call<'_>, words: &'w [Word<'a>]) -> Option<&'w [Word<'a>]> {
    call.terminal.position.as_ref()?;
    let (first, rest) = words.split_first()?;
    (first.text.eq_ignore_ascii_case("do") && !rest.is_empty()).then_some(rest)
}

fn print(call: &mut Call<'_>, line: &str, failure: &Failure) {
    match failure {
        Failure::Invalid { column } => {
            let prompt = call.terminal.prompt(call.device).chars().count();
            call.out.resize(call.out.len() + prompt + column, b' ');
            push(call.out, "^\n% Invalid input detected at '^' marker.\n\n");
        }
        Failure::Incomplete => push(call.out, "% Incomplete command.\n\n"),
        Failure::Ambiguous => {
            let text = format!("% Ambiguous command:  \"{}\"\n", line.trim());
            push(call.out, &text);
        }
        Failure::Reply(reply) => call.print(reply),
    }
}

fn exec_line(call: &mut Call<'_>, line: &str, words: &[Word<'_>]) -> Result<Next, Failure> {
    let end = filter::position(words).unwrap_or(words.len());
    let (own, rest) = words.split_at(end);
    let scope = Scope::of(call.terminal, call.device, Mode::Exec);
    let command = matching::find(Mode::Exec, scope.rows(), own)?;
    let filter = match rest {
        [] => None,
        rest => Some(filter::read(line, rest)?),
    };
    let start = call.out.len();
    let typed = Typed {
        line,
        command: &command,
    };
    let next = match command.row.action {
        Action::Run(run) => run(call, &typed),
        Action::Platform => platform::show(call, &typed),
        Action::Configure(_) | Action::Keep => Next::Prompt,
    };
    match (filter, next) {
        (Some(filter), Next::Wait(waiting)) => {
            let printed = call.out.split_off(start);
            Ok(Next::Wait(waiting.filtered(filter, printed)))
        }
        (Some(filter), next) => {
            apply(&filter, call.out, start);
            valid(next, &command)
        }
        (None, next) => valid(next, &command),
    }
}

fn apply(filter: &Filter, out: &mut Vec<u8>, start: usize) {
    let filtered = filter.apply(&out[start..]);
    out.truncate(start);
    out.extend_from_slice(&filtered);
}

/// A value that its command does not know is pointed at.
fn valid(next: Next, command: &Command<'_>) -> Result<Next, Failure> {
    match next {
        Next::Invalid { value } => Err(Failure::Invalid {
            column: command.columns.get(value).copied().unwrap_or(0),
        }),
        Next::Prompt | Next::Refused | Next::Ask(_) | Next::Wait(_) | Next::Close => Ok(next),
    }
}

fn configuration_line(
    call: &mut Call<'_>,
    line: &str,
    words: &[Word<'_>],
) -> Result<Next, Failure> {
    let mut position = call
        .terminal
        .position
        .clone()
        .unwrap_or_else(Position::start);
    if position.section.is_some() && sections::ends_section(matching::form(position.mode, words).1)
    {
        position = Position::start();
    }
    // The first mode whose command the line begins is the one the error is about.
    let (mut begun, mut unknown) = (None, None);
    loop {
        let scope = Scope::of(call.terminal, call.device, position.mode);
        match find(&scope, words) {
            Ok(command) => return carry_out(call, line, position, &command),
            // What could be a command here is not taken for one of another mode.
            Err(mismatch @ Mismatch::Ambiguous { .. }) => return Err(mismatch.into()),
            Err(mismatch @ Mismatch::Invalid { first: true, .. }) => {
                unknown.get_or_insert(mismatch);
            }
            Err(mismatch @ (Mismatch::Invalid { .. } | Mismatch::Incomplete)) => {
                begun.get_or_insert(mismatch);
            }
        }
        match position.parent() {
            Some(parent) => position = parent,
            None => break,
        }
    }
    let mismatch = begun.or(unknown).unwrap_or(Mismatch::Incomplete);
    Err(mismatch.into())
}

/// Finds the command that `words` spell in the mode of `scope`: a known one, or else one that is kept
/// as it stands.
pub(super) fn find<'a>(scope: &Scope<'_>, words: &[Word<'a>]) -> Result<Command<'a>, Mismatch> {
    let (_, own) = matching::form(scope.mode, words);
    // The first word is chosen among all commands, so that none hides behind another's abbreviation.
    let first = own.get(..1).unwrap_or_default();
    let begun = matching::begun_by(scope.rows(), first);
    form_instead(scope.mode, words, begun.is_ok())?;
    begun?;
    let known = scope.rows().filter(|row| !is_kept(row.action));
    let mismatch = match matching::find(scope.mode, known.clone(), words) {
        Ok(command) => return Ok(command),
        Err(mismatch) => mismatch,
    };
    let kept = scope.rows().filter(|row| is_kept(row.action));
    let kept = matching::find(scope.mode, kept, words);
    match mismatch {
        Mismatch::Invalid { first: true, .. } => kept,
        Mismatch::Invalid { .. } | Mismatch::Incomplete
            if is_other_command(
                scope.mode,
                known.clone(),
                words,
                Spelling::Abbreviated,
                mismatch,
            ) =>
        {
            kept.map_err(|_| mismatch)
        }
        Mismatch::Invalid { .. } | Mismatch::Incomplete | Mismatch::Ambiguous { .. } => {
            Err(mismatch)
        }
    }
}

/// Why the first word of a line may be `no`, `default` or `do` rather than a command: alone those
/// are incomplete, and what abbreviates both them and a command is ambiguous.
fn form_instead(mode: Mode, words: &[Word<'_>], begins: bool) -> Result<(), Mismatch> {
    let Some(first) = words.first().filter(|_| mode != Mode::Exec) else {
        return Ok(());
    };
    let mut forms = ["no", "default", "do"]
        .into_iter()
        .filter(|form| matching::starts_with(form, first.text));
    let Some(form) = forms.next() else {
        return Ok(());
    };
    let alone = words.len() == 1;
    if alone && (form.eq_ignore_ascii_case(first.text) || !begins && forms.next().is_none()) {
        return Err(Mismatch::Incomplete);
    }
    let column = first.column;
    match matching::form(mode, words).0 {
        Form::Set => Err(Mismatch::Ambiguous { column }),
        Form::No | Form::Default => Ok(()),
    }
}

pub(super) fn is_kept(action: Action) -> bool {
    matches!(action, Action::Keep)
}

fn carry_out(
    call: &mut Call<'_>,
    line: &str,
    mut position: Position,
    command: &Command<'_>,
) -> Result<Next, Failure> {
    let typed = Typed { line, command };
    match command.row.action {
        Action::Run(run) => {
            call.terminal.position = Some(position);
            valid(run(call, &typed), command)
        }
        Action::Configure(Verb::Exit) => {
            call.terminal.position = Some(position);
            Ok(leave_mode(call))
        }
        Action::Configure(Verb::End) => Ok(leave_configuration(call)),
        Action::Configure(_) => {
            let notice = notice(call.device.configuration(), &position, command);
            let done = call.device.configure(call.now, &mut position, command);
            call.terminal.position = Some(position);
            Ok(match done {
                Ok(()) => {
                    if let Some(notice) = notice {
                        call.print(notice);
                    }
                    Next::Prompt
                }
                Err(refusal) => call.refuse(&refusal.to_string()),
            })
        }
        Action::Keep => Ok(keep(call, &typed, position)),
        Action::Platform => Ok(Next::Prompt),
    }
}

/// Leaves the present configuration mode for the one around it.
pub(super) fn leave_mode(call: &mut Call<'_>) -> Next {
    let position = call.terminal.position.as_ref();
    match position.and_then(Position::parent) {
        Some(parent) => {
            call.terminal.position = Some(parent);
            Next::Prompt
        }
        None => leave_configuration(call),
    }
}

/// Leaves configuration for the exec mode, which devices log.
pub(super) fn leave_configuration(call: &mut Call<'_>) -> Next {
    call.terminal.position = None;
    let by = call.terminal.configured_by();
    call.device.log_configured(call.now, by, call.outputs);
    Next::Prompt
}

/// Keeps a line that the emulator does not interpret in the running configuration.
fn keep(call: &mut Call<'_>, typed: &Typed<'_>, mut position: Position) -> Next {
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

/// The line as the configuration keeps it: its first keyword in full, the rest as typed.
fn kept_text(typed: &Typed<'_>) -> String {
    let words = words::split(typed.line);
    let (_, own) = matching::form(typed.command.row.mode, &words);
    let position = own.iter().position(|word| !word.quoted).unwrap_or(0);
    let Some(first) = own.get(position) else {
        return String::new();
    };
    let keyword = typed.command.values.first().and_then(|value| match value {
        matching::Value::Keyword(keyword) => Some(*keyword),
        matching::Value::Flag(_)
        | matching::Value::Integer(_)
        | matching::Value::Text(_)
        | matching::Value::Time(_) => None,
    });
    let rest = own.get(position + 1).map_or("", |second| {
        let start = typed.line.char_indices().nth(second.column);
        start.map_or("", |(at, _)| typed.line[at..].trim_end())
    });
    let first = keyword.unwrap_or(first.text);
    if rest.is_empty() {
        first.to_owned()
    } else {
        format!("{first} {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::terminal::{Settings, Terminal},
        config::grammar::{Argument, Row, Token},
        device::{Device, DeviceModel},
        identity::Seed,
        platform::Catalogue,
    };

    /// A word that `token` takes.
    fn sample(token: &Token) -> String {
        match token {
            Token::Word(keyword) => (*keyword).to_owned(),
            Token::OneOf(keywords) | Token::Flags(keywords) => keywords[0].to_owned(),
            Token::Argument(Argument::Integer { min, .. }) => min.to_string(),
            Token::Argument(Argument::TimeOfDay) => "10:30".to_owned(),
            Token::Argument(Argument::Quoted { .. }) => "\"x\"".to_owned(),
            Token::Argument(_) => "x".to_owned(),
        }
    }

    fn line(words: &[String]) -> String {
        words.join(" ")
    }

    /// What can stand where the word at `position` of `row` stands: keywords, and whether values.
    fn choices(scope: &Scope<'_>, words: &[String], position: usize) -> (Vec<&'static str>, bool) {
        let before = line(&words[..position]);
        let typed = words::split(&before);
        let rows = scope
            .rows()
            .filter(|row| position == 0 || !is_kept(row.action));
        let begun = matching::begun_by(rows, &typed).unwrap();
        let tokens: Vec<Token> = begun
            .iter()
            .filter_map(|row| matching::token_at(row, position))
            .collect();
        let mut keywords: Vec<_> = tokens
            .iter()
            .flat_map(|token| matching::keywords(token).to_vec())
            .collect();
        if position == 0 && scope.mode != Mode::Exec {
            keywords.extend(["no", "default", "do"]);
        }
        keywords.sort_unstable();
        keywords.dedup();
        let value = tokens
            .iter()
            .any(|token| matches!(token, Token::Argument(own) if !matches!(own, Argument::Quoted { .. })));
        (keywords, value)
    }

    /// Checks every abbreviation of the keyword at `position`.
    fn check(scope: &Scope<'_>, row: &'static Row, position: usize, full: &str) {
        let mut words: Vec<String> = row.tokens.iter().map(sample).collect();
        words[position] = full.to_owned();
        let (keywords, value) = choices(scope, &words, position);
        for length in 1..=full.len() {
            let abbreviation = &full[..length];
            words[position] = abbreviation.to_owned();
            let text = line(&words);
            let split = words::split(&text);
            let found = find(scope, &split);
            let like = keywords
                .iter()
                .filter(|keyword| keyword.starts_with(abbreviation))
                .count();
            let exact = keywords.contains(&abbreviation);
            if exact && length < full.len() || value && length < full.len() {
                continue;
            }
            if exact || like == 1 {
                assert!(found.is_ok(), "`{text}` of {row:?}: {found:?}");
            } else {
                let ambiguous = matches!(found, Err(Mismatch::Ambiguous { .. }));
                assert!(ambiguous, "`{text}` of {row:?}: {found:?}");
            }
        }
    }

    #[test]
    fn unambiguous_abbreviations_are_accepted_and_ambiguous_ones_refused() {
        for platform in Catalogue::built_in().unwrap().iter() {
            let model = DeviceModel::new(platform.clone(), crate::Configuration::default());
            let at = jiff::Timestamp::UNIX_EPOCH;
            let device = Device::in_fleet(&model.shared(), "lab", 0, Seed(7), at);
            let terminal = Terminal::new(Settings {
                privilege: 15,
                ..Settings::default()
            });
            for row in super::super::commands::all_rows() {
                let scope = Scope::of(&terminal, &device, row.mode);
                if !scope.rows().any(|own| std::ptr::eq(own, row)) {
                    continue;
                }
                for (position, token) in row.tokens.iter().enumerate() {
                    for keyword in matching::keywords(token) {
                        check(&scope, row, position, keyword);
                    }
                }
            }
        }
    }
}
