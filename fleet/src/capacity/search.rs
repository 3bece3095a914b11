//! The search for the highest load that holds: which load to try next, from what came of those before. It
//! runs nothing and reads no clock, so that it can be tried on a thousand targets that do not exist.
//!
//! Doubling and bisecting find a first bracket; an overload and what holds right after it tell whether the
//! target recovers; further searches, each from what has been found so far, tell how sure that is.

use super::{Conclusion, Knee, Outcome, Purpose, Recovery};
use crate::statistics::median;

/// By how much more than what did not hold an overload is.
const OVERLOAD: f64 = 1.5;
/// What is tried first after an overload, as a share of what held before.
const RECOVERY: f64 = 0.95;
/// What is tried next, as a share of what did not hold after an overload.
const RECOVERY_STEP: f64 = 0.8;
/// How many loads are tried after an overload at most.
const RECOVERY_STEPS_MAX: usize = 5;
/// How often the first of them is: a target that holds it the second time needed time, and no less load.
const RECOVERY_TRIES: usize = 2;
/// Where further searches begin, in multiples of what the first found: apart from each other, so that none
/// leans on another.
const CONFIRM_STARTS: [f64; 6] = [1.25, 0.8, 1.1, 0.9, 1.4, 0.7];
/// The steps of a further search until it has a bracket.
const CONFIRM_STEP: f64 = 1.12;
/// How often a load is tried at which the generator was the bottleneck: another program may have been at work.
const GENERATOR_TRIES: usize = 2;
/// Below this part of the first load nothing is tried.
const LEAST_SHARE: f64 = 1.0 / 4096.0;
/// Most steps of a search in all; ends one whose target answers by chance.
const STEPS_MAX: usize = 200;

/// How to search.
#[derive(Clone, Copy, Debug)]
pub struct SearchSettings {
    /// The load to begin with.
    pub from: f64,
    /// The largest load to try.
    pub max: f64,
    /// How far apart the ends of a bracket are at most, as a share.
    pub precision: f64,
    /// How many searches in all.
    pub searches: usize,
    /// Whether loads are whole numbers.
    pub whole: bool,
    /// Whether to look how the target is after an overload: one that is made anew for every load has none
    /// behind it.
    pub recovery: bool,
}

/// A load to try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// How much.
    pub load: f64,
    /// Why.
    pub purpose: Purpose,
}

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    settings: SearchSettings,
    stage: Stage,
    bracket: Bracket,
    found: Vec<Found>,
    /// How many searches ended without a load that the target does not hold.
    without_end: usize,
    recovery: Option<Recovery>,
    steps: usize,
    /// How often the present load has been tried in vain.
    in_vain: usize,
}

/// What is known of one search.
#[derive(Clone, Copy, Debug, Default)]
struct Bracket {
    /// The highest load that held.
    low: Option<f64>,
    /// The lowest that did not, and why.
    high: Option<(f64, Outcome)>,
}

/// What one search came to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Found {
    low: f64,
    high: f64,
    /// Why the higher one did not hold.
    why: Outcome,
}

impl Found {
    /// What held and what did not; where chance decides, they may have changed places.
    fn new(low: f64, high: f64, why: Outcome) -> Self {
        Self {
            low: low.min(high),
            high: low.max(high),
            why,
        }
    }

    fn middle(&self) -> f64 {
        (self.low * self.high).sqrt()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// Doubling, halving, then bisecting.
    First {
        next: f64,
    },
    /// More than the target takes.
    Overload {
        load: f64,
    },
    /// What holds after that; so many have been tried.
    Recover {
        load: f64,
        tried: usize,
    },
    /// The search again.
    Confirm {
        next: f64,
    },
    Over(Conclusion),
}

impl Search {
    /// A search that has tried nothing yet.
    #[must_use]
    pub fn new(settings: SearchSettings) -> Self {
        let mut search = Self {
            settings,
            stage: Stage::Over(Conclusion::NoneHolds),
            bracket: Bracket::default(),
            found: Vec::new(),
            without_end: 0,
            recovery: None,
            steps: 0,
            in_vain: 0,
        };
        let from = search.rounded(settings.from.min(settings.max));
        search.stage = Stage::First { next: from };
        search
    }

    /// What to try next; `None` when the search is over.
    #[must_use]
    pub fn next(&self) -> Option<Probe> {
        let (load, purpose) = match self.stage {
            Stage::First { next } => match (self.bracket.low, self.bracket.high) {
                (Some(_), Some(_)) => (next, Purpose::Bisect),
                _ => (next, Purpose::Bracket),
            },
            Stage::Overload { load } => (load, Purpose::Overload),
            Stage::Recover { load, .. } => (load, Purpose::Recover),
            Stage::Confirm { next } => (next, Purpose::Confirm),
            Stage::Over(_) => return None,
        };
        Some(Probe { load, purpose })
    }

