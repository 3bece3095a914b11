//! What a search came to, for a terminal: words, a table and a curve.

use std::fmt::Write as _;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    symbols::Marker,
    widgets::{Axis, Chart, Dataset, GraphType, Widget},
};

use super::{CapacityResult, Conclusion, Knee, Load, Outcome, Purpose, Step};

/// How long an overload is cut off before the next load begins, about.
const OVERLOAD_REST_S: f64 = 1.0;
/// A law that explains less of the variation than this describes nothing.
const R_SQUARED_MIN: f64 = 0.9;

/// Size of the curve, in characters.
const CURVE: Rect = Rect {
    x: 0,
    y: 0,
    width: 76,
    height: 16,
};

/// A step in a line, for whoever watches.
#[must_use]
pub fn step_in_words(search: Load, step: &Step) -> String {
    let p99 = step
        .figures
        .response_p99_ms
        .map_or_else(String::new, |p99| {
            let mark = if step.figures.response_p99_at_least {
                "> "
            } else {
                ""
            };
            format!(", p99 {mark}{p99:.1} ms")
        });
    let mut words = format!(
        "[{}] {} {}: {} ({:.1} messages/s accepted{p99})",
        step.number,
        step.purpose.word(),
        search.words(step.load),
        step.outcome.word(),
        step.figures.delivered_per_s
    );
    for broken in &step.broken {
        let _ = write!(words, "\n    {broken}");
    }
    words
}

/// Everything that is worth reading about `result`.
#[must_use]
pub fn in_rows(result: &CapacityResult) -> String {
    let mut text = format!(
        "{}: capacity of the target, in {}\n\n{}",
        result.scenario,
        result.search.unit(),
        table(result)
    );
    if let Some(curve) = curve(result) {
        let _ = write!(
            text,
            "\nmessages/s accepted over {}\n{curve}",
            result.search.unit()
        );
    }
    let _ = writeln!(text, "\n{:11}{}", "knee", knee(result));
    if let Some(gave_way) = &result.gave_way {
        let _ = writeln!(text, "{:11}{}", "gave way", gave_way.words);
        let _ = writeln!(text, "{:11}{}", "advice", gave_way.advice);
    }
    if let Some(recovery) = recovery(result) {
        let _ = writeln!(text, "{:11}{recovery}", "recovery");
    }
    if let Some(law) = scalability(result) {
        let _ = writeln!(text, "{:11}{law}", "scaling");
    }
    let _ = writeln!(text, "{:11}{}", "objectives", result.objectives.join(", "));
    text
}

/// What is known of the knee.
pub(crate) fn knee(result: &CapacityResult) -> String {
    let words = |load: f64| result.search.words(load);
    let least = |knee: &Knee, why: &str| {
        format!(
            "at least {} ({:.1} messages/s accepted at {}): {why}",
            words(knee.low),
            knee.delivered_per_s,
            words(knee.delivered_at)
        )
    };
    let Some(knee) = &result.knee else {
        return no_knee(result.conclusion).to_owned();
    };
    match result.conclusion {
        Conclusion::Found => {
            let high = knee.high.unwrap_or(knee.load);
            let searches = match knee.confidence {
                Some(confidence) => format!(
                    "{:.0} % sure, {} searches",
                    confidence * 100.0,
                    knee.searches
                ),
                None => "one search; --searches 6 says how sure that is".to_owned(),
            };
            format!(
                "{} ({} to {}; {searches}{}), {:.1} messages/s accepted at {}",
                words(knee.load),
                words(knee.low),
                words(high),
                match knee.without_end {
                    0 => String::new(),
                    count => format!("; {count} more found none, see the loads"),
                },
                knee.delivered_per_s,
                words(knee.delivered_at)
            )
        }
        Conclusion::Generator => least(knee, "the generator gave way before the target"),
        Conclusion::Devices => least(
            knee,
            "the devices kept messages back before the target gave way",
        ),
        Conclusion::Largest => least(knee, "the largest load that was to be tried holds"),
        Conclusion::Interrupted => least(knee, "the search was interrupted"),
        Conclusion::Lost => least(
            knee,
            "then the target could not be reached any more; its own log says why",
        ),
        Conclusion::NoneHolds => least(knee, "and did not hold when tried again"),
    }
}

/// Why no load is known that holds.
fn no_knee(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Generator => "unknown: the generator was the bottleneck from the start",
        Conclusion::Devices => "unknown: the devices kept messages back from the start",
        Conclusion::Interrupted => "unknown: the search was interrupted",
        Conclusion::Lost => "unknown: the target could not be reached any more",
        Conclusion::Found | Conclusion::Largest | Conclusion::NoneHolds => {
            "none: not even the smallest load holds the objectives"
        }
    }
}

