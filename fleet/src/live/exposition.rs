//! The figures of a run in Prometheus' text format. Counters never go back; times are in seconds.

use std::{fmt::Write as _, time::Duration};

use emulator::{DropAccount, Settlement, Transport};

use crate::{
    record::{Gathered, Reading},
    report::transport_name,
    scenario::Scenario,
};

/// The percentiles that are shown.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// The figures when `elapsed` of a run of `scenario` has passed and `all` has been gathered.
pub(super) fn text(scenario: &Scenario, elapsed: Duration, all: &Gathered) -> String {
    let mut out = Exposition(String::with_capacity(8 * 1024));
    out.gauge("devices", "Devices.", f64::from(scenario.device_count()));
    out.gauge(
        "elapsed_seconds",
        "How much of the run has passed.",
        elapsed.as_secs_f64(),
    );
    out.gauge(
        "duration_seconds",
        "How long traffic lasts.",
        scenario.duration.as_secs_f64(),
    );
    let ledger = &all.ledger;
    out.counter(
        "events_total",
        "Events that reached their devices.",
        all.events,
    );
    out.counter(
        "triggers_total",
        "Alerts offered to the devices' policy.",
        ledger.triggers,
    );
    out.counter(
        "messages_total",
        "Messages that came into being.",
        ledger.messages(),
    );
    out.gauge(
        "outstanding_messages",
        "Messages that have not ended.",
        ledger.outstanding() as f64,
    );
    out.head(
        "dropped_total",
        "counter",
        "Candidates that became no message, by account.",
    );
    for account in DropAccount::ALL {
        let labels = format!("account=\"{}\"", account.name());
        out.value("dropped_total", &labels, ledger.dropped(account) as f64);
    }
    let oversize = ledger.settled(Settlement::Oversize) as f64;
    out.value("dropped_total", "account=\"oversize\"", oversize);
    transports(&mut out, all);
    errors(&mut out, all);
    let lag = &all.histograms.lag;
    out.head(
        "lag_seconds",
        "summary",
        "How late events reached their devices.",
    );
    for quantile in QUANTILES {
        let value = lag.quantile_ms(quantile).map(Reading::exact);
        out.quantile("lag_seconds", "", quantile, value);
    }
    out.value("lag_seconds_count", "", lag.count() as f64);
    out.0
}

fn transports(out: &mut Exposition, all: &Gathered) {
    out.head(
        "settled_total",
        "counter",
        "Messages that ended, by transport and how.",
    );
    for ((kind, transport), row) in &all.ledger.by_type {
        for (how, count) in [
            ("delivered", row.delivered),
            ("failed", row.failed),
            ("unconfirmed", row.unconfirmed),
        ] {
            let labels = format!(
                "transport=\"{}\",type=\"{}\",how=\"{how}\"",
                transport_name(*transport),
                kind.word()
            );
            out.value("settled_total", &labels, count as f64);
        }
    }
    for (name, help, figure) in [
        ("attempts_total", "Attempts to send a message.", 0),
        ("sent_bytes_total", "Bytes of messages handed over.", 1),
        ("connections_total", "Connections opened.", 2),
    ] {
        out.head(name, "counter", help);
        for transport in Transport::ALL {
            let counts = &all.transports[transport as usize];
            let figures = [counts.attempts, counts.bytes, counts.connections];
            let labels = format!("transport=\"{}\"", transport_name(transport));
            out.value(name, &labels, figures[figure] as f64);
        }
    }
    let name = "response_seconds";
    out.head(
        name,
        "summary",
        "From due to accepted, since the warm-up; messages without an answer raise it.",
    );
    for transport in Transport::ALL {
        let response = &all.histograms.transport(transport).response;
        let labels = format!("transport=\"{}\"", transport_name(transport));
        for quantile in QUANTILES {
            out.quantile(name, &labels, quantile, response.quantile_ms(quantile));
        }
        let count = response.answered.count();
        out.value("response_seconds_count", &labels, count as f64);
    }
}

fn errors(out: &mut Exposition, all: &Gathered) {
    out.head(
        "errors_total",
        "counter",
        "Attempts that failed, by kind and reply code.",
    );
    for ((transport, kind, code), error) in &all.errors {
        let code = code.map(|code| code.to_string()).unwrap_or_default();
        let labels = format!(
            "transport=\"{}\",kind=\"{}\",code=\"{code}\"",
            transport_name(*transport),
            kind.name()
        );
        out.value("errors_total", &labels, error.count as f64);
    }
}

/// The text while it grows. Writing to a string cannot fail.
struct Exposition(String);

impl Exposition {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP fleet_{name} {help}");
        let _ = writeln!(self.0, "# TYPE fleet_{name} {kind}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, "gauge", help);
        self.value(name, "", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.value(name, "", value as f64);
    }

    fn value(&mut self, name: &str, labels: &str, value: f64) {
        let _ = match labels {
            "" => writeln!(self.0, "fleet_{name} {value}"),
            labels => writeln!(self.0, "fleet_{name}{{{labels}}} {value}"),
        };
    }

    fn quantile(&mut self, name: &str, labels: &str, quantile: f64, reading: Option<Reading>) {
        if let Some(reading) = reading {
            let comma = if labels.is_empty() { "" } else { "," };
            let labels = format!("{labels}{comma}quantile=\"{quantile}\"");
            self.value(name, &labels, reading.value / 1e3);
        }
    }
}

#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod tests {
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
            let base = name.trim_end_matches("_count");
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
