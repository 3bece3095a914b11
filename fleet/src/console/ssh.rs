//! Consoles by SSH: the user name of the login is the host name of a device.
//!
//! The server has a thread of its own, so that handshakes delay no device. There is no shell of this
//! machine anywhere: a session reaches the command line of an emulated device and nothing else, and
//! forwardings, subsystems and agents are refused.

mod channel;
mod keys;
mod login;

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use russh::{
    MethodKind, MethodSet, SshId,
    server::{Config, run_stream},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    time::timeout_at,
};
use tracing::debug;

use super::Directory;
use crate::{clock, scenario::SshSettings};
pub use keys::KeyError;
use login::{Login, Logins};

/// The file of the host key in a run directory.
pub const HOST_KEY_FILE: &str = "ssh_host_ed25519_key";
/// What the server says it is: what a device says.
const SERVER_ID: &str = "SSH-2.0-Cisco-1.25";
/// How long a rejected login waits for its answer.
const REJECTION_DELAY: Duration = Duration::from_secs(1);
/// Most requests to log in of one connection: clients ask for the methods and offer every key they
/// have. Wrong passwords are counted apart.
const LOGIN_REQUESTS_MAX: usize = 20;
/// Most connections that are logging in at once; further ones wait. It bounds how fast passwords can be
/// guessed.
const LOGINS_AT_ONCE_MAX: usize = 64;
/// How long a connection may take to log in.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a silent client is asked whether it is still there.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(30);
/// Unanswered questions until a connection is given up.
const KEEP_ALIVES_MAX: usize = 3;
/// Bytes that a client may send on one channel before the server asks for more.
const WINDOW_BYTES: u32 = 64 * 1024;
/// Packets of one channel that may wait for its device.
const CHANNEL_PACKETS_MAX: usize = 16;

/// Why there are no consoles by SSH.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// No address to listen on.
    #[error(transparent)]
    Listen(#[from] sink::ListenError),
    /// No host key, or no keys of users.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No thread or no runtime.
    #[error("cannot start the thread of the consoles")]
    Thread(#[from] io::Error),
}

/// What the server has seen.
#[derive(Debug, Default)]
pub struct SshCounts {
    logins: AtomicU64,
    rejections: AtomicU64,
    refused_connections: AtomicU64,
}

impl SshCounts {
    /// Logins that succeeded.
    pub fn logins(&self) -> u64 {
        self.logins.load(Relaxed)
    }

    /// Passwords and keys that were rejected.
    pub fn rejections(&self) -> u64 {
        self.rejections.load(Relaxed)
    }

    /// Connections closed at once because there were too many.
    pub fn refused_connections(&self) -> u64 {
        self.refused_connections.load(Relaxed)
    }
}

/// A running server.
#[derive(Debug)]
pub struct SshServer {
    address: SocketAddr,
    counts: Arc<SshCounts>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl SshServer {
    /// Starts listening. Logins are taken from when the sender has been told of the devices; until
    /// then connections wait.
    ///
    /// The host key is kept as [`HOST_KEY_FILE`] in `folder`.
    ///
    /// # Errors
    /// When the address is not to be had, or keys cannot be read or written.
    pub fn start(
        settings: &SshSettings,
        listen: SocketAddr,
        folder: &Path,
    ) -> Result<(Self, oneshot::Sender<Directory>), SshError> {
        let logins = Logins::new(settings)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _entered = runtime.enter();
            // Who may connect from where was decided with the scenario.
            sink::listener::bind(listen, sink::listener::Reach::Anyone)?
        };
        let address = listener.local_addr()?;
        let host_key = keys::host_key(&folder.join(HOST_KEY_FILE))?;
        let (stop, stopped) = oneshot::channel();
        let (introduce, devices) = oneshot::channel();
        let counts = Arc::new(SshCounts::default());
        let reception = Reception {
            config: Arc::new(config(settings, host_key)),
            logins: Arc::new(logins),
            counts: Arc::clone(&counts),
            places: Arc::new(Semaphore::new(settings.sessions as usize)),
            logging_in: Arc::new(Semaphore::new(LOGINS_AT_ONCE_MAX)),
        };
        let thread = thread::Builder::new()
            .name("ssh".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = reception.serve(listener, devices) => {}
                        _ = stopped => {}
                    }
                });
                // Connections still open end with the run.
                runtime.shutdown_background();
            })?;
        let server = Self {
            address,
            counts,
            stop,
            thread,
        };
        Ok((server, introduce))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections; returns what was seen.
    pub fn stop(self) -> Arc<SshCounts> {
        // A server that has ended by itself needs no telling.
        let _ = self.stop.send(());
        let _ = self.thread.join();
        self.counts
    }
}

