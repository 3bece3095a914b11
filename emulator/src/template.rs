//! Text with slots: compiled once, shared by all devices, filled for one of them.
//!
//! Configuration values, host name patterns and command outputs that differ between devices only in
//! their identity are stored once with slots such as `{serial}`. Text in braces that names no slot
//! is literal, because device configurations may hold braces of their own.

use std::sync::Arc;

use crate::{
    platform::AlarmClass,
    text::{push, push_padded},
};

/// What a slot of a [`Template`] stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Slot {
    /// `{index}` or `{index:05}`: the device's position in its fleet, from 0, with at least so many digits.
    Index {
        /// Least number of digits.
        width: u8,
    },
    /// `{serial}`: the chassis serial number.
    Serial,
    /// `{hostname}`: the host name.
    Hostname,
    /// `{site}`: the name of the device's site.
    Site,
    /// `{pid}`: the product identifier of the platform.
    Pid,
    /// `{card:N}`: the serial number of the N-th card of the platform, from 0.
    CardSerial(u8),
    /// `{uptime}`: the time since boot in words.
    Uptime,
    /// `{age}`: the time since boot as tables print it, padded to their column.
    Age,
    /// `{returned}`: what made the device boot, as `show version` words it.
    Returned,
    /// `{restarted}`: the instant of the last boot.
    Restarted,
    /// `{clock}`: the current time as `show clock` prints it.
    Clock,
    /// `{mac}` or `{mac:N}`: the base MAC address, or the N-th after it, in Cisco's dotted form.
    Mac {
        /// How far behind the base address, 0 to 15.
        offset: u8,
    },
    /// `{mac-colons}`: the base MAC address with colons and capital letters.
    MacColons,
    /// `{license:block}` and so on: what `show version` says of licenses.
    License(LicenseField),
    /// `{alarms:critical}` and so on: how many sensors alarm.
    Alarms(AlarmClass),
    /// `{result:N}` and so on: what online diagnostics say of the N-th card.
    Diagnostic {
        /// Position of the card.
        card: u8,
        /// What is said.
        field: DiagnosticField,
    },
}

/// What `show version` says of licenses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LicenseField {
    /// The UDI, and the technology packages where there are any.
    Block,
    /// The image level that runs.
    Level,
    /// The kind of license that the image level runs on.
    Kind,
    /// The image level behind the next boot.
    Next,
}

/// A detail of a diagnostic result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiagnosticField {
    /// `{result:N}`: the overall result, `PASS` unless the card failed.
    Result,
    /// `{mark:N}`: `.` or `F`.
    Mark,
    /// `{error:N}`: the error code with its name.
    Error,
    /// `{failures:N}`: how often the test failed.
    Failures,
    /// `{failed-at:N}`: when it failed, `n/a` if it did not.
    FailedAt,
}

impl DiagnosticField {
    const ALL: [Self; 5] = [
        Self::Result,
        Self::Mark,
        Self::Error,
        Self::Failures,
        Self::FailedAt,
    ];

    fn keyword(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Mark => "mark",
            Self::Error => "error",
            Self::Failures => "failures",
            Self::FailedAt => "failed-at",
        }
    }
}

