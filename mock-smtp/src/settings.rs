//! What a sink does and how much it takes upon itself.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use sink::Store;
use sink::fault::{FaultBoard, Protocol};

/// Everything about a sink but its address.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the dialogue allows.
    pub dialogue: Dialogue,
    /// Whether and how connections are encrypted. Default: not at all.
    pub tls: Tls,
    /// Connections open at once; one more gets 421. Default 10,000.
    pub connections_max: usize,
    /// Longest wait for the client to send or to take something; then 421. Default 300 s.
    pub idle_timeout: Duration,
    /// Longest TLS handshake. Default 30 s.
    pub handshake_timeout: Duration,
    /// Where complete messages are kept as files, if anywhere.
    pub store: Option<Arc<Store>>,
    /// What goes wrong on request. Nothing does before the board is started. Default: no faults.
    pub faults: Arc<FaultBoard>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialogue: Dialogue::default(),
            tls: Tls::Off,
            connections_max: 10_000,
            idle_timeout: Duration::from_secs(300),
            handshake_timeout: Duration::from_secs(30),
            store: None,
            faults: Arc::new(FaultBoard::new(Protocol::Smtp, 0)),
        }
    }
}

/// Whether and how connections are encrypted.
#[derive(Clone, Debug)]
pub enum Tls {
    /// Not at all.
    Off,
    /// From the STARTTLS command on, for clients that give it.
    StartTls(Arc<ServerConfig>),
    /// From the first byte.
    Implicit(Arc<ServerConfig>),
}

/// What the dialogue allows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dialogue {
    /// The name the sink greets with. Default `localhost`.
    pub host_name: String,
    /// Largest message, in bytes; a larger one gets 552. Default 10 MiB.
    pub message_bytes_max: u64,
    /// Bytes of a message that are looked at for its id, type and format. Default 64 KiB.
    pub inspected_bytes_max: usize,
    /// Recipients of one message; one more gets 452. Default 1000; RFC 5321 asks for 100 at least.
    pub recipients_max: usize,
    /// Commands that bring no mail forward before the connection is closed with 421. Default 100.
    ///
    /// Counted since the latest complete message; refused commands count as well.
    pub idle_commands_max: usize,
    /// What becomes of a message with bare CR or LF. Default: kept.
    pub bare_line_ends: BareLineEnds,
    /// Whether clients must authenticate. Default: they may.
    pub auth: AuthPolicy,
    /// The only credentials accepted; `None` accepts any. Default `None`.
    pub credentials: Option<Credentials>,
}

impl Default for Dialogue {
    fn default() -> Self {
        Self {
            host_name: "localhost".to_owned(),
            message_bytes_max: 10 * 1024 * 1024,
            inspected_bytes_max: 64 * 1024,
            recipients_max: 1_000,
            idle_commands_max: 100,
            bare_line_ends: BareLineEnds::Keep,
            auth: AuthPolicy::Offered,
            credentials: None,
        }
    }
}

/// What becomes of a message with bare CR or LF. Neither ever ends a line or a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BareLineEnds {
    /// They are kept literally.
    Keep,
    /// The message is refused at its end with 550.
    Refuse,
}

/// Whether clients must authenticate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthPolicy {
    /// They may.
    Offered,
    /// MAIL gets 530 before AUTH has succeeded.
    Required,
}

/// A user name and its password.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    /// The user name.
    pub user_name: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    /// Leaves out the password: settings end up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}
