//! Messages that a user sends by hand: test, send, request, command output.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Device, ManualMessage, RejectedRequest};
use crate::{
    alert::{AffectedCards, Alert, Audience, CommandOutputRequest, Manual, RequestKind},
    alert_group::{AlertGroup, MessageType},
    config::{ProfileId, TAC_PROFILE},
    output::{DropAccount, Output},
    severity::Severity,
    syslog::catalogue::{HttpFailure, MessageFailure, OwnLine, SmtpFailure},
    transport::{MessageId, Transport},
};

/// What a test message says unless the user has something to say.
const TEST_TEXT_DEFAULT: &str = "test message";

impl Device {
    /// Sends `message` at `now`, as the exec commands of Call Home do.
    ///
    /// # Errors
    /// When the command would be answered with an error; nothing has been sent then.
    pub fn send_manually(
        &mut self,
        now: Timestamp,
        message: ManualMessage,
        outputs: &mut Vec<Output>,
    ) -> Result<(), RejectedRequest> {
        self.send_by_hand(now, message, outputs).map(|_| ())
    }

    /// Sends `message` as [`Device::send_manually`] does, and says what is known at once to keep it
    /// from arriving.
    pub(crate) fn send_by_hand(
        &mut self,
        now: Timestamp,
        message: ManualMessage,
        outputs: &mut Vec<Output>,
    ) -> Result<Option<MessageFailure>, RejectedRequest> {
        if !self.running.service_call_home {
            return Err(RejectedRequest::ServiceDisabled);
        }
        let (alert, audience) = match message {
            ManualMessage::Test { text, profile } => self.test(now, text, &profile)?,
            ManualMessage::Send { group, profile } => self.send(now, group, profile.as_deref())?,
            ManualMessage::SendDiagnostic { card, profile } => {
                self.send_diagnostic(now, card, profile.as_deref())?
            }
            ManualMessage::Request {
                kind,
                profile,
                cco_id,
            } => self.request(now, kind, profile.as_deref(), cco_id)?,
            ManualMessage::SendCommands(request) => {
                (command_output(now, request), Audience::Direct)
            }
        };
        let alert = Alert {
            by_hand: true,
            ..alert
        };
        let (kind, before) = (alert.kind, outputs.len());
        self.raise(alert, audience, None, outputs);
        let said = outputs.get(before..).unwrap_or_default();
        let failure = match dropped(said) {
            Some(failure) => {
                self.log(now, &OwnLine::manual_failed(kind, failure).to_string());
                Some(failure)
            }
            None => self.failed_at_once(said),
        };
        Ok(failure)
    }

    /// Why every message of `said` has failed already, if it has.
    fn failed_at_once(&self, said: &[Output]) -> Option<MessageFailure> {
        let settled = |id: &MessageId| {
            let mut said = said.iter();
            said.any(|output| matches!(output, Output::Settled { id: own, .. } if own == id))
        };
        let mut failure = None;
        for output in said {
            if let Output::Queued {
                id,
                transport,
                destination,
                ..
            } = output
            {
                if !settled(id) {
                    return None;
                }
                failure = Some(self.unroutable(*transport, *destination));
            }
        }
        failure
    }

    /// What is missing for messages to `destination` by `transport`.
    fn unroutable(&self, transport: Transport, destination: Option<ProfileId>) -> MessageFailure {
        let settings = &self.running.call_home;
        let profile = destination.and_then(|id| settings.profile_by_id(id));
        let addressed = profile.is_none_or(|profile| !profile.mail_recipients().is_empty());
        let sender = settings.contact_email.is_some() || settings.sender_from.is_some();
        match (transport, addressed, sender) {
            (Transport::Http, _, _) => MessageFailure::Http(HttpFailure::NoDestination),
            (Transport::Email, false, _) => MessageFailure::Mail(SmtpFailure::NoDestination),
            (Transport::Email, true, false) => MessageFailure::Mail(SmtpFailure::NoContact),
            (Transport::Email, true, true) => MessageFailure::Mail(SmtpFailure::NoServer),
        }
    }

    fn named(&self, name: &str) -> Result<ProfileId, RejectedRequest> {
        let profile = self.running.call_home.profile(name);
        profile
            .map(|profile| profile.id)
            .ok_or_else(|| RejectedRequest::NoSuchProfile(name.to_owned()))
    }

    fn test(
        &self,
        now: Timestamp,
        text: Option<Arc<str>>,
        profile: &str,
    ) -> Result<(Alert, Audience), RejectedRequest> {
        let audience = Audience::Named(self.named(profile)?);
        let alert = Alert {
            kind: MessageType::Test,
            subtype: "test",
            severity: Severity::Normal,
            at: now,
            description: text.unwrap_or_else(|| TEST_TEXT_DEFAULT.into()),
            affected: AffectedCards::None,
            by_hand: true,
            manual: None,
        };
        Ok((alert, audience))
    }

