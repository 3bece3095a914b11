//! The conductor: it starts a run, listens to its threads, and knows when all is over.

mod interrupts;
mod stage;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use emulator::Transport;
use jiff::Timestamp;
use sink::{MessageKey, web::Pages};
use tokio::sync::oneshot;

use crate::{
    actors::{Report, RunningDevice},
    clock::{self, RunClock, TimeScale},
    console::Directory,
    courier::{CourierSettings, PrepareError, Unreachable},
    journal::{Page, Record},
    ledger::{Reconciler, SinkTotals},
    monitor::{self, TooFewFiles, Usage},
    record::{Gathered, Settled, receipt},
    scenario::Scenario,
    sinks::{EmbeddedSinks, Received, SinkError},
    steering::{Intervention, Steering, raisable},
    threshold::{Watch, Watched},
};
pub use interrupts::{Interrupter, Interrupts};

use stage::Stage;

pub use crate::sinks::FaultOutcome;

/// From the moment everything is ready to the start of the run.
const LEAD: Duration = Duration::from_millis(20);
/// How often the sinks' receipts are looked at when no thread reports.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long the last reports are waited for once outcomes no longer are; usually a moment.
const LAST_REPORTS: Duration = Duration::from_secs(10);

/// Why a run does not take place.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Targets that do not answer.
    #[error("a target cannot be reached")]
    Unreachable(Vec<Unreachable>),
    /// Targets or certificates that make no sense.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The embedded sinks do not start.
    #[error(transparent)]
    Sinks(#[from] SinkError),
    /// The system does not allow so many open files.
    #[error(transparent)]
    Files(#[from] TooFewFiles),
    /// No thread.
    #[error("cannot start the pacing thread")]
    Thread(#[from] std::io::Error),
    /// An arbiter ended before its devices were ready.
    #[error("an arbiter ended before the run began")]
    ArbiterLost,
    /// A signal came before the run began.
    #[error("interrupted before the run began; nothing has been sent")]
    Interrupted,
}

/// How a run went on, for whoever watches.
pub trait Watcher {
    /// All devices exist; the run is about to begin.
    fn ready(&mut self, devices: u32, took: Duration);
    /// Some servers of `[hosts]` do not answer; devices will find out.
    fn unreachable_hosts(&mut self, hosts: &[Unreachable]);
    /// The embedded sinks have started, and these are their pages, for whoever serves them until
    /// [`Watcher::sinks_end`].
    fn sinks(&mut self, pages: Vec<(Transport, Pages)>) {
        drop(pages);
    }
    /// The embedded sinks are about to end, and wait until nobody serves their pages.
    fn sinks_end(&mut self) {}
    /// The run has begun, and can be steered.
    fn begun(&mut self, steering: Steering) {
        drop(steering);
    }
    /// So much of the run has passed, this has been gathered in all, and this since the last time.
    fn progress(&mut self, elapsed: Duration, all: &Gathered, lately: &Gathered);
    /// The user asked for the end; outstanding messages are waited for.
    fn draining(&mut self, outstanding: u64);
    /// Whether everything that happens is to be entered in a journal.
    fn keeps_journal(&self) -> bool {
        false
    }
    /// A thread has collected these entries for the journal.
    fn enter(&mut self, page: Page) {
        drop(page);
    }
}

/// What became of a run.
#[derive(Debug)]
pub struct RunResult {
    /// When it began, by the calendar.
    pub started: Timestamp,
    /// When it began, by the clock that everything is measured by.
    pub origin: Instant,
    /// From its start until the last message had ended.
    pub wall: Duration,
    /// Device time that passed while there was traffic.
    pub device_time: Duration,
    /// Everything that was measured and booked.
    pub gathered: Gathered,
    /// Events that the pacer emitted.
    pub emitted: u64,
    /// The reconciliation, by transport with an embedded sink.
    pub sinks: BTreeMap<Transport, Reconciled>,
    /// What became of the faults of the scenario, in its order.
    pub faults: Vec<FaultOutcome>,
    /// What somebody did to the run while it went on.
    pub interventions: Vec<Intervention>,
    /// What the process used.
    pub usage: Usage,
    /// How long the devices took to start.
    pub startup: Duration,
    /// Resident memory after the devices had started less that before, in bytes.
    pub devices_rss_bytes: u64,
    /// How long the generator stood still at worst, stopped or without a processor.
    pub standstill: Duration,
    /// What was seen of each threshold while the run went on.
    pub watched: Vec<Watched>,
    /// A signal ended the run.
    pub interrupted: bool,
    /// A second signal ended the waiting for outstanding messages.
    pub stopped: bool,
}

/// How the books of one embedded sink compare with the devices'.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reconciled {
    /// The figures.
    pub totals: SinkTotals,
    /// Whether both sides agree to the last message.
    pub balanced: bool,
}

impl RunResult {
    /// Whether every event reached its device, every candidate is in one account or a message, every
    /// message has ended once at most or is still in its device's queue, and embedded sinks agree.
    /// Messages that had not ended when waiting for them was over are accounted for as queued and in
    /// flight.
    pub fn is_balanced(&self) -> bool {
        let ledger = &self.gathered.ledger;
        self.emitted == self.gathered.events
            && ledger.is_consistent()
            && i64::try_from(ledger.outstanding()) == Ok(self.gathered.in_queues)
            && self.sinks.values().all(|sink| sink.balanced)
    }
}

/// Runs `scenario` to its end. `consoles` is told how to reach single devices when the run begins.
///
/// # Errors
/// When it cannot begin; nothing has been sent then but what tells whether targets answer.
pub async fn conduct(
    scenario: Arc<Scenario>,
    watcher: &mut dyn Watcher,
    interrupts: &mut Interrupts,
    consoles: Option<oneshot::Sender<Directory>>,
) -> Result<RunResult, RunError> {
    let prepared = tokio::select! {
        prepared = prepare(&scenario, watcher, consoles.is_some()) => prepared?,
        () = interrupts.next() => return Err(RunError::Interrupted),
    };
    let Prepared {
        sinks,
        mut stage,
        devices,
        startup,
        devices_rss_bytes,
    } = prepared;
    let clock = RunClock::starting_in(LEAD, TimeScale::new(&scenario.clock));
    let started = clock::calendar_now();
    sinks.begin(clock.origin());
    stage.begin(clock);
    if let Some(consoles) = consoles {
        // Nobody needs to wait for it.
        let _ = consoles.send(Directory::new(devices));
    }
    let desk = stage.desk();
    let interventions = Arc::clone(&desk.0);
    watcher.begun(Steering::new(
        desk,
        sinks.faults(),
        clock,
        raisable(&scenario),
    ));
    let mut course = Course::new(&scenario, clock, sinks, watcher.keeps_journal());
    course.follow(&mut stage, watcher, interrupts).await;
    let (interrupts, standstill) = (course.interrupts, course.standstill);
    let wall = course.wall();
    let emitted = stage.end();
    let faults = course.sinks.outcomes();
    let watched = std::mem::take(&mut course.watch).close();
    let (gathered, reconciled) = course.close(watcher);
    Ok(RunResult {
        started,
        origin: clock.origin(),
        wall,
        device_time: device_time(&scenario, wall),
        gathered,
        emitted,
        sinks: reconciled,
        faults,
        interventions: interventions.done(),
        usage: Usage::now(),
        startup,
        devices_rss_bytes,
        standstill,
        watched,
        interrupted: interrupts > 0,
        stopped: interrupts > 1,
    })
}

/// Everything that a run needs before it begins.
struct Prepared {
    sinks: EmbeddedSinks,
    stage: Stage,
    devices: Vec<RunningDevice>,
    startup: Duration,
    devices_rss_bytes: u64,
}

/// Starts sinks, reaches targets, starts devices.
async fn prepare(
    scenario: &Arc<Scenario>,
    watcher: &mut dyn Watcher,
    introduce: bool,
) -> Result<Prepared, RunError> {
    make_room(scenario)?;
    let sinks = EmbeddedSinks::start(scenario)?;
    let couriers = Arc::new(CourierSettings::prepare(scenario, &sinks.addresses()).await?);
    if let Err(unreachable) = couriers.preflight().await {
        if !can_do_without(scenario, &unreachable) {
            return Err(RunError::Unreachable(unreachable));
        }
        watcher.unreachable_hosts(&unreachable);
    }
    watcher.sinks(sinks.pages());
    // Whatever the preflight did is none of the run's.
    sinks.received().for_each(drop);
    let before = clock::now();
    let rss_before = monitor::resident_bytes();
    let journal = watcher.keeps_journal();
    let mut stage = Stage::set(scenario, &couriers, (introduce, journal))?;
    let devices = stage.wait_until_ready().await?;
    let startup = clock::now().saturating_duration_since(before);
    watcher.ready(scenario.device_count(), startup);
    Ok(Prepared {
        sinks,
        stage,
        devices,
        startup,
        devices_rss_bytes: monitor::resident_bytes().saturating_sub(rss_before),
    })
}

/// Whether every fleet has a server left for each of its transports: to see devices fail over may be
/// what the scenario is for.
fn can_do_without(scenario: &Scenario, dead: &[Unreachable]) -> bool {
    dead.iter().all(Unreachable::is_listed_host)
        && scenario
            .indispensable(|name| dead.iter().any(|one| one.is_host(name)))
            .is_empty()
}

fn make_room(scenario: &Scenario) -> Result<(), TooFewFiles> {
    let connections = u64::from(scenario.connections());
    let consoles = u64::from(scenario.console_connections());
    // Each connection may go to an embedded sink.
    monitor::make_room_for(connections + consoles, connections)
}

fn device_time(scenario: &Scenario, wall: Duration) -> Duration {
    let passed = wall.min(scenario.duration).as_secs_f64() * scenario.clock.speed;
    Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX)
}

