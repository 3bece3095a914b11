//! What becomes of messages.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use mock_tac::devices::Registration;
use mock_tac::{Settings, TenKb};
use sink::{MessageKey, Store};
use tokio::io::AsyncWriteExt;

use super::server::{INVENTORY, SYSLOG, Server, TEST, one_reply, post, post_with, rest};

const XML: &str = "Content-Type: text/xml\r\nConnection: close\r\n";

/// The syslog sample with an attachment of so many bytes that hardly compress.
fn syslog_with_noise(bytes: usize) -> String {
    let mut state = 1_u64;
    let mut noise = String::with_capacity(bytes);
    for _ in 0..bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        noise.push(char::from(b'0' + (state >> 58) as u8));
    }
    // `0` to `o` includes the two characters that markup is made of.
    let noise = noise.replace(['<', '>'], "+");
    SYSLOG.replace("Syslog logging: enabled", &noise)
}

#[tokio::test]
async fn a_message_is_accepted_and_answered_with_its_id() {
    let server = Server::secure(Settings::default()).await;
    let reply = server.exchange(post(SYSLOG)).await;
    assert_eq!(reply.status(), 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/xml; charset=\"utf-8\"")
    );
    assert_eq!(reply.message_status(), "accepted");
    assert!(
        reply
            .body()
            .contains("<aml-session:MessageId>M9:FTX1840ALBY:69B53F41</aml-session:MessageId>")
    );
    let totals = server.stop().await;
    assert_eq!((totals.received, totals.accepted), (1, 1));
    assert_eq!(totals.bytes, SYSLOG.len() as u64);
    assert_eq!(totals.by_type["syslog"], 1);
}

#[tokio::test]
async fn the_receipt_is_there_when_the_reply_is() {
    let server = Server::secure(Settings::default()).await;
    server.exchange(post(TEST)).await;
    let receipts = server.receipts.lock().unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].key, MessageKey::of("M25:9S1NMSF22DW:51AEAC68"));
    assert!(!receipts[0].duplicate);
}

#[tokio::test]
async fn several_messages_pass_one_connection() {
    let server = Server::secure(Settings::default()).await;
    let mut stream = server.connect().await;
    for body in [SYSLOG, TEST, INVENTORY] {
        let request = post_with("Content-Type: application/xml\r\n", body);
        stream.write_all(&request).await.unwrap();
        assert_eq!(one_reply(&mut stream).await.message_status(), "accepted");
    }
    let totals = server.stop().await;
    assert_eq!((totals.received, totals.connections.total), (3, 1));
}

#[tokio::test]
async fn the_second_copy_of_a_message_is_a_duplicate() {
    let server = Server::secure(Settings::default()).await;
    server.exchange(post(SYSLOG)).await;
    let reply = server.exchange(post(SYSLOG)).await;
    assert_eq!((reply.status(), reply.message_status()), (200, "duplicate"));
    let totals = server.stop().await;
    assert_eq!((totals.received, totals.duplicates), (2, 1));
}

#[tokio::test]
async fn a_client_that_ends_its_side_after_the_request_gets_its_reply() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), "xml", 1).unwrap();
    let settings = Settings {
        store: Some(store.into()),
        ..Settings::default()
    };
    let server = Server::plain(settings).await;
    let mut stream = server.connect_having_sent(post(SYSLOG));
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await.message_status(), "accepted");
}

#[tokio::test]
async fn a_malformed_body_gets_a_fault_that_says_what_and_where() {
    let server = Server::secure(Settings::default()).await;
    let body = SYSLOG.replace("<ch:Brand>", "<ch:Brand>&nbsp;<x>");
    let reply = server.exchange(post(&body)).await;
    assert_eq!(reply.status(), 400);
    assert!(
        reply
            .body()
            .contains("<soap-env:Value>soap-env:Sender</soap-env:Value>")
    );
    let at = body.find("&nbsp;").unwrap();
    assert!(
        reply
            .body()
            .contains(&format!("unknown entity &amp;nbsp; at byte {at}<"))
    );
    let totals = server.stop().await;
    assert_eq!(totals.received, 0);
    assert_eq!(totals.rejected["not_well_formed"], 1);
}

#[tokio::test]
async fn a_device_id_out_of_form_is_refused() {
    let server = Server::secure(Settings::default()).await;
    let body = SYSLOG.replace("@C@", "-C-");
    let reply = server.exchange(post(body)).await;
    assert_eq!(reply.status(), 400);
    assert!(reply.body().contains("DeviceId is not TYPE@C@SERIAL"));
    assert_eq!(server.stop().await.rejected["value"], 1);
}

#[tokio::test]
async fn xml_of_each_media_type_is_taken() {
    let server = Server::secure(Settings::default()).await;
    for content_type in [
        "text/xml",
        "application/xml; charset=utf-8",
        "Application/SOAP+XML; action=\"x\"; charset=\"UTF-8\"",
    ] {
        let headers = format!("Content-Type: {content_type}\r\nConnection: close\r\n");
        let reply = server.exchange(post_with(&headers, SYSLOG)).await;
        assert_eq!(reply.status(), 200, "{content_type}");
    }
}

