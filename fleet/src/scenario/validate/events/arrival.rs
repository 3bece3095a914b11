//! When events happen.

use std::{ops::Range, sync::Arc, time::Duration};

use toml::Spanned;

use super::super::Findings;
use crate::{
    replay::Recording,
    scenario::{
        Arrival, Fleet, Per, RateProfile, RateStretch, Source, Spacing, Spread,
        file::{ArrivalTable, PerWord, ProcessWord, SpacingWord, SpreadWord, TrafficTable},
        traffic::{BURST_MAX, BurstCount, PER_DEVICE_MAX},
    },
    units::Period,
};

/// Shortest stretch of a rate that changes.
const STRETCH_LEAST: Duration = Duration::from_millis(1);
/// How much later devices beyond the sources of a recording play their source, at most.
const STAGGER_DEFAULT: Duration = Duration::from_secs(1);

/// The arrival of `table`, which lasts for `lasts`, if it makes sense.
pub(super) fn arrival(
    source: &Source,
    table: &TrafficTable,
    concerned: &[&Fleet],
    lasts: Duration,
    findings: &mut Findings,
) -> Option<Arrival> {
    if let Some(path) = &table.recording {
        return recording(source, table, path, concerned, findings);
    }
    if let Some(stagger) = &table.stagger {
        findings.add(
            stagger.span(),
            "`stagger` belongs to a recording",
            "remove it",
        );
    }
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
    if let Some(spread) = &table.spread {
        findings.add(
            spread.span(),
            "`spread` belongs to `within`, and this traffic has an `arrival`",
            "remove it; a burst has a `spread` of its own",
        );
    }
    keys(arrival, findings);
    match arrival.get_ref().process {
        ProcessWord::Burst => burst(arrival, concerned, findings),
        ProcessWord::Recorded => recorded(source, arrival, findings),
        ProcessWord::Constant => at_rate(arrival, Spacing::Equal, constant(arrival, findings)),
        ProcessWord::Poisson => at_rate(arrival, Spacing::Random, constant(arrival, findings)),
        ProcessWord::Ramp => at_rate(arrival, Spacing::Random, ramp(arrival, lasts, findings)),
        ProcessWord::Steps => at_rate(arrival, Spacing::Random, steps(arrival, findings)),
        ProcessWord::Spike => at_rate(arrival, Spacing::Random, spike(arrival, findings)),
        ProcessWord::OnOff => at_rate(arrival, Spacing::Random, on_off(arrival, findings)),
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
        spread: spread(table.spread.as_ref()),
    })
}

fn spread(word: Option<&Spanned<SpreadWord>>) -> Spread {
    match word.map(Spanned::get_ref) {
        Some(SpreadWord::Early) => Spread::Early,
        Some(SpreadWord::Middle) => Spread::Middle,
        Some(SpreadWord::Even) | None => Spread::Even,
    }
}

/// The keys of each process beside `process` itself.
fn keys_of(process: ProcessWord) -> &'static [&'static str] {
    match process {
        ProcessWord::Constant | ProcessWord::Poisson => &["rate", "per"],
        ProcessWord::Ramp => &["from", "to", "spacing", "per"],
        ProcessWord::Steps => &["rates", "every", "spacing", "per"],
        ProcessWord::Spike => &["rate", "peak", "after", "lasts", "spacing", "per"],
        ProcessWord::OnOff => &["rate", "on", "off", "spacing", "per"],
        ProcessWord::Burst => &["count", "per-device", "within", "spread"],
        ProcessWord::Recorded => &["times"],
    }
}

/// Refuses keys that mean nothing to the process.
fn keys(written: &Spanned<ArrivalTable>, findings: &mut Findings) {
    fn span<T>(value: &Option<Spanned<T>>) -> Option<Range<usize>> {
        value.as_ref().map(Spanned::span)
    }
    let arrival = written.get_ref();
    let own = keys_of(arrival.process);
    let all = [
        ("rate", span(&arrival.rate)),
        ("from", span(&arrival.from)),
        ("to", span(&arrival.to)),
        ("rates", span(&arrival.rates)),
        ("every", span(&arrival.every)),
        ("peak", span(&arrival.peak)),
        ("after", span(&arrival.after)),
        ("lasts", span(&arrival.lasts)),
        ("on", span(&arrival.on)),
        ("off", span(&arrival.off)),
        ("times", span(&arrival.times)),
        ("spacing", span(&arrival.spacing)),
        ("per", span(&arrival.per)),
        ("spread", span(&arrival.spread)),
        ("count", span(&arrival.count)),
        ("per-device", span(&arrival.per_device)),
        ("within", span(&arrival.within)),
    ];
    for (key, span) in all {
        if let Some(span) = span.filter(|_| !own.contains(&key)) {
            findings.add(
                span,
                format!("`{key}` means nothing to this arrival"),
                format!("remove it; this process has {}", own.join(", ")),
            );
        }
    }
}

