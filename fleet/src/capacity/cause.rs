//! What gave way first: from the load that did not hold, and those that did.

use super::{GaveWay, Load, Outcome, Purpose, Step, StepFigures};

/// A service that takes no longer than this many times what it takes unloaded has not become slower.
const SLOWER: f64 = 1.25;
/// Connections are used up when so many of them are in use at a time.
const USED_UP: f64 = 0.9;

/// Kinds of errors of a target that lets nobody in.
const UNREACHABLE: [&str; 3] = ["connect_refused", "connect_timeout", "connect "];

/// How many messages a fleet can be sending at a time.
#[derive(Clone, Copy, Debug)]
pub struct Senders {
    /// Connections by mail, at most.
    pub smtp: u32,
    /// Connections by HTTPS, at most.
    pub https: u32,
    /// Devices, each of which sends one message at a time.
    pub devices: u32,
}

impl Senders {
    /// How many by the transports in use in `figures`, and what they are.
    fn most(self, figures: &StepFigures) -> (f64, &'static str) {
        let uses = |name: &str| figures.phases_ms.iter().any(|(own, _, _)| own == name);
        let of = |count: u32, name: &str| if uses(name) { count } else { 0 };
        let connections = of(self.smtp, "smtp").saturating_add(of(self.https, "https"));
        if self.devices < connections {
            (f64::from(self.devices), "devices")
        } else {
            (f64::from(connections), "connections")
        }
    }
}

/// What gave way first in `steps` of a fleet with so many `senders`. `None` when every load held.
///
/// That is what the lowest load did that did not hold, of those above every load that held: below, chance
/// had its share.
#[must_use]
pub fn gave_way(search: Load, steps: &[Step], senders: Senders) -> Option<GaveWay> {
    let tried = |step: &&Step| !matches!(step.purpose, Purpose::Overload | Purpose::Recover);
    let held = || {
        let tried = steps.iter().filter(tried);
        tried.filter(|step| step.outcome == Outcome::Held)
    };
    let highest = held().map(|step| step.load).fold(0.0, f64::max);
    let above = steps.iter().filter(tried);
    let above = above.filter(|step| step.outcome != Outcome::Held && step.load > highest);
    let first = above.min_by(|one, other| {
        // Where a load was tried twice, the last time counts.
        let loads = one.load.total_cmp(&other.load);
        loads.then(other.number.cmp(&one.number))
    })?;
    let calm = held().min_by(|one, other| one.load.total_cmp(&other.load));
    let (words, advice) = match first.outcome {
        Outcome::Generator => (
            format!("the generator: {}", first.broken.join("; ")),
            "the target may take more: let the generator have a machine of its own, or a faster one".to_owned(),
        ),
        Outcome::Devices => (
            format!("the devices' own policy: {}", first.broken.join("; ")),
            "the target may take more: let traffic at a constant rate come from more devices (--devices, or \
             per = \"device\" with --search devices), and raise their limit (--set call-home.rate-limit=60)"
                .to_owned(),
        ),
        Outcome::Held | Outcome::Broken => target(&first.figures, calm, &first.broken, senders),
    };
    Some(GaveWay {
        load: first.load,
        words: format!("at {}, {words}", search.words(first.load)),
        advice,
    })
}

/// How the target gave way, and what to do about it.
fn target(
    figures: &StepFigures,
    calm: Option<&Step>,
    broken: &[String],
    senders: Senders,
) -> (String, String) {
    let mut words = vec![broken.join("; ")];
    let mut advice =
        "the target takes no more as it is: give it more workers, or let less reach it at a \
                      time; --variant shows which policy of the devices would"
            .to_owned();
    if let Some(error) = &figures.error {
        words.push(format!("most frequent error: {error}"));
        if UNREACHABLE.iter().any(|kind| error.starts_with(kind)) {
            advice = "the target refuses connections, or does not answer them: its own log says why; it may be \
                      gone, or limit how many there are"
                .to_owned();
        }
    }
    let calm = calm.map(|step| &step.figures);
    let service = calm
        .and_then(|calm| calm.service_mean_ms)
        .zip(figures.service_mean_ms);
    let grown = service.is_none_or(|(before, now)| now > before * SLOWER);
    let (most, what) = senders.most(figures);
    if !grown && figures.concurrency > most * USED_UP {
        words.push(format!(
            "all {most:.0} {what} were busy sending while the target was as fast as before"
        ));
        advice = match what {
            "devices" => "the fleet's own limit binds, not the target: a device sends one message at a time, so \
                          take more devices (--devices)",
            _ => "the fleet's own limit binds, not the target: raise `connections` in [smtp] or [https]",
        }
        .to_owned();
    } else if let Some((phase, before, now)) = calm.and_then(|calm| grown_most(calm, figures)) {
        words.push(format!(
            "{phase} grew most, from {before:.1} to {now:.1} ms on average"
        ));
    }
    (words.join("; "), advice)
}

