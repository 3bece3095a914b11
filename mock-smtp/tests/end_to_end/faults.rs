//! Faults, and clients that have had enough of them.

use std::sync::Arc;

use mock_smtp::{Settings, events};
use sink::fault::{FaultBoard, Protocol};
use tokio::time::Instant;

use crate::client::{ENVELOPE, TestSink, message};

/// A sink in which one thing goes wrong.
async fn sink_with(fault: &str) -> (TestSink, Arc<FaultBoard>) {
    let board = Arc::new(FaultBoard::new(Protocol::Smtp, 7));
    board.add_written(&toml::from_str(fault).unwrap()).unwrap();
    board.start(Instant::now());
    let settings = Settings {
        faults: Arc::clone(&board),
        ..Settings::default()
    };
    (TestSink::start(settings).await, board)
}

fn applied(board: &FaultBoard) -> u64 {
    board.reports()[0].applied
}

#[tokio::test]
async fn a_client_that_gives_up_waiting_gives_up_its_place() {
    let (sink, board) = sink_with("delay = { stage = 'mail', time = '1h' }").await;
    let mut client = sink.client().await;
    client.expect("EHLO c\r\n", &[250]).await;
    client.send(ENVELOPE).await;
    while applied(&board) == 0 {
        tokio::task::yield_now().await;
    }
    drop(client);
    while sink.books.totals().connections.open > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sink.stop().await.received, 0);
}

#[tokio::test]
async fn a_delay_ends_with_the_sink() {
    let (sink, board) = sink_with("delay = { stage = 'message', time = '1h' }").await;
    let mut client = sink.client().await;
    client.expect("EHLO c\r\n", &[250]).await;
    client
        .send(format!("{ENVELOPE}DATA\r\n{}.\r\n", message(8)))
        .await;
    while applied(&board) == 0 {
        tokio::task::yield_now().await;
    }
    // What was taken before the delay stays taken.
    assert_eq!(sink.stop().await.received, 1);
}

#[tokio::test]
async fn what_is_pipelined_behind_a_fault_is_answered_after_it() {
    let (sink, board) = sink_with("reply = { stage = 'rcpt', code = 250, text = 'maybe' }").await;
    let mut client = sink.client().await;
    client.expect("EHLO c\r\n", &[250]).await;
    let text = format!("{ENVELOPE}DATA\r\n{}.\r\nQUIT\r\n", message(8));
    client.expect(text, &[250, 250, 354, 250, 221]).await;
    assert_eq!(applied(&board), 1);
    assert_eq!(sink.stop().await.received, 1);
}

#[tokio::test]
async fn a_message_that_a_fault_refuses_is_not_received() {
    let (sink, _) = sink_with("reply = { code = 452 }").await;
    let mut client = sink.client().await;
    client.expect("EHLO c\r\n", &[250]).await;
    let text = format!("{ENVELOPE}DATA\r\n{}.\r\n", message(8));
    client.expect(text, &[250, 250, 354, 452]).await;
    // The session goes on with the next.
    client.expect(ENVELOPE, &[250, 250]).await;
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.rejected[events::FAULT]), (0, 1));
}
