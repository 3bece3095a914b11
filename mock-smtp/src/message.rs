//! What a message is: its id, type, format, device and subject, by a look at its beginning.
//!
//! The look is cheap and borrows from the message; only encoded bodies are decoded. It is lenient:
//! whatever is not found is empty, and no message makes it fail.

mod body;
mod header;
mod text;

use memchr::memmem;

use header::Header;

/// Longest message id looked for, in bytes.
const ID_BYTES_MAX: usize = 128;

/// The format of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// The XML of Call Home.
    Xml,
    /// Call Home's lines of label and value, with attachments.
    LongText,
    /// Call Home's few lines for pagers.
    ShortText,
    /// Anything else.
    Other,
}

impl Format {
    /// The name under which it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::LongText => "long-text",
            Self::ShortText => "short-text",
            Self::Other => "other",
        }
    }
}

/// The type of a message that names none.
pub const TYPE_UNKNOWN: &str = "unknown";

/// What was found in a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Facts {
    /// The id in its canonical text, `M<n>:<serial>:<HEX>`; the header's if there are two.
    pub id: Option<String>,
    /// Whether header and body carry different ids.
    pub id_mismatch: bool,
    /// The message type, as in `syslog`; [`TYPE_UNKNOWN`] when it names none.
    pub message_type: String,
    /// The format.
    pub format: Format,
    /// The device, as the format names it; empty when it does not.
    pub device: String,
    /// The Subject header, unfolded but not decoded; empty when there is none.
    pub subject: String,
}

/// Looks at a message, or at the beginning of one.
#[must_use]
pub fn inspect(content: &[u8]) -> Facts {
    let (header, body) = Header::split(content);
    let subject = header
        .field("Subject")
        .map(text::unfolded)
        .unwrap_or_default();
    let header_id = header.field("Message-ID").and_then(id_of_header);
    let body = body::readable(content, &header, body);
    let body = body.trim_ascii_start();
    let format = format_of(body);
    let found = match format {
        Format::Xml => inspect_xml(body),
        Format::LongText => InBody {
            id: None,
            message_type: text::labelled(body, "Message Name"),
            device: text::labelled(body, "Device ID"),
        },
        Format::ShortText => InBody {
            id: None,
            message_type: None,
            device: text::labelled(body, "Device Id"),
        },
        Format::Other => InBody {
            id: None,
            message_type: None,
            device: None,
        },
    };
    let message_type = found.message_type.or_else(|| type_in_subject(&subject));
    Facts {
        id_mismatch: header_id
            .as_deref()
            .zip(found.id)
            .is_some_and(|(one, other)| one != other),
        message_type: message_type.unwrap_or(TYPE_UNKNOWN).to_owned(),
        format,
        device: found.device.unwrap_or_default().to_owned(),
        id: header_id.or_else(|| found.id.map(str::to_owned)),
        subject,
    }
}

struct InBody<'a> {
    id: Option<&'a str>,
    message_type: Option<&'a str>,
    device: Option<&'a str>,
}

fn inspect_xml(body: &[u8]) -> InBody<'_> {
    InBody {
        id: text::element(body, "MessageId").filter(|id| is_id(id)),
        message_type: text::behind(body, b"http://www.cisco.com/2005/05/callhome/"),
        device: text::element(body, "DeviceId"),
    }
}

fn format_of(body: &[u8]) -> Format {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.starts_with(b"<") && memmem::find(body, b"callhome").is_some() {
        Format::Xml
    } else if body.starts_with(b"TimeStamp :") {
        Format::LongText
    } else if body.starts_with(b"Device Id :") {
        Format::ShortText
    } else {
        Format::Other
    }
}

/// The id in a Message-ID header: `<M8.9S1NMSF22DW.51AEAC68@host>` carries
/// `M8:9S1NMSF22DW:51AEAC68`.
fn id_of_header(value: &[u8]) -> Option<String> {
    let value = str::from_utf8(value).ok()?;
    let (_, value) = value.split_once('<')?;
    let (value, _) = value.split_once('>')?;
    let (left, _host) = value.rsplit_once('@')?;
    let (number, rest) = left.split_once('.')?;
    let (serial, time) = rest.rsplit_once('.')?;
    if left.len() > ID_BYTES_MAX {
        return None;
    }
    let id = [number, serial, time].join(":");
    is_id(&id).then_some(id)
}

/// Whether a text is an id in its canonical form.
fn is_id(text: &str) -> bool {
    let mut parts = text.split(':');
    let (Some(number), Some(serial), Some(time), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let digits = number.strip_prefix('M').unwrap_or_default();
    text.len() <= ID_BYTES_MAX
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !serial.is_empty()
        && serial.bytes().all(|byte| byte.is_ascii_graphic())
        && time.len() == 8
        && time
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// The type in `System Notification From {hostname} - {type} - {time}`.
fn type_in_subject(subject: &str) -> Option<&str> {
    let (_, notification) = subject.split_once("System Notification From ")?;
    let mut parts = notification.rsplit(" - ");
    let (_time, message_type, _host) = (parts.next()?, parts.next()?, parts.next()?);
    text::is_word(message_type).then_some(message_type)
}

#[cfg(test)]
mod tests;
