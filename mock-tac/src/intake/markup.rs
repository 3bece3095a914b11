//! XML at the level of characters: which are allowed, names, attributes, references.

use std::borrow::Cow;

use super::error::{Fault, IntakeError, clipped};

/// One attribute as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether XML 1.0 allows the character at all.
fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

/// Refuses the first character that XML forbids.
pub(super) fn check_characters(text: &str) -> Result<(), IntakeError> {
    // A second byte order mark is an ordinary character to XML, and one the reader would swallow
    // unseen.
    if text.starts_with('\u{feff}') {
        return Err(Fault::Character.at(0));
    }
    // Bytes first: nearly every message is free of both suspicious kinds, and this loop is
    // vectorised.
    let suspicious = text
        .bytes()
        .any(|byte| byte == 0xef || byte < b' ' && !is_space(byte));
    if !suspicious {
        return Ok(());
    }
    match text.char_indices().find(|(_, found)| !is_allowed(*found)) {
        Some((at, _)) => Err(Fault::Character.at(at)),
        None => Ok(()),
    }
}

/// Splits a qualified name into prefix (empty if there is none) and local part.
pub(super) fn split_name(name: &str) -> Result<(&str, &str), Fault> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) if is_name(prefix) => (prefix, local),
        Some(_) => return Err(bad_name(name)),
        None => ("", name),
    };
    if is_name(local) {
        Ok((prefix, local))
    } else {
        Err(bad_name(name))
    }
}

/// Whether this is a name without a colon. Beyond ASCII every letter is believed.
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80);
    first
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) || byte >= 0x80)
}

fn bad_name(name: &str) -> Fault {
    Fault::syntax(format!("`{}` is not a name", clipped(name)))
}

/// Splits the content of a tag after the element's name into attributes, which replace what `found`
/// held.
pub(super) fn attributes<'a>(
    mut rest: &'a str,
    limit: usize,
    bytes_limit: usize,
    found: &mut Vec<Attribute<'a>>,
) -> Result<(), Fault> {
    found.clear();
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if trimmed.is_empty() {
            return Ok(());
        }
        if trimmed.len() == rest.len() {
            return Err(Fault::syntax("no white space before an attribute"));
        }
        let (attribute, behind) = one_attribute(trimmed)?;
        if found.iter().any(|other| other.name == attribute.name) {
            let name = clipped(attribute.name);
            return Err(Fault::syntax(format!("attribute {name} stands twice")));
        }
        if found.len() == limit {
            let what = "attributes in an element";
            return Err(Fault::Limit { what, limit });
        }
        if attribute.value.len() > bytes_limit {
            let what = "bytes in an attribute";
            return Err(Fault::Limit {
                what,
                limit: bytes_limit,
            });
        }
        found.push(attribute);
        rest = behind;
    }
}

/// Reads `name="value"` from the start of `text` and returns what follows it.
fn one_attribute(text: &str) -> Result<(Attribute<'_>, &str), Fault> {
    let (name, behind) = text
        .split_once('=')
        .ok_or_else(|| Fault::syntax("attribute without a value"))?;
    let name = name.trim_end_matches([' ', '\t', '\r', '\n']);
    split_name(name)?;
    let behind = behind.trim_start_matches([' ', '\t', '\r', '\n']);
    let quote = match behind.as_bytes().first() {
        Some(b'"') => '"',
        Some(b'\'') => '\'',
        Some(_) | None => return Err(Fault::syntax("attribute value without quotes")),
    };
    let (value, behind) = behind[1..]
        .split_once(quote)
        .ok_or_else(|| Fault::syntax("attribute value without a closing quote"))?;
    if value.contains('<') {
        return Err(Fault::syntax("`<` in an attribute value"));
    }
    Ok((Attribute { name, value }, behind))
}

/// Replaces every reference in an attribute's value.
pub(super) fn resolved(value: &str) -> Result<Cow<'_, str>, Fault> {
    let Some((before, mut rest)) = value.split_once('&') else {
        return Ok(Cow::Borrowed(value));
    };
    let mut text = before.to_owned();
    loop {
        let (reference, behind) = rest
            .split_once(';')
            .ok_or_else(|| Fault::syntax("`&` without a reference"))?;
        text.push_str(&referred(reference)?);
        match behind.split_once('&') {
            Some((between, next)) => {
                text.push_str(between);
                rest = next;
            }
            None => {
                text.push_str(behind);
                return Ok(Cow::Owned(text));
            }
        }
    }
}

/// What a reference, given without `&` and `;`, stands for.
pub(super) fn referred(reference: &str) -> Result<Cow<'static, str>, Fault> {
    let Some(number) = reference.strip_prefix('#') else {
        return match reference {
            "amp" => Ok(Cow::Borrowed("&")),
            "lt" => Ok(Cow::Borrowed("<")),
            "gt" => Ok(Cow::Borrowed(">")),
            "quot" => Ok(Cow::Borrowed("\"")),
            "apos" => Ok(Cow::Borrowed("'")),
            _ => Err(Fault::Entity(clipped(reference))),
        };
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` takes a sign, a reference does not.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Fault::syntax("character reference is not a number"));
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|character| is_allowed(*character))
        .map(|character| Cow::Owned(character.to_string()))
        .ok_or(Fault::Character)
}
