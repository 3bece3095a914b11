//! Output filters: `| include`, `| exclude`, `| begin`, `| section`, `| count`.

use regex::bytes::Regex;

use crate::config::{matching::starts_with, words::Word};

/// What a filter does with the lines that match its pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Include,
    Exclude,
    Begin,
    Count,
    Section,
    SectionExclude,
}

/// A filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    kind: Kind,
    pattern: Regex,
}

/// Why the words behind `|` are no filter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoFilter {
    /// The word at this column fits nothing.
    Invalid { column: usize, agrees: usize },
    /// Words are missing.
    Incomplete,
    /// The word abbreviates several keywords.
    Ambiguous,
    /// The pattern is no regular expression.
    Pattern,
    /// The device writes no files on request of a filter.
    Redirection,
}

/// The keywords behind `|` and their help.
pub(super) const KEYWORDS: &[(&str, &str)] = &[
    (
        "append",
        "Append redirected output to URL (URLs supporting append operation only)",
    ),
    ("begin", "Begin with the line that matches"),
    ("count", "Count number of lines which match regexp"),
    ("exclude", "Exclude lines that match"),
    ("include", "Include lines that match"),
    ("redirect", "Redirect output to URL"),
    ("section", "Filter a section of output"),
    ("tee", "Copy output to URL"),
];

/// Where the filter of a line begins among its words, if it has one.
pub(super) fn position(words: &[Word<'_>]) -> Option<usize> {
    words
        .iter()
        .position(|word| !word.quoted && word.text.starts_with('|'))
}

/// Reads the filter that `words`, the first of which begins with `|`, spell in `line`.
pub(super) fn read(line: &str, words: &[Word<'_>]) -> Result<Filter, NoFilter> {
    let Some((bar, mut rest)) = words.split_first() else {
        return Err(NoFilter::Incomplete);
    };
    let keyword = match bar.text.strip_prefix('|') {
        Some("") | None => {
            let (first, others) = rest.split_first().ok_or(NoFilter::Incomplete)?;
            rest = others;
            *first
        }
        Some(attached) => Word {
            text: attached,
            column: bar.column + 1,
            quoted: false,
        },
    };
    let mut kind = match choose(&keyword)? {
        "include" => Kind::Include,
        "exclude" => Kind::Exclude,
        "begin" => Kind::Begin,
        "count" => Kind::Count,
        "section" => Kind::Section,
        _ => return Err(NoFilter::Redirection),
    };
    if kind == Kind::Section && rest.len() > 1 {
        if starts_with("include", rest[0].text) {
            rest = &rest[1..];
        } else if starts_with("exclude", rest[0].text) {
            kind = Kind::SectionExclude;
            rest = &rest[1..];
        }
    }
    let first = rest.first().ok_or(NoFilter::Incomplete)?;
    // The pattern is the rest of the line as it stands, quotes and all.
    let start = line.char_indices().nth(first.column);
    let text = start.map_or("", |(at, _)| line[at..].trim_end());
    let pattern = Regex::new(text).map_err(|_| NoFilter::Pattern)?;
    Ok(Filter { kind, pattern })
}

fn choose(word: &Word<'_>) -> Result<&'static str, NoFilter> {
    let mut found = KEYWORDS
        .iter()
        .map(|(keyword, _)| *keyword)
        .filter(|keyword| starts_with(keyword, word.text));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(NoFilter::Ambiguous),
        (None, _) => {
            let agreement = |(keyword, _): &(&str, &str)| {
                let pairs = keyword.bytes().zip(word.text.bytes());
                pairs.take_while(|(own, typed)| own == typed).count()
            };
            Err(NoFilter::Invalid {
                column: word.column,
                agrees: KEYWORDS.iter().map(agreement).max().unwrap_or(0),
            })
        }
    }
}

impl Filter {
    /// What the filter leaves of `text`.
    pub(super) fn apply(&self, text: &[u8]) -> Vec<u8> {
        let matches = |line: &[u8]| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            self.pattern.is_match(line)
        };
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        match self.kind {
            Kind::Include => lines
                .filter(|line| matches(line))
                .collect::<Vec<_>>()
                .concat(),
            Kind::Exclude => lines
                .filter(|line| !matches(line))
                .collect::<Vec<_>>()
                .concat(),
            Kind::Begin => {
                let from: Vec<_> = lines.skip_while(|line| !matches(line)).collect();
                from.concat()
            }
            Kind::Count => {
                let count = lines.filter(|line| matches(line)).count();
                format!("Number of lines which match regexp = {count}\n").into_bytes()
            }
            Kind::Section => sections(lines, matches, true),
            Kind::SectionExclude => sections(lines, matches, false),
        }
    }
}

/// The lines that match together with the lines indented below them, or all others.
fn sections<'t>(
    lines: impl Iterator<Item = &'t [u8]>,
    matches: impl Fn(&[u8]) -> bool,
    wanted: bool,
) -> Vec<u8> {
    let mut out = Vec::new();
    // The indentation of the line whose section this is.
    let mut within = None;
    for line in lines {
        let indentation = line.iter().take_while(|byte| **byte == b' ').count();
        if within.is_some_and(|outer| indentation <= outer) {
            within = None;
        }
        if within.is_none() && matches(line) {
            within = Some(indentation);
        }
        if within.is_some() == wanted {
            out.extend_from_slice(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::words;

    const TEXT: &[u8] = b"a\n b\n  c\n d\ne\n";

    fn filtered(line: &str) -> Result<String, NoFilter> {
        let filter = read(line, &words::split(line))?;
        Ok(String::from_utf8(filter.apply(TEXT)).unwrap())
    }

    #[test]
    fn filters_keep_what_they_say() {
        for (line, kept) in [
            ("| include [ae]", "a\ne\n"),
            ("| i b|c", " b\n  c\n"),
            ("|exc ^ .", "a\ne\n"),
            ("| beg d", " d\ne\n"),
            ("| sec b", " b\n  c\n"),
            ("| section exclude a", "e\n"),
            ("| count .", "Number of lines which match regexp = 5\n"),
        ] {
            assert_eq!(filtered(line).as_deref(), Ok(kept), "{line}");
        }
    }

    #[test]
    fn what_is_no_filter_is_told_apart() {
        assert_eq!(filtered("|"), Err(NoFilter::Incomplete));
        assert_eq!(filtered("| include"), Err(NoFilter::Incomplete));
        assert_eq!(filtered("| include ("), Err(NoFilter::Pattern));
        assert_eq!(filtered("| tee flash:x"), Err(NoFilter::Redirection));
        let wrong = NoFilter::Invalid {
            column: 2,
            agrees: 3,
        };
        assert_eq!(filtered("| incx a"), Err(wrong));
    }
}
