//! Where the time went: the phases of attempts, side by side.

use maud::{Markup, html};

use super::{
    frame::{Swatch, WIDTH, legend, point},
    page::picture,
    scale::Scale,
};
use crate::report::{
    data::{RunData, Statistics, TransportFacts},
    numbers::{count, interval, number},
};

/// The order in which an attempt goes through them.
const ORDER: [&str; 7] = [
    "connect", "tls", "greeting", "envelope", "data", "request", "reply",
];
const LEFT: f64 = 120.0;
const RIGHT: f64 = 24.0;
const ROW: f64 = 24.0;

/// The phases of all transports that made attempts.
pub(crate) fn all(data: &RunData) -> Markup {
    html! {
        @for (name, transport) in &data.facts.transports {
            @let rows = rows(transport);
            @if transport.attempts > 0 && rows.len() > 1 { (one(name, &rows)) }
        }
    }
}

fn rows(transport: &TransportFacts) -> Vec<(&str, &Statistics)> {
    let queue = [("queue", &transport.queue_ms)];
    let phases = ORDER
        .into_iter()
        .filter_map(|name| transport.phases_ms.get(name).map(|phase| (name, phase)));
    let service = [("service", &transport.service_ms)];
    let all = queue.into_iter().chain(phases).chain(service);
    all.filter(|(_, statistics)| statistics.count > 0).collect()
}

fn one(name: &str, rows: &[(&str, &Statistics)]) -> Markup {
    let values = || rows.iter().map(|(_, statistics)| statistics);
    let least = values().map(|own| own.p50).fold(f64::MAX, f64::min);
    let most = values()
        .map(|own| own.p99.max(own.mean))
        .fold(0.0, f64::max);
    let scale = Scale::log(least, most);
    let x = |ms: f64| LEFT + scale.place(ms) * (WIDTH - LEFT - RIGHT);
    let bottom = 8.0 + rows.len() as f64 * ROW;
    let title = format!("Where the time went, {name}");
    let id = format!("phases-{name}");
    let drawing = html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("{title}, picture")) {
            svg viewBox=(format!("0 0 {WIDTH} {}", bottom + 40.0)) role="img" aria-label=(title)
                xmlns="http://www.w3.org/2000/svg" {
                @for tick in scale.ticks(6) {
                    path.grid d=(format!("M{:.1} 6V{bottom:.1}", x(tick))) {}
                    text.tick.middle x=(point(x(tick))) y=(point(bottom + 16.0)) { (interval(tick)) }
                }
                @for (at, (phase, statistics)) in rows.iter().enumerate() {
                    @let y = 8.0 + at as f64 * ROW;
                    @let (from, to) = (x(statistics.p50), x(statistics.p99));
                    text.tick.end x=(point(LEFT - 8.0)) y=(point(y + 15.0)) { (phase) }
                    rect.phase x=(point(from)) y=(point(y + 5.0)) width=(point((to - from).max(2.0))) height="14" {}
                    circle.mean cx=(point(x(statistics.mean))) cy=(point(y + 12.0)) r="4" {}
                }
                text.unit.middle x=(point(LEFT + (WIDTH - LEFT - RIGHT) / 2.0)) y=(point(bottom + 33.0)) { "time (logarithmic)" }
            }
        }
    };
    picture(
        &id,
        &title,
        html! { "Bars run from the median to the 99th percentile; the dot is the mean. A phase counts only where an attempt went through it." },
        html! {
            (legend(&[("phase", Swatch::Surface, "p50 to p99"), ("mean", Swatch::Surface, "mean (dot)")]))
            (drawing)
            (table(name, rows))
        },
    )
}

fn table(name: &str, rows: &[(&str, &Statistics)]) -> Markup {
    html! {
        details {
            summary { "The same in figures" }
            div.scroll tabindex="0" role="region" aria-label=(format!("Phases in figures, {name}")) {
                table {
                    thead { tr {
                        th scope="col" { "phase" }
                        @for head in ["count", "mean ms", "p50 ms", "p90 ms", "p99 ms", "max ms"] {
                            th.number scope="col" { (head) }
                        }
                    } }
                    tbody {
                        @for (phase, own) in rows {
                            tr {
                                th scope="row" { (phase) }
                                td.number { (count(own.count)) }
                                @for ms in [own.mean, own.p50, own.p90, own.p99, own.max] {
                                    td.number { (number(ms)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
