//! The threads of a run: the pacer, and for each processor an arbiter with its courier thread.

use std::{sync::Arc, thread::Thread};

use actix_rt::Arbiter;
use tokio::sync::{mpsc, oneshot, watch};

use super::RunError;
use crate::{
    actors::{self, ArbiterSetup, CourierSetup, Report, RunningDevice, run_arbiter, run_courier},
    clock::RunClock,
    courier::CourierSettings,
    monitor,
    pacer::{ArbiterLine, INPUTS_WAITING_MAX, Pacer},
    scenario::Scenario,
    steering::Desk,
};

/// How many reports of threads may wait for the conductor; a thread waits for room.
const REPORTS_WAITING_MAX: usize = 64;

/// The threads of a run.
pub(super) struct Stage {
    pacer: Pacer,
    arbiters: Vec<Arbiter>,
    couriers: Vec<Arbiter>,
    lines: Vec<ArbiterLine>,
    clocks: Vec<oneshot::Sender<RunClock>>,
    reports: mpsc::Receiver<Report>,
    closing: watch::Sender<bool>,
}

impl Stage {
    /// Starts all threads; arbiters make their devices.
    ///
    /// With `introduce`, [`Stage::wait_until_ready`] tells how to reach single devices; with `journal`,
    /// threads enter everything in one.
    pub(super) fn set(
        scenario: &Arc<Scenario>,
        couriers: &Arc<CourierSettings>,
        (introduce, journal): (bool, bool),
    ) -> Result<Self, RunError> {
        let pacer = Pacer::spawn(Arc::clone(scenario))?;
        let (report, reports) = mpsc::channel(REPORTS_WAITING_MAX);
        let count = (monitor::cpus() as u32).min(scenario.device_count()).max(1);
        let mut stage = Self {
            pacer,
            arbiters: Vec::new(),
            couriers: Vec::new(),
            lines: Vec::new(),
            clocks: Vec::new(),
            reports,
            closing: watch::Sender::new(false),
        };
        for index in 0..count {
            let (line, courier_line) = actors::line();
            let courier = CourierSetup {
                index,
                settings: Arc::clone(couriers),
                clock: stage.clock(),
                scenario: Arc::clone(scenario),
                journal,
                line: courier_line,
                closing: stage.closing.subscribe(),
                reports: report.clone(),
            };
            stage.couriers.push(thread(move || run_courier(courier)));
            let (inputs, received) = mpsc::channel(INPUTS_WAITING_MAX);
            let alarm = stage.pacer.alarm();
            let arbiter = ArbiterSetup {
                scenario: Arc::clone(scenario),
                index,
                count,
                couriers: Arc::clone(couriers),
                line,
                clock: stage.clock(),
                inputs: received,
                alarm: Arc::clone(&alarm),
                closing: stage.closing.subscribe(),
                reports: report.clone(),
                introduce,
                journal,
            };
            stage.arbiters.push(thread(move || run_arbiter(arbiter)));
            stage.lines.push(ArbiterLine { inputs, alarm });
        }
        Ok(stage)
    }

    /// A further receiver of the run's clock.
    fn clock(&mut self) -> oneshot::Receiver<RunClock> {
        let (clock, begin) = oneshot::channel();
        self.clocks.push(clock);
        begin
    }

    /// How many threads report; each says when its report is the last.
    pub(super) fn reporting_threads(&self) -> usize {
        self.arbiters.len() + self.couriers.len()
    }

    /// The next report of any thread; `None` when all are gone.
    pub(super) async fn next_report(&mut self) -> Option<Report> {
        self.reports.recv().await
    }

    /// Waits until all devices exist; returns those that were to be introduced.
    pub(super) async fn wait_until_ready(&mut self) -> Result<Vec<RunningDevice>, RunError> {
        let mut devices = Vec::new();
        for _ in 0..self.arbiters.len() {
            match self.next_report().await {
                Some(Report::Ready(introduced)) => devices.extend(introduced),
                Some(Report::Gathered { .. }) | None => return Err(RunError::ArbiterLost),
            }
        }
        Ok(devices)
    }

    /// Lets the run begin by `clock`.
    pub(super) fn begin(&mut self, clock: RunClock) {
        for thread in self.clocks.drain(..) {
            // A thread that is gone reports nothing, which ends the run.
            let _ = thread.send(clock);
        }
        self.pacer.begin(std::mem::take(&mut self.lines), clock);
    }

    /// Where changes of the plan are asked for, and the thread to wake then.
    pub(super) fn desk(&self) -> (Arc<Desk>, Thread) {
        self.pacer.desk()
    }

    /// No further events; what is outstanding is waited for.
    pub(super) fn stop_traffic(&self) {
        self.pacer.stop();
    }

    /// Outcomes are no longer waited for: each thread reports once more.
    pub(super) fn close(&self) {
        self.pacer.stop();
        self.closing.send_replace(true);
    }

    /// Ends all threads; returns how many events were emitted.
    pub(super) fn end(self) -> u64 {
        self.pacer.stop();
        for thread in self.arbiters.into_iter().chain(self.couriers) {
            thread.stop();
        }
        drop(self.reports);
        self.pacer.join()
    }
}

/// A thread of its own that runs the future `work` makes.
fn thread<F: Future<Output = ()> + 'static>(work: impl FnOnce() -> F + Send + 'static) -> Arbiter {
    let arbiter = Arbiter::new();
    arbiter.spawn_fn(move || {
        actix_rt::spawn(work());
    });
    arbiter
}
