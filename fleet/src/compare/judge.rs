//! The verdict on each metric.

use serde::Serialize;

use super::{Demands, Metric, Pairing, Stored, Unfit};
use crate::statistics::{
    self, bootstrap, mean, median,
    power::{self, Design, PAIRS_OF_INTERVAL_MIN},
    ranks::{Block, block_rank, rank_sum, signed_rank},
    squares,
};

/// The level of all tests of a comparison together, two-sided: half of it for false regressions.
pub const LEVEL: f64 = 0.01;
/// What rounding may do to the logarithm of a ratio: 21 is 5 % more than 20, and no more.
const ROUNDING: f64 = 1e-9;

/// What a comparison says of a metric, or of all.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// What difference there may be is smaller than what matters.
    Equal,
    /// Better.
    Improvement,
    /// Neither a difference nor its absence is shown.
    Inconclusive,
    /// Worse.
    Regression,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Improvement => "improvement",
            Self::Inconclusive => "inconclusive",
            Self::Regression => "regression",
        }
    }
}

/// What became of one metric.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which.
    pub metric: Metric,
    /// Whether less of it is better.
    pub lower_is_better: bool,
    /// The test that judged it; `counted` where none did.
    pub test: &'static str,
    /// Of each run of the base.
    pub base: Vec<f64>,
    /// Of each run that is compared with it.
    pub new: Vec<f64>,
    /// Their medians.
    pub base_median: Option<f64>,
    /// Their medians.
    pub new_median: Option<f64>,
    /// New to base: of the medians, or the median of the pairs'.
    pub ratio: Option<f64>,
    /// The interval of the ratio.
    pub interval: Option<(f64, f64)>,
    /// The probability of such a difference by chance.
    pub p: Option<f64>,
    /// The same, corrected for the number of metrics.
    pub p_corrected: Option<f64>,
    /// The probability that the smallest change that matters would have been found.
    pub power: Option<f64>,
    /// One relative standard deviation of runs.
    pub spread: Option<f64>,
    /// The smallest change that is called one, where the noise is known, as a share.
    pub floor: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, or what it lacks.
    pub note: Option<String>,
}

/// The runs of a comparison.
pub(super) struct Case<'c> {
    pub(super) base: &'c [Stored],
    pub(super) new: &'c [Stored],
    pub(super) pairing: Pairing,
    pub(super) demands: &'c Demands,
}

/// The values of a metric that is tested.
pub(super) struct Values {
    base: Vec<f64>,
    new: Vec<f64>,
    pairing: Pairing,
}

/// What a test found.
pub(super) struct Finding {
    /// The logarithm of the ratio.
    shift: f64,
    interval: Option<(f64, f64)>,
    /// Corrected for the number of tests.
    p: f64,
    /// The logarithm of the noise floor.
    floor: Option<f64>,
}

