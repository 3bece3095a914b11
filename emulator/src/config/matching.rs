//! Matching the words of a line with the grammar table: abbreviation, ambiguity, `no`, `default`.

use super::{
    Mode,
    grammar::{Argument, Row, Token, rows},
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

/// Why a line is no command of a mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mismatch {
    /// The word at `column` fits nothing; `first` when it is the command's own first word.
    Invalid { column: usize, first: bool },
    /// Words are missing.
    Incomplete,
    /// The word at `column` abbreviates several keywords.
    Ambiguous { column: usize },
}

/// Finds the command that `words` spell in `mode`.
pub(crate) fn find<'a>(mode: Mode, words: &[Word<'a>]) -> Result<Command<'a>, Mismatch> {
    let (form, words) = match words.split_first() {
        Some((first, rest)) if first.text == "no" && !rest.is_empty() => (Form::No, rest),
        Some((first, rest)) if first.text == "default" && !rest.is_empty() => (Form::Default, rest),
        _ => (Form::Set, words),
    };
    let mut candidates: Vec<(&'static Row, Vec<Value<'a>>)> =
        rows(mode).iter().map(|row| (row, Vec::new())).collect();
    for (position, word) in words.iter().enumerate() {
        candidates = narrow(candidates, position, word)?;
    }
    // The shortest form that holds all the words: what `no` leaves out counts as any value.
    let complete = |row: &Row| least_words(row) <= words.len();
    candidates
        .into_iter()
        .filter(|(row, _)| complete(row) || form != Form::Set)
        .min_by_key(|(row, _)| row.tokens.len())
        .map(|(row, values)| Command {
            row,
            form,
            values,
            columns: value_columns(row, words),
        })
        .ok_or(Mismatch::Incomplete)
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

type Candidates<'a> = Vec<(&'static Row, Vec<Value<'a>>)>;

/// Keeps the rows whose word at `position` is `word`.
fn narrow<'a>(
    candidates: Candidates<'a>,
    position: usize,
    word: &Word<'a>,
) -> Result<Candidates<'a>, Mismatch> {
    let keyword = choose_keyword(&candidates, position, word)?;
    let mut kept = Vec::new();
    for (row, mut values) in candidates {
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
            first: position == 0,
        });
    }
    Ok(kept)
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
        let keywords: &[&'static str] = match token_at(row, position) {
            Some(Token::Word(keyword)) => &[keyword],
            Some(Token::OneOf(keywords) | Token::Flags(keywords)) => keywords,
            Some(Token::Argument(_)) => {
                value_possible = true;
                continue;
            }
            None => continue,
        };
        for keyword in keywords {
            if keyword.eq_ignore_ascii_case(word.text) {
                return Ok(Some(keyword));
            }
            if starts_with(keyword, word.text) && !found.contains(keyword) {
                found.push(keyword);
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

fn starts_with(keyword: &str, typed: &str) -> bool {
    keyword
        .get(..typed.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// The token that the word at `position` must match; a row's flags take all further words.
fn token_at(row: &'static Row, position: usize) -> Option<Token> {
    match row.tokens.get(position) {
        Some(token) => Some(*token),
        None => row
            .tokens
            .last()
            .copied()
            .filter(|token| matches!(token, Token::Flags(_))),
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
        Argument::Text { .. }
        | Argument::Host
        | Argument::Email
        | Argument::Url
        | Argument::Phone
        | Argument::Pattern => (!word.text.trim().is_empty()).then_some(Value::Text(word.text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::grammar::Verb, super::words, *};

    fn verb(mode: Mode, line: &str) -> Result<(Verb, Form), Mismatch> {
        find(mode, &words::split(line)).map(|command| (command.row.verb, command.form))
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
                first: false
            })
        );
        assert_eq!(
            verb(Mode::CallHome, "frobnicate"),
            Err(Mismatch::Invalid {
                column: 0,
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