/// What a sink took, as the journal has it.
fn entry(clock: RunClock, received: &Received) -> Record {
    let taken = (received.transport, received.taken);
    receipt(clock.origin(), received.at, received.key, taken)
}

/// The course of a run, as the conductor follows it.
struct Course<'a> {
    scenario: &'a Scenario,
    clock: RunClock,
    /// What sinks took, for the journal if there is one.
    receipts: Option<Page>,
    gathered: Gathered,
    reconcilers: BTreeMap<Transport, Reconciler>,
    /// Messages that had no outcome when waiting for them ended.
    in_flight: HashSet<(Transport, MessageKey)>,
    sinks: EmbeddedSinks,
    interrupts: u32,
    /// When traffic ended: after its duration, or when a signal came.
    traffic_end: Instant,
    /// When there was last something to do, which there is ten times a second at least.
    active: Instant,
    /// How much later than that there was, at worst.
    standstill: Duration,
    /// Thresholds while the run goes on.
    watch: Watch,
}

impl<'a> Course<'a> {
    fn new(scenario: &'a Scenario, clock: RunClock, sinks: EmbeddedSinks, journal: bool) -> Self {
        Self {
            scenario,
            clock,
            receipts: journal.then(Page::default),
            gathered: Gathered::default(),
            reconcilers: BTreeMap::new(),
            in_flight: HashSet::new(),
            sinks,
            interrupts: 0,
            traffic_end: clock.origin() + scenario.duration,
            active: clock::now(),
            standstill: Duration::ZERO,
            watch: Watch::new(&scenario.thresholds),
        }
    }

