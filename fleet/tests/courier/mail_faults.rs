//! Mail that does not arrive, or may have.

use emulator::AttemptOutcome::{self, Accepted, Failed, Refused, TimedOut, Unconfirmed};
use fleet::courier::{Attempt, ErrorKind};
use proptest::prelude::*;

use crate::{
    lab::*,
    script::{Server, *},
};

/// Sends one mail to a server that follows `script` from its first byte on.
async fn mail_to(script: Vec<Step>, tls: bool) -> (Attempt, String) {
    let server = Server::start(vec![script]).await;
    let couriers = mail_couriers(server.address, |scenario| scenario.smtp.reuse = false).await;
    let attempt = mail(&couriers, &mail_route(tls)).await;
    assert_adds_up(&attempt);
    let heard = server.heard().await.remove(0).text;
    (attempt, heard)
}

fn opened(script: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps = vec![Say("220 x\r\n"), Hear("EHLO "), Say("250 x\r\n")];
    steps.extend(script);
    steps
}

/// A session up to the end of the text, and then `script`.
fn after_the_dot(script: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps = opened(envelope());
    steps.push(HearMail);
    steps.extend(script);
    steps
}

fn verdict(attempt: &Attempt) -> (AttemptOutcome, ErrorKind, Option<u16>) {
    let error = attempt.error.as_ref().unwrap();
    (attempt.outcome, error.kind, error.code)
}

#[tokio::test]
async fn a_greeting_may_refuse() {
    let (attempt, _) = mail_to(vec![Say("421 too busy\r\n")], false).await;
    assert_eq!(verdict(&attempt), (Refused, ErrorKind::Greeting, Some(421)));
    assert_eq!(phases(&attempt), ["connect"]);
    assert!(attempt.opened && attempt.bytes == 0);
    assert_eq!(attempt.error.unwrap().detail, "greeting: 421 too busy");
}

#[tokio::test]
async fn a_server_that_does_not_know_ehlo_hears_helo() {
    let mut steps = vec![Say("220 x\r\n"), Hear("EHLO "), Say("502 what?\r\n")];
    steps.extend([Hear("HELO router.example.com"), Say("250 x\r\n")]);
    steps.extend(envelope());
    steps.extend([HearMail, Say("250 ok\r\n")]);
    let (attempt, _) = mail_to(steps, false).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

#[tokio::test]
async fn a_server_that_refuses_helo_too_is_given_up() {
    let mut steps = vec![Say("220 x\r\n"), Hear("EHLO "), Say("554 no\r\n")];
    steps.extend([Hear("HELO "), Say("554 no\r\n")]);
    let (attempt, _) = mail_to(steps, false).await;
    assert_eq!(verdict(&attempt), (Refused, ErrorKind::Greeting, Some(554)));
}

async fn mail_to_two(replies: [&'static str; 2], rest: Vec<Step>) -> Attempt {
    let mut script = vec![Hear("MAIL "), Say("250 ok\r\n")];
    script.extend([Hear("RCPT TO:<one@"), Say(replies[0])]);
    script.extend([Hear("RCPT TO:<two@"), Say(replies[1])]);
    script.extend(rest);
    let server = Server::start(vec![opened(script)]).await;
    let couriers = mail_couriers(server.address, |_| {}).await;
    let recipients = ["one@example.com", "two@example.com"];
    let attempt = send_mail(&couriers, 0, &mail_route(false), &recipients, TEXT).await;
    server.heard().await;
    attempt
}

#[tokio::test]
async fn one_accepted_recipient_is_enough() {
    let rest = vec![Hear("DATA"), Say("354 go\r\n"), HearMail, Say("250 ok\r\n")];
    let attempt = mail_to_two(["550 unknown\r\n", "250 ok\r\n"], rest).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

#[tokio::test]
async fn without_an_accepted_recipient_the_mail_is_refused() {
    let rest = vec![Hear("QUIT")];
    let attempt = mail_to_two(["550 unknown\r\n", "452 full\r\n"], rest).await;
    assert_eq!(verdict(&attempt), (Refused, ErrorKind::Reply, Some(550)));
    assert_eq!(phases(&attempt), ["connect", "greeting"]);
}

#[tokio::test]
async fn a_server_may_refuse_to_take_the_text() {
    let mut steps = vec![
        Hear("MAIL "),
        Say("250 ok\r\n"),
        Hear("RCPT "),
        Say("250 ok\r\n"),
    ];
    steps.extend([Hear("DATA"), Say("554 no\r\n")]);
    let (attempt, _) = mail_to(opened(steps), false).await;
    assert_eq!(verdict(&attempt), (Refused, ErrorKind::Reply, Some(554)));
    assert_eq!(phases(&attempt), ["connect", "greeting"]);
}

#[tokio::test]
async fn a_refusal_after_the_text_is_definite() {
    let (attempt, _) = mail_to(after_the_dot([Say("552 too large\r\n")]), false).await;
    assert_eq!(verdict(&attempt), (Refused, ErrorKind::Reply, Some(552)));
    assert_eq!(phases(&attempt), ["connect", "greeting", "envelope"]);
    assert_eq!(attempt.bytes, TEXT.len() as u64);
}

#[tokio::test]
async fn a_connection_cut_within_the_text_is_a_failure() {
    let mut steps = opened(envelope());
    steps.extend([HearByte, Reset]);
    let server = Server::start(vec![steps]).await;
    let couriers = mail_couriers(server.address, |_| {}).await;
    let huge = "x".repeat(HUGE_BYTES);
    let route = mail_route(false);
    let attempt = send_mail(&couriers, 0, &route, &["noc@example.com"], &huge).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Lost, None));
    assert!(attempt.bytes > 0 && attempt.bytes < HUGE_BYTES as u64);
    assert_eq!(phases(&attempt), ["connect", "greeting", "envelope"]);
}

#[tokio::test]
async fn a_connection_cut_after_the_text_leaves_the_mail_unconfirmed() {
    for end in [
        Reset,
        Say(""),
        Say("25"),
        Say("what?\r\n"),
        Say("354 again\r\n"),
    ] {
        let (attempt, _) = mail_to(after_the_dot([end]), false).await;
        assert_eq!(attempt.outcome, Unconfirmed, "{attempt:?}");
        assert_eq!(attempt.error.unwrap().kind, ErrorKind::Unconfirmed);
        assert_eq!(attempt.bytes, TEXT.len() as u64);
    }
}

#[tokio::test]
async fn silence_after_the_text_leaves_the_mail_unconfirmed() {
    let mut server = Server::start(vec![after_the_dot([Silence])]).await;
    let couriers = mail_couriers(server.address, |_| {}).await;
    let route = mail_route(false);
    let (attempt, ()) = tokio::join!(mail(&couriers, &route), server.outlast_silence());
    assert_eq!(
        verdict(&attempt),
        (Unconfirmed, ErrorKind::Unconfirmed, None)
    );
}

#[tokio::test]
async fn silence_before_the_text_is_a_timeout() {
    let mut server = Server::mail([Hear("MAIL "), Silence]).await;
    let couriers = mail_couriers(server.address, |_| {}).await;
    let route = mail_route(false);
    let (attempt, ()) = tokio::join!(mail(&couriers, &route), server.outlast_silence());
    assert_eq!(verdict(&attempt), (TimedOut, ErrorKind::ReplyTimeout, None));
    assert_eq!(attempt.error.unwrap().detail, "MAIL: no reply in time");
}

#[tokio::test]
async fn what_is_no_reply_is_a_failure() {
    let hello = opened([Hear("MAIL "), Say("hello?\u{1b}[2J\r\n")]);
    for (script, detail) in [
        (hello, "MAIL: what came is no SMTP reply"),
        (
            vec![Say("SSH-2.0-x\r\n")],
            "greeting: what came is no SMTP reply",
        ),
    ] {
        let (attempt, _) = mail_to(script, false).await;
        assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
        assert_eq!(attempt.error.unwrap().detail, detail);
    }
}

#[tokio::test]
async fn replies_without_end_are_given_up() {
    let (attempt, _) = mail_to(vec![Flood("220-more\r\n")], false).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
    let (attempt, _) = mail_to(opened([Hear("MAIL "), Flood("250-more\r\n")]), false).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
}

#[tokio::test]
async fn a_reply_line_without_end_is_given_up() {
    let endless = opened([Hear("MAIL "), Say("250 "), Flood("xxxxxxxxxxxxxxxx")]);
    let (attempt, _) = mail_to(endless, false).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
}

#[tokio::test]
async fn a_server_without_starttls_fails_a_device_that_wants_it() {
    let (attempt, heard) = mail_to(opened([]), true).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Tls, None));
    assert!(!heard.contains("MAIL"));
}

