//! What a device says about a command that it carries out all the same.
//!
//! Reference: Call Home, section 10.3.

use super::Position;
use crate::config::{
    Configuration, ProfileKind,
    grammar::{Action, Verb},
    matching::{Command, Form, Value},
    names,
    render::PORTAL_CONTACT,
};

/// What is printed when `command` is carried out on `before` at `position`.
pub(crate) fn notice(
    before: &Configuration,
    position: &Position,
    command: &Command<'_>,
) -> Option<&'static str> {
    let Action::Configure(verb) = command.row.action else {
        return None;
    };
    let text = match command.values.first() {
        Some(Value::Text(text)) => Some(*text),
        Some(Value::Keyword(keyword)) => Some(*keyword),
        Some(Value::Flag(_) | Value::Integer(_) | Value::Time(_)) | None => None,
    };
    let settings = &before.call_home;
    match (verb, command.form, text) {
        (Verb::ContactEmail, Form::Set, Some(PORTAL_CONTACT)) => Some(
            "The email address configured in Cisco Smart License Portal will be used as contact \
             email address to send SCH notifications.",
        ),
        (Verb::MailServer, Form::Set, Some(host)) if !names::is_host(host) => {
            Some("Configuration succeed, but fail to parse the address")
        }
        (Verb::MailServer, Form::No, Some(host)) => {
            let known = settings
                .mail_servers
                .iter()
                .any(|server| server.host.source().eq_ignore_ascii_case(host));
            known.then_some("The specified mail server is removed")
        }
        (Verb::Transport, form, Some(method)) => {
            let profile = settings.profile(position.profile.as_deref()?)?;
            let (own, other) = match method {
                "email" => (profile.email, profile.http),
                _ => (profile.http, profile.email),
            };
            match (form, profile.kind) {
                (Form::Set, ProfileKind::Tac) if other => {
                    Some("Profile cannot enable more than one transport method")
                }
                (Form::No, _) if own && !other => {
                    Some("Call-home profile need to have at least one transport-method")
                }
                (Form::Set | Form::No | Form::Default, _) => None,
            }
        }
        _ => None,
    }
}