impl Slot {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "index" => Self::Index { width: 1 },
            "serial" => Self::Serial,
            "hostname" => Self::Hostname,
            "site" => Self::Site,
            "pid" => Self::Pid,
            "uptime" => Self::Uptime,
            "age" => Self::Age,
            "returned" => Self::Returned,
            "restarted" => Self::Restarted,
            "clock" => Self::Clock,
            "mac" => Self::Mac { offset: 0 },
            "mac-colons" => Self::MacColons,
            "license:block" => Self::License(LicenseField::Block),
            "license:level" => Self::License(LicenseField::Level),
            "license:type" => Self::License(LicenseField::Kind),
            "license:next" => Self::License(LicenseField::Next),
            "alarms:critical" => Self::Alarms(AlarmClass::Critical),
            "alarms:major" => Self::Alarms(AlarmClass::Major),
            "alarms:minor" => Self::Alarms(AlarmClass::Minor),
            _ => {
                let (kind, argument) = name.split_once(':')?;
                let number = argument.parse().ok()?;
                match kind {
                    "index" if number <= 20 => Self::Index { width: number },
                    "card" => Self::CardSerial(number),
                    "mac" if (1..16).contains(&number) => Self::Mac { offset: number },
                    _ => {
                        let mut fields = DiagnosticField::ALL.into_iter();
                        let field = fields.find(|field| field.keyword() == kind)?;
                        Self::Diagnostic {
                            card: number,
                            field,
                        }
                    }
                }
            }
        })
    }

    /// Whether a user's configuration may use the slot: only what an identity alone decides.
    fn is_identity(self) -> bool {
        matches!(
            self,
            Self::Index { .. } | Self::Serial | Self::Hostname | Self::Site
        )
    }
}

/// Longest slot with its braces, in bytes.
const SLOT_NAME_MAX: usize = 17;

/// What fills the slots of a template.
pub trait SlotValues {
    /// Appends the value of `slot`.
    fn push_slot(&self, out: &mut Vec<u8>, slot: Slot);
}

/// Text with slots. Cloning is cheap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    text: Arc<str>,
    /// Where in `text` each slot stands; the slot's own braces are not part of `text`.
    slots: Arc<[(usize, Slot)]>,
}

impl Template {
    /// Compiles `source`; every slot is recognised.
    pub fn new(source: &str) -> Self {
        Self::compile(source, |_| true)
    }

    /// Compiles `source` with the slots that a configuration may use; others stay literal.
    pub fn of_identity(source: &str) -> Self {
        Self::compile(source, Slot::is_identity)
    }

    /// Takes `text` as it is, braces included.
    pub fn literal(text: &str) -> Self {
        Self {
            text: text.into(),
            slots: [].into(),
        }
    }

    fn compile(source: &str, allowed: impl Fn(Slot) -> bool) -> Self {
        let mut text = String::with_capacity(source.len());
        let mut slots = Vec::new();
        let mut rest = source;
        while let Some(open) = rest.find('{') {
            let (before, from_brace) = rest.split_at(open);
            text.push_str(before);
            // Only as far as a slot's name can reach: a text of many open braces stays cheap.
            let name_end = from_brace.len().min(SLOT_NAME_MAX);
            let slot = memchr::memchr(b'}', &from_brace.as_bytes()[..name_end])
                .and_then(|close| Some((close, Slot::parse(&from_brace[1..close])?)))
                .filter(|&(_, slot)| allowed(slot));
            rest = match slot {
                Some((close, slot)) => {
                    slots.push((text.len(), slot));
                    &from_brace[close + 1..]
                }
                None => {
                    text.push('{');
                    &from_brace[1..]
                }
            };
        }
        text.push_str(rest);
        Self {
            text: text.into(),
            slots: slots.into(),
        }
    }