fn at_rate(
    written: &Spanned<ArrivalTable>,
    by_default: Spacing,
    profile: Option<RateProfile>,
) -> Option<Arrival> {
    let arrival = written.get_ref();
    let spacing = match arrival.spacing.as_ref().map(|word| *word.get_ref()) {
        Some(SpacingWord::Equal) => Spacing::Equal,
        Some(SpacingWord::Random) => Spacing::Random,
        None => by_default,
    };
    let per = match arrival.per.as_ref().map(|word| *word.get_ref()) {
        Some(PerWord::Device) => Per::Device,
        Some(PerWord::Site) => Per::Site,
        Some(PerWord::Fleet) | None => Per::All,
    };
    Some(Arrival::Rate {
        profile: profile?,
        spacing,
        per,
    })
}

/// The value of a key that has to be there.
fn needed<'t, T>(
    written: &Spanned<ArrivalTable>,
    value: &'t Option<Spanned<T>>,
    what: &str,
    help: &str,
    findings: &mut Findings,
) -> Option<&'t T> {
    if value.is_none() {
        findings.add(written.span(), what, help);
    }
    value.as_ref().map(Spanned::get_ref)
}

/// A time that is long enough to be one.
fn some_time(
    written: &Spanned<ArrivalTable>,
    value: &Option<Spanned<Period>>,
    what: &str,
    help: &str,
    findings: &mut Findings,
) -> Option<Duration> {
    let period = needed(written, value, what, help, findings)?.0;
    if period < STRETCH_LEAST {
        findings.add(
            value.as_ref().map_or(0..0, Spanned::span),
            "a rate stays for a millisecond at least",
            help,
        );
        return None;
    }
    Some(period)
}

fn constant(written: &Spanned<ArrivalTable>, findings: &mut Findings) -> Option<RateProfile> {
    let help = "write rate = \"50/s\"";
    let rate = &written.get_ref().rate;
    let rate = needed(written, rate, "a steady arrival has a rate", help, findings)?;
    Some(RateProfile::constant(rate.per_second()))
}

fn ramp(
    written: &Spanned<ArrivalTable>,
    lasts: Duration,
    findings: &mut Findings,
) -> Option<RateProfile> {
    let what = "a ramp goes from one rate to another";
    let help = "write from = \"1/s\" and to = \"100/s\"";
    let arrival = written.get_ref();
    let from = needed(written, &arrival.from, what, help, findings)?.per_second();
    let to = needed(written, &arrival.to, what, help, findings)?.per_second();
    let stretch = RateStretch {
        lasts: Some(lasts).filter(|lasts| !lasts.is_zero()),
        from,
        to,
    };
    Some(once(vec![stretch]))
}

fn steps(written: &Spanned<ArrivalTable>, findings: &mut Findings) -> Option<RateProfile> {
    let what = "steps are rates, each for a time";
    let help = "write rates = [\"10/s\", \"50/s\", \"100/s\"] and every = \"10s\"";
    let arrival = written.get_ref();
    let rates = needed(written, &arrival.rates, what, help, findings)?;
    let every = some_time(written, &arrival.every, what, help, findings)?;
    if rates.is_empty() {
        findings.add(written.span(), "steps without a rate", help);
        return None;
    }
    let last = rates.len() - 1;
    let stretches = rates.iter().enumerate().map(|(place, rate)| RateStretch {
        // The last step goes on to the end.
        lasts: (place < last).then_some(every),
        from: rate.per_second(),
        to: rate.per_second(),
    });
    Some(once(stretches.collect()))
}

fn spike(written: &Spanned<ArrivalTable>, findings: &mut Findings) -> Option<RateProfile> {
    let what = "a spike is a peak, after a time and for a time, above a rate";
    let help = "write rate = \"10/s\", peak = \"500/s\", after = \"10s\" and lasts = \"2s\"";
    let arrival = written.get_ref();
    let rate = needed(written, &arrival.rate, what, help, findings)?.per_second();
    let peak = needed(written, &arrival.peak, what, help, findings)?.per_second();
    let after = some_time(written, &arrival.after, what, help, findings)?;
    let lasts = some_time(written, &arrival.lasts, what, help, findings)?;
    let level = |lasts, rate| RateStretch {
        lasts,
        from: rate,
        to: rate,
    };
    Some(once(vec![
        level(Some(after), rate),
        level(Some(lasts), peak),
        level(None, rate),
    ]))
}

