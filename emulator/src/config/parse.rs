//! Configuration text to values, with every finding and its place.

mod failure;

pub use super::diagnostic::{Diagnostic, Level};

use super::{
    Configuration, Mode,
    apply::{Position, Refusal, carry_out},
    grammar::{self, Action, Row, Spelling, Verb},
    matching::{self, Command, Mismatch, Value},
    names,
    verbatim::Place,
    words::{self, Word},
};
use crate::template::Template;
use failure::Failure;

/// A configuration and what was found while reading it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// All lines that could be carried out.
    pub configuration: Configuration,
    /// Everything that is to be said, in the order of the lines.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether no line was refused.
    pub fn is_clean(&self) -> bool {
        self.diagnostics
            .iter()
            .all(|found| found.level != Level::Error)
    }
}

/// Reads configuration text as a device reads its startup configuration.
///
/// Blank lines, `!` lines and the header that `show running-config` prints are skipped. A global
/// command that Call Home does not know is kept verbatim, with the indented lines below it.
pub fn parse(text: &str) -> Parsed {
    let mut reader = Reader {
        parsed: Parsed {
            configuration: Configuration::default(),
            diagnostics: Vec::new(),
        },
        position: Position::start(),
        verbatim: None,
        banner: None,
        signature_indentation: 0,
    };
    for (index, line) in text.lines().enumerate() {
        reader.line(index + 1, line);
    }
    reader.refuse_open_banner();
    let settings = &mut reader.parsed.configuration.call_home;
    settings.renumber_profiles();
    reader.parsed
}

struct Reader {
    parsed: Parsed,
    position: Position,
    /// The last global command was kept verbatim here, and so are the lines indented below it.
    verbatim: Option<Place>,
    /// The banner that the present line belongs to.
    banner: Option<Banner>,
    /// How far the line was indented that opened the diagnostic-signature part.
    signature_indentation: usize,
}

