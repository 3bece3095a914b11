//! What does accounting cost per message?

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use emulator::{MessageId, MessageType, Output, SerialNumber, Settlement, Transport};
use fleet::{
    fingerprint::Fingerprint,
    ledger::{AtSink, Ledger, Reconciler, Taken},
    record::Latency,
};
use sink::MessageKey;

fn settled(number: u32) -> Output {
    Output::Settled {
        id: MessageId {
            number,
            serial: SerialNumber::anonymous(7),
            seconds: 0x51AE_AC68,
        },
        kind: MessageType::Test,
        transport: Transport::Email,
        due: benches::start(),
        settlement: Settlement::Delivered,
    }
}

fn record(criterion: &mut Criterion) {
    let mut latency = Latency::default();
    criterion.bench_function("record/histogram", |bencher| {
        bencher.iter(|| latency.record(Duration::from_micros(1_234)));
    });
    let mut ledger = Ledger::default();
    let output = settled(1);
    criterion.bench_function("record/ledger", |bencher| {
        bencher.iter(|| ledger.observe(&output));
    });
    let mut fingerprint = Fingerprint::default();
    let trigger = Output::Trigger {
        kind: MessageType::Test,
        severity: emulator::Severity::Normal,
        at: benches::start(),
        candidates: 1,
    };
    criterion.bench_function("record/fingerprint", |bencher| {
        bencher.iter(|| fingerprint.observe(1, &trigger));
    });
    let mut books = Reconciler::default();
    let mut number = 0_u32;
    criterion.bench_function("record/reconcile", |bencher| {
        bencher.iter(|| {
            number = number.wrapping_add(1);
            let key = MessageKey(u128::from(number));
            books.receive(key, Taken::Kept);
            books.settle(key, AtSink::Certain);
        });
    });
}

criterion_group!(benches, record);
criterion_main!(benches);
