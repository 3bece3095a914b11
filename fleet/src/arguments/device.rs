//! Arguments of `fleet device`.

use std::path::PathBuf;

use clap::Args;

use super::absolute;
use crate::scenario::Overrides;

/// Arguments of `fleet device`.
#[derive(Args, Clone, Debug)]
pub struct DeviceArguments {
    /// Model, as in CISCO2951 or WS-C3750E.
    #[arg(long, value_name = "P", default_value = "CISCO2951/K9")]
    pub platform: String,
    /// Startup configuration (IOS text) [default: a small one that reports to the built-in sinks].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Host name [default: that of the configuration, else Router].
    #[arg(long, value_name = "H")]
    pub hostname: Option<String>,
    /// Mail server that its messages go to [default: a sink within the process].
    #[arg(long, value_name = "HOST:PORT", env = "FLEET_SMTP")]
    pub smtp: Option<String>,
    /// Receiver that its messages go to [default: a sink within the process].
    #[arg(long, value_name = "URL", env = "FLEET_HTTPS")]
    pub https: Option<String>,
    /// Certificates of acceptable authorities (PEM) [default: the system's].
    #[arg(long, value_name = "FILE", env = "FLEET_CA")]
    pub ca: Option<String>,
    /// Do not verify certificates.
    #[arg(long, env = "FLEET_INSECURE", value_parser = clap::builder::BoolishValueParser::new())]
    pub insecure: bool,
    /// Allow a target that is neither a loopback nor a private address (repeatable).
    #[arg(
        long,
        value_name = "HOST",
        env = "FLEET_ALLOW_TARGET",
        value_delimiter = ','
    )]
    pub allow_target: Vec<String>,
    /// End with exit code 104 when the device refused a line.
    #[arg(long)]
    pub strict: bool,
}

impl DeviceArguments {
    /// What the flags change.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            smtp: self.smtp.clone(),
            https: self.https.clone(),
            ca: self.ca.as_ref().map(|path| absolute(path)),
            insecure: self.insecure,
            allowed_targets: self.allow_target.clone(),
            ..Overrides::default()
        }
    }
}
