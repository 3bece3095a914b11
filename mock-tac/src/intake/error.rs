//! What can be wrong with a body, in words that a device's author can act on.

/// Longest piece of the sender's own text that an error repeats, in bytes.
const QUOTE_BYTES_MAX: usize = 120;

/// Why a body is no Call Home message, and where that was noticed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{fault} at byte {at}")]
pub struct IntakeError {
    /// What is wrong.
    pub fault: Fault,
    /// Offset into the body in bytes, from 0; for something missing, where its absence became
    /// certain.
    pub at: usize,
}

impl IntakeError {
    pub(super) fn moved_by(self, bytes: usize) -> Self {
        Self {
            at: self.at + bytes,
            ..self
        }
    }
}

/// What is wrong with a body.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The body is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The XML declaration names a version or an encoding other than 1.0 and UTF-8.
    #[error("XML declaration asks for {0}, only version 1.0 in UTF-8 is read")]
    Declaration(String),
    /// A control character or a non-character, written out or by reference.
    #[error("character that XML forbids")]
    Character,
    /// A document type declaration: refused whatever it holds.
    #[error("document type declaration is not allowed")]
    DocumentType,
    /// Markup that does not follow the grammar.
    #[error("{0}")]
    Syntax(String),
    /// A reference to an entity other than the five predefined ones.
    #[error("unknown entity &{0};")]
    Entity(String),
    /// A prefix without a declaration in scope.
    #[error("undeclared namespace prefix {0}")]
    Prefix(String),
    /// More of something than the limits allow.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The root is not a SOAP 1.2 envelope.
    #[error("root element is not a SOAP 1.2 Envelope")]
    NotAnEnvelope,
    /// The document ended with elements open, or without any.
    #[error("document ends before its root element does")]
    Unfinished,
    /// An element that every message has is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element that identifies the message stands twice.
    #[error("{0} stands twice")]
    Repeated(&'static str),
    /// An element holds elements where only text belongs.
    #[error("{0} contains an element")]
    NotText(&'static str),
    /// The text of an element has not the form it must have.
    #[error("{element} is not {expected}")]
    Value {
        /// The element.
        element: &'static str,
        /// The form it must have.
        expected: &'static str,
    },
}

impl Fault {
    /// The account this fault is counted in: one word of a small fixed set.
    pub fn account(&self) -> &'static str {
        match self {
            Self::NotUtf8 | Self::Character => "characters",
            Self::Declaration(_)
            | Self::Syntax(_)
            | Self::Entity(_)
            | Self::Prefix(_)
            | Self::Unfinished => "not_well_formed",
            Self::DocumentType => "document_type",
            Self::Limit { .. } => "xml_limit",
            Self::NotAnEnvelope | Self::Missing(_) | Self::Repeated(_) | Self::NotText(_) => {
                "structure"
            }
            Self::Value { .. } => "value",
        }
    }

    pub(super) fn at(self, at: usize) -> IntakeError {
        IntakeError { fault: self, at }
    }

    pub(super) fn syntax(text: impl Into<String>) -> Self {
        Self::Syntax(clipped(&text.into()))
    }
}

/// The beginning of a text that came from outside, short enough for a reply and for a log line.
pub(super) fn clipped(text: &str) -> String {
    if text.len() <= QUOTE_BYTES_MAX {
        return text.to_owned();
    }
    format!("{}...", &text[..text.floor_char_boundary(QUOTE_BYTES_MAX)])
}
