//! `show call-home events`. Reference, section 5.7.

use super::Writer;
use crate::{
    alert_group::AlertGroup,
    config::{Profile, Subscriptions},
};

/// What the second number of an event is ahead of the first.
const INDEX_DISTANCE: u32 = 2;
/// How many crash events a profile that subscribes to them has.
const CRASH_EVENTS: usize = 3;
/// How many inventory events: the boot, and cards that come and go.
const INVENTORY_EVENTS: usize = 2;

use crate::{alert_group::MessageType, call_home::triggered::Event as Triggered};

/// An event that a profile is for: its group, its severity, the kind of its subscription,
/// and what is noted of it.
type Event = (&'static str, &'static str, &'static str, Triggered);

impl Writer<'_, '_> {
    pub(super) fn events(&mut self) {
        self.line("Active event list:");
        self.line(
            " Profile                         Alert Group     Internal Index  Severity       \
             Subscription  Last Triggered Time",
        );
        self.line(&format!(" {}", "-".repeat(112)));
        let settings = &self.view.running().call_home;
        let mut index = 0;
        for profile in Self::sorted(settings) {
            for (group, severity, subscription, triggered) in events(profile) {
                index += 1;
                if profile.active {
                    let second = format!("/{}", index + INDEX_DISTANCE);
                    let last = self.last_triggered(profile, triggered);
                    self.line(&format!(
                        " {:<31} {group:<14} {index:<5} {second:<10} {severity:<13} {subscription:<12}{last}",
                        profile.name
                    ));
                }
            }
        }
    }

    /// When an event last became a message, on the device's clock; empty until it did.
    fn last_triggered(&self, profile: &Profile, event: Triggered) -> String {
        let mut text = Vec::new();
        if let Some(at) = self.view.device.last_triggered(profile.id, event) {
            self.view.local(at).push_date_and_time(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn events(profile: &Profile) -> Vec<Event> {
    let subscriptions = &profile.subscriptions;
    let mut events = Vec::new();
    for group in AlertGroup::ALL {
        group_events(&mut events, subscriptions, group);
    }
    events.push((
        "test",
        "normal",
        "normal",
        Triggered::Normal(MessageType::Test),
    ));
    events
}

fn group_events(events: &mut Vec<Event>, subscriptions: &Subscriptions, group: AlertGroup) {
    let keyword = group.keyword();
    let subscribed = subscriptions.normal.contains(group);
    let (severity, count) = match group {
        AlertGroup::Configuration | AlertGroup::Snapshot => ("normal", usize::from(subscribed)),
        AlertGroup::Crash => ("debugging", usize::from(subscribed) * CRASH_EVENTS),
        AlertGroup::Inventory => ("normal", usize::from(subscribed) * INVENTORY_EVENTS),
        AlertGroup::Diagnostic => threshold(subscriptions.diagnostic),
        AlertGroup::Environment => threshold(subscriptions.environment),
        AlertGroup::Syslog => {
            let patterns = subscriptions.syslog.iter().enumerate();
            events.extend(patterns.map(|(position, entry)| {
                let severity = entry.severity.keyword();
                (keyword, severity, "pattern", Triggered::Pattern(position))
            }));
            return;
        }
    };
    let kind = MessageType::Group(group);
    let normal = (keyword, severity, "normal", Triggered::Normal(kind));
    events.extend(std::iter::repeat_n(normal, count));
    if subscriptions.schedule(group).is_some() {
        events.push((keyword, "normal", "periodic", Triggered::Periodic(kind)));
    }
}

fn threshold(severity: Option<crate::severity::Severity>) -> (&'static str, usize) {
    severity.map_or(("", 0), |severity| (severity.keyword(), 1))
}
