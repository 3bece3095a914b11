//! `[call-home]` applied to the configuration of a fleet: one policy changed, everything else equal.

use emulator::{
    Severity,
    config::{Configuration, Pattern, ProfileKind, RATE_LIMIT_PER_MINUTE_MAX},
};

use super::Findings;
use crate::{diagnostic::closest, scenario::file::CallHomeTable};

/// The changes, understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    rate_limit: Option<u8>,
    syslog_throttling: Option<bool>,
    severity: Option<Severity>,
    pattern: Option<Pattern>,
}

/// Reads `table`.
pub(super) fn changes(table: &CallHomeTable, findings: &mut Findings) -> Changes {
    let severity = table.severity.as_ref().and_then(|word| {
        let mut all = Severity::ALL.into_iter();
        let found = all.find(|severity| severity.keyword() == word.get_ref());
        if found.is_none() {
            let known = Severity::ALL.map(Severity::keyword);
            let like = closest(word.get_ref(), known.iter().copied());
            let like = like.map_or_else(String::new, |like| format!("did you mean \"{like}\"? "));
            findings.add(
                word.span(),
                format!("there is no severity `{}`", word.get_ref()),
                format!("{like}known are {}", known.join(", ")),
            );
        }
        found
    });
    let pattern = table.pattern.as_ref().and_then(|text| {
        Pattern::new(text.get_ref())
            .map_err(|error| {
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                findings.add(
                    text.span(),
                    format!(
                        "no device takes this pattern: {}",
                        reason.trim_start_matches("error: ")
                    ),
                    "write a regular expression as `subscribe-to-alert-group syslog` takes it",
                );
            })
            .ok()
    });
    if let Some(limit) = &table.rate_limit {
        let wrong = !(1..=RATE_LIMIT_PER_MINUTE_MAX).contains(limit.get_ref());
        if wrong {
            findings.add(
                limit.span(),
                format!("no device takes a rate limit of {}", limit.get_ref()),
                format!("write messages per minute, from 1 to {RATE_LIMIT_PER_MINUTE_MAX}"),
            );
        }
    }
    Changes {
        rate_limit: table.rate_limit.as_ref().map(|limit| *limit.get_ref()),
        syslog_throttling: table.syslog_throttling,
        severity,
        pattern,
    }
}

impl Changes {
    /// Changes `configuration`. Severity and pattern concern the profiles of users that subscribe to
    /// syslog; a profile that does not, still does not.
    pub(super) fn apply(&self, configuration: &mut Configuration) {
        let call_home = &mut configuration.call_home;
        if let Some(limit) = self.rate_limit {
            call_home.rate_limit_per_minute = limit;
        }
        if let Some(throttles) = self.syslog_throttling {
            call_home.syslog_throttling = throttles;
        }
        let profiles = call_home.profiles.iter_mut();
        for profile in profiles.filter(|profile| profile.kind == ProfileKind::User) {
            for subscription in &mut profile.subscriptions.syslog {
                if let Some(severity) = self.severity {
                    subscription.severity = severity;
                }
                if let Some(pattern) = &self.pattern {
                    subscription.pattern = pattern.clone();
                }
            }
        }
    }
}
