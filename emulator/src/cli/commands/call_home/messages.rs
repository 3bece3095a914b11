//! Messages that a user sends: `call-home test`, `call-home send`, `call-home request`.
//!
//! Reference, sections 6.1 to 6.4 and 10.2.

use std::sync::Arc;

use crate::{
    alert::{CommandOutputDestination, CommandOutputRequest, RequestKind},
    alert_group::AlertGroup,
    cli::call::{Call, Next, Typed},
    config::{
        MessageFormat, Refusal,
        grammar::{
            Argument, Row,
            Token::{self, Argument as Value, OneOf, Word},
        },
        names,
        profile::TAC_EMAIL,
    },
    device::ManualMessage,
    platform::DeviceKind,
};

/// Where outputs for a service request go that names no address.
const ATTACH_EMAIL: &str = "attach@cisco.com";
const WAIT: &str = "Please wait. This may take some time ...";

const CALL_HOME: Token = Word("call-home");
const PROFILE: Token = Word("profile");
const NAME: Token = Value(Argument::ProfileName);
const CCOID: Token = Word("ccoid");
const ID: Token = Value(Argument::Text { max: 200 });
const COMMAND: Token = Value(Argument::Quoted { max: 200 });
const GROUP: Token = OneOf(&["configuration", "crash", "inventory", "snapshot"]);
const PLACE: Token = OneOf(&["module", "slot"]);
const SLOT: Token = Value(Argument::Text { max: 16 });
const ANALYSIS: Token = Word("output-analysis");
const KIND: Token = OneOf(&[
    "bugs-list",
    "command-reference",
    "config-sanity",
    "product-advisory",
]);
/// Outputs that are to be sent.
const LIST: Token = Value(Argument::Quoted { max: 127 });
const ADDRESS: Token = Value(Argument::Email);
const FORMAT: Token = OneOf(&["long-text", "xml"]);
/// The second keyword is the older one.
const SERVICE: Token = OneOf(&["tac-service-request", "service-number"]);
const NUMBER: Token = Value(Argument::Text { max: 32 });
const SEND: Token = Word("send");
const REQUEST: Token = Word("request");
const EMAIL: Token = Word("email");
const HTTP: Token = Word("http");
const MSG_FORMAT: Token = Word("msg-format");
const FORWARD: Token = Word("destination-email-address");

const fn row(tokens: &'static [Token], run: crate::cli::Run) -> Row {
    Row::exec(15, tokens, run, "Call Home messages").with_help(&[
        ("request", "Ask the back end about this device"),
        (
            "send",
            "Send a message of an alert group, or the output of commands",
        ),
        ("test", "Send a test message"),
        (
            "\"LINE\"",
            "Commands in quotes, with semicolons between them",
        ),
        ("configuration", "Configuration of the device"),
        ("diagnostic", "Diagnostic result of a card"),
        ("email", "Send by e-mail"),
        ("http", "Send by HTTP"),
        ("long-text", "Text for people"),
    ])
}

#[rustfmt::skip]
pub(in super::super) static ROWS: &[Row] = &[
    row(&[CALL_HOME, Word("test"), PROFILE, NAME], test),
    row(&[CALL_HOME, Word("test"), Value(Argument::Text { max: 128 }), PROFILE, NAME], test),
    row(&[CALL_HOME, SEND, Word("alert-group"), GROUP], alert_group),
    row(&[CALL_HOME, SEND, Word("alert-group"), GROUP, PROFILE, NAME], alert_group),
    row(&[CALL_HOME, SEND, Word("alert-group"), Word("diagnostic"), PLACE, SLOT], diagnostic),
    row(&[CALL_HOME, SEND, Word("alert-group"), Word("diagnostic"), PLACE, SLOT, PROFILE, NAME], diagnostic),
    row(&[CALL_HOME, SEND, LIST, EMAIL, ADDRESS], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, EMAIL, ADDRESS, SERVICE, NUMBER], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, EMAIL, ADDRESS, MSG_FORMAT, FORMAT], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, EMAIL, ADDRESS, MSG_FORMAT, FORMAT, SERVICE, NUMBER], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, EMAIL, MSG_FORMAT, FORMAT, SERVICE, NUMBER], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, MSG_FORMAT, FORMAT, SERVICE, NUMBER], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, SERVICE, NUMBER], mail_outputs),
    row(&[CALL_HOME, SEND, LIST, HTTP, SERVICE, NUMBER], post_outputs),
    row(&[CALL_HOME, SEND, LIST, HTTP, FORWARD, ADDRESS], post_outputs),
    row(&[CALL_HOME, SEND, LIST, HTTP, FORWARD, ADDRESS, SERVICE, NUMBER], post_outputs),
    row(&[CALL_HOME, REQUEST, KIND], request),
    row(&[CALL_HOME, REQUEST, KIND, PROFILE, NAME], request),
    row(&[CALL_HOME, REQUEST, KIND, PROFILE, NAME, CCOID, ID], request),
    row(&[CALL_HOME, REQUEST, KIND, CCOID, ID], request),
    row(&[CALL_HOME, REQUEST, KIND, CCOID, ID, PROFILE, NAME], request),
    row(&[CALL_HOME, REQUEST, ANALYSIS, COMMAND], request),
    row(&[CALL_HOME, REQUEST, ANALYSIS, COMMAND, PROFILE, NAME], request),
    row(&[CALL_HOME, REQUEST, ANALYSIS, COMMAND, PROFILE, NAME, CCOID, ID], request),
    row(&[CALL_HOME, REQUEST, ANALYSIS, COMMAND, CCOID, ID], request),
    row(&[CALL_HOME, REQUEST, ANALYSIS, COMMAND, CCOID, ID, PROFILE, NAME], request),
];

