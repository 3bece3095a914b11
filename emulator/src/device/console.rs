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
            self.plan_licenses(now);
        }
        result
    }

    /// The configuration that the device boots with.
    pub fn startup_configuration(&self) -> &Configuration {
        self.saved.as_ref().unwrap_or(&self.model.startup)
    }

    /// The images that `boot system` lines name, in order, each with its file system. The boot loader
    /// learns them when the configuration is saved.
    pub(crate) fn boot_images(&self) -> Vec<String> {
        let lines = self.startup_configuration().verbatim.lines();
        lines
            .filter_map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                match *words.as_slice() {
                    ["boot", "system", image] => Some(image.to_owned()),
                    ["boot", "system", system, image] if image.contains(':') => {
                        (system != "switch").then(|| image.to_owned())
                    }
                    ["boot", "system", system, image] => Some(format!("{system}:{image}")),
                    _ => None,
                }
            })
            .collect()
    }

    /// How long the device has been up, in seconds.
    pub(crate) fn up_seconds(&self, now: Timestamp) -> u64 {
        self.view(now).up_seconds()
    }

    /// The domain of the host name, if one is configured.
    pub(crate) fn domain_name(&self) -> Option<Arc<str>> {
        let domain = self.running.domain_name.as_ref()?;
        Some(domain.fill(&self.identity_values()))
    }

    /// Bytes of processor and input/output memory, as `show version` gives them.
    pub(crate) fn memory_bytes(&self) -> (u64, u64) {
        let said = self.said_by_version(self.booted_at, " with ");
        let sizes = said.split_whitespace().next().unwrap_or_default();
        let kilobytes = |size: &str| size.trim_end_matches('K').parse::<u64>().unwrap_or(0);
        let (processor, io) = sizes.split_once('/').unwrap_or((sizes, ""));
        (kilobytes(processor) * 1024, kilobytes(io) * 1024)
    }

    /// What `show version` says behind `words`, to the end of that line.
    fn said_by_version(&self, now: Timestamp, words: &str) -> String {
        let mut text = Vec::new();
        self.push_command_output(&mut text, "show version", now);
        let text = String::from_utf8_lossy(&text);
        let found = text.lines().find_map(|line| line.split_once(words));
        found.map_or_else(String::new, |(_, behind)| behind.to_owned())
    }

    /// Boots with the running configuration from here on.
    pub(crate) fn save_configuration(&mut self) {
        if self.running.udi.is_some() {
            // What is written names the device that writes.
            Arc::make_mut(&mut self.running).udi = None;
        }
        let as_shipped = *self.running == *self.model.startup;
        self.saved = (!as_shipped).then(|| Arc::clone(&self.running));
    }

    /// Boots without a configuration from here on.
    pub(crate) fn erase_configuration(&mut self) {
        self.saved = Some(Arc::default());
    }

    /// The same, and every other file in NVRAM is gone. Licenses have a region of their own there.
    pub(crate) fn erase_nvram(&mut self) {
        self.erase_configuration();
        if let Some(files) = &mut self.files {
            files.erase("nvram");
        }
    }

    /// Logs that the configuration was changed.
    pub(crate) fn log_configured(&mut self, now: Timestamp, by: String, outputs: &mut Vec<Output>) {
        let by = by.into();
        let event = SystemEvent::ConfigurationChanged { by };
        self.handle(now, Input::Event(event), outputs);
    }
}
