//! How likely a comparison is to find an effect, and how many runs that takes.
//!
//! Formulas of normal theory for the shift of a location, with the efficiency of rank tests beside it.

use statrs::{
    distribution::{ContinuousCDF, StudentsT},
    function::erf::erfc,
};

use super::bootstrap::choices;

/// What a rank test makes of normal values, beside a test that knows they are: 3 / π.
const RANK_EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;
/// Fewest pairs whose range holds the median with a probability of 0.99: with fewer there is no interval.
pub const PAIRS_OF_INTERVAL_MIN: usize = 8;
/// Most pairs of runs that are ever asked for.
pub const PAIRS_MAX: usize = 1000;

/// How the runs of a comparison were made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Design {
    /// Each side by itself.
    Independent {
        /// Runs of the base.
        base: usize,
        /// Runs of what is compared with it.
        new: usize,
    },
    /// In turn, in the order A B B A.
    Interleaved {
        /// Runs of either side.
        pairs: usize,
    },
}

impl Design {
    /// The smallest probability that its test can come to: with every value on its side.
    pub fn least_p(self) -> f64 {
        match self {
            Self::Independent { base, new } => (2.0 / choices(base + new, base)).min(1.0),
            Self::Interleaved { pairs } if pairs % 2 == 0 => {
                (2.0 / 6.0_f64.powi((pairs / 2) as i32)).min(1.0)
            }
            Self::Interleaved { pairs } => (2.0 / 2.0_f64.powi(pairs as i32)).min(1.0),
        }
    }

    /// What is left to estimate the spread by.
    fn freedom(self) -> f64 {
        let freedom = match self {
            Self::Independent { base, new } => (base + new).saturating_sub(2),
            Self::Interleaved { pairs } if pairs % 2 == 0 => (pairs / 2 * 3).saturating_sub(1),
            Self::Interleaved { pairs } => pairs.saturating_sub(1),
        };
        freedom as f64
    }

    /// The runs of a side, if both had as many.
    fn runs(self) -> f64 {
        match self {
            Self::Independent { base, new } => {
                let (base, new) = (base as f64, new as f64);
                2.0 * base * new / (base + new)
            }
            Self::Interleaved { pairs } => pairs as f64,
        }
    }

    /// The probability that a two-sided test at `level` finds a shift of `effect`, where values of one side
    /// spread by `spread` (one standard deviation, within what is compared).
    pub fn power(self, effect: f64, spread: f64, level: f64) -> f64 {
        let freedom = self.freedom();
        if self.least_p() > level || freedom < 1.0 {
            return 0.0;
        }
        if spread <= 0.0 {
            return 1.0;
        }
        let Ok(student) = StudentsT::new(0.0, 1.0, freedom) else {
            return 0.0;
        };
        let critical = student.inverse_cdf(1.0 - level / 2.0);
        let shift = effect.abs() / spread * (RANK_EFFICIENCY * self.runs() / 2.0).sqrt();
        let distance = (shift - critical) / (1.0 + critical * critical / (2.0 * freedom)).sqrt();
        erfc(-distance / std::f64::consts::SQRT_2) / 2.0
    }
}

/// How many interleaved pairs find a shift of `effect` with probability `power` at `level`; `None` beyond
/// [`PAIRS_MAX`]. An even number, as four runs A B B A belong together.
pub fn pairs_needed(effect: f64, spread: f64, level: f64, power: f64) -> Option<usize> {
    (PAIRS_OF_INTERVAL_MIN..=PAIRS_MAX)
        .step_by(2)
        .find(|pairs| Design::Interleaved { pairs: *pairs }.power(effect, spread, level) >= power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_runs_can_find_nothing() {
        let three = Design::Independent { base: 3, new: 3 };
        assert_eq!(three.least_p(), 0.1);
        assert_eq!(three.power(10.0, 0.1, 0.01), 0.0);
        assert_eq!(Design::Independent { base: 1, new: 1 }.least_p(), 1.0);
        let pair = Design::Interleaved { pairs: 1 };
        assert_eq!(pair.power(10.0, 0.0, 0.01), 0.0);
    }

    #[test]
    fn more_noise_needs_more_pairs() {
        let needed = |spread| pairs_needed(1.05_f64.ln(), spread, 0.01, 0.95);
        assert!(needed(0.02) <= Some(12), "{:?}", needed(0.02));
        assert!(needed(0.05) > Some(30), "{:?}", needed(0.05));
        assert_eq!(needed(5.0), None);
    }
}
