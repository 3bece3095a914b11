//! The outputs of commands that a message carries: run, scrubbed, made anonymous.

use crate::{
    alert_group::{AlertGroup, MessageType},
    config::{PrivacyLevel, scrub},
    platform::{CommandSource, TriggerCommand},
    show::push_output,
    text::push,
};

use super::content::Content;

/// What stands in the place of serial numbers in anonymous messages.
const BLANKED_SERIAL: &str = "XXXXXXXXXXX";

/// Appends the output of `command`, which ends with a line feed unless it is empty.
pub(super) fn push_attachment(out: &mut Vec<u8>, content: &Content<'_>, command: &TriggerCommand) {
    let start = out.len();
    push_output(out, content.view, command);
    let settings = content.settings();
    if content.anonymous {
        scrub(out, start, PrivacyLevel::High, true);
        blank(out, start, content.view.serial.as_str(), BLANKED_SERIAL);
        for (position, _) in content.view.cards() {
            blank(
                out,
                start,
                content.view.card_serial(position).as_str(),
                BLANKED_SERIAL,
            );
        }
        blank(out, start, &content.view.hostname, "Router");
    } else if carries_configuration(content.alert.kind, &command.source) {
        scrub(
            out,
            start,
            settings.privacy_level,
            settings.privacy_hostname,
        );
    }
}

/// Data privacy concerns the configurations in configuration messages, and nothing else; requests
/// carry the same output for the same purpose.
fn carries_configuration(kind: MessageType, source: &CommandSource) -> bool {
    let configuration = matches!(
        source,
        CommandSource::RunningConfig { all: true } | CommandSource::StartupConfig
    );
    configuration
        && matches!(
            kind,
            MessageType::Group(AlertGroup::Configuration) | MessageType::Request
        )
}

/// Replaces every occurrence of `word` from `start` on.
fn blank(out: &mut Vec<u8>, start: usize, word: &str, replacement: &str) {
    if word.is_empty() || memchr::memmem::find(&out[start..], word.as_bytes()).is_none() {
        return;
    }
    let text = String::from_utf8_lossy(&out[start..]).replace(word, replacement);
    out.truncate(start);
    push(out, &text);
}