/// The profile that a command names, if it names one.
fn profile(typed: &Typed<'_>) -> Option<Arc<str>> {
    typed.behind("profile").map(Arc::from)
}

/// Sends `message`; `announced` is what the device says it does.
pub(super) fn send(call: &mut Call<'_>, message: ManualMessage, announced: &str) -> Next {
    let sent = call.device.send_by_hand(call.now, message, call.outputs);
    match sent {
        Err(rejected) => call.refuse(&rejected.to_string()),
        Ok(failure) => {
            call.print(announced);
            call.print(WAIT);
            match failure {
                None => Next::Prompt,
                Some(failure) => call.refuse(&format!("Failed to send message ({failure})")),
            }
        }
    }
}

fn test(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let text = typed.behind("test").map(Arc::from);
    let Some(profile) = profile(typed) else {
        return Next::Refused;
    };
    if text.as_ref().is_some_and(|text| !names::is_text(text)) {
        return call.refuse(&Refusal::NotPrintable.to_string());
    }
    let known = call.device.configuration().call_home.profile(&profile);
    let name = known.map_or_else(|| profile.clone(), |known| known.name.clone());
    let announced = format!("Sending test message to {name}...");
    send(call, ManualMessage::Test { text, profile }, &announced)
}

fn announced(group: AlertGroup) -> String {
    format!("Sending {} info call-home message ...", group.keyword())
}

fn alert_group(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let group = typed.keyword(0).and_then(AlertGroup::from_keyword);
    let Some(group) = group.filter(|group| has(call, *group)) else {
        return Next::Invalid { value: 0 };
    };
    let profile = profile(typed);
    send(
        call,
        ManualMessage::Send { group, profile },
        &announced(group),
    )
}

fn has(call: &Call<'_>, group: AlertGroup) -> bool {
    call.device.model().platform.groups.contains(group)
}

/// A model understands its own word for the place of a card only.
fn diagnostic(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let platform = &call.device.model().platform;
    let place = match platform.kind {
        DeviceKind::Router => "slot",
        DeviceKind::Switch => "module",
    };
    if typed.keyword(0) != Some(place) || !has(call, AlertGroup::Diagnostic) {
        return Next::Invalid { value: 0 };
    }
    let slot = typed.text(1).unwrap_or_default();
    let Some(card) = platform.card_in(slot) else {
        return Next::Invalid { value: 1 };
    };
    let profile = profile(typed);
    let message = ManualMessage::SendDiagnostic { card, profile };
    send(call, message, &announced(AlertGroup::Diagnostic))
}

fn request(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let analysed = typed.behind("output-analysis").map(Arc::from);
    let kind = match (typed.keyword(0), analysed) {
        (_, Some(command)) => RequestKind::OutputAnalysis(command),
        (Some("bugs-list"), None) => RequestKind::BugsList,
        (Some("command-reference"), None) => RequestKind::CommandReference,
        (Some("config-sanity"), None) => RequestKind::ConfigSanity,
        (Some(_) | None, None) => RequestKind::ProductAdvisory,
    };
    let announced = format!("Sending {} call-home request ...", kind.keyword());
    let message = ManualMessage::Request {
        kind,
        profile: profile(typed),
        cco_id: typed.behind("ccoid").map(Arc::from),
    };
    send(call, message, &announced)
}

/// The commands of a list, split at the semicolons.
fn commands(typed: &Typed<'_>) -> Vec<Arc<str>> {
    let list = typed.text(0).unwrap_or_default();
    let commands = list.split(';').map(str::trim);
    commands
        .filter(|command| !command.is_empty())
        .map(Arc::from)
        .collect()
}

fn service_request(typed: &Typed<'_>) -> Option<Arc<str>> {
    let number = typed
        .behind("tac-service-request")
        .or_else(|| typed.behind("service-number"));
    number.map(Arc::from)
}

fn mail_outputs(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let formats = (1..typed.command.values.len()).filter_map(|value| typed.keyword(value));
    let format = formats
        .filter_map(MessageFormat::from_keyword)
        .next()
        .unwrap_or(MessageFormat::LongText);
    let address = match (typed.behind("email"), format) {
        (Some(address), _) => address,
        (None, MessageFormat::Xml) => TAC_EMAIL,
        (None, MessageFormat::LongText | MessageFormat::ShortText) => ATTACH_EMAIL,
    };
    let destination = CommandOutputDestination::Mail {
        address: address.into(),
        format,
    };
    outputs(call, typed, address, destination)
}

fn post_outputs(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let forward_to = typed.behind("destination-email-address");
    let destination = CommandOutputDestination::Http {
        forward_to: forward_to.map(Arc::from),
    };
    outputs(call, typed, forward_to.unwrap_or(TAC_EMAIL), destination)
}

fn outputs(
    call: &mut Call<'_>,
    typed: &Typed<'_>,
    address: &str,
    destination: CommandOutputDestination,
) -> Next {
    if !names::is_email(address) {
        return call.refuse(&Refusal::Email.to_string());
    }
    let commands = commands(typed);
    if commands.is_empty() {
        return Next::Invalid { value: 0 };
    }
    let service_request = service_request(typed);
    if service_request
        .as_ref()
        .is_some_and(|number| !names::is_text(number))
    {
        return call.refuse(&Refusal::NotPrintable.to_string());
    }
    let request = CommandOutputRequest {
        commands,
        destination,
        service_request,
    };
    let announced = "Sending CLI output call-home message ...";
    send(call, ManualMessage::SendCommands(request), announced)
}
