//! Reading a license line: its structure only, not whether anybody signed it.
//!
//! Source: reference licensing, sections 1.2 and 7.4 (check 3).

use jiff::civil::Date;

use super::{Addition, Block, FEATURE_BYTES_MAX, FEATURE_VERSION, Terms, Udi};
use crate::license::signature::{self, Signature};

/// Longest line that is looked at, several times that of a real one.
const LINE_BYTES_MAX: usize = 2048;

/// The line is none: a token is missing, doubled or not what may stand in its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct MalformedLine(&'static str);

/// A line of the right structure. Nothing of it is to be trusted yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ParsedLine<'l> {
    /// The first 21 tokens, which are what was signed together with the block.
    pub(crate) body: &'l str,
    pub(crate) terms: Terms,
    /// Whom it says it is locked to; `None` for a line of an image.
    pub(crate) device: Option<Udi>,
    /// The lock code; `NiL` for a line of an image.
    pub(crate) lock_code: &'l str,
    pub(crate) block: Block,
    pub(crate) signature: Signature,
}

/// Reads `line`.
///
/// # Errors
/// If it is not spelled exactly as a line of its terms is.
pub(crate) fn parse(line: &str) -> Result<ParsedLine<'_>, MalformedLine> {
    if line.len() > LINE_BYTES_MAX
        || line
            .bytes()
            .any(|byte| !byte.is_ascii_graphic() && byte != b' ')
    {
        return Err(MalformedLine("it is too long, or not plain text"));
    }
    let (body, seal) = line
        .rsplit_once(' ')
        .ok_or(MalformedLine("it is one word"))?;
    let tokens: Vec<&str> = body.split(' ').collect();
    let (feature, hours, tail) = beginning(&tokens)?;
    let [
        "STANDALONE",
        addition,
        count,
        limit,
        start,
        end,
        "NiL",
        "SLM_CODE",
        node,
        "NiL",
        lock_code,
        "NiL",
        "NiL",
        "NiL",
        "5_MINS",
        vendor,
    ] = tail
    else {
        return Err(MalformedLine("a constant of it is another"));
    };
    let count = keys(count, limit)?;
    let device = lock(node, lock_code, vendor)?;
    let (signature, block) =
        signature::parse_seal(seal).ok_or(MalformedLine("its end is damaged"))?;
    let kind = block.kind;
    let terms = Terms {
        feature: feature.into(),
        kind,
        addition: addition_of(addition)?,
        count,
        hours,
        start: day(start)?,
        end: day(end)?,
    };
    if !agrees(&terms, &block) {
        return Err(MalformedLine("its readable part is not what its end says"));
    }
    Ok(ParsedLine {
        body,
        terms,
        device,
        lock_code,
        block,
        signature,
    })
}

/// The feature, the hours of a metered line, and the tokens behind how it is metered.
fn beginning<'t, 'l>(
    tokens: &'t [&'l str],
) -> Result<(&'l str, Option<u32>, &'t [&'l str]), MalformedLine> {
    let ["11", feature, FEATURE_VERSION, "LONG", rest @ ..] = tokens else {
        return Err(MalformedLine("it does not begin like a line"));
    };
    if !is_feature(feature) {
        return Err(MalformedLine("it names no feature"));
    }
    match rest {
        ["NORMAL", tail @ ..] => Ok((feature, None, tail)),
        ["TRIAL", "DISABLED", hours, "DISABLED", tail @ ..] => {
            let hours = number(hours).ok_or(MalformedLine("its period is no number"))?;
            Ok((feature, Some(hours), tail))
        }
        _ => Err(MalformedLine("it has not the tokens of a line")),
    }
}

/// The count of a line, which it says twice; `None` where it is unlimited.
fn keys(count: &str, limit: &str) -> Result<Option<u32>, MalformedLine> {
    if count != limit {
        return Err(MalformedLine("its counts differ"));
    }
    match count.strip_suffix("_KEYS") {
        Some("INFINITE") => Ok(None),
        keys => keys
            .and_then(number)
            .map(Some)
            .ok_or(MalformedLine("its count is no number")),
    }
}

fn addition_of(token: &str) -> Result<Addition, MalformedLine> {
    match token {
        "ADD" => Ok(Addition::Additive),
        "EXCL" => Ok(Addition::Exclusive),
        _ => Err(MalformedLine("it neither adds nor excludes")),
    }
}

/// The device that a line is locked to; `None` for one that is not.
fn lock(node: &str, code: &str, vendor: &str) -> Result<Option<Udi>, MalformedLine> {
    match (node, code) {
        ("CL_ND_LCK", code) if code.starts_with('*') => device(vendor).map(Some),
        ("DEMO", "NiL") => Ok(None),
        _ => Err(MalformedLine("it is neither locked nor free")),
    }
}

/// Whether the readable part of a line says what its block does.
fn agrees(terms: &Terms, block: &Block) -> bool {
    terms.kind.is_metered() == terms.hours.is_some()
        && terms.kind.is_subscription() == terms.end.is_some()
        && terms.period_s().unwrap_or(0) == block.period_s
        && terms.count.unwrap_or(0) == block.count
}

/// Whether `text` may name a feature: at most [`FEATURE_BYTES_MAX`] letters, digits, `-`, `_`, `.` and `+`.
pub fn is_feature(text: &str) -> bool {
    (1..=FEATURE_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
}

/// A number written the one way there is.
fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn day(text: &str) -> Result<Option<Date>, MalformedLine> {
    if text == "NEVER" {
        return Ok(None);
    }
    let day: Option<Date> = text.parse().ok();
    day.filter(|day| day.to_string() == text)
        .map(Some)
        .ok_or(MalformedLine("a date of it is none"))
}

fn device(vendor: &str) -> Result<Udi, MalformedLine> {
    vendor
        .strip_prefix("<UDI><PID>")
        .and_then(|rest| rest.strip_suffix("</SN></UDI>"))
        .and_then(|rest| rest.split_once("</PID><SN>"))
        .and_then(|(pid, serial)| Udi::parse(&format!("{pid}:{serial}")))
        .ok_or(MalformedLine("it names no device"))
}
