//! The actors: one per device, many on each arbiter, and what an arbiter's devices share.

mod arbiter;
mod device;

pub(crate) use arbiter::{ArbiterReport, ArbiterSetup, run_arbiter};
