//! The live page: how a run stands, complete as it is served; its script keeps it up to date.
//!
//! Every figure is in an element that names its place in the frames (`data-at`) and how it is written
//! (`data-as`); `live.js` writes them in the same words, which tests of both hold against one file.

use maud::{DOCTYPE, Markup, html};

use crate::{
    record::Reading,
    report::numbers::{count, interval, number},
    snapshot::{Percentiles, Phase, Snapshot},
};

/// Its style sheet.
pub(super) const STYLE: &str = include_str!("live.css");
/// Its script.
pub(super) const SCRIPT: &str = include_str!("live.js");

/// What is said as long as that is so.
const LATE: &str = "The generator is late, beyond its budget: the figures say more about this machine than about the target.";
/// Width and height of the picture of the last minute.
const CHART: (f64, f64) = (600.0, 120.0);
/// Seconds in it.
const CHART_SECONDS: usize = 60;

/// The page of a run that stands like `snapshot`.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (snapshot.name) " - fleet" }
                link rel="stylesheet" href="/live.css";
                noscript { meta http-equiv="refresh" content="5"; }
                script src="/live.js" defer {}
            }
            body {
                a.skip href="#figures" { "To the figures" }
                (head(snapshot))
                main #figures tabindex="-1" {
                    (now(snapshot))
                    (ledger(snapshot))
                    (responses(snapshot))
                    (generator(snapshot))
                    (lists(snapshot))
                }
                footer {
                    p { "Nothing here changes the run: it is steered by the keys of its terminal. "
                        a href="/metrics" { "Figures for Prometheus" } "." }
                }
            }
        }
    };
    page.into_string()
}

fn head(snapshot: &Snapshot) -> Markup {
    let part = match snapshot.duration_s > 0.0 {
        true => (snapshot.elapsed_s / snapshot.duration_s).clamp(0.0, 1.0),
        false => 0.0,
    };
    html! {
        header {
            h1 data-at="name" { (snapshot.name) }
            p.subtitle {
                span data-at="devices" data-as="count" { (count(u64::from(snapshot.devices))) } " devices, seed "
                span data-at="seed" { (snapshot.seed) } ", to "
                span data-at="targets" data-as="list" { (snapshot.targets.join(", ")) }
            }
            p.course {
                strong.phase #phase role="status" { (phase(snapshot)) }
                " " span data-at="elapsed_s" data-as="seconds" { (whole(snapshot.elapsed_s)) } " of "
                span data-at="duration_s" data-as="seconds" { (whole(snapshot.duration_s)) } " s"
            }
            progress #course max="1" value=(part) aria-label="how much of the run has passed" {}
            p.notice #notice hidden {}
            p.notice #late hidden[!is_late(snapshot)] { (LATE) }
        }
    }
}

/// Whether the generator is so late that nothing should be concluded.
fn is_late(snapshot: &Snapshot) -> bool {
    let generator = &snapshot.generator;
    generator
        .lag_p99_ms
        .is_some_and(|lag| lag > generator.lag_budget_ms)
}

/// In a word or two how far the run has come.
fn phase(snapshot: &Snapshot) -> String {
    match (&snapshot.verdict, snapshot.phase) {
        (Some(verdict), Phase::Over) => format!("over: {verdict}"),
        (_, phase) if snapshot.factor != 1.0 => format!("{} x{}", phase.word(), snapshot.factor),
        (_, phase) => phase.word().to_owned(),
    }
}

fn whole(seconds: f64) -> String {
    number(seconds.floor())
}

fn rate(value: f64) -> String {
    number(value.round())
}

fn reading(reading: Option<Reading>) -> String {
    reading.map_or_else(
        || "-".to_owned(),
        |Reading { value, at_least }| {
            let mark = if at_least { ">" } else { "" };
            format!("{mark}{}", interval(value))
        },
    )
}

/// A figure with its name.
fn tile(name: &str, at: &str, kind: &str, text: &str) -> Markup {
    html! { div { dt { (name) } dd data-at=(at) data-as=(kind) { (text) } } }
}

fn now(snapshot: &Snapshot) -> Markup {
    let second = &snapshot.now;
    let per_s = |name, at, value| tile(name, at, "rate", &rate(value));
    html! {
        section.wide aria-labelledby="now" {
            h2 #now { "Per second, now" }
            dl.tiles {
                (per_s("triggers", "now.triggers", second.triggers))
                (per_s("messages", "now.messages", second.messages))
                (per_s("delivered", "now.delivered", second.delivered))
                (per_s("failed", "now.failed", second.failed))
            }
            (chart(snapshot))
        }
    }
}

/// What was delivered, and what came into being, in each second of the last minute.
fn chart(snapshot: &Snapshot) -> Markup {
    let (width, height) = CHART;
    let minute = &snapshot.minute;
    let values = minute
        .iter()
        .flat_map(|second| [second.delivered, second.messages]);
    let top = values.fold(1.0, f64::max);
    let line = |value: fn(&crate::snapshot::Second) -> f64| {
        let first = CHART_SECONDS.saturating_sub(minute.len());
        let points = minute.iter().enumerate().map(|(at, second)| {
            let x = (first + at) as f64 / (CHART_SECONDS - 1) as f64 * width;
            let y = height - value(second) / top * (height - 4.0) - 2.0;
            format!("{x:.1},{y:.1}")
        });
        points.collect::<Vec<_>>().join(" ")
    };
    html! {
        p.legend {
            span.key.delivered { "delivered" } " " span.key.messages { "came into being" }
            ", in each second of the last minute; at most "
            span #top { (rate(top)) } "/s"
        }
        svg #chart viewBox=(format!("0 0 {width} {height}")) preserveAspectRatio="none" aria-hidden="true" {
            polyline.messages #line-messages points=(line(|second| second.messages)) {}
            polyline.delivered #line-delivered points=(line(|second| second.delivered)) {}
        }
    }
}

