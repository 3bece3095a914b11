//! How long do the sinks take to read a message and to book it?

use benches::{configuration, model, reporting_device};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mock_tac::intake::{self, IntakeLimits};
use sink::{Arrival, Books, Disposition};

fn parse(criterion: &mut Criterion) {
    let model = model("CISCO2951/K9", &configuration("xml", "http"));
    let (device, id, now) = reporting_device(&model, 40);
    let mut body = Vec::new();
    device.render(now, id, &mut body);
    let limits = IntakeLimits::default();
    let mut group = criterion.benchmark_group("sink");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function(format!("tac_intake/{}_bytes", body.len()), |bencher| {
        bencher.iter(|| intake::read(&body, &limits).is_ok());
    });
    group.finish();
}

fn book(criterion: &mut Criterion) {
    let books = Books::default();
    let mut number = 0_u32;
    criterion.bench_function("sink/record", |bencher| {
        bencher.iter(|| {
            number += 1;
            let id = format!("M{number}:FTX1234A5B6:51AEAC68");
            books.record(Arrival {
                received: std::time::Instant::now(),
                id: Some(&id),
                message_type: "syslog",
                format: "xml",
                device: "CISCO2951/K9@C@FTX1234A5B6",
                subject: "",
                bytes: 8_192,
                disposition: Disposition::Accepted,
            })
        });
    });
}

criterion_group!(benches, parse, book);
criterion_main!(benches);
