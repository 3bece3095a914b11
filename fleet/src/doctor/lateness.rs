//! How late a thread wakes that asks for absolute instants, as the pacing thread does.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{clock, record::Latency};

/// How late the wakings of a thread were.
#[derive(Clone, Debug, Default)]
pub struct Lateness(Latency);

impl Lateness {
    /// The value at `quantile` in milliseconds; 0 when nothing was measured.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.0.quantile_ms(quantile).unwrap_or(0.0)
    }

    /// The largest in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.0.max_ms().unwrap_or(0.0)
    }

    /// One waking that was so late.
    pub fn record(&mut self, late: Duration) {
        self.0.record(late);
    }
}

/// Wakes every `step` from now on until `over` says so, and tells how late.
pub fn measure_lateness(step: Duration, mut over: impl FnMut() -> bool) -> Lateness {
    // Where the system does not let us, its default is what there is to measure.
    let _ = nix::sys::prctl::set_timerslack(1);
    let mut lateness = Lateness::default();
    let mut due = clock::now() + step;
    while !over() {
        sleep_until(due);
        lateness.record(clock::now().saturating_duration_since(due));
        due += step;
    }
    lateness
}

/// Sleeps until `due`.
fn sleep_until(due: Instant) {
    let wait = due.saturating_duration_since(clock::now());
    if !wait.is_zero() {
        thread::sleep(wait);
    }
}