    /// How it ended; `None` while it goes on.
    #[must_use]
    pub fn conclusion(&self) -> Option<Conclusion> {
        match self.stage {
            Stage::Over(conclusion) => Some(conclusion),
            Stage::First { .. }
            | Stage::Overload { .. }
            | Stage::Recover { .. }
            | Stage::Confirm { .. } => None,
        }
    }

    /// Whether the target recovered, if that was looked at.
    #[must_use]
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// Takes note of what came of the load that [`Search::next`] named.
    pub fn tell(&mut self, outcome: Outcome) {
        self.steps += 1;
        if outcome == Outcome::Generator && self.stage_counts() {
            self.in_vain += 1;
            if self.in_vain < GENERATOR_TRIES {
                return;
            }
        }
        self.in_vain = 0;
        match self.stage {
            Stage::First { next } => self.first(next, outcome),
            Stage::Overload { load } => self.after_overload(load),
            Stage::Recover { load, tried } => self.recover(load, tried, outcome),
            Stage::Confirm { next } => self.confirm(next, outcome),
            Stage::Over(_) => {}
        }
        if self.steps >= STEPS_MAX && self.conclusion().is_none() {
            self.stage = Stage::Over(self.conclusion_of_found());
        }
    }

    /// Whether it matters here that the generator was the bottleneck; of an overload nothing is measured.
    fn stage_counts(&self) -> bool {
        !matches!(self.stage, Stage::Overload { .. })
    }

    fn first(&mut self, load: f64, outcome: Outcome) {
        self.bracket.take(load, outcome);
        let SearchSettings {
            from,
            max,
            precision,
            ..
        } = self.settings;
        self.stage = match (self.bracket.low, self.bracket.high) {
            (Some(low), None) if low >= max => Stage::Over(Conclusion::Largest),
            (Some(low), None) => Stage::First {
                next: self.rounded((low * 2.0).min(max)),
            },
            (None, Some((high, why))) => {
                let next = self.rounded(high / 2.0);
                if next < from * LEAST_SHARE || next >= high {
                    Stage::Over(conclusion_of_none(why))
                } else {
                    Stage::First { next }
                }
            }
            (Some(low), Some((high, why))) => match self.between(low, high, precision) {
                Some(next) => Stage::First { next },
                None => self.after_first(Found::new(low, high, why)),
            },
            (None, None) => self.stage,
        };
    }

    /// What follows the first bracket.
    fn after_first(&mut self, found: Found) -> Stage {
        self.found.push(found);
        match found.why {
            // The target is not what gave way, so there is nothing further to learn of it.
            Outcome::Generator | Outcome::Devices => Stage::Over(conclusion_of(found.why)),
            Outcome::Held | Outcome::Broken if self.settings.recovery => Stage::Overload {
                load: self.rounded(found.high * OVERLOAD),
            },
            Outcome::Held | Outcome::Broken => self.next_search(),
        }
    }

    fn after_overload(&mut self, overload: f64) {
        let held = self.found.first().map_or(overload, |found| found.low);
        let tried = self.rounded(held * RECOVERY);
        self.recovery = Some(Recovery {
            overload,
            tried,
            tries: 1,
            holds: None,
        });
        self.stage = Stage::Recover {
            load: tried,
            tried: 1,
        };
    }

    fn recover(&mut self, load: f64, tried: usize, outcome: Outcome) {
        match outcome {
            Outcome::Held => {
                if let Some(recovery) = &mut self.recovery {
                    recovery.holds = Some(load);
                }
                self.stage = self.next_search();
            }
            Outcome::Broken if tried < RECOVERY_STEPS_MAX => {
                let again = tried < RECOVERY_TRIES;
                if let Some(recovery) = self.recovery.as_mut().filter(|_| again) {
                    recovery.tries = tried + 1;
                }
                let share = if again { 1.0 } else { RECOVERY_STEP };
                self.stage = Stage::Recover {
                    load: self.rounded(load * share),
                    tried: tried + 1,
                };
            }
            Outcome::Broken => self.stage = self.next_search(),
            Outcome::Generator | Outcome::Devices => {
                // Nothing is known of the target, and so nothing is said.
                self.recovery = None;
                self.stage = self.next_search();
            }
        }
    }

    /// The beginning of a further search, if there is to be one.
    fn next_search(&mut self) -> Stage {
        self.bracket = Bracket::default();
        let behind = self.found.len() + self.without_end;
        if behind >= self.settings.searches {
            return Stage::Over(self.conclusion_of_found());
        }
        let first = self.found.first().map_or(self.settings.from, Found::middle);
        let start = CONFIRM_STARTS[(behind - 1) % CONFIRM_STARTS.len()];
        Stage::Confirm {
            next: self.rounded((first * start).min(self.settings.max)),
        }
    }

