//! What a message says, whatever its format.

use std::sync::Arc;

use crate::{
    alert::{AffectedCards, Alert, CommandOutputDestination, Manual, RequestKind},
    alert_group::{AlertGroup, MessageType},
    call_home::{Destination, QueuedMessage},
    config::{
        CallHomeSettings, MessageFormat, Profile,
        profile::{MESSAGE_SIZE_LIMIT_MAX, TAC_EMAIL},
    },
    device::DeviceView,
    identity::SerialNumber,
    platform::{Card, TriggerCommand, TriggerRow},
    template::Template,
    transport::MessageId,
};

/// What a device calls itself where its host name is hidden.
pub(super) const ANONYMOUS_HOSTNAME: &str = "Router";

/// Everything a format writes.
pub(super) struct Content<'a> {
    pub(super) view: &'a DeviceView<'a>,
    pub(super) alert: &'a Alert,
    pub(super) id: MessageId,
    pub(super) anonymous: bool,
    pub(super) format: MessageFormat,
    pub(super) size_limit_bytes: u32,
    pub(super) recipients: Vec<Arc<str>>,
    pub(super) commands: Arc<[TriggerCommand]>,
    /// Serial number as the message gives it.
    pub(super) serial: SerialNumber,
    /// Host name as prompts in attachments give it.
    pub(super) prompt_hostname: Arc<str>,
}

impl<'a> Content<'a> {
    pub(super) fn new(view: &'a DeviceView<'a>, message: &'a QueuedMessage) -> Self {
        let settings = &view.running().call_home;
        let profile = match message.destination {
            Destination::Profile(id) => settings.profile_by_id(id),
            Destination::Direct => None,
        };
        let alert: &Alert = &message.alert;
        let (format, recipients) = match (profile, alert.manual.as_deref()) {
            (Some(profile), _) => (profile.format, recipients(view, profile)),
            (None, Some(Manual::Commands(request))) => match &request.destination {
                CommandOutputDestination::Mail { address, format } => {
                    (*format, vec![Arc::clone(address)])
                }
                CommandOutputDestination::Http { .. } => (MessageFormat::Xml, Vec::new()),
            },
            // The profile was removed while the message waited.
            (None, _) => (MessageFormat::Xml, vec![TAC_EMAIL.into()]),
        };
        Self {
            commands: commands(view, alert),
            prompt_hostname: if message.anonymous || hides_hostname(view) {
                ANONYMOUS_HOSTNAME.into()
            } else {
                Arc::clone(&view.hostname)
            },
            // An anonymous identifier holds the token that stands for the serial number.
            serial: message.id.serial,
            size_limit_bytes: profile
                .map_or(MESSAGE_SIZE_LIMIT_MAX, |profile| profile.size_limit_bytes),
            view,
            alert,
            id: message.id,
            anonymous: message.anonymous,
            format,
            recipients,
        }
    }