#[tokio::test]
async fn other_content_is_415() {
    let server = Server::secure(Settings::default()).await;
    for headers in [
        "",
        "Content-Type: text/plain; charset=\"utf-8\"\r\n",
        "Content-Type: text/xmlish\r\n",
        "Content-Type: text/xml; charset=iso-8859-1\r\n",
        "Content-Type: text/xml\r\nContent-Type: text/plain\r\n",
        "Content-Type: text/xml\r\nContent-Encoding: br\r\n",
        "Content-Type: text/xml\r\nContent-Encoding: gzip, gzip\r\n",
    ] {
        let reply = server.exchange(post_with(headers, SYSLOG)).await;
        assert_eq!(reply.status(), 415, "{headers}");
    }
    let totals = server.stop().await;
    assert_eq!(totals.received, 0);
    assert_eq!(totals.rejected["content_type"], 5);
    assert_eq!(totals.rejected["content_encoding"], 2);
}

#[tokio::test]
async fn compressed_messages_are_taken_and_measured_as_they_were() {
    let server = Server::secure(Settings::default()).await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(SYSLOG.as_bytes()).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(TEST.as_bytes()).unwrap();
    for (encoding, body) in [
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib.finish().unwrap()),
    ] {
        let headers = format!("{XML}Content-Encoding: {encoding}\r\n");
        let reply = server.exchange(post_with(&headers, body)).await;
        assert_eq!(reply.message_status(), "accepted", "{encoding}");
    }
    let totals = server.stop().await;
    assert_eq!(totals.bytes, (SYSLOG.len() + TEST.len()) as u64);
}

#[tokio::test]
async fn a_body_that_is_not_what_its_encoding_says_is_refused() {
    let server = Server::secure(Settings::default()).await;
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(SYSLOG.as_bytes()).unwrap();
    let headers = format!("{XML}Content-Encoding: deflate\r\n");
    let reply = server
        .exchange(post_with(&headers, raw.finish().unwrap()))
        .await;
    assert_eq!(reply.status(), 400);
    assert_eq!(server.stop().await.received, 0);
}

#[tokio::test]
async fn a_message_that_stays_above_ten_kilobytes_is_confirmed_and_dropped() {
    let server = Server::secure(Settings::default()).await;
    let reply = server.exchange(post(syslog_with_noise(30_000))).await;
    assert_eq!((reply.status(), reply.message_status()), (200, "dropped"));
    assert!(reply.body().contains("M9:FTX1840ALBY:69B53F41"));
    assert_eq!(server.receipts.lock().unwrap().len(), 1);
    assert_eq!(server.devices.device("CISCO2951/K9@C@FTX1840ALBY"), None);
    let totals = server.stop().await;
    assert_eq!((totals.received, totals.accepted), (1, 0));
    assert_eq!(totals.dropped["oversize_dropped"], 1);
}

#[tokio::test]
async fn a_large_message_that_compresses_well_is_accepted() {
    let server = Server::secure(Settings::default()).await;
    let body = SYSLOG.replace("Syslog logging: enabled", &"line\n".repeat(10_000));
    let reply = server.exchange(post(body)).await;
    assert_eq!(reply.message_status(), "accepted");
}

#[tokio::test]
async fn the_rule_comes_before_the_look_at_the_message() {
    let server = Server::secure(Settings::default()).await;
    let mut body = syslog_with_noise(30_000);
    body.truncate(body.len() - 100);
    let reply = server.exchange(post(body)).await;
    assert_eq!((reply.status(), reply.message_status()), (200, "dropped"));
    assert_eq!(server.stop().await.without_id, 1);
}

#[tokio::test]
async fn the_ten_kilobyte_rule_can_be_watched_or_turned_off() {
    for (ten_kb, logged) in [(TenKb::Log, 1), (TenKb::Off, 0)] {
        let server = Server::secure(Settings {
            ten_kb,
            ..Settings::default()
        })
        .await;
        let reply = server.exchange(post(syslog_with_noise(30_000))).await;
        assert_eq!(reply.message_status(), "accepted");
        let totals = server.stop().await;
        assert_eq!(totals.accepted, 1);
        assert_eq!(
            totals.events.get("oversize_logged").copied().unwrap_or(0),
            logged
        );
    }
}

#[tokio::test]
async fn a_device_registers_with_a_full_inventory() {
    let server = Server::secure(Settings::default()).await;
    let device_id = "CISCO2951/K9@C@FTX1840ALBY";
    server.exchange(post(SYSLOG)).await;
    let device = server.devices.device(device_id).unwrap();
    assert_eq!(device.registration, Registration::Unknown);
    server.exchange(post(INVENTORY)).await;
    server.exchange(post(INVENTORY)).await;
    let device = server.devices.device(device_id).unwrap();
    assert_eq!(device.registration, Registration::Registered);
    assert_eq!(device.contact, "noc@example.com");
    assert_eq!(device.messages, 2);
}

#[tokio::test]
async fn an_anonymous_device_is_never_registered() {
    let server = Server::secure(Settings::default()).await;
    server
        .exchange(post(include_str!("../data/anonymous.xml")))
        .await;
    let device = server.devices.device("CISCO2951/K9@C@QJ7ZK2M4XWA").unwrap();
    assert_eq!(device.registration, Registration::Unknown);
}
