//! Flags about looking on at a run while it goes on.

use std::{ffi::OsString, net::SocketAddr};

use clap::Args;

/// Flags about looking on at a run while it goes on.
#[derive(Args, Clone, Debug, Default)]
pub struct LiveArguments {
    /// Serve live figures for Prometheus at this loopback address, as in 127.0.0.1:9464: /metrics.
    #[arg(long, value_name = "ADDR", env = "FLEET_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// Serve a live page at this loopback address; without one, at 127.0.0.1:8026.
    #[arg(
        long,
        value_name = "ADDR",
        env = "FLEET_UI",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:8026",
        value_parser = page_address
    )]
    pub ui: Option<SocketAddr>,
}

impl LiveArguments {
    /// The flags as they would be typed.
    pub(super) fn as_typed(&self) -> Vec<OsString> {
        let flags = [("--metrics", self.metrics), ("--ui", self.ui)];
        let given = flags
            .into_iter()
            .filter_map(|(flag, address)| Some((flag, address?)));
        given
            .map(|(flag, address)| format!("{flag}={address}").into())
            .collect()
    }
}

/// The address of the page. What follows the flag may have been meant as a scenario.
fn page_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write an address as in 127.0.0.1:8026, or nothing; a scenario stands before --ui"
            .to_owned()
    })
}
