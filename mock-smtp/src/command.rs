//! Command lines: from text to what is asked for.

use crate::mailbox::{Path, parse_path};

/// Most digits taken of a declared size (RFC 1870).
const SIZE_DIGITS_MAX: usize = 20;

/// A well-formed command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command<'a> {
    /// HELO with a name.
    Helo,
    /// EHLO with a name.
    Ehlo,
    /// MAIL FROM.
    Mail(MailCommand<'a>),
    /// RCPT TO.
    Rcpt(Path<'a>),
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// VRFY with something.
    Vrfy,
    /// HELP.
    Help,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth {
        /// The mechanism as written.
        mechanism: &'a str,
        /// The initial response in base64, if there is one; `=` stands for an empty one.
        initial_response: Option<&'a str>,
    },
}

/// What MAIL says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MailCommand<'a> {
    /// The reverse-path.
    pub sender: Path<'a>,
    /// The declared size in bytes.
    pub declared_bytes: Option<u64>,
    /// Whether SMTPUTF8 is asked for.
    pub smtputf8: bool,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// The verb means nothing.
    #[error("unknown command")]
    Unknown,
    /// The verb is a known one that is not served.
    #[error("command not implemented")]
    NotImplemented,
    /// Arguments are missing, too many, or malformed.
    #[error("bad arguments")]
    Arguments,
    /// The reverse-path of MAIL is malformed.
    #[error("bad sender")]
    Sender,
    /// The forward-path of RCPT is malformed.
    #[error("bad recipient")]
    Recipient,
    /// MAIL or RCPT has a parameter that is not served, or one with a bad value.
    #[error("unknown parameter")]
    Parameter,
}

/// Reads a command line without its CRLF.
///
/// # Errors
/// [`CommandError`] with the reason the line is refused.
pub fn parse(line: &str) -> Result<Command<'_>, CommandError> {
    let line = line.trim_end_matches([' ', '\t']);
    let (verb, arguments) = match line.split_once(' ') {
        Some((verb, arguments)) => (verb, arguments.trim_start_matches(' ')),
        None => (line, ""),
    };
    match Verb::of(verb).ok_or(CommandError::Unknown)? {
        Verb::Helo => with_argument(arguments, Command::Helo),
        Verb::Ehlo => with_argument(arguments, Command::Ehlo),
        Verb::Mail => parse_mail(arguments).map(Command::Mail),
        Verb::Rcpt => parse_rcpt(arguments).map(Command::Rcpt),
        Verb::Data => without_argument(arguments, Command::Data),
        Verb::Rset => without_argument(arguments, Command::Rset),
        Verb::Noop => Ok(Command::Noop),
        Verb::Quit => without_argument(arguments, Command::Quit),
        Verb::Vrfy => with_argument(arguments, Command::Vrfy),
        Verb::Help => Ok(Command::Help),
        Verb::StartTls => without_argument(arguments, Command::StartTls),
        Verb::Auth => parse_auth(arguments),
        Verb::NotServed => Err(CommandError::NotImplemented),
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Helo,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Help,
    StartTls,
    Auth,
    NotServed,
}

impl Verb {
    /// The most frequent first; the last are defined by RFCs and not served here.
    const ALL: [(&'static str, Self); 19] = [
        ("MAIL", Self::Mail),
        ("RCPT", Self::Rcpt),
        ("DATA", Self::Data),
        ("QUIT", Self::Quit),
        ("EHLO", Self::Ehlo),
        ("HELO", Self::Helo),
        ("RSET", Self::Rset),
        ("NOOP", Self::Noop),
        ("STARTTLS", Self::StartTls),
        ("AUTH", Self::Auth),
        ("VRFY", Self::Vrfy),
        ("HELP", Self::Help),
        ("EXPN", Self::NotServed),
        ("BDAT", Self::NotServed),
        ("ETRN", Self::NotServed),
        ("TURN", Self::NotServed),
        ("SEND", Self::NotServed),
        ("SOML", Self::NotServed),
        ("SAML", Self::NotServed),
    ];

    fn of(word: &str) -> Option<Self> {
        let found = Self::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map(|(_, verb)| *verb)
    }
}

fn with_argument<'a>(arguments: &str, command: Command<'a>) -> Result<Command<'a>, CommandError> {
    if arguments.is_empty() {
        Err(CommandError::Arguments)
    } else {
        Ok(command)
    }
}

fn without_argument<'a>(
    arguments: &str,
    command: Command<'a>,
) -> Result<Command<'a>, CommandError> {
    if arguments.is_empty() {
        Ok(command)
    } else {
        Err(CommandError::Arguments)
    }
}

fn parse_mail(arguments: &str) -> Result<MailCommand<'_>, CommandError> {
    let path = behind_keyword(arguments, "FROM:").ok_or(CommandError::Arguments)?;
    let (sender, parameters) = parse_path(path).ok_or(CommandError::Sender)?;
    let mut mail = MailCommand {
        sender,
        declared_bytes: None,
        smtputf8: false,
    };
    for parameter in parameters_of(parameters)? {
        let (keyword, value) = match parameter.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (parameter, None),
        };
        match value {
            None if keyword.eq_ignore_ascii_case("SMTPUTF8") => mail.smtputf8 = true,
            Some(size) if keyword.eq_ignore_ascii_case("SIZE") => {
                mail.declared_bytes = Some(parse_size(size)?);
            }
            Some(body) if keyword.eq_ignore_ascii_case("BODY") && is_body(body) => {}
            Some(_) if keyword.eq_ignore_ascii_case("AUTH") => {}
            Some(_) | None => return Err(CommandError::Parameter),
        }
    }
    Ok(mail)
}

