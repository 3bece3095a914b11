//! Standard error while a run goes on, behind a thread of its own: a reader that has stopped reading
//! must not stop the run.

use std::{
    io::{self, Write},
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
    time::Duration,
};

/// Texts that wait for a reader; what comes while so many wait is not shown.
const WAITING_MAX: usize = 16;
/// How long the last ones are waited for, once the run is over.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is shown, or asked.
#[derive(Debug)]
enum Shown {
    Text(String),
    /// Whether all before it has been shown.
    All(SyncSender<()>),
}

/// Where texts are shown.
#[derive(Debug)]
pub(super) struct Screen {
    texts: Option<SyncSender<Shown>>,
    /// Ends when everything has been shown.
    shown: Option<Receiver<()>>,
}

impl Screen {
    /// Shows texts on standard error. Without a thread it shows none, which is no reason not to run.
    pub(super) fn open() -> Self {
        let (texts, received) = mpsc::sync_channel::<Shown>(WAITING_MAX);
        let (done, shown) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || {
                for shown in received {
                    // Whoever asked may have gone on, and a reader may be gone.
                    let _ = match shown {
                        Shown::Text(text) => io::stderr().write_all(text.as_bytes()).ok(),
                        Shown::All(asked) => asked.try_send(()).ok(),
                    };
                }
                drop(done);
            });
        Self {
            texts: thread.is_ok().then_some(texts),
            shown: Some(shown),
        }
    }

    /// Shows `text`, unless too many wait already.
    pub(super) fn show(&self, text: String) {
        if let Some(texts) = &self.texts {
            let _ = texts.try_send(Shown::Text(text));
        }
    }

    /// Waits until everything so far has been shown, for a moment.
    pub(super) fn settle(&self) {
        let (asked, answered) = mpsc::sync_channel(1);
        let texts = self.texts.as_ref();
        if texts.is_some_and(|texts| texts.try_send(Shown::All(asked)).is_ok()) {
            let _ = answered.recv_timeout(PATIENCE);
        }
    }

    /// Waits until everything has been shown, for a moment.
    pub(super) fn close(&mut self) {
        drop(self.texts.take());
        if let Some(shown) = self.shown.take() {
            let _ = shown.recv_timeout(PATIENCE);
        }
    }
}
