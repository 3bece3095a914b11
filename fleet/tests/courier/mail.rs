//! Mail that arrives.

use std::sync::Arc;

use emulator::{
    AttemptOutcome::{Accepted, Refused},
    Transport,
};
use fleet::{
    courier::{CourierSettings, Couriers, EmbeddedAddresses, ErrorKind},
    scenario::{Scheme, SourceAddresses},
};
use mock_smtp::{AuthPolicy, Credentials, Dialogue, Settings, Tls};

use crate::{
    lab::*,
    script::{Server, *},
};

#[tokio::test]
async fn a_mail_is_accepted_and_measured() {
    let sink = Sink::smtp(Settings::default()).await;
    let couriers = mail_couriers(sink.address, |_| {}).await;
    let attempt = mail(&couriers, &mail_route(false)).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_eq!(
        phases(&attempt),
        ["connect", "greeting", "envelope", "data"]
    );
    assert_adds_up(&attempt);
    assert_eq!(attempt.bytes, TEXT.len() as u64);
    assert!(attempt.opened && attempt.error.is_none() && attempt.resumed.is_none());
    let totals = sink.stop().await;
    assert_eq!((totals.accepted, totals.without_id), (1, 0));
    // The last line got its end; no dot was lost or doubled.
    assert_eq!(totals.bytes, TEXT.len() as u64 + 2);
}

#[tokio::test]
async fn only_a_mail_to_a_sink_of_this_process_is_embedded() {
    let own = Sink::smtp(Settings::default()).await;
    let other = Sink::smtp(Settings::default()).await;
    let embedded = EmbeddedAddresses {
        smtp: Some(own.address),
        ..Default::default()
    };
    let mut scenario = scenario();
    let hosts = &mut scenario.targets.hosts;
    hosts.insert("other.example.com".into(), target(None, other.address));
    hosts.insert("own.example.com".into(), target(None, own.address));
    let couriers = couriers(&scenario, &embedded).await;
    for (host, expected) in [
        (MAIL_HOST, true),
        ("own.example.com", true),
        ("other.example.com", false),
    ] {
        let attempt = mail(&couriers, &mail_route_to(host)).await;
        assert_eq!((attempt.outcome, attempt.embedded), (Accepted, expected));
    }
    assert_eq!(other.stop().await.accepted, 1);
}

#[tokio::test]
async fn starttls_secures_a_mail() {
    let (authority, config) = authority();
    let sink = Sink::smtp(Settings {
        tls: Tls::StartTls(config),
        ..Settings::default()
    })
    .await;
    let embedded = EmbeddedAddresses {
        smtp: Some(sink.address),
        ca: Some(authority.der()),
        ..Default::default()
    };
    let couriers = couriers(&scenario(), &embedded).await;
    let attempt = mail(&couriers, &mail_route(true)).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    let all = ["connect", "tls", "greeting", "envelope", "data"];
    assert_eq!(phases(&attempt), all);
    assert_adds_up(&attempt);
    assert_eq!(attempt.resumed, Some(false));
    assert_eq!(attempt.bytes, TEXT.len() as u64);
    assert_eq!(sink.stop().await.accepted, 1);
}

#[tokio::test]
async fn tls_from_the_first_byte_secures_a_mail() {
    let (authority, config) = authority();
    let sink = Sink::smtp(Settings {
        tls: Tls::Implicit(config),
        ..Settings::default()
    })
    .await;
    let mut scenario = scenario();
    scenario.targets.smtp = target(Some(Scheme::Smtps), sink.address);
    let embedded = EmbeddedAddresses {
        ca: Some(authority.der()),
        ..Default::default()
    };
    let couriers = couriers(&scenario, &embedded).await;
    let attempt = mail(&couriers, &mail_route(false)).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert!(phases(&attempt).contains(&"tls"));
    assert_eq!(sink.stop().await.accepted, 1);
}

/// Whether the second of two secured sessions resumes the first.
async fn second_session_resumes(resumption: bool) -> Option<bool> {
    let (authority, config) = authority();
    let sink = Sink::smtp(Settings {
        tls: Tls::StartTls(config),
        ..Settings::default()
    })
    .await;
    let mut scenario = scenario();
    scenario.https.resumption = resumption;
    let embedded = EmbeddedAddresses {
        smtp: Some(sink.address),
        ca: Some(authority.der()),
        ..Default::default()
    };
    let couriers = couriers(&scenario, &embedded).await;
    mail(&couriers, &mail_route(true)).await;
    mail(&couriers, &mail_route(true)).await.resumed
}

