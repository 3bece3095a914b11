//! The command line of `mock-smtp`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use mock_smtp::{AuthPolicy, BareLineEnds, Credentials, Dialogue, Settings};
use sink::listener::Reach;
use sink::program::{self, WebChoice};

/// Connections open at once unless told otherwise, where whole messages are held until stored.
const CONNECTIONS_WITH_STORE: usize = 256;

/// A mail server that takes everything, delivers nothing, and counts every message.
///
/// It prints one line with its address, serves until SIGINT or SIGTERM, and then prints its totals.
/// STARTTLS uses a certificate generated at the start.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 stopped by a signal, 1 internal error, 2 wrong usage, 104 wrong file of\n\
                  faults, 106 address in use.\n\
                  Set RUST_LOG=mock_smtp=debug to see single connections."
)]
pub(crate) struct Arguments {
    /// Address to take mail on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1025", value_parser = program::parse_address)]
    pub(crate) listen: SocketAddr,

    /// Encrypt from the first byte instead of offering STARTTLS
    #[arg(long)]
    pub(crate) tls: bool,

    /// Do not offer STARTTLS
    #[arg(long, conflicts_with_all = ["tls", "ca_out", "tls_name"])]
    pub(crate) no_starttls: bool,

    /// Write the certificate of the generated authority to this file, for clients that verify
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_out: Option<PathBuf>,

    /// Further name or address for the certificate, besides localhost, 127.0.0.1 and ::1 (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_name: Vec<String>,

    /// Go wrong as the [[fault]] tables of this file say; faults can be given at run time as well, by
    /// /api/faults of the web address
    #[arg(long, value_name = "FILE")]
    pub(crate) fault: Option<PathBuf>,

    /// What shares and drawn delays of faults follow from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Keep every message as a file NNNNNNNN.eml in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,

    /// Most files in the store; messages beyond are taken and counted as not_stored
    #[arg(
        long,
        value_name = "FILES",
        default_value_t = 10_000,
        requires = "store"
    )]
    pub(crate) store_limit: u64,

    /// Address of the web pages, metrics and totals, or `off` [default: 127.0.0.1:8025 if it is free]
    #[arg(long, value_name = "ADDR")]
    pub(crate) web: Option<WebChoice>,

    /// Allow addresses that other machines can reach
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Largest message, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Dialogue::default().message_bytes_max)]
    max_size: u64,

    /// Most recipients of one message
    #[arg(long, value_name = "COUNT", default_value_t = Dialogue::default().recipients_max)]
    max_recipients: usize,

    /// Most connections open at once [default: 10000, with --store 256]
    #[arg(long, value_name = "COUNT")]
    max_connections: Option<usize>,

    /// Seconds a client may be silent
    #[arg(long, value_name = "SECONDS", default_value_t = Settings::default().idle_timeout.as_secs())]
    idle_timeout: u64,

    /// Refuse messages with bare CR or LF instead of keeping those literally
    #[arg(long)]
    refuse_bare_line_ends: bool,

    /// Refuse mail from clients that have not authenticated
    #[arg(long)]
    require_auth: bool,

    /// The only credentials AUTH accepts; without this it accepts any
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = parse_credentials)]
    credentials: Option<Credentials>,
}

impl Arguments {
    pub(crate) fn reach(&self) -> Reach {
        if self.allow_remote {
            Reach::Anyone
        } else {
            Reach::Loopback
        }
    }

    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.idle_timeout)
    }

    pub(crate) fn connections_max(&self) -> usize {
        let default = if self.store.is_some() {
            CONNECTIONS_WITH_STORE
        } else {
            Settings::default().connections_max
        };
        self.max_connections.unwrap_or(default)
    }

    pub(crate) fn dialogue(&self) -> Dialogue {
        Dialogue {
            message_bytes_max: self.max_size,
            recipients_max: self.max_recipients,
            bare_line_ends: if self.refuse_bare_line_ends {
                BareLineEnds::Refuse
            } else {
                BareLineEnds::Keep
            },
            auth: if self.require_auth {
                AuthPolicy::Required
            } else {
                AuthPolicy::Offered
            },
            credentials: self.credentials.clone(),
            ..Dialogue::default()
        }
    }
}

fn parse_credentials(text: &str) -> Result<Credentials, String> {
    let (user_name, password) = text.split_once(':').ok_or("write NAME:PASSWORD")?;
    Ok(Credentials {
        user_name: user_name.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn storing_lowers_the_default_of_connections() {
        let plain = Arguments::parse_from(["mock-smtp"]);
        let storing = Arguments::parse_from(["mock-smtp", "--store", "mail"]);
        assert_eq!(
            (plain.connections_max(), storing.connections_max()),
            (10_000, 256)
        );
    }
}
