//! Arrivals folded onto one period of the devices' schedules: what all devices do at the same minute
//! shows as one peak.

use std::collections::BTreeMap;

use super::scenario::Plan;
use crate::journal::Record;

/// Parts of the period.
pub(crate) const PARTS: usize = 144;
/// The period unless one is chosen: schedules name a time of day.
const DAY_S: f64 = 86_400.0;
/// Periods that a run must last before it is worth folding.
const PERIODS_LEAST: f64 = 2.0;
/// Types of messages that devices send by schedule.
const SCHEDULED: [&str; 2] = ["inventory", "configuration"];

/// Arrivals modulo a period.
#[derive(Clone, Debug)]
pub(crate) struct Herd {
    /// The period, in device seconds.
    pub period_s: f64,
    /// Whether the parts begin at midnight on the devices' clocks, and not when the run did.
    pub from_midnight: bool,
    /// Whether only types that go by schedule are counted.
    pub scheduled_only: bool,
    /// Messages due in each part of the period.
    pub parts: Vec<u64>,
}

/// Counts while records are read.
#[derive(Debug)]
pub(crate) struct Folding {
    period_s: f64,
    speed: f64,
    offset_s: Option<f64>,
    chosen: bool,
    parts: BTreeMap<u8, Vec<u64>>,
}

impl Folding {
    /// Folds onto `chosen` device seconds, or onto a day where the run is long enough for that.
    pub(crate) fn new(chosen: Option<f64>, plan: &Plan, wall_s: f64) -> Option<Self> {
        let length_s = wall_s.max(plan.duration_s) * plan.speed;
        let period_s = chosen.or((length_s >= PERIODS_LEAST * DAY_S).then_some(DAY_S))?;
        let offset_s = plan.time_of_day_s.filter(|_| period_s == DAY_S);
        (period_s > 0.0).then(|| Self {
            period_s,
            speed: plan.speed,
            offset_s,
            chosen: chosen.is_some(),
            parts: BTreeMap::new(),
        })
    }

    /// Enters one record.
    pub(crate) fn enter(&mut self, record: &Record) {
        let Record::Queued { kind, due_us, .. } = *record else {
            return;
        };
        let at_s = due_us as f64 / 1e6 * self.speed + self.offset_s.unwrap_or(0.0);
        let part = at_s.rem_euclid(self.period_s) / self.period_s * PARTS as f64;
        let parts = self.parts.entry(kind).or_insert_with(|| vec![0; PARTS]);
        parts[(part as usize).min(PARTS - 1)] += 1;
    }

    /// What came of it, where message types are called `types`; `None` when nothing did.
    pub(crate) fn finish(self, types: &[String]) -> Option<Herd> {
        let mut parts = vec![0; PARTS];
        for (kind, own) in &self.parts {
            let name = types.get(usize::from(*kind)).map(String::as_str);
            if self.chosen || name.is_some_and(|name| SCHEDULED.contains(&name)) {
                for (all, count) in parts.iter_mut().zip(own) {
                    *all += count;
                }
            }
        }
        parts.iter().any(|count| *count > 0).then_some(Herd {
            period_s: self.period_s,
            from_midnight: self.offset_s.is_some(),
            scheduled_only: !self.chosen,
            parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_fold_onto_the_time_of_day() {
        let plan = Plan {
            speed: 86_400.0,
            time_of_day_s: Some(43_200.0),
            ..Plan::default()
        };
        let mut folding = Folding::new(None, &plan, 3.0).unwrap();
        for second in 0..3 {
            folding.enter(&Record::Queued {
                device: 0,
                kind: 1,
                transport: 0,
                key: second,
                due_us: second as u64 * 1_000_000,
            });
        }
        let types = ["syslog", "inventory"].map(str::to_owned);
        let herd = folding.finish(&types).unwrap();
        assert_eq!(herd.parts[PARTS / 2], 3);
        assert!(herd.from_midnight && herd.scheduled_only);
    }

    #[test]
    fn a_short_run_is_not_folded_unless_somebody_wants_it() {
        let plan = Plan::default();
        assert!(Folding::new(None, &plan, 60.0).is_none());
        assert!(Folding::new(Some(10.0), &plan, 60.0).is_some());
    }
}
