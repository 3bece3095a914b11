//! Walks over the events of one document and gathers a message from it.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, Event};

use super::error::{Fault, IntakeError, clipped};
use super::markup::{self, Attribute};
use super::place::{self, Field, Namespace, Place};
use super::{Attachment, IntakeLimits, Message, value};

/// Reads a document whose characters have been checked.
pub(super) fn walk<'a>(
    document: &'a str,
    limits: &IntakeLimits,
) -> Result<Message<'a>, IntakeError> {
    let mut reader = Reader::from_str(document);
    reader.config_mut().check_comments = true;
    let mut walk = Walk::new(limits);
    loop {
        let start = position(reader.buffer_position());
        let event = reader.read_event().map_err(|error| {
            Fault::syntax(error.to_string()).at(position(reader.error_position()))
        })?;
        if matches!(event, Event::Eof) {
            return walk.finish(document.len());
        }
        let end = position(reader.buffer_position());
        let written = document.get(start..end).unwrap_or_default();
        walk.event(event, written, start)
            .map_err(|fault| fault.at(start))?;
    }
}

/// The reader counts in `u64`; a document in memory is never longer than `usize`.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// An open element.
struct Open {
    place: Place,
    /// Namespace declarations in scope around the element.
    bindings: usize,
}

struct Walk<'a, 'l> {
    limits: &'l IntakeLimits,
    open: Vec<Open>,
    bindings: Vec<(&'a str, Namespace)>,
    attributes: Vec<Attribute<'a>>,
    elements: usize,
    root_closed: bool,
    fields: [Option<Cow<'a, str>>; Field::COUNT],
    /// Where each field stands, for errors noticed at the end.
    field_offsets: [usize; Field::COUNT],
    attachments: Vec<Attachment<'a>>,
}

impl<'a, 'l> Walk<'a, 'l> {
    fn new(limits: &'l IntakeLimits) -> Self {
        Self {
            limits,
            open: Vec::with_capacity(16),
            bindings: Vec::with_capacity(8),
            attributes: Vec::new(),
            elements: 0,
            root_closed: false,
            fields: [const { None }; Field::COUNT],
            field_offsets: [0; Field::COUNT],
            attachments: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'a>, written: &'a str, start: usize) -> Result<(), Fault> {
        match event {
            Event::Start(_) => self.open_element(between("<", written, ">"), start),
            Event::Empty(_) => {
                self.open_element(between("<", written, "/>"), start)?;
                self.close_element();
                Ok(())
            }
            Event::End(_) => {
                self.close_element();
                Ok(())
            }
            Event::Text(text) => {
                if text.contains("]]>") {
                    return Err(Fault::syntax("`]]>` in text"));
                }
                let blank = text.bytes().all(markup::is_space);
                self.text(text.into_inner(), blank)
            }
            Event::CData(text) => self.text(text.into_inner(), false),
            Event::GeneralRef(reference) => self.text(markup::referred(&reference)?, false),
            Event::Decl(declaration) if start == 0 => check_declaration(&declaration),
            Event::Decl(_) => Err(Fault::syntax("XML declaration after the beginning")),
            Event::PI(instruction) => check_instruction(instruction.target()),
            Event::DocType(_) => Err(Fault::DocumentType),
            Event::Comment(_) | Event::Eof => Ok(()),
        }
    }

    /// Opens an element, given what stands between its angle brackets.
    fn open_element(&mut self, tag: &'a str, start: usize) -> Result<(), Fault> {
        self.count_element()?;
        let name_end = tag.bytes().position(markup::is_space).unwrap_or(tag.len());
        let (name, rest) = tag.split_at(name_end);
        let (prefix, local) = markup::split_name(name)?;
        let bindings = self.bindings.len();
        let limits = self.limits;
        markup::attributes(
            rest,
            limits.attributes,
            limits.attribute_bytes,
            &mut self.attributes,
        )?;
        self.declare_namespaces()?;
        self.check_attribute_prefixes()?;
        let namespace = self.namespace(prefix)?;
        let parent = self.open.last().map_or(Place::Document, |open| open.place);
        if let Place::Text(field) = parent {
            return Err(Fault::NotText(field.path()));
        }
        let place = place::child(parent, namespace, local);
        if parent == Place::Document && place != Place::Envelope {
            return Err(Fault::NotAnEnvelope);
        }
        self.enter(place, start)?;
        self.open.push(Open { place, bindings });
        Ok(())
    }

    fn count_element(&mut self) -> Result<(), Fault> {
        if self.root_closed {
            return Err(Fault::syntax("element after the root element"));
        }
        if self.open.len() == self.limits.depth {
            let limit = self.limits.depth;
            let what = "elements inside one another";
            return Err(Fault::Limit { what, limit });
        }
        if self.elements == self.limits.elements {
            let limit = self.limits.elements;
            let what = "elements";
            return Err(Fault::Limit { what, limit });
        }
        self.elements += 1;
        Ok(())
    }

    fn declare_namespaces(&mut self) -> Result<(), Fault> {
        for attribute in &self.attributes {
            let uri = markup::resolved(attribute.value)?;
            let prefix = match attribute.name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if rest.starts_with(':') => &rest[1..],
                Some(_) | None => continue,
            };
            if matches!(prefix, "xml" | "xmlns") || (uri.is_empty() && !prefix.is_empty()) {
                return Err(Fault::syntax("namespace declaration that is not allowed"));
            }
            // Every name is looked up among these, so their number multiplies with that of the
            // elements.
            if self.bindings.len() == self.limits.namespaces {
                let limit = self.limits.namespaces;
                let what = "namespace declarations in scope";
                return Err(Fault::Limit { what, limit });
            }
            self.bindings.push((prefix, Namespace::of(&uri)));
        }
        Ok(())
    }

    fn check_attribute_prefixes(&self) -> Result<(), Fault> {
        for attribute in &self.attributes {
            let (prefix, _) = markup::split_name(attribute.name)?;
            if !matches!(prefix, "" | "xmlns") {
                self.namespace(prefix)?;
            }
        }
        Ok(())
    }

    fn namespace(&self, prefix: &str) -> Result<Namespace, Fault> {
        let bound = self.bindings.iter().rev().find(|(name, _)| *name == prefix);
        match (bound, prefix) {
            (Some((_, namespace)), _) => Ok(*namespace),
            (None, "" | "xml") => Ok(Namespace::Other),
            (None, _) => Err(Fault::Prefix(clipped(prefix))),
        }
    }

    /// Prepares for the text of an element that has just opened.
    fn enter(&mut self, place: Place, start: usize) -> Result<(), Fault> {
        if let Place::Text(field) = place {
            // Two ids in one message would let two readers disagree about which message it is.
            if self.fields[field as usize].is_some() {
                return Err(Fault::Repeated(field.path()));
            }
            self.fields[field as usize] = Some(Cow::Borrowed(""));
            self.field_offsets[field as usize] = start;
        }
        if place == Place::Attachment {
            let limit = self.limits.attachments;
            if self.attachments.len() == limit {
                let what = "attachments";
                return Err(Fault::Limit { what, limit });
            }
            self.attachments.push(Attachment::default());
        }
        Ok(())
    }

    fn close_element(&mut self) {
        if let Some(open) = self.open.pop() {
            self.bindings.truncate(open.bindings);
            self.root_closed = self.open.is_empty();
        }
    }

    fn text(&mut self, text: Cow<'a, str>, blank: bool) -> Result<(), Fault> {
        let Some(open) = self.open.last() else {
            return if blank {
                Ok(())
            } else {
                Err(Fault::syntax("text outside the root element"))
            };
        };
        let place = open.place;
        if let Place::Text(field) = place {
            if let Some(held) = &mut self.fields[field as usize] {
                append(held, text);
            }
        } else if let Some(attachment) = self.attachments.last_mut() {
            if place == Place::AttachmentName {
                append(&mut attachment.name, text);
            } else if place == Place::AttachmentData && !blank {
                attachment.bytes += text.len() as u64;
            }
        }
        Ok(())
    }

    fn finish(mut self, end: usize) -> Result<Message<'a>, IntakeError> {
        if !self.root_closed {
            return Err(Fault::Unfinished.at(end));
        }
        let fields = &mut Fields {
            texts: &mut self.fields,
            offsets: self.field_offsets,
            end,
        };
        let kind = fields.checked(Field::BlockType, |text| value::kind(text).is_some())?;
        let severity = fields.checked(Field::Severity, |text| value::severity(text).is_some())?;
        Ok(Message {
            message_id: fields.checked(Field::MessageId, |id| value::is_sequence_id('M', id))?,
            group_id: fields.checked(Field::GroupId, |id| value::is_sequence_id('G', id))?,
            kind: last_part(kind),
            created: fields.checked(Field::CreationDate, value::is_time_stamp)?,
            event_time: fields.checked(Field::EventTime, value::is_time_stamp)?,
            severity: value::severity(&severity).unwrap_or_default(),
            event_type: fields.checked(Field::EventType, value::is_word)?,
            device_id: fields.checked(Field::DeviceId, value::is_device_id)?,
            chassis_serial: fields.checked(Field::ChassisSerial, value::is_word)?,
            event_subtype: fields.optional(Field::EventSubType),
            description: fields.optional(Field::Description),
            contact_email: fields.optional(Field::ContactEmail),
            attachments: self.attachments,
        })
    }
}

/// The texts gathered, on their way into a message.
struct Fields<'a, 'w> {
    texts: &'w mut [Option<Cow<'a, str>>; Field::COUNT],
    offsets: [usize; Field::COUNT],
    /// Length of the document, where an absence becomes certain.
    end: usize,
}