fn on_off(written: &Spanned<ArrivalTable>, findings: &mut Findings) -> Option<RateProfile> {
    let what = "an on-off arrival has a rate, and a time for which it is on and off in turn";
    let help = "write rate = \"100/s\", on = \"2s\" and off = \"8s\"";
    let arrival = written.get_ref();
    let rate = needed(written, &arrival.rate, what, help, findings)?.per_second();
    let on = some_time(written, &arrival.on, what, help, findings)?;
    let off = some_time(written, &arrival.off, what, help, findings)?;
    let level = |lasts, rate| RateStretch {
        lasts: Some(lasts),
        from: rate,
        to: rate,
    };
    Some(RateProfile {
        stretches: vec![level(on, rate), level(off, 0.0)],
        repeats: true,
    })
}

fn once(stretches: Vec<RateStretch>) -> RateProfile {
    RateProfile {
        stretches,
        repeats: false,
    }
}

/// Lines that were recorded, with their instants and sources.
fn recording(
    source: &Source,
    table: &TrafficTable,
    path: &Spanned<String>,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Arrival> {
    let others = [
        ("arrival", table.arrival.as_ref().map(Spanned::span)),
        ("within", table.within.as_ref().map(Spanned::span)),
        ("syslog", table.syslog.as_ref().map(Spanned::span)),
        ("event", table.event.as_ref().map(Spanned::span)),
    ];
    for (key, span) in others {
        if let Some(span) = span {
            findings.add(
                span,
                format!("a recording says what `{key}` says, and this traffic has one"),
                "remove one of them",
            );
        }
    }
    let help = "`fleet replay` makes recordings of syslog files";
    let text = match source.read_recording(path.get_ref()) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read {}: {error}", path.get_ref());
            findings.add(path.span(), message, help);
            return None;
        }
    };
    let recording = match Recording::parse(&text) {
        Ok(recording) => recording,
        Err(error) => {
            findings.add(path.span(), format!("{}: {error}", path.get_ref()), help);
            return None;
        }
    };
    let devices: u64 = concerned.iter().map(|fleet| u64::from(fleet.count)).sum();
    let copies = devices.div_ceil(u64::from(recording.sources.max(1)));
    if copies.saturating_mul(recording.lines.len() as u64) > BURST_MAX {
        findings.add(
            path.span(),
            "so many events are absurd: every device plays its source",
            "concern fewer devices; at most 50,000,000 events in all",
        );
        return None;
    }
    let stagger = table.stagger.as_ref().map(|stagger| stagger.get_ref().0);
    Some(Arrival::Recording {
        recording: Arc::new(recording),
        stagger: stagger.unwrap_or(STAGGER_DEFAULT),
    })
}

/// Instants that were written down: a file of seconds behind the beginning, one on each line.
fn recorded(
    source: &Source,
    written: &Spanned<ArrivalTable>,
    findings: &mut Findings,
) -> Option<Arrival> {
    let help = "name a text file of seconds, one on each line, as in times = \"instants.txt\"";
    let times = &written.get_ref().times;
    let path = needed(
        written,
        times,
        "recorded arrivals have a file of times",
        help,
        findings,
    )?;
    let span = times.as_ref().map_or(0..0, Spanned::span);
    let text = match source.read_related(path) {
        Ok(text) => text,
        Err(error) => {
            findings.add(span, format!("cannot read {path}: {error}"), help);
            return None;
        }
    };
    let mut instants = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let instant = line.parse::<f64>().ok();
        let instant = instant.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let Some(instant) = instant else {
            findings.add(
                span,
                format!("{path}, line {number}: `{line}` is no time"),
                help,
            );
            return None;
        };
        instants.push(instant);
    }
    if instants.len() as u64 > BURST_MAX {
        findings.add(span, "so many instants are absurd", "at most 50,000,000");
        return None;
    }
    instants.sort_unstable();
    Some(Arrival::Recorded(instants.into()))
}

fn burst(
    written: &Spanned<ArrivalTable>,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Arrival> {
    let arrival = written.get_ref();
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
        spread: spread(arrival.spread.as_ref()),
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
        Some(
            ProcessWord::Constant
            | ProcessWord::Poisson
            | ProcessWord::Ramp
            | ProcessWord::Steps
            | ProcessWord::Spike
            | ProcessWord::OnOff
            | ProcessWord::Recorded,
        ) => None,
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
