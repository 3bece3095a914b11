//! The outputs of exec commands.

pub(crate) mod call_home;
pub(crate) mod interfaces;
pub(crate) mod license;

use crate::{
    device::DeviceView,
    platform::{CommandSource, TriggerCommand},
    template::{Slot, SlotValues, Template},
    text::{push, push_decimal, push_line},
};

/// Appends the output of `command`, without the command and without a prompt; ends with a line feed
/// unless it is empty.
pub(crate) fn push_output(out: &mut Vec<u8>, view: &DeviceView<'_>, command: &TriggerCommand) {
    match &command.source {
        CommandSource::Logging => push_logging(out, view),
        CommandSource::RunningConfig { all } => {
            push(out, "Building configuration...\n\n");
            push_sized(out, "Current configuration : ", " bytes", |out| {
                view.push_configuration(out, view.running(), *all);
            });
        }
        CommandSource::StartupConfig => {
            let end = format!(" out of {} bytes", view.platform().storage.nvram_bytes);
            push_sized(out, "Using ", &end, |out| {
                view.push_configuration(out, view.startup(), false);
            });
        }
        CommandSource::Inventory => push_inventory(out, view),
        CommandSource::Clock => {
            view.push_slot(out, Slot::Clock);
            out.push(b'\n');
        }
        CommandSource::CallHome(page) => call_home::push_page(out, view, &page.0),
        CommandSource::License(page) => view.push_licenses(out, &page.0, 0),
        CommandSource::Text(text) => {
            push_text(out, view, &command.line, text);
        }
        CommandSource::Unknown => {
            for _ in 0..=view.hostname.len() {
                out.push(b' ');
            }
            push(out, "^\n% Invalid input detected at '^' marker.\n");
        }
    }
}

/// Appends the model's own text for `line`, with what is wrong with this device.
fn push_text(out: &mut Vec<u8>, view: &DeviceView<'_>, line: &str, text: &Template) {
    let start = out.len();
    text.push(out, view);
    let faults = view.faults();
    for alarm in view.platform().alarms() {
        if alarm.command == line && faults.alarmed(alarm.sensor) {
            replace_first(out, start, &alarm.normal, &alarm.alarmed);
        }
    }
    let failed = faults.diagnostic.map(|fault| fault.card);
    if let Some(section) = failed.and_then(|card| view.platform().unlisted_result(line, card)) {
        push(out, "\n\n");
        section.push(out, view);
    }
    out.push(b'\n');
}

/// Replaces the first `old` from `start` on by `new`.
fn replace_first(out: &mut Vec<u8>, start: usize, old: &str, new: &str) {
    if let Some(at) = memchr::memmem::find(&out[start..], old.as_bytes()) {
        let at = start + at;
        out.splice(at..at + old.len(), new.bytes());
    }
}

/// Appends a line with the size of what `write` writes, and what it writes.
fn push_sized(out: &mut Vec<u8>, before: &str, after: &str, write: impl Fn(&mut Vec<u8>)) {
    let mut text = Vec::with_capacity(4096);
    write(&mut text);
    push(out, before);
    push_decimal(out, text.len() as u64);
    push_line(out, after);
    out.append(&mut text);
}

fn push_logging(out: &mut Vec<u8>, view: &DeviceView<'_>) {
    let lines = view.lines_logged();
    push(
        out,
        "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)\n\n\
         No Active Message Discriminator.\n\n\n\n\
         No Inactive Message Discriminator.\n\n\n\
         \x20   Console logging: level debugging, ",
    );
    push_decimal(out, lines);
    push(
        out,
        " messages logged, xml disabled,\n                     filtering disabled\n\
         \x20   Monitor logging: level debugging, 0 messages logged, xml disabled,\n\
         \x20                    filtering disabled\n\
         \x20   Buffer logging:  level debugging, ",
    );
    push_decimal(out, lines);
    push(
        out,
        " messages logged, xml disabled,\n                    filtering disabled\n\
         \x20   Exception Logging: size (4096 bytes)\n\
         \x20   Count and timestamp logging messages: disabled\n\
         \x20   Persistent logging: disabled\n\n\
         No active filter modules.\n\n\
         \x20   Trap logging: level informational, ",
    );
    push_decimal(out, lines);
    push(
        out,
        " message lines logged\n        Logging Source-Interface:       VRF Name:\n\nLog Buffer (",
    );
    push_decimal(out, view.running().log_buffer_bytes.into());
    push(out, " bytes):\n\n");
    view.push_log(out);
}

fn push_inventory(out: &mut Vec<u8>, view: &DeviceView<'_>) {
    let platform = view.platform();
    let description = Template::new(&platform.chassis_description);
    push_unit(
        out,
        (&platform.chassis_name, &description.fill(view)),
        (&platform.pid, &platform.vid, view.serial.as_str()),
    );
    for (position, card) in view.cards() {
        let serial = view.card_serial(position);
        out.push(b'\n');
        push_unit(
            out,
            (&card.name, &card.description),
            (&card.pid, &card.vid, serial.as_str()),
        );
    }
}

fn push_unit(
    out: &mut Vec<u8>,
    (name, description): (&str, &str),
    (pid, vid, serial): (&str, &str, &str),
) {
    push(out, "NAME: \"");
    push(out, name);
    push(out, "\", DESCR: \"");
    push(out, description);
    push(out, "\"\nPID: ");
    push(out, pid);
    // Devices pad the identifiers to columns.
    for _ in pid.len()..18 {
        out.push(b' ');
    }
    push(out, ", VID: ");
    push(out, vid);
    for _ in vid.len()..4 {
        out.push(b' ');
    }
    push(out, ", SN: ");
    push_line(out, serial);
}
