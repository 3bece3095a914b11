//! What is written in the memories of the chassis and its cards.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{Row, Token::Word},
    device::DeviceView,
    platform::{Platform, Software},
};

/// The command by which alert groups ask for the addresses of the chassis.
const ADDRESSES: &str = "show diag all eeprom detail | include MAC";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("diag")], by_slot, "").with_help(&[("diag", "Show diagnostic information for port adapters/modules")]).on(is_ios_router),
    Row::exec(1, &[Word("show"), Word("diag"), Word("all"), Word("eeprom")], all, "").on(has_memories),
    Row::exec(1, &[Word("show"), Word("diag"), Word("all"), Word("eeprom"), Word("detail")], all, "").on(has_memories),
];

fn is_ios_router(platform: &Platform) -> bool {
    platform.software == Software::Ios
}

fn has_memories(platform: &Platform) -> bool {
    platform.prints(ADDRESSES)
}

/// One memory: whose it is, and its fields.
struct Memory {
    slot: String,
    description: String,
    fields: String,
}

fn fields(pairs: &[(&str, &str)]) -> String {
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    let lines = filled.map(|(name, value)| format!("        {name:<25}: {value}\n"));
    lines.collect()
}

/// The memory of the chassis, then those of its cards.
fn memories(view: &DeviceView<'_>) -> Vec<Memory> {
    let platform = view.platform();
    let mut addresses = Vec::new();
    view.device
        .push_command_output(&mut addresses, ADDRESSES, view.now);
    let addresses = String::from_utf8_lossy(&addresses);
    let chassis = fields(&[
        ("Product Identifier (PID)", &platform.pid),
        ("Version Identifier (VID)", &platform.vid),
        ("Chassis Serial Number", view.serial.as_str()),
        ("Part Number", &platform.part_number),
        ("Hardware Revision", &platform.hardware_version),
    ]);
    let mut memories = vec![Memory {
        slot: String::new(),
        description: platform.pid.clone(),
        fields: format!("{chassis}{addresses}"),
    }];
    for (position, card) in view.cards() {
        memories.push(Memory {
            slot: card.slot.clone(),
            description: card.description.clone(),
            fields: fields(&[
                ("Product Identifier (PID)", &card.pid),
                ("Version Identifier (VID)", &card.vid),
                ("PCB Serial Number", view.card_serial(position).as_str()),
                ("Part Number", &card.part_number),
                ("Hardware Revision", &card.hardware_version),
            ]),
        });
    }
    memories
}

fn all(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    for memory in memories(&call.device.view(call.now)) {
        let whose = match memory.slot.as_str() {
            "" => "MIDPLANE".to_owned(),
            slot => format!("Slot {slot}"),
        };
        call.print(&format!("{whose} EEPROM data:\n\n{}", memory.fields));
    }
    Next::Prompt
}

fn by_slot(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    for memory in memories(&call.device.view(call.now)) {
        let Memory {
            slot,
            description,
            fields,
        } = memory;
        let head = match slot.as_str() {
            "" => format!("Backplane:\n        {description}"),
            slot => format!("Slot {slot}:\n        {description}"),
        };
        call.print(&format!(
            "{head}\n        EEPROM contents at hardware discovery:\n{fields}"
        ));
    }
    Next::Prompt
}
