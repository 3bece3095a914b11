//! What events do: log lines, alerts, going down and coming up.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    BootReason, Debugging, Device, Power, Sensor, SystemEvent, boot_duration,
    faults::{DiagnosticFault, Faults},
};
use crate::{
    alert::{AffectedCards, Alert, Audience},
    alert_group::AlertGroup,
    call_home,
    config::ProfileId,
    output::Output,
    platform::DeviceKind,
    severity::Severity,
    syslog::catalogue::OwnLine,
};

impl Device {
    pub(super) fn event(&mut self, now: Timestamp, event: SystemEvent, outputs: &mut Vec<Output>) {
        if self.power != Power::On && event != SystemEvent::PowerRestored {
            outputs.push(Output::Unheard);
            return;
        }
        match event {
            SystemEvent::Syslog(line) => self.log_and_raise(now, &line, outputs),
            SystemEvent::EnvironmentAlarm(sensor) => self.environment_alarm(now, sensor, outputs),
            SystemEvent::Traceback => self.traceback(now, outputs),
            SystemEvent::CardRemoved(card) => self.card(now, card, false, outputs),
            SystemEvent::CardInserted(card) => self.card(now, card, true, outputs),
            SystemEvent::DiagnosticFailure { card, severity } => {
                self.diagnostic(now, card, severity, outputs);
            }
            SystemEvent::ConfigurationChanged { by } => {
                self.log_and_raise(now, &OwnLine::Configured { by: &by }.to_string(), outputs);
            }
            SystemEvent::Crash => self.go_down(now, BootReason::Crash, outputs),
            SystemEvent::Reload => {
                self.log_and_raise(now, &OwnLine::ReloadRequested.to_string(), outputs);
                self.go_down(now, BootReason::Reload, outputs);
            }
            SystemEvent::PowerLost => {
                self.licenses_go_down(now);
                self.engine.reset(now, outputs);
                self.power = Power::Off;
            }
            SystemEvent::PowerRestored if self.power == Power::Off => {
                self.boot(now, BootReason::PowerOn);
            }
            // It has power already.
            SystemEvent::PowerRestored => outputs.push(Output::Unheard),
            SystemEvent::PeriodicDue(group) => self.periodic_due(now, group, outputs),
            SystemEvent::License(event) => self.license_event(now, &event, outputs),
            SystemEvent::Manual(message) => {
                // A rejection is a reply on the console; nothing is sent and nothing is due.
                if self.send_manually(now, message, outputs).is_err() {
                    outputs.push(Output::Unheard);
                }
            }
        }
    }

    fn go_down(&mut self, now: Timestamp, reason: BootReason, outputs: &mut Vec<Output>) {
        self.licenses_go_down(now);
        self.engine.reset(now, outputs);
        self.boot(now, reason);
    }

    fn boot(&mut self, now: Timestamp, reason: BootReason) {
        // At the end of time a boot never ends; until then the sum is representable.
        let until = now
            .checked_add(boot_duration(&self.model.platform))
            .unwrap_or(Timestamp::MAX);
        self.power = Power::Booting { until };
        self.boot_reason = reason;
    }

    /// The boot is over: what was in memory is gone, the startup configuration is in force.
    pub(super) fn come_up(&mut self, at: Timestamp, outputs: &mut Vec<Output>) {
        self.running = Arc::clone(self.saved.as_ref().unwrap_or(&self.model.startup));
        self.zone = self.running.clock.time_zone(&self.model.site_zone);
        self.clock_ahead = None;
        self.debugging = Debugging::default();
        self.power = Power::On;
        // Boot lines are stamped from here back, as the log shows them after any boot.
        self.booted_at = at;
        self.log.clear();
        self.removed_cards = 0;
        self.faults = Faults::default();
        self.scheduled_until = at;
        self.plan_periodic();
        self.log_and_raise(at, &OwnLine::Restarted.to_string(), outputs);
        if let Some(warning) = self.udi_warning(None) {
            self.log(at, &warning);
        }
        self.licenses_boot(at, outputs);
        if self.boot_reason == BootReason::Crash {
            let alert = Alert::of_group(AlertGroup::Crash, Severity::Major, at, "System crash");
            self.raise(alert, Audience::Subscribers, None, outputs);
        }
        self.raise(self.inventory(at), Audience::Subscribers, None, outputs);
    }

    /// Raises the periodic messages of `group` for every profile that subscribes to them.
    fn periodic_due(&mut self, now: Timestamp, group: AlertGroup, outputs: &mut Vec<Output>) {
        let periodic = call_home::periodic(&self.running);
        let profiles: Vec<ProfileId> = periodic
            .filter(|(_, own, _)| *own == group)
            .map(|(profile, ..)| profile)
            .collect();
        if profiles.is_empty() {
            outputs.push(Output::Unheard);
        }
        for profile in profiles {
            self.raise_periodic(now, profile, group, outputs);
        }
    }

    /// A full inventory.
    pub(super) fn inventory(&self, at: Timestamp) -> Alert {
        Alert {
            subtype: "full",
            affected: AffectedCards::All,
            ..Alert::of_group(
                AlertGroup::Inventory,
                Severity::Normal,
                at,
                "Inventory information",
            )
        }
    }

    pub(super) fn raise_periodic(
        &mut self,
        due: Timestamp,
        profile: ProfileId,
        group: AlertGroup,
        outputs: &mut Vec<Output>,
    ) {
        let alert = match group {
            AlertGroup::Inventory => self.inventory(due),
            AlertGroup::Snapshot if self.running.call_home.snapshot_commands.is_empty() => return,
            AlertGroup::Snapshot => {
                Alert::of_group(group, Severity::Normal, due, "Snapshot information")
            }
            AlertGroup::Configuration
            | AlertGroup::Crash
            | AlertGroup::Diagnostic
            | AlertGroup::Environment
            | AlertGroup::Syslog => {
                Alert::of_group(group, Severity::Normal, due, "Configuration information")
            }
        };
        self.raise(alert, Audience::Periodic(profile), None, outputs);
    }

