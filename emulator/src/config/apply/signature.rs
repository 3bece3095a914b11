//! Commands of the diagnostic-signature mode.

use std::sync::Arc;

use super::{Refusal, Values};
use crate::config::{CallHomeSettings, LIST_ENTRIES_MAX, grammar::Verb, names};

/// Longest variable with its value, in characters.
const ENVIRONMENT_MAX: usize = 200;

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar gives this mode its own commands only"
)]
pub(super) fn carry_out(
    settings: &mut CallHomeSettings,
    verb: Verb,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    match verb {
        // On by default, so `default` turns it on again.
        Verb::SignatureActive => settings.diagnostic_signature.active = !values.negates(),
        Verb::SignatureProfile => {
            let name = values.text(0).filter(|_| values.sets());
            // A file may name a profile that comes later.
            let known = name.map(profile_name);
            settings.diagnostic_signature.profile = known.transpose()?;
        }
        _ => environment(settings, values)?,
    }
    Ok(())
}

fn profile_name(name: &str) -> Result<Arc<str>, Refusal> {
    if name.chars().count() > names::PROFILE_NAME_MAX {
        Err(Refusal::TooLong(names::PROFILE_NAME_MAX))
    } else if names::is_text(name) {
        Ok(name.into())
    } else {
        Err(Refusal::NotPrintable)
    }
}

fn environment(settings: &mut CallHomeSettings, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let words: Vec<_> = (0..).map_while(|position| values.text(position)).collect();
    let Some((name, rest)) = words.split_first() else {
        return Ok(());
    };
    let known = &mut settings.diagnostic_signature.environment;
    known.retain(|line| line.split(' ').next() != Some(*name));
    if !values.sets() {
        return Ok(());
    }
    let line = std::iter::once(name).chain(rest).copied();
    let line = line.collect::<Vec<_>>().join(" ");
    if line.chars().count() > ENVIRONMENT_MAX {
        return Err(Refusal::TooLong(ENVIRONMENT_MAX));
    }
    if !names::is_text(&line) {
        return Err(Refusal::NotPrintable);
    }
    if known.len() >= LIST_ENTRIES_MAX {
        return Err(Refusal::TooMany(LIST_ENTRIES_MAX));
    }
    known.push(line.into());
    Ok(())
}
