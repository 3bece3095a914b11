//! The figures of a run that are shown to programs, whatever form they get: names, labels, values.
//! Counters never go back; times are in seconds.

use std::time::Duration;

use emulator::{DropAccount, Settlement, Transport};

use crate::{
    record::{Gathered, Latency, Reading},
    report::transport_name,
    scenario::Scenario,
};

/// What every name begins with.
pub(super) const PREFIX: &str = "fleet_";
/// The percentiles that are shown.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// What tells values of one name apart.
pub(super) type Labels = Vec<(&'static str, String)>;

/// All values of one name.
#[derive(Clone, Debug)]
pub(super) struct Family {
    /// Its name, without [`PREFIX`].
    pub(super) name: &'static str,
    /// What it is.
    pub(super) help: &'static str,
    /// The values.
    pub(super) points: Points,
}

/// Values of one kind.
#[derive(Clone, Debug)]
pub(super) enum Points {
    /// What goes up and down.
    Gauge(f64),
    /// What goes up alone.
    Counter(Vec<(Labels, u64)>),
    /// Intervals.
    Summary(Vec<(Labels, Summary)>),
}

/// Intervals, in seconds.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    /// Percentiles, as parts of one; those that are known.
    pub(super) quantiles: Vec<(f64, f64)>,
    /// All of them together, as exact as the histogram is.
    pub(super) sum: f64,
    /// How many there are.
    pub(super) count: u64,
}

impl Summary {
    /// The intervals of `latency`, with percentiles as `quantile_ms` has them.
    fn new(latency: &Latency, quantile_ms: impl Fn(f64) -> Option<Reading>) -> Self {
        let quantiles = QUANTILES.into_iter();
        let quantiles =
            quantiles.filter_map(|own| quantile_ms(own).map(|reading| (own, reading.value / 1e3)));
        let count = latency.count();
        Self {
            quantiles: quantiles.collect(),
            sum: latency.mean_ms().unwrap_or(0.0) / 1e3 * count as f64,
            count,
        }
    }
}

/// The figures when `elapsed` of a run of `scenario` has passed and `all` has been gathered.
pub(super) fn families(scenario: &Scenario, elapsed: Duration, all: &Gathered) -> Vec<Family> {
    let ledger = &all.ledger;
    let mut families = vec![
        gauge("devices", "Devices.", f64::from(scenario.device_count())),
        gauge(
            "elapsed_seconds",
            "How much of the run has passed.",
            elapsed.as_secs_f64(),
        ),
        gauge(
            "duration_seconds",
            "How long traffic lasts.",
            scenario.duration.as_secs_f64(),
        ),
        counter(
            "events_total",
            "Events that reached their devices.",
            all.events,
        ),
        counter(
            "triggers_total",
            "Alerts offered to the devices' policy.",
            ledger.triggers,
        ),
        counter(
            "messages_total",
            "Messages that came into being.",
            ledger.messages(),
        ),
        gauge(
            "outstanding_messages",
            "Messages that have not ended.",
            ledger.outstanding() as f64,
        ),
        dropped(all),
    ];
    families.extend(transports(all));
    families.push(errors(all));
    let lag = &all.histograms.lag;
    let lag = Summary::new(lag, |own| lag.quantile_ms(own).map(Reading::exact));
    families.push(Family {
        name: "lag_seconds",
        help: "How late events reached their devices.",
        points: Points::Summary(vec![(Vec::new(), lag)]),
    });
    families
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    let points = Points::Gauge(value);
    Family { name, help, points }
}

fn counter(name: &'static str, help: &'static str, value: u64) -> Family {
    let points = Points::Counter(vec![(Vec::new(), value)]);
    Family { name, help, points }
}

fn dropped(all: &Gathered) -> Family {
    let accounts = DropAccount::ALL.into_iter();
    let accounts = accounts.map(|account| (account.name(), all.ledger.dropped(account)));
    let oversize = ("oversize", all.ledger.settled(Settlement::Oversize));
    let points = accounts
        .chain([oversize])
        .map(|(account, count)| (vec![("account", account.to_owned())], count));
    Family {
        name: "dropped_total",
        help: "Candidates that became no message, by account.",
        points: Points::Counter(points.collect()),
    }
}

fn by_transport(transport: Transport) -> (&'static str, String) {
    ("transport", transport_name(transport).to_owned())
}

fn transports(all: &Gathered) -> Vec<Family> {
    let settled = all.ledger.by_type.iter();
    let settled = settled.flat_map(|((kind, transport), row)| {
        let outcomes = [
            ("delivered", row.delivered),
            ("failed", row.failed),
            ("unconfirmed", row.unconfirmed),
        ];
        outcomes.map(|(how, count)| {
            let labels = vec![
                by_transport(*transport),
                ("type", kind.word().to_owned()),
                ("how", how.to_owned()),
            ];
            (labels, count)
        })
    });
    let mut families = vec![Family {
        name: "settled_total",
        help: "Messages that ended, by transport and how.",
        points: Points::Counter(settled.collect()),
    }];
    for (name, help, figure) in [
        ("attempts_total", "Attempts to send a message.", 0),
        ("sent_bytes_total", "Bytes of messages handed over.", 1),
        ("connections_total", "Connections opened.", 2),
    ] {
        let points = Transport::ALL.map(|transport| {
            let counts = &all.transports[transport as usize];
            let figures = [counts.attempts, counts.bytes, counts.connections];
            (vec![by_transport(transport)], figures[figure])
        });
        let points = Points::Counter(points.into());
        families.push(Family { name, help, points });
    }
    let responses = Transport::ALL.map(|transport| {
        let response = &all.histograms.transport(transport).response;
        let summary = Summary::new(&response.answered, |own| response.quantile_ms(own));
        (vec![by_transport(transport)], summary)
    });
    families.push(Family {
        name: "response_seconds",
        help: "From due to accepted, since the warm-up; messages without an answer raise it.",
        points: Points::Summary(responses.into()),
    });
    families
}

fn errors(all: &Gathered) -> Family {
    let errors = all.errors.iter();
    let points = errors.map(|((transport, kind, code), error)| {
        let code = code.map(|code| code.to_string()).unwrap_or_default();
        let labels = vec![
            by_transport(*transport),
            ("kind", kind.name().to_owned()),
            ("code", code),
        ];
        (labels, error.count)
    });
    Family {
        name: "errors_total",
        help: "Attempts that failed, by kind and reply code.",
        points: Points::Counter(points.collect()),
    }
}