    fn environment_alarm(&mut self, now: Timestamp, sensor: Sensor, outputs: &mut Vec<Output>) {
        let line = match sensor {
            Sensor::Fan => "%ENVMON-3-FAN_FAILED: Fan 1 has failed",
            Sensor::PowerSupply => "%ENVMON-2-FAN_OR_POWER: Power supply 1 has failed",
            Sensor::Temperature => {
                "%ENVMON-2-TEMP: Intake temperature 58 Celsius exceeds the critical threshold"
            }
            Sensor::Voltage => {
                "%ENVMON-3-VOLTAGE: Core voltage 1.08 V is out of the range 1.14 to 1.26 V"
            }
        };
        self.faults.alarm(sensor);
        let affected = match sensor {
            Sensor::PowerSupply => self.card_in_slot("P"),
            Sensor::Fan | Sensor::Temperature | Sensor::Voltage => AffectedCards::None,
        };
        let severity = Self::alert_severity(line);
        self.log_and_report(
            now,
            line,
            AlertGroup::Environment,
            severity,
            affected,
            outputs,
        );
    }

    fn traceback(&mut self, now: Timestamp, outputs: &mut Vec<Output>) {
        let line = "%SYS-3-CPUHOG: Task is running for (2004)msecs, more than (2000)msecs (0/0),process = IP Input. -Traceback= 0x41A6DF0Cz 0x41A6E23Cz 0x4140EC54z 0x41410D98z";
        let stamped = self.log(now, line);
        let alert = Alert::of_group(
            AlertGroup::Crash,
            Severity::Minor,
            now,
            format!("Traceback {stamped}"),
        );
        self.raise(alert, Audience::Subscribers, None, outputs);
        self.raise_syslog(now, line, stamped, outputs);
    }

    fn card(&mut self, now: Timestamp, card: u8, inserted: bool, outputs: &mut Vec<Output>) {
        let Some(unit) = self.model.platform.cards.get(usize::from(card)) else {
            outputs.push(Output::Unheard);
            return;
        };
        let slot = unit.slot.clone();
        let bit = 1 << (card % 64);
        let line = if inserted {
            self.removed_cards &= !bit;
            self.exchange(card);
            format!(
                "%OIR-6-INSCARD: Card inserted in slot {slot}, interfaces administratively shut down"
            )
        } else {
            self.removed_cards |= bit;
            format!("%OIR-6-REMCARD: Card removed from slot {slot}, interfaces disabled")
        };
        let stamped = self.log(now, &line);
        let alert = Alert {
            subtype: "delta",
            affected: AffectedCards::One(card),
            ..self.inventory(now)
        };
        self.raise(alert, Audience::Subscribers, None, outputs);
        self.raise_syslog(now, &line, stamped, outputs);
    }

    /// A card that is put in is a sound one.
    fn exchange(&mut self, card: u8) {
        if self.faults.of_card(card).is_some() {
            self.faults.diagnostic = None;
        }
        if self.card_in_slot("P") == AffectedCards::One(card) {
            self.faults.calm(Sensor::PowerSupply);
        }
    }

    fn diagnostic(
        &mut self,
        now: Timestamp,
        card: u8,
        severity: Severity,
        outputs: &mut Vec<Output>,
    ) {
        let Some(unit) = self.model.platform.cards.get(usize::from(card)) else {
            outputs.push(Output::Unheard);
            return;
        };
        let place = self.place_of_cards();
        let fault = DiagnosticFault::new(card, severity, now);
        self.faults.diagnostic = Some(fault);
        let (level, error) = fault.logged();
        let line = format!(
            "%DIAG-{level}-RESULT: {place} {}: Online Diagnostics detected {error}",
            unit.slot
        );
        let alert = Alert {
            affected: AffectedCards::One(card),
            ..Alert::of_group(
                AlertGroup::Diagnostic,
                severity,
                now,
                self.diagnostic_description(card),
            )
        };
        let stamped = self.log(now, &line);
        self.raise(alert, Audience::Subscribers, None, outputs);
        self.raise_syslog(now, &line, stamped, outputs);
    }

    /// What the places of cards are called.
    fn place_of_cards(&self) -> &'static str {
        match self.model.platform.kind {
            DeviceKind::Router => "Slot",
            DeviceKind::Switch => "Module",
        }
    }

    pub(super) fn diagnostic_description(&self, card: u8) -> String {
        let unit = self.model.platform.cards.get(usize::from(card));
        let slot = unit.map_or("0", |unit| unit.slot.as_str());
        let place = self.place_of_cards().to_lowercase();
        format!("Diagnostic result for {place} {slot}")
    }

    /// Logs `line`, reports it in `group` and then offers it to the syslog group.
    fn log_and_report(
        &mut self,
        now: Timestamp,
        line: &str,
        group: AlertGroup,
        severity: Severity,
        affected: AffectedCards,
        outputs: &mut Vec<Output>,
    ) {
        let stamped = self.log(now, line);
        let alert = Alert {
            affected,
            ..Alert::of_group(group, severity, now, stamped.as_str())
        };
        self.raise(alert, Audience::Subscribers, None, outputs);
        self.raise_syslog(now, line, stamped, outputs);
    }

    fn card_in_slot(&self, slot: &str) -> AffectedCards {
        let mut cards = self.model.platform.cards.iter();
        cards
            .position(|card| card.slot.starts_with(slot))
            .and_then(|position| u8::try_from(position).ok())
            .map_or(AffectedCards::None, AffectedCards::One)
    }
}
