//! The pacing thread: it turns the plan into events at the right instants.
//!
//! A thread of its own with absolute deadlines, because an asynchronous runtime's timer is a
//! millisecond late. It also tells arbiters when a device's own deadline has come, so that each
//! device sees its events and deadlines in the order of device time, whatever the threads do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

use emulator::SystemEvent;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::warn;

use crate::{clock::RunClock, plan::Plan, scenario::Scenario, steering::Desk};

/// How many inputs may wait for an arbiter before the pacer waits for it. The wait shows as lag.
pub(crate) const INPUTS_WAITING_MAX: usize = 65_536;
/// No deadline is set.
const NEVER: u64 = u64::MAX;

/// What an arbiter is told.
#[derive(Debug)]
pub(crate) enum PacerInput {
    /// Something happens to a device.
    Event {
        /// Position of the device on its arbiter.
        position: u32,
        /// When, in device time.
        at: Timestamp,
        /// What.
        event: SystemEvent,
    },
    /// Device time has come to this instant; deadlines up to it are due.
    Advance {
        /// Device time.
        to: Timestamp,
    },
    /// Nothing further will come. Deadlines up to this instant are still due.
    Finish {
        /// Device time.
        to: Timestamp,
    },
}

/// The earliest deadline of the devices on one arbiter, as the pacer sees it.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// Nanoseconds after the start of the run.
    earliest_ns: AtomicU64,
    pacer: Thread,
}

impl Alarm {
    /// Asks to be told when `elapsed` of the run has passed, if that is earlier than what has been
    /// asked for before.
    pub(crate) fn set(&self, elapsed: Duration) {
        let wanted = u64::try_from(elapsed.as_nanos()).unwrap_or(NEVER - 1);
        let before = self.earliest_ns.fetch_min(wanted, Ordering::AcqRel);
        if wanted < before {
            self.pacer.unpark();
        }
    }
}

/// The pacing thread of a run.
#[derive(Debug)]
pub(crate) struct Pacer {
    thread: Option<JoinHandle<u64>>,
    stop: Arc<AtomicBool>,
    desk: Arc<Desk>,
    start: mpsc::Sender<(Vec<ArbiterLine>, RunClock)>,
}

/// How the pacer reaches one arbiter.
#[derive(Clone, Debug)]
pub(crate) struct ArbiterLine {
    /// Inputs.
    pub inputs: mpsc::Sender<PacerInput>,
    /// Deadlines.
    pub alarm: Arc<Alarm>,
}

impl Pacer {
    /// Starts the thread; it does nothing until [`Pacer::begin`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn spawn(scenario: Arc<Scenario>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (start, mut begin) = mpsc::channel::<(Vec<ArbiterLine>, RunClock)>(1);
        let stopped = Arc::clone(&stop);
        let desk = Arc::new(Desk::default());
        let asked = Arc::clone(&desk);
        let thread = thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || {
                // A timer slack of 50 µs is for programs that do not care when they wake.
                if let Err(error) = nix::sys::prctl::set_timerslack(1) {
                    warn!(%error, "the pacing thread keeps the default timer slack");
                }
                match begin.blocking_recv() {
                    Some((lines, clock)) => {
                        let emitted = pace(&scenario, &clock, &lines, (&stopped, &asked));
                        asked.close();
                        emitted
                    }
                    None => 0,
                }
            })?;
        Ok(Self {
            thread: Some(thread),
            stop,
            desk,
            start,
        })
    }

    /// Where changes of the plan are asked for, and the thread to wake then.
    pub(crate) fn desk(&self) -> (Arc<Desk>, Thread) {
        (Arc::clone(&self.desk), self.waker())
    }

    fn waker(&self) -> Thread {
        self.thread
            .as_ref()
            .map_or_else(thread::current, |thread| thread.thread().clone())
    }

    /// A line for an arbiter that reads `inputs` from the other end.
    pub(crate) fn alarm(&self) -> Arc<Alarm> {
        Arc::new(Alarm {
            earliest_ns: AtomicU64::new(NEVER),
            pacer: self.waker(),
        })
    }

    /// Lets the run begin by `clock`.
    pub(crate) fn begin(&self, lines: Vec<ArbiterLine>, clock: RunClock) {
        // The thread waits for exactly one message; it cannot be gone before it has had it.
        let _ = self.start.try_send((lines, clock));
    }

    /// Ends the run now: no further events.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Waits for the thread, which has ended or is about to; returns how many events it emitted.
    pub(crate) fn join(mut self) -> u64 {
        self.thread
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or(0)
    }
}

/// Walks the plan in real time; returns how many events were emitted.
fn pace(
    scenario: &Scenario,
    clock: &RunClock,
    lines: &[ArbiterLine],
    (stop, desk): (&AtomicBool, &Desk),
) -> u64 {
    let mut plan = Plan::new(scenario);
    let mut emitted = 0;
    let arbiters = lines.len().max(1) as u32;
    let end = scenario.duration;
    while !stop.load(Ordering::Acquire) {
        let wake = wake_at(lines, plan.due().unwrap_or(end)).min(end);
        let now = clock.elapsed();
        if now.is_zero() || now < wake && !desk.is_waiting() {
            wait(clock, wake);
            continue;
        }
        let now = now.min(end);
        while let Some(event) = plan.take_due(now) {
            let input = PacerInput::Event {
                position: event.device / arbiters,
                at: event.at,
                event: event.event,
            };
            emitted += 1;
            send(&lines[(event.device % arbiters) as usize], input);
        }
        for (change, what) in desk.take() {
            plan.steer(now, &change);
            desk.note(now, what);
        }
        let to = clock.scale().device_at(now);
        for line in lines {
            let earliest = line.alarm.earliest_ns.load(Ordering::Acquire);
            if u128::from(earliest) <= now.as_nanos() {
                // The arbiter asks again when it has looked; until then there is nothing to tell.
                let _ = line.alarm.earliest_ns.compare_exchange(
                    earliest,
                    NEVER,
                    Ordering::AcqRel,
                    Ordering::Acquire,
                );
                send(line, PacerInput::Advance { to });
            }
        }
        if now >= end {
            break;
        }
    }
    let to = clock.scale().device_at(clock.elapsed().min(end));
    for line in lines {
        send(line, PacerInput::Finish { to });
    }
    emitted
}

/// When there is something to do: the next event, or a device's deadline before it.
fn wake_at(lines: &[ArbiterLine], next_event: Duration) -> Duration {
    lines
        .iter()
        .map(|line| Duration::from_nanos(line.alarm.earliest_ns.load(Ordering::Acquire)))
        .fold(next_event, Duration::min)
}

/// Sleeps until `wake` of the run has passed, or until somebody has news.
fn wait(clock: &RunClock, wake: Duration) {
    let until = clock.origin() + wake;
    thread::park_timeout(until.saturating_duration_since(crate::clock::now()));
}

fn send(line: &ArbiterLine, input: PacerInput) {
    // An arbiter that is gone has been stopped; its devices take no further part.
    let _ = line.inputs.blocking_send(input);
}
