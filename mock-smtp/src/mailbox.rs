//! Mailbox paths as MAIL and RCPT carry them (RFC 5321 section 4.1.2, RFC 6531).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest local part, in bytes.
const LOCAL_BYTES_MAX: usize = 64;

/// Longest domain, in bytes.
const DOMAIN_BYTES_MAX: usize = 255;

/// Longest label of a domain, in bytes.
const LABEL_BYTES_MAX: usize = 63;

/// A path without its angle brackets and its source route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Path<'a> {
    /// `<>`, the sender of a message that must not be answered.
    Null,
    /// `<Postmaster>`, the one mailbox that needs no domain.
    Postmaster,
    /// Any other mailbox.
    Mailbox {
        /// The part before the at sign, with the quotes if it is quoted.
        local: &'a str,
        /// A domain, or an address literal with its brackets.
        domain: &'a str,
    },
}

impl Path<'_> {
    /// Whether the path can only be used in a transaction with SMTPUTF8.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        match self {
            Self::Null | Self::Postmaster => false,
            Self::Mailbox { local, domain } => !local.is_ascii() || !domain.is_ascii(),
        }
    }
}

/// Reads a path from the beginning of `text`; gives it with what follows the closing bracket.
///
/// `None` when there is no well-formed path.
#[must_use]
pub fn parse_path(text: &str) -> Option<(Path<'_>, &str)> {
    let text = text.strip_prefix('<')?;
    if let Some(rest) = text.strip_prefix('>') {
        return Some((Path::Null, rest));
    }
    let text = skip_source_route(text)?;
    let (local, rest) = text.split_at(local_length(text)?);
    if local.len() > LOCAL_BYTES_MAX {
        return None;
    }
    if let Some(rest) = rest.strip_prefix('>') {
        return local
            .eq_ignore_ascii_case("postmaster")
            .then_some((Path::Postmaster, rest));
    }
    let rest = rest.strip_prefix('@')?;
    let (domain, rest) = rest.split_at(rest.find('>')?);
    is_domain(domain).then_some((Path::Mailbox { local, domain }, &rest[1..]))
}

/// A source route, `@one,@two:`, is recognised and ignored.
fn skip_source_route(text: &str) -> Option<&str> {
    if !text.starts_with('@') {
        return Some(text);
    }
    let (route, rest) = text.split_once(':')?;
    route
        .split(',')
        .all(|hop| hop.strip_prefix('@').is_some_and(is_domain))
        .then_some(rest)
}

fn local_length(text: &str) -> Option<usize> {
    let length = if text.starts_with('"') {
        quoted_length(text)?
    } else {
        text.find(['@', '>']).unwrap_or(text.len())
    };
    let local = &text[..length];
    let well_formed = local.starts_with('"') || local.split('.').all(is_atom);
    well_formed.then_some(length)
}

/// The length of a quoted string with both quotes.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if character.is_control() => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_atom(atom: &str) -> bool {
    let is_atom_character = |character: char| {
        character.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(character)
            || (!character.is_ascii() && !character.is_control())
    };
    !atom.is_empty() && atom.chars().all(is_atom_character)
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[') {
        return literal.strip_suffix(']').is_some_and(is_address);
    }
    domain.len() <= DOMAIN_BYTES_MAX && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    // Underscores are no letters of a host name, yet lab networks use them.
    let is_label_character = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, '-' | '_')
            || (!character.is_ascii() && !character.is_control())
    };
    (1..=LABEL_BYTES_MAX).contains(&label.len())
        && label.chars().all(is_label_character)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_address(literal: &str) -> bool {
    match literal.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => literal[5..].parse::<Ipv6Addr>().is_ok(),
        _ => literal.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox<'a>(local: &'a str, domain: &'a str) -> Option<(Path<'a>, &'a str)> {
        Some((Path::Mailbox { local, domain }, ""))
    }

    #[test]
    fn takes_the_forms_of_a_path() {
        assert_eq!(parse_path("<>"), Some((Path::Null, "")));
        assert_eq!(parse_path("<postMaster>"), Some((Path::Postmaster, "")));
        assert_eq!(
            parse_path("<a.b+c@x.example>"),
            mailbox("a.b+c", "x.example")
        );
        assert_eq!(parse_path("<a@localhost>"), mailbox("a", "localhost"));
        assert_eq!(
            parse_path(r#"<"a > \" @ b"@x>"#),
            mailbox(r#""a > \" @ b""#, "x")
        );
        assert_eq!(parse_path("<a@[127.0.0.1]>"), mailbox("a", "[127.0.0.1]"));
        assert_eq!(parse_path("<a@[IPv6:::1]>"), mailbox("a", "[IPv6:::1]"));
        assert_eq!(parse_path("<@one.example,@two:a@x>"), mailbox("a", "x"));
        assert_eq!(parse_path("<päivi@exämple>"), mailbox("päivi", "exämple"));
    }

    #[test]
    fn gives_back_what_follows_the_path() {
        let (_, rest) = parse_path("<a@x> SIZE=1").expect("a path");
        assert_eq!(rest, " SIZE=1");
    }

    #[test]
    fn refuses_what_is_no_path() {
        for text in [
            "",
            "<",
            "a@x",
            "<a@x",
            "<a>",
            "<@x>",
            "<a@>",
            "<a@x..y>",
            "<.a@x>",
            "<a..b@x>",
            "<a b@x>",
            "<a@-x>",
            "<a@[300.0.0.1]>",
            "<a@[IPv6:zz]>",
            "<a@[127.0.0.1>",
            "<a@b@c>",
            "<\"a@x>",
            "<@one a@x>",
            "<@:a@x>",
            "<\"a\"b@x>",
            "<a@x\u{1}>",
        ] {
            assert_eq!(parse_path(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_parts_that_are_too_long() {
        let local = |length| format!("<{}@x>", "a".repeat(length));
        assert!(parse_path(&local(64)).is_some());
        assert!(parse_path(&local(65)).is_none());
        let domain = |length| format!("<a@{}>", "a".repeat(length));
        assert!(parse_path(&domain(63)).is_some());
        assert!(parse_path(&domain(64)).is_none());
        assert!(parse_path(&format!("<a@{}>", ["abc"; 65].join("."))).is_none());
    }
}
