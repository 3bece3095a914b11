//! The device core: what one Cisco device is and does, as a state machine without input or output.
//!
//! A [`Device`] is fed inputs with the device's time and answers with outputs; it never meets a
//! socket, a clock, a thread or a source of randomness of its own. The same object therefore runs
//! under actors in real time, in a simulation of a month, and in a test of a microsecond.
//!
//! ```
//! use emulator::{Catalogue, Configuration, Device, DeviceModel, Input, Output, Seed, SystemEvent};
//!
//! let platform = Catalogue::built_in()?.find("CISCO2951").ok_or("no such model")?;
//! let parsed = emulator::config::parse::parse(
//!     "service call-home\n\
//!      call-home\n \
//!       contact-email-addr noc@example.com\n \
//!       mail-server smtp.example.com priority 1\n \
//!       profile noc\n  \
//!        destination address email noc@example.com\n  \
//!        subscribe-to-alert-group syslog severity minor\n",
//! );
//! assert!(parsed.is_clean());
//! let model = DeviceModel::new(platform, parsed.configuration).shared();
//! let booted_at = "2026-03-14T10:50:00Z".parse()?;
//! let mut device = Device::in_fleet(&model, "branch", 17, Seed(7), booted_at);
//!
//! let mut outputs = Vec::new();
//! let line = "%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down";
//! let event = Input::Event(SystemEvent::Syslog(line.into()));
//! device.handle("2026-03-14T10:51:00Z".parse()?, event, &mut outputs);
//! assert!(outputs.iter().any(|output| matches!(output, Output::Transmit(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod alert;
pub mod alert_group;
pub mod call_home;
pub mod certificate;
pub mod cli;
pub mod config;
pub mod device;
pub mod identity;
pub mod license;
pub mod message;
pub mod output;
pub mod platform;
pub mod policy;
pub mod probe;
pub mod severity;
mod show;
pub mod syslog;
pub mod template;
mod text;
pub mod time;
pub mod transfer;
pub mod transport;

pub use alert_group::{AlertGroup, MessageType};
pub use config::Configuration;
pub use device::files::{FileServers, FileUrl, Served};
pub use device::{
    Device, DeviceModel, Input, LicenseEvent, ManualMessage, RejectedRequest, Sensor, SystemEvent,
};
pub use identity::{Identity, Naming, Seed, SerialNumber};
pub use message::{Rendered, TooLarge};
pub use output::{DropAccount, LicenseFileOutcome, Output, Trap};
pub use platform::{Catalogue, Platform};
pub use policy::Policy;
pub use probe::{Probe, ProbeId, ProbeOutcome, ServerState};
pub use severity::Severity;
pub use transfer::{Asker, Errand, Transfer, TransferId, TransferOutcome};
pub use transport::{
    AttemptOutcome, MessageId, OutstandingMessage, Route, Settlement, Transmission, Transport,
};
