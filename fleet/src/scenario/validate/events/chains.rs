//! Chains of device events, with their parameters.

use emulator::AlertGroup;
use toml::Spanned;

use super::super::Findings;
use crate::{
    scenario::{
        Chain, Fleet,
        chain::{CARD_RESTORE_DEFAULT, FLAPS_DEFAULT, INTERVAL_DEFAULT, POWER_RESTORE_DEFAULT},
        file::{EventWord, TrafficTable},
        traffic::PER_DEVICE_MAX,
    },
    units::Period,
};

/// Whether `word` names a chain.
pub(super) fn is_chain(word: EventWord) -> bool {
    matches!(
        word,
        EventWord::PowerLoss
            | EventWord::LinkFlap
            | EventWord::ReloadWave
            | EventWord::CrashWave
            | EventWord::CardFailure
            | EventWord::ConfigPush
            | EventWord::PeriodicHerd
    )
}

/// The chain `word` of `table` on the devices of `concerned`; `None` for other words, and for what is
/// wrong.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "called for the words of chains only"
)]
pub(super) fn chain(
    table: &TrafficTable,
    word: EventWord,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Chain> {
    let time = |value: &Option<Spanned<Period>>, default| {
        value.as_ref().map_or(default, |period| period.get_ref().0)
    };
    let interval = time(&table.interval, INTERVAL_DEFAULT);
    if let Some(repeat) = &table.repeat
        && !(1..=PER_DEVICE_MAX).contains(repeat.get_ref())
    {
        findings.add(
            repeat.span(),
            "so often, or never, is no storm",
            "write repeat = 1 to 10000",
        );
        return None;
    }
    let repeat = |default| {
        table
            .repeat
            .as_ref()
            .map_or(default, |count| *count.get_ref())
    };
    Some(match word {
        EventWord::PowerLoss => Chain::PowerLoss {
            restore: time(&table.restore, POWER_RESTORE_DEFAULT),
        },
        EventWord::LinkFlap => Chain::LinkFlap {
            flaps: repeat(FLAPS_DEFAULT),
            interval,
        },
        EventWord::ReloadWave => Chain::ReloadWave,
        EventWord::CrashWave => Chain::CrashWave,
        EventWord::CardFailure => Chain::CardFailure {
            card: super::card(table, concerned, findings),
            restore: time(&table.restore, CARD_RESTORE_DEFAULT),
        },
        EventWord::ConfigPush => Chain::ConfigPush {
            changes: repeat(1),
            interval,
        },
        EventWord::PeriodicHerd => Chain::PeriodicHerd {
            group: group(table, findings)?,
        },
        _ => return None,
    })
}

/// The group whose periodic messages come due.
fn group(table: &TrafficTable, findings: &mut Findings) -> Option<AlertGroup> {
    let Some(word) = &table.group else {
        return Some(AlertGroup::Inventory);
    };
    let periodic = [
        AlertGroup::Configuration,
        AlertGroup::Inventory,
        AlertGroup::Snapshot,
    ];
    let group = AlertGroup::from_keyword(word.get_ref()).filter(|group| periodic.contains(group));
    if group.is_none() {
        findings.add(
            word.span(),
            format!("`{}` is not sent periodically", word.get_ref()),
            "write configuration, inventory or snapshot",
        );
    }
    group
}
