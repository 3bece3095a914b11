//! Who may log in to which device.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
};

use russh::{
    Channel, ChannelId, ChannelOpenFailure, Pty,
    keys::PublicKey,
    server::{
        Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey,
    },
};
use tokio::sync::watch;

use super::{KeyError, SshCounts, channel, keys};
use crate::{actors::RunningDevice, console::Directory, scenario::SshSettings};

/// Most sessions on one device: its lines `vty 0` to `vty 15`.
const VTYS_PER_DEVICE: u8 = 16;
/// Wrong credentials that end a connection.
const MISTAKES_MAX: u32 = 3;

/// What opens a device, the same for all of a run.
#[derive(Debug)]
pub(super) struct Logins {
    password: Option<String>,
    keys: Vec<PublicKey>,
    /// Privilege level after the login.
    pub(super) privilege: u8,
    /// Terminal lines in use, by device.
    vtys: Mutex<BTreeMap<u32, BTreeSet<u8>>>,
}

impl Logins {
    pub(super) fn new(settings: &SshSettings) -> Result<Self, KeyError> {
        let keys = match &settings.authorized_keys {
            Some(path) => keys::authorized_keys(path)?,
            None => Vec::new(),
        };
        Ok(Self {
            password: settings.password.clone(),
            keys,
            privilege: settings.privilege,
            vtys: Mutex::default(),
        })
    }

    fn accepts_password(&self, password: &str) -> bool {
        self.password.as_deref() == Some(password)
    }

    fn accepts_key(&self, key: &PublicKey) -> bool {
        self.keys.iter().any(|own| own.key_data() == key.key_data())
    }

    /// Takes the first free line of `device`; `None` when all are taken.
    fn take_vty(self: &Arc<Self>, device: u32) -> Option<Vty> {
        let mut vtys = self.vtys.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = vtys.entry(device).or_default();
        let number = (0..VTYS_PER_DEVICE).find(|number| !taken.contains(number))?;
        taken.insert(number);
        Some(Vty {
            logins: Arc::clone(self),
            device,
            number,
        })
    }
}

/// A terminal line of a device, given back when dropped.
pub(super) struct Vty {
    logins: Arc<Logins>,
    device: u32,
    /// From 0.
    pub(super) number: u8,
}

impl Drop for Vty {
    fn drop(&mut self) {
        let mut vtys = self
            .logins
            .vtys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = vtys.get_mut(&self.device) {
            taken.remove(&self.number);
            if taken.is_empty() {
                vtys.remove(&self.device);
            }
        }
    }
}

/// One connection: it asks for credentials, and opens channels to the device that was logged in to.
pub(super) struct Login {
    logins: Arc<Logins>,
    directory: Arc<Directory>,
    counts: Arc<SshCounts>,
    peer: IpAddr,
    welcome: watch::Sender<bool>,
    device: Option<RunningDevice>,
    /// Wrong credentials so far.
    mistakes: u32,
}

impl Login {
    pub(super) fn new(
        logins: Arc<Logins>,
        directory: Arc<Directory>,
        counts: Arc<SshCounts>,
        peer: IpAddr,
    ) -> Self {
        Self {
            logins,
            directory,
            counts,
            peer,
            welcome: watch::Sender::new(false),
            device: None,
            mistakes: 0,
        }
    }

    /// Becomes true with the login.
    pub(super) fn welcome(&self) -> watch::Receiver<bool> {
        self.welcome.subscribe()
    }

    /// Lets `user` in where the credentials are right and there is such a device. A stranger is not
    /// told which of both was wrong.
    ///
    /// # Errors
    /// When that was one mistake too many for this connection.
    fn judge(&mut self, user: &str, right: bool) -> Result<Auth, russh::Error> {
        let device = self.directory.find(user).filter(|_| right);
        match device {
            Some(device) => {
                self.device = Some(device.clone());
                self.counts.logins.fetch_add(1, Relaxed);
                self.welcome.send_replace(true);
                Ok(Auth::Accept)
            }
            None => {
                self.counts.rejections.fetch_add(1, Relaxed);
                self.mistakes += 1;
                if self.mistakes == MISTAKES_MAX {
                    return Err(russh::Error::Disconnect);
                }
                Ok(Auth::reject())
            }
        }
    }
}

impl Handler for Login {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let right = self.logins.accepts_password(password);
        self.judge(user, right)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        if self.logins.password.is_none() {
            return Ok(Auth::reject());
        }
        let Some(mut response) = response else {
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            });
        };
        let answer = response.next().unwrap_or_default();
        let right = std::str::from_utf8(&answer)
            .is_ok_and(|password| self.logins.accepts_password(password));
        self.judge(user, right)
    }

    async fn auth_publickey_offered(
        &mut self,
        _user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        // Clients offer every key they have; a key of somebody else's is no attempt to break in.
        Ok(if self.logins.accepts_key(offer.public_key) {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let right = self.logins.accepts_key(key.public_key);
        self.judge(user, right)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let device = self.device.clone();
        let line = device.and_then(|device| {
            let vty = self.logins.take_vty(device.number)?;
            Some((device, vty))
        });
        match line {
            Some((device, vty)) => {
                reply.accept().await;
                let visit = channel::Visit {
                    device,
                    vty,
                    privilege: self.logins.privilege,
                    peer: self.peer,
                };
                tokio::spawn(channel::serve(channel, session.handle(), visit));
            }
            None => reply.reject(ChannelOpenFailure::ResourceShortage).await,
        }
        Ok(())
    }

    // Requests are answered here, in their order; the channel's own task learns of them as well.

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    // A device knows no environment, no subsystems and no display.

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single_connection: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }
}
