//! Entering and leaving configuration, and banners, whose text is typed over several lines.

use crate::{
    cli::{
        call::{Answer, Call, Dialogue, Next, Typed},
        interpreter::{leave_configuration, leave_mode},
    },
    config::{
        Mode,
        apply::Position,
        grammar::{
            Argument, Row,
            Token::{Argument as Value, OneOf, Word},
        },
        matching::Form,
    },
};

/// Most lines of a banner.
const BANNER_LINES_MAX: usize = 100;
const BANNERS: &[&str] = &[
    "exec",
    "incoming",
    "login",
    "motd",
    "prompt-timeout",
    "slip-ppp",
];

const fn exit(mode: Mode, help: &'static str) -> Row {
    Row::configuration(mode, &[Word("exit")], leave, help)
}

const fn end(mode: Mode) -> Row {
    Row::configuration(
        mode,
        &[Word("end")],
        end_configuration,
        "Exit from configure mode",
    )
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("configure")], ask_from_where, "Enter configuration mode"),
    Row::exec(15, &[Word("configure"), Word("terminal")], terminal, "").with_help(&[("terminal", "Configure from the terminal")]),
    Row::configuration(Mode::Global, &[Word("banner"), OneOf(BANNERS)], remove_banner, "Define a login banner"),
    Row::configuration(Mode::Global, &[Word("banner"), OneOf(BANNERS), Value(Argument::Line)], banner, "").with_help(&[("LINE", "c banner-text c, where 'c' is a delimiting character")]),
    exit(Mode::Interface, "Exit from interface configuration mode"),
    exit(Mode::Line, "Exit from line configuration mode"),
    exit(Mode::Trustpoint, "Exit from certificate authority trustpoint entry mode"),
    exit(Mode::CertificateChain, "Exit from certificate configuration mode"),
    exit(Mode::Redundancy, "Exit from redundancy configuration mode"),
    exit(Mode::Section, "Exit from this configuration mode"),
    end(Mode::Interface),
    end(Mode::Line),
    end(Mode::Trustpoint),
    end(Mode::CertificateChain),
    end(Mode::Redundancy),
    end(Mode::Section),
];

fn ask_from_where(_: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let then = |call: &mut Call<'_>, answer: &str| {
        let answer = answer.trim();
        if answer.is_empty() || "terminal".starts_with(answer) {
            begin(call)
        } else {
            call.refuse("?Must be \"terminal\", \"memory\", or \"network\"")
        }
    };
    let question = "Configuring from terminal, memory, or network [terminal]? ";
    Next::Ask(Dialogue::new(question, Answer::Line, then))
}

fn terminal(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    begin(call)
}

fn begin(call: &mut Call<'_>) -> Next {
    call.print("Enter configuration commands, one per line.  End with CNTL/Z.");
    call.terminal.position = Some(Position::start());
    Next::Prompt
}

fn leave(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    leave_mode(call)
}

fn end_configuration(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    leave_configuration(call)
}

/// The kind of banner that a command names.
fn kind<'s>(typed: &Typed<'s>) -> &'s str {
    typed.keyword(0).unwrap_or("motd")
}

fn remove_banner(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    if typed.command.form == Form::Set {
        call.print("% Incomplete command.\n");
        return Next::Refused;
    }
    set_banner(call, kind(typed), &[]);
    Next::Prompt
}

fn banner(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let kind = kind(typed).to_owned();
    if typed.command.form != Form::Set {
        set_banner(call, &kind, &[]);
        return Next::Prompt;
    }
    let text = typed.rest(1);
    // `^C` as text is how the control character is printed and pasted.
    let length = match text.strip_prefix('^') {
        Some(letter) => 1 + letter.chars().next().map_or(0, char::len_utf8),
        None => text.chars().next().map_or(0, char::len_utf8),
    };
    let (delimiter, text) = text.split_at(length);
    let entry = Banner {
        kind,
        delimiter: delimiter.to_owned(),
        lines: Vec::new(),
    };
    let question = format!("Enter TEXT message.  End with the character '{delimiter}'.\n");
    entry.line(call, text, &question)
}

/// A banner that is being typed.
struct Banner {
    kind: String,
    delimiter: String,
    lines: Vec<String>,
}

impl Banner {
    /// Takes a line; `question` is printed if more have to come.
    fn line(mut self, call: &mut Call<'_>, line: &str, question: &str) -> Next {
        if let Some((text, _)) = line.split_once(&self.delimiter) {
            self.lines.push(text.to_owned());
            set_banner(call, &self.kind, &self.lines);
            return Next::Prompt;
        }
        if self.lines.len() == BANNER_LINES_MAX {
            return call.refuse("% Banner text is too long");
        }
        self.lines.push(line.to_owned());
        let then = |call: &mut Call<'_>, answer: &str| self.line(call, answer, "");
        Next::Ask(Dialogue::new(question, Answer::Line, then))
    }
}

/// Sets the banner `kind`; without lines there is none.
fn set_banner(call: &mut Call<'_>, kind: &str, lines: &[String]) {
    call.device.change_configuration(call.now, |configuration| {
        configuration.verbatim.set_banner(kind, lines);
    });
}
