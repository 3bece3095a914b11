//! From a queued description to the bytes of a message.
//!
//! The content is decided here once; `xml`, `long_text` and `short_text` put it into their
//! form, `mail` wraps it for SMTP. Everything is appended to the caller's buffer.
//! Reference, section 4; guide, Tables 6 to 9 and the samples.

mod attachments;
mod content;
mod long_text;
mod mail;
mod short_text;
mod xml;

use std::sync::Arc;

use crate::{
    call_home::QueuedMessage, config::MessageFormat, device::DeviceView, policy::SizePolicy,
    text::truncate_utf8, transport::Transport,
};
use content::Content;

/// A message could not be made to fit the size limit of its profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the message exceeds the limit of {limit_bytes} bytes")]
pub struct TooLarge {
    /// The profile's `message-size-limit` in bytes.
    pub limit_bytes: u32,
}

/// Whether a message went whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fit {
    Whole,
    /// It was cut to its profile's size limit.
    Shortened,
}

/// What a courier needs besides the bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Rendered {
    /// A mail: header, blank line and body with CRLF line ends, neither dot-stuffed nor terminated.
    Mail {
        /// What the device calls itself in `EHLO`.
        hello_name: Arc<str>,
        /// Envelope sender.
        sender: Arc<str>,
        /// Envelope recipients, at least one.
        recipients: Vec<Arc<str>>,
    },
    /// The body of an HTTP request.
    Http {
        /// Value of `Content-Type`.
        content_type: &'static str,
    },
}

/// Renders `message` into `out`.
pub(crate) fn render(
    out: &mut Vec<u8>,
    view: &DeviceView<'_>,
    message: &QueuedMessage,
) -> Result<(Rendered, Fit), TooLarge> {
    let content = Content::new(view, message);
    match message.transport {
        Transport::Http => {
            let fit = push_body(out, &content)?;
            let content_type = match content.format {
                MessageFormat::Xml => "text/xml; charset=\"utf-8\"",
                MessageFormat::LongText | MessageFormat::ShortText => {
                    "text/plain; charset=\"utf-8\""
                }
            };
            Ok((Rendered::Http { content_type }, fit))
        }
        Transport::Email => {
            let mut body = Vec::with_capacity(out.capacity());
            let fit = push_body(&mut body, &content)?;
            Ok((mail::push_mail(out, &content, &body), fit))
        }
    }
}

/// Appends the body in the profile's format, cut to its size limit.
fn push_body(out: &mut Vec<u8>, content: &Content<'_>) -> Result<Fit, TooLarge> {
    let limit = content.size_limit_bytes as usize;
    match content.format {
        MessageFormat::Xml => xml::push_message(out, content),
        MessageFormat::LongText => long_text::push_message(out, content),
        MessageFormat::ShortText => short_text::push_message(out, content),
    }
    if out.len() <= limit {
        return Ok(Fit::Whole);
    }
    let too_large = TooLarge {
        limit_bytes: content.size_limit_bytes,
    };
    if content.view.device.model().policy.size_policy == SizePolicy::Drop {
        return Err(too_large);
    }
    match content.format {
        MessageFormat::Xml => {
            out.clear();
            xml::push_shortened(out, content, limit).map_err(|()| too_large)?;
        }
        MessageFormat::LongText | MessageFormat::ShortText => {
            truncate_utf8(out, limit);
        }
    }
    Ok(Fit::Shortened)
}