    pub(super) fn settings(&self) -> &'a CallHomeSettings {
        &self.view.running().call_home
    }

    /// A text of the configuration, empty where it is not set or the message is anonymous.
    pub(super) fn personal(&self, value: &Option<Template>) -> Arc<str> {
        match value {
            Some(value) if !self.anonymous => value.fill(&self.view.identity_values()),
            _ => "".into(),
        }
    }

    /// The host name as header fields give it.
    pub(super) fn header_hostname(&self) -> Arc<str> {
        if self.anonymous || hides_hostname(self.view) {
            "".into()
        } else {
            Arc::clone(&self.view.hostname)
        }
    }

    /// The units that the message lists.
    pub(super) fn cards(&self) -> Vec<(u8, &'a Card)> {
        match self.alert.affected {
            AffectedCards::None => Vec::new(),
            AffectedCards::All => self.view.cards().collect(),
            // The card may be the one that has just been taken out.
            AffectedCards::One(position) => {
                let card = self.view.platform().cards.get(usize::from(position));
                card.map(|card| (position, card)).into_iter().collect()
            }
        }
    }

    /// The serial number of a card; empty where the message is anonymous.
    pub(super) fn card_serial(&self, position: u8) -> String {
        if self.anonymous {
            String::new()
        } else {
            self.view.card_serial(position).to_string()
        }
    }

    /// `reactive`, or `proactive` for what the device sends of its own accord where the policy
    /// tells them apart.
    pub(super) fn message_group(&self) -> &'static str {
        let proactive = match self.alert.kind {
            MessageType::Group(
                AlertGroup::Inventory | AlertGroup::Configuration | AlertGroup::Snapshot,
            )
            | MessageType::Test
            | MessageType::Request => true,
            MessageType::Group(
                AlertGroup::Crash
                | AlertGroup::Diagnostic
                | AlertGroup::Environment
                | AlertGroup::Syslog,
            )
            | MessageType::CommandOutput => false,
        };
        if proactive && self.view.device.model().policy.group_proactive {
            "proactive"
        } else {
            "reactive"
        }
    }

    pub(super) fn cco_id(&self) -> &str {
        match self.alert.manual.as_deref() {
            Some(Manual::Request { cco_id, .. }) => cco_id.as_deref().unwrap_or_default(),
            _ => "",
        }
    }

    pub(super) fn service_request(&self) -> &str {
        match self.alert.manual.as_deref() {
            Some(Manual::Commands(request)) => {
                request.service_request.as_deref().unwrap_or_default()
            }
            _ => "",
        }
    }

    pub(super) fn forward_address(&self) -> &str {
        match self.alert.manual.as_deref() {
            Some(Manual::Commands(request)) => match &request.destination {
                CommandOutputDestination::Http { forward_to } => {
                    forward_to.as_deref().unwrap_or_default()
                }
                CommandOutputDestination::Mail { .. } => "",
            },
            _ => "",
        }
    }
}

/// Whether data privacy hides the host name outside of configurations too.
fn hides_hostname(view: &DeviceView<'_>) -> bool {
    view.running().call_home.privacy_hostname && view.device.model().policy.scrub_header
}

fn recipients(view: &DeviceView<'_>, profile: &Profile) -> Vec<Arc<str>> {
    let values = view.identity_values();
    let recipients = profile.mail_recipients();
    recipients
        .iter()
        .map(|address| address.fill(&values))
        .collect()
}

/// The commands whose outputs the message carries. Guide, Table 5.
fn commands(view: &DeviceView<'_>, alert: &Alert) -> Arc<[TriggerCommand]> {
    let platform = view.platform();
    let of_lines = |lines: &[Arc<str>]| -> Arc<[TriggerCommand]> {
        lines.iter().map(|line| platform.command(line)).collect()
    };
    match (alert.kind, alert.manual.as_deref()) {
        (_, Some(Manual::Commands(request))) => of_lines(&request.commands),
        (_, Some(Manual::Request { kind, .. })) => match kind {
            RequestKind::OutputAnalysis(line) => of_lines(std::slice::from_ref(line)),
            RequestKind::ProductAdvisory => {
                let own = platform.trigger_commands(TriggerRow::Request);
                let inventory = platform.trigger_commands(TriggerRow::Group(AlertGroup::Inventory));
                let further = inventory
                    .iter()
                    .filter(|command| !own.iter().any(|other| other.line == command.line));
                own.iter().chain(further).cloned().collect()
            }
            RequestKind::ConfigSanity | RequestKind::BugsList | RequestKind::CommandReference => {
                platform.trigger_commands(TriggerRow::Request)
            }
        },
        (MessageType::Group(AlertGroup::Snapshot), None) => {
            of_lines(&view.running().call_home.snapshot_commands)
        }
        (MessageType::Group(AlertGroup::Diagnostic), None) => match alert.affected {
            AffectedCards::One(card) => platform.diagnostic_commands(card),
            AffectedCards::None | AffectedCards::All => {
                platform.trigger_commands(TriggerRow::Group(AlertGroup::Diagnostic))
            }
        },
        (MessageType::Group(group), None) => platform.trigger_commands(TriggerRow::Group(group)),
        (MessageType::Test, None) => platform.trigger_commands(TriggerRow::Test),
        (MessageType::Request | MessageType::CommandOutput, None) => Arc::from([]),
    }
}
