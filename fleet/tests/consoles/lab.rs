//! A fleet with consoles, and a client for them.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
    sync::Arc,
};

use russh::{
    Channel, ChannelMsg, Disconnect,
    client::{self, Handle, Msg},
    keys::PublicKeyOrCertificate,
};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "cisco";
/// A device of the fleet.
pub(crate) const DEVICE: &str = "branch-00003";

/// A running `fleet ssh`, ended when dropped.
pub(crate) struct Fleet {
    process: Child,
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
    /// Kept open: a reader that goes away would be another test.
    _stderr: BufReader<ChildStderr>,
}

impl Fleet {
    /// The devices of the quickstart, a few of them, with `extra` arguments.
    pub(crate) fn start(extra: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_fleet"))
            .env_clear()
            .args([
                "ssh",
                "--listen",
                "127.0.0.1:0",
                "--devices",
                "20",
                "--plain",
            ])
            .arg("--out")
            .arg(folder.path().join("run"))
            .args(extra)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let before = said.len();
            assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
            let line = &said[before..];
            if let Some(rest) = line.strip_prefix("consoles at 127.0.0.1:") {
                break rest.split(':').next().unwrap().parse().unwrap();
            }
        };
        Self {
            process,
            port,
            folder,
            _stderr: stderr,
        }
    }

    pub(crate) async fn connect(&self) -> Handle<Client> {
        let config = Arc::new(client::Config::default());
        client::connect(config, ("127.0.0.1", self.port), Client)
            .await
            .unwrap()
    }

    pub(crate) async fn log_in(&self, device: &str) -> Handle<Client> {
        let mut client = self.connect().await;
        let result = client.authenticate_password(device, PASSWORD).await;
        assert!(result.unwrap().success());
        client
    }

    /// Carries out `command` without a terminal: what is printed, and the exit status.
    pub(crate) async fn exec(&self, device: &str, command: &str) -> (String, Option<u32>) {
        let client = self.log_in(device).await;
        let mut channel = client.channel_open_session().await.unwrap();
        channel.exec(true, command).await.unwrap();
        let (mut printed, mut status) = (Vec::new(), None);
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::Data { data } => printed.extend_from_slice(&data),
                ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
                _ => {}
            }
        }
        let farewell = client.disconnect(Disconnect::ByApplication, "", "");
        farewell.await.unwrap();
        (String::from_utf8(printed).unwrap(), status)
    }

    /// A terminal on `device`, at its prompt.
    pub(crate) async fn terminal(&self, device: &str) -> Terminal {
        let client = self.log_in(device).await;
        let channel = client.channel_open_session().await.unwrap();
        channel
            .request_pty(true, "vt100", 511, 24, 0, 0, &[])
            .await
            .unwrap();
        channel.request_shell(true).await.unwrap();
        let mut terminal = Terminal {
            client,
            channel,
            shown: Vec::new(),
        };
        terminal.wait_for(&format!("{device}#")).await;
        terminal
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that trusts every server.
pub(crate) struct Client;

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// A terminal on a device.
pub(crate) struct Terminal {
    client: Handle<Client>,
    channel: Channel<Msg>,
    shown: Vec<u8>,
}

impl Terminal {
    /// Types `keys` and waits until `end` is shown; returns what was shown up to there.
    pub(crate) async fn type_until(&mut self, keys: &[u8], end: &str) -> String {
        self.type_keys(keys).await;
        self.wait_for(end).await
    }

    pub(crate) async fn type_keys(&mut self, keys: &[u8]) {
        self.channel.data(keys).await.unwrap();
    }

    /// Waits until `end` has been shown, and takes everything up to there.
    pub(crate) async fn wait_for(&mut self, end: &str) -> String {
        loop {
            let shown = String::from_utf8_lossy(&self.shown).into_owned();
            if let Some(at) = shown.find(end) {
                self.shown = shown.as_bytes()[at + end.len()..].to_vec();
                return shown[..at + end.len()].to_owned();
            }
            match self.channel.wait().await {
                Some(ChannelMsg::Data { data }) => self.shown.extend_from_slice(&data),
                Some(_) => {}
                None => panic!("{end:?} never came, but {shown:?}"),
            }
        }
    }

    /// Waits until the device closes the session.
    pub(crate) async fn wait_for_end(&mut self) {
        while let Some(message) = self.channel.wait().await {
            if matches!(message, ChannelMsg::Close) {
                return;
            }
        }
    }

    /// Cuts the connection without a word to the device.
    pub(crate) fn cut(self) {
        drop(self.client);
    }
}
