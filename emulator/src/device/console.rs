//! What a terminal does to a device: configuring it, and saving what was configured.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Device, Input, SystemEvent};
use crate::{
    config::{Configuration, Refusal, apply, matching::Command},
    output::Output,
};

impl Device {
    /// Carries out `command` on the running configuration at `now`, moving `position` where the
    /// command enters a mode. What is due up to `now` must have happened.
    pub(crate) fn configure(
        &mut self,
        now: Timestamp,
        position: &mut apply::Position,
        command: &Command<'_>,
    ) -> Result<(), Refusal> {
        self.change_configuration(now, |configuration| {
            apply::carry_out(configuration, position, command)
        })
    }

    /// Changes the running configuration at `now`; everything that follows from it is in force at
    /// once.
    pub(crate) fn change_configuration<T>(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(&mut Configuration) -> T,
    ) -> T {
        let mut changed = Configuration::clone(&self.running);
        let result = change(&mut changed);
        // A device that goes on sharing its fleet's configuration stays small.
        if changed != *self.running {
            self.running = Arc::new(changed);
            self.zone = self.running.clock.time_zone(&self.model.site_zone);
            self.skip_to(now);
        }
        result
    }

    /// The configuration that the device boots with.
    pub fn startup_configuration(&self) -> &Configuration {
        self.saved.as_ref().unwrap_or(&self.model.startup)
    }

    /// Boots with the running configuration from here on.
    pub(crate) fn save_configuration(&mut self) {
        let as_shipped = *self.running == *self.model.startup;
        self.saved = (!as_shipped).then(|| Arc::clone(&self.running));
    }

    /// Boots without a configuration from here on.
    pub(crate) fn erase_configuration(&mut self) {
        self.saved = Some(Arc::default());
    }

    /// Logs that the configuration was changed.
    pub(crate) fn log_configured(&mut self, now: Timestamp, by: String, outputs: &mut Vec<Output>) {
        let by = by.into();
        let event = SystemEvent::ConfigurationChanged { by };
        self.handle(now, Input::Event(event), outputs);
    }
}
