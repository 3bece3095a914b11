//! What there is of OTLP in a program that was built without it: words that say how to build it with it.

use std::{convert::Infallible, fmt, str::FromStr, sync::Arc, time::Duration};

use crate::{record::Gathered, scenario::Scenario};

/// The address of a collector: there can be none.
#[derive(Clone, Debug)]
pub struct CollectorUrl(Infallible);

/// Why there can be none.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "this program was built without OpenTelemetry; build it with: cargo build --release --features otlp"
)]
pub struct UrlError;

impl FromStr for CollectorUrl {
    type Err = UrlError;

    fn from_str(_: &str) -> Result<Self, UrlError> {
        Err(UrlError)
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

/// Why nothing can be pushed: nobody can ask for it.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {}

/// Pushes the figures of one run: there can be none that does.
#[derive(Debug)]
pub struct Exporter(Infallible);

impl Exporter {
    /// Begins to push figures.
    ///
    /// # Errors
    /// There is no collector to push to.
    pub fn start(
        collector: &CollectorUrl,
        _: &[String],
        _: &Arc<Scenario>,
        _: String,
    ) -> Result<Self, OtlpError> {
        match collector.0 {}
    }

    /// So much of the run has passed.
    pub fn show(&mut self, _: Duration, _: &Gathered) {
        match self.0 {}
    }

    /// The run is over.
    pub fn finish(&mut self, _: Duration, _: &Gathered) {
        match self.0 {}
    }

    /// How it went.
    pub fn close(self) -> String {
        match self.0 {}
    }
}