impl Case<'_> {
    /// A row for each of `metrics`.
    pub(super) fn rows(&self, metrics: &[Metric]) -> Vec<Row> {
        let mut rows: Vec<Row> = metrics.iter().map(|metric| self.row(*metric)).collect();
        // What is the same in all runs can never be significant, so it takes no part in the correction.
        let tested: Vec<usize> = (0..rows.len())
            .filter(|index| rows[*index].p.is_some() && varies(&rows[*index]))
            .collect();
        let p: Vec<f64> = tested.iter().filter_map(|index| rows[*index].p).collect();
        for (index, p) in tested.iter().zip(statistics::holm(&p)) {
            rows[*index].p_corrected = Some(p);
        }
        for row in &mut rows {
            if row.test == "counted" {
                self.judge_counted(row);
            } else if row.p.is_some() {
                self.judge_timed(row, tested.len().max(1));
            }
        }
        rows
    }

    /// What there is to say of `metric` before others are known.
    fn row(&self, metric: Metric) -> Row {
        let read = |runs: &[Stored]| -> (Vec<f64>, Option<Unfit>) {
            let read: Vec<_> = runs.iter().map(|run| metric.read(run)).collect();
            let unfit = read.iter().find_map(|value| value.clone().err());
            (read.into_iter().filter_map(Result::ok).collect(), unfit)
        };
        let ((base, base_unfit), (new, new_unfit)) = (read(self.base), read(self.new));
        let sides = [("base", base_unfit), ("new", new_unfit)];
        let unfit = sides
            .into_iter()
            .find_map(|(side, unfit)| unfit.map(|unfit| format!("{side}: {unfit}")));
        let values = Values {
            base,
            new,
            pairing: self.pairing,
        };
        let tested = unfit.is_none() && !metric.is_counted();
        Row {
            metric,
            lower_is_better: metric.lower_is_better(),
            test: match (unfit.is_some(), metric.is_counted()) {
                (true, _) => "none",
                (false, true) => "counted",
                (false, false) => values.test(),
            },
            base_median: median(&values.base),
            new_median: median(&values.new),
            ratio: None,
            interval: None,
            p: tested.then(|| values.p()),
            p_corrected: None,
            power: None,
            spread: tested.then(|| values.spread()).flatten(),
            floor: None,
            verdict: Verdict::Inconclusive,
            note: unfit,
            base: values.base,
            new: values.new,
        }
    }

    /// Judges what is tested, one of `tests`.
    fn judge_timed(&self, row: &mut Row, tests: usize) {
        let values = Values {
            base: row.base.clone(),
            new: row.new.clone(),
            pairing: self.pairing,
        };
        let design = values.design();
        let level = LEVEL / tests as f64;
        let floor = self.floor(row.metric, level);
        let effect = self.demands.effect.ln_1p();
        let finding = values.finding(row.p_corrected.unwrap_or(1.0), floor);
        row.ratio = Some(finding.shift.exp());
        row.interval = finding.interval;
        row.floor = floor.map(f64::exp_m1);
        row.verdict = finding.verdict(effect, row.lower_is_better, design);
        let testable = design.least_p() <= level;
        let power = row.spread.map(|spread| design.power(effect, spread, level));
        row.power = power.or(Some(0.0)).filter(|_| testable || floor.is_none());
        if row.verdict == Verdict::Inconclusive {
            row.note = Some(lacking(row, testable, floor, level, effect));
        }
    }

    fn floor(&self, metric: Metric, level: f64) -> Option<f64> {
        let noise = self.demands.noise.as_ref()?;
        let runs = (self.base.len(), self.new.len());
        noise.floor(metric, runs, level, self.pairing)
    }

    /// Judges what is counted: without a test, by the counts themselves.
    fn judge_counted(&self, row: &mut Row) {
        let (Some(base), Some(new)) = (row.base_median, row.new_median) else {
            return;
        };
        let effect = self.demands.effect.ln_1p();
        let shift = match (base > 0.0, new > 0.0) {
            (false, false) => 0.0,
            (false, true) => f64::INFINITY,
            (true, false) => f64::NEG_INFINITY,
            (true, true) => (new / base).ln(),
        };
        row.ratio = (base > 0.0)
            .then(|| new / base)
            .or((new == 0.0).then_some(1.0));
        let floor = self.floor(row.metric, LEVEL);
        row.floor = floor.map(f64::exp_m1);
        let ends = |values: &[f64]| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            (
                low,
                values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            )
        };
        let ((base_low, base_high), (new_low, new_high)) = (ends(&row.base), ends(&row.new));
        let apart = new_low > base_high || new_high < base_low;
        row.verdict = if shift.abs() <= effect + ROUNDING {
            Verdict::Equal
        } else if !apart {
            row.note = Some("the runs of the two sides overlap".to_owned());
            Verdict::Inconclusive
        } else if floor.is_some_and(|floor| shift.abs() <= floor) {
            row.note = Some("within the noise floor".to_owned());
            Verdict::Inconclusive
        } else {
            direction(shift, row.lower_is_better)
        };
    }
}

fn direction(shift: f64, lower_is_better: bool) -> Verdict {
    match (shift > 0.0) == lower_is_better {
        true => Verdict::Regression,
        false => Verdict::Improvement,
    }
}

fn varies(row: &Row) -> bool {
    let mut values = row.base.iter().chain(&row.new);
    let first = values.next();
    values.any(|value| Some(value) != first)
}

/// What an inconclusive metric lacks.
fn lacking(row: &Row, testable: bool, floor: Option<f64>, level: f64, effect: f64) -> String {
    let spread = row.spread.filter(|spread| *spread > 0.0);
    let needed = spread
        .map(|spread| power::pairs_needed(effect, spread, level, super::noise::POWER))
        .map_or_else(String::new, |pairs| match pairs {
            Some(pairs) => format!("; {pairs} interleaved pairs would find the minimum effect"),
            None => format!(
                "; more than {} interleaved pairs would be needed, so the runs are too noisy or too short",
                power::PAIRS_MAX
            ),
        });
    match (testable, floor) {
        (false, Some(floor)) => format!(
            "changes below the noise floor of {:.1} % are not told apart{needed}",
            100.0 * floor.exp_m1()
        ),
        (false, None) => format!(
            "too few runs for any verdict: repeat with --interleave, or name a noise floor{needed}"
        ),
        (true, _) => match row.power {
            Some(power) if power < super::noise::POWER => {
                format!("power {power:.2} is too little{needed}")
            }
            Some(_) | None => "a change is not shown, nor that there is none".to_owned(),
        },
    }
}

