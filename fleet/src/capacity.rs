//! The capacity of a target: the highest load that holds its objectives.
//!
//! | module | its one job |
//! |---|---|
//! | `result` | what a search came to |

mod result;

pub use result::{
    CapacityResult, Conclusion, GaveWay, Knee, Load, Outcome, Purpose, Recovery, SCHEMA,
    Scalability, ScalabilityPoint, Step, StepFigures,
};