/// The part of a message's time that has grown most: its name, what it was, what it is; milliseconds.
fn grown_most(calm: &StepFigures, figures: &StepFigures) -> Option<(String, f64, f64)> {
    let phases = figures
        .phases_ms
        .iter()
        .filter_map(|(transport, phase, now)| {
            let mut before = calm.phases_ms.iter();
            let (_, _, before) = before.find(|(own, name, _)| own == transport && name == phase)?;
            Some((format!("{transport}.{phase}"), *before, *now))
        });
    let queue = calm.queue_mean_ms.zip(figures.queue_mean_ms);
    let queue = queue.map(|(before, now)| ("waiting in the devices".to_owned(), before, now));
    let all = phases.chain(queue);
    let most = all.max_by(|one, other| (one.2 - one.1).total_cmp(&(other.2 - other.1)))?;
    (most.2 > most.1).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(load: f64, outcome: Outcome, figures: StepFigures) -> Step {
        Step {
            number: 1,
            purpose: Purpose::Bracket,
            load,
            outcome,
            broken: match outcome {
                Outcome::Held => Vec::new(),
                Outcome::Broken | Outcome::Generator | Outcome::Devices => {
                    vec!["smtp.response.p99: 812 ms, wanted ≤ 100 ms".to_owned()]
                }
            },
            hold_s: 10.0,
            figures,
            directory: String::new(),
        }
    }

    fn senders(smtp: u32, devices: u32) -> Senders {
        Senders {
            smtp,
            https: 64,
            devices,
        }
    }

    fn figures(service_ms: f64, queue_ms: f64, data_ms: f64, concurrency: f64) -> StepFigures {
        StepFigures {
            service_mean_ms: Some(service_ms),
            queue_mean_ms: Some(queue_ms),
            phases_ms: vec![("smtp".to_owned(), "data".to_owned(), data_ms)],
            concurrency,
            ..StepFigures::default()
        }
    }

    #[test]
    fn the_lowest_load_that_did_not_hold_tells_and_its_slowest_part() {
        let steps = [
            step(100.0, Outcome::Held, figures(10.0, 0.1, 9.0, 1.0)),
            step(800.0, Outcome::Broken, figures(900.0, 5.0, 890.0, 64.0)),
            step(400.0, Outcome::Broken, figures(60.0, 0.2, 58.0, 24.0)),
            // A bad moment: more than that held.
            step(90.0, Outcome::Generator, figures(10.0, 0.1, 9.0, 1.0)),
        ];
        let gave_way = gave_way(Load::Rate, &steps, senders(64, 1000)).unwrap();
        assert_eq!(gave_way.load, 400.0);
        assert!(
            gave_way
                .words
                .ends_with("smtp.data grew most, from 9.0 to 58.0 ms on average"),
            "{}",
            gave_way.words
        );
        assert!(
            gave_way
                .words
                .starts_with("at 400 events/s, smtp.response.p99: 812 ms")
        );
    }

    #[test]
    fn connections_that_are_used_up_are_no_fault_of_the_target() {
        let steps = [
            step(100.0, Outcome::Held, figures(10.0, 0.1, 9.0, 1.0)),
            step(800.0, Outcome::Broken, figures(10.2, 700.0, 9.1, 7.9)),
        ];
        let cause = gave_way(Load::Rate, &steps, senders(8, 1000)).unwrap();
        assert!(cause.words.contains("all 8 connections"), "{}", cause.words);
        assert!(
            cause.advice.contains("raise `connections`"),
            "{}",
            cause.advice
        );
        let cause = gave_way(Load::Rate, &steps, senders(64, 8)).unwrap();
        assert!(cause.words.contains("all 8 devices"), "{}", cause.words);
        assert!(cause.advice.contains("--devices"), "{}", cause.advice);
    }

    #[test]
    fn a_target_that_lets_nobody_in_is_no_slow_one() {
        let mut gone = figures(10.0, 700.0, 9.0, 1.0);
        gone.error = Some("connect_refused (812 times): refused".to_owned());
        let steps = [
            step(100.0, Outcome::Held, figures(10.0, 0.1, 9.0, 1.0)),
            step(200.0, Outcome::Broken, gone),
        ];
        let cause = gave_way(Load::Rate, &steps, senders(64, 1000)).unwrap();
        assert!(
            cause.advice.starts_with("the target refuses connections"),
            "{}",
            cause.advice
        );
    }

    #[test]
    fn nothing_gives_way_where_everything_holds() {
        let steps = [step(100.0, Outcome::Held, figures(1.0, 0.0, 1.0, 1.0))];
        assert_eq!(gave_way(Load::Rate, &steps, senders(8, 8)), None);
    }
}
