//! A server that is started for one run and ended after it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{clock, scenario::Endpoint};

/// How long a server may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// From one attempt to reach it to the next.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// How long it may take to end when it is asked to.
const END_WITHIN: Duration = Duration::from_secs(10);

/// How long whoever may be there already has to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// A server that is to be started.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Server {
    /// Its command line.
    pub(in crate::commands) line: String,
    /// Where it is to answer, or some of it.
    pub(in crate::commands) endpoints: Vec<Endpoint>,
}

impl Server {
    /// Refuses to start it where somebody else answers in all its places: what would be measured is that.
    async fn refuse_other(&self) -> anyhow::Result<()> {
        for Endpoint { host, port } in &self.endpoints {
            let connect = TcpStream::connect((host.as_str(), *port));
            if !matches!(
                tokio::time::timeout(ANSWER_WITHIN, connect).await,
                Ok(Ok(_))
            ) {
                return Ok(());
            }
        }
        let Some(Endpoint { host, port }) = self.endpoints.first() else {
            return Ok(());
        };
        anyhow::bail!(
            "something answers at {host}:{port} already, before `{}` is started; end that first",
            self.line
        )
    }
}

/// A server that runs.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    /// Its process group, which whatever it starts belongs to.
    group: Option<Pid>,
    line: String,
    log: PathBuf,
    started: Instant,
}

impl Program {
    /// Starts `server`; what it prints goes to `log`.
    ///
    /// # Errors
    /// When it cannot be started, somebody else answers in its place, or the file cannot be written.
    pub(super) async fn start(server: &Server, log: &Path) -> anyhow::Result<Self> {
        server.refuse_other().await?;
        let line = &server.line;
        let write = || -> std::io::Result<(File, File)> {
            if let Some(folder) = log.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = File::create(log)?;
            Ok((file.try_clone()?, file))
        };
        let (out, errors) = write().with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new("sh");
        command.args(["-c", line]).process_group(0);
        command.stdin(Stdio::null()).stdout(out).stderr(errors);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start `{line}`"))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Self {
            child,
            group: group.map(Pid::from_raw),
            line: line.clone(),
            log: log.to_owned(),
            started: clock::now(),
        })
    }

    /// Waits a moment for a server that does not answer yet; returns whether it is worth asking again.
    ///
    /// # Errors
    /// When the server has ended.
    pub(super) async fn may_become_ready(&mut self) -> anyhow::Result<bool> {
        self.refuse_ended("before it answered")?;
        if clock::now().saturating_duration_since(self.started) > READY_WITHIN {
            return Ok(false);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
        Ok(true)
    }

    /// Refuses a server that has ended, `when` it should not have.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) fn refuse_ended(&mut self, when: &str) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => anyhow::bail!(
                "`{}` ended {when} ({status}); what it printed is in {}",
                self.line,
                self.log.display()
            ),
        }
    }

    /// Ends it, and waits until it has.
    pub(super) async fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        if tokio::time::timeout(END_WITHIN, self.child.wait())
            .await
            .is_err()
        {
            self.signal(Signal::SIGKILL);
            // It cannot but end now.
            let _ = self.child.wait().await;
        }
        // Whatever it started and left behind; from here on the number may be somebody else's.
        self.signal(Signal::SIGKILL);
        self.group = None;
    }

    /// A group that is gone needs no signal.
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Program {
    /// Nothing stays behind, unless this process is killed outright.
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
