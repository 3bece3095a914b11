//! Couriers against the sinks of the workspace and against scripted servers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fault_lab;
mod files;
mod https_faults;
mod lab;
mod mail;
mod mail_faults;
mod mail_pipelining;
mod preflight;
mod proxy;
mod script;
mod smtp_faults;
mod web;
mod web_faults;
