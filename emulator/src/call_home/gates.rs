//! The gates: which profiles and transports an alert is for, and why not the others.
//!
//! Reference, sections 3.2 and 3.3. A candidate is one profile and one of its transports.

use crate::{
    alert::{Alert, Audience, CommandOutputDestination, Manual},
    alert_group::{AlertGroup, MessageType},
    config::{Configuration, Profile, ProfileId, Subscriptions},
    output::DropAccount,
    transport::Transport,
};

use super::{Surroundings, queue::Destination};

/// One way in which an alert could become a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) destination: Destination,
    pub(super) transport: Transport,
    pub(super) anonymous: bool,
    pub(super) verdict: Result<(), DropAccount>,
}

impl Candidate {
    /// The profile, when the destination is one.
    pub(super) fn profile(&self) -> Option<ProfileId> {
        match self.destination {
            Destination::Profile(id) => Some(id),
            Destination::Direct => None,
        }
    }
}

/// All candidates of `alert`, each with the verdict of the gates.
pub(super) fn judge(
    around: &Surroundings<'_>,
    alert: &Alert,
    audience: Audience,
) -> Vec<Candidate> {
    let configuration = around.configuration;
    if audience == Audience::Direct {
        return vec![direct(configuration, alert)];
    }
    let mut candidates = Vec::new();
    for profile in &configuration.call_home.profiles {
        let addressed = match audience {
            Audience::Periodic(id) | Audience::Named(id) => profile.id == id,
            Audience::Subscribers | Audience::GroupSubscribers | Audience::Direct => true,
        };
        if !addressed {
            continue;
        }
        let verdict = verdict(around, alert, audience, profile);
        for transport in Transport::ALL {
            let used = match transport {
                Transport::Email => profile.email,
                Transport::Http => profile.http,
            };
            if used {
                candidates.push(Candidate {
                    destination: Destination::Profile(profile.id),
                    transport,
                    anonymous: profile.anonymous,
                    verdict,
                });
            }
        }
    }
    candidates
}

/// The candidate of `call-home send "COMMANDS"`, which no profile decides about.
fn direct(configuration: &Configuration, alert: &Alert) -> Candidate {
    let by_http = matches!(
        alert.manual.as_deref(),
        Some(Manual::Commands(request))
            if matches!(request.destination, CommandOutputDestination::Http { .. })
    );
    Candidate {
        destination: Destination::Direct,
        transport: if by_http {
            Transport::Http
        } else {
            Transport::Email
        },
        anonymous: false,
        verdict: enabled(configuration),
    }
}

fn enabled(configuration: &Configuration) -> Result<(), DropAccount> {
    pass_if(
        configuration.service_call_home,
        DropAccount::ServiceDisabled,
    )
}

fn pass_if(passes: bool, account: DropAccount) -> Result<(), DropAccount> {
    if passes { Ok(()) } else { Err(account) }
}

fn verdict(
    around: &Surroundings<'_>,
    alert: &Alert,
    audience: Audience,
    profile: &Profile,
) -> Result<(), DropAccount> {
    enabled(around.configuration)?;
    // A user who names a profile overrides its state and subscriptions.
    let named = matches!(audience, Audience::Named(_));
    if !named {
        if let MessageType::Group(group) = alert.kind {
            let enabled = around.configuration.call_home.alert_groups;
            let has_group = enabled.contains(group) && around.groups.contains(group);
            pass_if(has_group, DropAccount::GroupDisabled)?;
        }
        pass_if(profile.active, DropAccount::ProfileInactive)?;
    }
    pass_if(profile.reports_call_home, DropAccount::ReportingDisabled)?;
    match audience {
        Audience::Subscribers => subscribed(alert, profile)?,
        Audience::GroupSubscribers => subscribed_in_any_way(alert, profile)?,
        Audience::Periodic(_) | Audience::Named(_) | Audience::Direct => {}
    }
    pass_if(
        !profile.anonymous || allowed_anonymously(alert.kind),
        DropAccount::Anonymous,
    )
}

/// Anonymous profiles take crash, inventory and test messages only.
fn allowed_anonymously(kind: MessageType) -> bool {
    matches!(
        kind,
        MessageType::Group(AlertGroup::Crash | AlertGroup::Inventory) | MessageType::Test
    )
}

fn subscribed(alert: &Alert, profile: &Profile) -> Result<(), DropAccount> {
    let subscriptions = &profile.subscriptions;
    let MessageType::Group(group) = alert.kind else {
        return Ok(());
    };
    let threshold = match group {
        AlertGroup::Syslog => return syslog_subscribed(alert, subscriptions),
        AlertGroup::Diagnostic => subscriptions.diagnostic,
        AlertGroup::Environment => subscriptions.environment,
        AlertGroup::Configuration
        | AlertGroup::Crash
        | AlertGroup::Inventory
        | AlertGroup::Snapshot => {
            return pass_if(
                subscriptions.normal.contains(group),
                DropAccount::NotSubscribed,
            );
        }
    };
    let threshold = threshold.ok_or(DropAccount::NotSubscribed)?;
    pass_if(alert.severity >= threshold, DropAccount::BelowSeverity)
}

/// A line that no pattern matches is a matter of patterns; one that a pattern matches, of severity.
fn syslog_subscribed(alert: &Alert, subscriptions: &Subscriptions) -> Result<(), DropAccount> {
    pass_if(!subscriptions.syslog.is_empty(), DropAccount::NotSubscribed)?;
    let mut account = DropAccount::BelowSeverity;
    for entry in &subscriptions.syslog {
        if alert.severity < entry.severity {
            continue;
        }
        if entry.pattern.matches(&alert.description) {
            return Ok(());
        }
        account = DropAccount::Pattern;
    }
    Err(account)
}

fn subscribed_in_any_way(alert: &Alert, profile: &Profile) -> Result<(), DropAccount> {
    let MessageType::Group(group) = alert.kind else {
        return Ok(());
    };
    let scheduled = profile.subscriptions.schedule(group).is_some();
    if scheduled {
        return Ok(());
    }
    subscribed(alert, profile)
}
