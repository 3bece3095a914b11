//! When events happen.

use std::{ops::Range, time::Duration};

use toml::Spanned;

use super::super::Findings;
use crate::{
    scenario::{
        Arrival, Fleet,
        file::{ArrivalTable, ProcessWord, TrafficTable},
        traffic::BurstCount,
    },
    units::Period,
};

/// Most events of one burst on each device.
const PER_DEVICE_MAX: u32 = 10_000;
/// Most events of one burst in all.
const BURST_MAX: u64 = 50_000_000;

/// The arrival of `table`, if it makes sense.
pub(super) fn arrival(
    table: &TrafficTable,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Arrival> {
    let arrival = table.arrival.get_ref();
    match arrival.process {
        ProcessWord::Burst => burst(table, concerned, findings),
        ProcessWord::Constant | ProcessWord::Poisson => {
            let foreign = [
                ("count", arrival.count.as_ref().map(Spanned::span)),
                ("per-device", arrival.per_device.as_ref().map(Spanned::span)),
                ("within", arrival.within.as_ref().map(Spanned::span)),
            ];
            refuse(&foreign, "a steady arrival", "remove it", findings);
            let Some(rate) = &arrival.rate else {
                findings.add(
                    table.arrival.span(),
                    "a steady arrival has a rate",
                    "write rate = \"50/s\"",
                );
                return None;
            };
            let rate = rate.get_ref().per_second();
            Some(match arrival.process {
                ProcessWord::Constant => Arrival::Constant { rate },
                ProcessWord::Poisson | ProcessWord::Burst => Arrival::Poisson { rate },
            })
        }
    }
}

/// Refuses the keys that are there.
fn refuse(keys: &[(&str, Option<Range<usize>>)], what: &str, help: &str, findings: &mut Findings) {
    for (key, span) in keys {
        if let Some(span) = span {
            findings.add(span.clone(), format!("{what} has no `{key}`"), help);
        }
    }
}

fn burst(table: &TrafficTable, concerned: &[&Fleet], findings: &mut Findings) -> Option<Arrival> {
    let arrival = table.arrival.get_ref();
    refuse(
        &[("rate", arrival.rate.as_ref().map(Spanned::span))],
        "a burst",
        "write count or per-device, and within = \"2s\"",
        findings,
    );
    let (count, span) = burst_count(table, arrival, findings)?;
    let devices: u64 = concerned.iter().map(|fleet| u64::from(fleet.count)).sum();
    let events = match count {
        BurstCount::Total(count) => u64::from(count),
        BurstCount::PerDevice(count) => u64::from(count) * devices,
    };
    if events > BURST_MAX {
        findings.add(
            span,
            "so many events in one burst are absurd",
            "at most 50,000,000 in all",
        );
        return None;
    }
    let within = arrival.within.as_ref().map(|within| within.get_ref().0);
    Some(Arrival::Burst {
        count,
        within: within.unwrap_or_default(),
    })
}

/// How many events a burst has, and where that is written.
fn burst_count(
    table: &TrafficTable,
    arrival: &ArrivalTable,
    findings: &mut Findings,
) -> Option<(BurstCount, Range<usize>)> {
    let (count, written) = match (&arrival.count, &arrival.per_device) {
        (Some(count), None) => (BurstCount::Total(*count.get_ref()), count),
        (None, Some(count)) => (BurstCount::PerDevice(*count.get_ref()), count),
        (None, None) | (Some(_), Some(_)) => {
            findings.add(
                table.arrival.span(),
                "a burst has either `count` or `per-device`",
                "write count = 100 or per-device = 1",
            );
            return None;
        }
    };
    let wrong = match count {
        BurstCount::Total(0) | BurstCount::PerDevice(0) => {
            ("a burst of no events does nothing", "write 1 or more")
        }
        BurstCount::PerDevice(count) if count > PER_DEVICE_MAX => (
            "so many events on each device are absurd",
            "write at most 10000",
        ),
        BurstCount::Total(_) | BurstCount::PerDevice(_) => return Some((count, written.span())),
    };
    findings.add(written.span(), wrong.0, wrong.1);
    None
}

/// Warns of traffic that is to last longer than the run.
pub(super) fn check_end(
    table: &TrafficTable,
    begin: Duration,
    duration: Duration,
    findings: &mut Findings,
) {
    if begin >= duration {
        return;
    }
    let within = match table.arrival.get_ref().process {
        ProcessWord::Burst => table.arrival.get_ref().within.as_ref(),
        ProcessWord::Constant | ProcessWord::Poisson => None,
    };
    let name = table.name.get_ref();
    for lasts in [table.lasts.as_ref(), within].into_iter().flatten() {
        let end = begin.saturating_add(lasts.get_ref().0);
        if end > duration {
            findings.warn(
                lasts.span(),
                format!(
                    "`{name}` would last until {}, the run only until {}",
                    Period(end),
                    Period(duration)
                ),
                "what is left then does not happen; shorten it or lengthen `duration`",
            );
        }
    }
}
