//! Exit codes: what a run or a command came to, for scripts.

use std::process::ExitCode;

/// What a command came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// All is well.
    Passed = 0,
    /// Something went wrong that is nobody's input; also a run directory that cannot be written.
    Internal = 1,
    /// The command line does not make sense; mostly the argument parser says so itself.
    Usage = 2,
    /// The generator was the bottleneck: the figures say nothing about the target.
    Invalid = 90,
    /// Something has become worse.
    Regression = 91,
    /// A target could not be reached before the run.
    Unreachable = 93,
    /// The accounts do not balance.
    Unbalanced = 95,
    /// A threshold failed.
    ThresholdFailed = 99,
    /// The scenario or a configuration is invalid.
    ScenarioInvalid = 104,
    /// Ended by a signal; the report has been written.
    Interrupted = 105,
    /// The address of the consoles is already in use.
    AddressInUse = 106,
}

impl Exit {
    /// What a finished run came to, from what was found about it.
    pub fn of_run(interrupted: bool, valid: bool, balanced: bool, thresholds_passed: bool) -> Self {
        if interrupted {
            Self::Interrupted
        } else if !valid {
            Self::Invalid
        } else if !balanced {
            Self::Unbalanced
        } else if !thresholds_passed {
            Self::ThresholdFailed
        } else {
            Self::Passed
        }
    }
}

impl Exit {
    /// The word for it in results.
    pub fn verdict(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Invalid => "invalid",
            Self::Unbalanced => "unbalanced",
            Self::Interrupted => "interrupted",
            Self::Internal
            | Self::Usage
            | Self::Unreachable
            | Self::Regression
            | Self::ThresholdFailed
            | Self::ScenarioInvalid
            | Self::AddressInUse => "failed",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_decides() {
        assert_eq!(Exit::of_run(false, true, true, true), Exit::Passed);
        assert_eq!(Exit::of_run(false, false, false, false), Exit::Invalid);
        assert_eq!(Exit::of_run(false, true, false, false), Exit::Unbalanced);
        assert_eq!(
            Exit::of_run(false, true, true, false),
            Exit::ThresholdFailed
        );
        assert_eq!(Exit::of_run(true, false, true, true), Exit::Interrupted);
    }
}