fn ledger(snapshot: &Snapshot) -> Markup {
    let ledger = &snapshot.ledger;
    let tiles = [
        ("events", ledger.events),
        ("triggers", ledger.triggers),
        ("dropped", ledger.dropped),
        ("messages", ledger.messages),
        ("delivered", ledger.delivered),
        ("failed", ledger.failed),
        ("unconfirmed", ledger.unconfirmed),
        ("queued", ledger.queued),
        ("in flight", ledger.in_flight),
        ("devices with messages", ledger.devices_waiting),
    ];
    let place = |name: &str| match name {
        "devices with messages" => "ledger.devices_waiting".to_owned(),
        name => format!("ledger.{}", name.replace(' ', "_")),
    };
    let dropped = ledger.dropped_by.iter();
    let dropped: Vec<_> = dropped
        .map(|(name, number)| format!("{name} {}", count(*number)))
        .collect();
    html! {
        section.wide aria-labelledby="ledger" {
            h2 #ledger { "Ledger" }
            dl.tiles {
                @for (name, value) in tiles { (tile(name, &place(name), "count", &count(value))) }
            }
            p.small { "Candidates dropped: "
                span data-at="ledger.dropped_by" data-as="accounts" { (match dropped.is_empty() { true => "none".to_owned(), false => dropped.join(", ") }) } }
        }
    }
}

fn responses(snapshot: &Snapshot) -> Markup {
    let cells = |figures: &Percentiles, at: String| {
        let at = &at;
        html! {
            @for (name, figure) in figures.named() {
                td.number data-at=(format!("{at}.{name}")) data-as="reading" { (reading(figure)) }
            }
        }
    };
    html! {
        section.wide aria-labelledby="responses" {
            h2 #responses { "From due to taken" }
            p.small { "Since the warm-up, and of what ended in the last five seconds. What is only known to be longer is marked >." }
            div.scroll role="region" aria-labelledby="responses" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "transport" } @for (name, _) in Percentiles::default().named() { th.number scope="col" { (name) } } } }
                    tbody {
                        @for (number, transport) in snapshot.transports.iter().enumerate() {
                            tr { th scope="row" { (transport.name) } (cells(&transport.all, format!("transports.{number}.all"))) }
                            tr { th scope="row" { (transport.name) ", lately" } (cells(&transport.lately, format!("transports.{number}.lately"))) }
                        }
                    }
                }
            }
        }
    }
}

fn generator(snapshot: &Snapshot) -> Markup {
    let generator = &snapshot.generator;
    let lag = generator.lag_p99_ms.map(Reading::exact);
    html! {
        section.wide aria-labelledby="generator" {
            h2 #generator { "Generator" }
            dl.tiles {
                (tile("lag p99", "generator.lag_p99_ms", "ms", &reading(lag)))
                (tile("lag budget", "generator.lag_budget_ms", "ms", &interval(generator.lag_budget_ms)))
                (tile("processors busy", "generator.cpus_busy", "tenths", &format!("{:.1}", generator.cpus_busy)))
                (tile("processors", "generator.cpus", "count", &generator.cpus.to_string()))
                (tile("memory at most", "generator.peak_rss_bytes", "mebibytes", &format!("{:.0} MiB", generator.peak_rss_bytes as f64 / f64::from(1 << 20))))
            }
        }
    }
}

/// A list that may be empty: `rows` of a state, if it has one, and words.
fn list(id: &str, title: &str, rows: &[(String, String)]) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { (title) }
            ul.rows data-rows=(id) {
                @for (state, words) in rows {
                    li { @if !state.is_empty() { span.state.(state.replace(' ', "-")) { (state) } " " } (words) }
                }
                @if rows.is_empty() { li.none { "none" } }
            }
        }
    }
}

/// Thresholds, errors, faults, interventions: the same words as in `live.js`.
fn lists(snapshot: &Snapshot) -> Markup {
    let thresholds = snapshot.thresholds.iter();
    let thresholds = thresholds.map(|one| (one.state.to_owned(), one.what.clone()));
    let errors = snapshot.errors.iter().map(|error| {
        let code = error
            .code
            .map(|code| format!(" {code}"))
            .unwrap_or_default();
        let words = format!(
            "{} {} {}{code}: {}",
            count(error.count),
            error.transport,
            error.kind,
            error.example
        );
        (String::new(), words)
    });
    let faults = snapshot.faults.iter().map(|fault| {
        let until = fault.for_s.map_or_else(String::new, |for_s| {
            format!(" to {} s", whole(fault.at_s + for_s))
        });
        let words = format!(
            "{}: {}, from {} s{until}, {} times",
            fault.target,
            fault.name,
            whole(fault.at_s),
            count(fault.applied)
        );
        (fault.state.to_owned(), words)
    });
    let done = snapshot.interventions.iter();
    let done = done.map(|one| (format!("{:.1} s", one.at_s), one.what.clone()));
    html! {
        (list("thresholds", "Thresholds so far", &thresholds.collect::<Vec<_>>()))
        (list("errors", "Errors", &errors.collect::<Vec<_>>()))
        (list("faults", "Faults", &faults.collect::<Vec<_>>()))
        (list("interventions", "By hand", &done.collect::<Vec<_>>()))
        @if !snapshot.links.is_empty() {
            section aria-labelledby="links" {
                h2 #links { "Also at" }
                ul.rows { @for link in &snapshot.links {
                    li { @if link.url.starts_with("http://127.") || link.url.starts_with("http://[::1]") { a href=(link.url) { (link.name) } } @else { (link.name) " " (link.url) } }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests;
