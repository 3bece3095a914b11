//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use mock_tac::{Paths, TenKb};
use sink::program::{WebChoice, parse_address};

/// Receive Call Home messages by HTTPS and account for every one of them.
///
/// Stands in for the service that devices post to:
/// POST /its/service/oddce/services/DDCEService. Each message is checked,
/// looked up by its message id to find duplicates, recorded, and only then
/// confirmed. Prints one line with the bound address, runs until SIGINT or
/// SIGTERM, then prints its totals.
///
/// Also served on the same address: / (a page), /healthz, /metrics,
/// /api/totals, /api/messages, /api/devices, /api/faults.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Exit codes: 0 stopped by a signal; 1 error; 2 command line; 104 wrong file of
faults; 106 address in use.

Try it:
  mock-tac --ca-out ca.pem
  curl --cacert ca.pem -H 'Content-Type: text/xml' --data-binary @message.xml \\
    https://127.0.0.1:8443/its/service/oddce/services/DDCEService"
)]
pub(crate) struct Arguments {
    /// Address to take messages on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443", value_parser = parse_address)]
    pub(crate) listen: SocketAddr,

    /// Plain HTTP instead of HTTPS
    #[arg(long, conflicts_with_all = ["cert", "key", "ca_out"])]
    plain: bool,

    /// Certificate chain of the server, PEM; without it one is generated
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<String>,

    /// Private key of the server, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<String>,

    /// Write the generated certificate authority here, PEM, for clients to trust
    #[arg(long, value_name = "FILE", conflicts_with = "cert")]
    ca_out: Option<String>,

    /// Take messages at every path, not only at the service's own
    #[arg(long)]
    any_path: bool,

    /// What to do with messages above 10,240 bytes even when compressed:
    /// enforce (confirm and drop), log (take and count), off
    #[arg(long, value_name = "MODE", default_value = "enforce")]
    pub(crate) ten_kb: TenKb,

    /// Go wrong as the [[fault]] tables of this file say; faults can be given at run time as well, by
    /// /api/faults of the web address
    #[arg(long, value_name = "FILE")]
    pub(crate) fault: Option<PathBuf>,

    /// What shares and drawn delays of faults follow from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Keep each message as a file in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<String>,

    /// Highest number of files in the store; messages beyond it are only counted
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) store_limit: u64,

    /// Address of the web pages by plain HTTP, or off [default: 127.0.0.1:8025 if it is free]
    #[arg(long, value_name = "ADDR")]
    pub(crate) web: Option<WebChoice>,

    /// Allow addresses that other machines can reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

/// How connections are secured.
pub(crate) enum Security<'a> {
    /// Not at all.
    Plain,
    /// With the operator's certificate.
    Own { chain: &'a str, key: &'a str },
    /// With a generated certificate.
    Generated { authority_out: Option<&'a str> },
}

impl Arguments {
    pub(crate) fn security(&self) -> Security<'_> {
        match (&self.cert, &self.key) {
            _ if self.plain => Security::Plain,
            (Some(chain), Some(key)) => Security::Own { chain, key },
            (Some(_) | None, _) => Security::Generated {
                authority_out: self.ca_out.as_deref(),
            },
        }
    }

    pub(crate) fn paths(&self) -> Paths {
        if self.any_path {
            Paths::Any
        } else {
            Paths::Endpoint
        }
    }
}
