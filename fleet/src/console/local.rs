//! The console of one device on standard input and output: a terminal, or lines in a pipe.

use std::{
    io::{self, IsTerminal, Read, Write},
    thread,
};

use emulator::cli::{Interaction, LineEnd, Settings};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
};

use super::{Console, Directory};
use crate::{actors::Said, raw_mode::RawMode};

/// Pieces of input that may wait for the device.
const PIECES_WAITING_MAX: usize = 16;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// Longest line of a pipe; a longer one is cut there, and the device refuses it.
const PIPED_LINE_BYTES_MAX: usize = 64 * 1024;

/// What a console session came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Visit {
    /// Lines of a pipe that the device refused.
    pub rejected: u64,
}

/// Serves the console of the only device until input or session end.
pub async fn serve(devices: oneshot::Receiver<Directory>) -> io::Result<Visit> {
    let Ok(directory) = devices.await else {
        // The run did not begin; whoever conducts it says why.
        return Ok(Visit::default());
    };
    let Some(device) = directory.any() else {
        return Ok(Visit::default());
    };
    let is_terminal = io::stdin().is_terminal();
    let (width, length) =
        terminal_size::terminal_size().map_or((80, 24), |(width, height)| (width.0, height.0));
    let mut settings = Settings {
        width,
        length,
        ..Settings::default()
    };
    let input = read_input();
    let visit = if is_terminal {
        let raw = RawMode::enter()?;
        let ended = terminal(Console::open(device, settings), input).await;
        drop(raw);
        ended.map(|()| Visit::default())
    } else {
        settings.interaction = Interaction::Script {
            line_end: LineEnd::Lf,
        };
        pipe(Console::open(device, settings), input).await
    };
    match visit {
        // Whoever read the output has seen enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Visit::default()),
        visit => visit,
    }
}

/// Reads standard input on a thread of its own: such a read cannot be called off.
fn read_input() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING_MAX);
    thread::spawn(move || {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match io::stdin().lock().read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    if sender.blocking_send(buffer[..count].to_vec()).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // As good as its end: there is nothing more to read.
                Err(_) => return,
            }
        }
    });
    receiver
}

async fn terminal(mut console: Console, mut input: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let mut resized = signal(SignalKind::window_change())?;
    // The terminal has to be given back as it was before the process goes.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let mut said = Said::Hello;
    loop {
        let Some(shown) = console.say(said).await else {
            return Ok(());
        };
        show(&shown.bytes)?;
        if shown.ended {
            return show(b"\r\n");
        }
        said = tokio::select! {
            unasked = console.unasked() => unasked,
            keys = input.recv() => match keys {
                Some(keys) => Said::Keys(keys),
                None => return show(b"\r\n"),
            },
            _ = terminated.recv() => return Ok(()),
            _ = hung_up.recv() => return Ok(()),
            _ = resized.recv() => {
                let size = terminal_size::terminal_size();
                let (width, length) = size.map_or((80, 24), |(width, height)| (width.0, height.0));
                Said::Resized { width, length }
            }
        };
    }
}

async fn pipe(mut console: Console, mut input: mpsc::Receiver<Vec<u8>>) -> io::Result<Visit> {
    let mut visit = Visit::default();
    let mut unread = Vec::new();
    let mut open = true;
    while open {
        match input.recv().await {
            Some(piece) => unread.extend_from_slice(&piece),
            // A last line without an end is a line.
            None => {
                open = false;
                if !unread.is_empty() {
                    unread.push(b'\n');
                }
            }
        }
        while let Some(line) = take_line(&mut unread) {
            let mut said = Said::Line(line);
            loop {
                let Some(shown) = console.say(said).await else {
                    return Ok(visit);
                };
                visit.rejected += u64::from(shown.line.rejected);
                show(&shown.bytes)?;
                if shown.ended {
                    return Ok(visit);
                }
                if !console.is_waiting() {
                    break;
                }
                said = console.arrived().await;
            }
        }
    }
    Ok(visit)
}

/// Takes the first line off `unread`; also one that is too long to be waited for.
fn take_line(unread: &mut Vec<u8>) -> Option<String> {
    let end = memchr::memchr(b'\n', unread);
    let (end, next) = match end {
        Some(end) => (end, end + 1),
        None if unread.len() > PIPED_LINE_BYTES_MAX => (PIPED_LINE_BYTES_MAX, PIPED_LINE_BYTES_MAX),
        None => return None,
    };
    let line = String::from_utf8_lossy(&unread[..end]).into_owned();
    unread.drain(..next);
    Some(line)
}

fn show(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_one_by_one() {
        let mut unread = b"show clock\r\n\nsh".to_vec();
        assert_eq!(take_line(&mut unread).as_deref(), Some("show clock\r"));
        assert_eq!(take_line(&mut unread).as_deref(), Some(""));
        assert_eq!(take_line(&mut unread), None);
        assert_eq!(unread, b"sh");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut unread = vec![b'x'; PIPED_LINE_BYTES_MAX + 1];
        let line = take_line(&mut unread).unwrap();
        assert_eq!((line.len(), unread.len()), (PIPED_LINE_BYTES_MAX, 1));
    }
}
