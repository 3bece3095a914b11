//! Figure by figure: what the summary says against what the records say.

use serde_json::Value;

use super::{
    books::{Recount, TransportCounts},
    latency::Intervals,
    message::number,
};
use crate::journal::{
    reader::Contents,
    record::{ACCOUNTS, SETTLEMENTS, TRANSPORTS},
};

/// Histograms tell a thousandth apart; what they report may be off by this share.
const LATENCY_TOLERANCE: f64 = 2e-3;
/// And by this, from stamps in whole microseconds; in milliseconds.
const STAMP_TOLERANCE_MS: f64 = 3e-3;

/// What came of the comparison.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) agreements: usize,
    pub(super) differences: Vec<String>,
}

/// Compares `recount` with `summary`. Where records are lost, only what concerns the journal itself.
pub(super) fn compare(contents: &Contents, recount: &Recount, summary: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    let mut comparing = Comparing {
        summary,
        to: &mut comparison,
    };
    comparing.journal(contents);
    if contents.lost == 0 {
        comparing.ledger(recount);
        for (number, name) in TRANSPORTS.iter().enumerate() {
            let none = TransportCounts::default();
            let counts = recount.transports.get(&(number as u8)).unwrap_or(&none);
            comparing.transport(name, number as u8, counts, recount);
        }
        comparing.types(contents, recount);
        comparing.interval("/validity/lag_ms", &recount.lag);
    }
    comparison
}

struct Comparing<'a> {
    summary: &'a Value,
    to: &'a mut Comparison,
}

