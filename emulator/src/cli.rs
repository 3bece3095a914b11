//! The command line of a device: one terminal session, from the bytes a user types to the bytes the
//! terminal shows.
//!
//! A [`Session`] belongs to whoever holds the connection, and is handed the device with every input;
//! an idle device therefore knows nothing of terminals. There are no clocks and no sockets here: time
//! is an argument, and the idle timeout is a value for the owner of the connection to enforce.
//!
//! Commands are rows of one grammar, see `config::grammar` and `cli::commands`; how to add a family
//! stands at the top of `cli/commands.rs`. A command prints into a buffer; filters, pages and line
//! ends come behind it.
//! Reference: Call Home, sections 1 and 10.
//!
//! ```
//! use emulator::{Catalogue, Device, DeviceModel, Seed, cli};
//!
//! let platform = Catalogue::built_in()?.find("CISCO2951").ok_or("no such model")?;
//! let model = DeviceModel::new(platform, emulator::Configuration::default()).shared();
//! let now = "2026-03-14T10:50:00Z".parse()?;
//! let mut device = Device::in_fleet(&model, "branch", 17, Seed(7), now);
//! let mut session = cli::Session::open(cli::Settings::default());
//!
//! let (mut shown, mut outputs) = (Vec::new(), Vec::new());
//! session.start(&device, &mut shown);
//! session.input(&mut device, now, b"show priv\r", &mut shown, &mut outputs);
//! let shown = String::from_utf8(shown)?;
//! assert!(shown.ends_with("Current privilege level is 1\r\nbranch-00017>"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod commands;
mod editor;
mod filter;
mod forms;
mod help;
mod interpreter;
mod keeping;
mod keys;
mod monitor;
mod pager;
mod secret;
mod terminal;
mod transfers;
mod typing;
mod waiting;

use jiff::{SignedDuration, Timestamp};

pub(crate) use call::Run;
use call::{Answer, Call, Dialogue, Next};
use editor::Editor;
pub use editor::LINE_CHARACTERS_MAX;
pub use forms::{CommandForm, command_forms};
use keys::Decoder;
use pager::{Pager, Size, push_crlf};
use terminal::Terminal;
pub use terminal::{Interaction, Line, LineEnd, PRIVILEGED, Settings};
pub(crate) use waiting::Waiting;
pub use waiting::{Arrival, Awaited};

use crate::{
    device::{Device, Input},
    output::Output,
};

/// One terminal session on a device.
#[derive(Debug)]
pub struct Session {
    terminal: Terminal,
    decoder: Decoder,
    editor: Editor,
    /// The next character stands for itself.
    quoting: bool,
    /// How many lines the device had logged when the session looked last.
    lines_seen: u32,
    /// The terminal's cursor stands behind log lines, at the start of a line.
    behind_log: bool,
    state: State,
}

/// What a session waits for.
#[derive(Debug)]
enum State {
    /// A command.
    Prompt,
    /// A key that says how an output goes on, and what comes behind the output.
    Paging(Pager, After),
    /// An answer.
    Asking(Dialogue),
    /// The outcome of something that takes a network.
    Waiting(Waiting),
    /// Nothing any more.
    Ended,
}

/// What comes behind an output.
#[derive(Debug)]
enum After {
    Prompt,
    Ask(Dialogue),
    Wait(Waiting),
    Close,
}

impl After {
    fn of(next: Next) -> Self {
        match next {
            Next::Prompt | Next::Refused | Next::Invalid { .. } => Self::Prompt,
            Next::Ask(dialogue) => Self::Ask(dialogue),
            Next::Wait(waiting) => Self::Wait(waiting),
            Next::Close => Self::Close,
        }
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LineResult {
    /// The device refused it: it is no command, or one that is not carried out.
    pub rejected: bool,
    /// The session has ended.
    pub ended: bool,
}

/// The device and the ways out of a session.
struct Port<'p> {
    device: &'p mut Device,
    now: Timestamp,
    out: &'p mut Vec<u8>,
    outputs: &'p mut Vec<Output>,
}

impl Session {
    /// A session that has not said anything yet; see [`Session::start`].
    pub fn open(settings: Settings) -> Self {
        Self {
            terminal: Terminal::new(settings),
            decoder: Decoder::default(),
            editor: Editor::default(),
            quoting: false,
            lines_seen: 0,
            behind_log: false,
            state: State::Prompt,
        }
    }

