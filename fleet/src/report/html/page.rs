//! The page around the pictures: what came of the run first, then a way to each picture.

use maud::{Markup, html};

use crate::report::{
    data::RunData,
    numbers::{count, interval, number},
};

/// A section with a heading, an explanation and a picture or table.
pub(crate) fn picture(id: &str, title: &str, explanation: Markup, content: Markup) -> Markup {
    let heading = format!("{id}-heading");
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { (title) }
            @if !explanation.0.is_empty() { p.explanation { (explanation) } }
            (content)
        }
    }
}

/// The verdict in the words and the class of the page.
fn verdict(data: &RunData) -> (&'static str, &'static str) {
    if data.cut {
        return ("CUT SHORT", "bad");
    }
    match data.facts.verdict.as_str() {
        "passed" => ("PASSED", "good"),
        "failed" => ("FAILED", "bad"),
        "invalid" => ("INVALID", "bad"),
        "unbalanced" => ("DOES NOT BALANCE", "bad"),
        "interrupted" => ("INTERRUPTED", "bad"),
        _ => ("UNKNOWN", "bad"),
    }
}

/// Everything that must be read before a figure is believed.
pub(crate) fn head(data: &RunData) -> Markup {
    let facts = &data.facts;
    let (word, class) = verdict(data);
    html! {
        header {
            p.verdict.(class) { (word) }
            h1 { (facts.run.name) }
            p.subtitle {
                (count(facts.devices)) " devices, seed " (facts.run.seed) ", " (number(facts.run.wall_s)) " s"
                @if facts.run.device_s > 0.0 && (facts.run.device_s - facts.run.wall_s).abs() > facts.run.wall_s * 0.2 {
                    " (" (number(facts.run.device_s)) " s of the devices' time)"
                }
                ", begun " (begun(&facts.run.started))
            }
            (list("Why the figures are not to be trusted", "reasons", &facts.validity.reasons))
            (list("Remarks", "remarks", &facts.validity.remarks))
            (list("About this report", "notes", &data.notes))
        }
    }
}

/// The instant `started`, to the second.
pub(crate) fn begun(started: &str) -> String {
    let instant: Result<jiff::Timestamp, _> = started.parse();
    instant.map_or_else(
        |_| started.to_owned(),
        |instant| instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// What there is to say besides, if anything.
pub(crate) fn list(title: &str, class: &str, items: &[String]) -> Markup {
    html! {
        @if !items.is_empty() {
            div.(class) {
                h2 { (title) }
                ul { @for item in items { li { (item) } } }
            }
        }
    }
}

/// The most important figures.
pub(crate) fn tiles(data: &RunData) -> Markup {
    let ledger = &data.facts.ledger;
    let mut tiles = vec![
        ("messages", count(ledger.messages)),
        ("delivered", count(ledger.delivered)),
        ("failed", count(ledger.failed)),
        ("unconfirmed", count(ledger.unconfirmed)),
        ("outstanding", count(ledger.outstanding())),
        ("dropped candidates", count(ledger.dropped_in_all())),
    ];
    let with_p99 = data
        .facts
        .transports
        .iter()
        .filter(|(_, own)| own.response_ms.count > 0);
    let p99: Vec<(String, String)> = with_p99
        .map(|(name, own)| {
            let response = &own.response_ms;
            let bound = response.lower_bounds.iter().any(|bound| bound == "p99");
            let mark = if bound { "> " } else { "" };
            (
                format!("{name} p99"),
                format!("{mark}{}", interval(response.p99)),
            )
        })
        .collect();
    tiles.extend(
        p99.iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    html! {
        dl.tiles {
            @for (name, value) in tiles {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// What made the report, and what the run can be known by.
pub(crate) fn foot(data: &RunData) -> Markup {
    let facts = &data.facts;
    html! {
        footer {
            h2 { "About the run" }
            dl.facts {
                div { dt { "directory" } dd { (data.directory) } }
                @if !data.cut {
                    div { dt { "fingerprint" } dd { code { (facts.run.fingerprint) } } }
                    div { dt { "made by" } dd { "fleet " (facts.tool.version) } }
                    div { dt { "machine" } dd { (facts.host.cpus) " processors, " (facts.host.kernel) } }
                }
                div { dt { "reported by" } dd { "fleet " (env!("CARGO_PKG_VERSION")) } }
            }
        }
    }
}