/// Whether the target recovered.
pub(crate) fn recovery(result: &CapacityResult) -> Option<String> {
    let recovery = result.recovery.as_ref()?;
    let words = |load: f64| result.search.words(load);
    let rest_s = result.warm_up_s + OVERLOAD_REST_S;
    let after = format!("{rest_s:.0} s after {} it ", words(recovery.overload));
    Some(match recovery.holds {
        Some(holds) if !recovery.is_hysteresis() && recovery.tries == 1 => {
            format!("{after}holds {}, as before", words(holds))
        }
        Some(holds) if !recovery.is_hysteresis() => format!(
            "{after}does not hold {}, but does when that is tried again: it needs time",
            words(holds)
        ),
        Some(holds) => format!(
            "{after}holds {}, and not {}, which held before: an overload makes it worse for longer",
            words(holds),
            words(recovery.tried)
        ),
        None => format!(
            "{after}holds none of the loads tried, of which {} held before: an overload makes it worse for longer",
            words(recovery.tried)
        ),
    })
}

/// The law of the target.
pub(crate) fn scalability(result: &CapacityResult) -> Option<String> {
    let law = result.scalability.as_ref()?;
    let most = match (law.peak_per_s, law.peak_concurrency) {
        (Some(_), Some(_)) if law.extrapolated => "a limit far beyond what was tried".to_owned(),
        (Some(rate), Some(at)) => format!("at most {rate:.1}/s, with {at:.1} at a time"),
        (Some(rate), None) => format!("at most {rate:.1}/s"),
        (None, _) => "no limit in sight".to_owned(),
    };
    let doubt = if law.residual_max_share > 0.1 || law.r_squared < R_SQUARED_MIN {
        "; the law describes this target badly"
    } else {
        ""
    };
    Some(format!(
        "{:.1}/s one at a time, contention {:.2} %, coherence {:.4} %, {most}; R² {:.3}, residuals up to {:.1} %{doubt}",
        law.rate_of_one_per_s,
        law.contention * 100.0,
        law.coherence * 100.0,
        law.r_squared,
        law.residual_max_share * 100.0
    ))
}

fn table(result: &CapacityResult) -> String {
    let mut text = format!(
        "{:>4}  {:<8} {:>10} {:>11} {:>11} {:>9} {:>10} {:>7}  {}\n",
        "step",
        "why",
        result.search.unit(),
        "offered/s",
        "accepted/s",
        "p50 ms",
        "p99 ms",
        "at once",
        ""
    );
    let optional =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    for step in &result.steps {
        let figures = &step.figures;
        let mark = if figures.response_p99_at_least {
            "> "
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{:>4}  {:<8} {:>10.2} {:>11.1} {:>11.1} {:>9} {:>10} {:>7.1}  {}",
            step.number,
            step.purpose.word(),
            step.load,
            figures.offered_per_s,
            figures.delivered_per_s,
            optional(figures.response_p50_ms),
            format!("{mark}{}", optional(figures.response_p99_ms)),
            figures.concurrency,
            step.outcome.word()
        );
    }
    text
}

/// Accepted over load, with what held apart from what did not; `None` for fewer than two loads.
fn curve(result: &CapacityResult) -> Option<String> {
    let steps = || {
        let steps = result.steps.iter();
        steps.filter(|step| step.purpose != Purpose::Recover && step.figures.offered_per_s > 0.0)
    };
    let points = |held: bool| -> Vec<(f64, f64)> {
        let wanted = steps().filter(|step| (step.outcome == Outcome::Held) == held);
        wanted
            .map(|step| (step.load, step.figures.delivered_per_s))
            .collect()
    };
    let (held, others) = (points(true), points(false));
    if held.len() + others.len() < 2 {
        return None;
    }
    let all = || held.iter().chain(&others);
    let most = all().fold((0.0_f64, 0.0_f64), |most, point| {
        (most.0.max(point.0), most.1.max(point.1))
    });
    let set = |name, marker, data| {
        let set = Dataset::default().name(name).marker(marker);
        set.graph_type(GraphType::Scatter).data(data)
    };
    let labels = |most: f64| {
        [
            "0".to_owned(),
            format!("{:.0}", most / 2.0),
            format!("{most:.0}"),
        ]
    };
    let chart = Chart::new(vec![
        set("● held", Marker::Dot, &held),
        set("█ not", Marker::Block, &others),
    ])
    .x_axis(Axis::default().bounds([0.0, most.0]).labels(labels(most.0)))
    .y_axis(Axis::default().bounds([0.0, most.1]).labels(labels(most.1)))
    .legend_position(Some(ratatui::widgets::LegendPosition::BottomRight));
    let mut buffer = Buffer::empty(CURVE);
    chart.render(CURVE, &mut buffer);
    let rows = buffer.content().chunks(usize::from(CURVE.width));
    let rows = rows.map(|row| {
        let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("{}\n", text.trim_end())
    });
    Some(rows.collect())
}
