//! Figure by figure: what the summary says against what the records say.

use serde_json::Value;

use super::{
    books::{Recount, TransportCounts},
    latency::Intervals,
    message::number,
};
use crate::journal::{
    JOURNAL_FILE,
    reader::Contents,
    record::{ACCOUNTS, SETTLEMENTS, TRANSPORTS},
};

/// Histograms tell a thousandth apart; what they report may be off by this share.
const LATENCY_TOLERANCE: f64 = 2e-3;
/// And by this, from stamps in whole microseconds; in milliseconds.
const STAMP_TOLERANCE_MS: f64 = 3e-3;

/// The percentiles of a summary.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999)];

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
        warm_up_s: contents.heading.warm_up_us as f64 / 1e6,
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
        comparing.fleets(contents, recount);
        comparing.interval("/validity/lag_ms", &recount.lag);
        comparing.stay(recount);
        comparing.verdict(recount);
    }
    comparison
}

struct Comparing<'a> {
    summary: &'a Value,
    /// What is left out of the figures, in seconds.
    warm_up_s: f64,
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
        self.word("/journal/file", JOURNAL_FILE);
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
        self.count("/ledger/sink/unknown", sum(|sink| sink.unknown));
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
        self.rate(name, counts);
        let failed = recount.failed_attempts.get(&number).copied().unwrap_or(0);
        let told = self.errors_of(name);
        self.hold("/errors", told == failed, &format!("{failed} by {name}"));
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

    fn fleets(&mut self, contents: &Contents, recount: &Recount) {
        for ((name, _), fleet) in contents.heading.fleets.iter().zip(&recount.by_fleet) {
            // Names may hold what a pointer takes for its own.
            let name = name.replace('~', "~0").replace('/', "~1");
            let at = |figure: &str| format!("/by_fleet/{name}/{figure}");
            if self.summary.pointer(&at("queued")).is_none() && fleet.row.queued == 0 {
                continue;
            }
            self.count(&at("queued"), fleet.row.queued);
            for (position, ending) in SETTLEMENTS.iter().enumerate().take(3) {
                self.count(&at(ending), fleet.row.settled[position]);
            }
            let oversize = fleet.row.settled[usize::from(number::OVERSIZE)];
            self.count(&at("dropped"), fleet.row.dropped + oversize);
            self.interval(&at("response_ms"), &fleet.response);
        }
    }

    /// Failed attempts by transport `name` that the summary tells.
    fn errors_of(&self, name: &str) -> u64 {
        let errors = self.summary.get("errors").and_then(Value::as_array);
        let own = errors
            .into_iter()
            .flatten()
            .filter(|row| row["transport"] == name);
        own.filter_map(|row| row["count"].as_u64()).sum()
    }

    /// The rate must follow from the answers and the length that the summary tells.
    fn rate(&mut self, name: &str, counts: &TransportCounts) {
        let wall_s = self.number("/run/wall_s").unwrap_or(0.0);
        let span_s = wall_s - self.warm_up_s;
        let rate = match span_s > 0.0 {
            true => counts.response.answered() as f64 / span_s,
            false => 0.0,
        };
        let path = format!("/transports/{name}/rate_per_s");
        let told = self.number(&path).unwrap_or(-1.0);
        let holds = (told - rate).abs() <= rate * LATENCY_TOLERANCE + 1e-3;
        self.hold(&path, holds, &format!("{rate:.3}"));
    }

    /// How long messages stayed on average, as one side of Little's law has it.
    fn stay(&mut self, recount: &Recount) {
        let mean = recount.stayed_us as f64 / 1e3 / recount.messages.max(1) as f64;
        self.within("/validity/littles_law/mean_stay_ms", mean, mean);
    }

    /// What the summary concludes must follow from what it tells.
    fn verdict(&mut self, recount: &Recount) {
        let flag = |path: &str| self.summary.pointer(path).and_then(Value::as_bool);
        let (balanced, valid) = (flag("/ledger/balanced"), flag("/validity/valid"));
        let thresholds = self.summary.get("thresholds").and_then(Value::as_array);
        let passed = thresholds.is_some_and(|all| all.iter().all(|one| one["passed"] == true));
        let reasons = self
            .summary
            .pointer("/validity/reasons")
            .and_then(Value::as_array);
        let no_reasons = reasons.is_some_and(Vec::is_empty);
        let books = recount.contradictions.is_empty();
        self.hold(
            "/ledger/balanced",
            balanced == Some(books),
            &books.to_string(),
        );
        self.hold(
            "/validity/valid",
            valid == Some(no_reasons),
            "something else",
        );
        let follows = match (valid, balanced, passed) {
            (Some(false), _, _) => "invalid",
            (_, Some(false), _) => "unbalanced",
            (_, _, false) => "failed",
            (_, _, true) => "passed",
        };
        let told = self.summary.get("verdict").and_then(Value::as_str);
        let holds = told == Some(follows) || told == Some("interrupted");
        self.hold("/verdict", holds, follows);
    }

    /// Compares the statistics at `path` with those of `intervals`.
    fn interval(&mut self, path: &str, intervals: &Intervals) {
        self.count(&format!("{path}/count"), intervals.answered() as u64);
        let unanswered = intervals.unanswered() as u64;
        let told = self.summary.pointer(&format!("{path}/unanswered"));
        if unanswered > 0 || told.is_some() {
            self.count(&format!("{path}/unanswered"), unanswered);
        }
        self.lower_bounds(path, intervals);
        let mean = intervals.mean_ms();
        self.within(&format!("{path}/mean"), mean, mean);
        let max = intervals.max_ms();
        self.within(&format!("{path}/max"), max, max);
        for (name, quantile) in QUANTILES {
            let (least, most) = intervals.quantile_ms(quantile).unwrap_or_default();
            self.within(&format!("{path}/{name}"), least, most);
        }
    }

    /// What is only known to be at least that large must be named so, and nothing else.
    fn lower_bounds(&mut self, path: &str, intervals: &Intervals) {
        let quantiles = QUANTILES.iter();
        let mut bounds: Vec<&str> = quantiles
            .filter(|(_, quantile)| intervals.is_lower_bound(*quantile))
            .map(|(name, _)| *name)
            .collect();
        bounds.extend((intervals.unanswered() > 0).then_some("max"));
        let path = format!("{path}/lower_bounds");
        let told = self.summary.pointer(&path).and_then(Value::as_array);
        let told: Vec<_> = told
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let recounted = if bounds.is_empty() {
            "none".to_owned()
        } else {
            bounds.join(", ")
        };
        self.hold(&path, told == bounds, &recounted);
    }

    fn within(&mut self, path: &str, least_ms: f64, most_ms: f64) {
        let holds = self.number(path).is_some_and(|told| {
            told >= least_ms * (1.0 - LATENCY_TOLERANCE) - STAMP_TOLERANCE_MS
                && told <= most_ms * (1.0 + LATENCY_TOLERANCE) + STAMP_TOLERANCE_MS
        });
        self.hold(path, holds, &format!("{most_ms:.3}"));
    }
}
