//! A device on the bench that installs license files as a license manager does.

use emulator::{cli::Session, license::install::InstallOutcome};

use crate::{
    desk::{Desk, privileged},
    lab::Lab,
    license_files::license_file,
};

/// A device that installs files as a license manager does.
pub(crate) struct Bench {
    pub(crate) lab: Lab,
}

impl Bench {
    pub(crate) fn on(platform: &str, index: u32) -> Self {
        let lab = Lab::seeded(7).on(platform).with_index(index);
        Self { lab }
    }

    pub(crate) fn file(&self, text: &str) -> Vec<u8> {
        license_file(text, &self.lab.device.udis())
    }

    pub(crate) fn install(&mut self, file: &[u8]) -> Option<Vec<InstallOutcome>> {
        let Lab {
            device,
            now,
            outputs,
            ..
        } = &mut self.lab;
        device.install_licenses(*now, file, outputs)
    }

    /// Everything that outputs say of the licenses.
    pub(crate) fn state(&self) -> String {
        ["all", "detail", "file"]
            .map(|page| self.lab.show(&format!("show license {page}")))
            .concat()
    }

    pub(crate) fn statistic(&self, name: &str) -> u32 {
        let shown = self.lab.show("show license statistics");
        let line = shown.lines().find(|line| line.contains(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Types `lines` at the console.
    pub(crate) fn types(self, lines: &[&str]) -> (Self, String) {
        let mut desk = Desk {
            lab: self.lab,
            session: Session::open(privileged()),
        };
        let text = desk.transcript(lines);
        (Self { lab: desk.lab }, text)
    }
}
