//! A device at one instant, as outputs and messages show it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Device, faults::Faults};
use crate::{
    call_home::DerivedMonthly,
    config::{Configuration, View},
    identity::{IdentityValues, SerialNumber},
    license::{Udi, shelf::Shelf},
    platform::{AlarmClass, Card, Platform},
    show::license,
    template::{DiagnosticField, Slot, SlotValues},
    text::{push, push_decimal, push_line},
    time::{LocalTime, push_age, push_milliseconds_of_day, push_uptime},
};

/// A device, the time, and what both give once for many uses.
pub(crate) struct DeviceView<'a> {
    pub(crate) device: &'a Device,
    pub(crate) now: Timestamp,
    pub(crate) serial: SerialNumber,
    pub(crate) hostname: Arc<str>,
}

impl<'a> DeviceView<'a> {
    pub(super) fn new(device: &'a Device, now: Timestamp) -> Self {
        Self {
            serial: device.serial(),
            hostname: device.hostname(),
            device,
            now,
        }
    }

    pub(crate) fn platform(&self) -> &'a Platform {
        &self.device.model.platform
    }

    pub(crate) fn running(&self) -> &'a Configuration {
        &self.device.running
    }

    pub(crate) fn startup(&self) -> &'a Configuration {
        self.device.startup_configuration()
    }

    /// `instant` on the device's wall clock.
    pub(crate) fn local(&self, instant: Timestamp) -> LocalTime {
        self.shown(self.device.wall(instant))
    }

    /// What the device's clock shows at `wall`, an instant that does not depend on its setting.
    pub(crate) fn shown(&self, wall: Timestamp) -> LocalTime {
        LocalTime::new(wall, &self.device.zone)
    }

    /// The cards that are in the chassis, with their positions.
    pub(crate) fn cards(&self) -> impl Iterator<Item = (u8, &'a Card)> {
        let removed = self.device.removed_cards;
        let cards = self.platform().cards.iter();
        (0_u8..)
            .zip(cards)
            .filter(move |(position, _)| removed & (1 << (position % 64)) == 0)
    }

    /// The serial number of the card at `position`.
    pub(crate) fn card_serial(&self, position: u8) -> SerialNumber {
        let card = self.platform().cards.get(usize::from(position));
        let style = card.map_or(self.platform().serial_style, |card| card.serial_style);
        SerialNumber::of_card(style, self.device.identity.device, position)
    }

    /// The log lines of the boot and those since, as many as the buffer holds.
    pub(crate) fn push_log(&self, out: &mut Vec<u8>) {
        let limit = self.device.log_bytes();
        let mut boot = Vec::with_capacity(self.platform().boot_log.len() * 128);
        self.push_boot_log(&mut boot);
        self.device.log.push_after(out, &boot, limit);
    }

    fn push_boot_log(&self, out: &mut Vec<u8>) {
        let device = self.device;
        let lines = &self.platform().boot_log;
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return;
        };
        let (from, to) = (
            self.boot_instant(first.after_ms),
            self.boot_instant(last.after_ms),
        );
        let (shown, shown_last) = (device.log_time(from), device.log_time(to));
        if !shown.same_day(&shown_last) {
            for line in lines {
                // A boot is stamped by the clock as it boots.
                device.push_marked_stamp(out, "*", self.boot_instant(line.after_ms));
                push_line(out, &line.text);
            }
            return;
        }
        // A boot is in every message, so its day and zone are worked out once.
        let (mut before, mut behind) = (vec![b'*'], Vec::new());
        if self.running().log_timestamps.year {
            shown.push_log_date_with_year(&mut before);
        } else {
            shown.push_log_date(&mut before);
        }
        device.push_log_stamp_end(&mut behind, from);
        for line in lines {
            out.extend_from_slice(&before);
            let after_first_ms = line.after_ms - first.after_ms;
            push_milliseconds_of_day(out, shown.milliseconds_of_day() + after_first_ms);
            out.extend_from_slice(&behind);
            push_line(out, &line.text);
        }
    }

    /// An instant of the boot, `after_ms` behind its begin.
    fn boot_instant(&self, after_ms: u32) -> Timestamp {
        let begin = self.device.booted_at - super::boot_duration(self.platform());
        begin + jiff::SignedDuration::from_millis(after_ms.into())
    }

    pub(crate) fn faults(&self) -> &'a Faults {
        &self.device.faults
    }

    /// How many alarms of `class` the model's outputs show.
    fn alarms(&self, class: AlarmClass) -> u64 {
        let alarms = self.platform().alarms().iter();
        let counted = alarms
            .filter(|alarm| alarm.class == Some(class) && self.device.faults.alarmed(alarm.sensor));
        counted.count() as u64
    }

    fn push_diagnostic(&self, out: &mut Vec<u8>, card: u8, field: DiagnosticField) {
        let fault = self.device.faults.of_card(card);
        let text = match (field, fault) {
            (DiagnosticField::Result, Some(fault)) => fault.result(),
            (DiagnosticField::Result, None) => "PASS",
            (DiagnosticField::Mark, Some(_)) => "F",
            (DiagnosticField::Mark, None) => ".",
            (DiagnosticField::Error, Some(_)) => "1 (DIAG_FAILURE)",
            (DiagnosticField::Error, None) => "0 (DIAG_SUCCESS)",
            (DiagnosticField::Failures, Some(_)) => "1",
            (DiagnosticField::Failures, None) => "0",
            (DiagnosticField::FailedAt, Some(fault)) => {
                let zone = self.device.zone_name(self.device.wall(fault.at));
                return self.local(fault.at).push_restart_stamp(out, zone);
            }
            (DiagnosticField::FailedAt, None) => "n/a",
        };
        push(out, text);
    }

    pub(crate) fn up_seconds(&self) -> u64 {
        let up = self.now.duration_since(self.device.booted_at).as_secs();
        up.max(0).unsigned_abs()
    }

    /// How many lines have been logged since the boot began.
    pub(crate) fn lines_logged(&self) -> u64 {
        self.platform().boot_log.len() as u64 + u64::from(self.device.log.lines_logged())
    }

    /// Runs `read` with the licenses, where there are any.
    fn on_shelf(&self, read: impl FnOnce(&Shelf<'_>)) {
        if let Some(ground) = self.device.license_ground(self.now) {
            read(&ground.shelf(&self.device.licenses));
        }
    }

    /// Appends `page` of the licenses of stack member `member`.
    pub(crate) fn push_licenses(&self, out: &mut Vec<u8>, page: &license::Page, member: u8) {
        self.on_shelf(|shelf| license::push_page(out, shelf, page, member));
    }

    /// Runs `use_values` with what fills the slots of configuration values.
    pub(crate) fn identity_values(&self) -> IdentityValues<'a> {
        IdentityValues {
            identity: &self.device.identity,
            serial: self.serial,
        }
    }

    /// Appends `configuration` as this device shows it.
    pub(crate) fn push_configuration(
        &self,
        out: &mut Vec<u8>,
        configuration: &Configuration,
        all: bool,
    ) {
        let values = self.identity_values();
        let udi = self
            .platform()
            .licensed
            .as_ref()
            .map(|_| Udi::new(&self.platform().pid, self.serial.as_str()));
        let view = View {
            udi: udi.as_ref(),
            values: &values,
            hostname: &self.hostname,
            derived: DerivedMonthly::of(&self.serial),
        };
        configuration.push(out, &view, all);
    }
}

