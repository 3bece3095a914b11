//! What the micro-benchmarks have in common: a device with something to report.

use std::sync::Arc;

use emulator::{
    AttemptOutcome, Catalogue, Device, DeviceModel, Input, MessageId, Output, Seed, SystemEvent,
    config,
};
use jiff::{SignedDuration, Timestamp};

/// Configuration of a device that reports every log line in `format` by `transport`.
pub fn configuration(format: &str, transport: &str) -> String {
    let other = if transport == "email" {
        ""
    } else {
        "  no destination transport-method email\n"
    };
    format!(
        "service call-home\nhostname {{hostname}}\ncall-home\n contact-email-addr noc@example.net\n \
         site-id \"{{site}}\"\n rate-limit 60\n mail-server smtp.example.net priority 1\n \
         profile noc\n  destination preferred-msg-format {format}\n  \
         destination transport-method {transport}\n{other}  \
         destination address email noc@example.net\n  \
         destination address http https://receiver.example.net/in\n  \
         subscribe-to-alert-group inventory\n  \
         subscribe-to-alert-group syslog severity debugging\n"
    )
}

/// A model of `platform` with the configuration `text`.
///
/// # Panics
/// When the platform or the configuration is not known: a benchmark of nothing is none.
pub fn model(platform: &str, text: &str) -> Arc<DeviceModel> {
    let parsed = config::parse::parse(text);
    assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
    let platform = Catalogue::built_in()
        .ok()
        .and_then(|catalogue| catalogue.find(platform));
    let Some(platform) = platform else {
        panic!("no such platform");
    };
    DeviceModel::new(platform, parsed.configuration).shared()
}

/// When benchmarks begin.
pub fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 56)
}

/// A device with `lines` lines in its log and one message on its way; the message and the time.
///
/// # Panics
/// When nothing is sent: a benchmark of nothing is none.
pub fn reporting_device(model: &Arc<DeviceModel>, lines: u32) -> (Device, MessageId, Timestamp) {
    let mut device = Device::in_fleet(model, "bench", 17, Seed(7), start());
    let mut outputs = Vec::new();
    let mut now = start();
    let mut last = None;
    for number in 0..lines {
        now += SignedDuration::from_secs(61);
        let event = SystemEvent::Syslog(log_line(number).into());
        device.handle(now, Input::Event(event), &mut outputs);
        for output in std::mem::take(&mut outputs) {
            if let Output::Transmit(transmission) = output {
                last = Some(transmission.id);
                if number + 1 < lines {
                    let id = transmission.id;
                    let outcome = AttemptOutcome::Accepted;
                    device.handle(now, Input::Outcome { id, outcome }, &mut outputs);
                }
            }
        }
        outputs.clear();
    }
    let Some(id) = last else {
        panic!("the device sent nothing");
    };
    (device, id, now)
}

/// The log line number `number`; no two are equal.
pub fn log_line(number: u32) -> String {
    format!(
        "%LINK-3-UPDOWN: Interface GigabitEthernet0/{}, changed state to {} ({number})",
        number % 48,
        if number.is_multiple_of(2) {
            "up"
        } else {
            "down"
        },
    )
}
