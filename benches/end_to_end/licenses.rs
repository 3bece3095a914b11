//! What licenses cost: time to install one, and memory of a device that has four against none.
//!
//! `cargo run --release -p benches --example licenses -- [DEVICES]`

#![expect(clippy::print_stdout, reason = "prints its figures")]

use std::{error::Error, sync::Arc, time::Instant};

use emulator::{
    Device, Input, LicenseEvent, LicenseFileOutcome, Output, Seed, SystemEvent,
    license::{Issuer, Terms, install::InstallOutcome, issue::Delivery, signature::TEST_KEY_ID},
};
use fleet::monitor::resident_bytes;
use jiff::Timestamp;

/// As in the `fleet` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Licenses that each device gets, of features that it can be licensed for.
const FEATURES: [&str; 4] = ["securityk9", "uck9", "datak9", "gatekeeper"];
const DEVICES_DEFAULT: u32 = 100_000;
/// Log lines of some 190 bytes, more than a log buffer holds.
const LOG_LINES: u32 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let count = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => DEVICES_DEFAULT,
    };
    let text = "service call-home\nhostname {hostname}\n";
    let model = benches::model("CISCO2951/K9", text);
    let start = benches::start();
    let before = resident_bytes();
    let made = Instant::now();
    let device = |number| Device::in_fleet(&model, "bench", number, Seed(7), start);
    let mut devices: Vec<Device> = (0..count).map(device).collect();
    let made = made.elapsed();
    let idle = resident_bytes();
    let mut outputs = Vec::new();
    fill_logs(&mut devices, start, &mut outputs);
    let without = resident_bytes();
    let installing = Instant::now();
    for feature in FEATURES {
        let delivery = Delivery {
            issuer: Issuer::for_tests(TEST_KEY_ID),
            terms: vec![Terms::permanent(feature)],
            pak: None,
            issued_at_s: 1_767_000_000,
            flaw: None,
        };
        let event = LicenseEvent::Install(Arc::new(delivery), 0);
        for device in &mut devices {
            let event = SystemEvent::License(event.clone());
            device.handle(start, Input::Event(event), &mut outputs);
            let stored = InstallOutcome::Supported;
            let stored = Output::LicenseFile(LicenseFileOutcome::Line(stored));
            if !outputs.contains(&stored) {
                return Err(format!("{feature} was not installed: {outputs:?}").into());
            }
            outputs.clear();
        }
    }
    let installed = installing.elapsed();
    let with = resident_bytes();
    let each = |bytes: u64| bytes as f64 / f64::from(count);
    let licenses = f64::from(count) * FEATURES.len() as f64;
    println!("devices    {count}, made in {:.2} s", made.as_secs_f64());
    println!(
        "memory     {:.0} bytes each",
        each(idle.saturating_sub(before))
    );
    println!(
        "licenses   {} each: {:.0} bytes more; {:.0} us to sign, check and store one",
        FEATURES.len(),
        each(with.saturating_sub(without)),
        installed.as_secs_f64() * 1e6 / licenses
    );
    drop(devices);
    Ok(())
}

/// Fills the log buffers: what installing logs is then no memory of its own.
fn fill_logs(devices: &mut [Device], now: Timestamp, outputs: &mut Vec<Output>) {
    for device in devices {
        for number in 0..LOG_LINES {
            let line = format!("{} {}", benches::log_line(number), "x".repeat(100));
            let event = SystemEvent::Syslog(line.into());
            device.handle(now, Input::Event(event), outputs);
            outputs.clear();
        }
    }
}
