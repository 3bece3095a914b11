//! The figures of a sink, as they are printed at the end and served as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// What a sink took and did.
///
/// `received` is the sum of `accepted`, `duplicates` and all of `dropped`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Totals {
    /// Complete messages.
    pub received: u64,
    /// Messages taken that were the first with their id or had none.
    pub accepted: u64,
    /// Messages whose id was remembered from an earlier one.
    pub duplicates: u64,
    /// Messages that carried no id; they are received, and never duplicates.
    pub without_id: u64,
    /// Size of all received messages together, in bytes.
    pub bytes: u64,
    /// Messages confirmed and thrown away, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Messages refused, by reason; they are not received.
    pub rejected: BTreeMap<String, u64>,
    /// Received messages by type.
    pub by_type: BTreeMap<String, u64>,
    /// Received messages by format.
    pub by_format: BTreeMap<String, u64>,
    /// Things worth knowing that are not the fate of a message.
    pub events: BTreeMap<String, u64>,
    /// Connections.
    pub connections: Connections,
}

/// Connections of a sink.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Connections {
    /// Open at the moment.
    pub open: u64,
    /// Admitted since the start.
    pub total: u64,
    /// Turned away since the start because too many were open.
    pub refused: u64,
}

impl fmt::Display for Totals {
    /// One figure per line without a final line end, families indented below their heading.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "received {} messages, {} bytes",
            self.received, self.bytes
        )?;
        writeln!(f, "  accepted    {}", self.accepted)?;
        writeln!(f, "  duplicates  {}", self.duplicates)?;
        writeln!(f, "  without id  {}", self.without_id)?;
        let families = [
            ("dropped", &self.dropped),
            ("rejected", &self.rejected),
            ("by type", &self.by_type),
            ("by format", &self.by_format),
            ("events", &self.events),
        ];
        for (heading, family) in families
            .into_iter()
            .filter(|(_, family)| !family.is_empty())
        {
            writeln!(f, "{heading}")?;
            for (name, count) in family {
                // Names can come from messages: whatever they hold, the text stays one line each.
                writeln!(f, "  {} {count}", name.escape_debug())?;
            }
        }
        let Connections {
            open,
            total,
            refused,
        } = self.connections;
        write!(f, "connections {total}, refused {refused}, open {open}")
    }
}
