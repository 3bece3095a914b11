//! Messages that a user sends by hand: test, send, request, command output.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Device, ManualMessage, RejectedRequest};
use crate::{
    alert::{AffectedCards, Alert, Audience, CommandOutputRequest, Manual, RequestKind},
    alert_group::{AlertGroup, MessageType},
    config::{ProfileId, TAC_PROFILE},
    output::Output,
    severity::Severity,
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
        if !self.running.service_call_home {
            return Err(RejectedRequest::ServiceDisabled);
        }
        let (alert, audience) = match message {
            ManualMessage::Test { text, profile } => self.test(now, text, &profile)?,
            ManualMessage::Send { group, profile } => self.send(now, group, profile.as_deref())?,
            ManualMessage::Request {
                kind,
                profile,
                cco_id,
            } => self.request(now, kind, profile.as_deref(), cco_id)?,
            ManualMessage::SendCommands(request) => {
                (command_output(now, request), Audience::Direct)
            }
        };
        self.raise(alert, audience, None, outputs);
        Ok(())
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
            AlertGroup::Diagnostic => Alert {
                affected: AffectedCards::One(0),
                ..Alert::of_group(group, Severity::Normal, now, self.diagnostic_description(0))
            },
            AlertGroup::Snapshot if self.running.call_home.snapshot_commands.is_empty() => {
                return Err(RejectedRequest::NoSnapshotCommand);
            }
            AlertGroup::Snapshot => {
                Alert::of_group(group, Severity::Normal, now, "Snapshot information")
            }
            AlertGroup::Environment | AlertGroup::Syslog => return Err(RejectedRequest::NotByHand),
        };
        let audience = match profile {
            Some(name) => Audience::Named(self.named(name)?),
            None => Audience::GroupSubscribers,
        };
        Ok((alert, audience))
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
        manual: Some(Box::new(Manual::Commands(request))),
    }
}
