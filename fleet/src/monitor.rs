//! What the generator itself costs: processor time, memory, and the limits it may run into.

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeValLike;

/// Files that a run needs besides its connections.
const FILES_BESIDES_CONNECTIONS: u64 = 128;

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time in seconds, embedded sinks included.
    pub cpu_s: f64,
    /// Largest resident memory so far, in bytes.
    pub peak_rss_bytes: u64,
}

impl Usage {
    /// What this process has used so far.
    pub fn now() -> Self {
        let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
            return Self::default();
        };
        let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
        Self {
            cpu_s: seconds(usage.user_time()) + seconds(usage.system_time()),
            // The system counts in kilobytes.
            peak_rss_bytes: u64::try_from(usage.max_rss()).unwrap_or(0) * 1024,
        }
    }
}

/// Memory that is resident at the moment, in bytes; the largest so far where the system does not
/// tell.
pub fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.map_or_else(|| Usage::now().peak_rss_bytes, |number| number * 1024)
}

/// Too few files may be open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the run needs {needed} open files, but the limit is {limit}")]
pub struct TooFewFiles {
    /// What the run needs.
    pub needed: u64,
    /// What may be open.
    pub limit: u64,
}

/// Open files that a run with `connections` connections needs, and the other ends, here, of `embedded`
/// ones.
pub fn files_needed(connections: u64, embedded: u64) -> u64 {
    connections + embedded + FILES_BESIDES_CONNECTIONS
}

/// Open files that this process may have, once it has asked for all it may; `None` where the system
/// does not tell.
pub fn files_allowed() -> Option<u64> {
    getrlimit(Resource::RLIMIT_NOFILE)
        .ok()
        .map(|(_, hard)| hard)
}

/// Makes room for `connections` open connections and the other ends, here, of `embedded` ones.
///
/// # Errors
/// When even the hard limit is too low.
pub fn make_room_for(connections: u64, embedded: u64) -> Result<(), TooFewFiles> {
    let needed = files_needed(connections, embedded);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        // A system that does not tell has no limit that we could mend.
        return Ok(());
    };
    // All there is: connections that are parting need files beyond the limits, too.
    let raised = soft >= hard || setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    let limit = if raised { hard } else { soft };
    if needed > limit {
        return Err(TooFewFiles { needed, limit });
    }
    Ok(())
}

/// Processors that this process may use.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// Release of the running kernel.
pub fn kernel() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(
        |_| "unknown".to_owned(),
        |release| release.trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_has_been_given_back_is_not_resident() {
        const BYTES: usize = 256 << 20;
        drop(std::hint::black_box(vec![1_u8; BYTES]));
        let resident = resident_bytes();
        let peak = Usage::now().peak_rss_bytes;
        assert!(
            resident > 0 && resident + BYTES as u64 / 2 < peak,
            "{resident} of {peak}"
        );
    }
}
