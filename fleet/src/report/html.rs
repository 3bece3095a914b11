//! `report.html`: everything about a run on one page that needs nothing else, and is complete without its
//! script.
//!
//! The page is well-formed XML as well as HTML. Pictures are drawn from a bounded number of stretches of
//! time, so a page has a bounded size whatever the run. All text is escaped by the templates, and the
//! content policy lets nothing run or load besides the style sheet and the script.

pub(crate) mod capacity;
pub(crate) mod comparison;
mod content;
mod flow;
mod frame;
mod health;
mod heat;
mod herd;
mod over_time;
mod page;
mod percentiles;
mod phases;
mod scale;
mod tables;

use maud::{Markup, PreEscaped, html};

use super::data::RunData;

/// A part of the page: where it is, what it is called, and whether it takes the whole width.
type Part = (&'static str, &'static str, bool, Markup);

/// A page: what must be read first, a way to each part, the parts, and what made it.
struct Document {
    title: String,
    head: Markup,
    tiles: Markup,
    parts: Vec<Part>,
    foot: Markup,
    script: Option<&'static str>,
}

impl Document {
    fn text(&self) -> String {
        let policy = content::policy(self.script);
        let page = html! {
            (PreEscaped("<!DOCTYPE html>\n"))
            html lang="en" xmlns="http://www.w3.org/1999/xhtml" {
                head {
                    // Templates close no empty elements, and XML wants them closed.
                    (PreEscaped("<meta charset=\"utf-8\"/>"))
                    (PreEscaped(format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"/>")))
                    (PreEscaped("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"))
                    (PreEscaped("<meta name=\"referrer\" content=\"no-referrer\"/>"))
                    title { (self.title) }
                    style { (PreEscaped(content::STYLE)) }
                }
                body {
                    a.skip href="#content" { "Skip to the figures" }
                    (self.head)
                    header {
                        (self.tiles)
                        nav aria-label="Parts of the report" {
                            ul { @for (id, name, ..) in self.shown() { li { a href=(format!("#{id}")) { (name) } } } }
                        }
                    }
                    main id="content" tabindex="-1" {
                        @for (id, _, wide, content) in self.shown() {
                            div.wide[*wide] id=(id) { (content) }
                        }
                    }
                    (self.foot)
                    @if let Some(script) = self.script { script { (PreEscaped(script)) } }
                }
            }
        };
        page.into_string()
    }

    /// The parts that there is something in.
    fn shown(&self) -> impl Iterator<Item = &Part> {
        let parts = self.parts.iter();
        parts.filter(|(.., content)| !content.0.is_empty())
    }
}

/// The page about the run that `data` tells of.
pub(crate) fn page(data: &RunData) -> String {
    Document {
        title: format!("{} – {}", data.facts.run.name, data.facts.verdict),
        head: page::head(data),
        tiles: page::tiles(data),
        parts: parts(data).into(),
        foot: page::foot(data),
        script: data.series.is_some().then_some(content::ZOOM),
    }
    .text()
}

/// All parts that a page about a run may have; those with nothing in them are left out.
fn parts(data: &RunData) -> [Part; 17] {
    let over = |draw: fn(&RunData, &super::data::Series) -> Markup| {
        let series = data.series.as_ref();
        series.map_or_else(Markup::default, |series| draw(data, series))
    };
    let herd = data.herd.as_ref().map_or_else(Markup::default, herd::draw);
    [
        (
            "part-thresholds",
            "thresholds",
            true,
            tables::thresholds(data),
        ),
        ("part-traffic", "traffic", false, over(over_time::traffic)),
        ("part-backlog", "backlog", false, over(over_time::backlog)),
        ("part-latency", "latency", false, over(heat::all)),
        (
            "part-percentiles",
            "percentiles",
            false,
            percentiles::all(data),
        ),
        ("part-phases", "phases", false, phases::all(data)),
        ("part-ledger", "ledger", false, flow::draw(data)),
        ("part-herd", "herd", false, herd),
        ("part-lag", "lag", false, over(health::lag_over_time)),
        ("part-health", "generator", false, health::figures(data)),
        ("part-errors", "errors", true, tables::errors(data)),
        ("part-faults", "faults", true, tables::faults(data)),
        (
            "part-interventions",
            "by hand",
            true,
            tables::interventions(data),
        ),
        (
            "part-transports",
            "transports",
            true,
            tables::transports(data),
        ),
        ("part-types", "message types", true, tables::types(data)),
        ("part-fleets", "fleets", true, tables::fleets(data)),
        ("part-sites", "sites", true, tables::sites(data)),
    ]
}
