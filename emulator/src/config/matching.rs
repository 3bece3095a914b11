//! Matching the words of a line with the grammar table: abbreviation, ambiguity, `no`, `default`.

use super::{
    Mode,
    grammar::{Action, Argument, Row, Token},
    names,
    profile::TimeOfDay,
    words::Word,
};

/// Whether a command sets, removes or restores.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// The command as it stands.
    Set,
    /// Behind `no`.
    No,
    /// Behind `default`.
    Default,
}

/// A value of a matched command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Keyword(&'static str),
    Flag(&'static str),
    Integer(i64),
    Text(&'a str),
    Time(TimeOfDay),
}

/// A line that is a command.
#[derive(Clone, Debug)]
pub(crate) struct Command<'a> {
    pub(crate) row: &'static Row,
    pub(crate) form: Form,
    pub(crate) values: Vec<Value<'a>>,
    /// Columns of the values.
    pub(crate) columns: Vec<usize>,
}

impl Command<'_> {
    /// The command with all its keywords in full and its values as typed.
    pub(crate) fn canonical(&self) -> String {
        let mut values = self.values.iter();
        let mut words = Vec::new();
        for token in self.row.tokens {
            match token {
                Token::Word(keyword) => words.push((*keyword).to_owned()),
                Token::OneOf(_) | Token::Argument(_) => words.extend(values.next().map(written)),
                Token::Flags(_) => words.extend(values.by_ref().map(written)),
            }
        }
        words.extend(values.map(written));
        words.join(" ")
    }
}

/// A value as it is written in a command.
fn written(value: &Value<'_>) -> String {
    match value {
        Value::Keyword(keyword) | Value::Flag(keyword) => (*keyword).to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => (*text).to_owned(),
        Value::Time(time) => format!("{:02}:{:02}", time.hour, time.minute),
    }
}

/// Why a line is no command of a mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mismatch {
    /// The word at `column` fits nothing; `first` when it is the command's own first word. Its first
    /// `agrees` characters begin a keyword that would fit.
    Invalid {
        column: usize,
        agrees: usize,
        first: bool,
    },
    /// Words are missing.
    Incomplete,
    /// The word at `column` abbreviates several keywords.
    Ambiguous { column: usize },
}

/// The form that the first of `words` gives the command, and the command's own words. Exec commands
/// have no forms.
pub(crate) fn form<'w, 'a>(mode: Mode, words: &'w [Word<'a>]) -> (Form, &'w [Word<'a>]) {
    match words.split_first() {
        Some((first, rest)) if mode != Mode::Exec && !rest.is_empty() => {
            if first.text.eq_ignore_ascii_case("no") {
                (Form::No, rest)
            } else if first.text.len() >= DEFAULT_CHARACTERS_MIN
                && starts_with("default", first.text)
            {
                (Form::Default, rest)
            } else {
                (Form::Set, words)
            }
        }
        _ => (Form::Set, words),
    }
}

/// The rows that words like `words` begin.
pub(crate) fn begun_by(
    rows: impl Iterator<Item = &'static Row>,
    words: &[Word<'_>],
) -> Result<Vec<&'static Row>, Mismatch> {
    let mut candidates: Candidates<'_> = rows.map(|row| (row, Vec::new())).collect();
    for (position, word) in words.iter().enumerate() {
        candidates = narrow(candidates, position, word)?;
    }
    Ok(candidates.into_iter().map(|(row, _)| row).collect())
}

/// Finds the command that `words` spell among `rows`, those of `mode`.
pub(crate) fn find<'a>(
    mode: Mode,
    rows: impl Iterator<Item = &'static Row>,
    words: &[Word<'a>],
) -> Result<Command<'a>, Mismatch> {
    let (form, words) = form(mode, words);
    let mut candidates: Candidates<'a> = rows.map(|row| (row, Vec::new())).collect();
    for (position, word) in words.iter().enumerate() {
        candidates = narrow(candidates, position, word)?;
    }
    candidates
        .into_iter()
        .filter(|(row, _)| is_enough(row, form, words.len()))
        // The shortest form that holds all the words.
        .min_by_key(|(row, _)| row.tokens.len())
        .map(|(row, values)| Command {
            row,
            form,
            values,
            columns: value_columns(row, words),
        })
        .ok_or(Mismatch::Incomplete)
}

/// Whether the first `count` words of `row` are a command. Behind `no` and `default` values may be
/// left out, with the keywords that follow them, but not the keywords before the first.
pub(crate) fn is_enough(row: &Row, form: Form, count: usize) -> bool {
    let is_value = |token: &Token| !matches!(token, Token::Word(_));
    let behind = row.tokens.iter().take(count + 1).any(is_value);
    // A line that is kept as it stands says itself what is taken away.
    let whole = form == Form::Set || matches!(row.action, Action::Keep);
    least_words(row) <= count || !whole && behind
}