#[tokio::test]
async fn tls_sessions_resume_where_that_is_wanted() {
    assert_eq!(second_session_resumes(true).await, Some(true));
    assert_eq!(second_session_resumes(false).await, Some(false));
}

async fn sink_with_login() -> Sink {
    let dialogue = Dialogue {
        auth: AuthPolicy::Required,
        credentials: Some(Credentials {
            user_name: "ann".to_owned(),
            password: "secret".to_owned(),
        }),
        ..Dialogue::default()
    };
    Sink::smtp(Settings {
        dialogue,
        ..Settings::default()
    })
    .await
}

#[tokio::test]
async fn credentials_open_a_server_that_wants_them() {
    let sink = sink_with_login().await;
    let couriers = mail_couriers(sink.address, |_| {}).await;
    let attempt = mail(&couriers, &login_route("ann", "secret")).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_adds_up(&attempt);
    assert_eq!(sink.stop().await.accepted, 1);
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let sink = sink_with_login().await;
    let couriers = mail_couriers(sink.address, |_| {}).await;
    let attempt = mail(&couriers, &login_route("ann", "wrong")).await;
    let error = attempt.error.unwrap();
    assert_eq!(attempt.outcome, Refused);
    assert_eq!((error.kind, error.code), (ErrorKind::Auth, Some(535)));
}

#[tokio::test]
async fn credentials_for_a_server_without_authentication_are_refused() {
    let server = Server::mail([]).await;
    let couriers = mail_couriers(server.address, |_| {}).await;
    let attempt = mail(&couriers, &login_route("ann", "secret")).await;
    assert_eq!(attempt.outcome, Refused);
    assert_eq!(attempt.error.unwrap().kind, ErrorKind::Auth);
}

#[tokio::test]
async fn a_session_carries_many_mails_where_that_is_wanted() {
    let sink = Sink::smtp(Settings::default()).await;
    let couriers = mail_couriers(sink.address, |scenario| scenario.smtp.reuse = true).await;
    let route = mail_route(false);
    assert!(mail(&couriers, &route).await.opened);
    for _ in 0..2 {
        let attempt = mail(&couriers, &route).await;
        assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
        assert_eq!(phases(&attempt), ["envelope", "data"]);
        assert_eq!(attempt.bytes, TEXT.len() as u64);
        assert!(!attempt.opened);
    }
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.connections.total), (3, 1));
}

#[tokio::test]
async fn otherwise_every_mail_has_a_session_of_its_own() {
    let sink = Sink::smtp(Settings::default()).await;
    let couriers = mail_couriers(sink.address, |scenario| scenario.smtp.reuse = false).await;
    for _ in 0..2 {
        assert!(mail(&couriers, &mail_route(false)).await.opened);
    }
    assert_eq!(sink.stop().await.connections.total, 2);
}

#[tokio::test]
async fn sessions_are_not_shared_between_credentials() {
    let sink = Sink::smtp(Settings::default()).await;
    let couriers = mail_couriers(sink.address, |scenario| scenario.smtp.reuse = true).await;
    for user in ["ann", "bob", "ann"] {
        mail(&couriers, &login_route(user, "secret")).await;
    }
    let totals = sink.stop().await;
    assert_eq!((totals.received, totals.connections.total), (3, 2));
}

/// A mail to its end, and what the server says to it.
fn whole_mail(last: &'static str) -> Vec<Step> {
    let mut steps = vec![Say("220 x\r\n"), Hear("EHLO "), Say("250 x\r\n")];
    steps.extend(envelope());
    steps.extend([HearMail, Say(last)]);
    steps
}

async fn second_mail_over(first: Vec<Step>) {
    let server = Server::start(vec![first, whole_mail("250 ok\r\n")]).await;
    let couriers = mail_couriers(server.address, |scenario| scenario.smtp.reuse = true).await;
    let route = mail_route(false);
    assert_eq!(mail(&couriers, &route).await.outcome, Accepted);
    let second = mail(&couriers, &route).await;
    assert_eq!(second.outcome, Accepted, "{second:?}");
    assert!(second.opened);
    assert_eq!(server.heard().await.len(), 2);
}

