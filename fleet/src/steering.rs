//! A run that is steered while it goes on: what can be asked of it, and what has been done.
//!
//! Commands wait beside the pacing thread, which looks for them when it wakes and never for an event.
//! What has been done is kept: a run in which somebody intervened sent something else than its scenario
//! says, and its results must say so.

mod pace;
mod raise;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::Thread,
    time::Duration,
};

use crate::{clock::RunClock, scenario::Traffic, sinks::FaultSwitch};
use sink::fault::FaultReport;

pub use pace::{FACTOR_MAX, FACTOR_MIN, Pace};
pub use raise::{Raisable, raisable};

/// Most interventions in one run; further ones are refused.
pub const INTERVENTIONS_MAX: usize = 1_000;

/// What the pacing thread is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// The plan goes on so many times as fast as it was written; 0 for not at all.
    Pace {
        /// How many times.
        factor: f64,
    },
    /// This traffic happens, besides all others; its times count from the moment.
    Raise(Box<Traffic>),
}

/// Something that somebody did to a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// How much of the run had passed.
    pub at: Duration,
    /// What was done.
    pub what: String,
}

/// What waits for the pacing thread, and what it has done.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Whether anything waits.
    waiting: AtomicBool,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    changes: Vec<(Change, String)>,
    done: Vec<Intervention>,
    /// No further changes are taken.
    closed: bool,
}

impl Desk {
    /// What waits, if anything does.
    pub(crate) fn take(&self) -> Vec<(Change, String)> {
        if !self.waiting.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut self.books().changes)
    }

    /// Whether anything waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// This was done when so much of the run had passed.
    pub(crate) fn note(&self, at: Duration, what: String) {
        self.books().done.push(Intervention { at, what });
    }

    /// Nothing is done to the plan any more.
    pub(crate) fn close(&self) {
        let mut books = self.books();
        books.closed = true;
        books.changes.clear();
    }

    /// Everything that was done, in the order of time.
    pub(crate) fn done(&self) -> Vec<Intervention> {
        let mut done = self.books().done.clone();
        done.sort_by_key(|intervention| intervention.at);
        done
    }

    fn put(&self, change: Change, what: String) -> bool {
        let mut books = self.books();
        if books.closed || books.done.len() + books.changes.len() >= INTERVENTIONS_MAX {
            return false;
        }
        books.changes.push((change, what));
        drop(books);
        self.waiting.store(true, Ordering::Release);
        true
    }

    /// A list is whole whatever happened to whoever held it.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Steers a run that goes on.
#[derive(Debug)]
pub struct Steering {
    desk: Arc<Desk>,
    pacer: Thread,
    faults: Arc<FaultSwitch>,
    clock: RunClock,
    raisable: Vec<Raisable>,
    paused: bool,
    factor: f64,
}

impl Steering {
    pub(crate) fn new(
        (desk, pacer): (Arc<Desk>, Thread),
        faults: Arc<FaultSwitch>,
        clock: RunClock,
        raisable: Vec<Raisable>,
    ) -> Self {
        Self {
            desk,
            pacer,
            faults,
            clock,
            raisable,
            paused: false,
            factor: 1.0,
        }
    }

    /// Whether arrivals wait.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// How many times as fast as the scenario says arrivals come, unless they wait.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Lets arrivals wait, or go on. Chains that have begun go on, and so does what devices do by
    /// themselves.
    pub fn pause_or_resume(&mut self) {
        let (paused, what) = match self.paused {
            true => (false, "arrivals resumed"),
            false => (true, "arrivals paused"),
        };
        let factor = if paused { 0.0 } else { self.factor };
        if self.ask(Change::Pace { factor }, what.to_owned()) {
            self.paused = paused;
        }
    }

    /// Lets arrivals come `factor` times as fast as the scenario says, within [`FACTOR_MIN`] and
    /// [`FACTOR_MAX`].
    pub fn set_factor(&mut self, factor: f64) {
        let factor = factor.clamp(FACTOR_MIN, FACTOR_MAX);
        if factor == self.factor {
            return;
        }
        let pace = if self.paused { 0.0 } else { factor };
        let what = format!("rate of arrivals set to x{factor}");
        if self.ask(Change::Pace { factor: pace }, what) {
            self.factor = factor;
        }
    }

    /// What can be raised.
    pub fn raisable(&self) -> &[Raisable] {
        &self.raisable
    }

    /// Lets number `number` of what can be raised happen now, on `share` of the devices where it asks
    /// for one.
    pub fn raise(&mut self, number: usize, share: crate::units::Share) {
        if let Some(raisable) = self.raisable.get(number) {
            let (traffic, what) = raisable.now_on(share);
            self.ask(Change::Raise(Box::new(traffic)), what);
        }
    }

    /// How the faults of the scenario stand, with what each concerns.
    pub fn faults(&self) -> Vec<(String, FaultReport)> {
        self.faults.reports()
    }

    /// Switches the fault at this place of [`Steering::faults`] off where it is on or is yet to come, and
    /// else on, at once and until it is switched off.
    pub fn switch_fault(&mut self, place: usize) {
        if self.desk.done().len() >= INTERVENTIONS_MAX {
            return;
        }
        if let Some(what) = self.faults.switch(place) {
            self.desk.note(self.clock.elapsed(), what);
        }
    }

    /// Everything that has been done so far.
    pub fn interventions(&self) -> Vec<Intervention> {
        self.desk.done()
    }

    fn ask(&self, change: Change, what: String) -> bool {
        let taken = self.desk.put(change, what);
        self.pacer.unpark();
        taken
    }
}

#[cfg(test)]
mod tests;
