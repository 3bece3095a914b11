//! The faults of a running sink: the decisions behind a lock, with a clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::check::{FaultError, FaultErrors, TlsAbility};
use super::set::{Decision, FaultId, FaultReport, FaultSet, Manners, PortWish};
use super::tls::FlawedTls;
use super::{FAULTS_MAX, Fault, FaultTable, Protocol, Stage, TlsFlaw};

/// Whoever waits for the end of a stall looks so often whether somebody has ended it early.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The faults of one sink, shared by its connections, its web address and whoever runs it.
#[derive(Debug)]
pub struct FaultBoard {
    protocol: Protocol,
    tls: TlsAbility,
    flawed: Option<FlawedTls>,
    set: Mutex<FaultSet>,
    /// Whether there are faults at all: most sinks have none, and ask for every message.
    quiet: AtomicBool,
    started: OnceLock<Instant>,
    changed: Notify,
}

/// What to do with a handshake.
#[derive(Clone, Debug)]
pub enum Handshake {
    /// Go through it with these settings.
    With(Arc<ServerConfig>),
    /// Reset the connection when it has begun.
    Reset,
    /// Let it begin and not go on.
    Stall,
}

impl FaultBoard {
    /// A sink that speaks `protocol` in clear; all chance comes from `seed`.
    #[must_use]
    pub fn new(protocol: Protocol, seed: u64) -> Self {
        Self {
            protocol,
            tls: TlsAbility::None,
            flawed: None,
            set: Mutex::new(FaultSet::new(protocol, seed)),
            quiet: AtomicBool::new(true),
            started: OnceLock::new(),
            changed: Notify::new(),
        }
    }

    /// The same for a sink whose certificate is not of its own making.
    #[must_use]
    pub fn with_foreign_tls(mut self) -> Self {
        self.tls = TlsAbility::Foreign;
        self
    }

    /// The same for a sink that can make bad certificates.
    #[must_use]
    pub fn with_tls(mut self, flawed: FlawedTls) -> Self {
        self.tls = TlsAbility::Own;
        self.flawed = Some(flawed);
        self
    }

    /// Begins the run: before, no fault happens. Only the first call counts.
    pub fn start(&self, at: Instant) {
        if self.started.set(at).is_ok() {
            self.changed.notify_one();
        }
    }

    /// Adds a fault as it is written; its time counts from now, or from the start of the run.
    ///
    /// # Errors
    /// With everything that is wrong with it, or because there are [`FAULTS_MAX`] already.
    pub fn add_written(&self, table: &FaultTable) -> Result<FaultId, FaultErrors> {
        if table
            .target
            .as_deref()
            .is_some_and(|target| target != self.protocol.name())
        {
            return Err(FaultErrors(vec![FaultError {
                key: "target",
                message: format!("this sink is \"{}\"", self.protocol.name()),
                help: "leave out `target`".to_owned(),
            }]));
        }
        let fault = table.check(self.protocol, self.tls)?;
        self.add(fault).ok_or_else(|| {
            FaultErrors(vec![FaultError {
                key: "",
                message: format!("there are {FAULTS_MAX} faults already"),
                help: "remove one first".to_owned(),
            }])
        })
    }

    /// What this sink can do with handshakes.
    #[must_use]
    pub fn tls_ability(&self) -> TlsAbility {
        self.tls
    }

    /// Adds a fault; `None` when there are [`FAULTS_MAX`] already.
    pub fn add(&self, fault: Fault) -> Option<FaultId> {
        let now = self.now().unwrap_or_default();
        let id = self.lock().add(now, fault)?;
        self.quiet.store(false, Ordering::Release);
        self.changed.notify_one();
        Some(id)
    }

    /// Removes a fault; false when there is none of that id.
    pub fn remove(&self, id: FaultId) -> bool {
        let mut set = self.lock();
        let removed = set.remove(id);
        self.quiet.store(set.is_empty(), Ordering::Release);
        drop(set);
        self.changed.notify_one();
        removed
    }

    /// Removes a fault and says how it stood; `None` when there is none of that id.
    pub fn take_down(&self, id: FaultId) -> Option<FaultReport> {
        let now = self.now();
        let mut set = self.lock();
        let report = set.reports(now).into_iter().find(|report| report.id == id);
        set.remove(id);
        self.quiet.store(set.is_empty(), Ordering::Release);
        drop(set);
        self.changed.notify_one();
        report
    }

    /// All faults, in the order they were given.
    #[must_use]
    pub fn reports(&self) -> Vec<FaultReport> {
        let now = self.now();
        self.lock().reports(now)
    }

