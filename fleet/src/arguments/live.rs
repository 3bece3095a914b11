//! Flags about looking on at a run while it goes on.

use std::{ffi::OsString, net::SocketAddr};

use clap::Args;

use crate::live::otlp::CollectorUrl;

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
    /// Push live figures to a collector of OpenTelemetry, as in http://127.0.0.1:4318; only where built with --features otlp.
    #[arg(long, value_name = "URL", env = "FLEET_OTLP")]
    pub otlp: Option<CollectorUrl>,
}

impl LiveArguments {
    /// The flags as they would be typed.
    pub(super) fn as_typed(&self) -> Vec<OsString> {
        let Self { metrics, ui, otlp } = self;
        let flags = [
            metrics.map(|address| format!("--metrics={address}")),
            ui.map(|address| format!("--ui={address}")),
            otlp.as_ref().map(|url| format!("--otlp={url}")),
        ];
        flags.into_iter().flatten().map(OsString::from).collect()
    }
}

/// The address of the page. What follows the flag may have been meant as a scenario.
fn page_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write an address as in 127.0.0.1:8026, or nothing; a scenario stands before --ui"
            .to_owned()
    })
}
