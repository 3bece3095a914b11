//! Whether the generator itself can be believed: its lag over time, and what it took.

use maud::{Markup, html};

use super::{
    frame::{Frame, Swatch, legend, point},
    page::picture,
    scale::Scale,
};
use crate::report::{
    data::{Facts, RunData, Series},
    numbers::{count, interval, number},
};

/// The picture of the lag; nothing where it is not known.
pub(crate) fn lag_over_time(data: &RunData, series: &Series) -> Markup {
    if has_lag(series) {
        lag(data, series)
    } else {
        Markup::default()
    }
}

fn has_lag(series: &Series) -> bool {
    series
        .moments
        .iter()
        .any(|moment| moment.lag_p99_ms.is_some())
}

fn lag(data: &RunData, series: &Series) -> Markup {
    let budget = Some(data.facts.validity.lag_budget_ms).filter(|budget| *budget > 0.0);
    let all = || {
        let moments = series.moments.iter();
        moments.flat_map(|moment| [moment.lag_p99_ms, moment.lag_max_ms])
    };
    let least = all().flatten().fold(f64::MAX, f64::min);
    let most = all().chain([budget]).flatten().fold(0.0, f64::max);
    let mut frame = Frame::over_time(
        series.length_s(),
        Scale::log(least, most),
        "lag (logarithmic)",
        &data.bands,
    );
    frame.up_label = interval;
    let moments = || series.moments.iter();
    let with_max = moments().any(|moment| moment.lag_max_ms.is_some());
    let content = html! {
        @if with_max {
            (frame.line("line lag-max", "largest", series.width_s, moments().map(|moment| moment.lag_max_ms)))
        }
        (frame.line("line lag", "p99", series.width_s, moments().map(|moment| moment.lag_p99_ms)))
        @if let Some(budget) = budget {
            path.line.budget d=(format!("M{:.1} {y:.1}H{:.1}", frame.x(0.0), frame.x(1.0), y = frame.y(budget))) {}
            text.note.end x=(point(frame.x(1.0) - 4.0)) y=(point(frame.y(budget) - 5.0)) {
                "budget of the p99: " (interval(budget))
            }
        }
    };
    let mut entries = vec![("line lag", Swatch::Line, "p99")];
    if with_max {
        entries.push(("line lag-max", Swatch::Line, "largest"));
    }
    if budget.is_some() {
        entries.push(("line budget", Swatch::Line, "budget"));
    }
    picture(
        "lag",
        "Lag of the generator over time",
        html! { "How late events reached their devices: the generator's own doing, and none of the target's." },
        html! {
            (legend(&entries))
            (frame.draw("lag-svg", "Lag of the generator over time", &format!("The largest is {}.", interval(most)), &content))
        },
    )
}

/// The figures of the generator itself.
pub(crate) fn figures(data: &RunData) -> Markup {
    let lag = &data.facts.validity.lag_ms;
    let mut rows: Vec<(&str, String)> = vec![(
        "lag",
        format!(
            "p50 {}, p99 {}, largest {}; {} events and deadlines",
            interval(lag.p50),
            interval(lag.p99),
            interval(lag.max),
            count(lag.count)
        ),
    )];
    if !data.cut {
        rows.extend(judged(&data.facts));
    }
    picture(
        "health",
        "Health of the generator",
        html! {},
        html! {
            dl.facts {
                @for (name, value) in rows {
                    div { dt { (name) } dd { (value) } }
                }
            }
        },
    )
}

/// What is known of a run that came to its end.
fn judged(facts: &Facts) -> [(&'static str, String); 5] {
    let (validity, run) = (&facts.validity, &facts.run);
    let law = &validity.littles_law;
    let cpus = validity.cpu_s / run.wall_s.max(1e-3);
    let mebibytes = validity.peak_rss_bytes as f64 / f64::from(1 << 20);
    [
        (
            "lag budget",
            format!("p99 at most {}", interval(validity.lag_budget_ms)),
        ),
        ("longest standstill", interval(validity.standstill_ms)),
        (
            "processor time",
            format!(
                "{} s in {} s: {} of {} processors on average, embedded sinks included",
                number(validity.cpu_s),
                number(run.wall_s),
                number(cpus),
                facts.host.cpus
            ),
        ),
        ("peak memory", format!("{} MiB", number(mebibytes.round()))),
        (
            "Little's law",
            format!(
                "{} messages in the system on average, counted; {} per second staying {} make {}; {} per message unexplained",
                number(law.mean_in_system),
                number(law.arrivals_per_s),
                interval(law.mean_stay_ms),
                number(law.arrivals_per_s * law.mean_stay_ms / 1e3),
                interval(law.unexplained_ms)
            ),
        ),
    ]
}
