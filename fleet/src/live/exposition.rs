//! The figures of a run in Prometheus' text format.

use std::{fmt::Write as _, time::Duration};

use super::figures::{Labels, PREFIX, Points, Summary, families};
use crate::{record::Gathered, scenario::Scenario};

/// The figures when `elapsed` of a run of `scenario` has passed and `all` has been gathered.
pub(super) fn text(scenario: &Scenario, elapsed: Duration, all: &Gathered) -> String {
    let mut out = Exposition(String::with_capacity(8 * 1024));
    for family in families(scenario, elapsed, all) {
        let name = family.name;
        out.head(name, word(&family.points), family.help);
        match family.points {
            Points::Gauge(value) => out.value(name, "", &Labels::new(), value),
            Points::Counter(points) => {
                for (labels, count) in points {
                    out.value(name, "", &labels, count as f64);
                }
            }
            Points::Summary(points) => {
                for (labels, summary) in points {
                    out.summary(name, labels, &summary);
                }
            }
        }
    }
    out.0
}

/// The word for a kind of values.
fn word(points: &Points) -> &'static str {
    match points {
        Points::Gauge(_) => "gauge",
        Points::Counter(_) => "counter",
        Points::Summary(_) => "summary",
    }
}

/// The text while it grows. Writing to a string cannot fail.
struct Exposition(String);

impl Exposition {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {PREFIX}{name} {help}");
        let _ = writeln!(self.0, "# TYPE {PREFIX}{name} {kind}");
    }

    fn value(&mut self, name: &str, part: &str, labels: &Labels, value: f64) {
        let labels = labels.iter();
        let labels: Vec<_> = labels
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let _ = match labels.is_empty() {
            true => writeln!(self.0, "{PREFIX}{name}{part} {value}"),
            false => writeln!(
                self.0,
                "{PREFIX}{name}{part}{{{}}} {value}",
                labels.join(",")
            ),
        };
    }

    fn summary(&mut self, name: &str, mut labels: Labels, summary: &Summary) {
        for (quantile, value) in &summary.quantiles {
            labels.push(("quantile", quantile.to_string()));
            self.value(name, "", &labels, *value);
            labels.pop();
        }
        self.value(name, "_sum", &labels, summary.sum);
        self.value(name, "_count", &labels, summary.count as f64);
    }
}

#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod tests {
    use emulator::Transport;

    use super::*;
    use crate::scenario::{Overrides, Source};

    #[test]
    fn every_line_is_a_comment_or_a_sample_of_a_metric_that_was_announced() {
        let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
        let mut all = Gathered::default();
        let histograms = all.histograms.transport_mut(Transport::Email);
        histograms.response.record(Duration::from_millis(5));
        all.histograms.lag.record(Duration::from_micros(80));
        let text = text(&loaded.scenario, Duration::from_secs(2), &all);
        let mut announced = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                announced.push(rest.split(' ').next().unwrap().to_owned());
                continue;
            }
            if line.starts_with("# HELP ") {
                continue;
            }
            let name: String = line
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let base = name.trim_end_matches("_count").trim_end_matches("_sum");
            assert!(
                announced.iter().any(|own| own == &name || own == base),
                "{line}"
            );
            let value = line.rsplit(' ').next().unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
        let p99 = "fleet_response_seconds{transport=\"smtp\",quantile=\"0.99\"} 0.005";
        assert!(text.contains(p99), "{text}");
    }
}
