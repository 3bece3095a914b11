//! Many devices as actors against targets: scenario, plan, actors, couriers, ledger, report.
//!
//! The library serves the `fleet` command, its tests and its benches; it is no interface for others.

mod actors;
pub mod arguments;
pub mod audit;
pub mod capacity;
pub mod clock;
pub mod commands;
pub mod compare;
pub mod conductor;
pub mod console;
pub mod courier;
pub mod diagnostic;
pub mod doctor;
pub mod exit;
pub mod explanations;
pub mod fingerprint;
pub mod grant;
mod issuer_key;
pub mod journal;
pub mod ledger;
pub mod live;
pub mod monitor;
mod pacer;
pub mod plan;
mod raw_mode;
pub mod record;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod simulation;
mod sinks;
pub mod snapshot;
pub mod statistics;
pub mod steering;
pub mod threshold;
pub mod units;
pub mod variants;
pub mod view;
