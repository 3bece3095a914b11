//! Reads one Call Home message from the body of a request and says what is wrong with it, and
//! where.
//!
//! One pass with borrowed events. Elements are known by namespace URI and never by prefix. What a
//! document type declaration could do (entities, defaults, fetching) cannot happen: the declaration
//! itself is refused. Knows nothing of HTTP, and shares no code with anything that writes such
//! messages.

mod error;
mod markup;
mod place;
mod value;
mod walk;

use std::borrow::Cow;

pub use error::{Fault, IntakeError};

/// How much structure one message may have. The size of the body is the caller's to limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IntakeLimits {
    /// Elements open inside one another; a genuine message needs ten.
    pub depth: usize,
    /// Elements in the whole message; a chassis with hundreds of cards stays below ten thousand.
    pub elements: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes: usize,
    /// Namespace declarations in scope at a time; a genuine message needs five.
    pub namespaces: usize,
    /// Bytes of one attribute's value as written.
    pub attribute_bytes: usize,
    /// Attachments of one message.
    pub attachments: usize,
}

impl Default for IntakeLimits {
    fn default() -> Self {
        Self {
            depth: 64,
            elements: 65_536,
            attributes: 64,
            namespaces: 64,
            attribute_bytes: 65_536,
            attachments: 1_024,
        }
    }
}

/// What a sink needs to know of one Call Home message; borrowed from the body where no reference
/// had to be resolved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message<'a> {
    /// `M<n>:<serial>:<hex>`, checked for that form.
    pub message_id: Cow<'a, str>,
    /// `G<n>:<serial>:<hex>`, checked for that form.
    pub group_id: Cow<'a, str>,
    /// The last part of the block's type: `syslog`, `inventory`, ...; any word is taken.
    pub kind: Cow<'a, str>,
    /// When the message was built, `YYYY-MM-DD HH:MM:SS GMT+HH:MM`.
    pub created: Cow<'a, str>,
    /// When the event occurred, in the same form.
    pub event_time: Cow<'a, str>,
    /// 0 (debugging) to 9 (catastrophic).
    pub severity: u8,
    /// The type as the Call Home part itself names it.
    pub event_type: Cow<'a, str>,
    /// `full` or `delta` for an inventory, the request's kind, or nothing.
    pub event_subtype: Cow<'a, str>,
    /// Free text; for a syslog message the log line.
    pub description: Cow<'a, str>,
    /// `TYPE@C@SERIAL`, checked for that form.
    pub device_id: Cow<'a, str>,
    /// Serial number of the chassis.
    pub chassis_serial: Cow<'a, str>,
    /// The contact's e-mail address; empty where the device has none or hides it.
    pub contact_email: Cow<'a, str>,
    /// Outputs of commands that came along, in their order.
    pub attachments: Vec<Attachment<'a>>,
}

/// One attachment of a message. Its text is measured, not kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attachment<'a> {
    /// The command whose output this is.
    pub name: Cow<'a, str>,
    /// Bytes of text after references are resolved, white space around a CDATA section left out.
    pub bytes: u64,
}

/// Reads one message.
///
/// # Errors
///
/// [`IntakeError`] for the first thing that keeps the body from being a Call Home message: a byte
/// that is not UTF-8, markup that is not well-formed, a document type declaration, a limit
/// exceeded, an element that is missing, stands twice, or whose text has not the form it must have.
pub fn read<'a>(body: &'a [u8], limits: &IntakeLimits) -> Result<Message<'a>, IntakeError> {
    let text = std::str::from_utf8(body).map_err(|error| Fault::NotUtf8.at(error.valid_up_to()))?;
    let document = text.strip_prefix('\u{feff}').unwrap_or(text);
    markup::check_characters(document)
        .and_then(|()| walk::walk(document, limits))
        .map_err(|error| error.moved_by(text.len() - document.len()))
}

#[cfg(test)]
mod tests;
