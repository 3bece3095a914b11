//! What came of one case: percentiles side by side, and whether the report is right.

use std::fmt::Write as _;

use super::{Case, QUIET_MS, TOLERANCE, TOLERANCE_MS};

/// One percentile, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub name: &'static str,
    /// What plan and service times make.
    pub arithmetic_ms: f64,
    /// What happened at the target.
    pub target_ms: f64,
    /// What the run reported.
    pub reported_ms: f64,
    /// What a closed loop reported.
    pub closed_ms: f64,
}

impl Row {
    /// Whether the report is right, within the tolerance.
    pub fn is_right(&self) -> bool {
        let allowed = (self.target_ms * TOLERANCE).max(TOLERANCE_MS);
        (self.reported_ms - self.target_ms).abs() <= allowed
    }
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The case.
    pub case: Case,
    /// Messages that the target answered.
    pub answered: u64,
    /// Messages whose response the run reported.
    pub reported: u64,
    /// The percentiles.
    pub rows: Vec<Row>,
    /// How late the control thread woke at p99, in milliseconds.
    pub control_p99_ms: f64,
    /// Whether the run itself said that it is valid: its lag within the budget, the books balanced.
    pub valid: bool,
}

/// What a proof came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The report tells what happened.
    Right,
    /// It does not.
    Wrong,
    /// The machine was too busy to tell, whatever the figures look like.
    Noisy,
}

impl Proof {
    /// What it came to.
    pub fn verdict(&self) -> Verdict {
        if self.answered != self.reported {
            return Verdict::Wrong;
        }
        if self.control_p99_ms > QUIET_MS || !self.valid {
            return Verdict::Noisy;
        }
        if self.rows.iter().all(Row::is_right) {
            Verdict::Right
        } else {
            Verdict::Wrong
        }
    }

    /// The proof in words.
    pub fn text(&self) -> String {
        let verdict = match self.verdict() {
            Verdict::Right => "right",
            Verdict::Wrong => "WRONG",
            Verdict::Noisy => "noisy",
        };
        let mut text = format!(
            "{verdict:<6} {}, {} messages/s for {} s: {} answered, {} reported; the control thread woke {:.3} ms late at p99\n",
            self.case.name,
            self.case.rate_per_s,
            self.case.seconds,
            self.answered,
            self.reported,
            self.control_p99_ms
        );
        for row in &self.rows {
            let mark = if row.is_right() { "" } else { "  <- off" };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "       {:<5} {:>13.3} {:>13.3} {:>13.3} {:>13.3}{mark}",
                row.name, row.arithmetic_ms, row.target_ms, row.reported_ms, row.closed_ms
            );
        }
        text
    }
}

/// The heading above the columns of [`Proof::text`].
pub fn heading() -> String {
    format!(
        "       {:<5} {:>13} {:>13} {:>13} {:>13}   milliseconds from due to accepted\n",
        "", "by arithmetic", "at the target", "reported", "closed loop"
    )
}

#[cfg(test)]
mod tests {
    use super::{super::CASES, *};

    fn proof(rows: Vec<Row>) -> Proof {
        Proof {
            case: CASES[0],
            answered: 100,
            reported: 100,
            rows,
            control_p99_ms: 0.05,
            valid: true,
        }
    }

    fn row(target_ms: f64, reported_ms: f64) -> Row {
        Row {
            name: "p99",
            arithmetic_ms: target_ms,
            target_ms,
            reported_ms,
            closed_ms: 1.0,
        }
    }

    #[test]
    fn a_report_is_right_within_a_hundredth_or_a_fifth_of_a_millisecond() {
        for (target_ms, reported_ms, right) in [
            (1.0, 1.19, true),
            (1.0, 1.21, false),
            (1.0, 0.79, false),
            (360.0, 363.5, true),
            (360.0, 364.0, false),
        ] {
            assert_eq!(row(target_ms, reported_ms).is_right(), right);
        }
    }

    #[test]
    fn a_noisy_machine_is_never_a_pass_and_a_lost_message_never_noise() {
        let right = proof(vec![row(1.0, 1.0)]);
        assert_eq!(right.verdict(), Verdict::Right);
        let off = proof(vec![row(1.0, 2.0)]);
        assert_eq!(off.verdict(), Verdict::Wrong);
        assert!(off.text().contains("<- off"));
        let noisy = Proof {
            control_p99_ms: 3.0,
            ..right.clone()
        };
        assert_eq!(noisy.verdict(), Verdict::Noisy);
        let late = Proof {
            valid: false,
            ..right
        };
        assert_eq!(late.verdict(), Verdict::Noisy);
        let lost = Proof {
            reported: 99,
            ..noisy
        };
        assert_eq!(lost.verdict(), Verdict::Wrong);
    }
}
