//! The capacity of a target: the highest load that holds its objectives.
//!
//! | module | its one job |
//! |---|---|
//! | `objective` | objectives as they are written |
//! | `search` | which load to try next |
//! | `measure` | what a load came to, from its run directory |
//! | `judge` | whether the objectives held |
//! | `cause` | what gave way first |
//! | `law` | the Universal Scalability Law through all loads |
//! | `result` | what a search came to |
//! | `text` | the same for a terminal |

mod cause;
mod judge;
mod law;
mod measure;
mod objective;
mod result;
mod search;
pub(crate) mod text;

pub use cause::{Senders, gave_way};
pub use judge::{Demands, Yield, judge};
pub use law::scalability;
pub use measure::{Measured, Window, measure};
pub use objective::Objective;
pub use result::{
    CapacityResult, Conclusion, GaveWay, Knee, Load, Outcome, Purpose, Recovery, SCHEMA,
    Scalability, ScalabilityPoint, Step, StepFigures,
};
pub use search::{Probe, Search, SearchSettings};
pub use text::{in_rows, step_in_words};

#[cfg(test)]
mod tests;
