//! Faults, and clients that have had enough of them.

use std::sync::Arc;

use mock_tac::Settings;
use sink::fault::{FaultBoard, Protocol};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::server::{SYSLOG, Server, post};

/// Settings with one thing that goes wrong.
fn settings_with(fault: &str) -> (Settings, Arc<FaultBoard>) {
    let board = Arc::new(FaultBoard::new(Protocol::Https, 7));
    board.add_written(&toml::from_str(fault).unwrap()).unwrap();
    board.start(Instant::now());
    let settings = Settings {
        faults: Arc::clone(&board),
        ..Settings::default()
    };
    (settings, board)
}

#[tokio::test]
async fn a_client_that_gives_up_waiting_gives_up_its_place() {
    for (stage, received) in [("head", 0), ("body", 0), ("reply", 1)] {
        let fault = format!("delay = {{ stage = '{stage}', time = '1h' }}");
        let (settings, board) = settings_with(&fault);
        let server = Server::plain(settings).await;
        let mut stream = server.connect_plain().await;
        stream.write_all(&post(SYSLOG)).await.unwrap();
        while board.reports()[0].applied == 0 {
            tokio::task::yield_now().await;
        }
        drop(stream);
        // It would wait for a connection that is still served.
        assert_eq!(server.stop().await.received, received, "{stage}");
    }
}

#[tokio::test]
async fn so_does_one_that_gives_up_before_its_first_request() {
    for stage in ["accept", "handshake"] {
        let fault = format!("delay = {{ stage = '{stage}', time = '1h' }}");
        let (settings, board) = settings_with(&fault);
        let server = Server::secure(settings).await;
        let happened = async {
            while board.reports()[0].applied == 0 {
                tokio::task::yield_now().await;
            }
        };
        // The handshake may come to its end or not; then the client is gone.
        tokio::select! {
            biased;
            () = happened => {}
            _ = async { let _kept = server.connect().await; std::future::pending::<()>().await } => {}
        }
        assert_eq!(server.stop().await.received, 0, "{stage}");
    }
}

#[tokio::test]
async fn a_message_that_a_fault_refuses_is_not_received() {
    let (settings, _) = settings_with("status = { code = 500 }");
    let server = Server::plain(settings).await;
    let mut stream = server.connect_plain().await;
    stream.write_all(&post(SYSLOG)).await.unwrap();
    let reply = super::server::one_reply(&mut stream).await;
    assert_eq!(reply.status(), 500);
    let totals = server.stop().await;
    assert_eq!((totals.received, totals.rejected["fault"]), (0, 1));
}
