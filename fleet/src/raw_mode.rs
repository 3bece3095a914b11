//! A terminal on standard input that passes every key on as it is.

use std::{
    io,
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
};

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

/// The terminal passes every key on as it is; as before again when dropped.
#[derive(Debug)]
pub(crate) struct RawMode {
    /// Behind a lock for its type alone: it is read at the end.
    before: Mutex<Termios>,
}

impl RawMode {
    /// # Errors
    /// When standard input is no terminal.
    pub(crate) fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin().as_fd())?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &raw)?;
        Ok(Self {
            before: Mutex::new(before),
        })
    }

    /// The terminal is as it was before.
    pub(crate) fn leave(&self) {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that is gone needs no restoring.
        let _ = tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &before);
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        self.leave();
    }
}
