//! Mail in clear.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mock_smtp::{Dialogue, Settings, events};
use proptest::prelude::*;
use sink::{Books, MessageKey, Store};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{Client, ENVELOPE, TestSink, message};

fn with(dialogue: Dialogue) -> Settings {
    Settings {
        dialogue,
        ..Settings::default()
    }
}

#[tokio::test]
async fn a_message_is_accounted_for() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    client.expect("EHLO c\r\n", &[250]).await;
    client.expect(ENVELOPE, &[250, 250]).await;
    client.expect("DATA\r\n", &[354]).await;
    client.expect(format!("{}.\r\n", message(8)), &[250]).await;
    client.expect("QUIT\r\n", &[221]).await;
    assert_eq!(client.rest().await, "");
    let summary = sink.books.recent(1).remove(0);
    assert_eq!(summary.id, "M8:9S1NMSF22DW:51AEAC68");
    assert_eq!(
        (&*summary.format, &*summary.message_type),
        ("short-text", "syslog")
    );
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.accepted), (1, 1));
    assert_eq!(totals.bytes, message(8).len() as u64);
    assert_eq!((totals.connections.total, totals.connections.open), (1, 0));
}

#[tokio::test]
async fn the_receipt_is_in_the_books_before_the_reply_goes_out() {
    let heard = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&heard);
    let key = MessageKey::of("M8:9S1NMSF22DW:51AEAC68");
    let books = Books::with_observer(Box::new(move |receipt| {
        assert_eq!(receipt.key, key);
        counter.fetch_add(1, Ordering::SeqCst);
    }));
    let sink = TestSink::start_with(Settings::default(), books).await;
    let mut client = sink.client().await;
    let codes = [250, 250, 250, 354, 250];
    client
        .expect(
            format!("EHLO c\r\n{ENVELOPE}DATA\r\n{}.\r\n", message(8)),
            &codes,
        )
        .await;
    assert_eq!(heard.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn pipelined_messages_are_all_taken() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    let mut text = "EHLO c\r\n".to_owned();
    let mut codes = vec![250];
    for number in 0..50 {
        text.push_str(&format!("{ENVELOPE}DATA\r\n{}.\r\n", message(number)));
        codes.extend([250, 250, 354, 250]);
    }
    client.expect(text, &codes).await;
    assert_eq!(sink.stop().await.accepted, 50);
}

#[tokio::test]
async fn a_message_sent_byte_by_byte_is_the_same_message() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{}.\r\nQUIT\r\n", message(8));
    for byte in text.as_bytes() {
        client.send([*byte]).await;
    }
    assert!(client.rest().await.ends_with("221 2.0.0 Bye\r\n"));
    assert_eq!(sink.stop().await.bytes, message(8).len() as u64);
}

#[tokio::test]
async fn a_repeated_message_is_a_duplicate() {
    let sink = TestSink::start(Settings::default()).await;
    for _ in 0..2 {
        let mut client = sink.client().await;
        let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{}.\r\n", message(8));
        client.expect(text, &[250, 250, 250, 354, 250]).await;
    }
    let totals = sink.stop().await;
    assert_eq!(
        (totals.received, totals.accepted, totals.duplicates),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn a_message_cut_off_before_its_end_is_not_received() {
    for cut in [
        "",
        "Subject: x\r\n",
        "x\r\n.",
        "x\r\n.\r",
        "x\n.\n",
        "x\r\n.\n",
    ] {
        let sink = TestSink::start(Settings::default()).await;
        let mut client = sink.client().await;
        client
            .expect(
                format!("EHLO c\r\n{ENVELOPE}DATA\r\n"),
                &[250, 250, 250, 354],
            )
            .await;
        client.send(cut).await;
        drop(client);
        let totals = sink.stop().await;
        assert_eq!(
            (totals.received, totals.events[events::ABORTED]),
            (0, 1),
            "{cut:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_lost_outside_a_message_aborts_nothing() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    client
        .expect(format!("EHLO c\r\n{ENVELOPE}"), &[250, 250, 250])
        .await;
    drop(client);
    assert!(sink.stop().await.events.is_empty());
}

#[tokio::test]
async fn a_message_that_is_too_large_is_rejected_and_counted() {
    let dialogue = Dialogue {
        message_bytes_max: 1_000,
        ..Dialogue::default()
    };
    let sink = TestSink::start(with(dialogue)).await;
    let mut client = sink.client().await;
    client
        .expect("EHLO c\r\nMAIL FROM:<a@x> SIZE=1001\r\n", &[250, 552])
        .await;
    client
        .expect(format!("{ENVELOPE}DATA\r\n"), &[250, 250, 354])
        .await;
    client
        .expect(format!("{}\r\n.\r\n", "line\r\n".repeat(100_000)), &[552])
        .await;
    client.expect("NOOP\r\n", &[250]).await;
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.rejected["oversize"]), (0, 1));
}

#[tokio::test]
async fn a_thousand_recipients_are_taken_and_one_more_is_not() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    client
        .expect("EHLO c\r\nMAIL FROM:<a@x>\r\n", &[250, 250])
        .await;
    for _ in 0..10 {
        client
            .expect("RCPT TO:<b@y>\r\n".repeat(100), &[250; 100])
            .await;
    }
    client
        .expect("RCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n", &[452, 354, 250])
        .await;
}

#[tokio::test]
async fn an_endless_line_is_refused_when_it_ends_at_last() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    for _ in 0..64 {
        client.send([b'a'; 64 * 1024]).await;
    }
    client.expect("\r\nNOOP\r\n", &[500, 250]).await;
}

