//! What is wrong with the hardware: alarmed sensors, the last failure that diagnostics found.

use jiff::Timestamp;

use super::Sensor;
use crate::severity::Severity;

/// What online diagnostics found last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DiagnosticFault {
    /// Position of the card.
    pub(crate) card: u8,
    pub(crate) at: Timestamp,
    major: bool,
}

impl DiagnosticFault {
    pub(super) fn new(card: u8, severity: Severity, at: Timestamp) -> Self {
        Self {
            card,
            at,
            major: severity >= Severity::Major,
        }
    }

    /// The overall result, as outputs word it.
    pub(crate) fn result(self) -> &'static str {
        if self.major {
            "MAJOR ERROR"
        } else {
            "MINOR ERROR"
        }
    }

    /// Level and words of the log line.
    pub(super) fn logged(self) -> (u8, &'static str) {
        if self.major {
            (3, "a Major Error")
        } else {
            (4, "a Minor Error")
        }
    }
}

/// What outputs show as faulty until the next boot or the exchange of the part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Alarmed sensors, one bit each.
    alarms: u8,
    pub(crate) diagnostic: Option<DiagnosticFault>,
}

impl Faults {
    pub(super) fn alarm(&mut self, sensor: Sensor) {
        self.alarms |= bit(sensor);
    }

    pub(super) fn calm(&mut self, sensor: Sensor) {
        self.alarms &= !bit(sensor);
    }

    pub(crate) fn alarmed(&self, sensor: Sensor) -> bool {
        self.alarms & bit(sensor) != 0
    }

    /// The failure of the card at `position`, if it has one.
    pub(crate) fn of_card(&self, position: u8) -> Option<DiagnosticFault> {
        self.diagnostic.filter(|fault| fault.card == position)
    }
}

fn bit(sensor: Sensor) -> u8 {
    match sensor {
        Sensor::Fan => 1,
        Sensor::PowerSupply => 2,
        Sensor::Temperature => 4,
        Sensor::Voltage => 8,
    }
}
