//! Commands about the session itself: privilege, leaving, the terminal.

use crate::{
    cli::{
        call::{Answer, Call, Dialogue, Next, Typed},
        secret::Secret,
        terminal::{Line, PRIVILEGED, USER},
    },
    config::grammar::{
        Argument, Row,
        Token::{Argument as Value, OneOf, Word},
    },
};

/// How often `enable` asks for its secret.
const SECRET_TRIES: u8 = 3;

const LEVEL: Argument = Argument::Integer { min: 0, max: 15 };
const ROWS_AND_COLUMNS: Argument = Argument::Integer { min: 0, max: 512 };
const HISTORY_SIZE: Argument = Argument::Integer { min: 0, max: 256 };

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(0, &[Word("enable")], enable, "Turn on privileged commands"),
    Row::exec(0, &[Word("enable"), Value(LEVEL)], enable, "Turn on privileged commands").with_help(&[("<0-15>", "Enable level")]),
    Row::exec(0, &[Word("disable")], disable, "Turn off privileged commands"),
    Row::exec(0, &[Word("disable"), Value(LEVEL)], disable, "").with_help(&[("<0-15>", "Privilege level")]),
    Row::exec(0, &[Word("exit")], close, "Exit from the EXEC"),
    Row::exec(0, &[Word("logout")], close, "Exit from the EXEC"),
    Row::exec(0, &[Word("quit")], close, "Exit from the EXEC"),
    Row::exec(1, &[Word("terminal"), Word("length"), Value(ROWS_AND_COLUMNS)], length, "").with_help(&[("<0-512>", "Number of lines on screen (0 for no pausing)")]),
    Row::exec(1, &[Word("terminal"), Word("width"), Value(ROWS_AND_COLUMNS)], width, "").with_help(&[("<0-512>", "Number of characters on a screen line")]),
    Row::exec(1, &[Word("terminal"), Word("history"), Word("size"), Value(HISTORY_SIZE)], history_size, "").with_help(&[("<0-256>", "Size of history buffer"), ("size", "Set history buffer size")]),
    Row::exec(1, &[Word("terminal"), Word("monitor")], monitor, ""),
    Row::exec(1, &[Word("terminal"), Word("type"), Value(Argument::Text { max: 32 })], kind, "").with_help(&[("type", "Set the terminal type")]),
    Row::exec(1, &[Word("terminal"), Word("no"), Word("monitor")], no_monitor, ""),
    Row::exec(1, &[Word("show"), Word("privilege")], show_privilege, ""),
    Row::exec(1, &[Word("show"), Word("history")], show_history, ""),
    Row::exec(1, &[Word("show"), Word("users")], show_users, ""),
    Row::exec(1, &[Word("show"), Word("users"), OneOf(&["all", "wide"])], show_users, "").with_help(&[("all", "Include information about inactive ports"), ("wide", "Use wide format")]),
    Row::exec(1, &[Word("show"), Word("terminal")], show_terminal, ""),
];

fn level(typed: &Typed<'_>, default: u8) -> u8 {
    let level = typed.integer(0).and_then(|level| u8::try_from(level).ok());
    level.unwrap_or(default)
}

fn enable(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let wanted = level(typed, PRIVILEGED);
    if wanted <= call.terminal.privilege {
        call.terminal.privilege = wanted;
        return Next::Prompt;
    }
    match enable_secret(call) {
        Some(secret) => ask(secret, wanted, SECRET_TRIES),
        None if call.terminal.line == Line::Console => {
            call.terminal.privilege = wanted;
            Next::Prompt
        }
        None => call.refuse("% No password set"),
    }
}

/// The secret of `enable` in the running configuration; `enable secret` goes before `enable
/// password`.
fn enable_secret(call: &Call<'_>) -> Option<Secret> {
    let verbatim = &call.device.configuration().verbatim;
    let mut secrets = verbatim.named("enable secret ");
    let text = secrets
        .next()
        .or_else(|| verbatim.named("enable password ").next())?;
    Some(Secret::parse(&text))
}

fn ask(secret: Secret, wanted: u8, tries: u8) -> Next {
    let then = move |call: &mut Call<'_>, answer: &str| {
        if secret.accepts(answer) {
            call.terminal.privilege = wanted;
            return Next::Prompt;
        }
        match tries.saturating_sub(1) {
            0 => call.refuse("% Bad secrets\n"),
            left => ask(secret, wanted, left),
        }
    };
    Next::Ask(Dialogue::new("Password: ", Answer::Secret, then))
}

fn disable(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let wanted = level(typed, USER);
    call.terminal.privilege = wanted.min(call.terminal.privilege);
    Next::Prompt
}

fn close(_: &mut Call<'_>, _: &Typed<'_>) -> Next {
    Next::Close
}

fn dimension(typed: &Typed<'_>) -> u16 {
    let number = typed
        .integer(0)
        .and_then(|number| u16::try_from(number).ok());
    number.unwrap_or(0)
}

fn length(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    call.terminal.length = dimension(typed);
    Next::Prompt
}

fn width(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    call.terminal.width = dimension(typed);
    Next::Prompt
}

fn history_size(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    call.terminal.history.resize(dimension(typed).into());
    Next::Prompt
}

fn kind(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    call.terminal.kind = typed.text(0).unwrap_or_default().to_owned();
    Next::Prompt
}

fn monitor(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    call.terminal.monitor = true;
    Next::Prompt
}

fn no_monitor(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    call.terminal.monitor = false;
    Next::Prompt
}

fn show_privilege(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let privilege = call.terminal.privilege;
    call.print(&format!("Current privilege level is {privilege}"));
    Next::Prompt
}

fn show_history(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    for line in call.terminal.history.lines() {
        call.out.extend_from_slice(format!("  {line}\n").as_bytes());
    }
    Next::Prompt
}

/// The line of this session, as lists name it.
fn line_name(line: Line) -> String {
    match line {
        Line::Console => "con 0".to_owned(),
        Line::Vty(vty) => format!("vty {vty}"),
    }
}

fn show_users(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let terminal = &call.terminal;
    let user = terminal.user.as_deref().unwrap_or_default();
    let from = terminal
        .from
        .map_or_else(String::new, |from| from.to_string());
    let line = format!(
        "*{:3} {:<10} {user:<10} idle                 00:00:00 {from}",
        terminal.line.number(),
        line_name(terminal.line),
    );
    call.print("    Line       User       Host(s)              Idle       Location");
    call.print(line.trim_end());
    call.print("\n  Interface    User               Mode         Idle     Peer Address\n");
    Next::Prompt
}

fn show_terminal(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let terminal = &call.terminal;
    let (number, name) = (terminal.line.number(), line_name(terminal.line));
    let (length, width, kind) = (terminal.length, terminal.width, &terminal.kind);
    let history = terminal.history.size();
    let monitor = if terminal.monitor {
        "enabled"
    } else {
        "disabled"
    };
    let text = format!(
        "Line {number} ({name}), Location: \"\", Type: \"{kind}\"\n\
         Length: {length} lines, Width: {width} columns\n\
         Status: PSI Enabled, Ready, Active\n\
         Capabilities: none\n\
         Modem state: Ready\n\
         Log messages on this terminal: {monitor}\n\
         Editing is enabled.\n\
         History is enabled, history size is {history}.\n\
         Full user help is disabled"
    );
    call.print(&text);
    Next::Prompt
}
