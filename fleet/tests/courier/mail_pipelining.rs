//! Envelopes that go out in one piece.

use emulator::AttemptOutcome::{self, Accepted, Refused};
use fleet::courier::Attempt;

use crate::{
    lab::*,
    script::{Server, *},
};

const RECIPIENTS: [&str; 2] = ["one@example.com", "two@example.com"];

/// Sends a mail to two recipients; the server offers PIPELINING and then follows `script`.
async fn mail_to(pipelining: bool, script: impl IntoIterator<Item = Step>) -> Attempt {
    mail_to_all(&RECIPIENTS, pipelining, script).await
}

async fn mail_to_all(
    recipients: &[&str],
    pipelining: bool,
    script: impl IntoIterator<Item = Step>,
) -> Attempt {
    let mut steps = vec![
        Say("220 x\r\n"),
        Hear("EHLO "),
        Say("250-x\r\n250 PIPELINING\r\n"),
    ];
    steps.extend(script);
    let server = Server::start(vec![steps]).await;
    let couriers = mail_couriers(server.address, |scenario| {
        scenario.smtp.pipelining = pipelining;
    })
    .await;
    let attempt = send_mail(&couriers, 0, &mail_route(false), recipients, TEXT).await;
    assert_adds_up(&attempt);
    server.heard().await;
    attempt
}

fn verdict(attempt: &Attempt) -> (AttemptOutcome, Option<u16>) {
    (
        attempt.outcome,
        attempt.error.as_ref().and_then(|error| error.code),
    )
}

/// A whole envelope without a reply in between: a client that waits for one never sends it.
fn envelope_in_one_piece() -> Vec<Step> {
    vec![
        Hear("MAIL FROM:<router@example.com>"),
        Hear("RCPT TO:<one@example.com>"),
        Hear("RCPT TO:<two@example.com>"),
        Hear("DATA"),
    ]
}

fn in_one_piece(rest: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps = envelope_in_one_piece();
    steps.extend(rest);
    steps
}

#[tokio::test]
async fn an_envelope_goes_out_in_one_piece_where_that_is_offered() {
    let replies = Say("250 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n");
    let script = in_one_piece([replies, HearMail, Say("250 ok\r\n"), Hear("QUIT")]);
    let attempt = mail_to(true, script).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
    assert_eq!(
        phases(&attempt),
        ["connect", "greeting", "envelope", "data"]
    );
}

#[tokio::test]
async fn one_accepted_recipient_of_a_pipelined_envelope_is_enough() {
    let replies = Say("250 ok\r\n550 unknown\r\n250 ok\r\n354 go on\r\n");
    let attempt = mail_to(true, in_one_piece([replies, HearMail, Say("250 ok\r\n")])).await;
    assert_eq!(attempt.outcome, Accepted, "{attempt:?}");
}

#[tokio::test]
async fn all_replies_to_a_refused_envelope_are_read_before_the_farewell() {
    let replies = Say("550 not you\r\n503 no mail\r\n503 no mail\r\n503 no mail\r\n");
    let attempt = mail_to(true, in_one_piece([replies, Hear("QUIT")])).await;
    assert_eq!(verdict(&attempt), (Refused, Some(550)));
    assert_eq!(attempt.bytes, 0);
}

#[tokio::test]
async fn a_text_that_nobody_is_to_get_is_empty() {
    let replies = Say("250 ok\r\n550 unknown\r\n452 full\r\n354 go on\r\n");
    let rest = [replies, Hear(".\r\n"), Say("554 nobody\r\n"), Hear("QUIT")];
    let attempt = mail_to(true, in_one_piece(rest)).await;
    assert_eq!(verdict(&attempt), (Refused, Some(550)));
    assert_eq!(attempt.bytes, 0);
}

#[tokio::test]
async fn a_server_that_ends_the_session_amid_the_envelope_is_believed() {
    let attempt = mail_to(true, in_one_piece([Say("421 closing\r\n"), Reset])).await;
    assert_eq!(verdict(&attempt), (Refused, Some(421)));
}

#[tokio::test]
async fn without_pipelining_each_reply_is_waited_for() {
    let script = [Hear("MAIL "), Say("550 not you\r\n"), Hear("QUIT")];
    let attempt = mail_to(false, script).await;
    assert_eq!(verdict(&attempt), (Refused, Some(550)));
}

#[tokio::test]
async fn an_envelope_of_many_recipients_goes_out_step_by_step() {
    let script = [Hear("MAIL "), Say("550 not you\r\n"), Hear("QUIT")];
    let attempt = mail_to_all(&["noc@example.com"; 9], true, script).await;
    assert_eq!(verdict(&attempt), (Refused, Some(550)));
}

#[tokio::test]
async fn a_server_that_refuses_and_hangs_up_has_refused() {
    let attempt = mail_to(true, in_one_piece([Say("554 go away\r\n"), Reset])).await;
    assert_eq!(verdict(&attempt), (Refused, Some(554)));
    let replies = Say("250 ok\r\n550 unknown\r\n");
    let attempt = mail_to(true, in_one_piece([replies, Reset])).await;
    assert_eq!(verdict(&attempt), (Refused, Some(550)));
}
