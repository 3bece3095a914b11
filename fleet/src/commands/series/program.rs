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
use tokio::process::{Child, Command};

use crate::clock;

/// How long a server may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// From one attempt to reach it to the next.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// How long it may take to end when it is asked to.
const END_WITHIN: Duration = Duration::from_secs(10);

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
    /// Starts the command line `line`; what it prints goes to `log`.
    ///
    /// # Errors
    /// When it cannot be started, or the file cannot be written.
    pub(super) fn start(line: &str, log: &Path) -> anyhow::Result<Self> {
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
            line: line.to_owned(),
            log: log.to_owned(),
            started: clock::now(),
        })
    }

    /// Waits a moment for a server that does not answer yet; returns whether it is worth asking again.
    ///
    /// # Errors
    /// When the server has ended.
    pub(super) async fn may_become_ready(&mut self) -> anyhow::Result<bool> {
        if let Some(status) = self.child.try_wait()? {
            anyhow::bail!(
                "`{}` ended before it answered ({status}); what it printed is in {}",
                self.line,
                self.log.display()
            );
        }
        if clock::now().saturating_duration_since(self.started) > READY_WITHIN {
            return Ok(false);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
        Ok(true)
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
    }

    /// A group that is gone needs no signal.
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Program {
    /// Nothing stays behind, however its run ended.
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
