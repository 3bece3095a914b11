//! Where a model keeps its image and its configurations, as its `show version` says it.
//!
//! Reading the sizes from that one text keeps all outputs in agreement with it.

/// A file system on a disk of the device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Disk {
    /// Its name, without the colon.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The file systems of a model, its image and its configuration register.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Storage {
    /// The disks; the first holds the image.
    pub disks: Vec<Disk>,
    /// Bytes of the NVRAM.
    pub nvram_bytes: u64,
    /// Name of the image in its file system.
    pub image: String,
    /// The configuration register, as devices write it.
    pub configuration_register: String,
}

/// Bytes of the disk with the image where `show version` does not say it.
const IMAGE_DISK_BYTES_DEFAULT: u64 = 512_065_536;

impl Storage {
    /// What `version`, the output of `show version`, says.
    pub(super) fn of_version(version: &str) -> Self {
        let behind = |words: &str| {
            version
                .lines()
                .find_map(|line| Some(line.split_once(words)?.1))
        };
        let file = behind("System image file is \"").unwrap_or_default();
        let file = file.split('"').next().unwrap_or_default();
        let (system, image) = file.split_once(':').unwrap_or(("flash", file));
        let mut storage = Self {
            image: image.trim_start_matches('/').to_owned(),
            configuration_register: behind("Configuration register is ")
                .unwrap_or_default()
                .to_owned(),
            ..Self::default()
        };
        let sized = version
            .lines()
            .filter_map(|line| line.split_once("K bytes of "));
        for (kilobytes, what) in sized {
            let Ok(kilobytes) = kilobytes.parse::<u64>() else {
                continue;
            };
            if what.contains("non-volatile") || what.starts_with("NVRAM") {
                storage.nvram_bytes = nvram_bytes(kilobytes);
            } else if let Some((_, name)) = what.split_once(" at ") {
                storage.add(name.trim_end_matches(['.', ':']), kilobytes * 1024);
            } else if what.contains("CompactFlash") || what.contains("System flash") {
                storage.add(system, kilobytes * 1024);
            }
        }
        if storage.disks.iter().all(|disk| disk.name != system) {
            storage.add(system, IMAGE_DISK_BYTES_DEFAULT);
        }
        storage.disks.sort_by_key(|disk| disk.name != system);
        storage
    }

    fn add(&mut self, name: &str, bytes: u64) {
        self.disks.push(Disk {
            name: name.to_owned(),
            bytes,
        });
    }

    /// The disk called `name`; `flash` and `bootflash` mean the one with the image wherever no
    /// other has that name, and so does no name at all.
    pub(crate) fn disk(&self, name: &str) -> Option<&Disk> {
        let named = self.disks.iter().find(|disk| disk.name == name);
        let alias = matches!(name, "" | "flash" | "bootflash");
        named.or_else(|| self.disks.first().filter(|_| alias))
    }
}

/// Devices whose NVRAM has a trailer of eight bytes print one kilobyte less than it has.
fn nvram_bytes(kilobytes: u64) -> u64 {
    match kilobytes % 2 {
        0 => kilobytes * 1024,
        _ => (kilobytes + 1) * 1024 - 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Catalogue;

    #[test]
    fn every_model_says_where_its_image_and_its_configurations_are() {
        for platform in Catalogue::built_in().unwrap().iter() {
            let storage = &platform.storage;
            assert!(storage.nvram_bytes > 200_000, "{}", platform.pid);
            assert!(storage.disks[0].bytes > 100_000_000, "{}", platform.pid);
            assert!(storage.configuration_register.starts_with("0x"));
            let image = storage.image.as_str();
            assert!(
                image.ends_with(".bin") || image == "packages.conf",
                "{image}"
            );
        }
    }

    #[test]
    fn a_trailer_of_eight_bytes_is_part_of_odd_sizes() {
        assert_eq!(nvram_bytes(255), 262_136);
        assert_eq!(nvram_bytes(32_768), 33_554_432);
    }
}
