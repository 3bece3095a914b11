//! Arguments about runs that are over.

use std::path::PathBuf;

use clap::Args;

use crate::units::Period;

/// Arguments of `fleet report`.
#[derive(Args, Clone, Debug)]
pub struct ReportArguments {
    /// Run directories.
    #[arg(required = true, value_name = "DIR")]
    pub directories: Vec<PathBuf>,
    /// Fold all arrivals onto this period of device time, as in 1h [default: scheduled messages onto a
    /// day, in runs of two days of device time or more].
    #[arg(long, value_name = "T")]
    pub period: Option<Period>,
}

/// Arguments of `fleet audit`.
#[derive(Args, Clone, Debug)]
pub struct AuditArguments {
    /// Run directories, or folders of them.
    #[arg(required = true, value_name = "DIR")]
    pub directories: Vec<PathBuf>,
}
