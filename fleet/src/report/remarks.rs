//! Doubts about a run that do not make its figures worthless.

use emulator::{DropAccount, Transport};

use super::{faults, summary::transport_name};
use crate::{conductor::RunResult, scenario::Scenario};

/// Waiting that is worth a remark when it is also longer than the service: p99 in milliseconds.
const REMARKABLE_QUEUE_MS: f64 = 100.0;

/// Limits that were reached and other doubts.
pub(super) fn remarks(scenario: &Scenario, result: &RunResult) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(unfinished(scenario, result));
    let dropped: u64 = result.sinks.values().map(|sink| sink.totals.dropped).sum();
    if dropped > 0 {
        remarks.push(format!(
            "{dropped} messages were confirmed and then dropped by the embedded sink, as the real receiver does with more than 10 KB"
        ));
    }
    let waits = result.gathered.mailbox_waits;
    if waits > 0 {
        remarks.push(format!(
            "{waits} events waited for room in their device's mailbox"
        ));
    }
    let full = result.gathered.ledger.dropped(DropAccount::QueueFull);
    if full > 0 {
        remarks.push(format!("{full} messages found their device's queue full"));
    }
    for (transport, limit) in [
        (Transport::Email, scenario.smtp.connections),
        (Transport::Http, scenario.https.connections),
    ] {
        let histograms = result.gathered.histograms.transport(transport);
        let (queue, service) = (
            histograms.queue.quantile_ms(0.99),
            histograms.service.quantile_ms(0.99),
        );
        if queue
            .zip(service)
            .is_some_and(|(queue, service)| queue > service && queue > REMARKABLE_QUEUE_MS)
        {
            remarks.push(format!(
                "{}: messages waited longer than they took; {limit} connections at once, or one message at a time for each device, was the limit",
                transport_name(transport)
            ));
        }
    }
    remarks.extend(steered(result));
    remarks.extend(result.faults.iter().filter_map(faults::remark));
    remarks
}

/// What to say of a run that somebody steered.
fn steered(result: &RunResult) -> Option<String> {
    let count = result.interventions.len();
    let times = match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    (count > 0).then(|| {
        format!(
            "somebody intervened {times} while the run went on: what was sent is not what the scenario says, and the run compares with no other"
        )
    })
}

/// What to say of messages that had no outcome.
fn unfinished(scenario: &Scenario, result: &RunResult) -> Option<String> {
    let outstanding = result.gathered.ledger.outstanding();
    let drain = scenario.drain.as_secs_f64();
    let why = match (result.interrupted, result.stopped) {
        (_, true) => "when a second signal ended the waiting for them".to_owned(),
        (true, false) => format!(
            "{drain:.0} s after a signal had ended the traffic: the targets are too slow, or hang"
        ),
        (false, false) => format!(
            "when waiting for them ended, {drain:.0} s after the traffic: the targets are too slow, or hang"
        ),
    };
    (outstanding > 0).then(|| format!("{outstanding} messages had no outcome {why}"))
}