/// Where those of `words` stand that are values of `row`.
fn value_columns(row: &'static Row, words: &[Word<'_>]) -> Vec<usize> {
    let is_value = |position| !matches!(token_at(row, position), Some(Token::Word(_)));
    let values = words.iter().enumerate();
    values
        .filter(|(position, _)| is_value(*position))
        .map(|(_, word)| word.column)
        .collect()
}

fn least_words(row: &Row) -> usize {
    let optional = row
        .tokens
        .iter()
        .filter(|token| matches!(token, Token::Flags(_)));
    row.tokens.len() - optional.count()
}

/// `default` is recognised from this many characters on.
const DEFAULT_CHARACTERS_MIN: usize = 3;

/// Rows that still fit, each with its values so far.
type Candidates<'a> = Vec<(&'static Row, Vec<Value<'a>>)>;

/// Keeps the rows whose word at `position` is `word`.
fn narrow<'a>(
    mut candidates: Candidates<'a>,
    position: usize,
    word: &Word<'a>,
) -> Result<Candidates<'a>, Mismatch> {
    let keyword = choose_keyword(&candidates, position, word)?;
    let mut kept = Vec::new();
    for (row, values) in &mut candidates {
        let (row, mut values) = (*row, std::mem::take(values));
        let Some(token) = token_at(row, position) else {
            continue;
        };
        let value = match (token, keyword) {
            (Token::Word(own), Some(chosen)) if own == chosen => {
                kept.push((row, values));
                continue;
            }
            (Token::OneOf(own), Some(chosen)) if own.contains(&chosen) => Value::Keyword(chosen),
            (Token::Flags(own), Some(chosen)) if own.contains(&chosen) => {
                if values.contains(&Value::Flag(chosen)) {
                    continue;
                }
                Value::Flag(chosen)
            }
            (Token::Argument(argument), None) => match read(argument, word) {
                Some(value) => value,
                None => continue,
            },
            (Token::Word(_) | Token::OneOf(_) | Token::Flags(_) | Token::Argument(_), _) => {
                continue;
            }
        };
        values.push(value);
        kept.push((row, values));
    }
    if kept.is_empty() {
        return Err(Mismatch::Invalid {
            column: word.column,
            agrees: agreement(&candidates, position, word),
            first: position == 0,
        });
    }
    Ok(kept)
}

/// How many characters of `word` begin one of the keywords possible at `position`.
fn agreement(candidates: &Candidates<'_>, position: usize, word: &Word<'_>) -> usize {
    let typed = word.text.as_bytes();
    let common = |keyword: &&'static str| {
        let pairs = keyword.bytes().zip(typed);
        pairs
            .take_while(|(own, typed)| own.eq_ignore_ascii_case(typed))
            .count()
    };
    let tokens = candidates
        .iter()
        .filter_map(|(row, _)| token_at(row, position));
    let longest = tokens
        .flat_map(|token| keywords(&token).iter().map(common).max())
        .max();
    // A keyword in full is not half right: it is one word too many.
    longest.filter(|agrees| *agrees < typed.len()).unwrap_or(0)
}

/// The keywords that `token` may be.
pub(crate) fn keywords(token: &Token) -> &[&'static str] {
    match token {
        Token::Word(keyword) => std::slice::from_ref(keyword),
        Token::OneOf(keywords) | Token::Flags(keywords) => keywords,
        Token::Argument(_) => &[],
    }
}

/// The keyword that `word` is or abbreviates among those possible at `position`.
///
/// A quoted word is never a keyword. Where a value is possible too, only a keyword in full counts.
fn choose_keyword(
    candidates: &Candidates<'_>,
    position: usize,
    word: &Word<'_>,
) -> Result<Option<&'static str>, Mismatch> {
    if word.quoted {
        return Ok(None);
    }
    let mut found: Vec<&'static str> = Vec::new();
    let mut value_possible = false;
    for (row, _) in candidates {
        let Some(token) = token_at(row, position) else {
            continue;
        };
        value_possible |= matches!(token, Token::Argument(argument) if could_be(argument, word));
        for keyword in keywords(&token) {
            if keyword.eq_ignore_ascii_case(word.text) {
                return Ok(Some(*keyword));
            }
            if starts_with(keyword, word.text) && !found.contains(keyword) {
                found.push(*keyword);
            }
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        _ if value_possible => Ok(None),
        [only] => Ok(Some(only)),
        _ => Err(Mismatch::Ambiguous {
            column: word.column,
        }),
    }
}

/// Whether `word` could be a value of `argument` as well as a keyword.
fn could_be(argument: Argument, word: &Word<'_>) -> bool {
    match argument {
        // Keywords hold letters: a word is one or the other.
        Argument::Integer { .. } | Argument::TimeOfDay => read(argument, word).is_some(),
        Argument::Quoted { .. } => false,
        Argument::Text { .. }
        | Argument::Host
        | Argument::Email
        | Argument::Url
        | Argument::Phone
        | Argument::ProfileName
        | Argument::Pattern
        | Argument::Line => true,
    }
}

