//! What the TOML reader found, in words that say what to write instead.

use super::{Diagnostic, closest};

/// What to write where the reader expected something, in its words and in ours.
const EXPECTED: [(&str, &str); 9] = [
    ("a string", "text in quotes"),
    ("a boolean", "true or false"),
    ("f64", "a number such as 60"),
    ("u8", "a whole number"),
    ("u16", "a whole number"),
    ("u32", "a whole number"),
    ("u64", "a whole number"),
    ("usize", "a whole number"),
    (
        "a sequence",
        "a list in brackets, or a table headed by [[ ]]",
    ),
];
/// The finding that `error` makes of the file called `file`.
pub(super) fn finding(file: String, text: &str, error: &toml::de::Error) -> Diagnostic {
    let message = error.message();
    let message = message.lines().next().unwrap_or_default();
    let (message, help) = explain(text, message);
    Diagnostic {
        file,
        text: text.into(),
        span: error.span().unwrap_or(0..0),
        message,
        label: String::new(),
        help,
        fatal: true,
    }
}

/// What is wrong, and what to do about it.
fn explain(text: &str, message: &str) -> (String, String) {
    let as_it_is = |help: String| (message.to_owned(), help);
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown") {
        let name = quoted.next().unwrap_or_default();
        return as_it_is(match closest(name, quoted) {
            Some(like) => format!("did you mean `{like}`?"),
            None => "docs/scenario.md lists what there is".to_owned(),
        });
    }
    if message.starts_with("missing field") {
        return as_it_is("add the key; docs/scenario.md describes it".to_owned());
    }
    let found = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = found.and_then(|found| found.split_once(", expected ")) {
        let ours = EXPECTED.into_iter().find(|(theirs, _)| *theirs == expected);
        return (
            format!("{found} does not fit here"),
            format!("write {}", ours.map_or(expected, |(_, ours)| ours)),
        );
    }
    if toml::from_str::<toml::Table>(text).is_err() {
        return as_it_is(
            "the file is not TOML from here on; close what is open, or see docs/scenario.md for the form"
                .to_owned(),
        );
    }
    // The values of our own kinds say themselves what to write.
    as_it_is(String::new())
}