fn config(settings: &SshSettings, host_key: russh::keys::PrivateKey) -> Config {
    let mut methods = Vec::new();
    if settings.authorized_keys.is_some() {
        methods.push(MethodKind::PublicKey);
    }
    if settings.password.is_some() {
        methods.extend([MethodKind::KeyboardInteractive, MethodKind::Password]);
    }
    Config {
        server_id: SshId::Standard(SERVER_ID.into()),
        methods: MethodSet::from(methods.as_slice()),
        auth_rejection_time: REJECTION_DELAY,
        // Clients first ask without credentials which methods there are.
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: LOGIN_REQUESTS_MAX,
        keys: vec![host_key],
        window_size: WINDOW_BYTES,
        channel_buffer_size: CHANNEL_PACKETS_MAX,
        // Sessions end by their device's exec-timeout. This ends connections whose client does not even
        // answer whether it is there.
        inactivity_timeout: Some(KEEP_ALIVE_EVERY * (KEEP_ALIVES_MAX as u32 + 1)),
        keepalive_interval: Some(KEEP_ALIVE_EVERY),
        keepalive_max: KEEP_ALIVES_MAX,
        nodelay: true,
        ..Config::default()
    }
}

/// Takes connections.
struct Reception {
    config: Arc<Config>,
    logins: Arc<Logins>,
    counts: Arc<SshCounts>,
    places: Arc<Semaphore>,
    logging_in: Arc<Semaphore>,
}

impl Reception {
    async fn serve(&self, listener: TcpListener, devices: oneshot::Receiver<Directory>) {
        let Ok(directory) = devices.await else {
            return;
        };
        let directory = Arc::new(directory);
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    debug!(%error, "a connection to the consoles was not accepted");
                    // Out of files, most likely: somebody has to leave first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => {
                    let login = Login::new(
                        Arc::clone(&self.logins),
                        Arc::clone(&directory),
                        Arc::clone(&self.counts),
                        peer.ip(),
                    );
                    let (config, logging_in) =
                        (Arc::clone(&self.config), Arc::clone(&self.logging_in));
                    tokio::spawn(async move {
                        attend(config, stream, login, logging_in).await;
                        drop(place);
                    });
                }
                Err(_) => {
                    self.counts.refused_connections.fetch_add(1, Relaxed);
                }
            }
        }
    }
}

/// Serves one connection from its first byte to its last.
async fn attend(config: Arc<Config>, stream: TcpStream, login: Login, logging_in: Arc<Semaphore>) {
    let _ = stream.set_nodelay(true);
    let mut welcome = login.welcome();
    let logged_in = async {
        // The sender is gone without a word when the connection ends first.
        let _ = welcome.wait_for(|welcome| *welcome).await;
    };
    let Ok(turn) = logging_in.acquire_owned().await else {
        return;
    };
    let deadline = tokio::time::Instant::from_std(clock::now() + LOGIN_TIMEOUT);
    let Ok(begun) = timeout_at(deadline, run_stream(config, stream, login)).await else {
        return;
    };
    let ended = match begun {
        Ok(session) => {
            let handle = session.handle();
            let mut session = std::pin::pin!(session);
            let in_time = tokio::select! {
                ended = &mut session => return note(ended),
                in_time = timeout_at(deadline, logged_in) => in_time.is_ok(),
            };
            drop(turn);
            if !in_time {
                let reason = russh::Disconnect::ByApplication;
                let _ = handle
                    .disconnect(reason, "no login in time".to_owned(), String::new())
                    .await;
            }
            session.await
        }
        Err(error) => Err(error),
    };
    note(ended);
}

fn note(ended: Result<(), russh::Error>) {
    if let Err(error) = ended {
        debug!(%error, "a connection to the consoles ended");
    }
}
