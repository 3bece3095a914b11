//! The Universal Scalability Law through the steps of a search.

use super::{Outcome, Purpose, Scalability, ScalabilityPoint, Step};
use crate::statistics::{mean, scalability::Law, squares};

/// A peak beyond this many times the largest concurrency that was tried is a guess.
const EXTRAPOLATED: f64 = 1.5;

/// The law that the `steps` follow; `None` where there are too few that say anything, or where the target did
/// not give way: below its limits it accepts what it is offered, and that says nothing about them.
#[must_use]
pub fn scalability(steps: &[Step]) -> Option<Scalability> {
    let valid = || {
        steps.iter().filter(|step| {
            // What a generator at its limits sent says nothing about the target, and an overload is cut off.
            matches!(step.outcome, Outcome::Held | Outcome::Broken)
                && !matches!(step.purpose, Purpose::Overload | Purpose::Recover)
                && step.figures.concurrency > 0.0
        })
    };
    if !valid().any(|step| step.outcome == Outcome::Broken) {
        return None;
    }
    let measured: Vec<(f64, f64)> = valid()
        .map(|step| (step.figures.concurrency, step.figures.delivered_per_s))
        .collect();
    let law = Law::fit(&measured)?;
    let points: Vec<ScalabilityPoint> = measured
        .iter()
        .map(|(concurrency, per_s)| {
            let fitted_per_s = law.at(*concurrency);
            ScalabilityPoint {
                concurrency: *concurrency,
                per_s: *per_s,
                fitted_per_s,
                residual_share: per_s / fitted_per_s - 1.0,
            }
        })
        .collect();
    let rates: Vec<f64> = measured.iter().map(|(_, rate)| *rate).collect();
    let left = points
        .iter()
        .map(|point| (point.per_s - point.fitted_per_s).powi(2));
    let (left, all): (f64, f64) = (left.sum(), squares(&rates));
    let most = measured.iter().map(|(own, _)| *own).fold(0.0, f64::max);
    let residuals = points.iter().map(|point| point.residual_share.abs());
    Some(Scalability {
        rate_of_one_per_s: law.rate_of_one,
        contention: law.contention,
        coherence: law.coherence,
        peak_concurrency: law.peak().map(|(concurrency, _)| concurrency),
        peak_per_s: law.limit(),
        extrapolated: law
            .peak()
            .is_some_and(|(peak, _)| peak > most * EXTRAPOLATED),
        r_squared: if all > 0.0 { 1.0 - left / all } else { 1.0 },
        residual_max_share: residuals.fold(0.0, f64::max),
        points,
    })
    .filter(|law| mean(&rates) > 0.0 && law.rate_of_one_per_s.is_finite())
}