impl<'a> Fields<'a, '_> {
    fn checked(
        &mut self,
        field: Field,
        is_formed: impl Fn(&str) -> bool,
    ) -> Result<Cow<'a, str>, IntakeError> {
        let text = self.texts[field as usize]
            .take()
            .map(trimmed)
            .ok_or_else(|| Fault::Missing(field.path()).at(self.end))?;
        if is_formed(&text) {
            return Ok(text);
        }
        let (element, expected) = (field.path(), field.form());
        Err(Fault::Value { element, expected }.at(self.offsets[field as usize]))
    }

    fn optional(&mut self, field: Field) -> Cow<'a, str> {
        self.texts[field as usize]
            .take()
            .map(trimmed)
            .unwrap_or_default()
    }
}

/// What stands between the brackets of a tag.
fn between<'a>(open: &str, written: &'a str, close: &str) -> &'a str {
    written
        .strip_prefix(open)
        .and_then(|rest| rest.strip_suffix(close))
        .unwrap_or_default()
}

/// What follows the last slash of a URI.
fn last_part(uri: Cow<'_, str>) -> Cow<'_, str> {
    match uri {
        Cow::Borrowed(uri) => Cow::Borrowed(uri.rsplit('/').next().unwrap_or_default()),
        Cow::Owned(uri) => Cow::Owned(uri.rsplit('/').next().unwrap_or_default().to_owned()),
    }
}

fn append<'a>(held: &mut Cow<'a, str>, more: Cow<'a, str>) {
    if held.is_empty() {
        *held = more;
    } else {
        held.to_mut().push_str(&more);
    }
}

/// Without the white space that indentation leaves around a value.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(SPACE)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(SPACE).to_owned()),
    }
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), Fault> {
    let version = declaration
        .version()
        .map_err(|error| Fault::syntax(error.to_string()))?;
    if version != "1.0" {
        let asked = format!("version {}", clipped(&version));
        return Err(Fault::Declaration(asked));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(Ok(encoding)) => Err(Fault::Declaration(clipped(&encoding))),
        Some(Err(error)) => Err(Fault::syntax(error.to_string())),
    }
}

fn check_instruction(target: &str) -> Result<(), Fault> {
    if target.eq_ignore_ascii_case("xml") {
        return Err(Fault::syntax("processing instruction named xml"));
    }
    markup::split_name(target).map(|_| ())
}
