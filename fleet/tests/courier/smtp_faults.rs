//! Every kind of fault at every stage of a mail: which account the message lands in, at both ends.

use std::time::Duration;

use emulator::{AttemptOutcome, Route};
use fleet::courier::ErrorKind;
use sink::fault::{Protocol, Stage};

use crate::{
    fault_lab::*,
    lab::{login_route, mail, mail_route},
};

/// The route of a device whose mail comes to `stage`.
fn route_to(stage: Stage) -> Route {
    if stage == Stage::Auth {
        login_route("name", "word")
    } else {
        mail_route(stage == Stage::Starttls)
    }
}

async fn check_at(stage: Stage, fault: &str, verdict: Verdict, received: u64, outlasts: bool) {
    let case = Case {
        protocol: Protocol::Smtp,
        fault,
        route: &route_to(stage),
        verdicts: &[verdict],
        received,
        outlasts,
    };
    case.check().await;
}

async fn check(fault: &str, route: &Route, verdict: Verdict, received: u64, outlasts: bool) {
    let case = Case {
        protocol: Protocol::Smtp,
        fault,
        route,
        verdicts: &[verdict],
        received,
        outlasts,
    };
    case.check().await;
}

/// What becomes of a mail when the answer at `stage` does not come or is none: what it is before the
/// text, and how often the sink has it.
fn without_answer(stage: Stage, before: Verdict, recorded: bool) -> (Verdict, u64) {
    if stage == Stage::Message {
        (UNCONFIRMED, u64::from(recorded))
    } else if stage == Stage::Quit {
        // The mail has been taken; nobody waits for what comes then.
        (ACCEPTED, 1)
    } else {
        (before, 0)
    }
}

/// What kind of error a refusal at `stage` is.
fn kind_at(stage: Stage) -> ErrorKind {
    let kinds = [
        (Stage::Greeting, ErrorKind::Greeting),
        (Stage::Ehlo, ErrorKind::Greeting),
        (Stage::Starttls, ErrorKind::Tls),
        (Stage::Auth, ErrorKind::Auth),
    ];
    let found = kinds.into_iter().find(|(own, _)| *own == stage);
    found.map_or(ErrorKind::Reply, |(_, kind)| kind)
}

#[tokio::test]
async fn a_refusal_at_any_stage_is_definite() {
    for stage in Protocol::Smtp.stages() {
        for code in [421, 451, 554] {
            let (verdict, received) = if *stage == Stage::Quit {
                (ACCEPTED, 1)
            } else {
                (refused(kind_at(*stage), code), 0)
            };
            let name = stage.name();
            let fault = format!("reply = {{ stage = '{name}', code = {code} }}");
            check_at(*stage, &fault, verdict, received, false).await;
        }
    }
}

#[tokio::test]
async fn another_positive_reply_is_as_good() {
    for stage in Protocol::Smtp.stages() {
        let code = if *stage == Stage::Data { 354 } else { 252 };
        let name = stage.name();
        let fault = format!("reply = {{ stage = '{name}', code = {code}, text = 'well' }}");
        // Greeting and answer to EHLO are judged by their class, like all others.
        check_at(*stage, &fault, ACCEPTED, 1, false).await;
    }
}

#[tokio::test]
async fn a_reply_of_the_wrong_kind_is_a_protocol_error() {
    let fault = "reply = { stage = 'data', code = 250 }";
    let verdict = (AttemptOutcome::Failed, Some(ErrorKind::Protocol), Some(250));
    check(fault, &mail_route(false), verdict, 0, false).await;
}

#[tokio::test]
async fn a_connection_closed_at_any_stage_loses_the_mail_or_leaves_it_unconfirmed() {
    for stage in Protocol::Smtp.stages() {
        let (verdict, received) = without_answer(*stage, LOST, false);
        let fault = format!("drop = {{ stage = '{}' }}", stage.name());
        check_at(*stage, &fault, verdict, received, false).await;
    }
    let fault = "drop = { stage = 'message', recorded = true }";
    check(fault, &mail_route(false), UNCONFIRMED, 1, false).await;
}

#[tokio::test]
async fn a_truncated_reply_at_any_stage_is_none() {
    for stage in Protocol::Smtp.stages() {
        let (verdict, received) = without_answer(*stage, LOST, true);
        let fault = format!("truncate = {{ stage = '{}', bytes = 2 }}", stage.name());
        check_at(*stage, &fault, verdict, received, false).await;
    }
}

#[tokio::test]
async fn garbage_at_any_stage_is_no_reply() {
    for stage in Protocol::Smtp.stages() {
        let (verdict, received) = without_answer(*stage, PROTOCOL, true);
        let fault = format!("garbage = {{ stage = '{}' }}", stage.name());
        check_at(*stage, &fault, verdict, received, false).await;
    }
}

#[tokio::test]
async fn an_endless_reply_at_any_stage_is_given_up() {
    for stage in Protocol::Smtp.stages() {
        let (verdict, received) = without_answer(*stage, PROTOCOL, true);
        let fault = format!("endless = {{ stage = '{}' }}", stage.name());
        check_at(*stage, &fault, verdict, received, false).await;
    }
}

#[tokio::test]
async fn a_reply_in_slices_is_a_reply() {
    for stage in Protocol::Smtp.stages() {
        let name = stage.name();
        let fault = format!("slice = {{ stage = '{name}', bytes = 7, pause = '1ms' }}");
        check_at(*stage, &fault, ACCEPTED, 1, false).await;
    }
}

