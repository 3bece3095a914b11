//! What does one event cost a device, when it is reported, throttled, or limited?

use benches::{configuration, log_line, model, start};
use criterion::{Criterion, criterion_group, criterion_main};
use emulator::{AttemptOutcome, Device, Input, Output, Seed, SystemEvent};
use jiff::SignedDuration;

/// Feeds `event` and answers every attempt.
fn feed(device: &mut Device, now: jiff::Timestamp, line: &str, outputs: &mut Vec<Output>) {
    let event = SystemEvent::Syslog(line.into());
    device.handle(now, Input::Event(event), outputs);
    let mut handled = 0;
    while let Some(output) = outputs.get(handled).cloned() {
        handled += 1;
        if let Output::Transmit(transmission) = output {
            let id = transmission.id;
            let outcome = AttemptOutcome::Accepted;
            device.handle(now, Input::Outcome { id, outcome }, outputs);
        }
    }
    outputs.clear();
}

fn engine(criterion: &mut Criterion) {
    let model = model("CISCO2951/K9", &configuration("xml", "http"));
    let lines: Vec<String> = (0..10_000).map(log_line).collect();
    let mut group = criterion.benchmark_group("engine");
    for (name, step_ms, distinct) in [
        ("reported", 1_001, true),
        ("throttled", 1, false),
        ("rate_limited", 1, true),
    ] {
        group.bench_function(name, |bencher| {
            let mut device = Device::in_fleet(&model, "bench", 1, Seed(7), start());
            let mut outputs = Vec::new();
            let mut now = start();
            let mut number = 0;
            bencher.iter(|| {
                now += SignedDuration::from_millis(step_ms);
                number += usize::from(distinct);
                feed(&mut device, now, &lines[number % lines.len()], &mut outputs);
            });
        });
    }
    group.finish();
}

fn boot(criterion: &mut Criterion) {
    let model = model("CISCO2951/K9", &configuration("xml", "http"));
    criterion.bench_function("device/new", |bencher| {
        let mut number = 0;
        bencher.iter(|| {
            number += 1;
            Device::in_fleet(&model, "bench", number, Seed(7), start())
        });
    });
}

criterion_group!(benches, engine, boot);
criterion_main!(benches);
