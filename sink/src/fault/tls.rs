//! Certificates that no client should accept, made when they are first wanted.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Handshake, TlsFlaw};
use crate::certificate::{CertificateError, TestAuthority};
use crate::listener;

/// Maker of bad certificates of one sink.
pub struct FlawedTls {
    authority: Arc<TestAuthority>,
    names: Vec<String>,
    made: Mutex<Vec<(TlsFlaw, Arc<ServerConfig>)>>,
}

impl FlawedTls {
    /// Bad certificates that `authority` signs, and that are for `names` unless the name is what is
    /// wrong with them.
    #[must_use]
    pub fn new(authority: Arc<TestAuthority>, names: Vec<String>) -> Self {
        Self {
            authority,
            names,
            made: Mutex::default(),
        }
    }

    /// TLS settings with the flaw. Sessions of other settings are not resumed with them.
    ///
    /// # Errors
    /// As [`TestAuthority::server_config`].
    pub fn config(&self, flaw: TlsFlaw) -> Result<Arc<ServerConfig>, CertificateError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = made.iter().find(|(own, _)| *own == flaw) {
            return Ok(Arc::clone(config));
        }
        let config = self.authority.flawed_config(&self.names, flaw)?;
        made.push((flaw, Arc::clone(&config)));
        Ok(config)
    }
}

/// Longest that a stalled handshake is kept up for a client that does not give up.
const STALL_MAX: Duration = Duration::from_secs(600);

/// Lets a handshake begin and come to nothing; says how it ended.
pub async fn spoil_handshake(mut stream: TcpStream, how: &Handshake) -> io::Error {
    let spoiling = async {
        let mut heard = [0; 1024];
        let mut count = stream.read(&mut heard).await?;
        if matches!(how, Handshake::Reset) {
            listener::reset(&stream);
            return Ok(());
        }
        while count > 0 {
            count = stream.read(&mut heard).await?;
        }
        io::Result::Ok(())
    };
    match timeout(STALL_MAX, spoiling).await {
        Ok(Err(error)) => error,
        Ok(Ok(())) | Err(_) => io::Error::other("handshake spoilt by a fault"),
    }
}

impl fmt::Debug for FlawedTls {
    /// Leaves out the keys.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FlawedTls")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
