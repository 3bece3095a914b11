//! What the machine says of itself: read from the system, judged elsewhere.

use std::{fs, path::Path, time::Duration};

use nix::sys::resource::{Resource, getrlimit};

use super::{Lateness, measure_lateness};
use crate::{clock, monitor};

/// How often the waking of a thread is tried, and how long in all.
const WAKE_STEP: Duration = Duration::from_millis(1);
const WAKE_FOR: Duration = Duration::from_secs(2);
/// How often the clock is read to see what that costs.
const CLOCK_READS: u32 = 100_000;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Open files that a process may have; at most so many if it asks.
    pub files: Option<(u64, u64)>,
    /// First and last port of connections.
    pub ports: Option<(u16, u16)>,
    /// Connections that wait for their end, each with a port.
    pub time_wait: Option<u64>,
    /// Most connections that wait to be accepted by a listener.
    pub accept_queue: Option<u64>,
    /// What the kernel tells the time by.
    pub clock_source: Option<String>,
    /// What one look at the clock costs, in nanoseconds.
    pub clock_read_ns: f64,
    /// How late a thread wakes.
    pub lateness: Lateness,
    /// Processors.
    pub cpus: usize,
    /// Share of processor time that the hypervisor gave to others while we looked, 0 to 1.
    pub stolen: Option<f64>,
    /// Share of processor time that other processes used, 0 to 1.
    pub foreign: Option<f64>,
    /// Processors that a control group lets us have.
    pub quota_cpus: Option<f64>,
    /// How processors choose their frequency.
    pub governor: Option<String>,
    /// Memory to be had, in bytes.
    pub memory_bytes: Option<u64>,
}

impl Facts {
    /// Looks at the machine, for some two seconds.
    pub fn gather() -> Self {
        let before = CpuTimes::now();
        let until = clock::now() + WAKE_FOR;
        let waking =
            std::thread::spawn(move || measure_lateness(WAKE_STEP, || clock::now() >= until));
        // A thread that measures does not panic; without it nothing was measured.
        let lateness = waking.join().unwrap_or_default();
        let own_s = monitor::Usage::now().cpu_s;
        let shares = before
            .zip(CpuTimes::now())
            .map(|(before, after)| after.since(&before, own_s));
        Self {
            files: getrlimit(Resource::RLIMIT_NOFILE).ok(),
            ports: ports(),
            time_wait: sockets_in_time_wait(),
            accept_queue: number("/proc/sys/net/core/somaxconn"),
            clock_source: word("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            clock_read_ns: clock_read_ns(),
            lateness,
            cpus: monitor::cpus(),
            stolen: shares.map(|(stolen, _)| stolen),
            foreign: shares.map(|(_, foreign)| foreign),
            quota_cpus: word("/sys/fs/cgroup/cpu.max").and_then(|text| quota(&text)),
            governor: word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            memory_bytes: memory(),
        }
    }
}

/// The first line of a file of the system; `None` where there is none.
fn word(path: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new(path)).ok()?;
    text.lines().next().map(|line| line.trim().to_owned())
}

fn number(path: &str) -> Option<u64> {
    word(path)?.parse().ok()
}

fn ports() -> Option<(u16, u16)> {
    let text = word("/proc/sys/net/ipv4/ip_local_port_range")?;
    let mut parts = text.split_whitespace();
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// From `TCP: inuse 12 orphan 0 tw 45 alloc 19 mem 3`.
fn sockets_in_time_wait() -> Option<u64> {
    let text = fs::read_to_string("/proc/net/sockstat").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "tw");
    words.nth(1)?.parse().ok()
}

/// From `max 100000`, or `150000 100000`: microseconds in each period.
fn quota(text: &str) -> Option<f64> {
    let (most, period) = text.split_once(' ')?;
    let (most, period): (f64, f64) = (most.parse().ok()?, period.parse().ok()?);
    (period > 0.0).then_some(most / period)
}

fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().split(' ').next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn clock_read_ns() -> f64 {
    let begun = clock::now();
    for _ in 0..CLOCK_READS {
        std::hint::black_box(clock::now());
    }
    let took = clock::now().saturating_duration_since(begun);
    took.as_nanos() as f64 / f64::from(CLOCK_READS)
}

/// Processor time of the whole machine since it started, in ticks, and of this process in seconds.
#[derive(Clone, Copy, Debug)]
struct CpuTimes {
    busy: u64,
    stolen: u64,
    all: u64,
    own_s: f64,
}

impl CpuTimes {
    fn now() -> Option<Self> {
        let line = word("/proc/stat")?;
        Self::parse(&line, monitor::Usage::now().cpu_s)
    }

    /// From `cpu user nice system idle iowait irq softirq steal ...`.
    fn parse(line: &str, own_s: f64) -> Option<Self> {
        let numbers = line.strip_prefix("cpu ")?.split_whitespace();
        let ticks: Vec<u64> = numbers.map_while(|number| number.parse().ok()).collect();
        let [user, nice, system, idle, iowait, irq, softirq, stolen, ..] = ticks[..] else {
            return None;
        };
        let busy = user + nice + system + irq + softirq;
        Some(Self {
            busy,
            stolen,
            all: busy + idle + iowait + stolen,
            own_s,
        })
    }

    /// Shares of the time since `before` that were stolen, and used by other processes.
    fn since(&self, before: &Self, own_s: f64) -> (f64, f64) {
        // The kernel counts a hundred ticks a second.
        const TICKS_PER_S: f64 = 100.0;
        let all = (self.all - before.all).max(1) as f64;
        let own = (own_s - before.own_s) * TICKS_PER_S;
        let foreign = ((self.busy - before.busy) as f64 - own).max(0.0);
        ((self.stolen - before.stolen) as f64 / all, foreign / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_time_between_two_looks() {
        let parse = |line, own_s| CpuTimes::parse(line, own_s).unwrap();
        let before = parse("cpu  100 0 100 1000 0 0 0 0 0 0", 1.0);
        let after = parse("cpu  150 0 130 1100 0 0 0 20 0 0", 1.3);
        let (stolen, foreign) = after.since(&before, 1.3);
        assert!((stolen - 0.1).abs() < 1e-9);
        assert!((foreign - 0.25).abs() < 1e-9);
        assert!(CpuTimes::parse("intr 1 2 3", 0.0).is_none());
    }

    #[test]
    fn a_quota_is_processors() {
        assert_eq!(quota("150000 100000"), Some(1.5));
        assert_eq!(quota("max 100000"), None);
        assert_eq!(quota("nonsense"), None);
    }
}