/// A banner that has not ended.
struct Banner {
    /// What ends it.
    delimiter: String,
    /// The line it begins on, from 1.
    line: usize,
    /// How many lines had been kept before it.
    kept_before: usize,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        if let Some(banner) = &self.banner {
            if line.contains(&banner.delimiter) {
                self.banner = None;
            }
            self.keep(Place::AfterCallHome, line);
            return;
        }
        let trimmed = line.trim();
        if let ["license", "udi", "pid", pid, "sn", serial] =
            *trimmed.split_whitespace().collect::<Vec<_>>()
        {
            let udi = Template::of_identity(&format!("{pid}:{serial}"));
            self.parsed.configuration.udi = Some(udi);
            return;
        }
        if trimmed.is_empty() || trimmed.starts_with('!') || is_header(trimmed) {
            return;
        }
        let indented = line.starts_with([' ', '\t']);
        if let (Some(place), true) = (self.verbatim, indented) {
            self.keep(place, line);
            return;
        }
        let words = words::split(line);
        self.verbatim = None;
        self.leave_signature(line);
        let outside = self.position.mode != Mode::DiagnosticSignature;
        match self.command(&words, indented) {
            Ok(()) => {
                if outside && self.position.mode == Mode::DiagnosticSignature {
                    self.signature_indentation = indentation(line);
                }
                self.warn_of_misspelt_slots(number, line);
            }
            Err(Failure::Unknown) if !indented => {
                self.position = Position::start();
                let place = Place::of(trimmed);
                self.verbatim = Some(place);
                let kept = &self.parsed.configuration.verbatim.after_call_home;
                self.banner = banner_delimiter(trimmed).map(|delimiter| Banner {
                    delimiter,
                    line: number,
                    kept_before: kept.len(),
                });
                self.keep(place, line);
            }
            Err(failure) => self.report(number, line, &words, &failure),
        }
    }

    /// `profile` means one thing in the diagnostic-signature part and another around it; where lines
    /// are indented, that tells where the part ends.
    fn leave_signature(&mut self, line: &str) {
        let indentation = indentation(line);
        if self.position.mode == Mode::DiagnosticSignature
            && (1..=self.signature_indentation).contains(&indentation)
        {
            self.position = Position::at(Mode::CallHome);
        }
    }

    /// Carries the line out in the present mode, or else in one of those around it.
    fn command(&mut self, words: &[Word<'_>], indented: bool) -> Result<(), Failure> {
        let mut position = self.position.clone();
        let mut failure = None;
        loop {
            match matching::find(position.mode, grammar::rows(position.mode).iter(), words) {
                Ok(command) => {
                    // A device stores a mail server that it can never reach; whoever wrote a file
                    // wants to know.
                    let done = match command.row.action {
                        Action::Configure(Verb::MailServer) if !names_a_host(&command) => {
                            Err(Refusal::Host)
                        }
                        Action::Configure(_)
                        | Action::Run(_)
                        | Action::Platform
                        | Action::Keep(_) => {
                            carry_out(&mut self.parsed.configuration, &mut position, &command)
                        }
                    };
                    self.position = position;
                    return done.map_err(|refusal| Failure::Refused {
                        column: if names_last_value(&refusal) {
                            command.columns.last()
                        } else {
                            command.columns.first()
                        }
                        .copied(),
                        text: refusal.to_string(),
                    });
                }
                // The first mode whose command the line begins is the one the error is about.
                Err(Mismatch::Invalid { first: true, .. }) => {}
                Err(mismatch) => {
                    failure.get_or_insert((position.mode, mismatch));
                }
            }
            match position.parent() {
                Some(parent) => position = parent,
                None => break,
            }
        }
        match failure {
            // A global command that only begins like a known one (`ip route ...`, `vrf definition
            // ...` behind the call-home block) is another command.
            Some((mode, mismatch)) if !indented && begins_unknown(mode, words, mismatch) => {
                Err(Failure::Unknown)
            }
            Some((_, mismatch)) => Err(Failure::Mismatch(mismatch)),
            None => Err(Failure::Unknown),
        }
    }

    /// A banner that never ends would take in all that is printed behind it.
    fn refuse_open_banner(&mut self) {
        let Some(banner) = self.banner.take() else {
            return;
        };
        let kept = &mut self.parsed.configuration.verbatim.after_call_home;
        kept.truncate(banner.kept_before);
        self.parsed.diagnostics.push(Diagnostic {
            level: Level::Error,
            line: banner.line,
            column: 1,
            length: "banner".len(),
            message: "% Banner text is not ended".to_owned(),
            help: format!(
                "repeat the delimiter `{}` behind the text",
                banner.delimiter
            ),
        });
    }

    fn keep(&mut self, place: Place, line: &str) {
        let lines = self.parsed.configuration.verbatim.at(place);
        lines.push(Template::of_identity(line.trim_end()));
    }

    fn report(&mut self, number: usize, line: &str, words: &[Word<'_>], failure: &Failure) {
        let (column, message, help) = failure.describe(words, self.position.mode);
        let length = words
            .iter()
            .find(|word| word.column == column)
            .map_or(1, |word| word.text.chars().count());
        self.parsed.diagnostics.push(Diagnostic {
            level: Level::Error,
            line: number,
            column: column.min(line.chars().count()) + 1,
            length: length.max(1),
            message,
            help,
        });
    }

    /// A slot with a misspelt name would be sent as it stands by every device.
    fn warn_of_misspelt_slots(&mut self, number: usize, line: &str) {
        let mut searched = 0;
        while let Some(open) = line[searched..].find('{').map(|at| at + searched) {
            let Some(close) = line[open..].find('}').map(|at| at + open) else {
                return;
            };
            searched = close + 1;
            let name = &line[open + 1..close];
            let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
            if is_word && Template::of_identity(&line[open..=close]).is_literal() {
                self.parsed.diagnostics.push(Diagnostic {
                    level: Level::Warning,
                    line: number,
                    column: line[..open].chars().count() + 1,
                    length: name.len() + 2,
                    message: format!("`{{{name}}}` is not substituted"),
                    help: "known are {index}, {serial}, {hostname} and {site}".to_owned(),
                });
            }
        }
    }
}

/// How many blanks `line` begins with.
fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a refusal is about the last value of its command rather than the first.
fn names_last_value(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Pattern(_) | Refusal::ProfileExists(_) | Refusal::ResemblesTac
    )
}

