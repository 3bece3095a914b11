//! The faults of a run on the boards of its sinks: how they stand, and switching one on or off while
//! the run goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use emulator::Transport;
use sink::fault::{Fault, FaultBoard, FaultId, FaultReport, FaultState};

use super::FaultOutcome;
use crate::scenario::{PlannedFault, Scenario};

/// The faults of a run.
#[derive(Debug, Default)]
pub(crate) struct FaultSwitch {
    planned: Vec<PlannedFault>,
    boards: Mutex<Vec<Hung>>,
}

/// The board of one sink, and what of the scenario hangs there.
#[derive(Debug)]
struct Hung {
    board: Arc<FaultBoard>,
    /// By number in the scenario.
    faults: Vec<(usize, FaultId)>,
    /// What became of those that were taken down.
    before: Vec<(usize, FaultReport)>,
}

impl FaultSwitch {
    /// The faults of `scenario`, of which none hangs anywhere yet.
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            planned: scenario.faults.clone(),
            boards: Mutex::default(),
        }
    }

    /// Puts the faults that concern the sink of `transport` for `host` on its board.
    pub(super) fn hang_up(
        &self,
        transport: Transport,
        host: Option<&str>,
        board: &Arc<FaultBoard>,
    ) {
        let planned = self.planned.iter().enumerate();
        let concerned = planned.filter(|(_, planned)| planned.concerns(transport, host));
        let faults = concerned
            .filter_map(|(number, planned)| Some((number, board.add(planned.fault.clone())?)));
        let hung = Hung {
            board: Arc::clone(board),
            faults: faults.collect(),
            before: Vec::new(),
        };
        self.boards().push(hung);
    }

    /// What has become of the faults so far, in the order of the scenario; of several sinks together.
    pub(super) fn outcomes(&self) -> Vec<FaultOutcome> {
        let boards = self.boards();
        let planned = self.planned.iter().enumerate();
        let outcomes = planned.filter_map(|(number, planned)| {
            let reports = boards.iter().filter_map(|hung| hung.report(number));
            let report = reports.reduce(|one, other| FaultReport {
                applied: one.applied + other.applied,
                active_s: one.active_s.max(other.active_s),
                ..one
            })?;
            Some(FaultOutcome {
                target: planned.target.clone(),
                report,
            })
        });
        outcomes.collect()
    }

    /// How the faults stand, with what each concerns.
    pub(crate) fn reports(&self) -> Vec<(String, FaultReport)> {
        let outcomes = self.outcomes().into_iter();
        outcomes
            .map(|FaultOutcome { target, report }| (target, report))
            .collect()
    }

    /// Switches the fault at this place of [`Self::reports`] off where it is on or is yet to come, and else
    /// on, at once; says what was done.
    pub(crate) fn switch(&self, place: usize) -> Option<String> {
        let number = self.number_at(place)?;
        let planned = self.planned.get(number)?;
        let mut boards = self.boards();
        let states = boards.iter().filter_map(|hung| hung.state(number));
        // Sinks have clocks of their own; where one has begun, so has the fault.
        let (is_off, word) = match states.max_by_key(|state| rank(*state)) {
            Some(FaultState::Active) => (false, "switched off"),
            Some(FaultState::Pending) => (false, "switched off before it began"),
            Some(FaultState::Over) | None => (true, "switched on"),
        };
        for hung in boards.iter_mut() {
            hung.switch(number, is_off.then_some(&planned.fault));
        }
        let name = planned.fault.name.as_ref();
        let name = name.map_or_else(
            || planned.fault.action.to_string(),
            |name| format!("\"{name}\""),
        );
        Some(format!("fault {name} of {} {word}", planned.target))
    }

    /// The number in the scenario of the fault at this place of the reports.
    fn number_at(&self, place: usize) -> Option<usize> {
        let boards = self.boards();
        let mut hanging = (0..self.planned.len())
            .filter(|number| boards.iter().any(|hung| hung.report(*number).is_some()));
        hanging.nth(place)
    }

    /// A list is whole whatever happened to whoever held it.
    fn boards(&self) -> MutexGuard<'_, Vec<Hung>> {
        self.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of several sinks' states counts for all: the highest.
fn rank(state: FaultState) -> u8 {
    match state {
        FaultState::Over => 0,
        FaultState::Pending => 1,
        FaultState::Active => 2,
    }
}

impl Hung {
    /// How the fault of this number stands now, what it did before it was taken down included.
    fn report(&self, number: usize) -> Option<FaultReport> {
        let present = self.present(number);
        let before = self.before.iter().filter(|(own, _)| *own == number);
        let before = before.map(|(_, report)| report.clone());
        // The last stands for how it is, the first for when it began.
        before.chain(present).reduce(|one, other| FaultReport {
            at_s: one.at_s,
            applied: one.applied + other.applied,
            active_s: one.active_s + other.active_s,
            ..other
        })
    }

    /// How what hangs there stands.
    fn present(&self, number: usize) -> Option<FaultReport> {
        let (_, id) = self.faults.iter().find(|(own, _)| *own == number)?;
        let mut reports = self.board.reports().into_iter();
        reports.find(|report| report.id == *id)
    }

    /// How the fault of this number stands, if it hangs there.
    fn state(&self, number: usize) -> Option<FaultState> {
        self.present(number).map(|report| report.state)
    }

    /// Takes down the fault of this number, if it hangs there, and puts up `fault` in its place, from
    /// now on.
    fn switch(&mut self, number: usize, fault: Option<&Fault>) {
        let concerned = self.faults.iter().any(|(own, _)| *own == number)
            || self.before.iter().any(|(own, _)| *own == number);
        if !concerned {
            return;
        }
        let hanging = self.faults.iter().find(|(own, _)| *own == number);
        if let Some(mut report) = hanging.and_then(|(_, id)| self.board.take_down(*id)) {
            report.state = FaultState::Over;
            self.before.push((number, report));
            self.faults.retain(|(own, _)| *own != number);
        }
        let fault = fault.map(|fault| Fault {
            at: std::time::Duration::ZERO,
            lasts: None,
            ..fault.clone()
        });
        let hung = fault.and_then(|fault| self.board.add(fault));
        self.faults.extend(hung.map(|id| (number, id)));
    }
}
