//! Flags about looking on at a run while it goes on.

use std::{ffi::OsString, net::SocketAddr, path::Path};

use clap::Args;

use crate::live::otlp::CollectorUrl;

/// Flags about looking on at a run while it goes on.
#[derive(Args, Clone, Debug, Default)]
pub struct LiveArguments {
    /// Serve live figures for Prometheus at this loopback address, as in 127.0.0.1:9464: /metrics.
    #[arg(long, value_name = "ADDR", env = "FLEET_METRICS", value_parser = metrics_address)]
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

/// The address of figures for Prometheus.
fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse();
    loopback(address.map_err(|_| "write an address as in 127.0.0.1:9464".to_owned())?)
}

/// The address of the page. What follows the flag may have been meant as a scenario.
fn page_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse();
    loopback(address.map_err(|_| {
        let looks_like_a_scenario = Path::new(text)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        match looks_like_a_scenario {
            true => format!(
                "what follows --ui is its address; write the scenario before it, as in `{text} --ui`"
            ),
            false => "write an address as in 127.0.0.1:8026, or nothing; what is to be run \
                      stands before --ui"
                .to_owned(),
        }
    })?)
}

/// Live figures are for this machine: whoever reaches them reads all of them.
fn loopback(address: SocketAddr) -> Result<SocketAddr, String> {
    match address.ip().to_canonical().is_loopback() {
        true => Ok(address),
        false => Err(format!(
            "live figures are served on loopback addresses only; to look on from another machine, forward the port, as in \
             `ssh -L {port}:127.0.0.1:{port} HOST`",
            port = address.port()
        )),
    }
}
