//! One SSH channel: a terminal on a device, or commands without one.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the messages of a channel are the library's to extend"
)]

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use emulator::cli::{Interaction, Line, LineEnd, Settings};
use russh::{
    Channel, ChannelMsg,
    server::{Handle, Msg},
};

use super::login::Vty;
use crate::{
    actors::{RunningDevice, Said},
    clock,
    console::{Console, Shown},
};

/// How long a client may read nothing of what it is sent.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a channel may be open without a purpose.
const PURPOSE_TIMEOUT: Duration = Duration::from_secs(60);
/// Size of a terminal whose client names none.
const WIDTH_DEFAULT: u16 = 80;
/// Most commands of one exec request.
const EXEC_LINES_MAX: usize = 1000;
/// The exit status of an exec request whose device refused a command.
const EXIT_REFUSED: u32 = 1;

/// Who comes to which device.
pub(super) struct Visit {
    pub(super) device: RunningDevice,
    pub(super) vty: Vty,
    pub(super) privilege: u8,
    pub(super) peer: IpAddr,
}

/// What a channel is used for.
enum Purpose {
    Shell,
    Exec(String),
}

/// A terminal's columns and rows; without rows nothing is paged.
#[derive(Clone, Copy)]
struct Size {
    width: u16,
    length: u16,
}

impl Size {
    fn of(columns: u32, rows: u32) -> Self {
        let cut = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        Self {
            width: cut(columns),
            length: cut(rows),
        }
    }
}

/// Serves a channel until one side has had enough of it.
pub(super) async fn serve(mut channel: Channel<Msg>, handle: Handle, visit: Visit) {
    let id = channel.id();
    let mut size = Size {
        width: WIDTH_DEFAULT,
        length: 0,
    };
    let purpose = within(Some(PURPOSE_TIMEOUT), purpose(&mut channel, &mut size)).await;
    if let Some(purpose) = purpose {
        match purpose {
            Purpose::Shell => shell(&mut channel, &visit, size).await,
            Purpose::Exec(commands) => {
                let status = exec(&channel, &visit, &commands).await;
                let _ = handle.exit_status_request(id, status).await;
            }
        }
    }
    // The line is free before the client knows that it has left. A channel that nobody reads would
    // hold up everything else on its connection, the farewell included.
    drop(visit);
    drop(channel);
    // A client that is gone needs no farewell.
    let _ = handle.eof(id).await;
    let _ = handle.close(id).await;
}

/// Waits until the client says what it wants; `None` when it leaves before. The login has answered
/// its requests.
async fn purpose(channel: &mut Channel<Msg>, size: &mut Size) -> Option<Purpose> {
    loop {
        match channel.wait().await? {
            ChannelMsg::RequestPty {
                col_width,
                row_height,
                ..
            } => {
                *size = Size::of(col_width, row_height);
            }
            ChannelMsg::WindowChange {
                col_width,
                row_height,
                ..
            } => *size = Size::of(col_width, row_height),
            ChannelMsg::RequestShell { .. } => {
                return Some(Purpose::Shell);
            }
            ChannelMsg::Exec { command, .. } => {
                let commands = String::from_utf8_lossy(&command).into_owned();
                return Some(Purpose::Exec(commands));
            }
            ChannelMsg::Eof | ChannelMsg::Close => return None,
            _ => {}
        }
    }
}

fn settings(visit: &Visit, size: Size, interaction: Interaction) -> Settings {
    Settings {
        line: Line::Vty(visit.vty.number),
        user: None,
        from: Some(visit.peer),
        privilege: visit.privilege,
        width: size.width,
        length: size.length,
        interaction,
    }
}

/// A terminal session.
async fn shell(channel: &mut Channel<Msg>, visit: &Visit, size: Size) {
    let settings = settings(visit, size, Interaction::Terminal);
    let mut console = Console::open(&visit.device, settings);
    let mut said = VecDeque::from([Said::Hello]);
    let mut last_key = clock::now();
    loop {
        while let Some(said) = said.pop_front() {
            let Some(Shown { bytes, ended, .. }) = console.say(said).await else {
                return;
            };
            if !send(channel, bytes).await || ended {
                return;
            }
        }
        let idle = clock::now().saturating_duration_since(last_key);
        let idle_timeout = console
            .idle_timeout()
            .map(|timeout| timeout.saturating_sub(idle));
        let message = tokio::select! {
            unasked = console.unasked() => {
                said.push_back(unasked);
                continue;
            }
            message = within(idle_timeout, channel.wait()) => message,
        };
        let Some(message) = message else {
            return;
        };
        match message {
            ChannelMsg::Data { data } => {
                last_key = clock::now();
                // A line at a time: a piece of a thousand commands must not keep other devices waiting,
                // nor be answered in one piece.
                let lines = data.split_inclusive(|byte| matches!(byte, b'\r' | b'\n'));
                said.extend(lines.map(|line| Said::Keys(line.to_vec())));
            }
            ChannelMsg::WindowChange {
                col_width,
                row_height,
                ..
            } => {
                let Size { width, length } = Size::of(col_width, row_height);
                said.push_back(Said::Resized { width, length });
            }
            ChannelMsg::Eof | ChannelMsg::Close => return,
            _ => {}
        }
    }
}

/// Sends what the terminal is to show; `false` when the client is gone, or reads nothing for so long
/// that it may as well be.
async fn send(channel: &Channel<Msg>, bytes: Vec<u8>) -> bool {
    if bytes.is_empty() {
        return true;
    }
    let sent = tokio::time::timeout(WRITE_TIMEOUT, channel.data_bytes(bytes));
    matches!(sent.await, Ok(Ok(())))
}

/// Waits for `next` as long as a session may be idle.
async fn within<T>(limit: Option<Duration>, next: impl Future<Output = Option<T>>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, next).await.ok().flatten(),
        None => next.await,
    }
}

/// Carries out commands without a terminal; returns the exit status.
async fn exec(channel: &Channel<Msg>, visit: &Visit, commands: &str) -> u32 {
    let interaction = Interaction::Script {
        line_end: LineEnd::CrLf,
    };
    let size = Size {
        width: WIDTH_DEFAULT,
        length: 0,
    };
    let mut console = Console::open(&visit.device, settings(visit, size, interaction));
    let mut status = 0;
    for line in commands.lines().take(EXEC_LINES_MAX) {
        let mut said = Said::Line(line.to_owned());
        loop {
            let Some(shown) = console.say(said).await else {
                return EXIT_REFUSED;
            };
            if shown.line.rejected {
                status = EXIT_REFUSED;
            }
            if !send(channel, shown.bytes).await || shown.ended {
                return status;
            }
            if !console.is_waiting() {
                break;
            }
            said = console.arrived().await;
        }
    }
    status
}
