//! The signals that end a run early.

use tokio::sync::mpsc;

/// Asks a run to end early.
#[derive(Debug)]
pub struct Interrupts {
    signals: mpsc::UnboundedReceiver<()>,
    sender: Interrupter,
}

/// Lets something else count as a signal: a key, say.
#[derive(Clone, Debug)]
pub struct Interrupter(mpsc::UnboundedSender<()>);

impl Interrupter {
    /// As if a signal had come.
    pub fn interrupt(&self) {
        // A run that is over cannot be ended.
        let _ = self.0.send(());
    }
}

impl Interrupts {
    /// Listens to SIGINT and SIGTERM from now on: the first ends the run, the second stops it. With
    /// `hangup` also to SIGHUP, which whoever has a terminal to give back must survive.
    pub fn listen(hangup: bool) -> Self {
        let (sender, signals) = mpsc::unbounded_channel();
        let by_hand = Interrupter(sender.clone());
        actix_rt::spawn(async move {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return;
            };
            let mut hung_up = hangup.then(|| signal(SignalKind::hangup()).ok()).flatten();
            let mut hang_up = async || match &mut hung_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hang_up() => {}
                }
                if sender.send(()).is_err() {
                    return;
                }
            }
        });
        Self {
            signals,
            sender: by_hand,
        }
    }

    /// What counts as a signal.
    pub fn interrupter(&self) -> Interrupter {
        self.sender.clone()
    }

    /// The caller decides: each message on the sender counts as a signal.
    pub fn by_hand() -> (mpsc::UnboundedSender<()>, Self) {
        let (sender, signals) = mpsc::unbounded_channel();
        let by_hand = Interrupter(sender.clone());
        let interrupts = Self {
            signals,
            sender: by_hand,
        };
        (sender, interrupts)
    }

    pub(super) async fn next(&mut self) {
        if self.signals.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
