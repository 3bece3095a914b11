//! What licenses cost a device in memory, counted allocation by allocation. Reference licensing,
//! section 7.6.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]

use std::{alloc::System, sync::Arc};

use emulator::{
    Device, DeviceModel, Input, LicenseEvent, LicenseFileOutcome, Output, Seed, SystemEvent,
    config::parse::parse,
    license::{Issuer, Terms, install::InstallOutcome, issue::Delivery, signature::TEST_KEY_ID},
    platform::Catalogue,
};
use jiff::Timestamp;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What four installed licenses may cost a device, in bytes.
const FOUR_LICENSES_BYTES_MAX: usize = 600;
/// What an allocator adds to each piece. The pieces have sizes that it need not round up: with this they
/// are multiples of 16.
const ALLOCATION_BYTES_EXTRA: usize = 8;
/// Lines of some 100 bytes, more than a log buffer holds: what is logged later is no memory more.
const LOG_LINES: usize = 100;

fn install(device: &mut Device, feature: &str, now: Timestamp) {
    let delivery = Delivery {
        issuer: Issuer::for_tests(TEST_KEY_ID),
        terms: vec![Terms::permanent(feature)],
        pak: None,
        issued_at_s: 1_767_000_000,
        flaw: None,
    };
    let event = LicenseEvent::Install(Arc::new(delivery), 0);
    let mut outputs = Vec::new();
    device.handle(now, Input::Event(SystemEvent::License(event)), &mut outputs);
    let stored = LicenseFileOutcome::Line(InstallOutcome::Supported);
    assert!(
        outputs.contains(&Output::LicenseFile(stored)),
        "{outputs:?}"
    );
}

#[test]
fn four_licenses_cost_no_more_than_six_hundred_bytes() {
    let platform = Catalogue::built_in().unwrap().find("CISCO2951").unwrap();
    let model = DeviceModel::new(platform, parse("").configuration).shared();
    let now: Timestamp = "2026-03-14T10:50:00Z".parse().unwrap();
    let mut device = Device::in_fleet(&model, "bench", 0, Seed(7), now);
    // What is worked out once for all devices of a model is not this one's.
    drop(Device::in_fleet(&model, "bench", 1, Seed(7), now));
    for number in 0..LOG_LINES {
        let line = format!("%SYS-5-FILL: {number} {}", "x".repeat(100));
        let event = SystemEvent::Syslog(line.into());
        device.handle(now, Input::Event(event), &mut Vec::new());
    }
    let licenses = Region::new(ALLOCATOR);
    for feature in ["securityk9", "uck9", "datak9", "gatekeeper"] {
        install(&mut device, feature, now);
    }
    let change = licenses.change();
    let bytes = change.bytes_allocated - change.bytes_deallocated;
    let pieces = change.allocations - change.deallocations;
    let cost = bytes + pieces * ALLOCATION_BYTES_EXTRA;
    assert!(
        cost <= FOUR_LICENSES_BYTES_MAX,
        "{bytes} bytes in {pieces} pieces"
    );
}
