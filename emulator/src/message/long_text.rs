//! Messages in long text: labelled lines, then the command outputs.
//!
//! Labels and order follow the command reference's sample; reference, section 4.4.

use crate::{
    platform::Card,
    text::{push, push_decimal, push_line},
};

use super::{attachments::push_attachment, content::Content};

/// Appends the message.
pub(super) fn push_message(out: &mut Vec<u8>, content: &Content<'_>) {
    push_event(out, content);
    push_contact(out, content);
    push_chassis(out, content);
    for command in content.commands.iter() {
        field(out, "Command Output Name", &command.line);
        field(out, "Attachment Type", "command output");
        field(out, "MIME Type", "text/plain");
        push(out, "Command Output Text : \n");
        push_attachment(out, content, command);
    }
}

/// What happened, and on which device.
fn push_event(out: &mut Vec<u8>, content: &Content<'_>) {
    let platform = content.view.platform();
    let settings = content.settings();
    let device_id = format!("{}@C@{}", platform.pid, content.serial);
    push(out, "TimeStamp : ");
    let at = content.view.local(content.alert.at);
    at.push_stamp_to_the_minute(out);
    out.push(b'\n');
    field(out, "Message Name", content.alert.kind.word());
    field(out, "Message Type", "Call Home");
    field(out, "Message Group", content.message_group());
    push(out, "Severity Level : ");
    push_decimal(out, content.alert.severity.level().into());
    out.push(b'\n');
    field(out, "Source ID", &platform.family);
    field(out, "Device ID", &device_id);
    field(out, "Customer ID", &content.personal(&settings.customer_id));
    field(out, "Contract ID", &content.personal(&settings.contract_id));
    field(out, "Site ID", &content.personal(&settings.site_id));
    field(out, "Server ID", &device_id);
    field(out, "Event Description", &content.alert.description);
}

/// Who looks after the device.
fn push_contact(out: &mut Vec<u8>, content: &Content<'_>) {
    let settings = content.settings();
    let personal = |value| content.personal(value);
    field(out, "System Name", &content.header_hostname());
    field(out, "Contact Email", &personal(&settings.contact_email));
    field(out, "Contact Phone", &personal(&settings.phone_number));
    field(out, "Street Address", &personal(&settings.street_address));
}

/// The chassis, and the units that the event is about.
fn push_chassis(out: &mut Vec<u8>, content: &Content<'_>) {
    let platform = content.view.platform();
    field(out, "Affected Chassis", &platform.pid);
    field(
        out,
        "Affected Chassis Serial Number",
        content.serial.as_str(),
    );
    field(out, "Affected Chassis Part No", &platform.part_number);
    field(
        out,
        "Affected Chassis Hardware Version",
        &platform.hardware_version,
    );
    let cards = content.cards();
    if !cards.is_empty() {
        field(
            out,
            "Supervisor Software Version",
            &platform.software_version,
        );
    }
    for (position, card) in cards {
        push_card(out, card, &content.card_serial(position));
    }
}

fn push_card(out: &mut Vec<u8>, card: &Card, serial: &str) {
    field(out, "Affected FRU Name", &card.pid);
    field(out, "Affected FRU Serial Number", serial);
    field(out, "Affected FRU Part No", &card.part_number);
    field(out, "FRU Slot", &card.slot);
    field(out, "FRU Hardware Version", &card.hardware_version);
    field(out, "FRU Software Version", &card.software_version);
}

/// Appends `LABEL : VALUE`; a value that is not set leaves its place empty.
fn field(out: &mut Vec<u8>, label: &str, value: &str) {
    push(out, label);
    push(out, " : ");
    push_line(out, value);
}
