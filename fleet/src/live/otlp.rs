//! The figures of a run for a collector of OpenTelemetry (`--otlp URL`): pushed every few seconds and
//! once at the end, as OTLP metrics over HTTP.
//!
//! A thread of its own pushes. It is handed the latest figures and takes them when it comes to it, so a
//! collector that is slow, dead or answers nonsense costs figures on the way and nothing else. Values
//! count from the beginning of the run: each push makes up for those that were lost. How it went is told
//! at the end.

mod collector;
mod message;
mod push;

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, time::timeout};

use super::figures::{Family, families};
use crate::{clock, record::Gathered, report::data::inert::inert, scenario::Scenario};
pub use collector::{CollectorUrl, UrlError};
use push::PushError;

/// How often figures are handed over.
const PUSH_EVERY: Duration = Duration::from_secs(5);
/// How long one push may take.
const PUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a run that is over waits for what is being pushed, and for its last figures.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(3);

/// Why nothing can be pushed.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// The collector is neither here nor in a private network.
    #[error(
        "--otlp: `{host}` is neither a loopback nor a private address; if figures may go there, say --allow-target {host}"
    )]
    Public {
        /// Its name.
        host: String,
    },
    /// No thread or no runtime.
    #[error("cannot start the thread that pushes figures")]
    Thread(#[from] std::io::Error),
}

/// What is pushed at once.
#[derive(Debug)]
struct Batch {
    at: Timestamp,
    families: Vec<Family>,
}

/// Whom the figures are of, and whom they go to.
#[derive(Debug)]
struct Sender {
    collector: CollectorUrl,
    scenario: Arc<Scenario>,
    /// What tells this run from others.
    instance: String,
    /// Nothing had been counted then.
    begun: Timestamp,
}

/// How pushing went.
#[derive(Debug, Default)]
struct Tally {
    pushes: u64,
    taken: u64,
    /// What became of the latest one that was not taken.
    failure: Option<String>,
    /// Whether that was the latest of all.
    last_is_lost: bool,
}

impl Tally {
    fn enter(&mut self, outcome: Result<(), PushError>) {
        self.pushes += 1;
        self.last_is_lost = outcome.is_err();
        match outcome {
            Ok(()) => self.taken += 1,
            Err(error) => self.failure = Some(inert(&error.to_string())),
        }
    }

    /// The same for people.
    fn in_words(&self, collector: &CollectorUrl) -> String {
        let Self { pushes, taken, .. } = self;
        let lost = pushes - taken;
        match (&self.failure, self.last_is_lost) {
            (None, _) => format!("{taken} of {pushes} pushes taken by {collector}"),
            (Some(failure), false) => format!(
                "{taken} of {pushes} pushes taken by {collector}, the final figures among them; the last of {lost} that failed: {failure}"
            ),
            (Some(failure), true) => format!(
                "{taken} of {pushes} pushes taken by {collector}, and the final figures did not arrive: {failure}"
            ),
        }
    }
}

/// Pushes the figures of one run.
#[derive(Debug)]
pub struct Exporter {
    sender: Arc<Sender>,
    /// When figures were last handed over.
    handed: Option<Duration>,
    latest: watch::Sender<Option<Arc<Batch>>>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<Tally>,
}

impl Exporter {
    /// Begins to push figures of a run of `scenario`, which is told from others by `instance`, to
    /// `collector`; `allowed` names hosts that are fine though they are public.
    ///
    /// # Errors
    /// When the collector is too far away, or there is no thread. Whether it answers is not looked at.
    pub fn start(
        collector: &CollectorUrl,
        allowed: &[String],
        scenario: &Arc<Scenario>,
        instance: String,
    ) -> Result<Self, OtlpError> {
        let endpoint = collector.endpoint();
        if !endpoint.is_safe() && !allowed.contains(&endpoint.host) {
            let host = endpoint.host.clone();
            return Err(OtlpError::Public { host });
        }
        let sender = Arc::new(Sender {
            collector: collector.clone(),
            scenario: Arc::clone(scenario),
            instance,
            begun: clock::calendar_now(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (latest, batches) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let own = Arc::clone(&sender);
        let thread = thread::Builder::new()
            .name("otlp".to_owned())
            .spawn(move || {
                let mut tally = Tally::default();
                runtime.block_on(push_all(&own, batches, stopped, &mut tally));
                // A name that is being looked up holds nobody up.
                runtime.shutdown_background();
                tally
            })?;
        Ok(Self {
            sender,
            handed: None,
            latest,
            stop,
            thread,
        })
    }

    /// So much of the run has passed, and this has been gathered in all.
    pub fn show(&mut self, elapsed: Duration, all: &Gathered) {
        let fresh = self
            .handed
            .is_some_and(|handed| elapsed.saturating_sub(handed) < PUSH_EVERY);
        if !fresh {
            self.hand_over(elapsed, all);
        }
    }

    /// The run is over, and this was gathered in all: these figures are the last.
    pub fn finish(&mut self, elapsed: Duration, all: &Gathered) {
        self.hand_over(elapsed, all);
        self.stop.send_replace(true);
    }

    /// Waits for the last figures to arrive, for a while; returns how it went, in words.
    pub fn close(self) -> String {
        let Self {
            sender,
            latest,
            stop,
            thread,
            ..
        } = self;
        drop((latest, stop));
        match thread.join() {
            Ok(tally) => tally.in_words(&sender.collector),
            Err(_) => format!("pushing to {} broke off", sender.collector),
        }
    }

    fn hand_over(&mut self, elapsed: Duration, all: &Gathered) {
        self.handed = Some(elapsed);
        let batch = Batch {
            at: clock::calendar_now(),
            families: families(&self.sender.scenario, elapsed, all),
        };
        self.latest.send_replace(Some(Arc::new(batch)));
    }
}

/// Pushes the latest of `batches` until there are no more, or until some time after `stopped`.
async fn push_all(
    sender: &Sender,
    batches: watch::Receiver<Option<Arc<Batch>>>,
    mut stopped: watch::Receiver<bool>,
    tally: &mut Tally,
) {
    let pushing = push_each(sender, batches, tally);
    let closing = async {
        // A run that did not take place has no last figures.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(CLOSING_TIMEOUT).await;
    };
    tokio::select! {
        () = pushing => return,
        () = closing => {}
    }
    tally.enter(Err(PushError::Silent(CLOSING_TIMEOUT)));
}

async fn push_each(
    sender: &Sender,
    mut batches: watch::Receiver<Option<Arc<Batch>>>,
    tally: &mut Tally,
) {
    // What came last is taken before the end of the channel is seen.
    while batches.changed().await.is_ok() {
        let Some(batch) = batches.borrow_and_update().clone() else {
            continue;
        };
        let request = message::request(sender, &batch);
        let pushing = push::push(&sender.collector, request);
        let outcome = timeout(PUSH_TIMEOUT, pushing).await;
        tally.enter(outcome.unwrap_or(Err(PushError::Silent(PUSH_TIMEOUT))));
    }
}
