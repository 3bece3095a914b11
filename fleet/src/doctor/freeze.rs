//! The proof: a target whose service times are known, and what a run says of it.
//!
//! Four columns stand side by side. *By arithmetic* is what the plan and the service times make, with
//! no wire and no machine between them. *At the target* is when the target answered, by its own stamps,
//! from when the message was due. *Reported* is what a run says. *Closed loop* is what a tool would have
//! said that sends the next message when the last is answered. Reported must be what happened at the
//! target; a thread that only sleeps and wakes tells whether the machine was quiet enough to ask.

mod closed_loop;
mod proof;
mod target;

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use emulator::Transport;
use sink::MessageKey;

pub use proof::{Proof, Row, Verdict, heading};
pub use target::Service;

use self::target::{Answers, Target};
use super::measure_lateness;
use crate::{
    clock,
    conductor::{self, Interrupts, RunError, RunResult, Watcher},
    courier::Unreachable,
    diagnostic::Diagnostic,
    journal::{Page, Record},
    record::{Gathered, Latency},
    scenario::{Overrides, Scenario, Source},
};

/// How far a reported percentile may be from what happened at the target: this share,
pub const TOLERANCE: f64 = 0.01;
/// or this much, whichever is more; in milliseconds.
pub const TOLERANCE_MS: f64 = 0.2;
/// A machine on which a thread wakes later than this at p99 is not quiet; in milliseconds.
pub const QUIET_MS: f64 = 0.2;
/// The percentiles that are compared.
pub const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// Devices that send: so many that none reaches its rate limit.
const DEVICES: u32 = 4_000;
const CONFIGURATION: &str = "\
service call-home
hostname {hostname}
call-home
 contact-email-addr noc@example.net
 mail-server target.example.net priority 1
 rate-limit 60
 no syslog-throttling
 profile \"noc\"
  destination preferred-msg-format short-text
  destination address email noc@example.net
  subscribe-to-alert-group syslog severity debugging pattern \".*\"
end
";

/// A target, and how it is loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// What a message takes.
    pub service: Service,
    /// Messages per second: half of what the target can do.
    pub rate_per_s: u32,
    /// How long, in seconds.
    pub seconds: u64,
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The cases, each at half load.
pub const CASES: [Case; 4] = [
    Case {
        name: "always 1 ms",
        service: Service::Fixed(ms(1)),
        rate_per_s: 500,
        seconds: 6,
    },
    Case {
        name: "always 10 ms",
        service: Service::Fixed(ms(10)),
        rate_per_s: 50,
        seconds: 12,
    },
    Case {
        name: "1 ms, one in twenty 20 ms",
        service: Service::Bimodal {
            usual: ms(1),
            rare: ms(20),
            every: 20,
        },
        rate_per_s: 250,
        seconds: 8,
    },
    Case {
        name: "1 ms, frozen 0.4 s every 4 s",
        service: Service::Stalls {
            each: ms(1),
            period: ms(4_000),
            frozen: ms(400),
        },
        rate_per_s: 450,
        seconds: 14,
    },
];

/// Why a case could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// No target, or no thread.
    #[error("cannot start the target")]
    Target(#[from] io::Error),
    /// The scenario of the proof is not accepted.
    #[error("the scenario of the proof is not accepted: {0}")]
    Scenario(String),
    /// The run did not take place.
    #[error("the run did not take place")]
    Run(#[from] RunError),
}

/// Tries `case`.
///
/// # Errors
/// When the target or the run cannot be started.
pub fn prove(case: Case) -> Result<Proof, FreezeError> {
    let target = Target::start(case.service)?;
    let target_begun = clock::now();
    let scenario = scenario(&case, &target)?;
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    let control = thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || measure_lateness(ms(1), || ended.load(Ordering::Relaxed)))?;
    let mut watcher = Listening::default();
    let result = actix::System::new().block_on(async {
        let (_sender, mut interrupts) = Interrupts::by_hand();
        conductor::conduct(Arc::clone(&scenario), &mut watcher, &mut interrupts, None).await
    });
    over.store(true, Ordering::Relaxed);
    // A thread that only measures does not panic; without it the machine counts as noisy.
    let control_p99_ms = control
        .join()
        .map_or(f64::INFINITY, |lateness| lateness.quantile_ms(0.99));
    let answers = target.stop();
    let result = result?;
    let closed = closed_loop(&case)?;
    let dues = dues(&watcher.pages, result.origin);
    let lag_p99_ms = result.gathered.histograms.lag.quantile_ms(0.99);
    let within = lag_p99_ms.is_none_or(|ms| ms <= scenario.lag_budget.as_secs_f64() * 1e3);
    Ok(Proof {
        case,
        answered: answers.len() as u64,
        reported: reported(&result).count(),
        rows: rows(&case, &result, &answers, &dues, (target_begun, &closed)),
        control_p99_ms,
        valid: within && result.is_balanced(),
    })
}

