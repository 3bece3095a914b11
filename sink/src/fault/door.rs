//! The port of a sink: open, closed for a while, and open again at the same address.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tracing::debug;

use super::FaultBoard;
use crate::listener::HeldPort;

/// Waits before another attempt to have the port back.
const RETRY: Duration = Duration::from_millis(50);

/// What happens at a port.
#[derive(Debug)]
pub enum Knock {
    /// Somebody has connected.
    Came(TcpStream),
    /// All open connections are to be cut.
    Cut,
    /// The system could not hand over a connection.
    Failed(io::Error),
}

/// The port of a sink.
#[derive(Debug)]
pub struct Door {
    board: Arc<FaultBoard>,
    address: Option<SocketAddr>,
    leaf: Leaf,
    /// Whether connections have been cut for the faults that are on.
    cut: bool,
}

#[derive(Debug)]
enum Leaf {
    Open(TcpListener),
    /// Nobody listens; the port is held where that was possible.
    Closed(Option<HeldPort>),
}

impl Door {
    /// A door at `listener` that opens and closes as `board` says.
    #[must_use]
    pub fn new(listener: TcpListener, board: Arc<FaultBoard>) -> Self {
        Self {
            board,
            address: listener.local_addr().ok(),
            leaf: Leaf::Open(listener),
            cut: false,
        }
    }

    /// What happens next. Nothing is lost when it is not waited for to the end.
    pub async fn next(&mut self) -> Knock {
        loop {
            let wish = self.board.port();
            if wish.closed && matches!(self.leaf, Leaf::Open(_)) {
                self.close();
            }
            if wish.cut && !self.cut {
                self.cut = true;
                return Knock::Cut;
            }
            self.cut &= wish.cut;
            if !wish.closed && self.reopen().is_err() {
                sleep(RETRY).await;
                continue;
            }
            let accepted = async {
                match &self.leaf {
                    Leaf::Open(listener) => listener.accept().await,
                    Leaf::Closed(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.board.port_change() => {}
                accepted = accepted => return match accepted {
                    Ok((stream, _)) => Knock::Came(stream),
                    Err(error) => Knock::Failed(error),
                },
            }
        }
    }

    fn close(&mut self) {
        self.leaf = Leaf::Closed(None);
        // Bound and not listening, the port refuses connections, and nobody else gets it.
        let held = self.address.map(HeldPort::hold);
        if let Some(Err(error)) = &held {
            debug!(%error, "the closed port is not held");
        }
        self.leaf = Leaf::Closed(held.and_then(Result::ok));
        self.board.port_closed();
    }

    fn reopen(&mut self) -> io::Result<()> {
        let Leaf::Closed(held) = &mut self.leaf else {
            return Ok(());
        };
        let held = match (held.take(), self.address) {
            (Some(held), _) => held,
            (None, Some(address)) => HeldPort::hold(address)?,
            (None, None) => return Err(io::ErrorKind::AddrNotAvailable.into()),
        };
        self.leaf = Leaf::Open(held.listen()?);
        self.board.port_opened();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::super::Protocol;
    use super::*;

    fn board(text: &str) -> Arc<FaultBoard> {
        let board = FaultBoard::new(Protocol::Smtp, 7);
        board.add_written(&toml::from_str(text).unwrap()).unwrap();
        Arc::new(board)
    }

    #[tokio::test]
    async fn a_closed_port_refuses_until_the_fault_is_gone() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let board = board("refuse = 'port-closed'");
        let mut door = Door::new(listener, Arc::clone(&board));
        let (stream, knock) = tokio::join!(TcpStream::connect(address), door.next());
        let Knock::Came(mut first_served) = knock else {
            panic!("{knock:?}");
        };
        let mut stream = stream.unwrap();
        board.start(Instant::now());
        // What waited in the queue of the port may be reset; then there is nobody any more.
        let refused = async {
            let refused = io::ErrorKind::ConnectionRefused;
            while TcpStream::connect(address)
                .await
                .err()
                .map(|error| error.kind())
                != Some(refused)
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = refused => {}
            _ = async { loop { drop(door.next().await) } } => unreachable!(),
        };
        assert_eq!(board.reports()[0].applied, 1);
        board.remove(board.reports()[0].id);
        let again = async {
            loop {
                if let Ok(stream) = TcpStream::connect(address).await {
                    return stream;
                }
            }
        };
        let (_again, knock) = tokio::join!(again, door.next());
        assert!(matches!(knock, Knock::Came(_)));
        // A closed port does nothing to connections from before.
        let served = &mut first_served;
        let (written, read) = tokio::join!(served.write_all(b"x"), stream.read_u8());
        assert!(written.is_ok() && read.is_ok());
    }

    #[tokio::test]
    async fn a_restart_asks_once_for_open_connections_to_be_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let board = board("restart = { down = '1ms' }");
        let mut door = Door::new(listener, Arc::clone(&board));
        board.start(Instant::now());
        assert!(matches!(door.next().await, Knock::Cut));
        let connect = async {
            loop {
                if let Ok(stream) = TcpStream::connect(address).await {
                    return stream;
                }
            }
        };
        let (_stream, knock) = tokio::join!(connect, door.next());
        assert!(matches!(knock, Knock::Came(_)));
        let report = &board.reports()[0];
        assert!(
            report.applied == 1 && report.active_s >= 0.001,
            "{report:?}"
        );
    }
}
