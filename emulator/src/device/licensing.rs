//! Licenses in a device: its identifiers, its clock and its log around what [`crate::license`] does.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::{
    Device,
    files::{FileError, FileUrl, Files, WhyNot},
};
use crate::{
    config::Configuration,
    identity::SerialNumber,
    license::{
        Udi,
        course::{self, Wanted},
        ending,
        log::LicenseLog,
        shelf::{Ground, Shelf},
        space::{self, Nvram},
        store::Licenses,
    },
    output::Output,
};

/// The licenses of a device behind its first boot, and when that was, in seconds since 1970; worked
/// out once for all devices of a model.
#[derive(Clone, Debug, Default)]
pub struct FirstBoot(OnceLock<(Licenses, u32)>);

/// Cards of a stack member in the order in which serial numbers are given out, so that a member's
/// chassis has one that no card of the first has.
const MEMBER_SERIALS_FROM: u8 = 40;

impl Device {
    /// What licenses know the device by: one for every member of its stack.
    pub fn udis(&self) -> Vec<Udi> {
        let platform = &self.model.platform;
        let members = 0..self.model.licensing.members.max(1);
        members
            .map(|member| {
                let serial = match member {
                    0 => self.serial(),
                    _ => SerialNumber::of_card(
                        platform.serial_style,
                        self.identity.device,
                        MEMBER_SERIALS_FROM + member,
                    ),
                };
                Udi::new(&platform.pid, serial.as_str())
            })
            .collect()
    }

    /// What the device says of a configuration that was written for another: for `configured`, as `PID:SN`,
    /// or for the one that the running configuration names.
    pub(crate) fn udi_warning(&self, configured: Option<String>) -> Option<String> {
        self.model.platform.licensed.as_ref()?;
        let configured = match (configured, &self.running.udi) {
            (Some(configured), _) => configured,
            (None, Some(udi)) => udi.fill(&self.identity_values()).to_string(),
            (None, None) => return None,
        };
        let own = self.udis().first()?.to_string();
        (configured != own).then(|| {
            format!(
                "%Warning: The startup-config UDI ({configured}) does not match the device UDI ({own})"
            )
        })
    }

