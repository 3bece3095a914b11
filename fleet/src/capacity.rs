//! The capacity of a target: the highest load that holds its objectives.
//!
//! | module | its one job |
//! |---|---|
//! | `objective` | objectives as they are written |
//! | `search` | which load to try next |
//! | `measure` | what a load came to, from its run directory |
//! | `cause` | what gave way first |
//! | `law` | the Universal Scalability Law through all loads |
//! | `result` | what a search came to |
//! | `text` | the same for a terminal |

mod cause;
mod law;
mod measure;
mod objective;
mod result;
mod search;
pub(crate) mod text;

pub use cause::{Senders, gave_way};
pub use law::scalability;
pub use measure::{Measured, Window, measure};
pub use objective::Objective;
pub use result::{
    CapacityResult, Conclusion, GaveWay, Knee, Load, Outcome, Purpose, Recovery, SCHEMA,
    Scalability, ScalabilityPoint, Step, StepFigures,
};
pub use search::{Probe, Search, SearchSettings};
pub use text::{in_rows, step_in_words};

/// What a load came to, judged.
#[must_use]
pub fn judge(
    measured: &Measured,
    undelivered_share_max: f64,
    per_load: (f64, f64),
) -> (Outcome, Vec<String>) {
    let figures = &measured.figures;
    if !measured.invalid.is_empty() {
        return (Outcome::Generator, measured.invalid.clone());
    }
    let mut broken = measured.failed.clone();
    if figures.growth_share > measure::GROWTH_SHARE_MAX {
        broken.push(format!(
            "messages come {:.1} % faster than they end",
            figures.growth_share * 100.0
        ));
    }
    if figures.undelivered_share > undelivered_share_max {
        broken.push(format!(
            "{:.2} % of the messages are not delivered",
            figures.undelivered_share * 100.0
        ));
    }
    if !broken.is_empty() {
        return (Outcome::Broken, broken);
    }
    let (before, now) = per_load;
    if now < before * OFFERED_SHARE_MIN {
        return (
            Outcome::Devices,
            vec![format!(
                "{now:.2} messages for each unit of load, {before:.2} before; {:.0} % of what could have become \
                 messages were kept back",
                figures.dropped_share * 100.0
            )],
        );
    }
    (Outcome::Held, Vec::new())
}

/// Devices keep something back when a unit of load makes less than this part of the messages that it made
/// at first.
const OFFERED_SHARE_MIN: f64 = 0.9;
