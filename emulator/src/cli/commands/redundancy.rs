//! The route processors or supervisors of a device: which is active, which stands by.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{Row, Token::Word},
    platform::{Platform, Redundancy},
    template::{Slot, SlotValues},
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("redundancy")], overview, "").with_help(&[("redundancy", "Redundancy facility information")]).on(is_redundant),
    Row::exec(1, &[Word("show"), Word("redundancy"), Word("states")], states, "").with_help(&[("redundancy", "Redundancy facility information"), ("states", "Show redundancy states")]).on(is_redundant),
];

fn is_redundant(platform: &Platform) -> bool {
    platform.redundancy.is_some()
}

/// Modes of redundancy: how `mode` in the configuration names them, how outputs do, and the state
/// in which the other processor is.
const MODES: &[(&str, &str, &str)] = &[
    ("sso", "sso", "STANDBY HOT"),
    ("rpr", "rpr", "STANDBY COLD"),
    ("rpr-plus", "rpr-plus", "STANDBY COLD-CONFIG"),
];

/// The state of the other processor; `None` where there is none or it has been taken out.
pub(super) fn peer(call: &Call<'_>) -> Option<&'static str> {
    let redundancy = call.device.model().platform.redundancy.as_ref()?;
    let position = redundancy.peer?;
    let view = call.device.view(call.now);
    view.cards().find(|(own, _)| *own == position)?;
    Some(configured(call).2)
}

/// The mode that the configuration asks for.
fn configured(call: &Call<'_>) -> (&'static str, &'static str, &'static str) {
    let section = call.device.configuration().verbatim.section("redundancy");
    let asked = section.iter().find_map(|line| line.strip_prefix("mode "));
    let asked = asked.unwrap_or("sso");
    let mode = MODES.iter().find(|(keyword, ..)| *keyword == asked);
    *mode.unwrap_or(&MODES[0])
}

/// The mode that the configuration asks for, and the one in force.
fn modes(call: &Call<'_>) -> (&'static str, &'static str) {
    const NONE: &str = "Non-redundant";
    let has_place = call
        .device
        .model()
        .platform
        .redundancy
        .as_ref()
        .is_some_and(|redundancy| redundancy.peer.is_some());
    match (has_place, peer(call)) {
        (true, Some(_)) => (configured(call).1, configured(call).1),
        (true, None) => (configured(call).1, NONE),
        (false, _) => (NONE, NONE),
    }
}

/// How long the device has been up, in words.
fn uptime(call: &Call<'_>) -> String {
    let mut text = Vec::new();
    call.device
        .view(call.now)
        .push_slot(&mut text, Slot::Uptime);
    String::from_utf8_lossy(&text).into_owned()
}

fn overview(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let platform = call.device.model().platform.clone();
    let Some(redundancy) = &platform.redundancy else {
        return Next::Prompt;
    };
    let (configured, operating) = modes(call);
    let (hardware, communications) = match peer(call) {
        Some(_) => ("Duplex", "Up"),
        None => ("Simplex", "Down      Reason: Failure"),
    };
    let up = uptime(call);
    call.print(&format!(
        "Redundant System Information :\n\
         ------------------------------\n       \
         Available system uptime = {up}\n\
         Switchovers system experienced = 0\n              \
         Standby failures = 0\n        \
         Last switchover reason = none\n\n                 \
         Hardware Mode = {hardware}\n    \
         Configured Redundancy Mode = {configured}\n     \
         Operating Redundancy Mode = {operating}\n              \
         Maintenance Mode = Disabled\n                \
         Communications = {communications}\n"
    ));
    processors(call, &platform, redundancy, &up);
    Next::Prompt
}

/// Both processors, one below the other.
fn processors(call: &mut Call<'_>, platform: &Platform, redundancy: &Redundancy, up: &str) {
    let software = software(call, platform);
    call.print(&format!(
        "Current Processor Information :\n\
         -------------------------------\n               \
         Active Location = {}\n        \
         Current Software state = ACTIVE\n       \
         Uptime in current state = {up}\n{software}\n",
        redundancy.active
    ));
    match peer(call) {
        Some(state) => call.print(&format!(
            "Peer Processor Information :\n\
             ----------------------------\n              \
             Standby Location = {}\n        \
             Current Software state = {state}\n       \
             Uptime in current state = {up}\n{software}",
            redundancy.standby
        )),
        None => call.print(
            "Peer (slot: unavailable) information is not available because it is in 'DISABLED' state",
        ),
    }
}

/// What a processor runs, and how it boots.
fn software(call: &Call<'_>, platform: &Platform) -> String {
    let mut description = platform.sys_description.lines();
    let version = description.next().unwrap_or_default();
    let rest: String = description.map(|line| format!("\n{line}")).collect();
    let boot = super::startup::variable(&call.device.boot_images());
    let boot = boot.map_or_else(String::new, |text| format!("\n{:>32} {text}", "BOOT ="));
    let register = &platform.storage.configuration_register;
    format!(
        "                 Image Version = {version}\n\
         Technical Support: http://www.cisco.com/techsupport{rest}{boot}\n\
         {:>33}\n        Configuration register = {register}",
        "CONFIG_FILE = "
    )
}

fn states(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let (configured, operating) = modes(call);
    let (peer_state, mode, state, manual, communications) = match peer(call) {
        Some(state) => (format!("8  -{state}"), "Duplex", operating, "enabled", "Up"),
        None => (
            "1  -DISABLED".to_owned(),
            "Simplex",
            "Non Redundant",
            "disabled (system is simplex (no peer unit))",
            "Down      Reason: Simplex mode",
        ),
    };
    call.print(&format!(
        "       my state = 13 -ACTIVE \n     \
         peer state = {peer_state} \n           \
         Mode = {mode}\n           \
         Unit = Primary\n        \
         Unit ID = 48\n\n\
         Redundancy Mode (Operational) = {operating}\n\
         Redundancy Mode (Configured)  = {configured}\n\
         Redundancy State              = {state}\n     \
         Maintenance Mode = Disabled\n    \
         Manual Swact = {manual}\n \
         Communications = {communications}\n\n   \
         client count = 111\n \
         client_notification_TMR = 30000 milliseconds\n           \
         RF debug mask = 0x0   "
    ));
    Next::Prompt
}
