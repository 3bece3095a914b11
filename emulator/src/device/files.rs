//! Files that a device holds beside its image and its configurations, and file servers that answer
//! without a network.
//!
//! A hundred thousand devices that fetch a file of their own need no sockets: a server is a table
//! that the fleet shares, and a license file in it is made for whoever asks. What a device writes
//! to a server is kept with the device, since no two devices share what they write. Servers that really
//! exist are only named here: [`crate::transfer`] is how they are asked.
//! Source: reference licensing, section 4.5.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use jiff::Timestamp;

use crate::license::{Udi, issue::Delivery};

/// Bytes that the files of one device may take.
const FILES_BYTES_MAX: usize = 1 << 20;
/// Files of one device.
const FILES_MAX: usize = 64;
/// Longest name of a file.
const NAME_BYTES_MAX: usize = 128;

/// The schemes of file servers.
const NETWORK: [&str; 6] = ["tftp", "ftp", "http", "https", "scp", "rcp"];
/// Names of the same flash memory.
pub(crate) const FLASH: [&str; 3] = ["flash", "flash0", "bootflash"];

/// How a server that really exists is spoken to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Protocol {
    /// `tftp:`.
    Tftp,
    /// `http:` and `https:`.
    Http,
}

/// Where a file is: `flash:name`, `tftp://host/name`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct FileUrl {
    system: String,
    /// The host of a server; empty for a device's own file systems.
    host: String,
    path: String,
}

impl FileUrl {
    /// Reads `text`; without a file system it is a file in flash.
    ///
    /// # Errors
    /// If there is no such file system, or no name.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let bad = |why| FileError {
            url: text.to_owned(),
            why,
        };
        let (system, rest) = text.split_once(':').unwrap_or(("flash", text));
        let system = system.to_ascii_lowercase();
        let (host, path) = match NETWORK.contains(&system.as_str()) {
            true => rest
                .strip_prefix("//")
                .and_then(|rest| rest.split_once('/'))
                .filter(|(host, _)| !host.is_empty())
                .ok_or_else(|| bad(WhyNot::BadName))?,
            false => ("", rest.trim_start_matches('/')),
        };
        let known = host.is_empty()
            && (FLASH.contains(&system.as_str())
                || matches!(
                    system.as_str(),
                    "nvram" | "usbflash0" | "usbflash1" | "system" | "tmpsys"
                ));
        if !known && host.is_empty() {
            return Err(bad(WhyNot::NoDevice));
        }
        if path.is_empty() || path.len() > NAME_BYTES_MAX {
            return Err(bad(WhyNot::BadName));
        }
        let system = match FLASH.contains(&system.as_str()) {
            true => "flash".to_owned(),
            false => system,
        };
        Ok(Self {
            system,
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }

    /// The file system, `flash` for all its names.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// How its server is spoken to where that really exists; `None` for file systems of the device, and
    /// for schemes that nobody speaks to real servers.
    pub fn protocol(&self) -> Option<Protocol> {
        match self.system.as_str() {
            "tftp" => Some(Protocol::Tftp),
            "http" | "https" => Some(Protocol::Http),
            _ => None,
        }
    }

    /// The name of its server in lower case, without the user and the port that may stand around it.
    pub fn server(&self) -> String {
        let named = self.host.rsplit('@').next().unwrap_or_default();
        let name = match named
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Some((name, _)) => name,
            None => named.split(':').next().unwrap_or_default(),
        };
        name.to_ascii_lowercase()
    }

    /// Whether files of its file system can be written.
    pub(crate) fn is_writable(&self) -> bool {
        !matches!(self.system(), "system" | "tmpsys" | "http" | "https")
    }

    /// The host of a server, as it was typed.
    pub fn host(&self) -> Option<&str> {
        (!self.host.is_empty()).then_some(self.host.as_str())
    }

    /// The same place under another name.
    pub fn named(&self, path: &str) -> Self {
        Self {
            path: path.trim_start_matches('/').to_owned(),
            ..self.clone()
        }
    }

    /// That the file is not opened, because of `why`.
    pub(crate) fn not_opened(&self, why: WhyNot) -> FileError {
        FileError {
            url: self.to_string(),
            why,
        }
    }

    /// The name within the file system or server.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for FileUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host() {
            Some(host) => write!(formatter, "{}://{host}/{}", self.system, self.path),
            None => write!(formatter, "{}:{}", self.system, self.path),
        }
    }
}