#[tokio::test]
async fn smuggled_mail_stays_inside_the_message() {
    let sink = TestSink::start(Settings::default()).await;
    let smuggled = format!("{ENVELOPE}DATA\r\n{}.\r\n", message(666));
    for (number, end) in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r\r\n"]
        .iter()
        .enumerate()
    {
        let mut client = sink.client().await;
        let honest = message(u32::try_from(number).unwrap());
        let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{honest}hello{end}{smuggled}QUIT\r\n");
        client.expect(text, &[250, 250, 250, 354, 250, 221]).await;
        assert_eq!(client.rest().await, "");
    }
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.accepted), (5, 5));
    assert_eq!(totals.events[events::BARE_LINE_ENDS], 5);
}

#[tokio::test]
async fn mail_needs_its_order() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    client.expect("MAIL FROM:<a@x>\r\n", &[503]).await;
    client
        .expect("HELO c\r\nRCPT TO:<b@y>\r\nDATA\r\n", &[250, 503, 503])
        .await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let sink = TestSink::start(Settings {
        connections_max: 1,
        ..Settings::default()
    })
    .await;
    let first = sink.client().await;
    let mut second = Client::new(TcpStream::connect(sink.address).await.unwrap());
    assert_eq!(
        second.rest().await,
        "421 4.3.2 Too many connections, try again later\r\n"
    );
    drop(first);
    let totals = sink.stop().await;
    assert_eq!(
        (totals.connections.total, totals.connections.refused),
        (1, 1)
    );
}

#[tokio::test]
async fn a_silent_client_is_sent_away() {
    let settings = Settings {
        idle_timeout: Duration::from_millis(1),
        ..Settings::default()
    };
    let sink = TestSink::start(settings).await;
    let mut client = sink.client().await;
    assert_eq!(client.rest().await, "421 4.4.2 Idle too long, closing\r\n");
    assert_eq!(sink.stop().await.events[events::IDLE], 1);
}

#[tokio::test]
async fn a_client_that_only_talks_learns_why_it_is_sent_away() {
    let sink = TestSink::start(Settings::default()).await;
    let mut client = sink.client().await;
    client.send("NOOP\r\n".repeat(20_000)).await;
    let replies = client.rest().await;
    assert!(
        replies.ends_with("421 4.7.0 Too many commands without mail, closing\r\n"),
        "{replies}"
    );
}

#[tokio::test]
async fn stored_messages_are_what_was_sent_without_stuffing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(directory.path(), "eml", 1).unwrap());
    let sink = TestSink::start(Settings {
        store: Some(store),
        ..Settings::default()
    })
    .await;
    let mut client = sink.client().await;
    let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n..a\r\n.\r\n");
    client.expect(text, &[250, 250, 250, 354, 250]).await;
    assert_eq!(
        fs::read(directory.path().join("00000001.eml")).unwrap(),
        b".a\r\n"
    );
    client
        .expect(
            format!("{ENVELOPE}DATA\r\nb\r\n.\r\n"),
            &[250, 250, 354, 250],
        )
        .await;
    let totals = sink.stop().await;
    assert_eq!((totals.accepted, totals.events[events::NOT_STORED]), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_bytes_keep_the_sink_from_serving_others(
        greeted in any::<bool>(),
        garbage in proptest::collection::vec(any::<u8>(), 0..4_000),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let accepted = runtime.block_on(async {
            let sink = TestSink::start(Settings::default()).await;
            let mut hostile = TcpStream::connect(sink.address).await.unwrap();
            let opening = if greeted { format!("EHLO c\r\n{ENVELOPE}DATA\r\n") } else { String::new() };
            // The sink may hang up in the middle of it, which is its right.
            let _ = hostile.write_all(&[opening.as_bytes(), &garbage].concat()).await;
            let mut client = sink.client().await;
            let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{}.\r\n", message(8));
            client.expect(text, &[250, 250, 250, 354, 250]).await;
            let id = "M8:9S1NMSF22DW:51AEAC68";
            sink.books.recent(10).iter().filter(|summary| summary.id == id).count()
        });
        prop_assert_eq!(accepted, 1);
    }
}
