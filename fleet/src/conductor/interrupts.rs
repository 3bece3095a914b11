//! The signals that end a run early.

use tokio::sync::mpsc;

/// Asks a run to end early.
#[derive(Debug)]
pub struct Interrupts {
    signals: mpsc::UnboundedReceiver<()>,
}

impl Interrupts {
    /// Listens to SIGINT and SIGTERM from now on: the first ends the run, the second stops it.
    pub fn listen() -> Self {
        let (sender, signals) = mpsc::unbounded_channel();
        actix_rt::spawn(async move {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return;
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if sender.send(()).is_err() {
                    return;
                }
            }
        });
        Self { signals }
    }

    /// The caller decides: each message on the sender counts as a signal.
    pub fn by_hand() -> (mpsc::UnboundedSender<()>, Self) {
        let (sender, signals) = mpsc::unbounded_channel();
        (sender, Self { signals })
    }

    pub(super) async fn next(&mut self) {
        if self.signals.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
