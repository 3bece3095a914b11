//! Mail over TLS, and who may send it.

use std::sync::Arc;
use std::time::Duration;

use mock_smtp::{AuthPolicy, Credentials, Dialogue, Settings, Tls, events};
use rustls::pki_types::ServerName;
use sink::TestAuthority;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Client, ENVELOPE, TestSink, message};

async fn sink_with(tls: fn(Arc<rustls::ServerConfig>) -> Tls) -> (TestSink, TestAuthority) {
    let authority = TestAuthority::generate().unwrap();
    let config = authority.server_config(&[]).unwrap();
    let sink = TestSink::start(Settings {
        tls: tls(config),
        ..Settings::default()
    })
    .await;
    (sink, authority)
}

async fn secure(
    stream: TcpStream,
    authority: &TestAuthority,
) -> std::io::Result<Client<TlsStream<TcpStream>>> {
    let connector = TlsConnector::from(authority.client_config().unwrap());
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, stream).await.map(Client::new)
}

#[tokio::test]
async fn starttls_goes_on_in_secret_and_begins_anew() {
    let (sink, authority) = sink_with(Tls::StartTls).await;
    let mut client = sink.client().await;
    client.send("EHLO c\r\n").await;
    assert!(client.reply().await.contains("250-STARTTLS\r\n"));
    client.expect(ENVELOPE, &[250, 250]).await;
    client.expect("STARTTLS\r\n", &[220]).await;
    let mut client = secure(client.into_stream(), &authority).await.unwrap();
    client
        .expect("DATA\r\nMAIL FROM:<a@x>\r\n", &[503, 503])
        .await;
    client.send("EHLO c\r\n").await;
    assert!(!client.reply().await.contains("STARTTLS"));
    let text = format!("{ENVELOPE}DATA\r\n{}.\r\nQUIT\r\n", message(8));
    client.expect(text, &[250, 250, 354, 250, 221]).await;
    assert_eq!(client.rest().await, "");
    assert_eq!(sink.stop().await.accepted, 1);
}

#[tokio::test]
async fn what_was_sent_in_clear_behind_starttls_is_thrown_away() {
    let (sink, authority) = sink_with(Tls::StartTls).await;
    let mut client = sink.client().await;
    let injected = format!("EHLO evil\r\n{ENVELOPE}");
    client
        .expect(format!("EHLO c\r\nSTARTTLS\r\n{injected}"), &[250, 220])
        .await;
    let mut client = secure(client.into_stream(), &authority).await.unwrap();
    // Obeyed, the injected lines would answer here before the client has said anything.
    client.expect("RCPT TO:<b@y>\r\n", &[503]).await;
    client.expect("NOOP\r\n", &[250]).await;
    assert_eq!(sink.stop().await.events[events::STARTTLS_DISCARDED], 1);
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let (sink, authority) = sink_with(Tls::Implicit).await;
    let stream = TcpStream::connect(sink.address).await.unwrap();
    let mut client = secure(stream, &authority).await.unwrap();
    assert!(client.reply().await.starts_with("220 "));
    let text = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{}.\r\nQUIT\r\n", message(8));
    client.expect(text, &[250, 250, 250, 354, 250, 221]).await;
    assert_eq!(sink.stop().await.accepted, 1);
}

#[tokio::test]
async fn a_handshake_that_fails_is_counted() {
    let (sink, _authority) = sink_with(Tls::Implicit).await;
    let mut client = Client::new(TcpStream::connect(sink.address).await.unwrap());
    client.send("EHLO c\r\n").await;
    let mut stream = client.into_stream();
    // An alert and the end, or the end at once.
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    assert_eq!(sink.stop().await.events[events::TLS_FAILED], 1);
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_ended() {
    let authority = TestAuthority::generate().unwrap();
    let sink = TestSink::start(Settings {
        tls: Tls::Implicit(authority.server_config(&[]).unwrap()),
        handshake_timeout: Duration::from_millis(1),
        ..Settings::default()
    })
    .await;
    let mut client = Client::new(TcpStream::connect(sink.address).await.unwrap());
    assert_eq!(client.rest().await, "");
    assert_eq!(sink.stop().await.events[events::TLS_FAILED], 1);
}

#[tokio::test]
async fn mail_waits_for_authentication_where_it_is_required() {
    let credentials = Credentials {
        user_name: "ann".to_owned(),
        password: "secret".to_owned(),
    };
    let dialogue = Dialogue {
        auth: AuthPolicy::Required,
        credentials: Some(credentials),
        ..Dialogue::default()
    };
    let sink = TestSink::start(Settings {
        dialogue,
        ..Settings::default()
    })
    .await;
    let mut client = sink.client().await;
    client
        .expect("EHLO c\r\nMAIL FROM:<a@x>\r\n", &[250, 530])
        .await;
    client
        .expect("AUTH LOGIN\r\nYW5u\r\nd3Jvbmc=\r\n", &[334, 334, 535])
        .await;
    client
        .expect("AUTH LOGIN YW5u\r\nc2VjcmV0\r\n", &[334, 235])
        .await;
    let text = format!("{ENVELOPE}DATA\r\n{}.\r\n", message(8));
    client.expect(text, &[250, 250, 354, 250]).await;
}