    /// Whether there are no faults.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Acquire)
    }

    /// What to do at `stage`.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Option<Decision> {
        self.ask(|set, now| set.at(now, stage)).flatten()
    }

    /// How to treat a connection that has just come.
    #[must_use]
    pub fn manners(&self) -> Manners {
        self.ask(FaultSet::manners).unwrap_or_default()
    }

    /// What is wrong with the handshake that is about to begin, if anything.
    #[must_use]
    pub fn handshake(&self) -> Option<Handshake> {
        let flaw = self.ask(FaultSet::tls).flatten()?;
        match flaw {
            TlsFlaw::Reset => Some(Handshake::Reset),
            TlsFlaw::Stall => Some(Handshake::Stall),
            TlsFlaw::Expired | TlsFlaw::NotYetValid | TlsFlaw::WrongName | TlsFlaw::UnknownCa => {
                match self.flawed.as_ref()?.config(flaw) {
                    Ok(config) => Some(Handshake::With(config)),
                    Err(error) => {
                        debug!(%error, "no bad certificate to be had");
                        None
                    }
                }
            }
        }
    }

    /// When to look again whether things move; `None` when they do.
    #[must_use]
    pub fn stalled_until(&self) -> Option<Instant> {
        let until = self.ask(FaultSet::stalled_until).flatten()?;
        let soon = Instant::now() + LOOK_AGAIN;
        Some(self.instant(until).map_or(soon, |until| until.min(soon)))
    }

    /// Waits as long as nothing moves.
    pub async fn moving(&self) {
        while let Some(until) = self.stalled_until() {
            sleep_until(until).await;
        }
    }

    /// What is wanted of the port.
    pub(super) fn port(&self) -> PortWish {
        self.ask(|set, now| set.port(now)).unwrap_or_default()
    }

    /// Waits until something else may be wanted of the port.
    pub(super) async fn port_change(&self) {
        let next = match (self.started.get(), self.now()) {
            // The start itself is a change: a fault may begin with it.
            (Some(start), None) => Some(*start),
            _ => self
                .ask(|set, now| set.next_port_change(now))
                .flatten()
                .and_then(|next| self.instant(next)),
        };
        let wait = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => {}
            () = self.changed.notified() => {}
        }
    }

    /// Takes note that the port has been closed.
    pub(super) fn port_closed(&self) {
        self.ask(FaultSet::port_closed);
    }

    /// Takes note that the port has been opened.
    pub(super) fn port_opened(&self) {
        self.ask(FaultSet::port_opened);
    }

    fn ask<T>(&self, question: impl FnOnce(&mut FaultSet, Duration) -> T) -> Option<T> {
        if self.is_quiet() {
            return None;
        }
        let now = self.now()?;
        Some(question(&mut self.lock(), now))
    }

    /// Since the start of the run, if it has begun.
    fn now(&self) -> Option<Duration> {
        let started = *self.started.get()?;
        // The start may lie a little ahead.
        Instant::now().checked_duration_since(started)
    }

    fn instant(&self, since_start: Duration) -> Option<Instant> {
        self.started.get()?.checked_add(since_start)
    }

    /// A panic elsewhere leaves at worst one count behind.
    fn lock(&self) -> MutexGuard<'_, FaultSet> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(text: &str) -> FaultBoard {
        let board = FaultBoard::new(Protocol::Smtp, 7);
        board.add_written(&toml::from_str(text).unwrap()).unwrap();
        board
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_happens_before_the_start() {
        let board = board("drop = { stage = 'mail' }");
        assert_eq!(board.at(Stage::Mail), None);
        board.start(Instant::now() + Duration::from_secs(1));
        assert_eq!(board.at(Stage::Mail), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(board.at(Stage::Mail).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_hears_of_its_faults_though_nobody_knocks() {
        let board = board("at = '1s'\nrestart = { down = '2s' }");
        let start = Instant::now() + Duration::from_millis(20);
        let mut changes = Vec::new();
        board.start(start);
        while changes.len() < 4 {
            board.port_change().await;
            changes.push((start.elapsed().as_millis(), board.port().closed));
        }
        // The call itself, the start, the beginning of the fault and its end.
        assert_eq!(
            changes,
            [(0, false), (0, false), (1_000, true), (3_000, false)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_waited_out_to_its_end() {
        let board = board("at = '1s'\nstall = { time = '2500ms' }");
        let started = Instant::now();
        board.start(started);
        board.moving().await;
        assert_eq!(started.elapsed(), Duration::ZERO);
        tokio::time::advance(Duration::from_secs(1)).await;
        board.moving().await;
        assert_eq!(started.elapsed(), Duration::from_millis(3_500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_that_is_removed_ends() {
        let board = Arc::new(board("stall = {}"));
        board.start(Instant::now());
        let waiting = tokio::spawn({
            let board = Arc::clone(&board);
            async move { board.moving().await }
        });
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(!waiting.is_finished());
        assert!(board.remove(board.reports()[0].id));
        waiting.await.unwrap();
        assert!(board.is_quiet());
    }

    #[test]
    fn a_fault_for_the_other_protocol_is_refused() {
        let board = FaultBoard::new(Protocol::Smtp, 7);
        let add = |text| board.add_written(&toml::from_str(text).unwrap());
        assert!(add("target = 'smtp'\ndrop = {}").is_ok());
        let error = add("target = 'https'\ndrop = {}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "this sink is \"smtp\"; leave out `target`"
        );
        let error = add("tls = 'expired'").unwrap_err();
        assert!(error.to_string().starts_with("this sink speaks no TLS"));
    }
}