    /// Shows the banners and the prompt. Scripts are shown nothing, and a device that is down or boots
    /// ends the session.
    pub fn start(&mut self, device: &Device, out: &mut Vec<u8>) {
        self.lines_seen = device.lines_logged();
        if !device.is_up() {
            self.state = State::Ended;
            return;
        }
        if !self.is_terminal() {
            return;
        }
        out.extend_from_slice(b"\r\n");
        let verbatim = &device.configuration().verbatim;
        for kind in ["motd", "exec"] {
            if let Some(lines) = verbatim.banner(kind) {
                push_crlf(out, lines.join("\n").as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        self.show_prompt(device, out);
    }

    /// Takes what a terminal sent, at `now`. What the terminal is to show is appended to `out`, what
    /// the device has to say to the world to `outputs`.
    ///
    /// No input is too long, too short or too strange: what no key stands for is dropped, and behind
    /// the end of the session everything is.
    pub fn input(
        &mut self,
        device: &mut Device,
        now: Timestamp,
        bytes: &[u8],
        out: &mut Vec<u8>,
        outputs: &mut Vec<Output>,
    ) {
        let mut port = Port {
            device,
            now,
            out,
            outputs,
        };
        port.device
            .handle(now, Input::DeadlineReached, port.outputs);
        self.behind_log &= bytes.is_empty();
        for byte in bytes {
            if !port.device.is_up() {
                self.state = State::Ended;
            }
            if self.is_ended() {
                return;
            }
            if self.byte_while_waiting(*byte, &mut port) {
                continue;
            }
            if let Some(key) = self.decoder.key(*byte) {
                self.key(key, &mut port);
            }
        }
    }

    /// Carries out `line`, or takes it as the answer to the question asked last. Nothing is echoed
    /// or paged, and no prompt is shown. A line that ends with `?` asks for help. While the session
    /// waits, see [`Session::waits_for`], lines are put off and nothing is known of them.
    pub fn line(
        &mut self,
        device: &mut Device,
        now: Timestamp,
        line: &str,
        out: &mut Vec<u8>,
        outputs: &mut Vec<Output>,
    ) -> LineResult {
        device.handle(now, Input::DeadlineReached, outputs);
        let mut port = Port {
            device,
            now,
            out,
            outputs,
        };
        let line = line.trim_end_matches(['\r', '\n']);
        let rejected = match std::mem::replace(&mut self.state, State::Prompt) {
            State::Ended => {
                self.state = State::Ended;
                false
            }
            _ if !port.device.is_up() => {
                self.state = State::Ended;
                false
            }
            State::Prompt => match line.strip_suffix('?') {
                Some(before) => {
                    let text = help::help(&self.terminal, port.device, before);
                    self.print(text.as_bytes(), port.out);
                    false
                }
                None => self.command(line, &mut port),
            },
            State::Asking(dialogue) => self.answer(dialogue, line, &mut port),
            State::Waiting(waiting) => {
                self.line_while_waiting(waiting, line);
                false
            }
            // Only terminals page.
            State::Paging(_, after) => {
                self.go_on(after, &mut port);
                false
            }
        };
        LineResult {
            rejected,
            ended: self.is_ended(),
        }
    }

    /// The prompt that the session stands at, for transcripts; empty where it stands at none.
    pub fn prompt(&self, device: &Device) -> String {
        match self.state {
            State::Prompt => self.terminal.prompt(device),
            State::Paging(..) | State::Asking(_) | State::Waiting(_) | State::Ended => {
                String::new()
            }
        }
    }

    /// The terminal has changed its size.
    pub fn resize(&mut self, width: u16, length: u16) {
        self.terminal.width = width;
        self.terminal.length = length;
    }

    /// Whether the session has ended; the connection is to be closed then.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Whether the next line answers a question.
    pub fn is_asking(&self) -> bool {
        matches!(self.state, State::Asking(_))
    }

    /// After how long without input the session is to be ended; `None` is never. It follows the
    /// running configuration, so ask again after every input.
    pub fn idle_timeout(&self, device: &Device) -> Option<SignedDuration> {
        self.terminal.idle_timeout(device)
    }

    /// Whether the terminal asked for log lines.
    pub fn is_monitoring(&self) -> bool {
        self.terminal.monitor
    }

    fn is_terminal(&self) -> bool {
        self.terminal.interaction == Interaction::Terminal
    }

    fn size(&self) -> Size {
        Size {
            width: self.terminal.width,
            length: self.terminal.length,
        }
    }

    fn show_prompt(&self, device: &Device, out: &mut Vec<u8>) {
        if self.is_terminal() {
            out.extend_from_slice(self.terminal.prompt(device).as_bytes());
        }
    }

    /// Appends `text` with the line ends of the session.
    fn print(&self, text: &[u8], out: &mut Vec<u8>) {
        match self.terminal.interaction {
            Interaction::Script {
                line_end: LineEnd::Lf,
            } => out.extend_from_slice(text),
            Interaction::Terminal
            | Interaction::Script {
                line_end: LineEnd::CrLf,
            } => push_crlf(out, text),
        }
    }

    fn call<'s>(&'s mut self, port: &'s mut Port<'_>, text: &'s mut Vec<u8>) -> Call<'s> {
        Call {
            device: port.device,
            now: port.now,
            terminal: &mut self.terminal,
            out: text,
            outputs: port.outputs,
        }
    }

    /// Carries out a line; whether it was refused.
    fn command(&mut self, line: &str, port: &mut Port<'_>) -> bool {
        self.terminal.history.push(line);
        if !interpreter::is_command(line) {
            self.go_on(After::Prompt, port);
            return false;
        }
        let mut text = Vec::new();
        let next = interpreter::run(&mut self.call(port, &mut text), line);
        self.follow(next, text, port)
    }

    /// Takes the answer to a question; whether it was refused.
    fn answer(&mut self, dialogue: Dialogue, line: &str, port: &mut Port<'_>) -> bool {
        let answer = match (dialogue.answer, line.trim()) {
            (Answer::Confirm, "" | "y" | "Y" | "yes") => "y",
            (Answer::Confirm, _) => "",
            (Answer::Line | Answer::Secret, _) => line,
        };
        let mut text = Vec::new();
        let next = (dialogue.then)(&mut self.call(port, &mut text), answer);
        self.follow(next, text, port)
    }

    /// Shows what a command printed and goes on as it says; whether it was refused.
    fn follow(&mut self, next: Next, text: Vec<u8>, port: &mut Port<'_>) -> bool {
        let rejected = matches!(next, Next::Refused | Next::Invalid { .. });
        let after = if port.device.is_up() {
            After::of(next)
        } else {
            // The command itself may have taken the device down.
            After::Close
        };
        self.finish(text, after, port);
        rejected
    }

    fn finish(&mut self, text: Vec<u8>, after: After, port: &mut Port<'_>) {
        if !self.is_terminal() {
            self.print(&text, port.out);
            self.go_on(after, port);
            return;
        }
        let mut pager = Pager::new(text);
        if pager.page(self.size(), port.out) {
            self.state = State::Paging(pager, after);
        } else {
            self.go_on(after, port);
        }
    }

    fn go_on(&mut self, after: After, port: &mut Port<'_>) {
        self.state = match after {
            After::Prompt => {
                self.show_prompt(port.device, port.out);
                if self.is_terminal() {
                    self.editor.show(port.out);
                }
                State::Prompt
            }
            After::Ask(dialogue) => {
                self.print(dialogue.question.as_bytes(), port.out);
                State::Asking(dialogue)
            }
            After::Wait(waiting) => State::Waiting(waiting),
            After::Close => State::Ended,
        };
    }
}