/// Why a file is not opened, as the device words it in brackets.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum WhyNot {
    /// There is no such file.
    #[error("File not found")]
    NotFound,
    /// No server answers.
    #[error("Timed out")]
    TimedOut,
    /// There is no such file system.
    #[error("No such device")]
    NoDevice,
    /// It has no name, or one that is too long.
    #[error("Invalid argument")]
    BadName,
    /// The file system cannot be written to.
    #[error("Permission denied")]
    ReadOnly,
    /// The file system is full.
    #[error("No space left on device")]
    Full,
    /// The file is larger than what is taken.
    #[error("File too large")]
    TooLarge,
    /// The server refused for a reason of its own.
    #[error("Undefined error")]
    Refused,
    /// The connection to the server was refused or broke.
    #[error("I/O error")]
    Broken,
}

/// A file that is not opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("%Error opening {url} ({why})")]
pub struct FileError {
    url: String,
    /// Why.
    pub why: WhyNot,
}

/// What a server has under a name.
#[derive(Clone, Debug)]
pub enum Served {
    /// The same bytes for everybody.
    Bytes(Arc<[u8]>),
    /// License files, one for each device that asks.
    Licenses(Arc<Delivery>),
}

/// File servers by host and path. The path may be `*`, which stands for every name. Beside them, the
/// names of those that really exist, which are asked for whatever is not in the tables.
#[derive(Clone, Debug, Default)]
pub struct FileServers {
    files: BTreeMap<(String, String), Served>,
    reached: BTreeSet<(Protocol, String)>,
}

impl FileServers {
    /// Lets the server `host` have `served` under `path`.
    pub fn put(&mut self, host: &str, path: &str, served: Served) {
        self.files
            .insert((host.to_owned(), path.to_owned()), served);
    }

    /// Lets the server `host` be one that really exists, to be spoken to by `protocol`.
    pub fn reach(&mut self, protocol: Protocol, host: &str) {
        self.reached.insert((protocol, host.to_ascii_lowercase()));
    }

    /// Whether the file at `url` is on a server that really exists.
    pub(crate) fn reaches(&self, url: &FileUrl) -> bool {
        let Some(protocol) = url.protocol().filter(|_| !self.reached.is_empty()) else {
            return false;
        };
        self.reached.contains(&(protocol, url.server())) && self.served(url).is_none()
    }

    fn served(&self, url: &FileUrl) -> Option<&Served> {
        let key = |path: &str| (url.host.clone(), path.to_owned());
        let named = self.files.get(&key(&url.path));
        named.or_else(|| self.files.get(&key("*")))
    }

    fn get(&self, url: &FileUrl, udi: &Udi) -> Result<Arc<[u8]>, WhyNot> {
        match self.served(url) {
            Some(Served::Bytes(bytes)) => Ok(Arc::clone(bytes)),
            Some(Served::Licenses(delivery)) => Ok(delivery.file(udi).into()),
            None if self.files.keys().any(|(host, _)| *host == url.host) => Err(WhyNot::NotFound),
            None => Err(WhyNot::TimedOut),
        }
    }
}

/// A file that a device has written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) bytes: Arc<[u8]>,
    /// When, by the clock of the device.
    pub(crate) at: Timestamp,
}

/// The files that one device has written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<FileUrl, Written>,
}

impl Files {
    /// The file at `url`, of the device's own or of one of `servers`, which serve `udi`.
    pub(crate) fn read(
        own: Option<&Self>,
        servers: &FileServers,
        udi: &Udi,
        url: &FileUrl,
    ) -> Result<Arc<[u8]>, FileError> {
        let written = own.and_then(|own| own.files.get(url));
        let found = match (written, url.host()) {
            (Some(written), _) => Ok(Arc::clone(&written.bytes)),
            (None, Some(_)) => servers.get(url, udi),
            (None, None) => Err(WhyNot::NotFound),
        };
        found.map_err(|why| url.not_opened(why))
    }

    /// Writes `bytes` to `url` at `at`, in the place of what was there.
    pub(crate) fn write(
        &mut self,
        url: &FileUrl,
        bytes: Arc<[u8]>,
        at: Timestamp,
    ) -> Result<(), FileError> {
        let no = |why| Err(url.not_opened(why));
        if !url.is_writable() {
            return no(WhyNot::ReadOnly);
        }
        let others = self.files.iter().filter(|(own, _)| *own != url);
        let (count, size) = others.fold((0, 0), |(count, size), (_, written)| {
            (count + 1, size + written.bytes.len())
        });
        if count >= FILES_MAX || size + bytes.len() > FILES_BYTES_MAX {
            return no(WhyNot::Full);
        }
        self.files.insert(url.clone(), Written { bytes, at });
        Ok(())
    }

