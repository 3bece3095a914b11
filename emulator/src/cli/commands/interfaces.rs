//! Interfaces: their outputs, and what shutting one down says in the log.

use crate::{
    cli::{
        call::{Call, Next, Typed},
        commands::sections::{interface_name, opened_by_range},
        keeping::open,
    },
    config::{
        Mode, Refusal,
        grammar::{
            Argument, Row,
            Token::{Argument as Value, Word},
        },
        matching::Form,
    },
    device::{Input, SystemEvent},
    show::interfaces::{interfaces, push_brief, push_descriptions, push_interface},
};

const NAME: Argument = Argument::Line;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("ip"), Word("interface"), Word("brief")], brief, "").with_help(&[("brief", "Brief summary of IP status and configuration"), ("interface", "IP interface status and configuration"), ("ip", "IP information")]),
    Row::exec(1, &[Word("show"), Word("interfaces")], all, "").with_help(&[("interfaces", "Interface status and configuration")]),
    Row::exec(1, &[Word("show"), Word("interfaces"), Word("description")], descriptions, "").with_help(&[("description", "Show interface description"), ("interfaces", "Interface status and configuration")]),
    Row::exec(1, &[Word("show"), Word("interfaces"), Value(NAME)], one, "").with_help(&[("LINE", "Name of an interface"), ("interfaces", "Interface status and configuration")]),
    Row::exec(15, &[Word("show"), Word("running-config"), Word("interface"), Value(NAME)], configuration, "").with_help(&[("LINE", "Name of an interface"), ("interface", "Show interface configuration")]),
    Row::configuration(Mode::Global, &[Word("interface"), Word("range"), Value(NAME)], range, "").with_help(&[("LINE", "Interfaces, as in gi0/1 - 3 , gi0/7"), ("range", "Several interfaces at once")]),
    Row::configuration(Mode::Interface, &[Word("shutdown")], shutdown, ""),
];

fn brief(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    push_brief(call.out, &call.device.view(call.now));
    Next::Prompt
}

fn descriptions(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    push_descriptions(call.out, &call.device.view(call.now));
    Next::Prompt
}

fn all(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let view = call.device.view(call.now);
    for (position, interface) in interfaces(&view).iter().enumerate() {
        push_interface(call.out, &view, interface, position);
    }
    Next::Prompt
}

/// The interface that the value at `position` names, in full.
fn named(typed: &Typed<'_>, position: usize) -> String {
    // An output filter stands behind the name.
    let rest = typed.rest(position).split('|').next().unwrap_or_default();
    let words: Vec<&str> = rest.split_whitespace().collect();
    interface_name(&words)
}

fn one(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let name = named(typed, 0);
    // The row of the keyword takes it in full only, because a name may stand in its place.
    if name.len() > 1 && "description".starts_with(&name.to_ascii_lowercase()) {
        return descriptions(call, typed);
    }
    let view = call.device.view(call.now);
    let all = interfaces(&view);
    let found = all.iter().position(|interface| interface.name == name);
    match found {
        Some(position) => {
            push_interface(call.out, &view, &all[position], position);
            Next::Prompt
        }
        None => Next::Invalid { value: 0 },
    }
}

fn configuration(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let header = format!("interface {}", named(typed, 0));
    let view = call.device.view(call.now);
    let mut whole = Vec::new();
    view.push_configuration(&mut whole, view.running(), false);
    let whole = String::from_utf8_lossy(&whole).into_owned();
    let mut lines = whole.lines().skip_while(|line| *line != header);
    let Some(first) = lines.next() else {
        return Next::Invalid { value: 0 };
    };
    let mut text = format!("{first}\n");
    for line in lines.take_while(|line| line.starts_with(' ')) {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("end");
    let size = text.len();
    call.print(&format!(
        "Building configuration...\n\nCurrent configuration : {size} bytes\n!\n{text}\n"
    ));
    Next::Prompt
}

/// Shuts the interface down or brings it up, with the log lines that either causes.
fn shutdown(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let section = call
        .terminal
        .position
        .as_ref()
        .and_then(|position| position.section.as_ref());
    let Some(section) = section.cloned() else {
        return Next::Prompt;
    };
    for header in section.headers() {
        if let Err(refusal) = shut_down(call, typed, header) {
            return call.refuse(&refusal.to_string());
        }
    }
    Next::Prompt
}

/// Shuts the interface under `header` down or brings it up.
fn shut_down(call: &mut Call<'_>, typed: &Typed<'_>, header: &str) -> Result<(), Refusal> {
    let name = header.trim_start_matches("interface ").to_owned();
    let before = is_shut_down(call, &name);
    let form = match typed.command.form {
        Form::Set => Form::Set,
        // An interface is up by default once it is configured.
        Form::No | Form::Default => Form::No,
    };
    call.device
        .change_configuration(call.now, |configuration| {
            configuration.keep(Some(header), form, "shutdown")
        })?;
    let after = is_shut_down(call, &name);
    if before != after {
        let (line, state) = if after {
            ("%LINK-5-CHANGED", "administratively down")
        } else {
            ("%LINK-3-UPDOWN", "up")
        };
        let protocol = if after { "down" } else { "up" };
        log(
            call,
            &format!("{line}: Interface {name}, changed state to {state}"),
        );
        log(
            call,
            &format!(
                "%LINEPROTO-5-UPDOWN: Line protocol on Interface {name}, changed state to {protocol}"
            ),
        );
    }
    Ok(())
}

/// Enters several interfaces at once.
fn range(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let Some(opened) = opened_by_range(typed.rest(0)) else {
        return Next::Invalid { value: 0 };
    };
    match open(call, opened) {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
    }
}

fn is_shut_down(call: &Call<'_>, name: &str) -> bool {
    let view = call.device.view(call.now);
    let all = interfaces(&view);
    let own = all.iter().find(|interface| interface.name == name);
    own.is_some_and(|interface| interface.is_shut_down)
}

/// Logs a line, which may raise messages.
fn log(call: &mut Call<'_>, line: &str) {
    let event = Input::Event(SystemEvent::Syslog(line.into()));
    call.device.handle(call.now, event, call.outputs);
}
