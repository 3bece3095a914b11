//! What a closed loop would have said: send, wait for the answer, send the next.
//!
//! That is how many load tools measure. While the server stands still they do not send, and what would
//! have waited meanwhile is missing from their figures.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::{clock, record::Latency};

/// One message, as short as one can be.
const MESSAGE: &[u8] = b"Subject: closed loop\r\n\r\n.\r\n";

/// Sends one message after the other to `address` until `until`; returns how long each took.
///
/// # Errors
/// When the target hangs up.
pub(super) fn measure(address: SocketAddr, until: Instant) -> io::Result<Latency> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut commands = stream.try_clone()?;
    let mut replies = BufReader::new(stream);
    let mut line = String::new();
    let mut wait = |replies: &mut BufReader<TcpStream>, count: usize| {
        for _ in 0..count {
            line.clear();
            if replies.read_line(&mut line)? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
        }
        Ok(())
    };
    wait(&mut replies, 1)?;
    commands.write_all(b"EHLO closed\r\n")?;
    wait(&mut replies, 2)?;
    let mut latency = Latency::default();
    while clock::now() < until {
        let begun = clock::now();
        commands.write_all(b"MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")?;
        wait(&mut replies, 3)?;
        commands.write_all(MESSAGE)?;
        wait(&mut replies, 1)?;
        latency.record(clock::now().saturating_duration_since(begun));
    }
    commands.write_all(b"QUIT\r\n")?;
    Ok(latency)
}