pub(crate) fn starts_with(keyword: &str, typed: &str) -> bool {
    keyword
        .get(..typed.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// The token that the word at `position` must match; a row's flags, and the rest of a line, take all
/// further words.
pub(crate) fn token_at(row: &'static Row, position: usize) -> Option<Token> {
    match row.tokens.get(position) {
        Some(token) => Some(*token),
        None => row
            .tokens
            .last()
            .copied()
            .filter(|token| matches!(token, Token::Flags(_) | Token::Argument(Argument::Line))),
    }
}

/// Reads `word` as `argument`; `None` when it is out of range or of another shape.
///
/// Shapes whose violation has a reply of its own (an e-mail address, say) are taken here and
/// refused when the command is carried out.
fn read<'a>(argument: Argument, word: &Word<'a>) -> Option<Value<'a>> {
    match argument {
        Argument::Integer { min, max } => {
            let number = word.text.parse().ok()?;
            (min..=max)
                .contains(&number)
                .then_some(Value::Integer(number))
        }
        Argument::TimeOfDay => names::time_of_day(word.text).map(Value::Time),
        Argument::ProfileName => {
            let allowed = !word.text.is_empty() && !word.text.eq_ignore_ascii_case("all");
            allowed.then_some(Value::Text(word.text))
        }
        Argument::Quoted { max } => {
            let fits = (1..=max).contains(&word.text.chars().count());
            (word.quoted && fits).then_some(Value::Text(word.text))
        }
        Argument::Text { .. }
        | Argument::Host
        | Argument::Email
        | Argument::Url
        | Argument::Phone
        | Argument::Line
        | Argument::Pattern => (!word.text.trim().is_empty()).then_some(Value::Text(word.text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::grammar::{Verb, rows},
        super::words,
        *,
    };

    fn verb(mode: Mode, line: &str) -> Result<(Verb, Form), Mismatch> {
        let command = find(mode, rows(mode).iter(), &words::split(line))?;
        match command.row.action {
            Action::Configure(verb) => Ok((verb, command.form)),
            Action::Run(_) | Action::Platform | Action::Keep => {
                panic!("not a configuration command")
            }
        }
    }

    #[test]
    fn unambiguous_abbreviations_are_commands() {
        assert_eq!(
            verb(Mode::CallHome, "rate 30"),
            Ok((Verb::RateLimit, Form::Set))
        );
        assert_eq!(
            verb(Mode::Profile, "destination message-size 3145728"),
            Ok((Verb::SizeLimit, Form::Set))
        );
        assert_eq!(
            verb(Mode::CallHome, "CONTACT a@b.c"),
            Ok((Verb::ContactEmail, Form::Set))
        );
    }

    #[test]
    fn a_keyword_in_full_wins_over_longer_ones() {
        assert_eq!(
            verb(Mode::CallHome, "alert-group all"),
            Ok((Verb::AlertGroup, Form::Set))
        );
        assert_eq!(
            verb(Mode::CallHome, "http resolve-hostname ipv4-first"),
            Ok((Verb::ResolveIpv4First, Form::Set))
        );
    }

    #[test]
    fn ambiguous_unknown_and_missing_words_are_told_apart() {
        assert_eq!(
            verb(Mode::CallHome, "con x"),
            Err(Mismatch::Ambiguous { column: 0 })
        );
        assert_eq!(
            verb(Mode::CallHome, "rate-limit 99"),
            Err(Mismatch::Invalid {
                column: 11,
                agrees: 0,
                first: false
            })
        );
        assert_eq!(
            verb(Mode::CallHome, "frobnicate"),
            Err(Mismatch::Invalid {
                column: 0,
                agrees: 0,
                first: true
            })
        );
        assert_eq!(
            verb(Mode::CallHome, "mail-server x"),
            Err(Mismatch::Incomplete)
        );
    }

    #[test]
    fn no_forms_need_no_values_but_accept_them() {
        for line in ["no rate-limit", "no rate-limit 30"] {
            assert_eq!(verb(Mode::CallHome, line), Ok((Verb::RateLimit, Form::No)));
        }
        assert_eq!(
            verb(Mode::CallHome, "no mail-server x"),
            Ok((Verb::MailServer, Form::No))
        );
        assert_eq!(
            verb(Mode::CallHome, "default rate-limit"),
            Ok((Verb::RateLimit, Form::Default))
        );
    }

    #[test]
    fn flags_come_in_any_order_and_once_each() {
        let line = "snmp-server enable traps call-home server-fail message-send-fail";
        assert_eq!(verb(Mode::Global, line), Ok((Verb::Traps, Form::Set)));
        let twice = "snmp-server enable traps call-home server-fail server-fail";
        assert!(verb(Mode::Global, twice).is_err());
    }
}
