//! The licenses of a device: what is installed, what is refused, what stores hold, what time does, and
//! files on servers. Reference licensing.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "../support/desk.rs"]
mod desk;
#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "../support/lab.rs"]
mod lab;
#[path = "../support/license_bench.rs"]
mod license_bench;
#[allow(
    dead_code,
    reason = "every test program uses its own part of the files"
)]
#[path = "../support/license_files.rs"]
mod license_files;

mod bad_input;
mod course;
mod installing;
mod store;
mod transfers;
