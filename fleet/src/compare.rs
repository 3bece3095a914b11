//! Comparison of runs: one verdict for each metric, and the worst of them for all.
//!
//! How it decides is told in `docs/comparing.md`.

mod difference;
mod judge;
mod metric;
pub mod noise;
mod stored;
mod table;

use std::path::PathBuf;

use serde::Serialize;

pub use judge::{LEVEL, Row, Verdict};
pub use metric::{Metric, Unfit};
pub use noise::Noise;
pub use stored::{Refusal, Stored, read_run, read_side};
pub use table::in_rows;

/// What a comparison is held to.
#[derive(Clone, Debug)]
pub struct Demands {
    /// What to compare; empty for the usual.
    pub metrics: Vec<Metric>,
    /// The smallest change that matters, as a share: 0.05.
    pub effect: f64,
    /// What is known about the noise of such runs.
    pub noise: Option<Noise>,
}

/// How the runs of the two sides belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairing {
    /// Each side by itself.
    Independent,
    /// In turn, in the order A B B A: runs of the same number are neighbours.
    Interleaved,
}

/// What a comparison came to.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Schema of this document.
    pub schema: u32,
    /// The runs of the base.
    pub base: Vec<PathBuf>,
    /// The runs that are compared with it.
    pub new: Vec<PathBuf>,
    /// How they belong together.
    pub pairing: Pairing,
    /// The scenario.
    pub name: String,
    /// The smallest change that matters, as a share.
    pub min_effect: f64,
    /// The level of all tests together.
    pub level: f64,
    /// What is worth knowing besides.
    pub remarks: Vec<String>,
    /// One for each metric.
    pub metrics: Vec<Row>,
    /// The worst of all.
    pub verdict: Verdict,
}

impl Comparison {
    /// Compares `new` with `base`.
    ///
    /// # Errors
    /// When the runs are not of the same kind, or have nothing to compare.
    pub fn new(
        base: &[Stored],
        new: &[Stored],
        pairing: Pairing,
        demands: &Demands,
    ) -> Result<Self, Refusal> {
        difference::check(base, new, pairing)?;
        if let Some(noise) = &demands.noise {
            noise.fits(&base[0])?;
        }
        let asked = !demands.metrics.is_empty();
        let metrics = match asked {
            true => demands.metrics.clone(),
            false => Metric::usual(),
        };
        let metrics: Vec<Metric> = metrics
            .into_iter()
            .filter(|metric| asked || base.iter().chain(new).any(|run| metric.occurs(run)))
            .collect();
        if let Some(empty) = base.iter().find(|run| Metric::samples(run) == 0) {
            return Err(Refusal::new(
                &empty.path,
                "a baseline without samples: no message was accepted after the warm-up",
                "compare with runs that delivered messages; a longer --duration or a higher --rate makes more samples",
            ));
        }
        let judged = judge::Case {
            base,
            new,
            pairing,
            demands,
        };
        let rows = judged.rows(&metrics);
        let verdict = rows.iter().map(|row| row.verdict).max();
        Ok(Self {
            schema: 1,
            base: paths(base),
            new: paths(new),
            pairing,
            name: base[0].name.clone(),
            min_effect: demands.effect,
            level: LEVEL,
            remarks: difference::remarks(base, new, pairing),
            metrics: rows,
            verdict: verdict.unwrap_or(Verdict::Inconclusive),
        })
    }
}

fn paths(runs: &[Stored]) -> Vec<PathBuf> {
    runs.iter().map(|run| run.path.clone()).collect()
}
