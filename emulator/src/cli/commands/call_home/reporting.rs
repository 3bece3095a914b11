//! `call-home reporting`: everything that reporting to the vendor takes, in one command.
//!
//! Reference, section 1.7.

use std::sync::Arc;

use super::messages;
use crate::{
    alert_group::AlertGroup,
    cli::call::{Call, Next, Typed},
    config::{
        Configuration, HttpProxy, ProfileKind, Refusal, TAC_PROFILE,
        grammar::{
            Argument, Row,
            Token::{self, Argument as Value, Word},
        },
        names,
    },
    device::ManualMessage,
    template::Template,
};

const CALL_HOME: Token = Word("call-home");
const REPORTING: Token = Word("reporting");
const ANONYMOUS: Token = Word("anonymous");
const CONTACT: Token = Word("contact-email-addr");
const EMAIL: Token = Value(Argument::Email);
const PROXY: Token = Word("http-proxy");
const HOST: Token = Value(Argument::Host);
const PORT: Token = Word("port");
const NUMBER: Token = Value(Argument::Integer { min: 1, max: 65535 });

const fn row(tokens: &'static [Token]) -> Row {
    Row::exec(15, tokens, reporting, "Call Home messages").with_help(&[
        ("anonymous", "Without anything that identifies this device"),
        (
            "contact-email-addr",
            "Address of the contact, who registers this device",
        ),
        ("http-proxy", "Proxy between this device and the vendor"),
        ("reporting", "Begin to report to the vendor"),
    ])
}

pub(in super::super) static ROWS: &[Row] = &[
    row(&[CALL_HOME, REPORTING, ANONYMOUS]),
    row(&[CALL_HOME, REPORTING, ANONYMOUS, PROXY, HOST, PORT, NUMBER]),
    row(&[CALL_HOME, REPORTING, CONTACT, EMAIL]),
    row(&[
        CALL_HOME, REPORTING, CONTACT, EMAIL, PROXY, HOST, PORT, NUMBER,
    ]),
];

fn reporting(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let contact = typed.behind("contact-email-addr");
    let proxy = typed.behind("http-proxy");
    if contact.is_some_and(|contact| !names::is_email(contact)) {
        return call.refuse(&Refusal::Email.to_string());
    }
    if proxy.is_some_and(|host| !names::is_host(host)) {
        return call.refuse(&Refusal::Host.to_string());
    }
    let last = typed.command.values.len().saturating_sub(1);
    let port = typed
        .integer(last)
        .and_then(|port| u16::try_from(port).ok());
    let proxy = proxy.zip(port);
    call.device.change_configuration(call.now, |configuration| {
        report(configuration, contact, proxy);
    });
    let message = ManualMessage::Send {
        group: AlertGroup::Inventory,
        profile: Some(Arc::from(TAC_PROFILE)),
    };
    messages::send(
        call,
        message,
        "Sending inventory info call-home message ...",
    )
}

/// Turns reporting by HTTP on: full with a contact, anonymous without.
fn report(configuration: &mut Configuration, contact: Option<&str>, proxy: Option<(&str, u16)>) {
    configuration.service_call_home = true;
    let settings = &mut configuration.call_home;
    if let Some(contact) = contact {
        settings.contact_email = Some(Template::of_identity(contact));
    }
    let predefined = settings.profiles.iter_mut();
    for profile in predefined.filter(|profile| profile.kind == ProfileKind::Tac) {
        profile.active = true;
        profile.http = true;
        profile.email = false;
        profile.anonymous = contact.is_none();
    }
    if let Some((host, port)) = proxy {
        let host = Template::of_identity(host);
        settings.http_proxy = Some(HttpProxy { host, port });
    }
}