impl Values {
    /// Of logarithms of measured values, all above 0.
    fn logs(values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| value.ln()).collect()
    }

    fn design(&self) -> Design {
        match self.pairing {
            Pairing::Independent => Design::Independent {
                base: self.base.len(),
                new: self.new.len(),
            },
            Pairing::Interleaved => Design::Interleaved {
                pairs: self.base.len().min(self.new.len()),
            },
        }
    }

    /// Whether the pairs are whole rounds A B B A.
    fn is_in_blocks(&self) -> bool {
        self.pairing == Pairing::Interleaved && self.base.len().is_multiple_of(2)
    }

    fn test(&self) -> &'static str {
        match (self.pairing, self.is_in_blocks()) {
            (Pairing::Independent, _) => "mann-whitney",
            (Pairing::Interleaved, true) => "block-rank",
            (Pairing::Interleaved, false) => "signed-rank",
        }
    }

    /// The logarithms of the pairs' ratios.
    fn pairs(&self) -> Vec<f64> {
        let pairs = self.base.iter().zip(&self.new);
        pairs.map(|(base, new)| (new / base).ln()).collect()
    }

    fn blocks(&self) -> Vec<Block> {
        let blocks = self.base.chunks(2).zip(self.new.chunks(2));
        let block = |(base, new): (&[f64], &[f64])| Block {
            base: Self::logs(base),
            new: Self::logs(new),
        };
        blocks.map(block).collect()
    }

    /// The probability of the difference by chance, uncorrected.
    pub(super) fn p(&self) -> f64 {
        match (self.pairing, self.is_in_blocks()) {
            (Pairing::Independent, _) => rank_sum(&self.base, &self.new),
            (Pairing::Interleaved, true) => block_rank(&self.blocks()),
            (Pairing::Interleaved, false) => signed_rank(&self.pairs()),
        }
    }

    /// One relative standard deviation of runs, within what is compared.
    fn spread(&self) -> Option<f64> {
        let over = |squares: f64, freedom: usize| {
            (freedom > 0).then(|| (squares / freedom as f64).max(0.0).sqrt())
        };
        match (self.pairing, self.is_in_blocks()) {
            (Pairing::Independent, _) => over(
                squares(&Self::logs(&self.base)) + squares(&Self::logs(&self.new)),
                (self.base.len() + self.new.len()).saturating_sub(2),
            ),
            (Pairing::Interleaved, true) => {
                let blocks = self.blocks();
                let all = blocks
                    .iter()
                    .map(|block| [&block.base[..], &block.new].concat());
                let within: f64 = all.map(|block| squares(&block)).sum();
                let shift = mean(&self.pairs());
                let shifted = 2.0 * self.base.len() as f64 * (shift / 2.0).powi(2);
                over(within - shifted, (blocks.len() * 3).saturating_sub(1))
            }
            (Pairing::Interleaved, false) => {
                let pairs = self.pairs();
                over(squares(&pairs) / 2.0, pairs.len().saturating_sub(1))
            }
        }
    }

    /// What was found, with a corrected probability of `p` and a noise floor.
    pub(super) fn finding(&self, p: f64, floor: Option<f64>) -> Finding {
        let base = median(&self.base).unwrap_or(1.0);
        let ratio = median(&self.new).unwrap_or(1.0) / base;
        let enough = self.design().least_p() <= LEVEL;
        let (shift, interval) = match self.pairing {
            Pairing::Independent => {
                let interval = bootstrap::of_ratio(&self.base, &self.new, 1.0 - LEVEL);
                (ratio.ln(), interval.filter(|_| enough))
            }
            Pairing::Interleaved => {
                let pairs = self.pairs();
                let interval = bootstrap::of_median(&pairs, 1.0 - LEVEL);
                let interval = interval.filter(|_| pairs.len() >= PAIRS_OF_INTERVAL_MIN);
                let interval = interval.map(|(low, high)| (low.exp(), high.exp()));
                (median(&pairs).unwrap_or(0.0), interval)
            }
        };
        // Runs too few to tell their own noise are held against what is known of it.
        let known = floor.filter(|_| !enough);
        let known = known.map(|floor| ((shift - floor).exp(), (shift + floor).exp()));
        Finding {
            shift,
            interval: interval.or(known),
            p,
            floor,
        }
    }
}

impl Finding {
    /// The verdict, where changes whose logarithm is at least `effect` matter.
    pub(super) fn verdict(&self, effect: f64, lower_is_better: bool, design: Design) -> Verdict {
        let effect_most = effect + ROUNDING;
        let within = |(low, high): (f64, f64)| low.ln() >= -effect_most && high.ln() <= effect_most;
        if self.interval.is_some_and(within) {
            return Verdict::Equal;
        }
        let above_floor = self.floor.map(|floor| self.shift.abs() > floor);
        let significant = match design.least_p() <= LEVEL {
            true => self.p <= LEVEL && above_floor.unwrap_or(true),
            false => above_floor.unwrap_or(false),
        };
        // Without an interval a change may be real and too small to matter.
        let matters = self.interval.is_some() || self.shift.abs() >= effect;
        match significant && matters {
            true => direction(self.shift, lower_is_better),
            false => Verdict::Inconclusive,
        }
    }
}

#[cfg(test)]
mod tests;
