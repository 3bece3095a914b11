//! What the device boots: its image, and the variables of its boot loader.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{Row, Token::Word},
    platform::Platform,
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("boot")], boot, "").with_help(&[("boot", "Show boot attributes")]).on(stacks),
    Row::exec(1, &[Word("show"), Word("bootvar")], bootvar, "").with_help(&[("bootvar", "Boot and related environment variable")]).on(has_variables),
];

/// Stackable switches boot from `flash:` and have no variables.
pub(super) fn stacks(platform: &Platform) -> bool {
    platform.stack_members_max > 1
}

fn has_variables(platform: &Platform) -> bool {
    !stacks(platform)
}

/// The variable with `images`, as the boot loader writes it; `None` when there are none.
pub(super) fn variable(images: &[String]) -> Option<String> {
    let parts = images.iter().map(|image| format!("{image},1;"));
    let text: String = parts.collect();
    (!text.is_empty()).then_some(text)
}

fn bootvar(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let variable = variable(&call.device.boot_images());
    let boot = match &variable {
        Some(text) => format!("BOOT variable = {text}"),
        None => "BOOT variable does not exist".to_owned(),
    };
    let register = call
        .device
        .model()
        .platform
        .storage
        .configuration_register
        .clone();
    let mut text = format!(
        "{boot}\n\
         CONFIG_FILE variable does not exist\n\
         BOOTLDR variable does not exist\n\
         Configuration register is {register}"
    );
    if call.device.model().platform.redundancy.is_some() {
        text.push_str(&match super::redundancy::peer(call) {
            Some(_) => format!(
                "\n\nStandby {boot}\n\
                 Standby CONFIG_FILE variable does not exist\n\
                 Standby BOOTLDR variable does not exist\n\
                 Standby Configuration register is {register}"
            ),
            None => "\n\nStandby not ready to show bootvar".to_owned(),
        });
    }
    call.print(&text);
    Next::Prompt
}

fn boot(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let images = call.device.boot_images();
    let storage = &call.device.model().platform.storage;
    let path = match images.is_empty() {
        true => storage.disks.first().map_or_else(String::new, |disk| {
            format!("{}:{}", disk.name, storage.image)
        }),
        false => images.join(";"),
    };
    let nvram = storage.nvram_bytes;
    call.print(&format!(
        "BOOT path-list      : {path}\n\
         Config file         : flash:/config.text\n\
         Private Config file : flash:/private-config.text\n\
         Enable Break        : no\n\
         Manual Boot         : no\n\
         HELPER path-list    : \n\
         Auto upgrade        : yes\n\
         Auto upgrade path   : \n\
         NVRAM/Config file\n      \
         buffer size:   {nvram}\n\
         Timeout for Config\n          \
         Download:    0 seconds\n\
         Config Download \n       \
         via DHCP:       disabled (next boot: disabled)"
    ));
    Next::Prompt
}
