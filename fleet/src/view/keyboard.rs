//! Keys, from the bytes that a terminal sends for them.

use std::{io::Read, os::fd::AsFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long a key is waited for before somebody looks whether keys are still wanted, in milliseconds.
const LOOK_EVERY_MS: u16 = 100;
/// Bytes read at once.
const READ_BYTES: usize = 64;

/// A key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    /// A character.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// Ctrl-C.
    Interrupt,
}

/// Reads keys from standard input and hands them to `press`, as long as they are `wanted` and there are
/// any. What is typed later is left to whoever reads next.
///
/// An end of input, or a terminal that is gone, ends the reading and nothing else.
pub(super) fn read(wanted: impl Fn() -> bool, mut press: impl FnMut(Key)) {
    let stdin = std::io::stdin();
    let mut buffer = [0; READ_BYTES];
    while wanted() {
        let mut waiting = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waiting, PollTimeout::from(LOOK_EVERY_MS)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => continue,
            Ok(_) if !wanted() => return,
            Ok(_) => {}
            Err(_) => return,
        }
        match stdin.lock().read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                let pressed = keys(&buffer[..count]);
                pressed
                    .into_iter()
                    .take_while(|_| wanted())
                    .for_each(&mut press);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// The keys in `bytes`. Sequences that mean none of them are passed over.
fn keys(mut bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        keys.extend(match first {
            0x03 => Some(Key::Interrupt),
            b'\r' | b'\n' => Some(Key::Enter),
            0x1b => match rest {
                [b'[' | b'O', sequence @ ..] => {
                    let end = sequence
                        .iter()
                        .position(|byte| (0x40..=0x7e).contains(byte));
                    let Some(end) = end else {
                        return keys;
                    };
                    bytes = &sequence[end + 1..];
                    match (end, sequence[end]) {
                        (0, b'A') => Some(Key::Up),
                        (0, b'B') => Some(Key::Down),
                        (0, b'C') => Some(Key::Right),
                        (0, b'D') => Some(Key::Left),
                        _ => None,
                    }
                }
                _ => Some(Key::Escape),
            },
            0x20..=0x7e => Some(Key::Char(char::from(*first))),
            _ => None,
        });
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_terminal_are_keys() {
        assert_eq!(
            keys(b" +q\r\x03\x1b[A\x1bOB\x1b[1;5C\x1b"),
            [
                Key::Char(' '),
                Key::Char('+'),
                Key::Char('q'),
                Key::Enter,
                Key::Interrupt,
                Key::Up,
                Key::Down,
                Key::Escape
            ]
        );
        assert_eq!(keys("é\u{0}\u{7f}".as_bytes()), []);
        assert_eq!(keys(b"\x1b[200~x\x1b["), [Key::Char('x')]);
    }
}