#[tokio::test]
async fn what_a_server_says_in_clear_behind_starttls_is_not_believed() {
    let steps = vec![
        Say("220 x\r\n"),
        Hear("EHLO "),
        Say("250-x\r\n250 STARTTLS\r\n"),
        Hear("STARTTLS"),
        Say("220 go\r\n250 AUTH PLAIN\r\n"),
    ];
    let (attempt, _) = mail_to(steps, true).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
}

#[tokio::test]
async fn a_server_that_is_not_there_refuses_the_connection() {
    let server = Server::start(vec![]).await;
    let address = server.address;
    server.heard().await;
    let couriers = mail_couriers(address, |_| {}).await;
    let attempt = mail(&couriers, &mail_route(false)).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::ConnectRefused, None));
    assert!(!attempt.opened && phases(&attempt).is_empty());
}

#[tokio::test]
async fn addresses_cannot_smuggle_commands() {
    let couriers = mail_couriers("127.0.0.1:9".parse().unwrap(), |_| {}).await;
    let route = mail_route(false);
    let address = "a@example.com>\r\nRCPT TO:<b@example.com";
    let attempt = send_mail(&couriers, 0, &route, &[address], TEXT).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
    assert!(!attempt.opened);
}

#[tokio::test]
async fn a_mail_without_recipients_goes_nowhere() {
    let couriers = mail_couriers("127.0.0.1:9".parse().unwrap(), |_| {}).await;
    let attempt = send_mail(&couriers, 0, &mail_route(false), &[], TEXT).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
}

#[tokio::test]
async fn a_route_and_a_permit_of_different_transports_go_nowhere() {
    let couriers = mail_couriers("127.0.0.1:9".parse().unwrap(), |_| {}).await;
    let attempt = mail(&couriers, &http_route(URL)).await;
    assert_eq!(verdict(&attempt), (Failed, ErrorKind::Protocol, None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_makes_a_courier_panic(replies in "(2[0-9]{2}[ -]\\PC{0,12}\r\n|\\PC{0,9}\n?){0,5}") {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let attempt = runtime.block_on(async {
            let script = vec![Say("220 x\r\n"), SayText(replies)];
            let server = Server::start(vec![script]).await;
            let couriers = mail_couriers(server.address, |_| {}).await;
            mail(&couriers, &mail_route(false)).await
        });
        prop_assert_eq!(attempt.error.is_none(), attempt.outcome == Accepted);
    }
}
