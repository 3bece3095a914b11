//! The devices heard of, as the portal behind the real service would list them.
//!
//! A device registers with a full inventory that names a contact; its confirmation on the portal is
//! given at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::intake::Message;

/// Devices remembered unless set otherwise; those that come later are only counted.
pub const DEVICES_MAX_DEFAULT: usize = 100_000;

/// Devices in one listing.
pub const DEVICES_LISTED_MAX: usize = 10_000;

/// Longest contact address kept, in bytes.
const CONTACT_BYTES_MAX: usize = 200;

/// What becomes of a device that asks to be registered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Confirmation {
    /// It is confirmed at once.
    #[default]
    Automatic,
    /// It waits, pending.
    Never,
}

/// How far a device has come on the portal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// It sends messages and has not asked to be registered.
    Unknown,
    /// It sent a full inventory with a contact.
    Pending,
    /// It is confirmed.
    Registered,
}

/// What is known of one device.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Device {
    /// Serial number of the chassis.
    pub serial: String,
    /// The contact's e-mail address as last reported; empty if none was.
    pub contact: String,
    /// How far it has come.
    pub registration: Registration,
    /// When the first message arrived, in milliseconds since 1970 UTC.
    pub first_seen_unix_ms: u64,
    /// When the latest message arrived, in milliseconds since 1970 UTC.
    pub last_seen_unix_ms: u64,
    /// Messages accepted, duplicates not counted.
    pub messages: u64,
}

/// All devices heard of, up to a limit.
#[derive(Debug)]
pub struct Devices {
    confirmation: Confirmation,
    devices_max: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: BTreeMap<String, Device>,
    /// Messages from devices beyond the limit.
    not_listed: u64,
}

/// The JSON of a listing.
#[derive(Serialize)]
struct Listing<'a> {
    known: usize,
    messages_not_listed: u64,
    devices: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    device_id: &'a str,
    #[serde(flatten)]
    device: &'a Device,
}

impl Default for Devices {
    fn default() -> Self {
        Self::new(Confirmation::default(), DEVICES_MAX_DEFAULT)
    }
}

impl Devices {
    /// An empty list that takes up to `devices_max` devices.
    #[must_use]
    pub fn new(confirmation: Confirmation, devices_max: usize) -> Self {
        Self {
            confirmation,
            devices_max,
            known: Mutex::default(),
        }
    }

    /// Notes an accepted message.
    pub(crate) fn note(&self, message: &Message<'_>, received: SystemTime) {
        let received_unix_ms = unix_ms(received);
        let mut known = self.lock();
        if let Some(device) = known.by_id.get_mut(message.device_id.as_ref()) {
            self.update(device, message, received_unix_ms);
        } else if known.by_id.len() == self.devices_max {
            known.not_listed += 1;
        } else {
            let mut device = Device {
                serial: message.chassis_serial.to_string(),
                contact: String::new(),
                registration: Registration::Unknown,
                first_seen_unix_ms: received_unix_ms,
                last_seen_unix_ms: received_unix_ms,
                messages: 0,
            };
            self.update(&mut device, message, received_unix_ms);
            known.by_id.insert(message.device_id.to_string(), device);
        }
    }

    fn update(&self, device: &mut Device, message: &Message<'_>, received_unix_ms: u64) {
        device.last_seen_unix_ms = device.last_seen_unix_ms.max(received_unix_ms);
        device.messages += 1;
        let contact = message.contact_email.as_ref();
        let contact = &contact[..contact.floor_char_boundary(CONTACT_BYTES_MAX)];
        // A message without a contact is anonymous: it neither registers the device nor erases what
        // is known.
        if contact.is_empty() {
            return;
        }
        if device.contact != contact {
            device.contact = contact.to_owned();
        }
        let asks = message.kind == "inventory" && message.event_subtype == "full";
        if asks && device.registration == Registration::Unknown {
            device.registration = match self.confirmation {
                Confirmation::Automatic => Registration::Registered,
                Confirmation::Never => Registration::Pending,
            };
        }
    }

    /// What is known of the device with this id, `TYPE@C@SERIAL`.
    #[must_use]
    pub fn device(&self, device_id: &str) -> Option<Device> {
        self.lock().by_id.get(device_id).cloned()
    }

    /// The first [`DEVICES_LISTED_MAX`] devices in order of their ids, as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let known = self.lock();
        let devices = known.by_id.iter().take(DEVICES_LISTED_MAX);
        let listing = Listing {
            known: known.by_id.len(),
            messages_not_listed: known.not_listed,
            devices: devices
                .map(|(device_id, device)| Entry { device_id, device })
                .collect(),
        };
        // Numbers and strings always have a JSON form, so the empty object is for the impossible.
        serde_json::to_string(&listing).unwrap_or_else(|_| "{}".to_owned())
    }

    /// A panic elsewhere leaves at worst one device half updated.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