#[tokio::test]
async fn a_delay_at_any_stage_is_waited_for() {
    for stage in Protocol::Smtp.stages() {
        let fault = format!("delay = {{ stage = '{}', time = '1ms' }}", stage.name());
        check_at(*stage, &fault, ACCEPTED, 1, false).await;
    }
}

#[tokio::test]
async fn a_delay_beyond_patience_is_a_timeout_or_leaves_the_mail_unconfirmed() {
    for stage in Protocol::Smtp.stages() {
        let before = timed_out(ErrorKind::ReplyTimeout);
        let (verdict, received) = without_answer(*stage, before, true);
        let fault = format!("delay = {{ stage = '{}', time = '1h' }}", stage.name());
        check_at(*stage, &fault, verdict, received, *stage != Stage::Quit).await;
    }
}

#[tokio::test]
async fn connections_come_to_nothing_in_every_way() {
    let route = mail_route(false);
    for refusal in ["reset", "close"] {
        let fault = format!("refuse = '{refusal}'");
        check(&fault, &route, LOST, 0, false).await;
    }
    for fault in ["refuse = 'port-closed'", "restart = { down = '1h' }"] {
        let lab = FaultLab::new(Protocol::Smtp, fault).await;
        lab.start();
        lab.happened().await;
        let attempt = mail(&lab.couriers, &route).await;
        assert_eq!(verdict(&attempt), failed(ErrorKind::ConnectRefused));
        assert_eq!(lab.balanced(MAIL_ID, &[&attempt]).await.received, 0);
    }
}

#[tokio::test]
async fn a_sink_that_was_restarted_takes_mail_at_the_same_port() {
    let lab = FaultLab::new(Protocol::Smtp, "restart = { down = '1ms' }").await;
    lab.start();
    lab.happened().await;
    let mut attempt = mail(&lab.couriers, &mail_route(false)).await;
    while attempt.outcome != AttemptOutcome::Accepted {
        assert_eq!(verdict(&attempt), failed(ErrorKind::ConnectRefused));
        attempt = mail(&lab.couriers, &mail_route(false)).await;
    }
    assert_eq!(lab.balanced(MAIL_ID, &[&attempt]).await.received, 1);
}

#[tokio::test]
async fn what_no_client_should_accept_in_a_handshake_is_not_accepted() {
    for flaw in [
        "expired",
        "not-yet-valid",
        "wrong-name",
        "unknown-ca",
        "reset",
    ] {
        let fault = format!("tls = '{flaw}'");
        check(&fault, &mail_route(true), TLS, 0, false).await;
    }
    let verdict = timed_out(ErrorKind::ConnectTimeout);
    check("tls = 'stall'", &mail_route(true), verdict, 0, true).await;
}

#[tokio::test]
async fn a_sink_that_stands_still_is_given_up() {
    let verdict = timed_out(ErrorKind::ReplyTimeout);
    check("stall = {}", &mail_route(false), verdict, 0, true).await;
}

#[tokio::test]
async fn a_sink_that_crawls_is_given_up() {
    for fault in ["slow-read = '1 B/s'", "slow-write = '1 B/s'"] {
        let lab = FaultLab::changed(Protocol::Smtp, fault, |scenario| {
            scenario.smtp.reply_timeout = Duration::from_millis(300);
        });
        let lab = lab.await;
        lab.start();
        let attempt = mail(&lab.couriers, &mail_route(false)).await;
        let expected = timed_out(ErrorKind::ReplyTimeout);
        assert_eq!(verdict(&attempt), expected, "{fault}: {attempt:?}");
        assert_eq!(lab.balanced(MAIL_ID, &[&attempt]).await.received, 0);
    }
}

#[tokio::test]
async fn a_slow_sink_takes_mail_all_the_same() {
    for fault in ["slow-read = '1 MiB/s'", "slow-write = '1 MiB/s'"] {
        check(fault, &mail_route(false), ACCEPTED, 1, false).await;
    }
}

#[tokio::test]
async fn mail_above_the_limit_is_refused_with_421() {
    let fault = "limit = { rate = '1/h', burst = 1 }";
    let lab = FaultLab::new(Protocol::Smtp, fault).await;
    lab.start();
    let first = mail(&lab.couriers, &mail_route(false)).await;
    let second = mail(&lab.couriers, &mail_route(false)).await;
    assert_eq!(verdict(&first), ACCEPTED);
    assert_eq!(verdict(&second), refused(ErrorKind::Reply, 421));
    assert_eq!(lab.applied(), 1);
    assert_eq!(lab.balanced(MAIL_ID, &[&first, &second]).await.received, 1);
}

#[tokio::test]
async fn a_session_at_rest_is_taken_up_or_replaced() {
    // The sink closes a session used again, which is no fault of the mail's.
    let fault = "at = '0s'\nreply = { stage = 'mail', code = 421 }";
    let lab = FaultLab::changed(Protocol::Smtp, fault, |scenario| scenario.smtp.reuse = true);
    let lab = lab.await;
    let first = mail(&lab.couriers, &mail_route(false)).await;
    lab.start();
    let second = mail(&lab.couriers, &mail_route(false)).await;
    assert_eq!(verdict(&first), ACCEPTED);
    assert_eq!(verdict(&second), refused(ErrorKind::Reply, 421));
    // Once on the session at rest, once on a new one.
    assert_eq!(lab.applied(), 2);
    assert_eq!(lab.balanced(MAIL_ID, &[&first, &second]).await.received, 1);
}
