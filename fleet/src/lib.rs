//! Many devices as actors against targets: scenario, plan, actors, couriers, ledger, report.

pub mod clock;
pub mod diagnostic;
pub mod fingerprint;
pub mod ledger;
pub mod plan;
pub mod scenario;
pub mod simulation;
pub mod threshold;
pub mod units;
