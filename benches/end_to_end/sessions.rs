//! Many SSH sessions at once on the devices of a running fleet: are they served, and does the fleet
//! keep its time meanwhile?
//!
//! ```sh
//! fleet run scenarios/link-flap-storm.toml --ssh 127.0.0.1:2222 --set ssh.sessions=1000 &
//! cargo run --release -p benches --example sessions -- 2222 branch 1000 15
//! ```
//!
//! Arguments: the port, the beginning of the host names, how many devices, for how many seconds. Each
//! session logs in once and then has a command carried out every second.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use russh::{
    ChannelMsg,
    client::{self, Handle},
    keys::PublicKeyOrCertificate,
};

/// Logins under way at once: each costs both sides a key exchange.
const LOGINS_AT_ONCE: usize = 16;
/// Tries until a server that has not begun to listen is given up.
const CONNECT_TRIES: u32 = 50;

struct Client;

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .ok_or("PORT PREFIX SESSIONS SECONDS are needed")
    };
    let (port, prefix) = (next()?.parse::<u16>()?, next()?);
    let (sessions, seconds) = (next()?.parse::<u32>()?, next()?.parse::<u64>()?);
    let logins = Arc::new(tokio::sync::Semaphore::new(LOGINS_AT_ONCE));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..sessions {
        let (logins, user) = (Arc::clone(&logins), format!("{prefix}-{number:05}"));
        tasks.spawn(async move {
            let permit = logins.acquire().await?;
            let (client, channel) = log_in(port, &user).await?;
            drop(permit);
            let logged_in = begun.elapsed();
            let took = talk(channel, &user, Duration::from_secs(seconds)).await?;
            drop(client);
            Ok::<_, Failure>((logged_in, took))
        });
    }
    let (mut last_login, mut took, mut failed) = (Duration::ZERO, Vec::new(), 0);
    while let Some(ended) = tasks.join_next().await {
        match ended? {
            Ok((logged_in, own)) => {
                last_login = last_login.max(logged_in);
                took.extend(own);
            }
            Err(error) => {
                failed += 1;
                eprintln!("a session failed: {error}");
            }
        }
    }
    took.sort_unstable();
    let at =
        |share: f64| took.get(((took.len() as f64 * share) as usize).min(took.len().max(1) - 1));
    println!(
        "{} sessions, {failed} failed, all logged in after {last_login:.1?}; {} commands, p50 {:.1?}, p99 {:.1?}",
        sessions,
        took.len(),
        at(0.5).copied().unwrap_or_default(),
        at(0.99).copied().unwrap_or_default()
    );
    Ok(())
}

async fn log_in(
    port: u16,
    user: &str,
) -> Result<(Handle<Client>, russh::Channel<client::Msg>), Failure> {
    let config = Arc::new(client::Config::default());
    let mut tries = 0;
    let mut client = loop {
        match client::connect(Arc::clone(&config), ("127.0.0.1", port), Client).await {
            Ok(client) => break client,
            Err(error) if tries == CONNECT_TRIES => return Err(error.into()),
            Err(_) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    };
    if !client.authenticate_password(user, "cisco").await?.success() {
        return Err(format!("{user} is not let in").into());
    }
    let mut channel = client.channel_open_session().await?;
    channel
        .request_pty(false, "vt100", 511, 0, 0, 0, &[])
        .await?;
    channel.request_shell(false).await?;
    wait_for(&mut channel, &format!("{user}#")).await?;
    Ok((client, channel))
}

/// A command every second until `length` has passed; how long each took.
async fn talk(
    mut channel: russh::Channel<client::Msg>,
    user: &str,
    length: Duration,
) -> Result<Vec<Duration>, Failure> {
    let mut took = Vec::new();
    let mut every = tokio::time::interval(Duration::from_secs(1));
    let end = Instant::now() + length;
    while Instant::now() < end {
        every.tick().await;
        let sent = Instant::now();
        channel.data(&b"show call-home\r"[..]).await?;
        wait_for(&mut channel, &format!("{user}#")).await?;
        took.push(sent.elapsed());
    }
    Ok(took)
}

async fn wait_for(channel: &mut russh::Channel<client::Msg>, end: &str) -> Result<(), Failure> {
    let mut shown = Vec::new();
    while !shown.ends_with(end.as_bytes()) {
        match channel.wait().await {
            Some(ChannelMsg::Data { data }) => shown.extend_from_slice(&data),
            Some(_) => {}
            None => return Err("the session ended".into()),
        }
    }
    Ok(())
}