    /// Until the last message had ended, or as long as there was traffic, whichever was longer.
    fn wall(&self) -> Duration {
        let origin = self.clock.origin();
        let traffic_end = self.traffic_end.min(origin + self.scenario.duration);
        let last_end = self.gathered.last_end.unwrap_or(traffic_end);
        last_end.max(traffic_end).saturating_duration_since(origin)
    }

    async fn follow(
        &mut self,
        stage: &mut Stage,
        watcher: &mut dyn Watcher,
        interrupts: &mut Interrupts,
    ) {
        let (mut idle, mut closing) = (0, false);
        let patience = self.clock.origin() + self.scenario.duration + self.scenario.drain;
        let mut patience = std::pin::pin!(tokio::time::sleep_until(patience.into()));
        let mut look = tokio::time::interval(LOOK_EVERY);
        while idle < stage.reporting_threads() {
            self.notice_standstill();
            tokio::select! {
                report = stage.next_report() => match report {
                    Some(Report::Gathered { gathered, settled, page, in_flight, idle: done }) => {
                        idle += usize::from(done);
                        self.in_flight.extend(in_flight);
                        watcher.enter(page);
                        self.take(&gathered, settled);
                        self.enter_receipts(watcher);
                        let elapsed = self.clock.elapsed();
                        watcher.progress(elapsed, &self.gathered, &gathered);
                        if self.broke_a_threshold(elapsed, &gathered) {
                            patience.as_mut().reset(self.stop(stage, watcher).into());
                        }
                    }
                    Some(Report::Ready(_)) => {}
                    None => break,
                },
                _ = look.tick() => self.look_at_sinks(),
                () = interrupts.next() => {
                    self.interrupts += 1;
                    if self.interrupts > 1 {
                        stage.close();
                        patience.as_mut().reset((clock::now() + LAST_REPORTS).into());
                        closing = true;
                        continue;
                    }
                    patience.as_mut().reset(self.stop(stage, watcher).into());
                }
                () = &mut patience => {
                    if closing {
                        break;
                    }
                    stage.close();
                    patience.as_mut().reset((clock::now() + LAST_REPORTS).into());
                    closing = true;
                }
            }
        }
        self.notice_standstill();
        self.look_at_sinks();
    }

