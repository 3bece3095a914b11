//! How long does a device take to render one message, by format?

use benches::{configuration, model, reporting_device};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn render(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render");
    for (name, platform, format, transport) in [
        ("xml_http", "CISCO2951/K9", "xml", "http"),
        ("xml_mail", "CISCO2951/K9", "xml", "email"),
        ("long_text_mail", "CISCO2951/K9", "long-text", "email"),
        ("short_text_mail", "CISCO2951/K9", "short-text", "email"),
    ] {
        let text = format!(
            "logging buffered 16384\n{}",
            configuration(format, transport)
        );
        let model = model(platform, &text);
        // Enough log lines for a message of about ten kilobytes.
        let (device, id, now) = reporting_device(&model, 80);
        let mut out = Vec::new();
        device.render(now, id, &mut out);
        group.throughput(Throughput::Bytes(out.len() as u64));
        group.bench_function(format!("{name}/{}_bytes", out.len()), |bencher| {
            bencher.iter(|| device.render(now, id, &mut out));
        });
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