impl Comparing<'_> {
    /// The number at `path`.
    fn number(&self, path: &str) -> Option<f64> {
        self.summary.pointer(path).and_then(Value::as_f64)
    }

    fn hold(&mut self, path: &str, holds: bool, recounted: &str) {
        if holds {
            self.to.agreements += 1;
            return;
        }
        let name = path.trim_start_matches('/').replace('/', ".");
        let told = self.summary.pointer(path);
        let told = told.map_or_else(|| "nothing".to_owned(), Value::to_string);
        self.to.differences.push(format!(
            "summary.json says {told} of {name}, the records say {recounted}"
        ));
    }

    fn count(&mut self, path: &str, recounted: u64) {
        let told = self.summary.pointer(path).and_then(Value::as_u64);
        self.hold(path, told == Some(recounted), &recounted.to_string());
    }

    fn word(&mut self, path: &str, recounted: &str) {
        let told = self.summary.pointer(path).and_then(Value::as_str);
        self.hold(path, told == Some(recounted), recounted);
    }

    fn journal(&mut self, contents: &Contents) {
        self.word("/run/name", &contents.heading.name);
        self.count("/run/seed", contents.heading.seed);
        self.count("/devices", u64::from(contents.heading.devices));
        self.count("/journal/records", contents.records);
        self.count("/journal/lost", contents.lost);
        self.count("/journal/bytes", contents.bytes);
        self.word("/journal/digest", &contents.digest);
    }

    fn ledger(&mut self, recount: &Recount) {
        self.count("/ledger/events", recount.events);
        self.count("/ledger/unheard", recount.unheard);
        self.count("/ledger/triggers", recount.triggers);
        self.count("/ledger/candidates", recount.candidates);
        self.count("/ledger/messages", recount.sendable());
        for account in ACCOUNTS {
            let dropped = recount.dropped.get(account).copied().unwrap_or(0);
            self.count(&format!("/ledger/dropped/{account}"), dropped);
        }
        let settled = recount.settled;
        let oversize = settled[usize::from(number::OVERSIZE)];
        self.count("/ledger/dropped/oversize", oversize);
        for (name, count) in SETTLEMENTS.iter().zip(settled).take(3) {
            self.count(&format!("/ledger/{name}"), count);
        }
        let told = |comparing: &Self, name| {
            let count = comparing.summary.pointer(name).and_then(Value::as_u64);
            count.unwrap_or(0)
        };
        let left = told(self, "/ledger/queued") + told(self, "/ledger/in_flight");
        let holds = left == recount.outstanding;
        self.hold("/ledger/queued", holds, &recount.outstanding.to_string());
        let sum = |count: fn(&super::books::SinkCounts) -> u64| {
            recount.sinks.values().map(count).sum::<u64>()
        };
        self.count("/ledger/sink/received", sum(|sink| sink.received));
        self.count("/ledger/sink/duplicates", sum(|sink| sink.duplicates));
        self.count("/ledger/sink/dropped", sum(|sink| sink.dropped));
        self.count("/ledger/sink/missing", sum(|sink| sink.missing));
        let arrived = sum(|sink| sink.unconfirmed_arrived);
        self.count("/ledger/sink/unconfirmed_arrived", arrived);
    }

    fn transport(&mut self, name: &str, number: u8, counts: &TransportCounts, recount: &Recount) {
        let at = |figure: &str| format!("/transports/{name}/{figure}");
        self.count(&at("attempts"), counts.attempts);
        self.count(&at("bytes"), counts.bytes);
        self.count(&at("connections"), counts.connections);
        let rows = recount.rows.iter();
        let mut settled = [0; SETTLEMENTS.len()];
        for (_, row) in rows.filter(|((_, transport), _)| *transport == number) {
            for (sum, count) in settled.iter_mut().zip(row.settled) {
                *sum += count;
            }
        }
        for (ending, count) in SETTLEMENTS.iter().zip(settled).take(3) {
            self.count(&at(ending), count);
        }
        self.interval(&at("response_ms"), &counts.response);
        self.interval(&at("service_ms"), &counts.service);
        self.interval(&at("queue_ms"), &counts.queue);
    }

    fn types(&mut self, contents: &Contents, recount: &Recount) {
        for (number, name) in contents.heading.types.iter().enumerate() {
            let rows = recount.rows.iter();
            let own = rows.filter(|((kind, _), _)| usize::from(*kind) == number);
            let rows: Vec<_> = own.map(|(_, row)| *row).collect();
            if rows.is_empty() {
                continue;
            }
            let at = |figure: &str| format!("/by_type/{name}/{figure}");
            self.count(&at("queued"), rows.iter().map(|row| row.queued).sum());
            for (position, ending) in SETTLEMENTS.iter().enumerate().take(3) {
                let count = rows.iter().map(|row| row.settled[position]).sum();
                self.count(&at(ending), count);
            }
            let oversize = usize::from(number::OVERSIZE);
            let dropped = rows.iter().map(|row| row.dropped + row.settled[oversize]);
            self.count(&at("dropped"), dropped.sum());
            let none = Intervals::default();
            let responses = recount.by_type.get(&(number as u8)).unwrap_or(&none);
            self.interval(&at("response_ms"), responses);
        }
    }

    /// Compares the statistics at `path` with those of `intervals`.
    fn interval(&mut self, path: &str, intervals: &Intervals) {
        self.count(&format!("{path}/count"), intervals.answered() as u64);
        if intervals.unanswered() > 0 {
            let count = intervals.unanswered() as u64;
            self.count(&format!("{path}/unanswered"), count);
        }
        let mean = intervals.mean_ms();
        self.within(&format!("{path}/mean"), mean, mean);
        let max = intervals.max_ms();
        self.within(&format!("{path}/max"), max, max);
        for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999)] {
            let (least, most) = intervals.quantile_ms(quantile).unwrap_or_default();
            self.within(&format!("{path}/{name}"), least, most);
        }
    }

    fn within(&mut self, path: &str, least_ms: f64, most_ms: f64) {
        let holds = self.number(path).is_some_and(|told| {
            told >= least_ms * (1.0 - LATENCY_TOLERANCE) - STAMP_TOLERANCE_MS
                && told <= most_ms * (1.0 + LATENCY_TOLERANCE) + STAMP_TOLERANCE_MS
        });
        self.hold(path, holds, &format!("{most_ms:.3}"));
    }
}