    /// Ends the traffic; returns until when outstanding messages are waited for.
    fn stop(&mut self, stage: &Stage, watcher: &mut dyn Watcher) -> Instant {
        self.traffic_end = clock::now();
        stage.stop_traffic();
        watcher.draining(self.gathered.ledger.outstanding());
        clock::now() + self.scenario.drain
    }

    /// Whether a threshold has failed that ends the run, unless it is ending already.
    fn broke_a_threshold(&mut self, elapsed: Duration, lately: &Gathered) -> bool {
        let thresholds = &self.scenario.thresholds;
        let both = (lately, &self.gathered);
        elapsed < self.scenario.duration
            && self.interrupts == 0
            && self.watch.take(thresholds, elapsed, both)
    }

    fn take(&mut self, gathered: &Gathered, settled: Vec<Settled>) {
        // What a sink received is known before what devices made of its reply.
        self.look_at_sinks();
        self.gathered.merge(gathered);
        for message in settled {
            let books = self.reconcilers.entry(message.transport).or_default();
            books.settle(message.key, message.at_sink);
        }
    }

    fn look_at_sinks(&mut self) {
        for received in self.sinks.received() {
            let books = self.reconcilers.entry(received.transport).or_default();
            books.receive(received.key, received.taken);
            if let Some(page) = &mut self.receipts {
                page.add(&entry(self.clock, &received));
            }
        }
    }

    /// A process that is stopped, or gets no processor, does nothing for longer than it sleeps.
    fn notice_standstill(&mut self) {
        let before = std::mem::replace(&mut self.active, clock::now());
        let late = self.active.saturating_duration_since(before + LOOK_EVERY);
        self.standstill = self.standstill.max(late);
    }

    /// Hands over what sinks have taken since the last time.
    fn enter_receipts(&mut self, watcher: &mut dyn Watcher) {
        if let Some(page) = &mut self.receipts {
            watcher.enter(std::mem::take(page));
        }
    }

    /// Stops the sinks and compares their books with the devices'.
    fn close(self, watcher: &mut dyn Watcher) -> (Gathered, BTreeMap<Transport, Reconciled>) {
        let Self {
            gathered,
            mut reconcilers,
            in_flight,
            sinks,
            clock,
            mut receipts,
            ..
        } = self;
        watcher.sinks_end();
        let own = sinks.stop(|late| {
            let books = reconcilers.entry(late.transport).or_default();
            books.receive(late.key, late.taken);
            if let Some(page) = &mut receipts {
                page.add(&entry(clock, &late));
            }
        });
        watcher.enter(receipts.unwrap_or_default());
        let reconciled = own.into_iter().map(|(transport, own)| {
            let books = reconcilers.remove(&transport).unwrap_or_default();
            let totals = books.totals();
            let rows = gathered.ledger.by_type.iter();
            let of_transport = rows.filter(|((_, by), _)| *by == transport);
            let delivered: u64 = of_transport.map(|(_, row)| row.delivered).sum();
            let elsewhere = gathered.transports[transport as usize].accepted_elsewhere;
            let reconciled = Reconciled {
                totals,
                // What devices delivered must have gone to the sink or to somebody else.
                balanced: books.balances(|key| in_flight.contains(&(transport, key)))
                    && own.is_some_and(|own| books.agrees_with(&own))
                    && delivered == totals.delivered + elsewhere,
            };
            (transport, reconciled)
        });
        let reconciled = reconciled.collect();
        (gathered, reconciled)
    }
}