#[tokio::test]
async fn a_session_that_was_closed_at_rest_is_replaced() {
    second_mail_over(whole_mail("250 ok\r\n")).await;
}

#[tokio::test]
async fn a_session_that_was_ended_with_421_at_rest_is_replaced() {
    second_mail_over(whole_mail("250 ok\r\n421 too long idle\r\n")).await;
}

#[tokio::test]
async fn a_session_ends_with_quit_and_the_server_closes_it() {
    let mut steps = whole_mail("250 ok\r\n");
    steps.extend([Hear("QUIT"), Say("221 bye\r\n")]);
    let server = Server::start(vec![steps]).await;
    let couriers = mail_couriers(server.address, |scenario| scenario.smtp.reuse = false).await;
    assert_eq!(mail(&couriers, &mail_route(false)).await.outcome, Accepted);
    assert!(server.heard().await[0].text.ends_with("\r\n.\r\nQUIT\r\n"));
}

#[tokio::test]
async fn a_mail_does_not_wait_until_the_server_closes() {
    let mut steps = whole_mail("250 ok\r\n");
    steps.extend([Hear("QUIT"), Halt]);
    let mut silent = Server::start(vec![steps]).await;
    let other = Server::start(vec![whole_mail("250 ok\r\n")]).await;
    let couriers = mail_couriers(silent.address, |scenario| {
        scenario.smtp.reuse = false;
        scenario.smtp.connections = 1;
        let hosts = &mut scenario.targets.hosts;
        hosts.insert("other.example.com".into(), target(None, other.address));
    })
    .await;
    let route = mail_route(false);
    let attempt = tokio::select! {
        biased;
        attempt = mail(&couriers, &route) => attempt,
        () = silent.fall_silent() => panic!("QUIT was heard, and the mail has not ended"),
    };
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    let second = mail(&couriers, &mail_route_to("other.example.com")).await;
    assert_eq!(second.outcome, Accepted, "{second:?}");
    silent.fall_silent().await;
}

/// Two arbiters with one connection between them.
async fn two_couriers(server: &Server) -> [Couriers; 2] {
    let mut scenario = scenario();
    scenario.targets.smtp = target(Some(Scheme::Smtp), server.address);
    scenario.smtp.reuse = true;
    scenario.smtp.connections = 1;
    let settings = CourierSettings::prepare(&scenario, &EmbeddedAddresses::default()).await;
    let settings = Arc::new(settings.unwrap());
    [0, 1].map(|position| Couriers::new(Arc::clone(&settings), position))
}

#[tokio::test]
async fn arbiters_share_the_limit_of_connections_in_use() {
    let server = Server::start(vec![]).await;
    let [one, other] = two_couriers(&server).await;
    let held = one.settings().permit(Transport::Email).await;
    let mut next = std::pin::pin!(other.settings().permit(Transport::Email));
    let waits =
        std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    drop(held);
    next.await;
}

#[tokio::test]
async fn arbiters_share_the_limit_of_connections_at_rest() {
    let mut first = whole_mail("250 ok\r\n");
    // The server takes the second connection only when the first is gone.
    first.push(Silence);
    let server = Server::start(vec![first, whole_mail("250 ok\r\n")]).await;
    let [one, other] = two_couriers(&server).await;
    let route = mail_route(false);
    assert_eq!(mail(&one, &route).await.outcome, Accepted);
    let second = mail(&other, &route).await;
    assert_eq!(second.outcome, Accepted, "{second:?}");
    assert_eq!(server.heard().await.len(), 2);
}

#[tokio::test]
async fn a_device_sends_from_its_own_address() {
    let server = Server::start(vec![whole_mail("250 ok\r\n")]).await;
    let couriers = mail_couriers(server.address, |scenario| {
        scenario.sources = SourceAddresses::PerDevice;
    })
    .await;
    let route = mail_route(false);
    send_mail(&couriers, 258, &route, &["noc@example.com"], TEXT).await;
    let peer = server.heard().await[0].peer;
    assert_eq!(peer.ip().to_string(), "127.1.1.2");
}