    fn send(
        &self,
        now: Timestamp,
        group: AlertGroup,
        profile: Option<&str>,
    ) -> Result<(Alert, Audience), RejectedRequest> {
        if !self.model.platform.groups.contains(group) {
            return Err(RejectedRequest::NotByHand);
        }
        let alert = match group {
            AlertGroup::Inventory => self.inventory(now),
            AlertGroup::Configuration => {
                Alert::of_group(group, Severity::Normal, now, "Configuration information")
            }
            AlertGroup::Crash => Alert::of_group(group, Severity::Major, now, "System crash"),
            AlertGroup::Diagnostic => return self.send_diagnostic(now, 0, profile),
            AlertGroup::Snapshot if self.running.call_home.snapshot_commands.is_empty() => {
                return Err(RejectedRequest::NoSnapshotCommand);
            }
            AlertGroup::Snapshot => {
                Alert::of_group(group, Severity::Normal, now, "Snapshot information")
            }
            AlertGroup::Environment | AlertGroup::Syslog => return Err(RejectedRequest::NotByHand),
        };
        Ok((alert, self.audience(profile)?))
    }

    fn send_diagnostic(
        &self,
        now: Timestamp,
        card: u8,
        profile: Option<&str>,
    ) -> Result<(Alert, Audience), RejectedRequest> {
        let group = AlertGroup::Diagnostic;
        if !self.model.platform.groups.contains(group) {
            return Err(RejectedRequest::NotByHand);
        }
        let alert = Alert {
            affected: AffectedCards::One(card),
            ..Alert::of_group(
                group,
                Severity::Normal,
                now,
                self.diagnostic_description(card),
            )
        };
        Ok((alert, self.audience(profile)?))
    }

    /// The profile `name`, or all that subscribe.
    fn audience(&self, name: Option<&str>) -> Result<Audience, RejectedRequest> {
        match name {
            Some(name) => Ok(Audience::Named(self.named(name)?)),
            None => Ok(Audience::GroupSubscribers),
        }
    }

    fn request(
        &self,
        now: Timestamp,
        kind: RequestKind,
        profile: Option<&str>,
        cco_id: Option<Arc<str>>,
    ) -> Result<(Alert, Audience), RejectedRequest> {
        let audience = Audience::Named(self.named(profile.unwrap_or(TAC_PROFILE))?);
        let alert = Alert {
            kind: MessageType::Request,
            subtype: kind.keyword(),
            severity: Severity::Normal,
            at: now,
            description: format!("Call Home request: {}", kind.keyword()).into(),
            affected: match kind {
                RequestKind::ProductAdvisory => AffectedCards::All,
                RequestKind::ConfigSanity
                | RequestKind::BugsList
                | RequestKind::CommandReference
                | RequestKind::OutputAnalysis(_) => AffectedCards::None,
            },
            by_hand: true,
            manual: Some(Box::new(Manual::Request { kind, cco_id })),
        };
        Ok((alert, audience))
    }
}

fn command_output(now: Timestamp, request: CommandOutputRequest) -> Alert {
    Alert {
        kind: MessageType::CommandOutput,
        subtype: "",
        severity: Severity::Normal,
        at: now,
        description: "Command output".into(),
        affected: AffectedCards::None,
        by_hand: true,
        manual: Some(Box::new(Manual::Commands(request))),
    }
}

/// Why `said` names no message at all, if it does not.
fn dropped(said: &[Output]) -> Option<MessageFailure> {
    let mut failure = MessageFailure::NotSubscribed;
    for output in said {
        match output {
            Output::Queued { .. } => return None,
            Output::Dropped { account, .. } => failure = failure.max(account_failure(*account)),
            Output::Trigger { .. }
            | Output::Transmit(_)
            | Output::Settled { .. }
            | Output::Trap(_)
            | Output::LicenseFile(_)
            | Output::Probe(_)
            | Output::Transfer(_)
            | Output::Unheard => {}
        }
    }
    Some(failure)
}

fn account_failure(account: DropAccount) -> MessageFailure {
    match account {
        DropAccount::RateLimited => MessageFailure::RateLimited,
        DropAccount::QueueFull => MessageFailure::QueueFull,
        DropAccount::GroupDisabled => MessageFailure::GroupDisabled,
        DropAccount::ReportingDisabled => MessageFailure::NotReported,
        DropAccount::Anonymous => MessageFailure::Anonymous,
        DropAccount::ServiceDisabled
        | DropAccount::ProfileInactive
        | DropAccount::NotSubscribed
        | DropAccount::BelowSeverity
        | DropAccount::Pattern
        | DropAccount::Throttled => MessageFailure::NotSubscribed,
    }
}