    /// What surrounds the licenses at `now`; `None` for a model without license lines.
    pub(crate) fn license_ground(&self, now: Timestamp) -> Option<Ground<'_>> {
        Some(Ground {
            image: self.model.platform.licensed.as_ref()?,
            model: &self.model.licensing,
            udis: self.udis(),
            now_s: u32::try_from(now.as_second()).unwrap_or(0),
            ahead_s: self.wall(now).as_second() - now.as_second(),
            zone: &self.zone,
        })
    }

    /// Runs `read` with the licenses as they stand at `now`; `None` for a model without any.
    pub(crate) fn read_licenses<T>(
        &self,
        now: Timestamp,
        read: impl FnOnce(&Shelf<'_>) -> T,
    ) -> Option<T> {
        let ground = self.license_ground(now)?;
        Some(read(&ground.shelf(&self.licenses)))
    }

    /// Changes the licenses at `now` and logs what `change` says; `None` for a model without any.
    pub(crate) fn change_licenses<T>(
        &mut self,
        now: Timestamp,
        outputs: &mut Vec<Output>,
        change: impl FnOnce(&mut Licenses, &Ground<'_>, &mut Vec<LicenseLog>) -> T,
    ) -> Option<T> {
        let before = self.licenses.counters();
        let mut licenses = std::mem::take(&mut self.licenses);
        let mut log = Vec::new();
        let result = self
            .license_ground(now)
            .map(|ground| change(&mut licenses, &ground, &mut log));
        self.licenses = licenses;
        for line in log {
            self.log_and_raise(now, &line.to_string(), outputs);
        }
        self.debug_licenses(now, before);
        result
    }

    /// What the running configuration asks of licensing.
    pub(crate) fn wanted_licenses(&self) -> Wanted {
        wanted(&self.running)
    }

    /// The device came up before anybody looked: its licenses are in use, and nothing is logged.
    pub(super) fn license_at_first_boot(&mut self) {
        let booted_at = self.booted_at;
        let Some(ground) = self.license_ground(booted_at) else {
            return;
        };
        let now_s = ground.now_s;
        let (licenses, since_s) = self.model.first_boot.0.get_or_init(|| {
            let mut licenses = Licenses::default();
            course::boot(
                &mut licenses,
                &ground,
                &self.wanted_licenses(),
                &mut Vec::new(),
            );
            (licenses, now_s)
        });
        self.licenses = licenses.clone().moved(*since_s, now_s);
    }

    pub(super) fn licenses_boot(&mut self, now: Timestamp, outputs: &mut Vec<Output>) {
        let wanted = self.wanted_licenses();
        let another_image = self.boots_another_image();
        self.change_licenses(now, outputs, |licenses, ground, log| {
            if another_image && ground.image.expanded_store_bytes > 0 {
                licenses.lose_installed(ground.image, ground.now_s);
            }
            course::boot(licenses, ground, &wanted, log);
        });
    }

    pub(super) fn licenses_go_down(&mut self, now: Timestamp) {
        let mut licenses = std::mem::take(&mut self.licenses);
        if let Some(ground) = self.license_ground(now) {
            course::go_down(&mut licenses, &ground);
        }
        self.licenses = licenses;
    }

    /// What NVRAM holds beside licenses.
    pub(crate) fn nvram(&self, now: Timestamp) -> Nvram {
        let mut startup = Vec::new();
        let view = self.view(now);
        view.push_configuration(&mut startup, view.startup(), false);
        let compressed = compresses(self.startup_configuration());
        let mut nvram = Nvram {
            startup: match compressed {
                true => space::compressed_bytes(&startup),
                false => startup.len(),
            },
            compressed,
            ..Nvram::default()
        };
        for (name, written) in self.files().into_iter().flat_map(|files| files.of("nvram")) {
            match name.ends_with("-config") || name.ends_with(".cfg") {
                true => nvram.configurations += written.bytes.len(),
                false => nvram.blocks += written.bytes.len(),
            }
        }
        nvram
    }

    /// The file at `url`, for the stack member `member` where a server makes it for whoever asks.
    pub(crate) fn read_file(&self, url: &FileUrl, member: u8) -> Result<Arc<[u8]>, FileError> {
        self.check_system(url)?;
        let udis = self.udis();
        let udi = udis.get(usize::from(member)).or(udis.first());
        let nobody = Udi::new("", "");
        let udi = udi.unwrap_or(&nobody);
        Files::read(self.files.as_deref(), &self.model.servers, udi, url)
    }

    /// Writes `bytes` to `url` at `now`, in the place of what was there.
    pub(crate) fn write_file(
        &mut self,
        now: Timestamp,
        url: &FileUrl,
        bytes: Arc<[u8]>,
    ) -> Result<(), FileError> {
        self.check_system(url)?;
        if url.system() == "nvram" {
            let nvram = self.nvram(now);
            let own = self.files().into_iter().flat_map(|files| files.of("nvram"));
            let own = own.filter(|(name, _)| *name == url.path());
            let before: usize = own.map(|(_, written)| written.bytes.len()).sum();
            let others = nvram.bytes() - before;
            if (others + bytes.len()) as u64 > self.nvram_total() {
                return Err(url.not_opened(WhyNot::Full));
            }
        }
        let at = self.wall(now);
        self.files.get_or_insert_default().write(url, bytes, at)
    }

    /// Whether the file at `url` is on a server that really exists.
    pub(crate) fn reaches(&self, url: &FileUrl) -> bool {
        self.model.servers.reaches(url)
    }

    /// Whether the device has written a file to `url`.
    pub(crate) fn has_file(&self, url: &FileUrl) -> bool {
        self.files().is_some_and(|files| files.has(url))
    }

    /// Takes the file at `url` away; whether there was one.
    pub(crate) fn delete_file(&mut self, url: &FileUrl) -> bool {
        self.files.as_mut().is_some_and(|files| files.delete(url))
    }

    /// Bytes of NVRAM that licenses leave to configurations and other files.
    pub(crate) fn nvram_total(&self) -> u64 {
        let total = self.model.platform.storage.nvram_bytes;
        let image = self.model.platform.licensed.as_ref();
        let expanded = image.filter(|_| self.licenses.rare().is_some_and(|rare| rare.expanded));
        let given = expanded.map_or(0, |image| image.expanded_store_bytes - image.store_bytes);
        total.saturating_sub(given.into())
    }

    /// Whether the device has the file system of `url`.
    fn check_system(&self, url: &FileUrl) -> Result<(), FileError> {
        let known = url.host().is_some()
            || matches!(url.system(), "nvram" | "system" | "tmpsys")
            || self.model.platform.storage.disk(url.system()).is_some();
        match known {
            true => Ok(()),
            false => Err(url.not_opened(WhyNot::NoDevice)),
        }
    }

    /// Whether the device boots, by its startup configuration, another image than its own: the first
    /// image that is in flash. Such images know nothing of a license store that was made larger.
    fn boots_another_image(&self) -> bool {
        let own = &self.model.platform.storage.image;
        for image in self.boot_images() {
            let Ok(url) = FileUrl::parse(&image) else {
                continue;
            };
            if url.path() == own {
                return false;
            }
            let mut files = self
                .files()
                .into_iter()
                .flat_map(|files| files.of(url.system()));
            if files.any(|(name, _)| name == url.path()) {
                return true;
            }
        }
        false
    }

    /// The files that the device has written, if there are any.
    pub(crate) fn files(&self) -> Option<&Files> {
        self.files.as_deref()
    }

    /// When something happens to a license by itself next.
    pub(super) fn next_license_event(&self) -> Option<Timestamp> {
        match self.licenses.next_s {
            0 => None,
            next_s => Timestamp::from_second(next_s.into()).ok(),
        }
    }

    /// Works out again when something happens to a license: the clock or the zone has been changed.
    pub(super) fn plan_licenses(&mut self, now: Timestamp) {
        let mut licenses = std::mem::take(&mut self.licenses);
        if let Some(ground) = self.license_ground(now) {
            ending::plan(&mut licenses, &ground);
        }
        self.licenses = licenses;
    }

    /// Takes the licenses of a device that is up to `now` without a word.
    pub(super) fn skip_licenses_to(&mut self, now: Timestamp) {
        while let Some(due) = self.next_license_event().filter(|due| *due <= now) {
            let mut licenses = std::mem::take(&mut self.licenses);
            if let Some(ground) = self.license_ground(due) {
                ending::come_due(&mut licenses, &ground, &mut Vec::new());
            }
            self.licenses = licenses;
        }
    }

    pub(super) fn licenses_come_due(&mut self, due: Timestamp, outputs: &mut Vec<Output>) {
        self.change_licenses(due, outputs, ending::come_due);
    }
}

/// Whether `configuration` is stored compressed.
pub(crate) fn compresses(configuration: &Configuration) -> bool {
    let mut lines = configuration.verbatim.lines();
    lines.any(|line| line == "service compress-config")
}

/// What `configuration` asks of licensing.
fn wanted(configuration: &Configuration) -> Wanted {
    Wanted::of(configuration.verbatim.named("license "))
}