/// Whether a mismatch of a line of a file means an unknown command.
fn begins_unknown(mode: Mode, words: &[Word<'_>], mismatch: Mismatch) -> bool {
    let rows = grammar::rows(mode).iter();
    is_other_command(mode, rows, words, Spelling::Full, mismatch)
}

/// Whether a mismatch in `mode` means an unknown command rather than a wrong value or a word too
/// many: it does unless the known command's keywords were all there.
pub(crate) fn is_other_command(
    mode: Mode,
    rows: impl Iterator<Item = &'static Row> + Clone,
    words: &[Word<'_>],
    spelling: Spelling,
    mismatch: Mismatch,
) -> bool {
    let typed = match mismatch {
        Mismatch::Ambiguous { .. } => return mode == Mode::Global,
        Mismatch::Incomplete => words.len(),
        Mismatch::Invalid { column, .. } => {
            words.iter().filter(|word| word.column < column).count()
        }
    };
    let command = words_before(words, typed);
    let known = grammar::expects_value(rows.clone(), command, spelling)
        || grammar::is_complete(rows, command, spelling);
    !known || grammar::begins_another_command(command)
}

fn words_before<'w, 'a>(words: &'w [Word<'a>], count: usize) -> &'w [Word<'a>] {
    let skip = usize::from(
        words
            .first()
            .is_some_and(|word| matches!(word.text, "no" | "default")),
    );
    words.get(skip..count.max(skip)).unwrap_or_default()
}

/// Whether the first value of `command` is a host name or an address.
fn names_a_host(command: &Command<'_>) -> bool {
    match command.values.first() {
        Some(Value::Text(text)) => names::is_host(text),
        Some(Value::Keyword(_) | Value::Flag(_) | Value::Integer(_) | Value::Time(_)) | None => {
            true
        }
    }
}

/// Lines that `show running-config` prints of itself, around the configuration.
fn is_header(line: &str) -> bool {
    line == "Building configuration..."
        || line.starts_with("license udi ")
        || line.starts_with("Current configuration :")
        || line.starts_with("Using ") && line.ends_with(" bytes")
}