    fn confirm(&mut self, load: f64, outcome: Outcome) {
        self.bracket.take(load, outcome);
        let precision = self.settings.precision;
        self.stage = match (self.bracket.low, self.bracket.high) {
            (Some(low), None) if low >= self.settings.max => self.without_end(),
            (Some(low), None) => Stage::Confirm {
                next: self.above(low, low * CONFIRM_STEP).min(self.settings.max),
            },
            (None, Some((high, _))) => {
                let next = self.below(high, high / CONFIRM_STEP);
                if next < self.settings.from * LEAST_SHARE {
                    self.without_end()
                } else {
                    Stage::Confirm { next }
                }
            }
            (Some(low), Some((high, why))) => match self.between(low, high, precision) {
                Some(next) => Stage::Confirm { next },
                None if why == Outcome::Broken => {
                    self.found.push(Found::new(low, high, why));
                    self.next_search()
                }
                None => self.without_end(),
            },
            (None, None) => self.stage,
        };
    }

    /// The load half way between two, if they are not close enough.
    fn between(&self, low: f64, high: f64, precision: f64) -> Option<f64> {
        if high <= low * (1.0 + precision) {
            return None;
        }
        let middle = self.rounded((low * high).sqrt());
        (low < middle && middle < high).then_some(middle)
    }

    fn rounded(&self, load: f64) -> f64 {
        if self.settings.whole {
            load.round().max(1.0)
        } else {
            load
        }
    }

    fn above(&self, low: f64, load: f64) -> f64 {
        let load = self.rounded(load);
        if self.settings.whole {
            load.max(low + 1.0)
        } else {
            load
        }
    }

    fn below(&self, high: f64, load: f64) -> f64 {
        let load = self.rounded(load);
        if self.settings.whole {
            load.min(high - 1.0)
        } else {
            load
        }
    }

    /// The median of what has been found.
    fn median(&self) -> Option<f64> {
        let middles: Vec<f64> = self.found.iter().map(Found::middle).collect();
        median(&middles)
    }

    /// What follows a search that found no load which the target does not hold.
    fn without_end(&mut self) -> Stage {
        self.without_end += 1;
        self.next_search()
    }

    fn conclusion_of_found(&self) -> Conclusion {
        self.found
            .first()
            .map_or(Conclusion::NoneHolds, |found| conclusion_of(found.why))
    }

    /// What has been found, without what is measured there.
    #[must_use]
    pub fn knee(&self) -> Option<Knee> {
        let searches = self.found.len();
        let Some(load) = self.median() else {
            // A load that holds is known, and nothing that does not.
            return self.bracket.low.map(|low| Knee {
                load: low,
                low,
                high: None,
                confidence: None,
                searches,
                without_end: self.without_end,
                delivered_per_s: 0.0,
                delivered_at: low,
            });
        };
        let low = self.found.iter().map(|found| found.low);
        let high = self.found.iter().map(|found| found.high);
        let sure = self.conclusion() == Some(Conclusion::Found);
        let low = low.fold(f64::INFINITY, f64::min);
        Some(Knee {
            load: if sure { load } else { low },
            low,
            high: sure.then(|| high.fold(0.0, f64::max)),
            // The median of what such searches find lies beyond all of so many with this probability, if none
            // depends on another.
            confidence: (searches > 1 && sure).then(|| 1.0 - 0.5_f64.powi(searches as i32 - 1)),
            searches,
            without_end: self.without_end,
            delivered_per_s: 0.0,
            delivered_at: low,
        })
    }
}

impl Bracket {
    fn take(&mut self, load: f64, outcome: Outcome) {
        match outcome {
            Outcome::Held => self.low = Some(self.low.map_or(load, |low| low.max(load))),
            Outcome::Broken | Outcome::Generator | Outcome::Devices => {
                if self.high.is_none_or(|(high, _)| load < high) {
                    self.high = Some((load, outcome));
                }
            }
        }
    }
}

/// How a search ends whose brackets end because of `why`.
fn conclusion_of(why: Outcome) -> Conclusion {
    match why {
        Outcome::Held | Outcome::Broken => Conclusion::Found,
        Outcome::Generator => Conclusion::Generator,
        Outcome::Devices => Conclusion::Devices,
    }
}

/// The same when nothing holds at all.
fn conclusion_of_none(why: Outcome) -> Conclusion {
    match why {
        Outcome::Held | Outcome::Broken => Conclusion::NoneHolds,
        Outcome::Generator | Outcome::Devices => conclusion_of(why),
    }
}

#[cfg(test)]
mod tests;