    /// Whether the text is the same for every device.
    pub fn is_literal(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether the text begins with `prefix`, and no slot stands in that.
    pub(crate) fn starts_with(&self, prefix: &str) -> bool {
        let first_slot = self.slots.first().map_or(usize::MAX, |(at, _)| *at);
        self.text.starts_with(prefix) && first_slot >= prefix.len()
    }

    /// Appends the text with its slots filled.
    pub fn push(&self, out: &mut Vec<u8>, values: &dyn SlotValues) {
        let mut copied = 0;
        for &(at, slot) in self.slots.iter() {
            push(out, &self.text[copied..at]);
            values.push_slot(out, slot);
            copied = at;
        }
        push(out, &self.text[copied..]);
    }

    /// The text with its slots filled; shared, not copied, when there are none.
    pub fn fill(&self, values: &dyn SlotValues) -> Arc<str> {
        if self.is_literal() {
            return Arc::clone(&self.text);
        }
        let mut out = Vec::with_capacity(self.text.len() + 16);
        self.push(&mut out, values);
        String::from_utf8_lossy(&out).into()
    }

    /// The text as it was written, with its slots in braces.
    pub fn source(&self) -> String {
        let mut out = Vec::new();
        self.push(&mut out, &SlotNames);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Fills every slot with its own name, which undoes the compilation.
pub(crate) struct SlotNames;

impl SlotValues for SlotNames {
    fn push_slot(&self, out: &mut Vec<u8>, slot: Slot) {
        let numbered = |out: &mut Vec<u8>, name: &str, number: u8, width: usize| {
            push(out, name);
            push_padded(out, u64::from(number), width);
        };
        out.push(b'{');
        match slot {
            Slot::Index { width: 1 } => push(out, "index"),
            Slot::Index { width } => numbered(out, "index:", width, 2),
            Slot::Serial => push(out, "serial"),
            Slot::Hostname => push(out, "hostname"),
            Slot::Site => push(out, "site"),
            Slot::CardSerial(card) => numbered(out, "card:", card, 1),
            Slot::Pid => push(out, "pid"),
            Slot::Uptime => push(out, "uptime"),
            Slot::Age => push(out, "age"),
            Slot::Returned => push(out, "returned"),
            Slot::Restarted => push(out, "restarted"),
            Slot::Clock => push(out, "clock"),
            Slot::Mac { offset: 0 } => push(out, "mac"),
            Slot::Mac { offset } => numbered(out, "mac:", offset, 1),
            Slot::MacColons => push(out, "mac-colons"),
            Slot::Alarms(AlarmClass::Critical) => push(out, "alarms:critical"),
            Slot::Alarms(AlarmClass::Major) => push(out, "alarms:major"),
            Slot::Alarms(AlarmClass::Minor) => push(out, "alarms:minor"),
            Slot::License(LicenseField::Block) => push(out, "license:block"),
            Slot::License(LicenseField::Level) => push(out, "license:level"),
            Slot::License(LicenseField::Kind) => push(out, "license:type"),
            Slot::License(LicenseField::Next) => push(out, "license:next"),
            Slot::Diagnostic { card, field } => {
                push(out, field.keyword());
                numbered(out, ":", card, 1);
            }
        }
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl SlotValues for Fixed {
        fn push_slot(&self, out: &mut Vec<u8>, slot: Slot) {
            match slot {
                Slot::Index { width } => push_padded(out, 17, width.into()),
                Slot::Serial => push(out, "FTX1234A5B6"),
                Slot::Hostname
                | Slot::Site
                | Slot::Pid
                | Slot::CardSerial(_)
                | Slot::Uptime
                | Slot::Age
                | Slot::Returned
                | Slot::Restarted
                | Slot::Clock
                | Slot::Mac { .. }
                | Slot::MacColons
                | Slot::Alarms(_)
                | Slot::License(_)
                | Slot::Diagnostic { .. } => push(out, "x"),
            }
        }
    }

    #[test]
    fn slots_are_filled_and_other_braces_stay() {
        let template = Template::of_identity("a{index:05}-{serial} {1,3} {nonsense} {uptime} {");
        assert_eq!(
            &*template.fill(&Fixed),
            "a00017-FTX1234A5B6 {1,3} {nonsense} {uptime} {"
        );
    }

    #[test]
    fn the_source_of_a_template_is_what_was_compiled() {
        for source in [
            "plain",
            "{index:05}x{serial}{card:3}",
            "{pid}{age}{returned}{mac}{mac:7}{mac-colons}",
            "{{index}}",
            "{license:block}{license:level}{license:type}{license:next}",
            "{alarms:critical}{alarms:major}{result:3}{mark:0}{error:1}{failures:2}{failed-at:12}",
            "é{site}{",
        ] {
            assert_eq!(Template::new(source).source(), source);
        }
    }

    #[test]
    fn literal_text_keeps_what_looks_like_a_slot() {
        assert_eq!(&*Template::literal("{serial}").fill(&Fixed), "{serial}");
    }
}