/// The delimiter of a banner that does not end on its first line.
fn banner_delimiter(line: &str) -> Option<String> {
    let rest = line.strip_prefix("banner ")?.trim_start();
    // `banner #` means the message of the day; otherwise the kind of banner comes first.
    let text = match rest.split_once(char::is_whitespace) {
        Some((kind, text)) if kind.len() > 2 => text.trim_start(),
        Some(_) => rest,
        None if rest.chars().count() <= 2 => rest,
        None => return None,
    };
    // `^C` as text is how the control character is printed.
    let length = match text.strip_prefix('^') {
        Some(letter) => 1 + letter.chars().next()?.len_utf8(),
        None => text.chars().next()?.len_utf8(),
    };
    let (delimiter, text) = text.split_at(length);
    (!text.contains(delimiter)).then(|| delimiter.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[Template]) -> Vec<String> {
        lines.iter().map(Template::source).collect()
    }

    #[test]
    fn banners_end_at_their_delimiter_in_full() {
        let text = "banner motd ^C\nCall Center\nservice desk\n^C\nhostname edge\n";
        let parsed = parse(text);
        assert!(parsed.is_clean());
        let lines = kept(&parsed.configuration.verbatim.after_call_home);
        assert_eq!(
            lines,
            ["banner motd ^C", "Call Center", "service desk", "^C"]
        );
        assert!(parsed.configuration.hostname.is_some());
    }

    #[test]
    fn a_banner_that_never_ends_is_refused() {
        let parsed = parse("hostname edge\nbanner motd #\nwelcome\nend\n");
        assert_eq!(parsed.diagnostics[0].line, 2);
        assert!(parsed.configuration.verbatim.after_call_home.is_empty());
    }

    #[test]
    fn global_commands_behind_the_block_are_kept_though_they_begin_like_its_own() {
        let parsed = parse("call-home\n rate-limit 30\nvrf definition Mgmt\n rd 1:1\n");
        assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
        let lines = kept(&parsed.configuration.verbatim.after_call_home);
        assert_eq!(lines, ["vrf definition Mgmt", " rd 1:1"]);
    }

    #[test]
    fn a_wrong_value_is_an_error_with_its_place_whether_indented_or_not() {
        for text in ["call-home\n rate-limit 99\n", "call-home\nrate-limit 99\n"] {
            let parsed = parse(text);
            let found = &parsed.diagnostics[0];
            assert_eq!(
                (found.level, found.line, found.length),
                (Level::Error, 2, 2)
            );
            assert_eq!(found.message, "% Invalid input detected at '^' marker.");
        }
    }

    #[test]
    fn a_word_too_many_is_an_error_at_that_word() {
        for (line, column) in [
            ("hostname a b c", 12),
            ("service call-home extra", 19),
            ("no service call-home extra", 22),
            ("ip http client source-interface Loopback 0", 42),
            ("call-home\n rate-limit 30 40", 16),
            ("call-home\nrate-limit 30 40", 15),
        ] {
            let parsed = parse(line);
            let columns: Vec<_> = parsed
                .diagnostics
                .iter()
                .map(|found| (found.level, found.column))
                .collect();
            assert_eq!(columns, [(Level::Error, column)], "{line}");
        }
    }

    #[test]
    fn commands_that_begin_like_a_complete_one_are_kept() {
        for line in [
            "ip domain name vrf Mgmt example.com",
            "ip domain-name vrf Mgmt example.com",
            "vrf upgrade-cli multi-af-mode common-policies",
        ] {
            let parsed = parse(&format!("call-home\n rate-limit 30\n{line}\n"));
            assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
            let lines = kept(&parsed.configuration.verbatim.after_call_home);
            assert_eq!(lines, [line]);
        }
    }

    #[test]
    fn a_refused_value_is_pointed_at() {
        let profile = "call-home\n profile a\n ";
        for (line, column) in [
            ("destination address http ftp://x", 27),
            ("destination address email nobody", 28),
            (
                "subscribe-to-alert-group syslog severity major pattern (",
                57,
            ),
            ("mail-server a,b priority 1", 14),
            ("copy profile a a", 17),
        ] {
            let parsed = parse(&format!("{profile}{line}\n"));
            let columns: Vec<_> = parsed
                .diagnostics
                .iter()
                .map(|found| found.column)
                .collect();
            assert_eq!(columns, [column], "{line}: {:?}", parsed.diagnostics);
        }
    }

    #[test]
    fn what_prints_without_quotes_holds_no_blanks() {
        for line in [
            "hostname \"a b\"",
            "clock timezone \"a b\" 1 0",
            "call-home\n vrf \"a b\"",
            "call-home\n aaa-authorization username \"a b\"",
        ] {
            assert!(!parse(line).is_clean(), "{line}");
        }
    }

    #[test]
    fn defaults_bring_back_what_a_profile_ships_with() {
        let settings = parse(
            "call-home\n profile CiscoTAC-1\n  no reporting all\n  \
             no destination address http https://tools.cisco.com/its/service/oddce/services/DDCEService\n  \
             default reporting all\n  default destination address http\n",
        )
        .configuration
        .call_home;
        assert_eq!(settings, super::super::CallHomeSettings::default());
    }
}