fn parse_rcpt(arguments: &str) -> Result<Path<'_>, CommandError> {
    let path = behind_keyword(arguments, "TO:").ok_or(CommandError::Arguments)?;
    let (recipient, parameters) = parse_path(path).ok_or(CommandError::Recipient)?;
    if recipient == Path::Null {
        return Err(CommandError::Recipient);
    }
    match parameters_of(parameters)?.next() {
        None => Ok(recipient),
        Some(_) => Err(CommandError::Parameter),
    }
}

fn parse_auth(arguments: &str) -> Result<Command<'_>, CommandError> {
    let mut words = arguments.split_ascii_whitespace();
    let mechanism = words.next().ok_or(CommandError::Arguments)?;
    let initial_response = words.next();
    match words.next() {
        None => Ok(Command::Auth {
            mechanism,
            initial_response,
        }),
        Some(_) => Err(CommandError::Arguments),
    }
}

/// What follows `FROM:` or `TO:`; a blank behind the colon is wrong and widespread, so it is taken.
fn behind_keyword<'a>(arguments: &'a str, keyword: &str) -> Option<&'a str> {
    let (found, rest) = arguments.split_at_checked(keyword.len())?;
    found
        .eq_ignore_ascii_case(keyword)
        .then(|| rest.trim_start_matches(' '))
}

/// Parameters stand behind a blank each.
fn parameters_of(text: &str) -> Result<impl Iterator<Item = &str>, CommandError> {
    if text.is_empty() || text.starts_with(' ') {
        Ok(text.split_ascii_whitespace())
    } else {
        Err(CommandError::Arguments)
    }
}

/// A size beyond what fits is as good as the largest number: it is above every limit.
fn parse_size(text: &str) -> Result<u64, CommandError> {
    let digits = (1..=SIZE_DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        Ok(text.parse().unwrap_or(u64::MAX))
    } else {
        Err(CommandError::Parameter)
    }
}

fn is_body(value: &str) -> bool {
    value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENDER: Path<'static> = Path::Mailbox {
        local: "a",
        domain: "x",
    };

    #[test]
    fn takes_verbs_in_any_case_and_blanks_at_the_end() {
        for line in ["DATA", "data", "DaTa  ", "data \t"] {
            assert_eq!(parse(line), Ok(Command::Data), "{line:?}");
        }
    }

    #[test]
    fn reads_the_parameters_of_mail() {
        let line = "MAIL FROM:<a@x> SIZE=123 body=8bitmime SMTPUTF8 AUTH=<>";
        let expected = MailCommand {
            sender: SENDER,
            declared_bytes: Some(123),
            smtputf8: true,
        };
        assert_eq!(parse(line), Ok(Command::Mail(expected)));
    }

    #[test]
    fn a_declared_size_beyond_any_number_is_the_largest_number() {
        let Ok(Command::Mail(mail)) = parse("MAIL FROM:<> SIZE=99999999999999999999") else {
            panic!("it is a MAIL command");
        };
        assert_eq!(mail.declared_bytes, Some(u64::MAX));
    }

    #[test]
    fn takes_a_blank_behind_the_colon() {
        assert_eq!(parse("rcpt to: <a@x>"), Ok(Command::Rcpt(SENDER)));
    }

    #[test]
    fn splits_auth_into_mechanism_and_initial_response() {
        let expected = Command::Auth {
            mechanism: "PLAIN",
            initial_response: Some("AGEAYg=="),
        };
        assert_eq!(parse("AUTH PLAIN AGEAYg=="), Ok(expected));
    }

    #[test]
    fn says_why_a_line_is_no_command() {
        for (line, error) in [
            ("", CommandError::Unknown),
            ("MAILFROM:<a@x>", CommandError::Unknown),
            (" DATA", CommandError::Unknown),
            ("EXPN list", CommandError::NotImplemented),
            ("BDAT 5 LAST", CommandError::NotImplemented),
            ("HELO", CommandError::Arguments),
            ("EHLO  ", CommandError::Arguments),
            ("DATA now", CommandError::Arguments),
            ("MAIL", CommandError::Arguments),
            ("MAIL TO:<a@x>", CommandError::Arguments),
            ("MAIL FROM:<a@x>SIZE=1", CommandError::Arguments),
            ("MAIL FROM:a@x", CommandError::Sender),
            ("MAIL FROM:<a@x> SIZE=-1", CommandError::Parameter),
            ("MAIL FROM:<a@x> SIZE=", CommandError::Parameter),
            ("MAIL FROM:<a@x> BODY=BINARYMIME", CommandError::Parameter),
            ("MAIL FROM:<a@x> RET=HDRS", CommandError::Parameter),
            ("RCPT TO:<>", CommandError::Recipient),
            ("RCPT TO:<a@x> NOTIFY=NEVER", CommandError::Parameter),
            ("AUTH", CommandError::Arguments),
            ("AUTH PLAIN a b", CommandError::Arguments),
            ("MAIL FROM\u{e4}<a@x>", CommandError::Arguments),
        ] {
            assert_eq!(parse(line), Err(error), "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_the_parser_panic(line in "(MAIL FROM:|RCPT TO:|AUTH |EHLO )?.{0,80}") {
            let _ = parse(&line);
        }
    }
}