fn reported(result: &RunResult) -> &Latency {
    &result
        .gathered
        .histograms
        .transport(Transport::Email)
        .response
        .answered
}

fn rows(
    case: &Case,
    result: &RunResult,
    answers: &Answers,
    dues: &HashMap<MessageKey, Instant>,
    (target_begun, closed): (Instant, &Latency),
) -> Vec<Row> {
    let mut at_target = Latency::default();
    for (key, answered) in answers {
        if let Some(due) = dues.get(key) {
            at_target.record(answered.saturating_duration_since(*due));
        }
    }
    let arithmetic = by_arithmetic(&case.service, dues, target_begun);
    let value = |latency: &Latency, quantile| latency.quantile_ms(quantile).unwrap_or(0.0);
    let row = |(name, quantile)| Row {
        name,
        arithmetic_ms: value(&arithmetic, quantile),
        target_ms: value(&at_target, quantile),
        reported_ms: value(reported(result), quantile),
        closed_ms: value(closed, quantile),
    };
    QUANTILES.map(row).to_vec()
}

/// What plan and service times make: each message is at the desk when it is due.
fn by_arithmetic(
    service: &Service,
    dues: &HashMap<MessageKey, Instant>,
    target_begun: Instant,
) -> Latency {
    let mut instants: Vec<Instant> = dues.values().copied().collect();
    instants.sort_unstable();
    let mut latency = Latency::default();
    let mut free_at = Duration::ZERO;
    for (number, due) in (0..).zip(instants) {
        let arrived = due.saturating_duration_since(target_begun);
        free_at = service.done(arrived.max(free_at), service.time(number));
        latency.record(free_at - arrived);
    }
    latency
}

/// What a closed loop says of a target of its own, for as long.
fn closed_loop(case: &Case) -> io::Result<Latency> {
    let target = Target::start(case.service)?;
    let until = clock::now() + Duration::from_secs(case.seconds);
    let measured = closed_loop::measure(target.address(), until);
    target.stop();
    measured
}

/// When each message was due.
fn dues(pages: &[Page], origin: Instant) -> HashMap<MessageKey, Instant> {
    let mut dues = HashMap::new();
    for page in pages {
        let mut bytes = page.bytes();
        while let Ok(record) = Record::decode(&mut bytes) {
            if let Record::Queued { key, due_us, .. } = record {
                dues.insert(MessageKey(key), origin + Duration::from_micros(due_us));
            }
        }
    }
    dues
}

fn scenario(case: &Case, target: &Target) -> Result<Arc<Scenario>, FreezeError> {
    let text = format!(
        r#"
version  = 1
name     = "freeze"
seed     = 1
duration = "{}s"

[targets]
smtp = "{}"

[smtp]
connections = 600
reuse       = true

[[fleet]]
name     = "freeze"
count    = {DEVICES}
platform = "CISCO2951/K9"
config   = "freeze.ios"

[[traffic]]
name    = "known load"
arrival = {{ process = "poisson", rate = "{}/s" }}
syslog  = "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.{{1..254}})"
"#,
        case.seconds,
        target.address(),
        case.rate_per_s,
    );
    let source = Source::Composed {
        name: "proof",
        text,
        files: vec![("freeze.ios".to_owned(), CONFIGURATION.to_owned())],
    };
    let loaded = Scenario::load(&source, &Overrides::default());
    let wrong = |findings: Vec<Diagnostic>| {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| finding.render(false))
            .collect();
        FreezeError::Scenario(findings.join("\n"))
    };
    let scenario = loaded.map_err(wrong)?.scenario;
    Ok(Arc::new(scenario))
}

/// Keeps the journal in memory, and prints nothing.
#[derive(Default)]
struct Listening {
    pages: Vec<Page>,
}

impl Watcher for Listening {
    fn ready(&mut self, _: u32, _: Duration) {}

    fn unreachable_hosts(&mut self, _: &[Unreachable]) {}

    fn progress(&mut self, _: Duration, _: &Gathered, _: &Gathered) {}

    fn draining(&mut self, _: u64) {}

    fn keeps_journal(&self) -> bool {
        true
    }

    fn enter(&mut self, page: Page) {
        self.pages.push(page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_sees_what_a_closed_loop_does_not() {
        // A message every 2 ms for 8 s, and a stall of 0.4 s from the fourth second on.
        let begun = clock::now();
        let service = CASES[3].service;
        let dues: HashMap<_, _> = (0_u32..4_000)
            .map(|number| (MessageKey(number.into()), begun + ms(2) * number))
            .collect();
        let latency = by_arithmetic(&service, &dues, begun);
        assert_eq!(latency.count(), 4_000);
        let at = |quantile| latency.quantile_ms(quantile).unwrap();
        assert!((at(0.5) - 1.0).abs() < 0.01, "{}", at(0.5));
        // A tenth of the messages meets the stall or its queue.
        assert!(at(0.99) > 300.0, "{}", at(0.99));
        assert!((latency.max_ms().unwrap() - 401.0).abs() < 1.0);
    }
}
