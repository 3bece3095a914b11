//! The outputs of commands that a message carries: run, scrubbed, made anonymous.

use crate::{
    alert_group::{AlertGroup, MessageType},
    config::{PrivacyLevel, scrub},
    platform::{CommandSource, TriggerCommand},
    show::push_output,
    text::push,
};

use super::content::{ANONYMOUS_HOSTNAME, Content};

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
        blank(out, start, &content.view.hostname, ANONYMOUS_HOSTNAME);
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

/// Replaces every occurrence of `word` from `start` on that is not part of a longer word.
fn blank(out: &mut Vec<u8>, start: usize, word: &str, replacement: &str) {
    if word.is_empty() || memchr::memmem::find(&out[start..], word.as_bytes()).is_none() {
        return;
    }
    let text = out.split_off(start);
    let part_of_a_word = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let mut copied = 0;
    for at in memchr::memmem::find_iter(&text, word.as_bytes()) {
        let end = at + word.len();
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        if part_of_a_word(before) || part_of_a_word(text.get(end)) {
            continue;
        }
        out.extend_from_slice(&text[copied..at]);
        push(out, replacement);
        copied = end;
    }
    out.extend_from_slice(&text[copied..]);
}