impl SlotValues for DeviceView<'_> {
    fn push_slot(&self, out: &mut Vec<u8>, slot: Slot) {
        match slot {
            Slot::Hostname => push(out, &self.hostname),
            Slot::Pid => push(out, &self.platform().pid),
            Slot::CardSerial(card) => push(out, self.card_serial(card).as_str()),
            Slot::Uptime => push_uptime(out, self.up_seconds()),
            Slot::Age => push_age(out, self.up_seconds()),
            Slot::Returned => push(out, self.device.boot_reason.words()),
            Slot::Restarted => {
                let booted_at = self.device.booted_at;
                let zone = self.device.zone_name(self.device.wall(booted_at));
                self.local(booted_at).push_restart_stamp(out, zone);
            }
            Slot::Clock => {
                push(out, self.device.clock_mark());
                let zone = self.device.zone_name(self.device.wall(self.now));
                self.local(self.now).push_show_clock(out, zone);
            }
            Slot::Mac { offset } => {
                push_mac(out, self.device.identity.device, offset, MacForm::Dotted)
            }
            Slot::MacColons => push_mac(out, self.device.identity.device, 0, MacForm::Colons),
            Slot::License(field) => self.on_shelf(|shelf| {
                license::push_version(out, shelf, &self.device.wanted_licenses(), field);
            }),
            Slot::Alarms(class) => push_decimal(out, self.alarms(class)),
            Slot::Diagnostic { card, field } => self.push_diagnostic(out, card, field),
            Slot::Index { .. } | Slot::Serial | Slot::Site => {
                self.identity_values().push_slot(out, slot);
            }
        }
    }
}

/// How a MAC address is written.
#[derive(Clone, Copy)]
enum MacForm {
    /// `0017.9512.3480`.
    Dotted,
    /// `00:17:95:12:34:80`, in capital letters.
    Colons,
}

/// Appends the address `offset` (0 to 15) behind the base MAC address of device number `device`: a
/// Cisco prefix, and sixteen addresses for each device.
fn push_mac(out: &mut Vec<u8>, device: u32, offset: u8, form: MacForm) {
    let low = (u64::from(device) * 16 + u64::from(offset)) % (1 << 24);
    let bytes = [
        0x00,
        0x17,
        0x95,
        (low >> 16) as u8,
        (low >> 8) as u8,
        low as u8,
    ];
    for (position, byte) in bytes.iter().enumerate() {
        let (separated, separator, digits) = match form {
            MacForm::Dotted => (position % 2 == 0, b'.', b"0123456789abcdef"),
            MacForm::Colons => (true, b':', b"0123456789ABCDEF"),
        };
        if separated && position > 0 {
            out.push(separator);
        }
        for nibble in [byte >> 4, byte & 0xF] {
            out.push(digits[usize::from(nibble)]);
        }
    }
}
