//! Text from files and from servers as it may be shown: nothing in it acts on the page, the terminal or
//! the reader's eye.

use serde_json::Value;

/// Most characters of one text that are shown.
const CHARACTERS_MAX: usize = 400;

/// `text` on one line, with control characters, invisible ones and those that turn the direction of
/// writing in words (`\u{202e}`), and what is too long cut off.
///
/// What markup means to a page is not its business: templates escape that.
pub(crate) fn inert(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(CHARACTERS_MAX));
    for (count, character) in text.chars().enumerate() {
        if count == CHARACTERS_MAX {
            clean.push('…');
            break;
        }
        match character {
            '\n' | '\r' | '\t' => clean.push(' '),
            character if acts(character) => {
                clean.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            character => clean.push(character),
        }
    }
    clean
}

/// Whether `character` does something besides being seen, or is none that XML knows.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Makes every text within `value` [`inert`]. What is `null` goes: it says no more than its absence.
pub(crate) fn make_inert(value: &mut Value) {
    match value {
        Value::String(text) => *text = inert(text),
        Value::Array(items) => items.iter_mut().for_each(make_inert),
        Value::Object(fields) => {
            let all = std::mem::take(fields);
            for (key, mut field) in all {
                if !field.is_null() {
                    make_inert(&mut field);
                    fields.insert(inert(&key), field);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_told_in_words() {
        assert_eq!(inert("a\u{202e}b\u{7}c\nd"), "a\\u{202e}b\\u{7}c d");
        assert_eq!(inert("\u{ffff}\u{0}"), "\\u{ffff}\\u{0}");
        assert_eq!(inert("Zürich <b>"), "Zürich <b>");
        assert_eq!(inert(&"x".repeat(1000)).chars().count(), CHARACTERS_MAX + 1);
    }

    #[test]
    fn keys_and_values_are_made_inert_and_nothing_is_left_out() {
        let mut value = serde_json::json!({"a\u{1}": ["\u{200f}", null, 1], "b": null});
        make_inert(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a\\u{1}": ["\\u{200f}", null, 1]})
        );
    }
}
