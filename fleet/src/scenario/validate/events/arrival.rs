//! When events happen.

use std::{ops::Range, time::Duration};

use toml::Spanned;

use super::super::Findings;
use crate::{
    scenario::{
        Arrival, Fleet,
        file::{ArrivalTable, ProcessWord, TrafficTable},
        traffic::{BURST_MAX, BurstCount, PER_DEVICE_MAX},
    },
    units::Period,
};

/// The arrival of `table`, if it makes sense.
pub(super) fn arrival(
    table: &TrafficTable,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Arrival> {
    let Some(arrival) = &table.arrival else {
        return once_each(table, findings);
    };
    if let Some(within) = &table.within {
        findings.add(
            within.span(),
            format!(
                "`{}` has `arrival` as well as `within`, which takes its place",
                table.name.get_ref()
            ),
            "remove one of them; a burst has a `within` of its own, as in arrival = { process = \"burst\", count = 100, within = \"2s\" }",
        );
    }
    match arrival.get_ref().process {
        ProcessWord::Burst => burst(arrival, concerned, findings),
        ProcessWord::Constant => steady(arrival, findings).map(|rate| Arrival::Constant { rate }),
        ProcessWord::Poisson => steady(arrival, findings).map(|rate| Arrival::Poisson { rate }),
    }
}

/// The arrival of a traffic that has `within` in place of one: one event on every device.
fn once_each(table: &TrafficTable, findings: &mut Findings) -> Option<Arrival> {
    let Some(within) = &table.within else {
        findings.add(
            table.name.span(),
            format!("`{}` does not say when its events happen", table.name.get_ref()),
            "write arrival = { process = \"poisson\", rate = \"50/s\" }; or at = \"20s\" and within = \"2s\" for one event on each device",
        );
        return None;
    };
    Some(Arrival::Burst {
        count: BurstCount::PerDevice(1),
        within: within.get_ref().0,
    })
}

/// The rate of a steady arrival.
fn steady(written: &Spanned<ArrivalTable>, findings: &mut Findings) -> Option<f64> {
    let arrival = written.get_ref();
    let foreign = [
        ("count", arrival.count.as_ref().map(Spanned::span)),
        ("per-device", arrival.per_device.as_ref().map(Spanned::span)),
        ("within", arrival.within.as_ref().map(Spanned::span)),
    ];
    refuse(&foreign, "a steady arrival", "remove it", findings);
    let Some(rate) = &arrival.rate else {
        findings.add(
            written.span(),
            "a steady arrival has a rate",
            "write rate = \"50/s\"",
        );
        return None;
    };
    Some(rate.get_ref().per_second())
}

/// Refuses the keys that are there.
fn refuse(keys: &[(&str, Option<Range<usize>>)], what: &str, help: &str, findings: &mut Findings) {
    for (key, span) in keys {
        if let Some(span) = span {
            findings.add(span.clone(), format!("{what} has no `{key}`"), help);
        }
    }
}

fn burst(
    written: &Spanned<ArrivalTable>,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Arrival> {
    let arrival = written.get_ref();
    refuse(
        &[("rate", arrival.rate.as_ref().map(Spanned::span))],
        "a burst",
        "write count or per-device, and within = \"2s\"",
        findings,
    );
    let (count, span) = burst_count(written, findings)?;
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
    written: &Spanned<ArrivalTable>,
    findings: &mut Findings,
) -> Option<(BurstCount, Range<usize>)> {
    let arrival = written.get_ref();
    let (count, span) = match (&arrival.count, &arrival.per_device) {
        (Some(count), None) => (BurstCount::Total(*count.get_ref()), count.span()),
        (None, Some(count)) => (BurstCount::PerDevice(*count.get_ref()), count.span()),
        (None, None) | (Some(_), Some(_)) => {
            findings.add(
                written.span(),
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
            "write at most 10,000",
        ),
        BurstCount::Total(_) | BurstCount::PerDevice(_) => return Some((count, span)),
    };
    findings.add(span, wrong.0, wrong.1);
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
    let arrival = table.arrival.as_ref().map(Spanned::get_ref);
    let within = match arrival.map(|arrival| arrival.process) {
        Some(ProcessWord::Burst) => arrival.and_then(|arrival| arrival.within.as_ref()),
        Some(ProcessWord::Constant | ProcessWord::Poisson) => None,
        None => table.within.as_ref(),
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
