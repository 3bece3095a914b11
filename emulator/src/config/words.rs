//! Splitting a configuration line into words.
//!
//! Text with blanks stands in double quotes; typographic quotes, which documents and mail programs
//! put in their place, are accepted alike.

/// One word of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Word<'a> {
    /// Without its quotes.
    pub(crate) text: &'a str,
    /// Where it starts in the line, in characters from 0.
    pub(crate) column: usize,
    /// Whether it stood in quotes.
    pub(crate) quoted: bool,
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\u{201C}' | '\u{201D}')
}

/// The words of `line`. A quote that is not closed runs to the end of the line.
pub(crate) fn split(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut characters = line.char_indices().enumerate().peekable();
    while let Some((column, (start, first))) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let quoted = is_quote(first);
        let from = if quoted {
            start + first.len_utf8()
        } else {
            start
        };
        let mut end = line.len();
        while let Some(&(_, (at, next))) = characters.peek() {
            let ends = if quoted {
                is_quote(next)
            } else {
                next.is_whitespace()
            };
            if ends {
                end = at;
                characters.next();
                break;
            }
            characters.next();
        }
        words.push(Word {
            text: &line[from..end.max(from)],
            column,
            quoted,
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_text_is_one_word() {
        let words = split(" street-address \u{201C}1 Any St\u{201D} \"\" x");
        let texts: Vec<_> = words.iter().map(|word| word.text).collect();
        assert_eq!(texts, ["street-address", "1 Any St", "", "x"]);
        assert_eq!(words[1].column, 16);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_splitter_panic(line in "\\PC{0,60}") {
            for word in split(&line) {
                prop_assert!(line.contains(word.text));
            }
        }
    }
}