    /// Whether there is a file at `url`.
    pub(crate) fn has(&self, url: &FileUrl) -> bool {
        self.files.contains_key(url)
    }

    /// Takes the file at `url` away; whether there was one.
    pub(crate) fn delete(&mut self, url: &FileUrl) -> bool {
        self.files.remove(url).is_some()
    }

    /// Takes every file of `system` away.
    pub(crate) fn erase(&mut self, system: &str) {
        self.files.retain(|url, _| url.system != system);
    }

    /// The files of `system`, by name.
    pub(crate) fn of<'f>(
        &'f self,
        system: &'f str,
    ) -> impl Iterator<Item = (&'f str, &'f Written)> {
        self.files
            .iter()
            .filter(move |(url, _)| url.system == system && url.host.is_empty())
            .map(|(url, written)| (url.path.as_str(), written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> FileUrl {
        FileUrl::parse(text).unwrap()
    }

    #[test]
    fn addresses_of_files_are_taken_apart() {
        assert_eq!(url("a.lic"), url("flash:/a.lic"));
        assert_eq!(url("flash0:a.lic").to_string(), "flash:a.lic");
        let remote = url("TFTP://infra-sun/license/38a.lic");
        assert_eq!(
            (remote.host(), remote.path()),
            (Some("infra-sun"), "license/38a.lic")
        );
        assert_eq!(remote.to_string(), "tftp://infra-sun/license/38a.lic");
        for (text, why) in [
            ("disk9:a", WhyNot::NoDevice),
            ("flash:", WhyNot::BadName),
            ("tftp:a", WhyNot::BadName),
            ("tftp:///a", WhyNot::BadName),
        ] {
            assert_eq!(FileUrl::parse(text).unwrap_err().why, why, "{text}");
        }
    }

    #[test]
    fn servers_that_exist_are_asked_for_what_no_table_has() {
        let mut servers = FileServers::default();
        servers.reach(Protocol::Tftp, "Files");
        servers.reach(Protocol::Http, "10.0.0.1");
        let bytes: Arc<[u8]> = Arc::from(&b"x"[..]);
        servers.put("files", "table", Served::Bytes(bytes));
        for (text, reached) in [
            ("tftp://files/a", true),
            ("tftp://FILES/dir/a", true),
            ("tftp://files/table", false),
            ("http://files/a", false),
            ("ftp://files/a", false),
            ("https://user:word@10.0.0.1:8443/a", true),
            ("tftp://other/a", false),
            ("flash:a", false),
        ] {
            assert_eq!(servers.reaches(&url(text)), reached, "{text}");
        }
        assert_eq!(url("http://[2001:DB8::1]:80/a").server(), "2001:db8::1");
    }

    #[test]
    fn what_a_device_writes_it_reads_until_its_memory_is_full() {
        let (mut files, servers) = (Files::default(), FileServers::default());
        let udi = Udi::new("CISCO2951/K9", "FTX1000A001");
        let read = |files: &Files, at: &str| Files::read(Some(files), &servers, &udi, &url(at));
        let mut write =
            |at: &str, bytes: Vec<u8>| files.write(&url(at), bytes.into(), Timestamp::UNIX_EPOCH);
        write("flash:a", b"one".to_vec()).unwrap();
        write("tftp://host/a", b"two".to_vec()).unwrap();
        let full = write("b", vec![0; FILES_BYTES_MAX]).unwrap_err();
        assert_eq!(&*read(&files, "flash0:a").unwrap(), b"one");
        assert_eq!(&*read(&files, "tftp://host/a").unwrap(), b"two");
        assert_eq!(
            read(&files, "tftp://host/b").unwrap_err().why,
            WhyNot::TimedOut
        );
        assert_eq!(read(&files, "flash:b").unwrap_err().why, WhyNot::NotFound);
        assert_eq!(
            full.to_string(),
            "%Error opening flash:b (No space left on device)"
        );
        assert!(files.delete(&url("a")) && !files.delete(&url("a")));
    }
}
